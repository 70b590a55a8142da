//! The providers that are built in: a row of data each.
//!
//! A new provider is a new row. Code is wanted only when its paths are built unlike all others
//! (`shape.rs`) or its dialect differs from all that are known (`wire.rs`).

use std::borrow::Cow;

use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::base::Base;
use crate::endpoint::Endpoint;
use crate::endpoint::Endpoint::{Chat, Embeddings, Messages, Responses};
use crate::provider::{Credential, Provider};
use crate::shape::Shape;
use crate::version::Version;
use crate::wire::{BEARER, Wire, X_API_KEY, X_GOOG_API_KEY};

/// One provider at its public address.
pub(crate) struct Row {
    pub(crate) slug: &'static str,
    /// Other names for it in front of a model.
    pub(crate) aliases: &'static [&'static str],
    /// The one that most requests go below, then those that the provider's file chooses among.
    pub(crate) bases: &'static [&'static str],
    /// What clients spell out in front of the version, because the base has it there, too.
    pub(crate) lead: &'static str,
    pub(crate) version: Rule,
    pub(crate) shape: Shape,
    pub(crate) wire: Wire,
    /// Endpoints that it offers in their own dialects, and where.
    pub(crate) endpoints: &'static [(Endpoint, &'static str)],
    pub(crate) credential: Credential,
    /// The field of a body that names the model.
    pub(crate) model_field: &'static str,
    /// Whether its chat streams count tokens only when they are asked to.
    pub(crate) asks_usage: bool,
}

/// What a row says about versions; the segment of a base is read off the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    AsGiven,
    InBase,
    InPath(&'static str),
    Any(&'static str),
    Nowhere(&'static str),
}

const fn key(headers: &'static [HeaderName], scheme: &'static str) -> Credential {
    Credential {
        headers,
        scheme,
        parameter: None,
    }
}

const fn key_or_parameter(headers: &'static [HeaderName], parameter: &'static str) -> Credential {
    Credential {
        headers,
        scheme: "",
        parameter: Some(parameter),
    }
}

static API_KEY: [HeaderName; 2] = [HeaderName::from_static("api-key"), AUTHORIZATION];
static XI_API_KEY: [HeaderName; 2] = [HeaderName::from_static("xi-api-key"), AUTHORIZATION];
static AUTHORIZATION_OR_TOKEN: [HeaderName; 2] = [AUTHORIZATION, HeaderName::from_static("token")];
static AUTHORIZATION_OR_SESSION: [HeaderName; 2] = [
    AUTHORIZATION,
    HeaderName::from_static("x-amz-security-token"),
];
static BEARER_OR_GOOG: [HeaderName; 2] = [AUTHORIZATION, HeaderName::from_static("x-goog-api-key")];

/// What most rows have in common: they speak OpenAI's dialect as OpenAI does.
const ROW: Row = Row {
    slug: "",
    aliases: &[],
    bases: &[],
    lead: "",
    version: Rule::AsGiven,
    shape: Shape::Plain,
    wire: Wire::OpenAi,
    endpoints: &[],
    credential: key(&BEARER, "Bearer "),
    model_field: "model",
    asks_usage: true,
};

const CHAT: &[(Endpoint, &str)] = &[(Chat, "chat/completions")];

pub(crate) static ROWS: [Row; 25] = [
    Row {
        slug: "openai",
        bases: &["https://api.openai.com/v1"],
        version: Rule::InBase,
        endpoints: &crate::endpoint::OPENAI,
        ..ROW
    },
    Row {
        slug: "anthropic",
        bases: &["https://api.anthropic.com"],
        version: Rule::InPath("v1"),
        wire: Wire::Anthropic,
        endpoints: &crate::endpoint::ANTHROPIC,
        credential: key(&X_API_KEY, ""),
        ..ROW
    },
    Row {
        slug: "google-ai-studio",
        aliases: &["google"],
        bases: &["https://generativelanguage.googleapis.com"],
        // The version with all features, for clients that leave it to the base URL.
        version: Rule::Any("v1beta"),
        wire: Wire::Gemini,
        endpoints: &[
            (Chat, "v1beta/openai/chat/completions"),
            (Embeddings, "v1beta/openai/embeddings"),
        ],
        credential: key_or_parameter(&X_GOOG_API_KEY, "key"),
        ..ROW
    },
    Row {
        slug: "google-vertex-ai",
        aliases: &["google-vertex"],
        bases: &[
            "https://{region}-aiplatform.googleapis.com",
            "https://aiplatform.googleapis.com",
        ],
        version: Rule::Any("v1"),
        shape: Shape::Vertex,
        wire: Wire::Gemini,
        credential: Credential {
            headers: &BEARER_OR_GOOG,
            scheme: "Bearer ",
            parameter: Some("key"),
        },
        ..ROW
    },
    Row {
        slug: "azure-openai",
        bases: &[
            "https://{resource}.openai.azure.com/openai/deployments/{deployment}",
            "https://{resource}.openai.azure.com",
        ],
        shape: Shape::Azure,
        credential: key(&API_KEY, ""),
        ..ROW
    },
    Row {
        slug: "aws-bedrock",
        bases: &[
            "https://{service}.{region}.amazonaws.com",
            "https://{service}.{region}.api.aws",
        ],
        shape: Shape::Bedrock,
        wire: Wire::Bedrock,
        credential: Credential {
            headers: &AUTHORIZATION_OR_SESSION,
            scheme: "Bearer ",
            parameter: Some("X-Amz-Signature"),
        },
        ..ROW
    },
    Row {
        slug: "workers-ai",
        bases: &["https://api.cloudflare.com/client/v4/accounts/{account}/ai/run"],
        shape: Shape::WorkersAi,
        wire: Wire::WorkersAi,
        endpoints: &[
            (Chat, "v1/chat/completions"),
            (Responses, "v1/responses"),
            (Embeddings, "v1/embeddings"),
        ],
        ..ROW
    },
    Row {
        slug: "groq",
        bases: &["https://api.groq.com/openai/v1"],
        lead: "openai",
        version: Rule::InBase,
        endpoints: &[(Chat, "chat/completions"), (Responses, "responses")],
        asks_usage: false,
        ..ROW
    },
    Row {
        slug: "mistral",
        bases: &["https://api.mistral.ai"],
        version: Rule::InPath("v1"),
        endpoints: &[(Chat, "v1/chat/completions"), (Embeddings, "v1/embeddings")],
        // Refuses the field that asks, and counts without it.
        asks_usage: false,
        ..ROW
    },
    Row {
        slug: "cohere",
        bases: &["https://api.cohere.ai"],
        version: Rule::Any("v1"),
        wire: Wire::Cohere,
        endpoints: &[
            (Chat, "compatibility/v1/chat/completions"),
            (Embeddings, "compatibility/v1/embeddings"),
        ],
        ..ROW
    },
    Row {
        slug: "deepseek",
        bases: &["https://api.deepseek.com"],
        endpoints: &[
            (Chat, "chat/completions"),
            (Messages, "anthropic/v1/messages"),
        ],
        ..ROW
    },
    Row {
        slug: "cerebras",
        bases: &["https://api.cerebras.ai/v1"],
        version: Rule::InBase,
        endpoints: CHAT,
        ..ROW
    },
    Row {
        slug: "grok",
        aliases: &["xai"],
        bases: &["https://api.x.ai"],
        version: Rule::InPath("v1"),
        endpoints: &[
            (Chat, "v1/chat/completions"),
            (Responses, "v1/responses"),
            (Messages, "v1/messages"),
        ],
        ..ROW
    },
    Row {
        slug: "perplexity-ai",
        aliases: &["perplexity"],
        bases: &["https://api.perplexity.ai"],
        endpoints: CHAT,
        asks_usage: false,
        ..ROW
    },
    Row {
        slug: "openrouter",
        bases: &["https://openrouter.ai/api"],
        lead: "api",
        version: Rule::InPath("v1"),
        endpoints: &[
            (Chat, "v1/chat/completions"),
            (Responses, "v1/responses"),
            (Embeddings, "v1/embeddings"),
            (Messages, "v1/messages"),
        ],
        ..ROW
    },
    Row {
        slug: "replicate",
        bases: &["https://api.replicate.com/v1"],
        version: Rule::InBase,
        wire: Wire::Replicate,
        model_field: "version",
        ..ROW
    },
    Row {
        slug: "huggingface",
        bases: &[
            "https://api-inference.huggingface.co/models",
            "https://router.huggingface.co",
        ],
        shape: Shape::HuggingFace,
        wire: Wire::Opaque,
        endpoints: &[(Chat, "v1/chat/completions")],
        ..ROW
    },
    Row {
        slug: "elevenlabs",
        bases: &["https://api.elevenlabs.io"],
        version: Rule::Any("v1"),
        wire: Wire::Opaque,
        credential: key(&XI_API_KEY, ""),
        model_field: "model_id",
        ..ROW
    },
    Row {
        slug: "cartesia",
        bases: &["https://api.cartesia.ai"],
        version: Rule::Nowhere("v1"),
        wire: Wire::Opaque,
        credential: key_or_parameter(&X_API_KEY, "api_key"),
        model_field: "model_id",
        ..ROW
    },
    Row {
        slug: "deepgram",
        bases: &["https://api.deepgram.com"],
        version: Rule::Any("v1"),
        wire: Wire::Opaque,
        credential: key(&AUTHORIZATION_OR_TOKEN, "Token "),
        ..ROW
    },
    Row {
        slug: "fal",
        bases: &["https://fal.run", "https://{host}"],
        shape: Shape::Fal,
        wire: Wire::Opaque,
        credential: key(&BEARER, "Key "),
        ..ROW
    },
    Row {
        slug: "ideogram",
        bases: &["https://api.ideogram.ai"],
        wire: Wire::Opaque,
        credential: key(&API_KEY, ""),
        ..ROW
    },
    Row {
        slug: "baseten",
        bases: &[
            "https://inference.baseten.co/v1",
            "https://model-{model}.api.baseten.co",
        ],
        version: Rule::InBase,
        shape: Shape::Baseten,
        endpoints: CHAT,
        ..ROW
    },
    Row {
        slug: "parallel",
        bases: &["https://api.parallel.ai"],
        wire: Wire::Opaque,
        endpoints: CHAT,
        credential: key(&X_API_KEY, ""),
        ..ROW
    },
    Row {
        slug: "fireworks",
        bases: &["https://api.fireworks.ai/inference/v1"],
        lead: "inference",
        version: Rule::InBase,
        endpoints: &[
            (Chat, "chat/completions"),
            (Responses, "responses"),
            (Embeddings, "embeddings"),
            (Messages, "messages"),
        ],
        ..ROW
    },
];

// === impl Row ===

impl Row {
    pub(crate) fn provider(&self) -> Provider {
        let bases: Vec<Base> = self
            .bases
            .iter()
            .map(|base| {
                let base = Base::parse(base, self.shape.slots())
                    .expect("a test reads the bases of all rows");
                self.shape.settled(base)
            })
            .collect();
        let version = match self.version {
            Rule::AsGiven => Version::AsGiven,
            Rule::InBase => bases
                .first()
                .and_then(Base::version)
                .expect("a test looks for the version in these bases"),
            Rule::InPath(segment) => Version::InPath(Cow::Borrowed(segment)),
            Rule::Any(segment) => Version::Any(Cow::Borrowed(segment)),
            Rule::Nowhere(segment) => Version::Nowhere(Cow::Borrowed(segment)),
        };
        Provider {
            slug: Cow::Borrowed(self.slug),
            aliases: self.aliases,
            bases,
            lead: self.lead,
            version,
            shape: self.shape,
            wire: self.wire,
            endpoints: self.endpoints,
            credential: self.credential,
            model_field: self.model_field,
            asks_usage: self.asks_usage,
            models: Vec::new(),
        }
    }
}
