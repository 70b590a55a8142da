//! Settings of a gateway that are switched in two vocabularies at once.
//!
//! The contract has a switch beside the number (`cache_enabled`, `cache_ttl`); Cloudflare's SDKs
//! know the number alone, and zero is off. Both are kept as stored, so neither drifts from the
//! other: where the switch was never spoken of, the number decides. Illegal combinations cannot
//! be held. Carrying a setting out is left to the policy of that name.

use std::num::NonZeroU32;

/// What an update says of one field: an omitted field keeps its value, `null` switches it off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field was omitted.
    #[default]
    Keep,
    /// The field was `null`.
    Clear,
    /// The field has a new value.
    Set(T),
}

/// A value that a setting cannot hold, with the field that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct Invalid {
    /// The field's name in the contract.
    pub field: &'static str,
    /// What is wrong with it and what would be right.
    pub message: String,
}

/// Response caching of a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    enabled: Option<bool>,
    ttl: Option<u32>,
}

/// Rate limiting of a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    enabled: Option<bool>,
    limit: Option<u32>,
    interval: Option<u32>,
}

/// How requests are counted against a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Technique {
    /// In windows aligned to the clock.
    #[default]
    Fixed,
    /// In whatever stretch of time ends now.
    Sliding,
}

// === impl Change ===

impl<T> Change<T> {
    /// `None` is an omitted field, `Some(None)` is `null`.
    pub fn from_wire(field: Option<Option<T>>) -> Self {
        match field {
            None => Self::Keep,
            Some(None) => Self::Clear,
            Some(Some(value)) => Self::Set(value),
        }
    }

    /// The new value of a field that now holds `current`.
    pub fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether the field was spoken of at all.
    pub const fn is_said(&self) -> bool {
        !matches!(self, Self::Keep)
    }
}

impl Change<bool> {
    /// The new value of a switch that now stands at `current`; `null` is off.
    pub fn over_switch(self, current: bool) -> bool {
        match self {
            Self::Keep => current,
            Self::Clear => false,
            Self::Set(value) => value,
        }
    }

    /// `null` for a switch that may be left unsaid means off, said.
    fn or_off(self) -> Self {
        match self {
            Self::Clear => Self::Set(false),
            other => other,
        }
    }
}

// === impl Invalid ===

impl Invalid {
    /// Names the field and the fault.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

// === impl Cache ===

impl Cache {
    /// How long answers are kept when caching is switched on without a TTL, in seconds.
    pub const DEFAULT_TTL: NonZeroU32 = NonZeroU32::new(300).expect("300 is not zero");

    /// From its stored parts; refuses a cache that is on and keeps nothing.
    pub fn new(enabled: Option<bool>, ttl: Option<u32>) -> Result<Self, Invalid> {
        if enabled == Some(true) && ttl == Some(0) {
            return Err(Invalid::new(
                "cache_ttl",
                "must be at least 1 while cache_enabled is true; omit it for 300 seconds",
            ));
        }
        Ok(Self { enabled, ttl })
    }

    /// How long answers are kept, in seconds; `None` when caching is off.
    pub fn ttl(self) -> Option<NonZeroU32> {
        match (self.enabled, self.ttl) {
            (Some(false), _) | (None, None) => None,
            (Some(true), None) => Some(Self::DEFAULT_TTL),
            (_, Some(ttl)) => NonZeroU32::new(ttl),
        }
    }

    /// The TTL to show: what is remembered while off, what applies while on, else 0.
    pub fn shown_ttl(self) -> u32 {
        self.ttl
            .unwrap_or_else(|| self.ttl().map_or(0, NonZeroU32::get))
    }

    /// The stored parts: the switch if it was ever spoken of, and the TTL.
    pub const fn parts(self) -> (Option<bool>, Option<u32>) {
        (self.enabled, self.ttl)
    }

    /// The setting after an update.
    ///
    /// A TTL of 0 or `null` that comes without the switch is the SDKs' way to turn caching off.
    pub fn changed(self, enabled: Change<bool>, ttl: Change<u32>) -> Result<Self, Invalid> {
        let off_by_number = !enabled.is_said() && matches!(ttl, Change::Clear | Change::Set(0));
        let enabled = if off_by_number {
            self.enabled.map(|_| false)
        } else {
            enabled.or_off().over(self.enabled)
        };
        Self::new(enabled, ttl.over(self.ttl))
    }
}

// === impl RateLimit ===

impl RateLimit {
    /// From its stored parts; refuses a limit that is on and has no numbers.
    pub fn new(
        enabled: Option<bool>,
        limit: Option<u32>,
        interval: Option<u32>,
    ) -> Result<Self, Invalid> {
        if enabled == Some(true) {
            for (field, value) in [
                ("rate_limiting_limit", limit),
                ("rate_limiting_interval", interval),
            ] {
                if value.unwrap_or(0) == 0 {
                    return Err(Invalid::new(
                        field,
                        "must be at least 1 while rate_limiting_enabled is true",
                    ));
                }
            }
        }
        Ok(Self {
            enabled,
            limit,
            interval,
        })
    }

    /// Requests per interval in seconds; `None` when there is no limit.
    pub fn limit(self) -> Option<(NonZeroU32, NonZeroU32)> {
        if self.enabled == Some(false) {
            return None;
        }
        Some((
            NonZeroU32::new(self.limit?)?,
            NonZeroU32::new(self.interval?)?,
        ))
    }

    /// The stored parts: the switch if it was ever spoken of, the limit, the interval in seconds.
    pub const fn parts(self) -> (Option<bool>, Option<u32>, Option<u32>) {
        (self.enabled, self.limit, self.interval)
    }

    /// The setting after an update.
    ///
    /// A limit or an interval of 0 or `null` that comes without the switch turns limiting off.
    pub fn changed(
        self,
        enabled: Change<bool>,
        limit: Change<u32>,
        interval: Change<u32>,
    ) -> Result<Self, Invalid> {
        let ends = |change| matches!(change, Change::Clear | Change::Set(0));
        let off_by_number = !enabled.is_said() && (ends(limit) || ends(interval));
        let enabled = if off_by_number {
            self.enabled.map(|_| false)
        } else {
            enabled.or_off().over(self.enabled)
        };
        Self::new(
            enabled,
            limit.over(self.limit),
            interval.over(self.interval),
        )
    }
}

// === impl Technique ===

impl Technique {
    /// The word for it in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Sliding => "sliding",
        }
    }

    /// The technique of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Fixed, Self::Sliding]
            .into_iter()
            .find(|technique| technique.as_str() == word)
    }
}

#[cfg(test)]
mod tests;
