//! The stage of rate limits: whether a gateway may send one more request now.
//!
//! How requests are counted is `aig-policy`'s. All providers of a gateway count together; tries of a
//! request are one, and an answer from the cache never gets here. What was counted of a gateway goes
//! when the gateway does.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aig_model::{Gateway, Snapshot, Timestamp};
use aig_policy::RateLimiter;
use aig_policy::rate_limit::Limit;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::respond::Failure;

/// Counts requests of gateways that have a limit.
pub(crate) struct RateLimits {
    limiter: Arc<RateLimiter>,
    /// Ends with the limits.
    _sweeping: JoinSet<()>,
}

/// The least time between two sweeps, however often the configuration changes: each looks at every
/// gateway that something is remembered of.
const SWEEP_PAUSE: Duration = Duration::from_secs(60);

// === impl RateLimits ===

impl RateLimits {
    /// Nothing counted yet; gateways are forgotten that `snapshots` do not have any more. To be
    /// called in a runtime.
    pub(crate) fn new(snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        let wall = Timestamp::from(SystemTime::now());
        let limiter = Arc::new(RateLimiter::new(Instant::now(), wall));
        let mut sweeping = JoinSet::new();
        sweeping.spawn(sweep(Arc::clone(&limiter), snapshots));
        Self {
            limiter,
            _sweeping: sweeping,
        }
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
            .limiter
            .admit(gateway.account, &gateway.id, limit, Instant::now());
        admitted.map_err(Failure::RateLimited)
    }
}

/// Forgets gateways that were deleted, soon after the first of them was.
async fn sweep(limiter: Arc<RateLimiter>, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
    while snapshots.changed().await.is_ok() {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        limiter.retain(|account, gateway| snapshot.gateway(account, gateway).is_some());
        // Not held while nothing is done: an old configuration is no small thing.
        drop(snapshot);
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
