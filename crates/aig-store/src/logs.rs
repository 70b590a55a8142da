//! The log: rows of integers, the older ones sealed into columns by the thousand.
//!
//! Rows are written as they come, in the order of their end, into `log_row`; every 4096 of them are
//! turned into a block of columns. A query reads the columns that it names, of every block, and no
//! rows: ten million values of a column are some ten megabytes, and an index of each would cost
//! every write more than that costs a read. Texts are words of a dictionary, so that looking for
//! a text is looking through the dictionary once and through a column of integers afterwards.
//!
//! A search is literal: it knows no wildcards, so there is nothing to escape. The readers' deadline
//! bounds what it may take.

mod bodies;
mod column;
mod filter;
mod id_text;
mod metadata;
mod part;
mod row;
mod scan;
mod scribe;
mod shared;
mod words;

use aig_model::{
    AccountId, GatewayId, LogExtents, LogOrder, LogPatch, LogQuery, Page, PageRequest, Record,
};
use rusqlite::{OptionalExtension, Transaction, named_params};
use uuid::Uuid;

use crate::columns;
use row::Lookup as _;
use scan::Want;

pub use bodies::Side;
pub(crate) use scribe::Scribe;

/// Where a row belongs, and its number in the run of the process that wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) incarnation: i64,
    pub(crate) boot: i64,
    pub(crate) seq: u64,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPage {
    /// The rows and how many there are.
    pub page: Page<Record>,
    /// The extents among all rows that were found, when they were asked for.
    pub extents: Option<LogExtents>,
}

/// A body as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBody {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its `Content-Encoding`, where it is coded.
    pub coding: Option<String>,
}

const OF: &str = "
    SELECT gateway_id, total FROM log_of
    WHERE account_id = :account AND incarnation = :incarnation";

/// The page lies deeper than an order other than that of time is sorted.
#[derive(Debug, thiserror::Error)]
#[error("the page lies too deep in this order")]
pub(crate) struct TooDeep;

fn too_deep() -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(TooDeep.into())
}

/// How many rows a log has, whoever's it is.
pub(crate) fn total(connection: &rusqlite::Connection, incarnation: i64) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(scribe::TOTAL)?;
    let key = named_params! { ":incarnation": incarnation };
    let total: Option<i64> = statement.query_row(key, |row| row.get(1)).optional()?;
    Ok(total.unwrap_or(0).unsigned_abs())
}

/// The gateway's id and the number of rows; `None` when there is no row yet.
fn of(
    transaction: &Transaction<'_>,
    account: AccountId,
    incarnation: i64,
) -> rusqlite::Result<Option<(GatewayId, u64)>> {
    let mut statement = transaction.prepare_cached(OF)?;
    let key = named_params! { ":account": account.to_string(), ":incarnation": incarnation };
    let read = |row: &rusqlite::Row<'_>| {
        let total: i64 = row.get(1)?;
        Ok((columns::parsed(row, "gateway_id")?, total.unsigned_abs()))
    };
    statement.query_row(key, read).optional()
}

/// A page of the rows that a query finds.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    (account, incarnation): (AccountId, i64),
    request: PageRequest,
    query: &LogQuery,
    extents: bool,
) -> rusqlite::Result<LogPage> {
    let mut items = vec![];
    let Some((gateway, total)) = of(transaction, account, incarnation)? else {
        let page = Page {
            items,
            request,
            total: 0,
        };
        let extents = extents.then(LogExtents::default);
        return Ok(LogPage { page, extents });
    };
    let mut parts = part::parts(transaction, incarnation)?;
    let want = Want {
        offset: request.offset(),
        limit: match query.order != LogOrder::CreatedAt && request.offset() >= total {
            true => 0,
            false => request.per_page() as usize,
        },
        total: Some(total),
        extents,
    };
    let found = scan::scan(transaction, &mut parts, query, &want)?;
    let mut words = words::Reading::new(transaction);
    for (index, at) in found.page {
        let facts = parts[index].facts(transaction, at)?;
        items.push(row::record(&facts, account, gateway.clone(), &mut words)?);
    }
    Ok(LogPage {
        page: Page {
            items,
            request,
            total: found.total,
        },
        extents: found.extents,
    })
}

/// One row; `None` when there is none of that id.
pub(crate) fn one(
    transaction: &Transaction<'_>,
    (account, incarnation): (AccountId, i64),
    id: Uuid,
) -> rusqlite::Result<Option<Record>> {
    let Some((gateway, _)) = of(transaction, account, incarnation)? else {
        return Ok(None);
    };
    let Some((mut part, at)) = locate(transaction, incarnation, id)? else {
        return Ok(None);
    };
    let facts = part.facts(transaction, at)?;
    let mut words = words::Reading::new(transaction);
    row::record(&facts, account, gateway, &mut words).map(Some)
}

/// A body of a row; `None` when there is no such row, or the body is not kept.
pub(crate) fn body(
    transaction: &Transaction<'_>,
    (account, incarnation): (AccountId, i64),
    id: Uuid,
    side: Side,
) -> rusqlite::Result<Option<StoredBody>> {
    if of(transaction, account, incarnation)?.is_none() {
        return Ok(None);
    }
    let Some((mut part, at)) = locate(transaction, incarnation, id)? else {
        return Ok(None);
    };
    let facts = part.facts(transaction, at)?;
    let (fate, content_type) = match side {
        Side::Request => (
            row::facet::REQUEST_BODY,
            row::facet::REQUEST_TYPE_OF_CONTENT,
        ),
        Side::Response => (
            row::facet::RESPONSE_BODY,
            row::facet::RESPONSE_TYPE_OF_CONTENT,
        ),
    };
    let (Some(body), Some(place)) = (facts[row::facet::BODY], facts[row::facet::BODY_AT]) else {
        return Ok(None);
    };
    if !scribe::keeps(&facts, fate) {
        return Ok(None);
    }
    let Some((bytes, coding)) = bodies::read(transaction, body, place, side)? else {
        return Ok(None);
    };
    let mut words = words::Reading::new(transaction);
    Ok(Some(StoredBody {
        bytes,
        content_type: facts[content_type]
            .map(|word| words.text(word))
            .transpose()?,
        coding: match coding {
            0 => None,
            word => Some(words.text(word)?),
        },
    }))
}

/// Changes a row; answers whether there is one.
pub(crate) fn patch(
    transaction: &Transaction<'_>,
    scribe: &mut Scribe,
    (account, incarnation): (AccountId, i64),
    id: Uuid,
    patch: &LogPatch,
) -> rusqlite::Result<bool> {
    if of(transaction, account, incarnation)?.is_none() {
        return Ok(false);
    }
    let Some((mut part, at)) = locate(transaction, incarnation, id)? else {
        return Ok(false);
    };
    scribe.patch(transaction, incarnation, &mut part, at, patch)?;
    Ok(true)
}

/// Deletes the first rows that a query finds, and answers how many.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    scribe: &mut Scribe,
    (account, incarnation): (AccountId, i64),
    query: &LogQuery,
    limit: u32,
) -> rusqlite::Result<u64> {
    if of(transaction, account, incarnation)?.is_none() {
        return Ok(0);
    }
    trim(transaction, scribe, incarnation, query, limit)
}

/// Deletes rows of a log, whoever's it is.
pub(crate) fn trim(
    transaction: &Transaction<'_>,
    scribe: &mut Scribe,
    incarnation: i64,
    query: &LogQuery,
    limit: u32,
) -> rusqlite::Result<u64> {
    let mut parts = part::parts(transaction, incarnation)?;
    let want = Want {
        offset: 0,
        limit: limit as usize,
        // What is deleted is counted by the page.
        total: Some(0),
        extents: false,
    };
    let found = scan::scan(transaction, &mut parts, query, &want)?;
    scribe.delete(transaction, incarnation, &mut parts, &found.page)?;
    Ok(found.page.len() as u64)
}

fn locate(
    transaction: &Transaction<'_>,
    incarnation: i64,
    id: Uuid,
) -> rusqlite::Result<Option<(part::Part, usize)>> {
    let halves = row::halves(id);
    // The newest first: somebody who asks for a row has mostly just made it.
    for mut part in part::parts(transaction, incarnation)?.into_iter().rev() {
        if let Some(at) = part.find(transaction, halves)? {
            return Ok(Some((part, at)));
        }
    }
    Ok(None)
}

/// The numbers under which all rows of a file were handed in: run and place in it.
#[cfg(test)]
pub(crate) fn numbers(logs: &rusqlite::Connection) -> Vec<(i64, i64)> {
    let transaction = logs.unchecked_transaction().unwrap();
    let mut statement = transaction
        .prepare("SELECT key >> 36 FROM log_row UNION SELECT key >> 24 FROM log_block")
        .unwrap();
    let logs: Vec<i64> = (statement.query_map([], |row| row.get(0)).unwrap())
        .collect::<Result<_, _>>()
        .unwrap();
    let mut numbers = vec![];
    for incarnation in logs {
        for mut part in part::parts(&transaction, incarnation).unwrap() {
            for at in 0..part.rows {
                let facts = part.facts(&transaction, at).unwrap();
                if facts[row::facet::DEAD].is_none() {
                    let number = |facet: usize| facts[facet].unwrap();
                    numbers.push((number(row::facet::BOOT), number(row::facet::SEQ)));
                }
            }
        }
    }
    numbers
}

#[cfg(test)]
mod tests;
