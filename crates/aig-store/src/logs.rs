//! Log rows: how they are written and read.
//!
//! A search is literal: `instr` knows no wildcards, so there is nothing to escape, and no length
//! at which a pattern is refused. It reads every row of the gateway in the worst case; the
//! readers' deadline bounds that.

use aig_model::{AccountId, Metadata, Outcome, Page, PageRequest, Record, Usage};
use rusqlite::types::Type;
use rusqlite::{CachedStatement, OptionalExtension, Row, Transaction, named_params};
use uuid::Uuid;

use crate::columns;

/// Where a row belongs, and its number in the run of the process that wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) incarnation: i64,
    pub(crate) boot: i64,
    pub(crate) seq: u64,
}

/// The statement that writes a row.
pub(crate) const INSERT: &str = "
    INSERT INTO log (account_id, incarnation, gateway_id, boot, seq, id, event_id, created_at,
        provider, model, path, method, status, outcome, cached, step, duration_ms, first_byte_ms,
        tokens_in, tokens_out, metadata, user_agent, request_content_type,
        response_content_type, request_size, response_size, authentication,
        cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens,
        audio_in_tokens, audio_out_tokens, image_in_tokens, image_out_tokens, images, characters,
        audio_ms, compute_ms, searches, stated_cost)
    VALUES (:account, :incarnation, :gateway, :boot, :seq, :id, :event_id, :created_at,
        :provider, :model, :path, :method, :status, :outcome, :cached, :step, :duration,
        :first_byte, :tokens_in, :tokens_out, :metadata, :user_agent, :request_content_type,
        :response_content_type, :request_size, :response_size, :authentication,
        :cache_read_tokens, :cache_write_tokens, :cache_write_1h_tokens, :reasoning_tokens,
        :audio_in_tokens, :audio_out_tokens, :image_in_tokens, :image_out_tokens, :images,
        :characters, :audio_ms, :compute_ms, :searches, :stated_cost)";

/// Kept by triggers beside the rows: counting them would take longer the more there are.
const TOTAL: &str = "
    SELECT total FROM log_count WHERE account_id = :account AND incarnation = :incarnation";

const PAGE: &str = "
    SELECT rowid FROM log
    WHERE account_id = :account AND incarnation = :incarnation
    ORDER BY created_at DESC, id DESC
    LIMIT :limit OFFSET :offset";

const FOUND: &str = "
    SELECT rowid FROM log
    WHERE account_id = :account AND incarnation = :incarnation
        AND (instr(lower(provider), lower(:search))
            OR instr(lower(model), lower(:search))
            OR instr(lower(path), lower(:search))
            OR instr(CAST(status AS TEXT), :search)
            OR instr(lower(metadata), lower(:search)))
    ORDER BY created_at DESC, id DESC";

const ROW: &str = "
    SELECT account_id, gateway_id, id, event_id, created_at, provider, model, path, method,
        status, outcome, cached, step, duration_ms, first_byte_ms, tokens_in, tokens_out,
        metadata, user_agent, request_content_type, response_content_type, request_size,
        response_size, authentication, cache_read_tokens, cache_write_tokens,
        cache_write_1h_tokens, reasoning_tokens, audio_in_tokens, audio_out_tokens,
        image_in_tokens, image_out_tokens, images, characters, audio_ms, compute_ms, searches,
        stated_cost
    FROM log
    WHERE account_id = :account AND rowid = :row";

/// A page of a gateway's rows, the newest first.
///
/// First which rows they are, then the rows: a big page number is passed over in the index alone,
/// and a search reads the log once for both the total and the page.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    incarnation: i64,
    request: PageRequest,
    search: Option<&str>,
) -> rusqlite::Result<Page<Record>> {
    let account = account.to_string();
    let (rows, total) = match search {
        None => newest(transaction, &account, incarnation, request)?,
        Some(search) => found(transaction, &account, incarnation, request, search)?,
    };
    let mut statement = transaction.prepare_cached(ROW)?;
    let items = rows
        .into_iter()
        .map(|row| statement.query_row(named_params! { ":account": account, ":row": row }, record))
        .collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        request,
        total,
    })
}

fn newest(
    transaction: &Transaction<'_>,
    account: &str,
    incarnation: i64,
    request: PageRequest,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let total: Option<i64> = transaction
        .prepare_cached(TOTAL)?
        .query_row(
            named_params! { ":account": account, ":incarnation": incarnation },
            |row| row.get(0),
        )
        .optional()?;
    // A log without rows has no count.
    let total = total.unwrap_or(0).unsigned_abs();
    if request.offset() >= total {
        return Ok((vec![], total));
    }
    let rows = transaction
        .prepare_cached(PAGE)?
        .query_map(
            named_params! {
                ":account": account,
                ":incarnation": incarnation,
                ":limit": request.per_page(),
                ":offset": columns::integer(request.offset()),
            },
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    Ok((rows, total))
}

fn found(
    transaction: &Transaction<'_>,
    account: &str,
    incarnation: i64,
    request: PageRequest,
    search: &str,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let mut statement = transaction.prepare_cached(FOUND)?;
    let found = statement.query_map(
        named_params! { ":account": account, ":incarnation": incarnation, ":search": search },
        |row| row.get(0),
    )?;
    let first = request.offset();
    let page = first..first.saturating_add(request.per_page().into());
    let (mut rows, mut total) = (vec![], 0);
    for row in found {
        let row: i64 = row?;
        if page.contains(&total) {
            rows.push(row);
        }
        total += 1;
    }
    Ok((rows, total))
}

/// Writes a row.
pub(crate) fn insert(
    statement: &mut CachedStatement<'_>,
    record: &Record,
    place: Place,
) -> rusqlite::Result<()> {
    let usage = &record.usage;
    statement.execute(named_params! {
        ":account": record.account.to_string(),
        ":incarnation": place.incarnation,
        ":gateway": record.gateway.as_str(),
        ":boot": place.boot,
        ":seq": count(place.seq)?,
        ":id": record.id.as_bytes().as_slice(),
        ":event_id": record.event_id,
        ":created_at": record.created_at.as_millis(),
        ":provider": record.provider,
        ":model": record.model,
        ":path": record.path,
        ":method": record.method,
        ":status": record.status,
        ":outcome": record.outcome.as_str(),
        ":cached": record.cached,
        ":step": record.step,
        ":duration": count(record.duration_ms)?,
        ":first_byte": record.first_byte_ms.map(count).transpose()?,
        ":tokens_in": usage.tokens_in.map(count).transpose()?,
        ":tokens_out": usage.tokens_out.map(count).transpose()?,
        ":metadata": record.metadata.as_ref().map(Metadata::to_json),
        ":user_agent": record.user_agent,
        ":request_content_type": record.request_content_type,
        ":response_content_type": record.response_content_type,
        ":request_size": count(record.request_size)?,
        ":response_size": count(record.response_size)?,
        ":authentication": record.authentication,
        ":cache_read_tokens": usage.cache_read_tokens.map(count).transpose()?,
        ":cache_write_tokens": usage.cache_write_tokens.map(count).transpose()?,
        ":cache_write_1h_tokens": usage.cache_write_1h_tokens.map(count).transpose()?,
        ":reasoning_tokens": usage.reasoning_tokens.map(count).transpose()?,
        ":audio_in_tokens": usage.audio_in_tokens.map(count).transpose()?,
        ":audio_out_tokens": usage.audio_out_tokens.map(count).transpose()?,
        ":image_in_tokens": usage.image_in_tokens.map(count).transpose()?,
        ":image_out_tokens": usage.image_out_tokens.map(count).transpose()?,
        ":images": usage.images.map(count).transpose()?,
        ":characters": usage.characters.map(count).transpose()?,
        ":audio_ms": usage.audio_ms.map(count).transpose()?,
        ":compute_ms": usage.compute_ms.map(count).transpose()?,
        ":searches": usage.searches.map(count).transpose()?,
        ":stated_cost": usage.stated_cost.map(count).transpose()?,
    })?;
    Ok(())
}

/// SQLite's integers are signed; a count beyond them is a fault of its row alone.
fn count(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        id: row.get("id").map(Uuid::from_bytes)?,
        event_id: row.get("event_id")?,
        account: columns::account(row)?,
        gateway: columns::parsed(row, "gateway_id")?,
        created_at: columns::timestamp(row, "created_at")?,
        provider: row.get("provider")?,
        model: row.get("model")?,
        path: row.get("path")?,
        method: row.get("method")?,
        status: row.get("status")?,
        outcome: outcome(row)?,
        cached: row.get("cached")?,
        step: row.get("step")?,
        duration_ms: natural(row, "duration_ms")?.unwrap_or_default(),
        first_byte_ms: natural(row, "first_byte_ms")?,
        usage: Usage {
            tokens_in: natural(row, "tokens_in")?,
            tokens_out: natural(row, "tokens_out")?,
            cache_read_tokens: natural(row, "cache_read_tokens")?,
            cache_write_tokens: natural(row, "cache_write_tokens")?,
            cache_write_1h_tokens: natural(row, "cache_write_1h_tokens")?,
            reasoning_tokens: natural(row, "reasoning_tokens")?,
            audio_in_tokens: natural(row, "audio_in_tokens")?,
            audio_out_tokens: natural(row, "audio_out_tokens")?,
            image_in_tokens: natural(row, "image_in_tokens")?,
            image_out_tokens: natural(row, "image_out_tokens")?,
            images: natural(row, "images")?,
            characters: natural(row, "characters")?,
            audio_ms: natural(row, "audio_ms")?,
            compute_ms: natural(row, "compute_ms")?,
            searches: natural(row, "searches")?,
            stated_cost: natural(row, "stated_cost")?,
        },
        metadata: row
            .get::<_, Option<String>>("metadata")?
            .and_then(|json| Metadata::from_json(&json)),
        user_agent: row.get("user_agent")?,
        request_content_type: row.get("request_content_type")?,
        response_content_type: row.get("response_content_type")?,
        request_size: natural(row, "request_size")?.unwrap_or_default(),
        response_size: natural(row, "response_size")?.unwrap_or_default(),
        authentication: row.get("authentication")?,
    })
}

fn natural(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u64>> {
    let value: Option<i64> = row.get(column)?;
    Ok(value.map(i64::unsigned_abs))
}

fn outcome(row: &Row<'_>) -> rusqlite::Result<Outcome> {
    let word: String = row.get("outcome")?;
    Outcome::from_word(&word).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            Type::Text,
            format!("{word:?} is no outcome").into(),
        )
    })
}

#[cfg(test)]
mod tests;
