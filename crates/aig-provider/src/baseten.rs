//! Baseten's paths: its shared models behind one host, each deployed model behind one of its own.
//!
//! `model/{id}` alone means the production deployment's `predict`, the rest of a longer path goes to
//! the model's host as it is.

use crate::base::Slots;
use crate::provider::{Provider, Way};
use crate::tail::BadTail;
use crate::version::apart;

/// Where among the row's bases the one with the model in its host stands.
const OF_A_MODEL: usize = 1;

pub(crate) fn way<'a>(
    provider: &'a Provider,
    tail: &'a str,
    way: Way<'a>,
) -> Result<Way<'a>, BadTail> {
    let Some(below) = tail.strip_prefix("model/") else {
        let (version, below) = provider.split(tail);
        return Ok(Way {
            parts: [version, below, None],
            ..way
        });
    };
    let (model, rest) = apart(below);
    let slots = Slots {
        model: Some(model),
        ..way.slots
    };
    slots.checked(crate::base::Slot::Model)?;
    let rest = rest.unwrap_or("production/predict");
    // A configured base stands for all hosts, so the path must say which model is meant.
    let parts = match provider.bases.len() > OF_A_MODEL {
        true => [Some(rest), None, None],
        false => [Some("model"), Some(model), Some(rest)],
    };
    Ok(Way {
        base: OF_A_MODEL,
        slots,
        parts,
        ..way
    })
}

pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    Some(apart(tail.strip_prefix("model/")?).0)
}
