//! The generated trait, implemented: each operation is handed to the file of its kind.

use aig_api::types::GatewayInput;
use aig_api::types::LogPatch;
use aig_api::{
    CloudflareAiGatewayApi, CreateAiGatewayError, CreateAiGatewayOk, CreateAiGatewayPath,
    DeleteAiGatewayError, DeleteAiGatewayLogsError, DeleteAiGatewayLogsOk, DeleteAiGatewayLogsPath,
    DeleteAiGatewayLogsQuery, DeleteAiGatewayOk, DeleteAiGatewayPath, GetAiGatewayError,
    GetAiGatewayLogError, GetAiGatewayLogOk, GetAiGatewayLogPath, GetAiGatewayLogRequestError,
    GetAiGatewayLogRequestOk, GetAiGatewayLogRequestPath, GetAiGatewayLogResponseError,
    GetAiGatewayLogResponseOk, GetAiGatewayLogResponsePath, GetAiGatewayOk, GetAiGatewayPath,
    ListAiGatewayLogsError, ListAiGatewayLogsOk, ListAiGatewayLogsPath, ListAiGatewayLogsQuery,
    ListAiGatewaysError, ListAiGatewaysOk, ListAiGatewaysPath, ListAiGatewaysQuery, Operation,
    PatchAiGatewayLogError, PatchAiGatewayLogOk, PatchAiGatewayLogPath, UpdateAiGatewayError,
    UpdateAiGatewayOk, UpdateAiGatewayPath,
};
use aig_store::Side;
use dropshot::{Path, Query, RequestContext, TypedBody};

use crate::error::Failure;
use crate::inside::Context;
use crate::{gateways, logs};

/// The one implementation of the contract.
pub(crate) enum Operations {}

impl CloudflareAiGatewayApi for Operations {
    type Context = Context;

    async fn list_ai_gateways(
        request: RequestContext<Context>,
        path: Path<ListAiGatewaysPath>,
        query: Query<ListAiGatewaysQuery>,
    ) -> Result<ListAiGatewaysOk, ListAiGatewaysError> {
        gateways::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListAiGatewaysOk)
            .map_err(Failure::into_error)
    }

    async fn create_ai_gateway(
        request: RequestContext<Context>,
        path: Path<CreateAiGatewayPath>,
        body: TypedBody<GatewayInput>,
    ) -> Result<CreateAiGatewayOk, CreateAiGatewayError> {
        gateways::create(&request, path.into_inner(), body.into_inner())
            .await
            .map(CreateAiGatewayOk)
            .map_err(Failure::into_error)
    }

    async fn get_ai_gateway(
        request: RequestContext<Context>,
        path: Path<GetAiGatewayPath>,
    ) -> Result<GetAiGatewayOk, GetAiGatewayError> {
        gateways::get(&request, path.into_inner())
            .await
            .map(GetAiGatewayOk)
            .map_err(Failure::into_error)
    }

    async fn update_ai_gateway(
        request: RequestContext<Context>,
        path: Path<UpdateAiGatewayPath>,
        body: TypedBody<GatewayInput>,
    ) -> Result<UpdateAiGatewayOk, UpdateAiGatewayError> {
        gateways::update(&request, path.into_inner(), body.into_inner())
            .await
            .map(UpdateAiGatewayOk)
            .map_err(Failure::into_error)
    }

    async fn delete_ai_gateway(
        request: RequestContext<Context>,
        path: Path<DeleteAiGatewayPath>,
    ) -> Result<DeleteAiGatewayOk, DeleteAiGatewayError> {
        gateways::delete(&request, path.into_inner())
            .await
            .map(DeleteAiGatewayOk)
            .map_err(Failure::into_error)
    }

    async fn list_ai_gateway_logs(
        request: RequestContext<Context>,
        path: Path<ListAiGatewayLogsPath>,
        query: Query<ListAiGatewayLogsQuery>,
    ) -> Result<ListAiGatewayLogsOk, ListAiGatewayLogsError> {
        logs::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListAiGatewayLogsOk)
            .map_err(Failure::into_error)
    }

    async fn delete_ai_gateway_logs(
        request: RequestContext<Context>,
        path: Path<DeleteAiGatewayLogsPath>,
        query: Query<DeleteAiGatewayLogsQuery>,
    ) -> Result<DeleteAiGatewayLogsOk, DeleteAiGatewayLogsError> {
        logs::delete(&request, path.into_inner(), query.into_inner())
            .await
            .map(DeleteAiGatewayLogsOk)
            .map_err(Failure::into_error)
    }

    async fn get_ai_gateway_log(
        request: RequestContext<Context>,
        path: Path<GetAiGatewayLogPath>,
    ) -> Result<GetAiGatewayLogOk, GetAiGatewayLogError> {
        logs::get(&request, path.into_inner())
            .await
            .map(GetAiGatewayLogOk)
            .map_err(Failure::into_error)
    }

    async fn patch_ai_gateway_log(
        request: RequestContext<Context>,
        path: Path<PatchAiGatewayLogPath>,
        body: TypedBody<LogPatch>,
    ) -> Result<PatchAiGatewayLogOk, PatchAiGatewayLogError> {
        logs::patch(&request, path.into_inner(), body.into_inner())
            .await
            .map(PatchAiGatewayLogOk)
            .map_err(Failure::into_error)
    }

    async fn get_ai_gateway_log_request(
        request: RequestContext<Context>,
        path: Path<GetAiGatewayLogRequestPath>,
    ) -> Result<GetAiGatewayLogRequestOk, GetAiGatewayLogRequestError> {
        let path = path.into_inner();
        let row = (&*path.account_id, &*path.gateway_id, &*path.id);
        logs::body(
            &request,
            Operation::GetAiGatewayLogRequest,
            row,
            Side::Request,
        )
        .await
        .map(GetAiGatewayLogRequestOk)
        .map_err(Failure::into_error)
    }

    async fn get_ai_gateway_log_response(
        request: RequestContext<Context>,
        path: Path<GetAiGatewayLogResponsePath>,
    ) -> Result<GetAiGatewayLogResponseOk, GetAiGatewayLogResponseError> {
        let path = path.into_inner();
        let row = (&*path.account_id, &*path.gateway_id, &*path.id);
        logs::body(
            &request,
            Operation::GetAiGatewayLogResponse,
            row,
            Side::Response,
        )
        .await
        .map(GetAiGatewayLogResponseOk)
        .map_err(Failure::into_error)
    }
}
