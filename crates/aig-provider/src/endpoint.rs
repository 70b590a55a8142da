//! The endpoints that providers share: who offers them under which path, and in which dialect a path
//! is therefore spoken.

use crate::provider::Provider;
use crate::shape::Shape;
use crate::wire::Wire;
use crate::{bedrock, vertex};

/// An endpoint whose dialect is known beyond the provider that invented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// OpenAI's embeddings.
    Embeddings,
    /// Anthropic's messages.
    Messages,
}

/// What the configuration's own providers are taken to offer: all of OpenAI's endpoints …
pub(crate) static OPENAI: [(Endpoint, &str); 3] = [
    (Endpoint::Chat, "chat/completions"),
    (Endpoint::Responses, "responses"),
    (Endpoint::Embeddings, "embeddings"),
];
/// … with the version, where their base is a bare host …
pub(crate) static OPENAI_WITH_VERSION: [(Endpoint, &str); 3] = [
    (Endpoint::Chat, "v1/chat/completions"),
    (Endpoint::Responses, "v1/responses"),
    (Endpoint::Embeddings, "v1/embeddings"),
];
/// … or Anthropic's.
pub(crate) static ANTHROPIC: [(Endpoint, &str); 1] = [(Endpoint::Messages, "v1/messages")];

// === impl Endpoint ===

impl Endpoint {
    /// The dialect that it is spoken in.
    pub const fn wire(self) -> Wire {
        match self {
            Self::Chat | Self::Responses | Self::Embeddings => Wire::OpenAi,
            Self::Messages => Wire::Anthropic,
        }
    }
}

pub(crate) fn tail_of(provider: &Provider, endpoint: Endpoint) -> Option<&'static str> {
    provider
        .endpoints
        .iter()
        .find_map(|(offered, tail)| (*offered == endpoint).then_some(*tail))
}

pub(crate) fn wire_at(provider: &Provider, tail: &str) -> Wire {
    if provider.shape == Shape::Bedrock {
        return bedrock::wire_at(tail);
    }
    // Nobody's path ends like that and means something else.
    let before = tail.strip_suffix("chat/completions");
    if before.is_some_and(|before| before.is_empty() || before.ends_with('/')) {
        return Wire::OpenAi;
    }
    if provider.shape == Shape::Vertex {
        return vertex::wire_at(tail);
    }
    let asked = tail.strip_suffix("/count_tokens").unwrap_or(tail);
    let (_, asked) = provider.split(asked);
    provider
        .endpoints
        .iter()
        .find(|(_, offered)| asked.is_some() && provider.split(offered).1 == asked)
        .map_or(provider.wire, |(endpoint, _)| endpoint.wire())
}
