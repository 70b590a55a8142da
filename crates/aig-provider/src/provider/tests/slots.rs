//! What may stand in the slots of a base, and what may not.

use http::HeaderMap;

use super::*;

/// None of these may become a part of a host.
fn never() -> Vec<String> {
    let mut never: Vec<String> = [
        "evil.com",
        "x.evil.com",
        "a@b",
        "a:b",
        "a%2eb",
        "a%2Fb",
        "a\\b",
        "evil。com",
        "ａ",
        "é",
        "A",
        "a_b",
        "a~",
        "a;b",
        "a&b",
        "{region}",
        "a b",
        "a\tb",
        "a\u{ad}b",
        "%00",
        "a%0d%0ab",
        "",
        "x.evil.com#",
        "a?b",
        "..",
        ".",
        "%2e%2e",
    ]
    .map(str::to_owned)
    .into();
    never.push("a".repeat(64));
    never.push("a".repeat(300));
    never
}

#[test]
fn n_11_slots_are_one_label_of_a_host_or_the_request_is_refused() {
    let providers = Providers::known();
    for (slug, name, tail) in [
        ("azure-openai", "resource", "{}/dep/chat/completions"),
        ("azure-openai", "resource", "{}/openai/v1/responses"),
        (
            "aws-bedrock",
            "region",
            "bedrock-runtime/{}/model/m/converse",
        ),
        (
            "aws-bedrock",
            "region",
            "bedrock-mantle/{}/anthropic/v1/messages",
        ),
        ("aws-bedrock", "service", "{}/us-east-1/model/m/converse"),
        (
            "google-vertex-ai",
            "region",
            "v1/projects/p/locations/{}/publishers/google/models/m:x",
        ),
        ("google-vertex-ai", "region", "projects/p/locations/{}"),
        ("baseten", "model", "model/{}/production/predict"),
        ("baseten", "model", "model/{}"),
    ] {
        let provider = providers.get(slug).unwrap();
        // In front of a tail slashes are dropped, so an empty value there is none at all.
        let at_front = tail.starts_with("{}");
        for value in never()
            .into_iter()
            .filter(|value| !(at_front && value.is_empty()))
        {
            let refused = provider.target(&tail.replace("{}", &value), None);
            let refused = refused.expect_err(&value);
            // What is refused already as a tail has its own reason.
            let before = matches!(refused, BadTail::DotSegment | BadTail::Byte(_));
            assert!(
                before || refused == BadTail::Slot(name),
                "{slug} {value}: {refused:?}"
            );
            assert_eq!(
                before,
                tail::check(value.as_bytes()).is_err(),
                "{slug} {value}"
            );
        }
        // A slash inside the value ends it, and the host is still the provider's own.
        if let Ok(uri) = provider.target(&tail.replace("{}", "a/evil.com"), None) {
            let host = uri.host().unwrap();
            let ours = [
                "openai.azure.com",
                "amazonaws.com",
                "api.aws",
                "googleapis.com",
                "baseten.co",
            ];
            assert!(ours.iter().any(|domain| host.ends_with(domain)), "{host}");
            assert!(!host.contains("evil"), "{host}");
        }
    }
}

#[test]
fn n_11_the_account_is_a_slot_like_the_others() {
    let providers = Providers::known();
    let workers_ai = providers.get("workers-ai").unwrap();
    let to = |account: Option<&str>| {
        workers_ai.target_of(&Call {
            account,
            tail: "@cf/a/b",
            ..Call::default()
        })
    };
    assert!(to(Some("0123456789abcdef0123456789abcdef")).is_ok());
    assert_eq!(to(None), Err(BadTail::Slot("account")));
    for value in never() {
        assert_eq!(to(Some(&value)), Err(BadTail::Slot("account")), "{value}");
    }
}

#[test]
fn only_bedrocks_own_services_are_reached() {
    let providers = Providers::known();
    let bedrock = providers.get("aws-bedrock").unwrap();
    for service in [
        "s3",
        "sts",
        "iam",
        "bedrock",
        "bedrock-agent",
        "Bedrock-Runtime",
    ] {
        let refused = bedrock.target(&format!("{service}/us-east-1/x"), None);
        assert_eq!(refused, Err(BadTail::Slot("service")), "{service}");
    }
}

#[test]
fn deployments_are_segments_of_a_path_not_labels() {
    let providers = Providers::known();
    let azure = providers.get("azure-openai").unwrap();
    for name in ["GPT-4o_Mini", "gpt.4.1", "a%20b", "ü%c3", "a:b@c"] {
        let uri = azure.target(&format!("res/{name}/chat"), None).unwrap();
        assert_eq!(uri.host(), Some("res.openai.azure.com"));
        assert!(uri.path().ends_with(&format!("/{name}/chat")), "{uri}");
    }
    assert_eq!(
        azure.target("res//chat", None),
        Err(BadTail::Slot("deployment"))
    );
    assert_eq!(azure.target("res", None), Err(BadTail::Slot("deployment")));
    assert_eq!(azure.target("res/../chat", None), Err(BadTail::DotSegment));
}

fn fal(providers: &Providers, tail: &str, query: Option<&str>, url: &str) -> Result<Uri, BadTail> {
    let mut headers = HeaderMap::new();
    headers.insert("x-fal-target-url", url.parse().unwrap());
    providers.get("fal").unwrap().target_of(&Call {
        tail,
        query,
        headers: Some(&headers),
        account: None,
    })
}

#[test]
fn the_header_of_fal_names_hosts_of_fal_alone() {
    let providers = Providers::known();
    for url in [
        "https://fal.run/fal-ai/fast-sdxl",
        "https://queue.fal.run/fal-ai/fast-sdxl?fal_webhook=https://x/%20",
        "https://rest.alpha.fal.ai/storage/upload/initiate?a=b",
        "https://queue.fal.run/",
    ] {
        for tail in ["", "/"] {
            assert_eq!(fal(&providers, tail, None, url).unwrap().to_string(), url);
        }
    }
    for url in [
        "http://fal.run/x",
        "https://evil.example/x",
        "https://fal.run.evil.example/x",
        "https://evilfal.run/x",
        "https://fal.run@evil.example/x",
        "https://evil.example/@fal.run",
        "https://evil.example#.fal.run",
        "https://evil.example\\.fal.run/",
        "https://fal.run:8443/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://.fal.run/x",
        "https://a..fal.run/x",
        "https://FAL.run/x",
        "https:///fal.run",
        "https:fal.run",
        "//fal.run/x",
        "fal.run",
        "",
        &format!("https://{}.fal.run/", "a.".repeat(200)),
    ] {
        assert_eq!(
            fal(&providers, "", None, url),
            Err(BadTail::ForeignTarget),
            "{url}"
        );
    }
    assert_eq!(
        fal(&providers, "", None, "https://fal.run/../x"),
        Err(BadTail::DotSegment)
    );
    assert_eq!(
        fal(&providers, "", None, "https://fal.run/a#b"),
        Err(BadTail::Byte(b'#'))
    );
    assert_eq!(
        fal(&providers, "", None, "https://fal.run/a<"),
        Err(BadTail::Byte(b'<'))
    );
}

#[test]
fn the_header_of_fal_has_no_say_beside_a_path_or_for_another_base() {
    let providers = Providers::known();
    let uri = fal(
        &providers,
        "fal-ai/x",
        Some("a=b"),
        "https://queue.fal.run/y",
    )
    .unwrap();
    assert_eq!(uri.to_string(), "https://fal.run/fal-ai/x?a=b");
    let own = providers
        .with_override("fal", "http://127.0.0.1:9/{host}")
        .unwrap();
    let uri = fal(&own, "", None, "https://queue.fal.run/y?z").unwrap();
    assert_eq!(uri.to_string(), "http://127.0.0.1:9/queue.fal.run/y?z");
    let own = own.with_override("fal", "http://127.0.0.1:9").unwrap();
    let uri = fal(&own, "", None, "https://queue.fal.run/y?z").unwrap();
    assert_eq!(uri.to_string(), "http://127.0.0.1:9/y?z");
    // Every other provider is deaf to it.
    let mut headers = HeaderMap::new();
    headers.insert("x-fal-target-url", "https://fal.run/x".parse().unwrap());
    let uri = own.get("openai").unwrap().target_of(&Call {
        headers: Some(&headers),
        ..Call::default()
    });
    assert_eq!(uri.unwrap().host(), Some("api.openai.com"));
}
