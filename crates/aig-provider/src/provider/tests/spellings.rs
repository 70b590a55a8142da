//! Every spelling of a path that clients and documentation are known to use, from the lists in `data/`.

use super::*;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// The lines of a list: what stands in front of the arrow, and behind it.
fn lines(list: &str) -> Vec<(&str, String)> {
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(" -> ").unwrap_or_else(|| panic!("{line}")))
        .map(|(before, wanted)| (before, wanted.replace("ACCOUNT", ACCOUNT)))
        .collect()
}

fn spellings() -> Vec<(&'static str, String)> {
    lines(include_str!("../../../data/paths.txt"))
}

fn reached(provider: &Provider, tail: &str, query: Option<&str>) -> Result<String, BadTail> {
    let uri = provider.target_of(&Call {
        account: Some(ACCOUNT),
        tail,
        query,
        headers: None,
    });
    uri.map(|uri| uri.to_string())
}

#[test]
fn every_spelling_reaches_its_place() {
    let providers = Providers::known();
    for (path, wanted) in spellings() {
        let (slug, tail) = path.split_once('/').unwrap();
        let provider = providers
            .get(slug)
            .unwrap_or_else(|| panic!("no provider {slug}"));
        for query in [None, Some("api-version=1")] {
            let wanted = match query {
                Some(query) => format!("{wanted}?{query}"),
                None => wanted.clone(),
            };
            assert_eq!(reached(provider, tail, query), Ok(wanted), "{path}");
        }
    }
}

#[test]
fn every_provider_is_among_them() {
    let spellings = spellings();
    for provider in Providers::known().iter() {
        let slug = provider.slug();
        let named = spellings
            .iter()
            .any(|(path, _)| path.split('/').next() == Some(slug));
        assert!(named, "no path of {slug}");
    }
}

#[test]
fn another_base_keeps_the_spellings() {
    let list = lines(include_str!("../../../data/paths-below-another-base.txt"));
    assert!(!list.is_empty());
    for (before, wanted) in list {
        let (slug, rest) = before.split_once(" = ").unwrap();
        let (base, tail) = rest.split_once(" : ").unwrap();
        let providers = Providers::known().with_override(slug, base).unwrap();
        let provider = providers.get(slug).unwrap();
        assert_eq!(reached(provider, tail, None), Ok(wanted), "{before}");
    }
}
