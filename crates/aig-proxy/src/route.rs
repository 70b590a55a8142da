//! Where a request goes, read once from the raw bytes of its path (rule R1).
//!
//! Segments are never decoded and nothing is normalised: what is authorised here is what is
//! dispatched, byte for byte. The `Host` header has no voice. Whether the names exist is left to
//! the snapshot, whether the tail is safe to the provider's row.

use aig_model::{AccountId, GatewayId};

/// A request of the form `/v1/{account}/{gateway}/{provider}/{tail}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    /// The account, if the segment can be one at all.
    pub account: Option<AccountId>,
    /// The gateway, if the segment can be one at all.
    pub gateway: Option<GatewayId>,
    /// The provider's segment; empty for the universal form `/v1/{account}/{gateway}`.
    pub provider: &'a str,
    /// What follows the provider's slash, byte for byte; empty when nothing does.
    pub tail: &'a str,
    /// The query, byte for byte.
    pub query: Option<&'a str>,
}

impl<'a> Route<'a> {
    /// Reads the path and query of a request to the data plane; `None` when it is no such path.
    pub(crate) fn read(uri: &'a http::Uri) -> Option<Self> {
        let rest = uri.path().strip_prefix("/v1/")?;
        let (account, rest) = rest.split_once('/')?;
        let (gateway, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (provider, tail) = rest.split_once('/').unwrap_or((rest, ""));
        Some(Self {
            account: account.parse().ok(),
            gateway: gateway.parse().ok(),
            provider,
            tail,
            query: uri.query(),
        })
    }
}

#[cfg(test)]
mod tests;
