//! The operation on the audit log: unpack, one call of the store, wrap.
//!
//! What an entry says was decided when it was written; here it only gets the shape that
//! Cloudflare's clients read.

use aig_api::types::{
    AuditLogAccount, AuditLogAction, AuditLogActionResult, AuditLogActionType, AuditLogActor,
    AuditLogCursors, AuditLogEntry, AuditLogListResponse, AuditLogResource, AuditLogResultInfo,
    AuditLogScope, ListAuditLogsDirection,
};
use aig_api::{ListAuditLogsPath, ListAuditLogsQuery, Operation};
use aig_model::{AccountId, AuditAction, AuditEntry, AuditQuery, GatewayId, Timestamp};
use chrono::{DateTime, NaiveDate, NaiveTime};
use dropshot::RequestContext;

use crate::convert;
use crate::error::{Failure, Fault};
use crate::inside::Context;

/// The most entries of an answer.
pub const MOST: u32 = 1_000;

pub(crate) async fn list(
    request: &RequestContext<Context>,
    path: ListAuditLogsPath,
    query: ListAuditLogsQuery,
) -> Result<AuditLogListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListAuditLogs, &path.account_id)?;
    let query = AuditQuery {
        since: moment("since", query.since.as_deref())?,
        before: moment("before", query.before.as_deref())?,
        oldest_first: query.direction == Some(ListAuditLogsDirection::Asc),
        after: cursor(query.cursor.as_deref())?,
        limit: query.limit.to().unwrap_or(MOST).clamp(1, MOST),
    };
    let page = scope.audit_log(query).await?;
    let account = scope.account();
    let after = page.next.map(|number| number.to_string());
    Ok(AuditLogListResponse {
        result_info: AuditLogResultInfo {
            count: convert::count(page.entries.len() as u64),
            cursors: AuditLogCursors {
                after: after.unwrap_or_default(),
            },
        },
        result: page
            .entries
            .into_iter()
            .map(|e| shown(account, e))
            .collect(),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

fn shown(account: AccountId, entry: AuditEntry) -> AuditLogEntry {
    AuditLogEntry {
        id: entry.id.simple().to_string(),
        account: AuditLogAccount {
            id: account.to_string(),
        },
        action: AuditLogAction {
            type_: match entry.action {
                AuditAction::Create => AuditLogActionType::Create,
                AuditAction::Update => AuditLogActionType::Update,
                AuditAction::Delete => AuditLogActionType::Delete,
            },
            description: entry.operation,
            result: match entry.succeeded {
                true => AuditLogActionResult::Success,
                false => AuditLogActionResult::Failure,
            },
            time: convert::time(entry.at),
        },
        actor: AuditLogActor {
            id: entry.token.to_string(),
            context: "api_token".to_owned(),
            token_id: entry.token.to_string(),
            token_name: entry.token_name,
            type_: "account".to_owned(),
        },
        resource: AuditLogResource {
            id: entry.resource_id,
            product: "ai_gateway".to_owned(),
            type_: entry.resource.word().to_owned(),
            scope: AuditLogScope {
                gateway_id: entry.gateway.as_ref().map(GatewayId::to_string),
            },
        },
    }
}

/// A date, which is its beginning in UTC, or a time.
fn moment(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else {
        return Ok(None);
    };
    let date = |text: &str| text.parse::<NaiveDate>().ok();
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let time = time
        .ok()
        .or_else(|| Some(date(text)?.and_time(NaiveTime::MIN).and_utc()));
    match time {
        Some(time) => Ok(Some(Timestamp::from_millis(time.timestamp_millis()))),
        None => Err(of_query(
            name,
            "must be a date such as 2030-01-31, or a time such as 2030-01-31T00:00:00Z",
        )),
    }
}

fn cursor(text: Option<&str>) -> Result<Option<u64>, Failure> {
    text.filter(|text| !text.is_empty())
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| of_query("cursor", "must be the one of the answer before"))
}

fn of_query(name: &str, message: &str) -> Failure {
    Failure::from(Fault {
        message: format!("{name} {message}"),
        path: vec!["query".to_owned(), name.to_owned()],
    })
}

#[cfg(test)]
mod tests;
