//! The dialects: their names in the configuration, where their keys travel, and how each of them says
//! that something went wrong.

use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::provider::Credential;

/// The dialect that a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Chat completions, responses and embeddings as OpenAI defined them.
    OpenAi,
    /// Messages as Anthropic defined them.
    Anthropic,
    /// Content as Google's Gemini generates it.
    Gemini,
    /// Chat, embeddings and ranks as Cohere defined them.
    Cohere,
    /// Conversations and invocations of Amazon Bedrock.
    Bedrock,
    /// Models of Cloudflare's Workers AI, in its envelope.
    WorkersAi,
    /// Predictions of Replicate.
    Replicate,
    /// Bodies that nothing is read from.
    Opaque,
}

pub(crate) static BEARER: [HeaderName; 1] = [AUTHORIZATION];
pub(crate) static X_API_KEY: [HeaderName; 2] =
    [HeaderName::from_static("x-api-key"), AUTHORIZATION];
pub(crate) static X_GOOG_API_KEY: [HeaderName; 2] =
    [HeaderName::from_static("x-goog-api-key"), AUTHORIZATION];

// === impl Wire ===

impl Wire {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::Cohere,
        Self::Bedrock,
        Self::WorkersAi,
        Self::Replicate,
        Self::Opaque,
    ];

    /// Its word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Cohere => "cohere",
            Self::Bedrock => "bedrock",
            Self::WorkersAi => "workers-ai",
            Self::Replicate => "replicate",
            Self::Opaque => "opaque",
        }
    }

    /// The wire of that word in the configuration.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.word() == word)
    }

    /// Where a provider's key travels that speaks it and is not in the table.
    pub(crate) const fn credential(self) -> Credential {
        let (headers, scheme): (&'static [HeaderName], _) = match self {
            Self::Anthropic => (&X_API_KEY, ""),
            Self::Gemini => (&X_GOOG_API_KEY, ""),
            _ => (&BEARER, "Bearer "),
        };
        let parameter = match self {
            Self::Gemini => Some("key"),
            _ => None,
        };
        Credential {
            headers,
            scheme,
            parameter,
        }
    }

    /// The event that tells a client, in the stream's own dialect, that the provider broke off.
    ///
    /// Only for answers of the type `text/event-stream`: it ends the event that was cut off, if there
    /// is one, and says the rest. Where a dialect has no such event, or streams in another form, the
    /// only honest end is to break the transfer off as well.
    pub const fn broken_stream_event(&self) -> Option<&'static [u8]> {
        let event: &[u8] = match self {
            // Clients of chat completions look for `error`, those of responses for `type`. LiteLLM takes
            // the inner `code` for a status.
            Self::OpenAi => {
                b"\n\ndata: {\"error\":{\"message\":\"the provider broke off in the middle of its answer\",\
                  \"type\":\"server_error\",\"param\":null,\"code\":502},\
                  \"type\":\"error\",\"code\":\"upstream_broke\",\
                  \"message\":\"the provider broke off in the middle of its answer\",\
                  \"param\":null,\"sequence_number\":0}\n\n"
            }
            Self::Anthropic => {
                b"\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\
                  \"message\":\"the provider broke off in the middle of its answer\"}}\n\n"
            }
            Self::Gemini => {
                b"\n\ndata: {\"error\":{\"code\":502,\"message\":\
                  \"the provider broke off in the middle of its answer\",\
                  \"status\":\"UNAVAILABLE\"}}\n\n"
            }
            Self::Cohere => {
                b"\n\nevent: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\
                  \"finish_reason\":\"ERROR\",\
                  \"error\":\"the provider broke off in the middle of its answer\"}}\n\n"
            }
            Self::WorkersAi => {
                b"\n\ndata: {\"success\":false,\"error\":\
                  \"the provider broke off in the middle of its answer\"}\n\n"
            }
            Self::Bedrock | Self::Replicate | Self::Opaque => return None,
        };
        Some(event)
    }
}

#[cfg(test)]
mod tests;
