//! Parts of a log, which are read alike: a sealed block, whose columns stand in the file, or the
//! newest rows, whose columns are made when they are asked for.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::{OptionalExtension, Transaction, named_params};

use super::column;
use super::row::{self, Facts, facet};

/// How many rows a block has.
pub(crate) const BLOCK: i64 = 4_096;

/// A part of the log of one incarnation.
pub(crate) struct Part {
    incarnation: i64,
    /// The block's number; `None` for the newest rows.
    block: Option<i64>,
    /// The newest rows with their numbers.
    tail: Vec<(i64, Facts)>,
    /// How many places there are, those of deleted rows included.
    pub(crate) rows: usize,
    /// How many rows there are.
    pub(crate) live: usize,
    /// The least and the greatest time.
    pub(crate) times: (i64, i64),
    /// The least and the greatest first half of an id.
    pub(crate) ids: (i64, i64),
    columns: HashMap<usize, Option<Rc<[u8]>>>,
}

const BLOCKS: &str = "
    SELECT key, live, min_at, max_at, min_id, max_id FROM log_block
    WHERE key BETWEEN :first AND :last";
const COLUMN: &str = "SELECT data FROM log_column WHERE key = :key";
const TAIL: &str = "SELECT key, data FROM log_row WHERE key BETWEEN :first AND :last ORDER BY key";

pub(crate) const fn row_key(incarnation: i64, number: i64) -> i64 {
    incarnation << 36 | number
}

pub(crate) const fn block_key(incarnation: i64, block: i64) -> i64 {
    incarnation << 24 | block
}

pub(crate) const fn column_key(incarnation: i64, facet: usize, block: i64) -> i64 {
    incarnation << 30 | (facet as i64) << 24 | block
}

/// All parts of a log, the newest rows last.
pub(crate) fn parts(
    transaction: &Transaction<'_>,
    incarnation: i64,
) -> rusqlite::Result<Vec<Part>> {
    let mut statement = transaction.prepare_cached(BLOCKS)?;
    let range = named_params! {
        ":first": block_key(incarnation, 0),
        ":last": block_key(incarnation + 1, 0) - 1,
    };
    let mut parts: Vec<Part> = statement
        .query_map(range, |row| {
            let key: i64 = row.get(0)?;
            Ok(Part {
                incarnation,
                block: Some(key - block_key(incarnation, 0)),
                tail: vec![],
                rows: BLOCK as usize,
                live: row.get::<_, i64>(1)?.unsigned_abs() as usize,
                times: (row.get(2)?, row.get(3)?),
                ids: (row.get(4)?, row.get(5)?),
                columns: HashMap::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    let tail = tail(transaction, incarnation)?;
    if !tail.is_empty() {
        parts.push(Part::newest(incarnation, tail));
    }
    Ok(parts)
}

/// The rows that are not sealed yet, by number.
pub(crate) fn tail(
    transaction: &Transaction<'_>,
    incarnation: i64,
) -> rusqlite::Result<Vec<(i64, Facts)>> {
    let mut statement = transaction.prepare_cached(TAIL)?;
    let first = row_key(incarnation, 0);
    let range = named_params! { ":first": first, ":last": row_key(incarnation + 1, 0) - 1 };
    statement
        .query_map(range, |row| {
            let key: i64 = row.get(0)?;
            Ok((key - first, row::decode(row.get_ref(1)?.as_blob()?)))
        })?
        .collect()
}

/// Shows the rows of a block that is not sealed yet, and their places in it; tells how many.
pub(crate) fn each_of(
    transaction: &Transaction<'_>,
    incarnation: i64,
    number: i64,
    mut show: impl FnMut(usize, &Facts),
) -> rusqlite::Result<i64> {
    let mut statement = transaction.prepare_cached(TAIL)?;
    let first = row_key(incarnation, number);
    let range = named_params! { ":first": first, ":last": first + BLOCK - 1 };
    let mut rows = statement.query(range)?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let at = usize::try_from(row.get::<_, i64>(0)? - first).unwrap_or_default();
        show(at, &row::decode(row.get_ref(1)?.as_blob()?));
        count += 1;
    }
    Ok(count)
}

impl Part {
    fn newest(incarnation: i64, tail: Vec<(i64, Facts)>) -> Self {
        let extent = |facet: usize| {
            let values = tail.iter().filter_map(move |(_, facts)| facts[facet]);
            let least = values.clone().min().unwrap_or_default();
            (least, values.max().unwrap_or_default())
        };
        Self {
            incarnation,
            block: None,
            rows: tail.len(),
            live: tail.len(),
            times: extent(facet::AT),
            ids: extent(facet::ID_HI),
            tail,
            columns: HashMap::new(),
        }
    }

    /// The number of the row at a place.
    pub(crate) fn number(&self, at: usize) -> i64 {
        match self.block {
            Some(block) => block * BLOCK + at as i64,
            None => self.tail[at].0,
        }
    }

    /// Whether a row may have a value in that range; tells without reading what is known of blocks.
    pub(crate) const fn may_have(&self, facet: usize, least: i64, greatest: i64) -> bool {
        let (from, to) = match facet {
            facet::AT => self.times,
            facet::ID_HI => self.ids,
            _ => return true,
        };
        from <= greatest && to >= least
    }

    /// A column as it was packed; `None` when no row has a value.
    pub(crate) fn column(
        &mut self,
        transaction: &Transaction<'_>,
        facet: usize,
    ) -> rusqlite::Result<Option<Rc<[u8]>>> {
        if let Some(column) = self.columns.get(&facet) {
            return Ok(column.clone());
        }
        let column = match self.block {
            Some(block) => {
                let key = column_key(self.incarnation, facet, block);
                let mut statement = transaction.prepare_cached(COLUMN)?;
                statement
                    .query_row(named_params! { ":key": key }, |row| {
                        Ok(Rc::from(row.get_ref(0)?.as_blob()?))
                    })
                    .optional()?
            }
            None => {
                let values: Vec<_> = self.tail.iter().map(|(_, facts)| facts[facet]).collect();
                column::pack(&values).map(Rc::from)
            }
        };
        self.columns.insert(facet, column.clone());
        Ok(column)
    }

    /// Lets go of the columns that were read.
    pub(crate) fn forget(&mut self) {
        self.columns = HashMap::new();
    }

    /// A facet of the row at a place.
    pub(crate) fn fact(
        &mut self,
        transaction: &Transaction<'_>,
        facet: usize,
        at: usize,
    ) -> rusqlite::Result<Option<i64>> {
        if self.block.is_none() {
            return Ok(self.tail[at].1[facet]);
        }
        let column = self.column(transaction, facet)?;
        Ok(column.and_then(|data| column::Column::of(&data)?.get(at)))
    }

    /// The row at a place.
    pub(crate) fn facts(
        &mut self,
        transaction: &Transaction<'_>,
        at: usize,
    ) -> rusqlite::Result<Facts> {
        let mut facts = [None; facet::COUNT];
        for (facet, fact) in facts.iter_mut().enumerate() {
            *fact = self.fact(transaction, facet, at)?;
        }
        Ok(facts)
    }

    /// Where the row of an id is.
    pub(crate) fn find(
        &mut self,
        transaction: &Transaction<'_>,
        (hi, lo): (i64, i64),
    ) -> rusqlite::Result<Option<usize>> {
        if !(self.ids.0..=self.ids.1).contains(&hi) {
            return Ok(None);
        }
        let Some(his) = self.column(transaction, facet::ID_HI)? else {
            return Ok(None);
        };
        let mut places = vec![];
        if let Some(his) = column::Column::of(&his) {
            his.each(self.rows, |at, value| {
                if value == Some(hi) {
                    places.push(at);
                }
            });
        }
        for at in places {
            if self.fact(transaction, facet::ID_LO, at)? == Some(lo)
                && self.fact(transaction, facet::DEAD, at)?.is_none()
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The block's number; `None` for the newest rows.
    pub(crate) const fn block(&self) -> Option<i64> {
        self.block
    }
}
