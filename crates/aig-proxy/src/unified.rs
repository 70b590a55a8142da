//! The unified endpoints: one path for many providers, among which the model's name chooses.
//!
//! A body names its model `{provider}/{model}`. It goes to that provider's own path for the same
//! endpoint, with the provider's own name of the model in it and every other byte as it came.
//! Nothing is translated: a provider that does not offer the endpoint in its own dialect is refused,
//! and the refusal says where it can be reached. Headers, tries and logs are those of any request.

use std::fmt;
use std::sync::Arc;

use aig_policy::PriceBook;
use aig_provider::{Endpoint, NamedModel, NotSpliced, Provider, Providers};
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use crate::Body;
use crate::custom::Target;
use crate::record::clipped;

/// Where a unified request goes.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) to: Target,
    /// The provider's path for the endpoint.
    pub(crate) tail: &'static str,
    /// As the provider is to see it.
    pub(crate) body: Bytes,
}

/// Why a unified request is sent nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadUnified {
    /// The body does not say which model it is for.
    Body(NotSpliced),
    /// No provider stands in front of the model.
    NoPrefix(String),
    /// No provider is called like what stands in front of the model.
    UnknownPrefix(String),
    /// What chooses among models is not here: a dynamic route, or the automatic choice.
    Routed(String),
    /// The provider does not offer the endpoint.
    NotOffered(Arc<Provider>, Endpoint),
    /// A step of a universal request names a path that is no unified endpoint.
    NoSuchEndpoint(String),
}

/// What the models do that the unified endpoints are for, in the words of the table of prices.
const UNIFIED_MODES: [&str; 4] = ["chat", "completion", "embedding", "responses"];

/// Whether a provider serves some unified endpoint, and the configuration does not say with which
/// models.
fn is_open(provider: &Provider) -> bool {
    let unified = [Endpoint::Chat, Endpoint::Responses, Endpoint::Embeddings];
    !provider.names_models() && unified.iter().any(|e| provider.tail_of(*e).is_some())
}

/// Chooses the provider, and puts its own name of the model into the body.
///
/// `resolve` takes a model with its provider in front apart.
pub(crate) fn choose<E: From<BadUnified>>(
    endpoint: Endpoint,
    body: &[u8],
    resolve: impl FnOnce(&str) -> Result<(Target, &str), E>,
) -> Result<Chosen, E> {
    let model = NamedModel::find(body).map_err(BadUnified::Body)?;
    let (to, name) = resolve(model.name())?;
    let tail = (to.provider.tail_of(endpoint))
        .ok_or_else(|| BadUnified::NotOffered(Arc::clone(&to.provider), endpoint))?;
    Ok(Chosen {
        to,
        tail,
        body: model.replaced(body, name).into(),
    })
}

/// The provider of the house that stands in front of a model, and what it calls the model.
pub(crate) fn resolve<'m>(
    providers: &Providers,
    model: &'m str,
) -> Result<(Target, &'m str), BadUnified> {
    let shown = |text: &str| clipped(text).to_owned();
    let (prefix, rest) = model.split_once('/').unwrap_or(("", model));
    match prefix {
        "" => return Err(BadUnified::NoPrefix(shown(model))),
        "dynamic" => return Err(BadUnified::Routed(shown(model))),
        "cloudflare" if rest == "auto" => return Err(BadUnified::Routed(shown(model))),
        _ if rest.is_empty() => return Err(BadUnified::NoPrefix(shown(model))),
        _ => {}
    }
    (providers.by_model_prefix(model))
        .map(|(provider, name)| (Target::of(provider), name))
        .ok_or_else(|| BadUnified::UnknownPrefix(shown(prefix)))
}

/// The models that can be asked for, as OpenAI's clients read such a list: those that the
/// configuration names, and of all other providers those that have a price; `custom` are those of
/// the account's own, with the names of their providers.
pub(crate) fn models(
    providers: &Providers,
    prices: &PriceBook,
    custom: &[(String, String)],
) -> Response<Body> {
    let listed = |id: &str, owner: &str| {
        // When it was made is not known, and clients want a number there.
        json!({"id": id, "object": "model", "created": 0, "owned_by": owner})
    };
    let configured = providers
        .models()
        .map(|model| listed(&model.id, model.owned_by));
    let priced = prices.models().filter(|row| {
        let provider = providers.get(row.provider());
        let asked = row.mode().is_none_or(|mode| UNIFIED_MODES.contains(&mode));
        asked && provider.is_some_and(|provider| is_open(provider))
    });
    let priced = priced.map(|row| {
        let id = match row.model().starts_with('@') {
            // Workers AI's own spelling says whose it is.
            true => row.model().to_owned(),
            false => format!("{}/{}", row.provider(), row.model()),
        };
        listed(&id, row.provider())
    });
    let custom = (custom.iter()).map(|(owner, model)| listed(&format!("{owner}/{model}"), owner));
    let list = configured.chain(priced).chain(custom);
    let body = json!({"object": "list", "data": list.collect::<Vec<Value>>()});
    let mut answer = Response::new(Body::fixed(body.to_string()));
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

// === impl BadUnified ===

impl BadUnified {
    /// Cloudflare's code for it.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::Body(_) | Self::NoPrefix(_) => 2019,
            Self::UnknownPrefix(_)
            | Self::Routed(_)
            | Self::NotOffered(..)
            | Self::NoSuchEndpoint(_) => 2008,
        }
    }

    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::Body(_) | Self::NoPrefix(_) => "Chat completion bad format",
            Self::UnknownPrefix(_) => "Invalid provider",
            Self::Routed(_) => "Routing among models is not offered",
            Self::NotOffered(..) => "The provider does not offer this endpoint",
            Self::NoSuchEndpoint(_) => "No such endpoint",
        }
    }
}

impl fmt::Display for BadUnified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(reason) => reason.fmt(f),
            Self::NoPrefix(model) => write!(
                f,
                "the model {model:?} names no provider; write it like openai/gpt-5-mini"
            ),
            Self::UnknownPrefix(prefix) => write!(
                f,
                "no provider is called {prefix:?}; write openai, anthropic or another one, or one of \
                 the [providers] in the configuration, in front of the model's first slash"
            ),
            Self::Routed(model) => {
                write!(
                    f,
                    "{model:?} is no model of a provider; name one, like openai/gpt-5-mini"
                )
            }
            Self::NotOffered(provider, endpoint) => write!(
                f,
                "{slug} has no {endpoint} in this format, and nothing is translated; send its own \
                 format to /v1/{{account}}/{{gateway}}/{slug}/{tail}",
                slug = provider.slug(),
                endpoint = words(*endpoint),
                tail = native(provider)
            ),
            Self::NoSuchEndpoint(path) => write!(
                f,
                "compat has no {path:?}; it has chat/completions, responses and embeddings"
            ),
        }
    }
}

/// A path of the provider's own that a caller may have meant.
fn native(provider: &Provider) -> &'static str {
    let own = [
        Endpoint::Messages,
        Endpoint::Chat,
        Endpoint::Responses,
        Endpoint::Embeddings,
    ];
    own.into_iter()
        .filter(|endpoint| endpoint.wire() == provider.wire())
        .find_map(|endpoint| provider.tail_of(endpoint))
        .unwrap_or("{path of the provider}")
}

const fn words(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "chat completions",
        Endpoint::Responses => "responses",
        Endpoint::Embeddings => "embeddings",
        Endpoint::Messages => "messages",
    }
}

#[cfg(test)]
mod tests;
