//! Which key a request goes with, and where it stands.

use aig_provider::Providers;

use super::*;

fn key(provider: &str, alias: &str, is_default: bool) -> StoredKey {
    StoredKey {
        id: alias.into(),
        version: 1,
        provider: provider.into(),
        alias: alias.into(),
        is_default,
        limit: KeyLimit::default(),
        secret: Some(Arc::new(Secret::new(format!("sk-{provider}-{alias}")))),
    }
}

fn sent(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    pairs.collect()
}

/// The alias that is lent to a request with these headers.
fn lent(
    keys: &[StoredKey],
    headers: &[(&'static str, &'static str)],
    by_alias: bool,
) -> Result<Option<String>, NoCredential> {
    let providers = Providers::known();
    let lender = Lender::of(keys.into(), &Own::of(&sent(headers)), by_alias, false);
    let lent = lender.lend(providers.get("openai").unwrap(), &Wanted::default())?;
    Ok(lent.map(|key| key.alias.clone()))
}

#[test]
fn without_a_word_the_marked_key_is_lent_then_the_one_called_default() {
    let none = Ok(None);
    assert_eq!(lent(&[], &[], true), none);
    assert_eq!(lent(&[key("openai", "a", false)], &[], true), none);
    assert_eq!(lent(&[key("groq", "default", true)], &[], true), none);
    let both = [key("openai", "default", false), key("openai", "a", true)];
    assert_eq!(lent(&both[..1], &[], true), Ok(Some("default".into())));
    assert_eq!(lent(&both, &[], true), Ok(Some("a".into())));
    assert_eq!(lent(&both, &[(ALIAS, " ")], true), Ok(Some("a".into())));
}

#[test]
fn an_alias_names_the_key_and_an_unknown_one_is_refused_with_those_that_are() {
    let keys = [
        key("openai", "default", true),
        key("openai", "prod", false),
        key("groq", "other", false),
    ];
    assert_eq!(
        lent(&keys, &[(ALIAS, "prod")], true),
        Ok(Some("prod".into()))
    );
    let told = lent(&keys, &[(ALIAS, "other")], true)
        .unwrap_err()
        .to_string();
    let expected = "provider 'openai' has no stored key named 'other'; \
                    configured aliases: default, prod";
    assert_eq!(told, expected);
    let told = lent(&[], &[(ALIAS, "x")], true).unwrap_err().to_string();
    assert!(told.ends_with("configured aliases: none"), "{told}");
}

#[test]
fn on_the_api_host_the_alias_default_alone_counts() {
    let keys = [key("openai", "default", false), key("openai", "prod", true)];
    let asked = [(ALIAS, "prod")];
    assert_eq!(lent(&keys, &asked, false), Ok(Some("default".into())));
    assert_eq!(lent(&keys[1..], &asked, false), Ok(None));
}

#[test]
fn a_gateway_or_a_request_can_refuse_to_go_without_but_for_workers_ai() {
    let providers = Providers::known();
    let (openai, workers) = ("openai", WORKERS_AI);
    for (headers, byok_only) in [(sent(&[]), true), (sent(&[(NO_WHOLESALE, "true")]), false)] {
        let lender = Lender::of(Arc::new([]), &Own::of(&headers), true, byok_only);
        let refused = lender.lend(providers.get(openai).unwrap(), &Wanted::default());
        assert!(matches!(refused, Err(NoCredential::Required { .. })));
        let exempt = lender.lend(providers.get(workers).unwrap(), &Wanted::default());
        assert!(matches!(exempt, Ok(None)));
    }
    let lender = Lender::of(Arc::new([]), &Own::of(&sent(&[])), true, false);
    let step = Wanted::of(&Own::of(&sent(&[(NO_WHOLESALE, "true")])));
    assert!(lender.lend(providers.get(openai).unwrap(), &step).is_err());
}

#[test]
fn a_key_stands_where_its_provider_looks_and_nothing_of_the_callers_beside_it() {
    for (provider, name, value) in [
        ("openai", "authorization", "Bearer sk"),
        ("anthropic", "x-api-key", "sk"),
        ("google-ai-studio", "x-goog-api-key", "sk"),
        ("azure-openai", "api-key", "sk"),
        ("aws-bedrock", "authorization", "Bearer sk"),
        ("elevenlabs", "xi-api-key", "sk"),
        ("deepgram", "authorization", "Token sk"),
        ("fal", "authorization", "Key sk"),
    ] {
        let providers = Providers::known();
        let provider = providers
            .get(provider)
            .unwrap_or_else(|| panic!("{provider}"));
        let mut headers: HeaderMap = (provider.credential_headers().iter())
            .map(|name| (name.clone(), HeaderValue::from_static("the caller's")))
            .collect();
        let mut stored = key(provider.slug(), "default", true);
        stored.secret = Some(Arc::new(Secret::new("sk".into())));
        let lent = put(&mut headers, provider, "", &stored).unwrap();
        assert!(matches!(lent.manner, Manner::Stands));
        assert_eq!(headers.len(), 1, "{headers:?}");
        assert_eq!(headers[name], value);
        assert!(headers[name].is_sensitive());
        stored.secret = None;
        assert_eq!(
            put(&mut headers, provider, "", &stored).map(|_| ()),
            Err(NoCredential::Unusable)
        );
    }
}

/// Every row of the table: what callers could send for a key goes, and one stands where it belongs.
#[test]
fn of_every_provider_nothing_of_the_callers_stays_beside_a_stored_key() {
    for provider in Providers::known().iter() {
        let names = provider.credential_headers();
        let callers = names.iter().flat_map(|name| {
            let twice = ["Bearer caller-1", "caller-2"].map(HeaderValue::from_static);
            twice.map(|value| (name.clone(), value))
        });
        let mut headers: HeaderMap = HeaderMap::new();
        for (name, value) in callers {
            headers.append(name, value);
        }
        let mut stored = key(provider.slug(), "default", true);
        stored.secret = Some(Arc::new(Secret::new("sk-stored".into())));
        put(&mut headers, provider, "", &stored).unwrap();
        assert_eq!(headers.len(), 1, "{}: {headers:?}", provider.slug());
        let told = headers[&names[0]].to_str().unwrap();
        assert!(
            told.ends_with("sk-stored") && !told.contains("caller"),
            "{told}"
        );
        if let Some(name) = provider.credential_parameter() {
            let query = format!("a=b&{name}=&{name}");
            let kept = without_empty_key(provider, query.into());
            assert_eq!(kept.as_deref(), Some("a=b"));
        }
    }
}

const AWS: &str = r#"{"accessKeyId":"AKIDEXAMPLE","secretAccessKey":"canary-secret",
    "region":"us-east-1","sessionToken":"canary-session"}"#;

#[test]
fn a_document_of_aws_signs_for_what_the_path_names() {
    let providers = Providers::known();
    let bedrock = providers.get("aws-bedrock").unwrap();
    let mut stored = key("aws-bedrock", "default", true);
    stored.secret = Some(Arc::new(Secret::new(AWS.into())));
    let mut headers = sent(&[("x-amz-security-token", ""), ("authorization", "")]);
    let tail = "bedrock-runtime/eu-west-1/model/m/converse";
    let lent = put(&mut headers, bedrock, tail, &stored).unwrap();
    assert!(lent.signs() && lent.mask.is_some() && headers.is_empty());
    let nowhere = put(&mut headers, bedrock, "elsewhere/x", &stored).map(|_| ());
    assert_eq!(nowhere, Err(NoCredential::Unusable));
    stored.secret = Some(Arc::new(Secret::new("{\"type\": 1}".into())));
    let broken = put(&mut headers, bedrock, tail, &stored).map(|_| ());
    assert_eq!(broken, Err(NoCredential::Unusable));
}

/// A panic shows what whoever wrote it thought harmless; all of this is.
#[test]
fn s_12_a_panic_that_shows_all_there_is_shows_no_key() {
    let providers = Providers::known();
    let bedrock = providers.get("aws-bedrock").unwrap();
    let message = |secret: &str| {
        let mut stored = key("aws-bedrock", "default", true);
        stored.secret = Some(Arc::new(Secret::new(secret.into())));
        let mut headers = HeaderMap::new();
        let tail = "bedrock-runtime/eu-west-1/model/m/converse";
        let lent = put(&mut headers, bedrock, tail, &stored).unwrap();
        let all = std::panic::AssertUnwindSafe((&stored, &headers, &lent));
        let caught = std::panic::catch_unwind(|| panic!("{:?}", *all));
        caught.unwrap_err().downcast::<String>().unwrap()
    };
    for secret in ["canary-secret-of-one-piece", AWS] {
        let message = message(secret);
        assert!(message.contains("aws-bedrock"), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn a_key_of_the_callers_is_one_that_says_something() {
    let providers = Providers::known();
    let own = |provider: &str, headers: &[(&'static str, &'static str)], query| {
        let provider = providers.get(provider).unwrap();
        has_own(provider, &sent(headers), &Tokens::default(), query)
    };
    assert!(own("anthropic", &[("x-api-key", "sk")], None));
    assert!(own("anthropic", &[("authorization", "Bearer sk")], None));
    assert!(!own("anthropic", &[("x-api-key", "")], None));
    assert!(!own("openai", &[("x-api-key", "sk")], None));
    assert!(own("google-ai-studio", &[], Some("alt=sse&key=k")));
    assert!(!own("google-ai-studio", &[], Some("alt=sse&key=&monkey=k")));
    let studio = providers.get("google-ai-studio").unwrap();
    let cut = |query: &'static str| without_empty_key(studio, query.into()).map(Cow::into_owned);
    assert_eq!(cut("alt=sse&key=&a=%20").as_deref(), Some("alt=sse&a=%20"));
    assert_eq!(cut("a&key=k").as_deref(), Some("a&key=k"));
    assert_eq!(cut("key="), None);
}
