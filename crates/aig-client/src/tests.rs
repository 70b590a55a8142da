//! What a client made with a token is like; that it speaks the contract is shown by
//! the integration tests, which drive every operation with it.

use super::{Client, ClientInfo, Unusable, is_loopback};

#[test]
fn a_base_url_may_end_in_a_slash() {
    for base in [
        "http://127.0.0.1:1/client/v4",
        "http://127.0.0.1:1/client/v4/",
    ] {
        let client = Client::with_token(base, "token").expect("a client");
        assert_eq!(client.baseurl(), "http://127.0.0.1:1/client/v4");
    }
}

#[test]
fn a_token_that_no_header_holds_is_refused_without_repeating_it() {
    let refused = Client::with_token("http://127.0.0.1:1", "two\nlines").expect_err("no header");
    assert!(matches!(refused, Unusable::Token));
    assert!(!refused.to_string().contains("two"));
}

#[test]
fn the_token_does_not_show() {
    let client = Client::with_token("http://127.0.0.1:1", "a-secret-token").expect("a client");
    assert!(!format!("{client:?}").contains("a-secret-token"));
}

#[test]
fn loopback_hosts_are_told_from_others() {
    for url in [
        "http://127.0.0.1:8787/client/v4",
        "http://127.9.9.9",
        "http://localhost:1/",
        "http://LOCALHOST.",
        "https://[::1]:8787",
        "http://[::ffff:127.0.0.1]/",
    ] {
        assert!(is_loopback(url), "{url}");
    }
    for url in [
        "https://api.cloudflare.com/client/v4",
        "http://localhost.example/",
        "http://127.0.0.1.example/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "http://user@example/127.0.0.1",
        "not a url",
    ] {
        assert!(!is_loopback(url), "{url}");
    }
}
