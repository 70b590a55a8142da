//! How slowly may a caller send? No pause longer than a limit, and in the long run not below a
//! rate. Time in which nobody asks for more does not count, because then it is the provider that
//! is slow.
//!
//! Knows no socket, no body and no clock: who reads them says what came and when it waits.

use std::time::{Duration, Instant};

/// The pace of one body.
pub(crate) struct Pace {
    /// The longest pause; also the time that a body has before its rate counts.
    pause: Duration,
    /// Time spent waiting in former pauses.
    waited: Duration,
    received: u64,
    /// Since when there is nothing.
    since: Option<Instant>,
}

/// What a body has to bring for a second of waiting, in bytes, once it has had its first pause's
/// time. Source: the default of Apache's mod_reqtimeout.
pub const LEAST_RATE: u64 = 500;

// === impl Pace ===

impl Pace {
    pub(crate) const fn new(pause: Duration) -> Self {
        Self {
            pause,
            waited: Duration::ZERO,
            received: 0,
            since: None,
        }
    }

    /// So many bytes came.
    pub(crate) fn came(&mut self, bytes: usize, now: Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now.saturating_duration_since(since);
        }
        self.received += bytes as u64;
    }

    /// There is nothing now. If that is news, says how long it may stay so: until what has come is
    /// too little for the time it took.
    pub(crate) fn waits(&mut self, now: Instant) -> Option<Duration> {
        if self.since.is_some() {
            return None;
        }
        self.since = Some(now);
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / LEAST_RATE);
        let granted = self.pause.saturating_add(earned);
        Some(granted.saturating_sub(self.waited).min(self.pause))
    }
}

#[cfg(test)]
mod tests;
