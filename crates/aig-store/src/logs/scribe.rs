//! Everything that changes a log: writing rows, sealing them into columns, changing and deleting
//! them. One thread does all of it.

use std::collections::{BTreeMap, HashMap};

use aig_model::{BodyFate, LogPatch};
use rusqlite::{OptionalExtension, Transaction, named_params};

use super::bodies::{self, Gathering, Press};
use super::column::{self, Column};
use super::part::{self, BLOCK, Part, block_key, column_key, row_key};
use super::row::{self, Facts, Intern, facet, sortable};
use super::shared::{BodyPlace, Shared};
use super::words::{Known, Writing};
use crate::journal::Entry;

/// What the thread that writes keeps from one transaction to the next.
pub(crate) struct Scribe {
    known: Known,
    shared: Shared,
    press: Press,
    buffer: Vec<u8>,
}

/// A log in the middle of a transaction.
struct Open {
    next: i64,
    total: i64,
    sealed: i64,
    gathering: Option<Gathering>,
}

pub(super) const TOTAL: &str = "
    SELECT account_id, total FROM log_of WHERE incarnation = :incarnation";
const OPEN: &str = "
    SELECT next, total, sealed FROM log_of WHERE incarnation = :incarnation";
const BEGIN: &str = "
    INSERT INTO log_of (incarnation, account_id, gateway_id, next, total, sealed)
    VALUES (:incarnation, :account, :gateway, 0, 0, 0)";
const CLOSE: &str = "
    UPDATE log_of SET next = :next, total = :total WHERE incarnation = :incarnation";
/// By place, not by name: it is executed for every row.
const ADD: &str = "INSERT INTO log_row (key, data) VALUES (?1, ?2)";
const PUT: &str = "UPDATE log_row SET data = :data WHERE key = :key";
const DROP: &str = "DELETE FROM log_row WHERE key BETWEEN :first AND :last";
const SEALED: &str = "UPDATE log_of SET sealed = :sealed WHERE incarnation = :incarnation";
const PUT_COLUMN: &str = "INSERT OR REPLACE INTO log_column (key, data) VALUES (:key, :data)";
const DROP_COLUMN: &str = "DELETE FROM log_column WHERE key = :key";
const PUT_BLOCK: &str = "
    INSERT INTO log_block (key, live, min_at, max_at, min_id, max_id)
    VALUES (:key, :live, :min_at, :max_at, :min_id, :max_id)";
const LIVE: &str = "UPDATE log_block SET live = live - :gone WHERE key = :key";
const DROP_BLOCK: &str = "DELETE FROM log_block WHERE key = :key";
const FEWER: &str = "
    UPDATE log_of SET total = total - :gone WHERE incarnation = :incarnation";

impl Scribe {
    pub(crate) fn new() -> rusqlite::Result<Self> {
        Ok(Self {
            known: Known::default(),
            shared: Shared::default(),
            press: Press::new()?,
            buffer: vec![],
        })
    }

    /// A transaction failed: what was learnt in it is not true.
    pub(crate) fn forget(&mut self) {
        self.known.forget();
        self.forget_bodies();
    }

    /// Bodies were deleted by other means: what was known of their places is not true.
    pub(crate) fn forget_bodies(&mut self) {
        self.shared.forget();
    }

    /// Writes rows, and makes out what each lacks just before: a long body is then read twice while
    /// it is at hand. Answers those that cannot be stored, or must not be because their log is full.
    pub(crate) fn write(
        &mut self,
        transaction: &Transaction<'_>,
        rows: &mut [Entry],
        most: impl Fn(&Entry) -> Option<u64>,
    ) -> rusqlite::Result<Vec<usize>> {
        let mut open: HashMap<i64, Open> = HashMap::new();
        let mut refused = vec![];
        let mut body = bodies::next(transaction)?;
        let mut again: BTreeMap<BodyPlace, i64> = BTreeMap::new();
        self.shared.begin(transaction)?;
        let mut add = transaction.prepare_cached(ADD)?;
        for (index, entry) in rows.iter_mut().enumerate() {
            let incarnation = entry.place.incarnation;
            let log = match open.entry(incarnation) {
                std::collections::hash_map::Entry::Occupied(log) => log.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(Open::of(transaction, entry)?)
                }
            };
            if most(entry).is_some_and(|most| log.total.unsigned_abs() >= most) {
                refused.push(index);
                continue;
            }
            entry.complete();
            let mut words = Writing {
                transaction,
                known: &mut self.known,
            };
            let (boot, seq) = (entry.place.boot, entry.place.seq);
            let mut facts = match row::facts(&entry.row.record, boot, seq, &mut words) {
                Ok(facts) => facts,
                Err(error @ rusqlite::Error::ToSqlConversionFailure(_)) => {
                    tracing::warn!(id = %entry.row.record.id, %error, "a log row was refused");
                    refused.push(index);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut place = self.shared.find(entry);
            if let Some(known) = place {
                *again.entry(known).or_default() += 1;
            } else if entry.row.transcript.weight() > 0 {
                let gathering = log.gathering.get_or_insert_with(|| {
                    body += 1;
                    self.press.gather(body - 1)
                });
                let at = gathering.add(&entry.row.transcript, &mut words)?;
                let new = (gathering.body, at);
                self.shared.note(entry, new);
                place = Some(new);
                if gathering.is_full()
                    && let Some(full) = log.gathering.take()
                {
                    full.write(transaction, incarnation, &mut self.press)?;
                }
            }
            (facts[facet::BODY], facts[facet::BODY_AT]) = place.unzip();
            self.buffer.clear();
            row::encode(&facts, &mut self.buffer);
            let key = row_key(incarnation, log.next);
            add.execute((key, &self.buffer))?;
            log.next += 1;
            log.total += 1;
        }
        drop(add);
        for (incarnation, mut log) in open {
            if let Some(rest) = log.gathering.take() {
                rest.write(transaction, incarnation, &mut self.press)?;
            }
            transaction.prepare_cached(CLOSE)?.execute(named_params! {
                ":incarnation": incarnation,
                ":next": log.next,
                ":total": log.total,
            })?;
            if log.next - log.sealed >= BLOCK {
                seal(transaction, incarnation, &log)?;
            }
        }
        for (place, rows) in again {
            bodies::share(transaction, place, rows)?;
        }
        Ok(refused)
    }

    /// Deletes rows: parts and the places in them.
    pub(crate) fn delete(
        &mut self,
        transaction: &Transaction<'_>,
        incarnation: i64,
        parts: &mut [Part],
        rows: &[(usize, usize)],
    ) -> rusqlite::Result<()> {
        let mut by_part: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut by_body: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (index, at) in rows {
            let part = &mut parts[*index];
            let body = part.fact(transaction, facet::BODY, *at)?;
            let place = part.fact(transaction, facet::BODY_AT, *at)?;
            if let (Some(body), Some(place)) = (body, place) {
                by_body.entry(body).or_default().push(place);
            }
            by_part.entry(*index).or_default().push(*at);
        }
        for (body, places) in by_body {
            let empty = bodies::remove(transaction, body, &places, &mut self.press)?;
            self.shared.lose(body, &empty);
        }
        for (index, places) in by_part {
            let part = &mut parts[index];
            match part.block() {
                Some(block) => delete_sealed(transaction, incarnation, block, part, &places)?,
                None => {
                    for at in places {
                        let key = row_key(incarnation, part.number(at));
                        let range = named_params! { ":first": key, ":last": key };
                        transaction.prepare_cached(DROP)?.execute(range)?;
                    }
                }
            }
        }
        let gone = rows.len() as i64;
        let fewer = named_params! { ":gone": gone, ":incarnation": incarnation };
        transaction.prepare_cached(FEWER)?.execute(fewer)?;
        Ok(())
    }

    /// Changes what somebody may change of a row afterwards.
    pub(crate) fn patch(
        &mut self,
        transaction: &Transaction<'_>,
        incarnation: i64,
        part: &mut Part,
        at: usize,
        patch: &LogPatch,
    ) -> rusqlite::Result<()> {
        let mut words = Writing {
            transaction,
            known: &mut self.known,
        };
        let metadata = match &patch.metadata {
            Some(Some(metadata)) => Some(Some(words.word(&metadata.to_json())?)),
            Some(None) => Some(None),
            None => None,
        };
        let changes = [
            (
                facet::FEEDBACK,
                patch.feedback.map(|value| value.map(sortable)),
            ),
            (facet::SCORE, patch.score.map(|value| value.map(sortable))),
            (facet::METADATA, metadata),
        ];
        let changes = changes
            .into_iter()
            .filter_map(|(facet, value)| Some((facet, value?)));
        let Some(block) = part.block() else {
            let mut facts = part.facts(transaction, at)?;
            changes.for_each(|(facet, value)| facts[facet] = value);
            self.buffer.clear();
            row::encode(&facts, &mut self.buffer);
            let key = row_key(incarnation, part.number(at));
            let change = named_params! { ":key": key, ":data": self.buffer };
            transaction.prepare_cached(PUT)?.execute(change)?;
            return Ok(());
        };
        for (facet, value) in changes {
            let mut values = values(transaction, part, facet)?;
            values[at] = value;
            put(transaction, column_key(incarnation, facet, block), &values)?;
        }
        Ok(())
    }
}

impl Open {
    fn of(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<Self> {
        let incarnation = entry.place.incarnation;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                next: row.get(0)?,
                total: row.get(1)?,
                sealed: row.get(2)?,
                gathering: None,
            })
        };
        let key = named_params! { ":incarnation": incarnation };
        if let Some(open) = transaction
            .prepare_cached(OPEN)?
            .query_row(key, read)
            .optional()?
        {
            return Ok(open);
        }
        transaction.prepare_cached(BEGIN)?.execute(named_params! {
            ":incarnation": incarnation,
            ":account": entry.row.record.account.to_string(),
            ":gateway": entry.row.record.gateway.as_str(),
        })?;
        Ok(Self {
            next: 0,
            total: 0,
            sealed: 0,
            gathering: None,
        })
    }
}

/// Puts whole blocks of rows into columns.
fn seal(transaction: &Transaction<'_>, incarnation: i64, log: &Open) -> rusqlite::Result<()> {
    let mut sealed = log.sealed;
    while log.next - sealed >= BLOCK {
        // A row is taken apart as it is read: all of them as facts are megabytes, and the allocator
        // keeps as much in hand for every thread as was ever freed at once.
        let mut columns = vec![vec![]; facet::COUNT];
        columns[facet::DEAD] = vec![Some(1); BLOCK as usize];
        let live = part::each_of(transaction, incarnation, sealed, |at, facts| {
            set(&mut columns, at, facts);
        })?;
        let first = row_key(incarnation, sealed);
        let range = named_params! { ":first": first, ":last": first + BLOCK - 1 };
        transaction.prepare_cached(DROP)?.execute(range)?;
        let block = sealed / BLOCK;
        if live > 0 {
            for (facet, values) in columns.iter().enumerate() {
                put(transaction, column_key(incarnation, facet, block), values)?;
            }
            let extent = |facet: usize| {
                let values = columns[facet].iter().flatten().copied();
                let least = values.clone().min().unwrap_or_default();
                (least, values.max().unwrap_or_default())
            };
            let (times, ids) = (extent(facet::AT), extent(facet::ID_HI));
            transaction
                .prepare_cached(PUT_BLOCK)?
                .execute(named_params! {
                    ":key": block_key(incarnation, block),
                    ":live": live,
                    ":min_at": times.0,
                    ":max_at": times.1,
                    ":min_id": ids.0,
                    ":max_id": ids.1,
                })?;
        }
        sealed += BLOCK;
    }
    let change = named_params! { ":sealed": sealed, ":incarnation": incarnation };
    transaction.prepare_cached(SEALED)?.execute(change)?;
    Ok(())
}

/// Puts a row into its place in the columns. One that no row had a value for yet is empty.
fn set(columns: &mut [Vec<Option<i64>>], at: usize, facts: &Facts) {
    for (column, fact) in columns.iter_mut().zip(facts) {
        if column.is_empty() && fact.is_some() {
            *column = vec![None; BLOCK as usize];
        }
        if let Some(place) = column.get_mut(at) {
            *place = *fact;
        }
    }
}

fn put(transaction: &Transaction<'_>, key: i64, values: &[Option<i64>]) -> rusqlite::Result<()> {
    match column::pack(values) {
        Some(data) => {
            let column = named_params! { ":key": key, ":data": data };
            transaction.prepare_cached(PUT_COLUMN)?.execute(column)?;
        }
        None => {
            transaction
                .prepare_cached(DROP_COLUMN)?
                .execute(named_params! { ":key": key })?;
        }
    }
    Ok(())
}

fn values(
    transaction: &Transaction<'_>,
    part: &mut Part,
    facet: usize,
) -> rusqlite::Result<Vec<Option<i64>>> {
    let data = part.column(transaction, facet)?;
    let column = data.as_deref().and_then(Column::of);
    Ok((0..part.rows)
        .map(|at| column.as_ref().and_then(|column| column.get(at)))
        .collect())
}

fn delete_sealed(
    transaction: &Transaction<'_>,
    incarnation: i64,
    block: i64,
    part: &mut Part,
    places: &[usize],
) -> rusqlite::Result<()> {
    let key = block_key(incarnation, block);
    if places.len() >= part.live {
        for facet in 0..facet::COUNT {
            let key = column_key(incarnation, facet, block);
            transaction
                .prepare_cached(DROP_COLUMN)?
                .execute(named_params! { ":key": key })?;
        }
        transaction
            .prepare_cached(DROP_BLOCK)?
            .execute(named_params! { ":key": key })?;
        return Ok(());
    }
    let mut dead = values(transaction, part, facet::DEAD)?;
    places.iter().for_each(|at| dead[*at] = Some(1));
    put(
        transaction,
        column_key(incarnation, facet::DEAD, block),
        &dead,
    )?;
    let gone = places.len() as i64;
    transaction
        .prepare_cached(LIVE)?
        .execute(named_params! { ":gone": gone, ":key": key })?;
    Ok(())
}

/// Whether the row has that body.
pub(crate) fn keeps(facts: &Facts, facet: usize) -> bool {
    let kept = BodyFate::ALL
        .iter()
        .position(|fate| *fate == BodyFate::Kept);
    facts[facet] == kept.map(|at| at as i64)
}
