//! How is this step to be tried: how long, how often, after what pause?
//!
//! Knows nothing of HTTP beyond names and the text that stands behind them, nothing of what a try
//! is, and nothing of who asks: every place that may say something about it is read into the same
//! value, and one laid over another settles who wins. From the strongest: a universal step's
//! `config`, the step's headers, the request's headers, the gateway's setting.
//!
//! Each value is taken from the strongest place where it can be *read*: a number out of range is
//! clamped, and what is no number or no known word is as good as absent, so a typing error in an
//! option costs the option and never the request. Cloudflare documents neither.

use std::time::Duration;

use serde_json::Value;

/// What one place says about how a step is tried; or all of them, once laid over each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Zero is a timeout switched off, so that a step can take back what the request said.
    timeout: Option<Duration>,
    retry: RetrySetting,
}

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

// === impl Options ===

impl Options {
    /// The longest timeout: above it the difference to none is only that it can overflow.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

    /// What the headers of a request, or of a step, ask for; `header` looks one up by its name.
    pub fn of_headers<T: AsRef<str>>(header: impl Fn(&str) -> Option<T>) -> Self {
        let number = |name| header(name).and_then(|text| integer(text.as_ref()));
        Self {
            timeout: number("cf-aig-request-timeout").map(timeout),
            retry: RetrySetting::new(
                number("cf-aig-max-attempts"),
                number("cf-aig-retry-delay"),
                header("cf-aig-backoff").and_then(|text| Backoff::from_word(text.as_ref())),
            ),
        }
    }

    /// What the `config` object of a universal step asks for. Numbers may stand there as text.
    pub fn of_config(config: &Value) -> Self {
        let number = |name| config.get(name).and_then(whole);
        let backoff = config.get("backoff").and_then(Value::as_str);
        Self {
            timeout: number("requestTimeout").map(timeout),
            retry: RetrySetting::new(
                number("maxAttempts"),
                number("retryDelay"),
                backoff.and_then(Backoff::from_word),
            ),
        }
    }

    /// What a gateway's setting asks for; it has no timeout.
    pub const fn of_gateway(retry: RetrySetting) -> Self {
        Self {
            timeout: None,
            retry,
        }
    }

    /// These, and where they are silent, those `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            timeout: self.timeout.or(below.timeout),
            retry: self.retry.over(below.retry),
        }
    }

    /// How long to wait for the first byte of an answer; `None` is as long as it takes.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.filter(|timeout| !timeout.is_zero())
    }

    /// How often to try, and with what pauses.
    pub const fn retry(&self) -> RetrySetting {
        self.retry
    }
}

/// A timeout of that many milliseconds.
fn timeout(millis: u64) -> Duration {
    Duration::from_millis(millis).min(Options::MAX_TIMEOUT)
}

/// The integer in a text. A negative one is 0 and one too great is the greatest: the range they
/// are clamped to ends long before either.
fn integer(text: &str) -> Option<u64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(match negative {
        true => 0,
        false => digits.parse().unwrap_or(u64::MAX),
    })
}

/// The integer in a JSON value, clamped like one in a text. `3.0` is one, `2.5` is not.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => integer(text),
        Value::Number(number) => number.as_u64().or_else(|| {
            // Negative, or written as a float: `as` clamps to the ends of the range.
            let float = number.as_f64()?;
            (float.fract() == 0.0).then_some(float as u64)
        }),
        _ => None,
    }
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
    /// range are clamped.
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
