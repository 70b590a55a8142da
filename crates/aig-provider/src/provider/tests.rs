//! Where requests go.

use super::*;
use crate::Providers;

mod models;
mod slots;
mod spellings;

impl Provider {
    /// Where a path goes for providers that look at nothing else.
    pub(crate) fn target(&self, tail: &str, query: Option<&str>) -> Result<Uri, BadTail> {
        self.target_of(&Call {
            tail,
            query,
            ..Call::default()
        })
    }
}

fn target(slug: &str, tail: &str) -> String {
    let providers = Providers::known();
    let provider = providers.get(slug).unwrap();
    provider.target(tail, None).unwrap().to_string()
}

fn overridden(slug: &str, base: &str, tail: &str) -> String {
    let providers = Providers::known().with_override(slug, base).unwrap();
    providers
        .get(slug)
        .unwrap()
        .target(tail, None)
        .unwrap()
        .to_string()
}

#[test]
fn every_spelling_of_the_version_reaches_openai_once() {
    for tail in [
        "chat/completions",
        "v1/chat/completions",
        "v1/v1/chat/completions",
        "/chat/completions",
        "//v1/chat/completions",
    ] {
        assert_eq!(
            target("openai", tail),
            "https://api.openai.com/v1/chat/completions",
            "{tail}"
        );
    }
}

#[test]
fn every_spelling_of_the_version_reaches_anthropic_once() {
    for tail in ["v1/messages", "messages", "v1/v1/messages", "/v1/messages"] {
        assert_eq!(
            target("anthropic", tail),
            "https://api.anthropic.com/v1/messages",
            "{tail}"
        );
    }
}

#[test]
fn only_the_whole_segment_is_the_version() {
    assert_eq!(
        target("openai", "v1beta/x"),
        "https://api.openai.com/v1/v1beta/x"
    );
    assert_eq!(target("anthropic", "v1"), "https://api.anthropic.com/v1");
    assert_eq!(target("anthropic", "v1/"), "https://api.anthropic.com/v1/");
    assert_eq!(target("openai", ""), "https://api.openai.com/v1");
    assert_eq!(target("openai", "V1/x"), "https://api.openai.com/v1/V1/x");
    assert_eq!(
        target("openai", "chat/v1/x"),
        "https://api.openai.com/v1/chat/v1/x"
    );
}

#[test]
fn overrides_take_the_path_below_their_base() {
    for (base, tail, wanted) in [
        (
            "http://127.0.0.1:9",
            "chat/completions",
            "http://127.0.0.1:9/chat/completions",
        ),
        (
            "http://127.0.0.1:9",
            "v1/chat/completions",
            "http://127.0.0.1:9/v1/chat/completions",
        ),
        ("http://127.0.0.1:9/", "x", "http://127.0.0.1:9/x"),
        (
            "http://127.0.0.1:9/v1",
            "chat/completions",
            "http://127.0.0.1:9/v1/chat/completions",
        ),
        (
            "http://127.0.0.1:9/v1/",
            "v1/v1/x",
            "http://127.0.0.1:9/v1/x",
        ),
        ("http://h/api/v4beta", "v4beta/x", "http://h/api/v4beta/x"),
        ("http://h/api/v4", "v1/x", "http://h/api/v4/v1/x"),
        ("http://h/video", "video/x", "http://h/video/video/x"),
        ("http://[::1]:9/v1", "x", "http://[::1]:9/v1/x"),
        ("http://h", "", "http://h/"),
    ] {
        assert_eq!(overridden("openai", base, tail), wanted);
        assert_eq!(overridden("acme", base, tail), wanted);
    }
}

#[test]
fn anthropics_paths_keep_their_version_below_another_base() {
    for (base, tail, wanted) in [
        ("http://h", "messages", "http://h/v1/messages"),
        ("http://h", "v1/v1/messages", "http://h/v1/messages"),
        (
            "http://h/proxy",
            "v1/messages",
            "http://h/proxy/v1/messages",
        ),
        ("http://h/v1", "v1/messages", "http://h/v1/messages"),
        ("http://h/v1", "messages", "http://h/v1/messages"),
    ] {
        assert_eq!(overridden("anthropic", base, tail), wanted);
    }
}

#[test]
fn tails_and_queries_travel_byte_for_byte() {
    let tail = r#"a%2fb%5C/%2F%2F/c\d/%zz/@cf/{x}|~;p=1:y//z/"#;
    let query = "a=b&a=b&c=%20;d=/../?e={}&f=%2e%2e";
    let providers = Providers::known();
    let uri = providers
        .get("openai")
        .unwrap()
        .target(tail, Some(query))
        .unwrap();
    assert_eq!(
        uri.path_and_query().unwrap().as_str(),
        format!("/v1/{tail}?{query}")
    );
    let empty = providers
        .get("openai")
        .unwrap()
        .target("x", Some(""))
        .unwrap();
    assert_eq!(empty.path_and_query().unwrap().as_str(), "/v1/x?");
}

#[test]
fn no_tail_changes_the_authority_or_leaves_the_base() {
    for (base, host, path) in [
        ("https://good.example", "good.example", ""),
        ("https://good.example/v1", "good.example", "/v1"),
        ("https://good.example:8443/a", "good.example:8443", "/a"),
    ] {
        let providers = Providers::known().with_override("acme", base).unwrap();
        let provider = providers.get("acme").unwrap();
        for tail in [
            "//evil.example/x",
            "@evil.example",
            ":80@evil.example/",
            "http://evil.example/",
            "///",
            "%2f%2fevil.example",
            "\\\\evil.example",
        ] {
            let uri = provider.target(tail, None).unwrap();
            assert_eq!(uri.authority().unwrap(), host, "{tail}");
            assert!(uri.path().starts_with(path), "{tail}");
            assert!(!uri.path().starts_with("//"), "{tail}");
        }
    }
}

/// A tail that each provider's rule accepts, with a place for more at its end.
fn accepted(provider: &Provider) -> String {
    let before = match provider.slug() {
        "azure-openai" => "res/dep/",
        "aws-bedrock" => "bedrock-runtime/us-east-1/",
        "baseten" => "model/abc/",
        "google-vertex-ai" => "v1/projects/p/locations/us-east1/",
        _ => "",
    };
    before.to_owned()
}

#[test]
fn h_09_bad_tails_are_refused_with_a_reason_by_every_provider() {
    let providers = Providers::known();
    let account = Some("0123456789abcdef0123456789abcdef");
    for provider in providers.iter() {
        let before = accepted(provider);
        let ask = |tail: &str, query| {
            let tail = format!("{before}{tail}");
            provider.target_of(&Call {
                account,
                tail: &tail,
                query,
                headers: None,
            })
        };
        let slug = provider.slug();
        for tail in [
            "..",
            "v1/%2e%2e/x",
            "a/../b",
            "v1/..;/x",
            "%252e%252e/x",
            "\\..\\x",
            ".%00./x",
            "..%2f",
        ] {
            assert_eq!(ask(tail, None), Err(BadTail::DotSegment), "{slug} {tail}");
        }
        assert_eq!(ask("a<b", None), Err(BadTail::Byte(b'<')), "{slug}");
        assert_eq!(ask("a", Some("b<")), Err(BadTail::Byte(b'<')), "{slug}");
        assert_eq!(ask("a", Some("b#c")), Err(BadTail::Byte(b'#')), "{slug}");
        let long = "a".repeat(65_535);
        assert_eq!(ask(&long, None), Err(BadTail::TooLong), "{slug}");
        assert_eq!(ask("a", Some(&long)), Err(BadTail::TooLong), "{slug}");
    }
    assert!(BadTail::Byte(b' ').to_string().contains("0x20"));
    assert!(BadTail::Slot("region").to_string().contains("`region`"));
}

#[test]
fn h_10_encoded_slashes_travel_as_they_are_in_every_provider() {
    let providers = Providers::known();
    for provider in providers.iter() {
        let before = accepted(provider);
        for tail in ["a%2fb", "a%5cb", "%2F%2Fx", "a%2Fb%2fc/d"] {
            let uri = provider
                .target_of(&Call {
                    account: Some("0123456789abcdef0123456789abcdef"),
                    tail: &format!("{before}{tail}"),
                    ..Call::default()
                })
                .unwrap();
            assert!(uri.path().ends_with(tail), "{uri}");
        }
    }
}

#[test]
fn h_12_queries_travel_as_they_are_in_every_provider() {
    let providers = Providers::known();
    let long = format!("a={}", "x".repeat(32 * 1024));
    for provider in providers.iter() {
        let tail = format!("{}x", accepted(provider));
        for query in [
            "",
            "a=b&a=b",
            "alt=sse",
            "a;b=c?d",
            "q=%2e%2e/%23",
            "=&&=",
            &long,
        ] {
            let uri = provider
                .target_of(&Call {
                    account: Some("0123456789abcdef0123456789abcdef"),
                    tail: &tail,
                    query: Some(query),
                    headers: None,
                })
                .unwrap();
            assert_eq!(uri.query(), Some(query), "{}", provider.slug());
        }
    }
}
