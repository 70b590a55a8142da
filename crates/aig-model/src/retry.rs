//! What is said about retries: how many tries, how long between them, how the pauses grow.
//!
//! Several places may speak of it (a gateway's setting, a request, a step), and each may leave any
//! part unsaid; laid over each other they settle who wins. Which failures are worth another try,
//! and how long a pause becomes, is left to `aig-policy`.

use std::time::Duration;

use crate::{Change, Invalid};

/// What one place says about retries. What it leaves unsaid, the place below it decides.
///
/// A gateway's `retry_*` fields are such a place; illegal numbers cannot be held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetrySetting {
    max_attempts: Option<u8>,
    delay: Option<Duration>,
    backoff: Option<Backoff>,
}

/// How the pause grows from one retry of a step to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backoff {
    /// d, d, d.
    #[default]
    Constant,
    /// d, 2d, 3d.
    Linear,
    /// d, 2d, 4d.
    Exponential,
}

// === impl RetrySetting ===

impl RetrySetting {
    /// The most tries of one step.
    pub const MAX_ATTEMPTS: u8 = 5;

    /// The greatest delay that can be asked for.
    pub const MAX_DELAY: Duration = Duration::from_secs(60);

    /// The delay where tries are asked for and none is said: the shortest that Cloudflare's
    /// dashboard offers. A provider that has just failed is not helped by being asked at once.
    pub const DEFAULT_DELAY: Duration = Duration::from_millis(100);

    /// From how many tries there may be in all, and the delay in milliseconds; numbers out of
    /// range are clamped. For what a request says in passing.
    pub fn new(max_attempts: Option<u64>, delay_ms: Option<u64>, backoff: Option<Backoff>) -> Self {
        let attempts = |n| {
            u8::try_from(n)
                .unwrap_or(u8::MAX)
                .clamp(1, Self::MAX_ATTEMPTS)
        };
        Self {
            max_attempts: max_attempts.map(attempts),
            delay: delay_ms.map(|ms| Duration::from_millis(ms).min(Self::MAX_DELAY)),
            backoff,
        }
    }

    /// The same, but numbers out of range are refused. For what is set to stay: who is told
    /// nothing would believe that the number applies.
    pub fn exact(
        max_attempts: Option<u64>,
        delay_ms: Option<u64>,
        backoff: Option<Backoff>,
    ) -> Result<Self, Invalid> {
        let setting = Self::new(max_attempts, delay_ms, backoff);
        if setting.max_attempts.map(u64::from) != max_attempts {
            let message = format!("must be from 1 to {}", Self::MAX_ATTEMPTS);
            return Err(Invalid::new("retry_max_attempts", message));
        }
        if setting.delay_ms() != delay_ms {
            let most = Self::MAX_DELAY.as_millis();
            let message = format!("must be from 0 to {most} milliseconds");
            return Err(Invalid::new("retry_delay", message));
        }
        Ok(setting)
    }

    /// The setting after an update; `null` takes back what was said.
    pub fn changed(
        self,
        max_attempts: Change<u64>,
        delay_ms: Change<u64>,
        backoff: Change<Backoff>,
    ) -> Result<Self, Invalid> {
        Self::exact(
            max_attempts.over(self.max_attempts.map(u64::from)),
            delay_ms.over(self.delay_ms()),
            backoff.over(self.backoff),
        )
    }

    /// This, and where it is silent, what `below` says.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            max_attempts: self.max_attempts.or(below.max_attempts),
            delay: self.delay.or(below.delay),
            backoff: self.backoff.or(below.backoff),
        }
    }

    /// How many tries there may be, the first included; one where nobody asked for more.
    ///
    /// Cloudflare's texts say both "tries" and "retries"; taken as tries, the number never makes
    /// more calls than the caller can have meant.
    pub fn max_attempts(&self) -> u8 {
        self.max_attempts.unwrap_or(1)
    }

    /// What the pauses between tries are made of.
    pub fn delay(&self) -> Duration {
        self.delay.unwrap_or(Self::DEFAULT_DELAY)
    }

    /// How the pauses grow.
    pub fn backoff(&self) -> Backoff {
        self.backoff.unwrap_or_default()
    }

    /// What was really said, to store and to show: tries, delay, growth.
    pub const fn parts(&self) -> (Option<u8>, Option<Duration>, Option<Backoff>) {
        (self.max_attempts, self.delay, self.backoff)
    }

    /// The delay that was said, in the unit of tables and of the contract.
    pub fn delay_ms(&self) -> Option<u64> {
        let millis = self.delay?.as_millis();
        Some(u64::try_from(millis).expect("a delay is at most a minute"))
    }
}

// === impl Backoff ===

impl Backoff {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Constant, Self::Linear, Self::Exponential];

    /// The word for it in headers, tables and the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Exponential => "exponential",
        }
    }

    /// The growth of that word, whatever its case.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::ALL
            .into_iter()
            .find(|backoff| backoff.as_str().eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests;
