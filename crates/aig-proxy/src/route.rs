//! Where a request goes, read once from the raw bytes of its path (rule R1).
//!
//! Segments are never decoded and nothing is normalised: what is authorised here is what is
//! dispatched, byte for byte. The `Host` header has no voice: the two families of paths are those of
//! Cloudflare's two hosts, and both are served on every listener of the data plane. Whether the
//! names exist is left to the snapshot, whether the tail is safe to the provider's row.

use aig_model::{AccountId, GatewayId};
use aig_provider::Endpoint;
use http::{HeaderMap, Method, Uri};

use crate::headers;
use crate::voice::Voice;

/// A request's path, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    /// The account, if the segment can be one at all.
    pub account: Option<AccountId>,
    /// The gateway, if what names it can be one at all.
    pub gateway: Option<GatewayId>,
    /// What is asked for.
    pub goal: Goal,
    /// In whose words the gateway's own answers are told.
    pub voice: Voice,
    /// The provider's segment: `compat` for the unified endpoints, empty where there is none.
    pub provider: &'a str,
    /// What follows, byte for byte; empty when nothing does.
    pub tail: &'a str,
    /// The query, byte for byte.
    pub query: Option<&'a str>,
}

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A provider's own path: `provider` and `tail`.
    Provider,
    /// The steps that the body holds.
    Steps,
    /// An endpoint whose model says which provider is meant.
    Unified(Endpoint),
    /// The list of models for the unified endpoints.
    Models,
    /// A model and its input, both in the body.
    Run,
    /// Nothing: there is no such path.
    Nowhere,
}

/// The segment that stands in a provider's place for the unified endpoints.
pub(crate) const COMPAT: &str = "compat";
/// The provider that models called `@…` belong to.
pub(crate) const WORKERS_AI: &str = "workers-ai";
/// In front of the account, in paths of the API host.
const API: &str = "/client/v4/accounts/";
/// The header that names the gateway there.
const GATEWAY_ID: &str = "cf-aig-gateway-id";

/// Whether a path is the data plane's: all of the gateway host's, and of the API host's those below
/// `/client/v4/accounts/{account}/ai/`.
pub fn serves(path: &str) -> bool {
    path.starts_with("/v1/") || on_api(path).is_some()
}

/// In whose words a request with that path is answered where nobody got to read it.
pub(crate) fn voice(uri: &Uri) -> Voice {
    match on_api(uri.path()) {
        Some((_, tail)) => Route::of_api(tail).voice,
        None if uri.path().starts_with("/client/v4/") => Voice::Api,
        None => Voice::Gateway,
    }
}

// === impl Route ===

impl<'a> Route<'a> {
    /// Reads what a request to the data plane asks for; `None` when it is no such path.
    pub(crate) fn read(uri: &'a Uri, headers: &HeaderMap) -> Option<Self> {
        match on_api(uri.path()) {
            Some((account, tail)) => Some(Self {
                account: account.parse().ok(),
                gateway: named_gateway(headers),
                query: uri.query(),
                ..Self::of_api(tail)
            }),
            None => Self::of_gateway(uri),
        }
    }

    /// The door that it came in by, for the log.
    pub(crate) fn door(&self) -> &'static str {
        match self.goal {
            Goal::Provider => "provider",
            Goal::Steps => "universal",
            Goal::Unified(_) if self.voice.is_api() => "api",
            Goal::Unified(_) | Goal::Models => "compat",
            Goal::Run => "run",
            Goal::Nowhere => "none",
        }
    }

    /// The refusal of a method that the path does not take: the one that it does.
    pub(crate) fn refuses(&self, method: &Method) -> Option<Method> {
        let only = match self.goal {
            Goal::Nowhere => return None,
            // What a provider's path takes is the provider's business.
            Goal::Provider if self.voice == Voice::Gateway => return None,
            Goal::Models => Method::GET,
            _ => Method::POST,
        };
        (only != *method).then_some(only)
    }

    /// `/v1/{account}/{gateway}/{provider}/{tail}`
    fn of_gateway(uri: &'a Uri) -> Option<Self> {
        let rest = uri.path().strip_prefix("/v1/")?;
        let (account, rest) = rest.split_once('/')?;
        let (gateway, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (provider, tail) = rest.split_once('/').unwrap_or((rest, ""));
        let goal = match provider {
            "" if tail.is_empty() => Goal::Steps,
            COMPAT => compat(tail),
            _ => Goal::Provider,
        };
        Some(Self {
            account: account.parse().ok(),
            gateway: gateway.parse().ok(),
            goal,
            voice: Voice::Gateway,
            provider,
            tail,
            query: uri.query(),
        })
    }

    /// What follows `/client/v4/accounts/{account}/ai/`.
    fn of_api(tail: &'a str) -> Self {
        let below = tail.strip_prefix("v1/");
        // The documented base URL for Anthropic's SDKs ends in `v1`, and they bring their own.
        let endpoint = match below {
            Some("v1/messages") => Some(Endpoint::Messages),
            Some(below) => endpoint(below),
            None => None,
        };
        let model = tail
            .strip_prefix("run/")
            .filter(|model| is_own_model(model));
        let (goal, voice, provider) = match endpoint {
            Some(endpoint) => (Goal::Unified(endpoint), Voice::Dialect(endpoint), COMPAT),
            None if tail == "run" => (Goal::Run, Voice::Api, WORKERS_AI),
            None if model.is_some() => (Goal::Provider, Voice::Api, WORKERS_AI),
            None if below.is_some() => (Goal::Nowhere, Voice::Dialect(Endpoint::Chat), ""),
            None => (Goal::Nowhere, Voice::Api, ""),
        };
        Self {
            account: None,
            gateway: None,
            goal,
            voice,
            provider,
            tail,
            query: None,
        }
    }
}

/// What a path below `compat` asks for; clients bring the version along or not.
pub(crate) fn compat(tail: &str) -> Goal {
    let below = tail.strip_prefix("v1/").unwrap_or(tail);
    match endpoint(below) {
        // Anthropic's clients have a provider of their own on this host.
        Some(Endpoint::Messages) => Goal::Nowhere,
        Some(endpoint) => Goal::Unified(endpoint),
        None if below == "models" => Goal::Models,
        None => Goal::Nowhere,
    }
}

/// Whether a name is one of Workers AI's own, as they stand in paths and in bodies.
pub(crate) fn is_own_model(name: &str) -> bool {
    ["@cf/", "@hf/"].iter().any(|own| {
        let rest = name.strip_prefix(own);
        rest.is_some_and(|rest| !rest.is_empty())
    })
}

fn endpoint(path: &str) -> Option<Endpoint> {
    match path {
        "chat/completions" => Some(Endpoint::Chat),
        "responses" => Some(Endpoint::Responses),
        "embeddings" => Some(Endpoint::Embeddings),
        "messages" => Some(Endpoint::Messages),
        _ => None,
    }
}

/// The account's segment and what follows `ai/`, in a path of the API host's data plane.
fn on_api(path: &str) -> Option<(&str, &str)> {
    let (account, rest) = path.strip_prefix(API)?.split_once('/')?;
    Some((account, rest.strip_prefix("ai/")?))
}

/// The gateway that a header names, once; without one it is `default`.
fn named_gateway(headers: &HeaderMap) -> Option<GatewayId> {
    match headers.get_all(GATEWAY_ID).iter().count() {
        0 => Some(GatewayId::default_gateway()),
        1 => headers::text(headers, GATEWAY_ID)?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
