//! The operations on logs: unpack, one call of the store, wrap.
//!
//! A stored body has a content type of its own, and dropshot's answers have one that is written in
//! the contract. So body and type travel to the front together, in a frame that only it opens.

use aig_api::types::{
    DeleteAiGatewayLogsOrderByDirection, LogDeleteResponse, LogEntry, LogListResponse,
    LogPatch as PatchInput, LogPatchResponse, LogResponse, LogResultInfo,
};
use aig_api::{
    DeleteAiGatewayLogsPath, DeleteAiGatewayLogsQuery, GetAiGatewayLogPath, ListAiGatewayLogsPath,
    ListAiGatewayLogsQuery, Operation, PatchAiGatewayLogPath,
};
use aig_model::{BodyFate, Extent, LogPatch, LogQuery, Metadata};
use aig_store::{LogPage, Side, StoredBody};
use bytes::Bytes;
use dropshot::{Body, RequestContext};
use http::header::{
    CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Response};
use http_body_util::Full;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{Failure, Fault};
use crate::inside::Context;
use crate::{convert, gateways, log_query};

/// The most rows of a page.
pub const MOST: u32 = 50;

/// How much of a body a single entry shows, in bytes.
const HEAD: usize = 2_048;

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListAiGatewayLogsPath,
    query: ListAiGatewayLogsQuery,
) -> Result<LogListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListAiGatewayLogs, &path.account_id)?;
    let gateway = gateways::id(&path.gateway_id)?;
    let asked = log_query::of_list(request.request.uri().query(), &query)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let found = scope
        .find_logs(&gateway, page, asked, query.meta_info)
        .await?;
    let found = found.ok_or(Failure::NotFound)?;
    Ok(LogListResponse {
        result: found.page.items.iter().map(convert::log_entry).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: result_info(&found),
    })
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteAiGatewayLogsPath,
    query: DeleteAiGatewayLogsQuery,
) -> Result<LogDeleteResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::DeleteAiGatewayLogs, &path.account_id)?;
    let gateway = gateways::id(&path.gateway_id)?;
    let asked = LogQuery {
        filters: log_query::filters(request.request.uri().query())?,
        search: None,
        order: log_query::order(&query.order_by)?,
        ascending: query.order_by_direction == DeleteAiGatewayLogsOrderByDirection::Asc,
    };
    let limit = query.limit.to().unwrap_or(u32::MAX);
    let gone = scope.delete_logs(&gateway, asked, limit).await?;
    gone.ok_or(Failure::NotFound)?;
    Ok(LogDeleteResponse { success: true })
}

pub(crate) async fn get(
    request: &Request,
    path: GetAiGatewayLogPath,
) -> Result<LogResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::GetAiGatewayLog, &path.account_id)?;
    let (gateway, id) = (gateways::id(&path.gateway_id)?, row(&path.id)?);
    let record = scope.log(&gateway, id).await?.ok_or(Failure::NotFound)?;
    let mut entry: LogEntry = convert::log_entry(&record);
    if record.request_body == BodyFate::Kept {
        let body = scope.log_body(&gateway, id, Side::Request).await?;
        (entry.request_head, entry.request_head_complete) = head(body);
    }
    if record.response_body == BodyFate::Kept {
        let body = scope.log_body(&gateway, id, Side::Response).await?;
        (entry.response_head, entry.response_head_complete) = head(body);
    }
    Ok(LogResponse {
        result: entry,
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

pub(crate) async fn patch(
    request: &Request,
    path: PatchAiGatewayLogPath,
    input: PatchInput,
) -> Result<LogPatchResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::PatchAiGatewayLog, &path.account_id)?;
    let (gateway, id) = (gateways::id(&path.gateway_id)?, row(&path.id)?);
    let patch = LogPatch {
        feedback: input.feedback.map(|value| value.map(f64::from)),
        score: input.score.map(|value| value.map(f64::from)),
        metadata: input
            .metadata
            .map(|value| value.map(metadata).transpose())
            .transpose()?,
    };
    if !scope.patch_log(&gateway, id, patch).await? {
        return Err(Failure::NotFound);
    }
    Ok(LogPatchResponse {
        result: Map::new(),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

/// A body of a row, framed for the front.
pub(crate) async fn body(
    request: &Request,
    operation: Operation,
    (account, gateway, id): (&str, &str, &str),
    side: Side,
) -> Result<Body, Failure> {
    let scope = request.context().scope(request, operation, account)?;
    let body = scope
        .log_body(&gateways::id(gateway)?, row(id)?, side)
        .await?;
    Ok(Body::from(framed(body.ok_or(Failure::NotFound)?)))
}

/// Metadata is flat, as that of requests is.
fn metadata(entries: Map<String, Value>) -> Result<Metadata, Failure> {
    let wrong = |message: String| Failure::from(Fault::of_field("metadata", message));
    if entries.len() > Metadata::MAX_ENTRIES {
        let most = Metadata::MAX_ENTRIES;
        return Err(wrong(format!("metadata must have at most {most} entries")));
    }
    let is_flat = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    if !entries.values().all(is_flat) {
        return Err(wrong(
            "metadata must hold texts, numbers, true and false alone".to_owned(),
        ));
    }
    if entries
        .keys()
        .any(|key| key.starts_with(Metadata::RESERVED_PREFIX))
    {
        return Err(wrong(
            "keys of metadata must not begin with cf.: those are reserved".to_owned(),
        ));
    }
    let text = Value::Object(entries).to_string();
    Metadata::from_json(&text).ok_or(Failure::Internal)
}

/// An id that is none is no id of a row.
fn row(id: &str) -> Result<Uuid, Failure> {
    id.parse().map_err(|_| Failure::NotFound)
}

/// The beginning of a body, and whether that is all of it. A coded one has no beginning to read.
fn head(body: Option<StoredBody>) -> (Option<String>, Option<bool>) {
    let Some(body) = body.filter(|body| body.coding.is_none()) else {
        return (None, None);
    };
    let complete = body.bytes.len() <= HEAD;
    let shown = &body.bytes[..body.bytes.len().min(HEAD)];
    (
        Some(String::from_utf8_lossy(shown).into_owned()),
        Some(complete),
    )
}

fn result_info(found: &LogPage) -> LogResultInfo {
    let page = &found.page;
    let plain = convert::result_info(page);
    let extents = found.extents.unwrap_or_default();
    let number = |value: f64| value.try_into().ok();
    let least = |extent: Extent| extent.and_then(|(least, _)| number(least as f64));
    let greatest = |extent: Extent| extent.and_then(|(_, greatest)| number(greatest as f64));
    let dollars = |pico: i64| number(pico as f64 / 1e12);
    LogResultInfo {
        page: plain.page,
        per_page: plain.per_page,
        count: convert::count(page.items.len() as u64),
        total_count: convert::count(page.total),
        min_cost: extents.cost.and_then(|(least, _)| dollars(least)),
        max_cost: extents.cost.and_then(|(_, greatest)| dollars(greatest)),
        min_duration: least(extents.duration),
        max_duration: greatest(extents.duration),
        min_tokens_in: least(extents.tokens_in),
        max_tokens_in: greatest(extents.tokens_in),
        min_tokens_out: least(extents.tokens_out),
        max_tokens_out: greatest(extents.tokens_out),
        min_total_tokens: least(extents.total_tokens),
        max_total_tokens: greatest(extents.total_tokens),
    }
}

/// Whether the answer of an operation is a framed body.
pub(crate) const fn is_framed(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GetAiGatewayLogRequest | Operation::GetAiGatewayLogResponse
    )
}

/// Content type and coding, each after its length, then the body.
fn framed(body: StoredBody) -> Vec<u8> {
    let mut frame = vec![];
    for text in [body.content_type, body.coding] {
        let text = text.unwrap_or_default();
        let length = u16::try_from(text.len()).unwrap_or_default();
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&text.as_bytes()[..length.into()]);
    }
    frame.extend_from_slice(&body.bytes);
    frame
}

/// The answer out of a frame. What somebody else once sent is shown to no browser as a page.
pub(crate) fn unframed(frame: &Bytes) -> Option<Response<Full<Bytes>>> {
    let text = |at: usize| {
        let length = u16::from_be_bytes(*frame.get(at..)?.first_chunk()?);
        let end = at + 2 + usize::from(length);
        Some((frame.get(at + 2..end)?, end))
    };
    let (kind, at) = text(0)?;
    let (coding, at) = text(at)?;
    let mut headers = HeaderMap::new();
    let octets = HeaderValue::from_static("application/octet-stream");
    let kind = HeaderValue::from_bytes(kind)
        .ok()
        .filter(|kind| !kind.is_empty());
    headers.insert(CONTENT_TYPE, kind.unwrap_or(octets));
    if let Some(coding) = HeaderValue::from_bytes(coding)
        .ok()
        .filter(|coding| !coding.is_empty())
    {
        headers.insert(CONTENT_ENCODING, coding);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    let mut response = Response::new(Full::from(frame.slice(at..)));
    *response.headers_mut() = headers;
    Some(response)
}

#[cfg(test)]
mod tests;
