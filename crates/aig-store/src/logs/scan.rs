//! Which rows a query finds, and in which order: every part is judged column by column, and only
//! the columns that a condition or the order names are read.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use aig_model::{Extent, LogExtents, LogOrder, LogQuery};
use rusqlite::Transaction;

use super::column::Column;
use super::filter::{self, Test};
use super::part::Part;
use super::row::{Lookup, facet};
use super::words::Reading;

/// What was found.
pub(crate) struct Found {
    /// How many rows.
    pub(crate) total: u64,
    /// The rows of the page: index of the part, place in it.
    pub(crate) page: Vec<(usize, usize)>,
    /// The extents of all rows, when they were asked for.
    pub(crate) extents: Option<LogExtents>,
}

/// What is wanted of a scan beside the rows of a page.
pub(crate) struct Want {
    pub(crate) offset: u64,
    pub(crate) limit: usize,
    /// The number of rows without a condition, where it is known already.
    pub(crate) total: Option<u64>,
    pub(crate) extents: bool,
}

/// A row that may come onto the page; what stands first is the lesser key.
type Candidate = ([i64; 4], usize, usize);

/// How far a page may lie from the first in an order other than that of time.
const DEEPEST: u64 = 100_000;

/// Runs a query over the parts.
pub(crate) fn scan(
    transaction: &Transaction<'_>,
    parts: &mut [Part],
    query: &LogQuery,
    want: &Want,
) -> rusqlite::Result<Found> {
    let tests = filter::tests(transaction, query)?;
    let counts_all = tests.is_empty();
    let ranks = ranks(transaction, parts, query.order)?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    match query.ascending {
        true => order.sort_by_key(|part| parts[*part].times.0),
        false => order.sort_by_key(|part| -parts[*part].times.1),
    }
    let mut page = Paging::new(query, want)?;
    let mut extents = want.extents.then(LogExtents::default);
    let mut total = 0;
    for (turn, &index) in order.iter().enumerate() {
        let part = &mut parts[index];
        let mask = mask(transaction, part, &tests)?;
        let found = mask.as_ref().map_or(part.live, Mask::count);
        total += found as u64;
        let times = part.times;
        let next = order.get(turn + 1).map(|next| parts[*next].times);
        let part = &mut parts[index];
        if found > 0 {
            if let Some(extents) = &mut extents {
                widen(transaction, part, mask.as_ref(), extents)?;
            }
            if !page.is_full() && !page.passes(times, next, found) {
                page.take(transaction, part, index, mask.as_ref(), &ranks, query)?;
            }
        }
        part.forget();
        page.settle(next);
        if page.is_full() && counts_all && want.total.is_some() && extents.is_none() {
            break;
        }
    }
    if counts_all && let Some(known) = want.total {
        total = known;
    }
    Ok(Found {
        total,
        page: page.finish(),
        extents,
    })
}

/// Which rows of a part are meant.
pub(crate) struct Mask(pub(crate) Vec<bool>);

impl Mask {
    fn count(&self) -> usize {
        // In bytes as long as a byte can count: the machine adds sixteen of them at once.
        let some = |rows: &[bool]| rows.iter().map(|set| u8::from(*set)).sum::<u8>();
        self.0.chunks(255).map(|rows| usize::from(some(rows))).sum()
    }
}

/// The rows of a part that are there and pass the tests; `None` is all.
fn mask(
    transaction: &Transaction<'_>,
    part: &mut Part,
    tests: &[Test],
) -> rusqlite::Result<Option<Mask>> {
    let mut mask = None;
    if part.live < part.rows {
        let mut live = vec![true; part.rows];
        if let Some(dead) = part.column(transaction, facet::DEAD)?
            && let Some(dead) = Column::of(&dead)
        {
            dead.each(part.rows, |at, value| live[at] = value.is_none());
        }
        mask = Some(Mask(live));
    }
    for test in tests {
        let passed = test.run(transaction, part)?;
        mask = Some(match mask {
            None => Mask(passed),
            Some(mut mask) => {
                for (set, passed) in mask.0.iter_mut().zip(passed) {
                    *set &= passed;
                }
                mask
            }
        });
        if mask.as_ref().is_some_and(|mask| mask.count() == 0) {
            break;
        }
    }
    Ok(mask)
}

/// Collects the rows of a page.
struct Paging {
    is_time: bool,
    ascending: bool,
    skip: usize,
    limit: usize,
    candidates: Vec<Candidate>,
    page: Vec<(usize, usize)>,
}

impl Paging {
    fn new(query: &LogQuery, want: &Want) -> rusqlite::Result<Self> {
        let is_time = query.order == LogOrder::CreatedAt;
        if !is_time && want.offset.saturating_add(want.limit as u64) > DEEPEST {
            return Err(super::too_deep());
        }
        Ok(Self {
            is_time,
            ascending: query.ascending,
            skip: usize::try_from(want.offset).unwrap_or(usize::MAX),
            limit: want.limit,
            candidates: vec![],
            page: vec![],
        })
    }

    const fn is_full(&self) -> bool {
        self.page.len() >= self.limit
    }

    /// Passes over a part whose rows all come before the page and before those of later parts, in
    /// the order of time; without reading when they are.
    fn passes(&mut self, times: (i64, i64), next: Option<(i64, i64)>, found: usize) -> bool {
        let before = match next {
            None => true,
            Some(next) if self.ascending => times.1 < next.0,
            Some(next) => times.0 > next.1,
        };
        let all = self.is_time && self.candidates.is_empty() && before && found <= self.skip;
        if all {
            self.skip -= found;
        }
        all
    }

    fn take(
        &mut self,
        transaction: &Transaction<'_>,
        part: &mut Part,
        index: usize,
        mask: Option<&Mask>,
        ranks: &Ranks,
        query: &LogQuery,
    ) -> rusqlite::Result<()> {
        let mut keys = vec![[0; 4]; part.rows];
        let flip = |value: i64| if query.ascending { value } else { !value };
        let of_rank = (!self.is_time).then(|| facet_of(query.order));
        let facets = [
            of_rank,
            Some(facet::AT),
            Some(facet::ID_HI),
            Some(facet::ID_LO),
        ];
        for (slot, facet) in facets.into_iter().enumerate() {
            let Some(facet) = facet else { continue };
            let rank = |value| match slot {
                0 => flip(ranks.of(value)),
                _ => flip(value.unwrap_or(i64::MIN)),
            };
            match part
                .column(transaction, facet)?
                .as_deref()
                .and_then(Column::of)
            {
                Some(column) if column.only().is_none() => {
                    column.each(part.rows, |at, value| keys[at][slot] = rank(value));
                }
                column => {
                    let only = rank(column.and_then(|column| column.only()));
                    keys.iter_mut().for_each(|key| key[slot] = only);
                }
            }
        }
        let meant = |at: usize| mask.is_none_or(|mask| mask.0[at]);
        let keys = keys.into_iter().enumerate().filter(|(at, _)| meant(*at));
        self.candidates
            .extend(keys.map(|(at, key)| (key, index, at)));
        let most = self.skip.saturating_add(self.limit);
        if !self.is_time && self.candidates.len() > most.max(1) {
            self.candidates.select_nth_unstable(most - 1);
            self.candidates.truncate(most);
        }
        Ok(())
    }

    /// In the order of time, what no later part can come before has its place.
    fn settle(&mut self, next: Option<(i64, i64)>) {
        if !self.is_time || self.is_full() {
            return;
        }
        let mut settled = match next {
            None => std::mem::take(&mut self.candidates),
            Some((least, greatest)) => {
                let bound = if self.ascending { least } else { !greatest };
                let all = std::mem::take(&mut self.candidates);
                let (settled, open) = all.into_iter().partition(|(key, ..)| key[1] < bound);
                self.candidates = open;
                settled
            }
        };
        if settled.len() <= self.skip {
            self.skip -= settled.len();
            return;
        }
        settled.sort_unstable();
        self.fill(settled);
    }

    fn fill(&mut self, sorted: Vec<Candidate>) {
        let room = self.limit - self.page.len();
        let rows = sorted.into_iter().skip(self.skip).take(room);
        self.page.extend(rows.map(|(_, part, at)| (part, at)));
        self.skip = 0;
    }

    fn finish(mut self) -> Vec<(usize, usize)> {
        if !self.is_time {
            let mut all = std::mem::take(&mut self.candidates);
            all.sort_unstable();
            self.fill(all);
        }
        self.page
    }
}

/// The order of words is that of their texts, not that of their numbers.
enum Ranks {
    Numbers,
    Words(HashMap<i64, i64>),
}

impl Ranks {
    fn of(&self, value: Option<i64>) -> i64 {
        match (self, value) {
            (_, None) => i64::MIN,
            (Self::Numbers, Some(value)) => value,
            (Self::Words(ranks), Some(word)) => ranks.get(&word).copied().unwrap_or(i64::MIN),
        }
    }
}

fn ranks(
    transaction: &Transaction<'_>,
    parts: &mut [Part],
    order: LogOrder,
) -> rusqlite::Result<Ranks> {
    if !matches!(
        order,
        LogOrder::Provider | LogOrder::Model | LogOrder::ModelType
    ) {
        return Ok(Ranks::Numbers);
    }
    let mut distinct = BTreeSet::new();
    for part in parts {
        if let Some(data) = part.column(transaction, facet_of(order))?
            && let Some(column) = Column::of(&data)
        {
            match column.only() {
                Some(only) => {
                    distinct.insert(only);
                }
                None => column.each(part.rows, |_, value| distinct.extend(value)),
            }
        }
    }
    let mut words = Reading::new(transaction);
    let mut texts = distinct
        .into_iter()
        .map(|word| Ok((words.text(word)?, word)))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    texts.sort_unstable_by(|a, b| match a.0.cmp(&b.0) {
        Ordering::Equal => a.1.cmp(&b.1),
        other => other,
    });
    Ok(Ranks::Words(
        texts
            .into_iter()
            .zip(0..)
            .map(|((_, word), rank)| (word, rank))
            .collect(),
    ))
}

const fn facet_of(order: LogOrder) -> usize {
    match order {
        LogOrder::CreatedAt => facet::AT,
        LogOrder::Provider => facet::PROVIDER,
        LogOrder::Model => facet::MODEL,
        LogOrder::ModelType => facet::MODEL_TYPE,
        LogOrder::Success => facet::SUCCESS,
        LogOrder::Cached => facet::CACHED,
        LogOrder::Cost => facet::COST,
        LogOrder::TokensIn => facet::TOKENS_IN,
        LogOrder::TokensOut => facet::TOKENS_OUT,
        LogOrder::Duration => facet::DURATION,
        LogOrder::Feedback => facet::FEEDBACK,
    }
}

fn widen(
    transaction: &Transaction<'_>,
    part: &mut Part,
    mask: Option<&Mask>,
    extents: &mut LogExtents,
) -> rusqlite::Result<()> {
    for (facet, extent) in [
        (facet::COST, &mut extents.cost),
        (facet::DURATION, &mut extents.duration),
        (facet::TOKENS_IN, &mut extents.tokens_in),
        (facet::TOKENS_OUT, &mut extents.tokens_out),
        (facet::TOKENS, &mut extents.total_tokens),
    ] {
        let Some(data) = part.column(transaction, facet)? else {
            continue;
        };
        let Some(column) = Column::of(&data) else {
            continue;
        };
        match mask {
            Some(mask) if column.only().is_none() => column.each(part.rows, |at, value| {
                if let Some(value) = value.filter(|_| mask.0[at]) {
                    include(extent, value, value);
                }
            }),
            _ => include(extent, column.extent().0, column.extent().1),
        }
    }
    Ok(())
}

fn include(extent: &mut Extent, least: i64, greatest: i64) {
    let (a, b) = extent.unwrap_or((least, greatest));
    *extent = Some((a.min(least), b.max(greatest)));
}
