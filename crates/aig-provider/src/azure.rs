//! Azure OpenAI's paths: the resource is a host of its own, the deployment stands for the model.
//!
//! `{resource}/{deployment}/{rest}` as Cloudflare has it. A client that is given the resource alone
//! as its endpoint spells out `openai/deployments/{deployment}/…` or `openai/v1/…` itself; both are
//! taken as they are.

use crate::base::{Slot, Slots};
use crate::provider::{Provider, Way};
use crate::tail::BadTail;
use crate::version::apart;

const DEPLOYMENTS: &str = "openai/deployments";

/// Where among the row's bases the one without a deployment stands.
const OF_A_RESOURCE: usize = 1;

pub(crate) fn way<'a>(
    provider: &Provider,
    tail: &'a str,
    way: Way<'a>,
) -> Result<Way<'a>, BadTail> {
    let (resource, below) = apart(tail);
    let below = below.unwrap_or_default();
    let slots = Slots {
        resource: Some(resource),
        ..way.slots
    };
    // Also where the configured base leaves no such slot: the address is wrong all the same.
    slots.checked(Slot::Resource)?;
    if names_no_deployment(below) {
        return Ok(Way {
            base: OF_A_RESOURCE,
            slots,
            parts: [Some(below), None, None],
            ..way
        });
    }
    let (deployment, rest) = apart(spelled_out(below).unwrap_or(below));
    let slots = Slots {
        deployment: Some(deployment),
        ..slots
    };
    slots.checked(Slot::Deployment)?;
    let parts = match provider.base().leaves_open(Slot::Deployment) {
        true => [rest, None, None],
        false => [Some(DEPLOYMENTS), Some(deployment), rest],
    };
    Ok(Way {
        slots,
        parts,
        ..way
    })
}

/// What Azure calls a deployment is the closest to a model that the address has.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let (_, below) = apart(tail);
    let below = below.filter(|below| !names_no_deployment(below))?;
    Some(apart(spelled_out(below).unwrap_or(below)).0)
}

fn names_no_deployment(below: &str) -> bool {
    below.starts_with("openai/v1/")
}

fn spelled_out(below: &str) -> Option<&str> {
    below.strip_prefix(DEPLOYMENTS)?.strip_prefix('/')
}
