//! The operations on gateways: unpack, one call of the store, wrap.

use aig_api::types::{GatewayInput, GatewayListResponse, GatewayResponse, GatewayUrlResponse};
use aig_api::{
    CreateAiGatewayPath, DeleteAiGatewayPath, GetAiGatewayPath, GetAiGatewayUrlPath,
    ListAiGatewaysPath, ListAiGatewaysQuery, Operation, UpdateAiGatewayPath,
};
use aig_model::{Gateway, GatewayId};
use dropshot::RequestContext;

use crate::convert;
use crate::error::{Failure, Fault};
use crate::inside::Context;

/// The most gateways of a page.
pub const MOST: u32 = 100;

/// What stands in a provider's place for the endpoints that all providers share.
const UNIFIED: &str = "compat";

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListAiGatewaysPath,
    query: ListAiGatewaysQuery,
) -> Result<GatewayListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListAiGateways, &path.account_id)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let page = scope.gateways(page, query.search.as_deref()).await?;
    Ok(GatewayListResponse {
        result: page.items.iter().map(convert::gateway).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

pub(crate) async fn create(
    request: &Request,
    path: CreateAiGatewayPath,
    input: GatewayInput,
) -> Result<GatewayResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::CreateAiGateway, &path.account_id)?;
    let new = convert::new_gateway(input)?;
    let gateway = scope.create_gateway(new, context.now()).await?;
    Ok(response(&gateway))
}

pub(crate) async fn get(
    request: &Request,
    path: GetAiGatewayPath,
) -> Result<GatewayResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::GetAiGateway, &path.account_id)?;
    let gateway = scope.gateway(&id(&path.gateway_id)?).await?;
    Ok(response(&gateway.ok_or(Failure::NotFound)?))
}

pub(crate) async fn update(
    request: &Request,
    path: UpdateAiGatewayPath,
    input: GatewayInput,
) -> Result<GatewayResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::UpdateAiGateway, &path.account_id)?;
    let id = id(&path.gateway_id)?;
    let change = convert::gateway_change(input)?;
    let gateway = scope.update_gateway(&id, change, context.now()).await?;
    let gateway = gateway.ok_or(Failure::NotFound)?;
    Ok(response(&gateway))
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteAiGatewayPath,
) -> Result<GatewayResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::DeleteAiGateway, &path.account_id)?;
    let gateway = scope.delete_gateway(&id(&path.gateway_id)?).await?;
    Ok(response(&gateway.ok_or(Failure::NotFound)?))
}

/// The base URL of a provider behind a gateway, as the data plane's callers reach it.
pub(crate) async fn url(
    request: &Request,
    path: GetAiGatewayUrlPath,
) -> Result<GatewayUrlResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::GetAiGatewayUrl, &path.account_id)?;
    let gateway = scope.gateway(&id(&path.gateway_id)?).await?;
    let gateway = gateway.ok_or(Failure::NotFound)?;
    let provider = path.provider;
    if !context.is_provider(gateway.account, &provider) && provider != UNIFIED {
        let message = "provider must be the slug of a provider, such as openai, or compat";
        return Err(Failure::Invalid(vec![Fault {
            message: message.to_owned(),
            path: vec!["path".into(), "provider".into()],
        }]));
    }
    let (origin, account) = (context.data_origin(), gateway.account);
    Ok(GatewayUrlResponse {
        result: format!("{origin}/v1/{account}/{}/{provider}", gateway.id),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

fn response(gateway: &Gateway) -> GatewayResponse {
    GatewayResponse {
        result: convert::gateway(gateway),
        success: true,
        errors: vec![],
        messages: vec![],
    }
}

/// What cannot be an id is the id of nothing.
pub(crate) fn id(text: &str) -> Result<GatewayId, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

#[cfg(test)]
mod tests;
