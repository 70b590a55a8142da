//! What a request, or a step of one, says of the cache; over what its gateway says.

use std::num::NonZeroU32;
use std::time::Duration;

use aig_model::Cache;

use super::Bypass;

/// What one place says of the cache; or all of them, once laid over each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheOptions<'h> {
    skip: Option<bool>,
    /// Seconds.
    ttl: Option<u64>,
    key: Option<&'h str>,
}

// === impl CacheOptions ===

impl<'h> CacheOptions<'h> {
    /// The shortest and the longest time that a header can ask for, in seconds: a minute, a month.
    pub const TTL: std::ops::RangeInclusive<u64> = 60..=2_592_000;

    /// The longest key of a request's own, in bytes.
    pub const MAX_KEY: usize = 1_024;

    /// What the headers of a request, or of a step, ask for; `header` looks one up by its name.
    ///
    /// The names without `aig` are Cloudflare's former ones; the others win. What cannot be read is
    /// as good as absent, as with all options.
    pub fn of_headers(header: impl Fn(&str) -> Option<&'h str>) -> Self {
        let switch = |name| header(name).and_then(switch);
        let seconds = |name| header(name).and_then(crate::options::integer);
        Self {
            skip: switch("cf-aig-skip-cache").or_else(|| switch("cf-skip-cache")),
            ttl: seconds("cf-aig-cache-ttl").or_else(|| seconds("cf-cache-ttl")),
            key: header("cf-aig-cache-key"),
        }
    }

    /// These, and where they are silent, those `below`: a step's over the request's.
    #[must_use]
    pub fn over_options(self, below: Self) -> Self {
        Self {
            skip: self.skip.or(below.skip),
            ttl: self.ttl.or(below.ttl),
            key: self.key.or(below.key),
        }
    }

    /// All but the key, which alone is a text of the caller's, to be kept longer than its headers.
    #[must_use]
    pub fn without_key(self) -> CacheOptions<'static> {
        CacheOptions { key: None, ..self }
    }

    /// These with that key, where a request has one.
    #[must_use]
    pub fn with_key<'k>(self, key: Option<&'k str>) -> CacheOptions<'k>
    where
        'h: 'k,
    {
        CacheOptions { key, ..self }
    }

    /// Whether there is anything to ask the cache, with that setting of the gateway.
    pub fn is_wanted(self, setting: Cache) -> bool {
        self.over(setting).is_ok()
    }

    /// How long, and under which key of the request's own, if it has one.
    pub(super) fn over(self, setting: Cache) -> Result<(Duration, Option<&'h str>), Bypass> {
        let most = *Self::TTL.end();
        let asked = self.ttl.map(|ttl| ttl.clamp(*Self::TTL.start(), most));
        // The gateway's own is exact from a second on.
        let kept = setting.ttl().map(|ttl| u64::from(ttl.get()).min(most));
        let by_key = self.key.map(|_| Cache::DEFAULT_TTL).map(NonZeroU32::get);
        let ttl = match (kept, by_key.map(u64::from)) {
            (None, None) => return Err(Bypass::Off),
            (Some(ttl), _) | (None, Some(ttl)) => asked.unwrap_or(ttl),
        };
        if self.skip == Some(true) {
            return Err(Bypass::Skipped);
        }
        if self.ttl == Some(0) {
            return Err(Bypass::ZeroTtl);
        }
        if self.key.is_some_and(|key| !is_key(key)) {
            return Err(Bypass::BadKey);
        }
        Ok((Duration::from_secs(ttl), self.key))
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.trim_ascii() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_key(key: &str) -> bool {
    (1..=CacheOptions::MAX_KEY).contains(&key.len())
        && key.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
