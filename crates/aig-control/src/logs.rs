//! The operation on logs: unpack, one call of the store, wrap.

use aig_api::types::LogListResponse;
use aig_api::{ListAiGatewayLogsPath, ListAiGatewayLogsQuery, Operation};
use dropshot::RequestContext;

use crate::error::Failure;
use crate::inside::Context;
use crate::{convert, gateways};

/// The most rows of a page.
pub const MOST: u32 = 50;

pub(crate) async fn list(
    request: &RequestContext<Context>,
    path: ListAiGatewayLogsPath,
    query: ListAiGatewayLogsQuery,
) -> Result<LogListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListAiGatewayLogs, &path.account_id)?;
    let gateway = gateways::id(&path.gateway_id)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let page = scope.logs(&gateway, page, query.search.as_deref()).await?;
    let page = page.ok_or(Failure::NotFound)?;
    Ok(LogListResponse {
        result: page.items.iter().map(convert::log_entry).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

#[cfg(test)]
mod tests;
