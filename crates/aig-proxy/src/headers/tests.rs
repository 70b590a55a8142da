//! What passes and what does not.

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_static(value));
    }
    map
}

/// The names, sorted: the order of different headers says nothing, and is the map's own affair.
fn names(map: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn h_14_h_15_the_provider_sees_only_what_is_meant_for_it() {
    let mut map = headers(&[
        ("host", "gateway"),
        ("connection", "keep-alive, X-Nominated, authorization"),
        ("x-nominated", "1"),
        ("keep-alive", "1"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("cf-aig-authorization", "Bearer t"),
        ("cf-aig-metadata", "{}"),
        ("cf-skip-cache", "true"),
        ("x-forwarded-for", "1.2.3.4"),
        ("cf-connecting-ip", "1.2.3.4"),
        ("true-client-ip", "1.2.3.4"),
        ("cf-access-jwt-assertion", "j"),
        ("cookie", "session=1"),
        ("baggage", "a=b"),
        ("expect", "100-continue"),
        ("x-api-key", "k"),
        ("x-stainless-lang", "python"),
        ("content-type", "application/json"),
        ("x-unknown", "\u{7f}".trim_matches('\u{7f}')),
    ]);
    for_provider(&mut map);
    assert_eq!(
        names(&map),
        ["content-type", "x-api-key", "x-stainless-lang", "x-unknown"]
    );
}

#[test]
fn h_14_h_15_a_provider_cannot_speak_for_the_gateway() {
    let mut map = headers(&[
        ("cf-aig-log-id", "forged"),
        ("connection", "close"),
        ("set-cookie", "a=b"),
        ("alt-svc", "h3"),
        ("strict-transport-security", "max-age=1"),
        ("server-timing", "a"),
        ("x-should-retry", "false"),
        ("retry-after", "1"),
    ]);
    for_caller(&mut map);
    assert_eq!(names(&map), ["retry-after", "x-should-retry"]);
}

#[test]
fn h_16_underscores_make_no_way_around() {
    let mut map = headers(&[
        ("x_forwarded_for", "1.2.3.4"),
        ("cf_aig_authorization", "Bearer t"),
        ("cf-aig_metadata", "{}"),
        ("transfer_encoding", "chunked"),
        ("content_length", "5"),
        ("true_client-ip", "1.2.3.4"),
        ("x_own", "1"),
    ]);
    for_provider(&mut map);
    assert_eq!(names(&map), ["x_own"]);
}

#[test]
fn chunks_win_over_a_length() {
    let mut map = headers(&[("content-length", "5"), ("transfer-encoding", "chunked")]);
    for_caller(&mut map);
    assert!(map.is_empty());
}

#[test]
fn values_are_removed_one_by_one() {
    let mut map = headers(&[("authorization", "a"), ("authorization", "b")]);
    remove_values(&mut map, &header::AUTHORIZATION, |value| value == "a");
    assert_eq!(
        map.get_all("authorization").iter().collect::<Vec<_>>(),
        ["b"]
    );
}

#[test]
fn switches_are_true_false_or_not_there() {
    let map = headers(&[
        ("cf-aig-a", "TRUE"),
        ("cf-aig-b", "false"),
        ("cf-aig-c", "yes"),
    ]);
    let own = Own::of(&map);
    let read = ["cf-aig-a", "cf-aig-b", "cf-aig-c", "cf-aig-d"].map(|name| own.switch(name));
    assert_eq!(read, [Some(true), Some(false), None, None]);
}

#[test]
fn the_first_of_several_values_is_the_one_that_is_said() {
    let map = headers(&[
        ("cf-aig-cache-key", "first"),
        ("x-other", "none of ours"),
        ("cf-aig-cache-key", "second"),
        ("cf-skip-cache", "true"),
    ]);
    let own = Own::of(&map);
    assert_eq!(own.text("cf-aig-cache-key"), Some("first"));
    assert_eq!(own.switch("cf-skip-cache"), Some(true));
    assert_eq!(own.get("cf-aig-cache-ttl"), None);
}
