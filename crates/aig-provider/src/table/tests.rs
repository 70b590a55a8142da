//! The table's rows, and what the configuration may do to them.

use super::*;

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
        let url = format!("{}://{}{}", row.scheme, row.authority, row.base_path);
        let base = Base::parse(&url).unwrap();
        assert_eq!(base.path, row.base_path);
        if let Version::InBase(segment) = &row.version {
            assert!(
                row.base_path.ends_with(&format!("/{segment}")),
                "{}",
                row.slug
            );
        }
        assert!(!row.credential_headers.is_empty(), "{}", row.slug);
        assert_eq!(providers.get(row.slug).unwrap().slug(), row.slug);
    }
}

#[test]
fn credentials_stand_where_each_wire_wants_them() {
    let providers = Providers::known();
    let headers = |slug: &str| providers.get(slug).unwrap().credential_headers();
    assert_eq!(headers("openai"), ["authorization"]);
    assert_eq!(headers("anthropic"), ["x-api-key", "authorization"]);
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
    let providers = Providers::known()
        .with_override("anthropic", "http://h")
        .unwrap();
    let anthropic = providers.get("anthropic").unwrap();
    assert_eq!(anthropic.wire(), Wire::Anthropic);
    assert_eq!(
        anthropic.credential_headers(),
        ["x-api-key", "authorization"]
    );
    assert_eq!(anthropic.authority(), "h");
    assert_eq!(anthropic.scheme(), &Scheme::HTTP);
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
