//! Which permission each operation asks for.
//!
//! The match has no wildcard: an operation that the contract gains does not compile until
//! somebody has decided here who may call it.

use aig_api::Operation;
use aig_model::{AccountId, Grant, Permission, Refused, Token};

/// Without what an operation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// A token of the account in the path, with this permission.
    Permission(Permission),
    /// A token of the account in the path, whatever it may do there.
    Membership,
    /// A token, of whichever account.
    Token,
}

/// What the operation takes.
pub(crate) const fn needed(operation: Operation) -> Needed {
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
        | Operation::GetAiGatewayLogResponse => Needed::Permission(Permission::Read),
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
        | Operation::PatchAiGatewayLog => Needed::Permission(Permission::Edit),
        // The audit log names tokens, and tells what each of them did.
        Operation::ListTokens
        | Operation::GetToken
        | Operation::ListTokenPermissionGroups
        | Operation::ListAuditLogs => Needed::Permission(Permission::TokensRead),
        Operation::CreateToken
        | Operation::UpdateToken
        | Operation::RollToken
        | Operation::DeleteToken => Needed::Permission(Permission::TokensWrite),
        Operation::VerifyAccountToken => Needed::Membership,
        Operation::VerifyToken => Needed::Token,
    }
}

impl Needed {
    /// What a token may reach in that account by an operation that takes this; nothing for one
    /// that asks after no more than the token itself.
    pub(crate) fn granted(
        self,
        token: &Token,
        account: AccountId,
    ) -> Result<Option<Grant>, Refused> {
        match self {
            Self::Permission(permission) => token.grant(account, permission).map(Some),
            Self::Membership if token.account != account => Err(Refused::OtherAccount),
            Self::Membership | Self::Token => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
