//! Paths of the real providers, and what is there.

use super::*;

fn place(path: &str, header: Option<&str>) -> Place {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        let name: http::HeaderName = header.parse().unwrap();
        headers.insert(name, "x".parse().unwrap());
    }
    Place::of(path, &headers)
}

#[test]
fn every_wire_has_its_paths() {
    use Endpoint::*;
    for (path, header, endpoint, dialect) in [
        ("/v1/chat/completions", None, Chat, Dialect::OpenAi),
        ("/openai/v1/chat/completions", None, Chat, Dialect::OpenAi),
        ("/v1/responses", None, Responses, Dialect::OpenAi),
        ("/v1/messages", None, Messages, Dialect::Anthropic),
        ("/anthropic/v1/messages", None, Messages, Dialect::Anthropic),
        (
            "/anthropic/v1/messages/count_tokens",
            None,
            CountTokens,
            Dialect::Anthropic,
        ),
        ("/v1/models", None, Models, Dialect::OpenAi),
        (
            "/v1/models",
            Some("anthropic-version"),
            Models,
            Dialect::Anthropic,
        ),
        (
            "/v1/models",
            Some("x-goog-api-key"),
            Models,
            Dialect::Gemini,
        ),
        ("/v1/models/ft:gpt-4o:mine", None, Models, Dialect::OpenAi),
        ("/anthropic/v1/models", None, Models, Dialect::Anthropic),
        ("/v1beta/models", None, Models, Dialect::Gemini),
        (
            "/v1beta/models/gemini:generateContent",
            None,
            Generate,
            Dialect::Gemini,
        ),
        (
            "/v1/models/gemini:streamGenerateContent",
            None,
            Generate,
            Dialect::Gemini,
        ),
        (
            "/google-ai-studio/v1beta/models/gemini:countTokens",
            None,
            GeminiCountTokens,
            Dialect::Gemini,
        ),
        (
            "/google-ai-studio/v1/models/e:embedContent",
            None,
            GeminiEmbed,
            Dialect::Gemini,
        ),
        (
            "/google-ai-studio/v1/models/e:batchEmbedContents",
            None,
            GeminiBatchEmbed,
            Dialect::Gemini,
        ),
        (
            "/google-ai-studio/v1beta/openai/chat/completions",
            None,
            Chat,
            Dialect::OpenAi,
        ),
        ("/v1/chat", None, CohereChat1, Dialect::Cohere),
        ("/v2/chat", None, CohereChat2, Dialect::Cohere),
        ("/cohere/v2/embed", None, CohereEmbed2, Dialect::Cohere),
        ("/cohere/v1/rerank", None, CohereRerank, Dialect::Cohere),
        ("/cohere/v1/models", None, Models, Dialect::Cohere),
        (
            "/cohere/compatibility/v1/chat/completions",
            None,
            Chat,
            Dialect::OpenAi,
        ),
        ("/mistral/v1/chat/completions", None, Chat, Dialect::Mistral),
        ("/mistral/v1/embeddings", None, Embeddings, Dialect::Mistral),
        (
            "/client/v4/accounts/abc/ai/run/@cf/meta/llama",
            None,
            Run,
            Dialect::WorkersAi,
        ),
        (
            "/client/v4/accounts/abc/ai/v1/chat/completions",
            None,
            Chat,
            Dialect::OpenAi,
        ),
    ] {
        let place = place(path, header);
        assert_eq!(
            (place.endpoint, place.dialect),
            (Some(endpoint), dialect),
            "{path}"
        );
    }
}

#[test]
fn what_is_nowhere_is_refused_in_the_right_words() {
    for (path, dialect) in [
        ("/chat/completions", Dialect::OpenAi),
        ("/v1/v1/chat/completions", Dialect::OpenAi),
        ("/openai/chat/completions", Dialect::OpenAi),
        ("/anthropic/messages", Dialect::Anthropic),
        (
            "/google-ai-studio/models/m:generateContent",
            Dialect::Gemini,
        ),
        ("/google-ai-studio/v1beta/models/m:predict", Dialect::Gemini),
        (
            "/google-ai-studio/v2/models/m:generateContent",
            Dialect::Gemini,
        ),
        ("/cohere/chat", Dialect::Cohere),
        ("/cohere/v3/chat", Dialect::Cohere),
        ("/mistral/chat/completions", Dialect::Mistral),
        ("/mistral/v1/responses", Dialect::Mistral),
        ("/client/v4/accounts/abc/ai/run/llama", Dialect::WorkersAi),
        ("/client/v4/accounts/abc/ai/@cf/x", Dialect::WorkersAi),
        ("/client/v4/accounts/abc/gateways", Dialect::WorkersAi),
        ("/client/v4/accounts/abc/ai/v1/messages", Dialect::WorkersAi),
        ("/", Dialect::OpenAi),
        ("/v1/models/", Dialect::OpenAi),
    ] {
        let place = place(path, None);
        assert_eq!((place.endpoint, place.dialect), (None, dialect), "{path}");
    }
}

#[test]
fn paths_bring_the_model_and_the_wish_for_a_stream() {
    for (path, model, stream) in [
        (
            "/v1beta/models/m-1.5:streamGenerateContent",
            Some("m-1.5"),
            Some(true),
        ),
        ("/v1beta/models/m:generateContent", Some("m"), Some(false)),
        (
            "/client/v4/accounts/a/ai/run/@cf/meta/llama",
            Some("@cf/meta/llama"),
            None,
        ),
        ("/v1/chat/completions", None, None),
    ] {
        let place = place(path, None);
        assert_eq!(
            (place.model.as_deref(), place.stream),
            (model, stream),
            "{path}"
        );
    }
}
