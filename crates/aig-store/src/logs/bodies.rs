//! Bodies at rest: those of a few rows compressed together, because neighbours resemble each other
//! and a compressor that starts anew learns nothing.
//!
//! zstd at its first level: the writer's time counts, and rows come faster than bodies are read.
//! A row that goes takes its bodies along: they are blanked in what its neighbours still need, unless
//! another row has the same ones.

use std::collections::BTreeMap;
use std::mem;

use aig_model::{Body, Transcript};
use rusqlite::{OptionalExtension, Transaction, named_params};
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

use super::row::Intern;
use super::shared::BodyPlace;

/// Which of the two bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the caller sent.
    Request,
    /// What the caller got.
    Response,
}

/// Compresses bodies, with room that is kept for the next ones: to ask the system for it anew takes
/// longer than to compress what nearly all bodies are.
pub(crate) struct Press {
    compressor: Compressor<'static>,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

/// Bodies that are gathered to be compressed together.
pub(crate) struct Gathering {
    pub(crate) body: i64,
    raw: Vec<u8>,
    rows: i64,
}

/// How many bytes are compressed together, unless one row has more. Whoever reads one body expands
/// all of them.
const ENOUGH: usize = 256 << 10;
/// Lengths and codings of both bodies.
const HEAD: usize = 24;
/// The most room that is kept for the next bodies: what a block has that is full, and its last row.
const ROOM: usize = 2 * ENOUGH;
/// Beyond this nothing was ever written: two bodies and their neighbours.
const MOST: usize = 2 * Body::MAX + ENOUGH + HEAD;

const NEXT: &str = "SELECT ifnull(max(body), 0) + 1 FROM log_body";
const ADD: &str = "
    INSERT INTO log_body (body, incarnation, rows, data) VALUES (:body, :incarnation, :rows, :data)";
const READ: &str = "SELECT data FROM log_body WHERE body = :body";
const MORE: &str = "UPDATE log_body SET rows = rows + :rows WHERE body = :body";
const FEWER: &str = "UPDATE log_body SET rows = rows - :rows WHERE body = :body";
const REPLACE: &str = "UPDATE log_body SET data = :data WHERE body = :body";
const ROWS: &str = "SELECT rows FROM log_body WHERE body = :body";
const SHARE: &str = "
    INSERT INTO log_shared (body, at, rows) VALUES (:body, :at, :rows)
    ON CONFLICT (body, at) DO UPDATE SET rows = rows + excluded.rows";
const SHARED: &str = "SELECT at, rows FROM log_shared WHERE body = :body";
const UNSHARE: &str = "UPDATE log_shared SET rows = rows - :rows WHERE body = :body AND at = :at";
const ALONE: &str = "DELETE FROM log_shared WHERE body = :body AND at = :at";
const DROP: &str = "DELETE FROM log_body WHERE body = :body";

/// The number of the next block of bodies.
pub(crate) fn next(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached(NEXT)?
        .query_row([], |row| row.get(0))
}

// === impl Press ===

impl Press {
    pub(crate) fn new() -> rusqlite::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(1).map_err(broken)?,
            raw: Vec::new(),
            packed: Vec::new(),
        })
    }

    /// Begins to gather the bodies of the block of that number.
    pub(crate) fn gather(&mut self, body: i64) -> Gathering {
        Gathering {
            body,
            raw: mem::take(&mut self.raw),
            rows: 0,
        }
    }

    fn compress(&mut self, raw: &[u8]) -> rusqlite::Result<&[u8]> {
        self.packed.clear();
        self.packed.reserve(compress_bound(raw.len()));
        self.compressor
            .compress_to_buffer(raw, &mut self.packed)
            .map_err(broken)?;
        Ok(&self.packed)
    }

    /// Keeps the room of what was written, unless it is that of an unusual one.
    fn keep(&mut self, mut raw: Vec<u8>) {
        raw.clear();
        raw.shrink_to(ROOM);
        self.packed.clear();
        self.packed.shrink_to(ROOM);
        if raw.capacity() > self.raw.capacity() {
            self.raw = raw;
        }
    }
}

// === impl Gathering ===

impl Gathering {
    pub(crate) const fn is_full(&self) -> bool {
        self.raw.len() >= ENOUGH
    }

    /// Adds the bodies of a row and tells where they are.
    pub(crate) fn add(
        &mut self,
        transcript: &Transcript,
        words: &mut impl Intern,
    ) -> rusqlite::Result<i64> {
        let at = self.raw.len();
        let bodies = [&transcript.request, &transcript.response];
        for body in bodies {
            let length = body.as_ref().map_or(0, Body::len) as u32;
            self.raw.extend_from_slice(&length.to_le_bytes());
        }
        for body in bodies {
            let coding = body.as_ref().and_then(|body| body.coding.as_deref());
            let coding = coding.map(|coding| words.word(coding)).transpose()?;
            self.raw
                .extend_from_slice(&coding.unwrap_or(0).to_le_bytes());
        }
        for body in bodies.into_iter().flatten() {
            body.pieces()
                .iter()
                .for_each(|piece| self.raw.extend_from_slice(piece));
        }
        self.rows += 1;
        Ok(at as i64)
    }

    /// Compresses and writes what was gathered.
    pub(crate) fn write(
        self,
        transaction: &Transaction<'_>,
        incarnation: i64,
        press: &mut Press,
    ) -> rusqlite::Result<()> {
        let data = press.compress(&self.raw)?;
        transaction.prepare_cached(ADD)?.execute(named_params! {
            ":body": self.body,
            ":incarnation": incarnation,
            ":rows": self.rows,
            ":data": data,
        })?;
        press.keep(self.raw);
        Ok(())
    }
}

/// A body and the word of its coding; `None` when it is not there any more.
pub(crate) fn read(
    transaction: &Transaction<'_>,
    body: i64,
    at: i64,
    side: Side,
) -> rusqlite::Result<Option<(Vec<u8>, i64)>> {
    let Some(raw) = raw(transaction, body)? else {
        return Ok(None);
    };
    let Some((lengths, codings, start)) = usize::try_from(at).ok().and_then(|at| head(&raw, at))
    else {
        return Ok(None);
    };
    let (from, length, coding) = match side {
        Side::Request => (start, lengths[0], codings[0]),
        Side::Response => (start + lengths[0], lengths[1], codings[1]),
    };
    Ok(raw
        .get(from..from + length)
        .map(|bytes| (bytes.to_vec(), coding)))
}

/// So many more rows have the bodies that are there.
pub(crate) fn share(
    transaction: &Transaction<'_>,
    (body, at): BodyPlace,
    rows: i64,
) -> rusqlite::Result<()> {
    let more = named_params! { ":body": body, ":rows": rows };
    match transaction.prepare_cached(MORE)?.execute(more)? {
        1 => {}
        // What was known of the block was not true; the batch is written again without that.
        blocks => return Err(rusqlite::Error::StatementChangedRows(blocks)),
    }
    let shared = named_params! { ":body": body, ":at": at, ":rows": rows };
    transaction.prepare_cached(SHARE)?.execute(shared)?;
    Ok(())
}

/// Takes the bodies of rows off the disk, but those that other rows have, too; answers which places no
/// row has any more.
pub(crate) fn remove(
    transaction: &Transaction<'_>,
    body: i64,
    places: &[i64],
    press: &mut Press,
) -> rusqlite::Result<Vec<i64>> {
    let key = named_params! { ":body": body };
    let rows: Option<i64> = transaction
        .prepare_cached(ROWS)?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let gone = places.len() as i64;
    if rows.is_none_or(|rows| rows <= gone) {
        transaction.prepare_cached(DROP)?.execute(key)?;
        return Ok(places.to_vec());
    }
    let fewer = named_params! { ":body": body, ":rows": gone };
    transaction.prepare_cached(FEWER)?.execute(fewer)?;
    let empty = emptied(transaction, body, places)?;
    if empty.is_empty() {
        return Ok(empty);
    }
    let Some(mut raw) = raw(transaction, body)? else {
        return Ok(empty);
    };
    for at in &empty {
        let at = usize::try_from(*at).unwrap_or(usize::MAX);
        if let Some((lengths, _, start)) = head(&raw, at)
            && let Some(bytes) = raw.get_mut(start..start + lengths[0] + lengths[1])
        {
            bytes.fill(0);
        }
    }
    let data = press.compress(&raw)?;
    let change = named_params! { ":body": body, ":data": data };
    transaction.prepare_cached(REPLACE)?.execute(change)?;
    Ok(empty)
}

/// Of the places of rows that go, those that no row has any more.
fn emptied(transaction: &Transaction<'_>, body: i64, places: &[i64]) -> rusqlite::Result<Vec<i64>> {
    let mut left: BTreeMap<i64, i64> = BTreeMap::new();
    let mut statement = transaction.prepare_cached(SHARED)?;
    let key = named_params! { ":body": body };
    for shared in statement.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (at, beyond_the_first): (i64, i64) = shared?;
        left.insert(at, beyond_the_first);
    }
    let mut gone: BTreeMap<i64, i64> = BTreeMap::new();
    for at in places {
        *gone.entry(*at).or_default() += 1;
    }
    let mut empty = vec![];
    for (at, rows) in gone {
        let beyond_the_first = left.get(&at).copied().unwrap_or(0);
        if rows < beyond_the_first {
            let fewer = named_params! { ":body": body, ":at": at, ":rows": rows };
            transaction.prepare_cached(UNSHARE)?.execute(fewer)?;
            continue;
        }
        // One row is left, or none.
        let key = named_params! { ":body": body, ":at": at };
        transaction.prepare_cached(ALONE)?.execute(key)?;
        if rows > beyond_the_first {
            empty.push(at);
        }
    }
    Ok(empty)
}

fn raw(transaction: &Transaction<'_>, body: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = transaction.prepare_cached(READ)?;
    let key = named_params! { ":body": body };
    let raw = statement.query_row(key, |row| {
        zstd::bulk::decompress(row.get_ref(0)?.as_blob()?, MOST).map_err(broken)
    });
    raw.optional()
}

/// Lengths, codings, and where the first body begins.
fn head(raw: &[u8], at: usize) -> Option<([usize; 2], [i64; 2], usize)> {
    let head: &[u8; HEAD] = raw.get(at..)?.first_chunk()?;
    let length = |from: usize| Some(u32::from_le_bytes(*head[from..].first_chunk()?) as usize);
    let coding = |from: usize| Some(i64::from_le_bytes(*head[from..].first_chunk()?));
    Some((
        [length(0)?, length(4)?],
        [coding(8)?, coding(16)?],
        at + HEAD,
    ))
}

fn broken(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}
