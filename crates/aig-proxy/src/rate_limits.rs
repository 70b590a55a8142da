//! The stage of rate limits: whether a gateway may send one more request now.
//!
//! How requests are counted is `aig-policy`'s. All providers of a gateway count together; tries of a
//! request are one, and an answer from the cache never gets here.

use std::time::{Instant, SystemTime};

use aig_model::{Gateway, Timestamp};
use aig_policy::RateLimiter;
use aig_policy::rate_limit::Limit;

use crate::respond::Failure;

/// Counts requests of gateways that have a limit.
pub(crate) struct RateLimits(RateLimiter);

// === impl RateLimits ===

impl RateLimits {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let wall = Timestamp::from(SystemTime::now());
        Self(RateLimiter::new(Instant::now(), wall))
    }

    /// Lets a request of that gateway pass and counts it, or refuses it and does not.
    pub(crate) fn admit(&self, gateway: &Gateway) -> Result<(), Failure> {
        let Some((requests, interval)) = gateway.rate_limit.limit() else {
            return Ok(());
        };
        let limit = Limit {
            requests,
            interval,
            technique: gateway.technique,
        };
        let admitted = self
            .0
            .admit(gateway.account, &gateway.id, limit, Instant::now());
        admitted.map_err(Failure::RateLimited)
    }
}
