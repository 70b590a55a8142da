//! What a client signed, and chunks inside frames.

use super::*;

#[test]
fn signed_headers_are_known_by_their_names() {
    let mut headers = HeaderMap::new();
    let name = |name: &str| name.parse::<HeaderName>().unwrap();
    assert!(!signed(&headers, &name("host")));
    for (value, listed) in [
        (
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=accept-encoding;content-type;host;x-amz-date, Signature=ab",
            true,
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AKID,SignedHeaders=accept-encoding,Signature=ab",
            true,
        ),
        (
            "AWS4-ECDSA-P256-SHA256 SignedHeaders=host;accept-encoding Signature=ab",
            true,
        ),
        (
            "AWS4-HMAC-SHA256 SignedHeaders=host;x-accept-encoding, Signature=ab",
            false,
        ),
        ("AWS4-HMAC-SHA256 Signature=ab", false),
        ("Bearer SignedHeaders=accept-encoding", false),
    ] {
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        assert_eq!(
            signed(&headers, &name("accept-encoding")),
            listed,
            "{value}"
        );
        assert!(!signed(&headers, &name("user-agent")), "{value}");
    }
}

#[test]
fn a_chunk_inside_a_chunk_is_not_followed() {
    let mut tally = Tally::new(FIELDS);
    // {"bytes":"eyJ1c2FnZSI6e319"} inside a chunk that names bytes again.
    let mut document = Scanner::new(&ANSWER);
    document.feed(br#"{"bytes":"eyJieXRlcyI6ImV5SjFjMkZuWlNJNmUzMTkifQ=="}"#);
    take(&document, Some(b"chunk"), &mut tally);
    assert_eq!(
        (
            tally.counts.usage().tokens_in,
            tally.finished,
            tally.error_event
        ),
        (None, false, false)
    );
}

#[test]
fn base64_is_undone() {
    for (coded, plain) in [
        ("", ""),
        ("YQ==", "a"),
        ("YWI=", "ab"),
        ("YWJj", "abc"),
        // JSON may escape the slash; the backslash is passed over.
        ("Lz8\\/", "/??"),
    ] {
        assert_eq!(decoded(coded.as_bytes()), plain.as_bytes(), "{coded}");
    }
}

#[test]
fn the_path_says_what_a_request_is_signed_for() {
    let scope = |tail| signing_scope(tail);
    assert_eq!(
        scope("bedrock-runtime/eu-west-1/model/m/converse"),
        Some(("bedrock", "eu-west-1"))
    );
    assert_eq!(
        scope("/bedrock-mantle/us-east-1/anthropic/v1/messages"),
        Some(("bedrock-mantle", "us-east-1"))
    );
    for tail in [
        "",
        "bedrock-runtime",
        "s3/eu-west-1/x",
        "bedrock-runtime/a.b/x",
    ] {
        assert_eq!(scope(tail), None, "{tail}");
    }
}
