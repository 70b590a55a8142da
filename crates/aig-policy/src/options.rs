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

pub use aig_model::{Backoff, RetrySetting};

/// What one place says about how a step is tried; or all of them, once laid over each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Zero is a timeout switched off, so that a step can take back what the request said.
    timeout: Option<Duration>,
    retry: RetrySetting,
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
pub(crate) fn integer(text: &str) -> Option<u64> {
    let text = text.trim_ascii();
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

#[cfg(test)]
mod tests;
