//! Again, and after what pause?
//!
//! Knows nothing of how often a step was tried before, of other steps, or of any budget: that is
//! `attempts`. Knows no clock either: `now` is an argument, and so is chance.
//!
//! Repeated is what may go differently the next time: no connection, no answer, no answer in time,
//! and those statuses by which a provider says "not now" (408, 409, 425, 429, 5xx but for 508). Any
//! other 4xx is about the request itself, which would be the same again; and so is 508, a request
//! that goes in circles, of which more tries would make ever more. A request that was sent and not
//! answered may have been carried out, and billed; that it is repeated all the same is what the
//! caller permits by asking for more than one attempt. Without that there is only one.
//!
//! The pause is the longer of what the caller asked for and what the provider asked for in
//! `Retry-After`: coming sooner than either helps nobody. No pause is longer than a minute,
//! neither by growth (four times doubled, a minute would be a quarter of an hour) nor by a
//! provider's word, which may be hostile or broken: somebody is holding a connection open
//! meanwhile.

use std::time::{Duration, SystemTime};

use aig_model::Timestamp;

use crate::Backoff;

/// The longest pause between two tries.
pub const MAX_PAUSE: Duration = Duration::from_secs(60);

/// How a try failed, before a byte of an answer went to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no connection, so nothing was sent.
    Unreachable,
    /// Sent, at least in part, and the connection ended, or spoke no HTTP, before an answer.
    BrokeOff,
    /// The first byte of an answer did not come in time.
    TimedOut,
    /// The provider answered, with an error.
    Status {
        /// Its status, from 400.
        status: u16,
        /// What it said in `Retry-After`, as [`retry_after`] reads it.
        retry_after: Option<Duration>,
    },
    /// The step's own key is of no use now: it has had its requests, or its issuer refuses it.
    NoKey,
    /// The gateway itself said no: a limit, a guardrail, a destination that the house forbids.
    Refused,
}

// === impl Failure ===

impl Failure {
    /// The failure that an answer with this status is; `None` when it is none.
    pub const fn of_answer(status: u16, retry_after: Option<Duration>) -> Option<Self> {
        match status {
            ..400 => None,
            _ => Some(Self::Status {
                status,
                retry_after,
            }),
        }
    }

    /// Whether the same request may fare better the next time.
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Unreachable | Self::BrokeOff | Self::TimedOut => true,
            Self::Status { status, .. } => {
                matches!(status, 408 | 409 | 425 | 429 | 500..=507 | 509..=599)
            }
            Self::NoKey | Self::Refused => false,
        }
    }

    /// How long the provider asks to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The pause after the `attempt`th try of a step, counted from 1, has failed.
pub fn delay(
    attempt: u8,
    backoff: Backoff,
    base: Duration,
    retry_after: Option<Duration>,
) -> Duration {
    let before = u32::from(attempt).saturating_sub(1);
    let times = match backoff {
        Backoff::Constant => 1,
        Backoff::Linear => before.saturating_add(1),
        Backoff::Exponential => 2_u32.saturating_pow(before),
    };
    let asked = base.saturating_mul(times);
    asked.max(retry_after.unwrap_or_default()).min(MAX_PAUSE)
}

/// `pause` and up to a quarter more: `chance` is a random number from the whole of its range.
///
/// Everybody whom a provider turned away until the same moment would else come back in that
/// moment. It only ever adds, because a pause is what somebody asked for at least.
pub fn spread(pause: Duration, chance: u32) -> Duration {
    pause + (pause / 4).mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

/// What a provider's `Retry-After` says: seconds, or a date that lies so far ahead of `now`.
///
/// A date gone by is no pause at all. What is neither number nor date is as good as absent, a
/// negative number too. However much it says, [`delay`] takes a minute of it.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim_ascii();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date: SystemTime = httpdate::parse_http_date(text).ok()?;
    let ahead = Timestamp::from(date)
        .as_millis()
        .saturating_sub(now.as_millis());
    Some(Duration::from_millis(u64::try_from(ahead).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
