//! The words of the real dropshot, and what becomes of them.

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};

use super::*;
use crate::testing::{Answer, Rig, gateways, request};

/// Sends what is wrong and checks what every such answer has.
async fn refused(rig: &Rig, token: &str, method: Method, path: &str, body: &str) -> Answer {
    let answer = rig.call(token, method, path, body.to_owned()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}");
    assert_eq!(answer.code(), 7001);
    assert!(answer.is_enveloped(), "{answer:?}");
    answer
}

#[tokio::test]
async fn a_bad_body_is_named_by_its_field() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(256));
    for (body, path, message) in [
        (r#"{"name":7}"#, "body.name", "name must be a string, not 7"),
        (
            r#"{"name":""}"#,
            "body.name",
            "name must have 1 to 255 characters",
        ),
        (
            long.as_str(),
            "body.name",
            "name must have 1 to 255 characters, not 256",
        ),
        (
            r#"{"name":null}"#,
            "body.name",
            "name must be a string, not null",
        ),
        (
            r#"{"id":"A B"}"#,
            "body.id",
            "id must match ^[a-z0-9_]+(?:-[a-z0-9_]+)*$",
        ),
        (r#"{"id":""}"#, "body.id", "id must have 1 to 64 characters"),
        (
            r#"{"name":"n","cache_ttl":-1}"#,
            "body.cache_ttl",
            "cache_ttl must be an integer from 0 to 2147483647, not -1",
        ),
        (
            r#"{"name":"n","cache_ttl":1.5}"#,
            "body.cache_ttl",
            "cache_ttl must be an integer from 0 to 2147483647, not 1.5",
        ),
        (
            r#"{"name":"n","cache_ttl":1e30}"#,
            "body.cache_ttl",
            "cache_ttl must be an integer from 0 to 2147483647, \
             not 1000000000000000000000000000000",
        ),
        (
            r#"{"name":"n","cache_ttl":"10"}"#,
            "body.cache_ttl",
            "cache_ttl must be an integer from 0 to 2147483647, not \"10\"",
        ),
        (
            r#"{"name":"n","log_enabled":1}"#,
            "body.log_enabled",
            "log_enabled must be a boolean, not 1",
        ),
        (
            r#"{"name":"n","name":"m"}"#,
            "body.name",
            "name must be given only once",
        ),
        ("[]", "body", "the body must be an object, not a list"),
        ("7", "body", "the body must be an object, not 7"),
        (
            "",
            "body",
            "the body must be a JSON object, and it is empty",
        ),
        (
            "{",
            "body",
            "the body is not JSON: EOF while parsing an object (line 1, column 1)",
        ),
        (
            "{\"name\":\n\"n\"} x",
            "body",
            "the body is not JSON: trailing characters (line 2, column 6)",
        ),
    ] {
        let answer = refused(&rig, &token, Method::POST, &gateways(account), body).await;
        assert_eq!(
            (&*answer.path(), &*answer.message()),
            (path, message),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_nested_without_end_is_refused_and_not_followed() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let body = format!(
        r#"{{"name":"n","x":{}"#,
        "[".repeat(100_000) + &"]".repeat(100_000) + "}"
    );
    let answer = refused(&rig, &token, Method::POST, &gateways(account), &body).await;
    assert!(
        answer.message().contains("recursion limit"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_bad_query_is_named_by_its_parameter() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    for (query, path, part) in [
        (
            "page=0",
            "query.page",
            "page must be an integer from 1 to 2147483647, not 0",
        ),
        ("page=-62149", "query.page", "not -62149"),
        ("page=x", "query.page", "not \"x\""),
        ("page=", "query.page", "page must be an integer"),
        (
            "per_page=0",
            "query.per_page",
            "per_page must be an integer",
        ),
        (
            "page=99999999999999999999",
            "query.page",
            "page must be an integer",
        ),
        (
            "page=1&page=2",
            "query.page",
            "page must be given only once",
        ),
    ] {
        for list in [list.clone(), format!("{list}/default/logs")] {
            let target = format!("{list}?{query}");
            let answer = refused(&rig, &token, Method::GET, &target, "").await;
            assert_eq!(answer.path(), path, "{query}: {}", answer.message());
            assert!(
                answer.message().contains(part),
                "{query}: {}",
                answer.message()
            );
        }
    }
}

#[tokio::test]
async fn a_content_type_that_is_not_json_is_said_to_be_at_fault() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let mut wrong = request(&token, Method::POST, &gateways(account), r#"{"name":"n"}"#);
        wrong
            .headers_mut()
            .insert(CONTENT_TYPE, kind.parse().unwrap());
        let answer = rig.send(wrong).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, 7001),
            "{kind}"
        );
        assert_eq!(
            answer.path(),
            "header.content-type",
            "{kind}: {}",
            answer.message()
        );
    }
    let mut right = request(&token, Method::POST, &gateways(account), r#"{"name":"n"}"#);
    let json = "Application/JSON; charset=utf-8".parse().unwrap();
    right.headers_mut().insert(CONTENT_TYPE, json);
    assert_eq!(rig.send(right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_path_that_dropshot_cannot_read_names_nothing() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let absent = rig
        .call(
            &token,
            Method::GET,
            &format!("{}/absent", gateways(account)),
            "",
        )
        .await;
    for gateway in [
        "..",
        ".",
        "%2e%2e",
        "%ff",
        "%",
        "%zz",
        "%00",
        "a%20b",
        "..;",
        "default%00",
    ] {
        let path = format!("{}/{gateway}", gateways(account));
        assert_eq!(
            rig.call(&token, Method::GET, &path, "").await,
            absent,
            "{gateway}"
        );
    }
}

#[test]
fn every_status_has_an_answer() {
    let said = |status, message: &str| {
        let body = serde_json::json!({"request_id": "x", "message": message}).to_string();
        answer(status, body.as_bytes(), 7).status()
    };
    let exceeded = "request body exceeded maximum size of 7 bytes";
    assert_eq!(
        said(StatusCode::BAD_REQUEST, exceeded),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        said(StatusCode::NOT_FOUND, "Not Found"),
        StatusCode::NOT_FOUND
    );
    let internal = StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(said(internal, "Internal Server Error"), internal);
    assert_eq!(said(StatusCode::IM_A_TEAPOT, "?"), internal);
    assert_eq!(answer(internal, b"not json", 7).status(), internal);
}

#[test]
fn long_messages_are_shortened_between_characters() {
    let fault = fault(&"ü".repeat(10_000));
    assert_eq!(fault.message.chars().count(), LONGEST + 1);
    assert!(fault.message.ends_with("ü…"));
}
