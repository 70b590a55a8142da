//! Which provider a model's name chooses, and what is refused.

use super::*;

fn chosen(endpoint: Endpoint, body: &str) -> Result<(String, &'static str, String), BadUnified> {
    let providers = Providers::known();
    let chosen = choose(endpoint, body.as_bytes(), |model| {
        resolve(&providers, model)
    })?;
    Ok((
        chosen.to.provider.slug().to_owned(),
        chosen.tail,
        String::from_utf8(chosen.body.to_vec()).unwrap(),
    ))
}

fn refused(endpoint: Endpoint, body: &str) -> BadUnified {
    chosen(endpoint, body).unwrap_err()
}

#[test]
fn slugs_and_authors_choose_and_the_rest_is_the_model() {
    for (endpoint, model, slug, tail, name) in [
        (
            Endpoint::Chat,
            "openai/gpt-5",
            "openai",
            "chat/completions",
            "gpt-5",
        ),
        (
            Endpoint::Responses,
            "openai/gpt-5",
            "openai",
            "responses",
            "gpt-5",
        ),
        (
            Endpoint::Embeddings,
            "openai/e",
            "openai",
            "embeddings",
            "e",
        ),
        (
            Endpoint::Chat,
            "xai/grok-3",
            "grok",
            "v1/chat/completions",
            "grok-3",
        ),
        (
            Endpoint::Chat,
            "google/gemini-3-flash",
            "google-ai-studio",
            "v1beta/openai/chat/completions",
            "gemini-3-flash",
        ),
        (
            Endpoint::Chat,
            "openrouter/openai/gpt-5",
            "openrouter",
            "v1/chat/completions",
            "openai/gpt-5",
        ),
        (
            Endpoint::Chat,
            "workers-ai/@cf/meta/llama",
            "workers-ai",
            "v1/chat/completions",
            "@cf/meta/llama",
        ),
        (
            Endpoint::Embeddings,
            "@cf/baai/bge",
            "workers-ai",
            "v1/embeddings",
            "@cf/baai/bge",
        ),
        (
            Endpoint::Messages,
            "anthropic/claude-x",
            "anthropic",
            "v1/messages",
            "claude-x",
        ),
    ] {
        let body = |model: &str| format!(r#"{{ "n":1.0,"model" : "{model}" }}"#);
        let expected = (slug.to_owned(), tail, body(name));
        assert_eq!(chosen(endpoint, &body(model)), Ok(expected), "{model}");
    }
}

#[test]
fn a_model_without_a_provider_in_front_has_a_bad_format() {
    for model in ["gpt-5", "", "/gpt-5", "openai/", "/", "@cf"] {
        let refusal = refused(Endpoint::Chat, &format!(r#"{{"model":"{model}"}}"#));
        assert_eq!(refusal, BadUnified::NoPrefix(model.into()));
        assert_eq!(refusal.code(), 2019);
    }
    for body in [
        "",
        "{}",
        r#"{"model":1}"#,
        r#"{"model":"a/b","model":"c/d"}"#,
    ] {
        assert_eq!(refused(Endpoint::Chat, body).code(), 2019, "{body}");
    }
}

#[test]
fn what_cannot_be_chosen_says_what_can() {
    let unknown = refused(Endpoint::Chat, r#"{"model":"OpenAI/gpt-5"}"#);
    assert_eq!(unknown, BadUnified::UnknownPrefix("OpenAI".into()));
    for model in ["dynamic/support", "cloudflare/auto"] {
        let refusal = refused(Endpoint::Chat, &format!(r#"{{"model":"{model}"}}"#));
        assert_eq!(refusal, BadUnified::Routed(model.into()));
        assert!(refusal.to_string().contains(model));
    }
    for (endpoint, model, path) in [
        (
            Endpoint::Chat,
            "anthropic/claude-x",
            "/anthropic/v1/messages",
        ),
        (
            Endpoint::Messages,
            "openai/gpt-5",
            "/openai/chat/completions",
        ),
        (
            Endpoint::Chat,
            "replicate/x",
            "/replicate/{path of the provider}",
        ),
        (Endpoint::Embeddings, "groq/x", "/groq/chat/completions"),
    ] {
        let refusal = refused(endpoint, &format!(r#"{{"model":"{model}"}}"#));
        assert!(matches!(refusal, BadUnified::NotOffered(..)), "{model}");
        assert_eq!(refusal.code(), 2008);
        let text = refusal.to_string();
        assert!(text.ends_with(path), "{text}");
    }
}

#[test]
fn long_names_are_not_told_back_whole() {
    let model = "x".repeat(1 << 20);
    let refusal = refused(Endpoint::Chat, &format!(r#"{{"model":"{model}"}}"#));
    assert!(refusal.to_string().len() < 2_000);
}
