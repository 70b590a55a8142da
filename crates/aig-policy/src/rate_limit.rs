//! May this gateway go now? Or this stored key?
//!
//! Knows gateways by their ids only, and nothing of callers, providers or why a limit is what it is;
//! knows no clock: `now` is an argument. Whether a gateway has a limit at all is the caller's `if`.
//! A request that is refused does not count: else a client that keeps trying would keep itself out.
//!
//! Two techniques, as Cloudflare has them:
//!
//! - *Fixed*: windows of the interval's length, aligned to multiples of it since the epoch; at each
//!   boundary the count starts anew. Cheap, and lets twice the limit pass around a boundary.
//! - *Sliding*: never more than the limit in *any* stretch of the interval's length. Up to
//!   [`RateLimiter::EXACT`] requests the moment of each is kept (8 bytes each, 512 KiB at most a
//!   gateway), so the answer is exact. Above, an interval is cut into [`RateLimiter::BUCKETS`] parts
//!   and only their counts are kept (32 KiB). A part counts until its last moment has left the
//!   interval, so the limit holds there too, and a request may be refused that comes up to a
//!   thousandth of the interval too early. Weighing the previous window instead, as many do, can
//!   let pass more than the limit when arrivals are uneven.
//!
//! Both are exact under concurrency: each gateway has one lock, held for a few dozen nanoseconds,
//! and gateways do not wait for each other. Time is the monotonic clock's: the wall clock says once,
//! at the start, where fixed windows begin, so setting it neither opens nor closes a limit. Threads
//! may come with their `now` out of order; time never goes back under the lock.
//!
//! What is remembered of a gateway ends with its interval, and is forgotten as others are met: the
//! state is bounded by the gateways that were active within their intervals. The crate `governor`
//! was weighed: its keyed table grows until somebody calls for a sweep, its algorithm spaces
//! requests evenly (GCRA) and has neither of these windows, and it cannot change a limit in place.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

pub use aig_model::Technique;
use aig_model::{AccountId, GatewayId, Timestamp};

mod window;

use window::Window;

/// Counts requests of gateways, or of whatever else `K` names, and says which may go.
#[derive(Debug)]
pub struct RateLimiter<K = (AccountId, GatewayId)> {
    /// The moment from which time is measured here, and when it was by the wall clock.
    start: Instant,
    since_epoch: Duration,
    gateways: RwLock<Gateways<K>>,
}

#[derive(Debug)]
struct Gateways<K> {
    windows: HashMap<K, Arc<Mutex<Window>>>,
    /// At so many gateways those are dropped whose window is over.
    sweep_at: usize,
}

/// How many requests may pass in how much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Requests.
    pub requests: NonZeroU32,
    /// Seconds.
    pub interval: NonZeroU32,
    /// How they are counted.
    pub technique: Technique,
}

/// The gateway has had its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// After so long one would pass, if no other came before it. Never zero.
    pub retry_after: Duration,
}

/// Fewer gateways than this are never swept.
const SWEEP_FROM: usize = 1_024;

// === impl RateLimiter ===

impl RateLimiter {
    /// Up to this limit sliding windows are exact.
    pub const EXACT: u32 = 65_536;

    /// In how many parts the interval of a greater limit is cut.
    pub const BUCKETS: u32 = 1_024;

    /// Lets a request of that gateway pass and counts it, or refuses it and does not.
    pub fn admit(
        &self,
        account: AccountId,
        gateway: &GatewayId,
        limit: Limit,
        now: Instant,
    ) -> Result<(), Denied> {
        // An id is a shared text: this allocates nothing.
        self.admit_one((account, gateway.clone()), limit, now)
    }

    /// Forgets all gateways but those that are there; to be called when some were deleted. Requests
    /// do not wait while the others are looked for, only while they are taken out.
    pub fn retain(&self, is_there: impl Fn(AccountId, &GatewayId) -> bool) {
        let gone: Vec<_> = {
            let gateways = self.gateways.read().unwrap_or_else(PoisonError::into_inner);
            let all = gateways.windows.keys();
            all.filter(|(account, gateway)| !is_there(*account, gateway))
                .cloned()
                .collect()
        };
        if gone.is_empty() {
            return;
        }
        let mut gateways = self
            .gateways
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for gateway in &gone {
            gateways.windows.remove(gateway);
        }
        gateways.give_room_back();
    }
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// A limiter that starts at this moment, told by both clocks.
    pub fn new(now: Instant, wall: Timestamp) -> Self {
        let millis = u64::try_from(wall.as_millis()).unwrap_or(0);
        Self {
            start: now,
            since_epoch: Duration::from_millis(millis),
            gateways: RwLock::new(Gateways {
                windows: HashMap::new(),
                sweep_at: 0,
            }),
        }
    }

    /// Lets a request of whatever that names pass and counts it, or refuses it and does not.
    pub fn admit_one(&self, key: K, limit: Limit, now: Instant) -> Result<(), Denied> {
        let now = self.nanos(now);
        let window = self.window(key, limit, now);
        lock(&window).admit(limit, now)
    }

    /// How many gateways something is remembered of; for counters.
    pub fn len(&self) -> usize {
        let gateways = self.gateways.read().unwrap_or_else(PoisonError::into_inner);
        gateways.windows.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nanoseconds since the epoch, as they have gone by since the start.
    fn nanos(&self, now: Instant) -> u64 {
        let now = self.since_epoch + now.saturating_duration_since(self.start);
        // 64 bits of nanoseconds last until the year 2554.
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    fn window(&self, key: K, limit: Limit, now: u64) -> Arc<Mutex<Window>> {
        {
            let gateways = self.gateways.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(window) = gateways.windows.get(&key) {
                return Arc::clone(window);
            }
        }
        let mut gateways = self
            .gateways
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if gateways.windows.len() >= gateways.sweep_at.max(SWEEP_FROM) {
            gateways.sweep(now);
        }
        let new = || Arc::new(Mutex::new(Window::new(limit, now)));
        Arc::clone(gateways.windows.entry(key).or_insert_with(new))
    }
}

// === impl Gateways ===

impl<K: Eq + Hash> Gateways<K> {
    /// Drops the windows that are over: without them the next verdict is the same. Called again
    /// when there are twice as many as are left, so that its cost is shared by those who came.
    fn sweep(&mut self, now: u64) {
        // One that a request holds is in use, whatever stands in it.
        self.windows
            .retain(|_, window| Arc::strong_count(window) > 1 || !lock(window).is_over(now));
        self.sweep_at = self.windows.len() * 2;
        self.give_room_back();
    }

    /// A table that was once large does not stay so, nor is it moved for every few that leave.
    fn give_room_back(&mut self) {
        if self.windows.capacity() / 4 > self.windows.len().max(SWEEP_FROM) {
            self.windows.shrink_to_fit();
        }
    }
}

/// A panic under this lock leaves counts that are at worst one too low.
fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Limit ===

impl Limit {
    fn interval_nanos(self) -> u64 {
        u64::from(self.interval.get()) * 1_000_000_000
    }
}

// === impl Denied ===

impl Denied {
    /// Whole seconds for a `Retry-After`, rounded up: coming earlier would be refused again.
    pub fn retry_after_secs(self) -> u64 {
        self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0)
    }
}

#[cfg(test)]
mod tests;
