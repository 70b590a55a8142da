//! Which permission each operation asks for.
//!
//! The match has no wildcard: an operation that the contract gains does not compile until
//! somebody has decided here who may call it.

use aig_api::Operation;
use aig_model::Permission;

/// The permission without which the operation is refused.
pub(crate) const fn needed(operation: Operation) -> Permission {
    match operation {
        Operation::ListAiGateways
        | Operation::GetAiGateway
        | Operation::GetAiGatewayUrl
        | Operation::ListProviderConfigs
        | Operation::ListCustomProviders
        | Operation::GetCustomProvider
        | Operation::ListCustomProviderCosts
        | Operation::GetCustomProviderCost
        | Operation::ListAiGatewayLogs
        | Operation::GetAiGatewayLog
        | Operation::GetAiGatewayLogRequest
        | Operation::GetAiGatewayLogResponse => Permission::Read,
        Operation::CreateAiGateway
        | Operation::UpdateAiGateway
        | Operation::DeleteAiGateway
        | Operation::CreateProviderConfig
        | Operation::RotateProviderConfig
        | Operation::DeleteProviderConfig
        | Operation::CreateCustomProvider
        | Operation::UpdateCustomProvider
        | Operation::DeleteCustomProvider
        | Operation::CreateCustomProviderCost
        | Operation::UpdateCustomProviderCost
        | Operation::DeleteCustomProviderCost
        | Operation::DeleteAiGatewayLogs
        | Operation::PatchAiGatewayLog => Permission::Edit,
    }
}

#[cfg(test)]
mod tests;
