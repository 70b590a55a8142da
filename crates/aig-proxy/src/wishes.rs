//! What a request, or a step of one, wishes of the cache, the bill and the log, in its own headers.
//!
//! They are read before the headers are made into a provider's, where none of them stands any more.
//! A step's word goes before the request's, field by field. What cannot be read is as good as absent,
//! but for a price: whoever says one relies on it, so a wrong one is no price and not another one.

use aig_policy::cache::CacheOptions;
use aig_policy::price::{BadCustomCost, CustomCost};
use http::HeaderValue;

use crate::headers::Own;

/// The header that says whether the bodies of a logged request are kept.
const COLLECT_PAYLOAD: &str = "cf-aig-collect-log-payload";
const CACHE_KEY: &str = "cf-aig-cache-key";

/// Wishes of one place, or of all of them, once laid over each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    /// Without the key, which borrows.
    cache: CacheOptions<'static>,
    cache_key: Option<HeaderValue>,
    /// Apart, because hardly any request says one.
    cost: Option<Box<Result<CustomCost, BadCustomCost>>>,
    keep_bodies: Option<bool>,
}

// === impl Wishes ===

impl Wishes {
    /// What these say.
    pub(crate) fn of(own: &Own<'_>) -> Self {
        Self {
            cache: CacheOptions::of_headers(|name| own.text(name)).without_key(),
            cache_key: own
                .get(CACHE_KEY)
                .filter(|key| key.to_str().is_ok())
                .cloned(),
            cost: own
                .text(CustomCost::HEADER)
                .map(|text| Box::new(CustomCost::parse(text))),
            keep_bodies: own.switch(COLLECT_PAYLOAD),
        }
    }

    /// These, and where they are silent, those `below`.
    pub(crate) fn over(self, below: &Self) -> Self {
        Self {
            cache: self.cache.over_options(below.cache),
            cache_key: self.cache_key.or_else(|| below.cache_key.clone()),
            cost: self.cost.or_else(|| below.cost.clone()),
            keep_bodies: self.keep_bodies.or(below.keep_bodies),
        }
    }

    /// Of the cache.
    pub(crate) fn cache(&self) -> CacheOptions<'_> {
        let key = self.cache_key.as_ref();
        self.cache.with_key(key.and_then(|key| key.to_str().ok()))
    }

    /// Of the bill: the prices to be used.
    pub(crate) fn cost(&self) -> Option<&Result<CustomCost, BadCustomCost>> {
        self.cost.as_deref()
    }

    /// Of the log: whether it may keep the bodies.
    pub(crate) fn keep_bodies(&self) -> bool {
        self.keep_bodies.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests;
