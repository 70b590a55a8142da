//! The table's rows, and what the configuration may do to them.

use super::*;
use crate::endpoint::Endpoint;

#[test]
fn rows_are_well_formed() {
    let providers = Providers::known();
    assert_eq!(
        providers.iter().count(),
        ROWS.len(),
        "two rows share a slug"
    );
    for row in &ROWS {
        assert_eq!(check_slug(row.slug), Ok(()));
        assert!(!row.bases.is_empty(), "{}", row.slug);
        for base in row.bases {
            let read = Base::parse(base, row.shape.slots()).unwrap();
            assert_eq!(&read.to_string(), base);
            assert!(base.starts_with("https://"), "{base}");
        }
        let provider = providers.get(row.slug).unwrap();
        assert_eq!(provider.slug(), row.slug);
        assert!(!provider.credential_headers().is_empty(), "{}", row.slug);
        for (endpoint, tail) in row.endpoints {
            assert_eq!(provider.tail_of(*endpoint), Some(*tail));
            assert_eq!(
                provider.wire_at(tail),
                endpoint.wire(),
                "{} {tail}",
                row.slug
            );
        }
        for alias in row.aliases {
            assert!(ROWS.iter().all(|other| other.slug != *alias), "{alias}");
        }
    }
}

#[test]
fn credentials_stand_where_each_provider_wants_them() {
    let providers = Providers::known();
    for (slug, headers, scheme) in [
        ("openai", &["authorization"][..], "Bearer "),
        ("anthropic", &["x-api-key", "authorization"], ""),
        ("google-ai-studio", &["x-goog-api-key", "authorization"], ""),
        (
            "google-vertex-ai",
            &["authorization", "x-goog-api-key"],
            "Bearer ",
        ),
        ("azure-openai", &["api-key", "authorization"], ""),
        (
            "aws-bedrock",
            &["authorization", "x-amz-security-token"],
            "Bearer ",
        ),
        ("workers-ai", &["authorization"], "Bearer "),
        ("cartesia", &["x-api-key", "authorization"], ""),
        ("parallel", &["x-api-key", "authorization"], ""),
        ("deepgram", &["authorization", "token"], "Token "),
        ("elevenlabs", &["xi-api-key", "authorization"], ""),
        ("fal", &["authorization"], "Key "),
        ("ideogram", &["api-key", "authorization"], ""),
    ] {
        let provider = providers.get(slug).unwrap();
        assert_eq!(provider.credential_headers(), headers, "{slug}");
        assert_eq!(provider.credential_scheme(), scheme, "{slug}");
    }
    let parameter = |slug: &str| providers.get(slug).unwrap().credential_parameter();
    assert_eq!(parameter("google-ai-studio"), Some("key"));
    assert_eq!(parameter("cartesia"), Some("api_key"));
    assert_eq!(parameter("aws-bedrock"), Some("X-Amz-Signature"));
    assert_eq!(parameter("openai"), None);
}

#[test]
fn models_name_their_provider_in_both_vocabularies() {
    let providers = Providers::known();
    for (model, slug, name) in [
        ("openai/gpt-5-mini", "openai", "gpt-5-mini"),
        (
            "google-ai-studio/gemini-2.5-flash",
            "google-ai-studio",
            "gemini-2.5-flash",
        ),
        (
            "google/gemini-3-flash",
            "google-ai-studio",
            "gemini-3-flash",
        ),
        ("xai/grok-3", "grok", "grok-3"),
        ("grok/grok-3", "grok", "grok-3"),
        ("perplexity/sonar", "perplexity-ai", "sonar"),
        ("perplexity-ai/sonar", "perplexity-ai", "sonar"),
        (
            "workers-ai/@cf/meta/llama-3.1-8b-instruct",
            "workers-ai",
            "@cf/meta/llama-3.1-8b-instruct",
        ),
        (
            "@cf/moonshotai/kimi-k2.6",
            "workers-ai",
            "@cf/moonshotai/kimi-k2.6",
        ),
        (
            "google-vertex-ai/google/gemini-2.5-pro",
            "google-vertex-ai",
            "google/gemini-2.5-pro",
        ),
        ("openrouter/openai/gpt-5", "openrouter", "openai/gpt-5"),
    ] {
        let (provider, rest) = providers.by_model_prefix(model).unwrap();
        assert_eq!((provider.slug(), rest), (slug, name), "{model}");
    }
    for model in [
        "gpt-5",
        "nobody/x",
        "openai/",
        "/gpt",
        "",
        "OpenAI/gpt-5",
        "dynamic/support",
    ] {
        assert!(providers.by_model_prefix(model).is_none(), "{model}");
    }
    let mine = providers.with_override("xai", "https://h/v1").unwrap();
    assert_eq!(mine.by_author("xai").unwrap().slug(), "xai", "a slug wins");
    assert_eq!(mine.by_author("grok").unwrap().slug(), "grok");
}

#[test]
fn a_bare_host_is_asked_with_the_version_and_a_base_with_a_path_without() {
    let tail = |base: &str, slug: &str| {
        let providers = Providers::known().with_override(slug, base).unwrap();
        let provider = providers.get(slug).unwrap();
        let tail = provider.tail_of(Endpoint::Chat).unwrap();
        provider.target(tail, None).unwrap().to_string()
    };
    for slug in ["acme", "openai", "groq"] {
        assert_eq!(tail("http://h", slug), "http://h/v1/chat/completions");
        assert_eq!(tail("http://h/v1", slug), "http://h/v1/chat/completions");
        assert_eq!(tail("http://h/api", slug), "http://h/api/chat/completions");
    }
    assert_eq!(tail("http://h", "deepseek"), "http://h/chat/completions");
    assert_eq!(tail("http://h", "mistral"), "http://h/v1/chat/completions");
    assert_eq!(tail("http://h/v1", "grok"), "http://h/v1/chat/completions");
    let anthropic = Providers::known();
    let anthropic = anthropic.get("anthropic").unwrap();
    assert_eq!(anthropic.tail_of(Endpoint::Chat), None);
    assert_eq!(anthropic.tail_of(Endpoint::Messages), Some("v1/messages"));
}

#[test]
fn unknown_slugs_speak_openai_unless_told_otherwise() {
    let providers = Providers::known()
        .with_override("acme", "http://h/v1")
        .unwrap();
    assert_eq!(providers.get("acme").unwrap().wire(), Wire::OpenAi);
    let providers = providers.with_wire("acme", Wire::Anthropic).unwrap();
    let acme = providers.get("acme").unwrap();
    assert_eq!(acme.wire(), Wire::Anthropic);
    assert_eq!(acme.credential_headers(), ["x-api-key", "authorization"]);
    assert_eq!(
        providers.with_wire("nobody", Wire::OpenAi),
        Err(BadProvider::Unknown("nobody".to_owned()))
    );
    assert_eq!(Wire::from_word("anthropic"), Some(Wire::Anthropic));
    assert_eq!(Wire::from_word("OpenAI"), None);
}

#[test]
fn overrides_keep_the_wire_and_the_credentials() {
    for row in &ROWS {
        let known = Providers::known();
        let before = Arc::clone(known.get(row.slug).unwrap());
        let after = known.with_override(row.slug, "http://h:9").unwrap();
        let after = after.get(row.slug).unwrap();
        assert_eq!(after.wire(), before.wire(), "{}", row.slug);
        assert_eq!(after.credential, before.credential, "{}", row.slug);
        assert_eq!(after.base_url(), "http://h:9", "{}", row.slug);
    }
}

#[test]
fn bad_bases_are_refused_with_a_remedy() {
    for base in [
        "",
        "example.com",
        "/v1",
        "ftp://h",
        "file:///etc",
        "https://",
        "https://u:p@h/",
        "https://h/?a",
        "https://h/#a",
        "https://h/../x",
        "https://h/%2e%2e",
        "https://h//x",
        "http://h:0/",
        "http://h:",
        "http://h:65536",
        "http://h h/",
        "unix:/x",
        "https://{region}.h/",
        "https://h/{",
        "https://h/}",
        "https://h/{account",
        "https://{account}@h/",
        "https://h:{account}/",
        "{account}://h/",
    ] {
        let refused = Providers::known()
            .with_override("acme", base)
            .expect_err(base);
        assert!(
            matches!(refused, BadProvider::BaseUrl(..)),
            "{base}: {refused:?}"
        );
        let message = refused.to_string();
        assert!(
            message.contains("acme") && message.contains("; "),
            "{message}"
        );
    }
}

#[test]
fn bad_slugs_are_refused() {
    for slug in ["", "Acme", "a/b", "a.b", "ä", "a b", &"a".repeat(65)] {
        let refused = Providers::known().with_override(slug, "http://h");
        assert_eq!(refused, Err(BadProvider::Slug(slug.to_owned())));
    }
    for slug in ["compat", "run"] {
        let refused = Providers::known().with_override(slug, "http://h");
        assert_eq!(refused, Err(BadProvider::Reserved(slug.to_owned())));
    }
}

#[test]
fn streams_are_asked_for_counts_where_that_is_allowed_and_needed() {
    let providers = Providers::known()
        .with_override("acme", "http://h")
        .unwrap();
    for (slug, asked) in [
        ("openai", true),
        ("acme", true),
        ("mistral", false),
        ("groq", false),
    ] {
        assert_eq!(providers.get(slug).unwrap().asks_usage(), asked, "{slug}");
    }
    let providers = providers.with_asked_usage("acme", false).unwrap();
    assert!(!providers.get("acme").unwrap().asks_usage());
    assert!(matches!(
        providers.with_asked_usage("nobody", true),
        Err(BadProvider::Unknown(_))
    ));
}

#[test]
fn models_are_known_where_they_are_said_and_can_be_asked_for() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let providers = Providers::known();
    assert_eq!(providers.models().count(), 0);
    let providers = providers
        .with_override("local", "http://127.0.0.1:8000/v1")
        .and_then(|providers| providers.with_models("local", names(&["b", "a/c"])))
        // Offers nothing in OpenAI's dialect.
        .and_then(|providers| providers.with_models("anthropic", names(&["claude"])))
        .unwrap();
    let ids: Vec<_> = providers.models().map(|model| model.id).collect();
    assert_eq!(ids, ["local/b", "local/a/c"]);
    assert!(providers.models().all(|model| model.owned_by == "local"));
    assert_eq!(
        providers.clone().with_models("nobody", names(&["x"])),
        Err(BadProvider::Unknown("nobody".into()))
    );
    assert_eq!(
        providers.with_models("local", names(&["x", " "])),
        Err(BadProvider::Model("local".into()))
    );
}
