//! Hugging Face's paths: the model is the path; what needs no model goes to the router.
//!
//! `{owner}/{model}` goes below `…/models`, whether a client repeats `models/` or not. The endpoints
//! that take the model from the body (`v1/chat/completions`) are the router's.

use crate::provider::{Provider, Way};
use crate::version::{apart, without};

/// Where among the row's bases the router's stands.
const ROUTER: usize = 1;

pub(crate) fn way<'a>(provider: &Provider, tail: &'a str, way: Way<'a>) -> Way<'a> {
    let tail = Some(tail).filter(|tail| !tail.is_empty());
    if tail.is_some_and(|tail| apart(tail).0 == "v1") {
        return Way {
            base: ROUTER,
            parts: [Some("v1"), without("v1", tail), None],
            ..way
        };
    }
    let below = match provider.base().path().ends_with("/models") {
        true => without("models", tail),
        false => tail,
    };
    Way {
        parts: [below, None, None],
        ..way
    }
}

/// Owner and name, as the hub writes them.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let tail = without("models", Some(tail))?;
    let (owner, rest) = apart(tail);
    let (name, _) = apart(rest?);
    let length = owner.len() + 1 + name.len();
    (owner != "v1" && !owner.is_empty() && !name.is_empty()).then(|| &tail[..length])
}
