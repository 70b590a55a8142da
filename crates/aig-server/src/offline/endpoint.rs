//! From a path to what is asked for, and in which dialect: each where the real provider has it.

use http::{HeaderMap, Method};

use super::dialect::Dialect;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Chat,
    Responses,
    Embeddings,
    Messages,
    CountTokens,
    Models,
    Generate,
    GeminiCountTokens,
    GeminiEmbed,
    GeminiBatchEmbed,
    CohereChat1,
    CohereChat2,
    CohereEmbed1,
    CohereEmbed2,
    CohereRerank,
    Run,
}

/// Where a request points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `None` if there is nothing.
    pub(super) endpoint: Option<Endpoint>,
    /// Whose shapes the answer has, that of a refusal included.
    pub(super) dialect: Dialect,
    /// The model, where the path names it.
    pub(super) model: Option<String>,
    /// Whether to stream, where the path says so.
    pub(super) stream: Option<bool>,
}

/// What stands behind the colon in Gemini's paths, and nowhere else.
const METHODS: [&str; 5] = [
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
];

/// In front of all paths of Workers AI: an account comes next, and then `ai`.
const ACCOUNTS: &str = "client/v4/accounts/";

// === impl Place ===

impl Place {
    /// The place of a path.
    ///
    /// A first segment with a provider's slug says whose path follows. Without one the path and the
    /// headers must tell, which they do wherever no two providers have the same path.
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        if let Some((_, below)) =
            (path.strip_prefix(ACCOUNTS)).and_then(|path| path.split_once('/'))
        {
            return below
                .strip_prefix("ai/")
                .map_or_else(|| Self::nowhere(Dialect::WorkersAi), workers_ai);
        }
        let (first, below) = path.split_once('/').unwrap_or((path, ""));
        match first {
            "openai" => openai(below, Dialect::OpenAi),
            "anthropic" => openai(below, Dialect::Anthropic),
            "mistral" => mistral(below),
            "google-ai-studio" => gemini(below),
            "cohere" => cohere(below).unwrap_or_else(|| Self::nowhere(Dialect::Cohere)),
            _ if first == "v1beta" || headers.contains_key("x-goog-api-key") => gemini(path),
            _ if path
                .rsplit_once(':')
                .is_some_and(|(_, method)| METHODS.contains(&method)) =>
            {
                gemini(path)
            }
            _ => cohere(path)
                .filter(|place| place.endpoint != Some(Endpoint::Models))
                .unwrap_or_else(|| {
                    let anthropic = headers.contains_key("anthropic-version");
                    openai(
                        path,
                        match anthropic {
                            true => Dialect::Anthropic,
                            false => Dialect::OpenAi,
                        },
                    )
                }),
        }
    }

    fn at(endpoint: Endpoint, dialect: Dialect) -> Self {
        Self {
            endpoint: Some(endpoint),
            dialect,
            model: None,
            stream: None,
        }
    }

    fn nowhere(dialect: Dialect) -> Self {
        Self {
            endpoint: None,
            ..Self::at(Endpoint::Models, dialect)
        }
    }

    fn with_model(self, model: &str) -> Self {
        Self {
            model: Some(model.to_owned()),
            ..self
        }
    }

    fn models(below: &str, dialect: Dialect) -> Option<Self> {
        let all = Self::at(Endpoint::Models, dialect);
        match below.strip_prefix("models")? {
            "" => Some(all),
            name => {
                let name = name.strip_prefix('/').filter(|name| !name.is_empty())?;
                Some(all.with_model(name))
            }
        }
    }
}

/// The paths of OpenAI and of Anthropic; `dialect` is for those that both have.
fn openai(path: &str, dialect: Dialect) -> Place {
    let found = path.strip_prefix("v1/").and_then(|below| {
        let place = match below {
            "chat/completions" => Place::at(Endpoint::Chat, Dialect::OpenAi),
            "responses" => Place::at(Endpoint::Responses, Dialect::OpenAi),
            "embeddings" => Place::at(Endpoint::Embeddings, Dialect::OpenAi),
            "messages" => Place::at(Endpoint::Messages, Dialect::Anthropic),
            "messages/count_tokens" => Place::at(Endpoint::CountTokens, Dialect::Anthropic),
            below => return Place::models(below, dialect),
        };
        Some(place)
    });
    found.unwrap_or_else(|| Place::nowhere(dialect))
}

fn mistral(path: &str) -> Place {
    let place = openai(path, Dialect::Mistral);
    match place.endpoint {
        Some(Endpoint::Chat | Endpoint::Embeddings | Endpoint::Models) => Place {
            dialect: Dialect::Mistral,
            ..place
        },
        _ => Place::nowhere(Dialect::Mistral),
    }
}

fn gemini(path: &str) -> Place {
    let dialect = Dialect::Gemini;
    let nowhere = Place::nowhere(dialect);
    let Some((version, below)) = path.split_once('/') else {
        return nowhere;
    };
    if !matches!(version, "v1" | "v1beta" | "v1alpha") {
        return nowhere;
    }
    if let Some(compatible) = below.strip_prefix("openai/") {
        return openai(&format!("v1/{compatible}"), Dialect::OpenAi);
    }
    let Some((model, method)) = below
        .strip_prefix("models/")
        .and_then(|below| below.rsplit_once(':'))
    else {
        return Place::models(below, dialect).unwrap_or(nowhere);
    };
    let (endpoint, stream) = match method {
        "generateContent" => (Endpoint::Generate, Some(false)),
        "streamGenerateContent" => (Endpoint::Generate, Some(true)),
        "countTokens" => (Endpoint::GeminiCountTokens, None),
        "embedContent" => (Endpoint::GeminiEmbed, None),
        "batchEmbedContents" => (Endpoint::GeminiBatchEmbed, None),
        _ => return nowhere,
    };
    Place {
        stream,
        ..Place::at(endpoint, dialect).with_model(model)
    }
}

fn cohere(path: &str) -> Option<Place> {
    if let Some(compatible) = path.strip_prefix("compatibility/") {
        return Some(openai(compatible, Dialect::OpenAi));
    }
    let endpoint = match path {
        "v1/chat" => Endpoint::CohereChat1,
        "v2/chat" => Endpoint::CohereChat2,
        "v1/embed" => Endpoint::CohereEmbed1,
        "v2/embed" => Endpoint::CohereEmbed2,
        "v1/rerank" | "v2/rerank" => Endpoint::CohereRerank,
        other => return Place::models(other.strip_prefix("v1/")?, Dialect::Cohere),
    };
    Some(Place::at(endpoint, Dialect::Cohere))
}

fn workers_ai(below: &str) -> Place {
    let dialect = Dialect::WorkersAi;
    match below.strip_prefix("run/") {
        Some(model) if model.starts_with('@') => {
            Place::at(Endpoint::Run, dialect).with_model(model)
        }
        Some(_) => Place::nowhere(dialect),
        None => {
            let place = openai(below, Dialect::OpenAi);
            match place.endpoint {
                Some(Endpoint::Chat | Endpoint::Responses | Endpoint::Embeddings) => place,
                _ => Place::nowhere(dialect),
            }
        }
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// How it is asked.
    pub(super) fn method(self) -> Method {
        match self {
            Self::Models => Method::GET,
            _ => Method::POST,
        }
    }

    /// Whether a request can leave out the model, because the provider has one in mind.
    pub(super) fn has_default_model(self) -> bool {
        matches!(
            self,
            Self::CohereChat1 | Self::CohereEmbed1 | Self::CohereRerank
        )
    }
}

#[cfg(test)]
mod tests;
