//! Signatures, against the examples of AWS's documentation and of its test suite.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Of no bytes at all.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const FORM: &str = "application/x-www-form-urlencoded";

fn keys(session: Option<&str>) -> AwsKeys {
    AwsKeys {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: Secret::new(SECRET.into()),
        region: "us-east-1".into(),
        session_token: session.map(|token| Secret::new(token.into())),
    }
}

/// 30 August 2015, 12:36:00.
fn then() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

fn signed(
    service: &'static str,
    (method, target): (Method, &str),
    content_type: Option<&'static str>,
    body: &str,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(kind) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let signer = Signer::new(&keys(None), (service, "us-east-1"));
    let target: Uri = target.parse().unwrap();
    signer
        .sign((&method, &target), &mut headers, body, then())
        .unwrap();
    headers
}

fn signature(headers: &HeaderMap) -> &str {
    let text = headers[header::AUTHORIZATION].to_str().unwrap();
    text.rsplit_once("Signature=").unwrap().1
}

/// "Signing AWS requests" of AWS's general reference.
#[test]
fn the_documented_example_has_the_documented_signature() {
    let headers = signed(
        "iam",
        (
            Method::GET,
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        ),
        Some("application/x-www-form-urlencoded; charset=utf-8"),
        EMPTY,
    );
    assert_eq!(
        headers[header::AUTHORIZATION],
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, \
         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    assert_eq!(headers["x-amz-date"], "20150830T123600Z");
    assert!(headers[header::AUTHORIZATION].is_sensitive());
}

/// `get-vanilla` and `post-x-www-form-urlencoded` of AWS's test suite for signatures.
#[test]
fn requests_of_the_test_suite_have_its_signatures() {
    let place = "https://example.amazonaws.com/";
    let vanilla = signed("service", (Method::GET, place), None, EMPTY);
    assert_eq!(
        signature(&vanilla),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
    // Of `Param1=value1`.
    let body = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
    let posted = signed("service", (Method::POST, place), Some(FORM), body);
    assert_eq!(
        signature(&posted),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    );
}

#[test]
fn a_former_signature_is_replaced_and_a_session_token_goes_along() {
    let mut headers = HeaderMap::new();
    for name in &FORMER {
        headers.insert(name, HeaderValue::from_static("the caller's"));
    }
    headers.insert("x-amzn-bedrock-trace", HeaderValue::from_static("ENABLED"));
    headers.insert("user-agent", HeaderValue::from_static("sdk"));
    headers.insert("x-amz-meta", HeaderValue::from_static("signed too"));
    let signer = Signer::new(&keys(Some("session")), ("bedrock", "us-east-1"));
    let target = "https://h.example/model/a:0/converse".parse().unwrap();
    signer
        .sign((&Method::POST, &target), &mut headers, EMPTY, then())
        .unwrap();
    assert_eq!(headers["x-amz-security-token"], "session");
    assert!(headers["x-amz-security-token"].is_sensitive());
    assert_eq!(headers["x-amz-date"], "20150830T123600Z");
    assert!(!headers.contains_key("x-amz-content-sha256"));
    let told = headers[header::AUTHORIZATION].to_str().unwrap();
    let list = "SignedHeaders=host;x-amz-date;x-amz-meta;x-amz-security-token,";
    assert!(told.contains(list), "{told}");
}

/// Whoever formats a signer, in a panic or a log, shows nothing of its key.
#[test]
fn s_12_a_signer_shows_nothing_of_its_key() {
    let signer = Signer::new(&keys(Some("canary-session")), ("bedrock", "r"));
    let shown = format!("{signer:?}");
    assert!(
        !shown.contains(SECRET) && !shown.contains("canary"),
        "{shown}"
    );
}
