//! The generated trait, implemented: each operation is handed to the file of its kind.

use aig_api::types::{
    CustomProviderCostInput, CustomProviderCostPatch, CustomProviderInput, CustomProviderPatch,
    GatewayInput, LogPatch, ProviderConfigInput, ProviderConfigRotation, TokenChange, TokenInput,
    TokenRoll,
};
use aig_api::{
    CloudflareAiGatewayApi, CreateAiGatewayError, CreateAiGatewayOk, CreateAiGatewayPath,
    CreateCustomProviderCostError, CreateCustomProviderCostOk, CreateCustomProviderCostPath,
    CreateCustomProviderError, CreateCustomProviderOk, CreateCustomProviderPath,
    CreateProviderConfigError, CreateProviderConfigOk, CreateProviderConfigPath, CreateTokenError,
    CreateTokenOk, CreateTokenPath, DeleteAiGatewayError, DeleteAiGatewayLogsError,
    DeleteAiGatewayLogsOk, DeleteAiGatewayLogsPath, DeleteAiGatewayLogsQuery, DeleteAiGatewayOk,
    DeleteAiGatewayPath, DeleteCustomProviderCostError, DeleteCustomProviderCostOk,
    DeleteCustomProviderCostPath, DeleteCustomProviderError, DeleteCustomProviderOk,
    DeleteCustomProviderPath, DeleteProviderConfigError, DeleteProviderConfigOk,
    DeleteProviderConfigPath, DeleteTokenError, DeleteTokenOk, DeleteTokenPath, GetAiGatewayError,
    GetAiGatewayLogError, GetAiGatewayLogOk, GetAiGatewayLogPath, GetAiGatewayLogRequestError,
    GetAiGatewayLogRequestOk, GetAiGatewayLogRequestPath, GetAiGatewayLogResponseError,
    GetAiGatewayLogResponseOk, GetAiGatewayLogResponsePath, GetAiGatewayOk, GetAiGatewayPath,
    GetAiGatewayUrlError, GetAiGatewayUrlOk, GetAiGatewayUrlPath, GetCustomProviderCostError,
    GetCustomProviderCostOk, GetCustomProviderCostPath, GetCustomProviderError,
    GetCustomProviderOk, GetCustomProviderPath, GetTokenError, GetTokenOk, GetTokenPath,
    ListAiGatewayLogsError, ListAiGatewayLogsOk, ListAiGatewayLogsPath, ListAiGatewayLogsQuery,
    ListAiGatewaysError, ListAiGatewaysOk, ListAiGatewaysPath, ListAiGatewaysQuery,
    ListAuditLogsError, ListAuditLogsOk, ListAuditLogsPath, ListAuditLogsQuery,
    ListCustomProviderCostsError, ListCustomProviderCostsOk, ListCustomProviderCostsPath,
    ListCustomProviderCostsQuery, ListCustomProvidersError, ListCustomProvidersOk,
    ListCustomProvidersPath, ListCustomProvidersQuery, ListProviderConfigsError,
    ListProviderConfigsOk, ListProviderConfigsPath, ListProviderConfigsQuery,
    ListTokenPermissionGroupsError, ListTokenPermissionGroupsOk, ListTokenPermissionGroupsPath,
    ListTokenPermissionGroupsQuery, ListTokensError, ListTokensOk, ListTokensPath, ListTokensQuery,
    Operation, PatchAiGatewayLogError, PatchAiGatewayLogOk, PatchAiGatewayLogPath, RollTokenError,
    RollTokenOk, RollTokenPath, RotateProviderConfigError, RotateProviderConfigOk,
    RotateProviderConfigPath, UpdateAiGatewayError, UpdateAiGatewayOk, UpdateAiGatewayPath,
    UpdateCustomProviderCostError, UpdateCustomProviderCostOk, UpdateCustomProviderCostPath,
    UpdateCustomProviderError, UpdateCustomProviderOk, UpdateCustomProviderPath, UpdateTokenError,
    UpdateTokenOk, UpdateTokenPath, VerifyAccountTokenError, VerifyAccountTokenOk,
    VerifyAccountTokenPath, VerifyTokenError, VerifyTokenOk,
};
use aig_store::Side;
use dropshot::{Path, Query, RequestContext, TypedBody};

use crate::error::Failure;
use crate::inside::Context;
use crate::{audit, custom_costs, custom_providers, gateways, logs, provider_configs, tokens};

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

    async fn get_ai_gateway_url(
        request: RequestContext<Context>,
        path: Path<GetAiGatewayUrlPath>,
    ) -> Result<GetAiGatewayUrlOk, GetAiGatewayUrlError> {
        gateways::url(&request, path.into_inner())
            .await
            .map(GetAiGatewayUrlOk)
            .map_err(Failure::into_error)
    }

    async fn list_provider_configs(
        request: RequestContext<Context>,
        path: Path<ListProviderConfigsPath>,
        query: Query<ListProviderConfigsQuery>,
    ) -> Result<ListProviderConfigsOk, ListProviderConfigsError> {
        provider_configs::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListProviderConfigsOk)
            .map_err(Failure::into_error)
    }

    async fn create_provider_config(
        request: RequestContext<Context>,
        path: Path<CreateProviderConfigPath>,
        body: TypedBody<ProviderConfigInput>,
    ) -> Result<CreateProviderConfigOk, CreateProviderConfigError> {
        provider_configs::create(&request, path.into_inner(), body.into_inner())
            .await
            .map(CreateProviderConfigOk)
            .map_err(Failure::into_error)
    }

    async fn rotate_provider_config(
        request: RequestContext<Context>,
        path: Path<RotateProviderConfigPath>,
        body: TypedBody<ProviderConfigRotation>,
    ) -> Result<RotateProviderConfigOk, RotateProviderConfigError> {
        provider_configs::rotate(&request, path.into_inner(), body.into_inner())
            .await
            .map(RotateProviderConfigOk)
            .map_err(Failure::into_error)
    }

    async fn delete_provider_config(
        request: RequestContext<Context>,
        path: Path<DeleteProviderConfigPath>,
    ) -> Result<DeleteProviderConfigOk, DeleteProviderConfigError> {
        provider_configs::delete(&request, path.into_inner())
            .await
            .map(DeleteProviderConfigOk)
            .map_err(Failure::into_error)
    }

    async fn list_custom_providers(
        request: RequestContext<Context>,
        path: Path<ListCustomProvidersPath>,
        query: Query<ListCustomProvidersQuery>,
    ) -> Result<ListCustomProvidersOk, ListCustomProvidersError> {
        custom_providers::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListCustomProvidersOk)
            .map_err(Failure::into_error)
    }

    async fn create_custom_provider(
        request: RequestContext<Context>,
        path: Path<CreateCustomProviderPath>,
        body: TypedBody<CustomProviderInput>,
    ) -> Result<CreateCustomProviderOk, CreateCustomProviderError> {
        custom_providers::create(&request, path.into_inner(), body.into_inner())
            .await
            .map(CreateCustomProviderOk)
            .map_err(Failure::into_error)
    }

    async fn get_custom_provider(
        request: RequestContext<Context>,
        path: Path<GetCustomProviderPath>,
    ) -> Result<GetCustomProviderOk, GetCustomProviderError> {
        custom_providers::get(&request, path.into_inner())
            .await
            .map(GetCustomProviderOk)
            .map_err(Failure::into_error)
    }

    async fn update_custom_provider(
        request: RequestContext<Context>,
        path: Path<UpdateCustomProviderPath>,
        body: TypedBody<CustomProviderPatch>,
    ) -> Result<UpdateCustomProviderOk, UpdateCustomProviderError> {
        custom_providers::update(&request, path.into_inner(), body.into_inner())
            .await
            .map(UpdateCustomProviderOk)
            .map_err(Failure::into_error)
    }

    async fn delete_custom_provider(
        request: RequestContext<Context>,
        path: Path<DeleteCustomProviderPath>,
    ) -> Result<DeleteCustomProviderOk, DeleteCustomProviderError> {
        custom_providers::delete(&request, path.into_inner())
            .await
            .map(DeleteCustomProviderOk)
            .map_err(Failure::into_error)
    }

    async fn list_custom_provider_costs(
        request: RequestContext<Context>,
        path: Path<ListCustomProviderCostsPath>,
        query: Query<ListCustomProviderCostsQuery>,
    ) -> Result<ListCustomProviderCostsOk, ListCustomProviderCostsError> {
        custom_costs::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListCustomProviderCostsOk)
            .map_err(Failure::into_error)
    }

    async fn create_custom_provider_cost(
        request: RequestContext<Context>,
        path: Path<CreateCustomProviderCostPath>,
        body: TypedBody<CustomProviderCostInput>,
    ) -> Result<CreateCustomProviderCostOk, CreateCustomProviderCostError> {
        custom_costs::create(&request, path.into_inner(), body.into_inner())
            .await
            .map(CreateCustomProviderCostOk)
            .map_err(Failure::into_error)
    }

    async fn get_custom_provider_cost(
        request: RequestContext<Context>,
        path: Path<GetCustomProviderCostPath>,
    ) -> Result<GetCustomProviderCostOk, GetCustomProviderCostError> {
        custom_costs::get(&request, path.into_inner())
            .await
            .map(GetCustomProviderCostOk)
            .map_err(Failure::into_error)
    }

    async fn update_custom_provider_cost(
        request: RequestContext<Context>,
        path: Path<UpdateCustomProviderCostPath>,
        body: TypedBody<CustomProviderCostPatch>,
    ) -> Result<UpdateCustomProviderCostOk, UpdateCustomProviderCostError> {
        custom_costs::update(&request, path.into_inner(), body.into_inner())
            .await
            .map(UpdateCustomProviderCostOk)
            .map_err(Failure::into_error)
    }

    async fn delete_custom_provider_cost(
        request: RequestContext<Context>,
        path: Path<DeleteCustomProviderCostPath>,
    ) -> Result<DeleteCustomProviderCostOk, DeleteCustomProviderCostError> {
        custom_costs::delete(&request, path.into_inner())
            .await
            .map(DeleteCustomProviderCostOk)
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

    async fn list_tokens(
        request: RequestContext<Context>,
        path: Path<ListTokensPath>,
        query: Query<ListTokensQuery>,
    ) -> Result<ListTokensOk, ListTokensError> {
        tokens::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListTokensOk)
            .map_err(Failure::into_error)
    }

    async fn create_token(
        request: RequestContext<Context>,
        path: Path<CreateTokenPath>,
        body: TypedBody<TokenInput>,
    ) -> Result<CreateTokenOk, CreateTokenError> {
        tokens::create(&request, path.into_inner(), body.into_inner())
            .await
            .map(CreateTokenOk)
            .map_err(Failure::into_error)
    }

    async fn list_token_permission_groups(
        request: RequestContext<Context>,
        path: Path<ListTokenPermissionGroupsPath>,
        query: Query<ListTokenPermissionGroupsQuery>,
    ) -> Result<ListTokenPermissionGroupsOk, ListTokenPermissionGroupsError> {
        tokens::groups(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListTokenPermissionGroupsOk)
            .map_err(Failure::into_error)
    }

    async fn verify_account_token(
        request: RequestContext<Context>,
        path: Path<VerifyAccountTokenPath>,
    ) -> Result<VerifyAccountTokenOk, VerifyAccountTokenError> {
        tokens::verify_in(&request, path.into_inner())
            .await
            .map(VerifyAccountTokenOk)
            .map_err(Failure::into_error)
    }

    async fn get_token(
        request: RequestContext<Context>,
        path: Path<GetTokenPath>,
    ) -> Result<GetTokenOk, GetTokenError> {
        tokens::get(&request, path.into_inner())
            .await
            .map(GetTokenOk)
            .map_err(Failure::into_error)
    }

    async fn update_token(
        request: RequestContext<Context>,
        path: Path<UpdateTokenPath>,
        body: TypedBody<TokenChange>,
    ) -> Result<UpdateTokenOk, UpdateTokenError> {
        tokens::update(&request, path.into_inner(), body.into_inner())
            .await
            .map(UpdateTokenOk)
            .map_err(Failure::into_error)
    }

    async fn delete_token(
        request: RequestContext<Context>,
        path: Path<DeleteTokenPath>,
    ) -> Result<DeleteTokenOk, DeleteTokenError> {
        tokens::delete(&request, path.into_inner())
            .await
            .map(DeleteTokenOk)
            .map_err(Failure::into_error)
    }

    async fn roll_token(
        request: RequestContext<Context>,
        path: Path<RollTokenPath>,
        body: TypedBody<TokenRoll>,
    ) -> Result<RollTokenOk, RollTokenError> {
        tokens::roll(&request, path.into_inner(), body.into_inner())
            .await
            .map(RollTokenOk)
            .map_err(Failure::into_error)
    }

    async fn verify_token(
        request: RequestContext<Context>,
    ) -> Result<VerifyTokenOk, VerifyTokenError> {
        tokens::verify(&request)
            .await
            .map(VerifyTokenOk)
            .map_err(Failure::into_error)
    }

    async fn list_audit_logs(
        request: RequestContext<Context>,
        path: Path<ListAuditLogsPath>,
        query: Query<ListAuditLogsQuery>,
    ) -> Result<ListAuditLogsOk, ListAuditLogsError> {
        audit::list(&request, path.into_inner(), query.into_inner())
            .await
            .map(ListAuditLogsOk)
            .map_err(Failure::into_error)
    }
}
