//! Gateways: their ids, their settings, how an update changes them.
//!
//! Leaves uniqueness of ids to the store and wire spellings to `aig-control`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{
    AccountId, Backoff, Cache, Change, Invalid, LogRetention, LogStrategy, RateLimit, RetrySetting,
    Technique, Timestamp,
};

/// A gateway's id, also called its slug: what stands in the data plane's URLs.
///
/// 1 to 64 characters of `^[a-z0-9_]+(?:-[a-z0-9_]+)*$` (Cloudflare's own pattern).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GatewayId(Arc<str>);

/// A gateway with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// The account it belongs to; never changes.
    pub account: AccountId,
    /// Stands in URLs; never changes, not even when the name does.
    pub id: GatewayId,
    /// For display.
    pub name: String,
    /// Response caching.
    pub cache: Cache,
    /// Whether every update makes the answers kept so far unusable.
    pub cache_invalidate_on_update: bool,
    /// Under which number answers are kept: another one whenever those from before must not be given
    /// any more. Drawn by the store, which never gives one twice.
    pub cache_epoch: u64,
    /// Rate limiting.
    pub rate_limit: RateLimit,
    /// How requests are counted against the limit.
    pub technique: Technique,
    /// How often a provider is tried, where the request does not say.
    pub retry: RetrySetting,
    /// How many rows the log may have.
    pub log_retention: LogRetention,
    /// Whether requests leave a row in the log.
    pub collect_logs: bool,
    /// Whether requests must carry a token with the run permission.
    pub authentication: bool,
    /// Whether requests without a key for the provider are refused.
    pub byok_only: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// What a caller says of the gateway to be made; the id is settled by the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewGateway {
    /// The id the caller chose; without one it is made from the name.
    pub id: Option<GatewayId>,
    /// The settings. The name may stand here too.
    pub settings: GatewayChange,
}

/// What an update says of a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayChange {
    /// A new display name.
    pub name: Option<String>,
    /// The cache's switch.
    pub cache_enabled: Change<bool>,
    /// The cache's TTL in seconds.
    pub cache_ttl: Change<u32>,
    /// Whether every update empties the cache.
    pub cache_invalidate_on_update: Change<bool>,
    /// The rate limit's switch.
    pub rate_limiting_enabled: Change<bool>,
    /// Requests per interval.
    pub rate_limiting_limit: Change<u32>,
    /// The interval in seconds.
    pub rate_limiting_interval: Change<u32>,
    /// How requests are counted.
    pub rate_limiting_technique: Change<Technique>,
    /// How many tries there may be in all.
    pub retry_max_attempts: Change<u64>,
    /// What the pauses between tries are made of, in milliseconds.
    pub retry_delay: Change<u64>,
    /// How the pauses grow.
    pub retry_backoff: Change<Backoff>,
    /// The most rows of the log.
    pub log_management: Change<u32>,
    /// What happens when the log has them.
    pub log_management_strategy: Change<LogStrategy>,
    /// Whether requests are logged.
    pub collect_logs: Change<bool>,
    /// Whether requests must carry a token.
    pub authentication: Change<bool>,
    /// Whether requests without a key for the provider are refused.
    pub byok_only: Change<bool>,
}

/// The text is not a gateway id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to 64 lower-case letters, digits and underscores, with single hyphens between them"
)]
pub struct BadGatewayId;

// === impl GatewayId ===

impl GatewayId {
    /// The longest id, in characters.
    pub const MAX_LEN: usize = 64;

    /// The id of the gateway that exists by itself in every account.
    pub fn default_gateway() -> Self {
        Self("default".into())
    }

    /// Whether this is the gateway that exists by itself.
    pub fn is_default(&self) -> bool {
        &*self.0 == "default"
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes an id from a display name: lower case, every run of other characters one hyphen;
    /// `gateway` when nothing usable is left.
    pub fn from_name(name: &str) -> Self {
        let mut id = String::new();
        let mut gap = false;
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' {
                if gap && !id.is_empty() {
                    id.push('-');
                }
                id.push(c);
                gap = false;
            } else {
                gap = true;
            }
        }
        id.truncate(Self::MAX_LEN);
        let id = id.trim_end_matches('-');
        Self(if id.is_empty() { "gateway" } else { id }.into())
    }

    /// The `n`th id of the same name (`-2`, `-3`, …), shortened at the end of the name where needed.
    pub fn numbered(&self, n: u32) -> Self {
        let suffix = format!("-{n}");
        let room = Self::MAX_LEN - suffix.len();
        let stem = self.0.get(..room).unwrap_or(&self.0).trim_end_matches('-');
        Self(format!("{stem}{suffix}").into())
    }
}

impl FromStr for GatewayId {
    type Err = BadGatewayId;

    fn from_str(text: &str) -> Result<Self, BadGatewayId> {
        let legal = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let words = |t: &str| t.split('-').all(|w| !w.is_empty() && w.bytes().all(legal));
        if text.len() > Self::MAX_LEN || !words(text) {
            return Err(BadGatewayId);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for GatewayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for GatewayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatewayId({})", self.0)
    }
}

// === impl Gateway ===

impl Gateway {
    /// A gateway as Cloudflare makes one when only its id is said: logs on, all else off.
    pub fn new(account: AccountId, id: GatewayId, now: Timestamp) -> Self {
        Self {
            account,
            name: id.to_string(),
            id,
            cache: Cache::default(),
            cache_invalidate_on_update: false,
            cache_epoch: 0,
            rate_limit: RateLimit::default(),
            technique: Technique::default(),
            retry: RetrySetting::default(),
            log_retention: LogRetention::default(),
            collect_logs: true,
            authentication: false,
            byok_only: false,
            created_at: now,
            modified_at: now,
        }
    }

    /// The gateway that every account has from its start: like any other, but authenticated.
    pub fn implicit_default(account: AccountId, now: Timestamp) -> Self {
        Self {
            authentication: true,
            ..Self::new(account, GatewayId::default_gateway(), now)
        }
    }

    /// The gateway after an update. Renaming keeps the id: URLs in use must not break.
    pub fn changed(self, change: GatewayChange, now: Timestamp) -> Result<Self, Invalid> {
        let name = change.name.unwrap_or(self.name);
        if name.is_empty() {
            return Err(Invalid::new("name", "must not be empty"));
        }
        Ok(Self {
            name,
            cache: self.cache.changed(change.cache_enabled, change.cache_ttl)?,
            cache_invalidate_on_update: (change.cache_invalidate_on_update)
                .over_switch(self.cache_invalidate_on_update),
            rate_limit: self.rate_limit.changed(
                change.rate_limiting_enabled,
                change.rate_limiting_limit,
                change.rate_limiting_interval,
            )?,
            technique: (change.rate_limiting_technique)
                .over(Some(self.technique))
                .unwrap_or_default(),
            retry: self.retry.changed(
                change.retry_max_attempts,
                change.retry_delay,
                change.retry_backoff,
            )?,
            log_retention: (self.log_retention)
                .changed(change.log_management, change.log_management_strategy)?,
            collect_logs: change.collect_logs.over_switch(self.collect_logs),
            authentication: change.authentication.over_switch(self.authentication),
            byok_only: change.byok_only.over_switch(self.byok_only),
            modified_at: now,
            ..self
        })
    }
}

#[cfg(test)]
mod tests;
