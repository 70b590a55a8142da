//! The door of the API: what is no token, methods, paths and bodies. Who may reach what is left to
//! `control_matrix`.

use aig_testkit::House;
use http::{Method, StatusCode};
use serde_json::{Value, json};

struct Seen {
    status: StatusCode,
    headers: Vec<String>,
    body: String,
}

async fn send(house: &House, method: &Method, url: &str, token: Option<&str>) -> Seen {
    let mut request = house.http().request(method.clone(), url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if matches!(*method, Method::POST | Method::PUT) {
        request = request.json(&json!({"name": "x"}));
    }
    let answer = request.send().await.unwrap();
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date" && *name != "x-request-id")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    Seen {
        status: answer.status(),
        headers,
        body: answer.text().await.unwrap(),
    }
}

fn code(seen: &Seen) -> u64 {
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    body["errors"][0]["code"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_not_a_token_is_401() {
    let house = House::start().await;
    let url = house.gateways_url("");
    let digest = house.running().identity().digest(house.token_text());
    let hex: String = digest.0.iter().map(|b| format!("{b:02x}")).collect();
    let mut wrong = house.token().to_owned();
    wrong.replace_range(10..11, if &wrong[10..11] == "0" { "1" } else { "0" });
    for token in ["", "x", &hex, &wrong, "' OR 1=1 --", &"a".repeat(10_000)] {
        let seen = send(&house, &Method::GET, &url, Some(token)).await;
        assert_eq!(
            (seen.status.as_u16(), code(&seen)),
            (401, 10000),
            "{token:.40}"
        );
    }
}

#[tokio::test]
async fn other_methods_are_405_with_allow_and_other_paths_404() {
    let house = House::start().await;
    for (method, path, allow) in [
        (Method::PATCH, "", "GET, POST"),
        (Method::DELETE, "", "GET, POST"),
        (Method::HEAD, "", "GET, POST"),
        (Method::POST, "/default", "DELETE, GET, PUT"),
        (Method::POST, "/default/logs", "DELETE, GET"),
    ] {
        let seen = send(
            &house,
            &method,
            &house.gateways_url(path),
            Some(house.token()),
        )
        .await;
        assert_eq!(seen.status.as_u16(), 405, "{method} {path}");
        let header = seen
            .headers
            .iter()
            .find_map(|h| h.strip_prefix("allow: "))
            .unwrap();
        let mut methods: Vec<_> = header.trim_matches('"').split(", ").collect();
        methods.sort_unstable();
        assert_eq!(methods.join(", "), allow, "{method} {path}");
    }
    for path in [
        "/default/nothing",
        "/default/",
        "//default",
        "/default/logs/x/y",
    ] {
        let seen = send(
            &house,
            &Method::GET,
            &house.gateways_url(path),
            Some(house.token()),
        )
        .await;
        assert_eq!(seen.status.as_u16(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_early() {
    let house = House::start().await;
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    let answer = house
        .http()
        .post(house.gateways_url(""))
        .bearer_auth(house.token())
        .header("content-type", "application/json")
        .body(long)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["success"], false);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let house = House::start().await;
    for (content_type, body) in [
        ("application/json", "{\"name\": \"x\""),
        ("application/json", ""),
        ("application/json", "[]"),
        ("text/plain", "{\"name\": \"x\"}"),
        ("application/x-www-form-urlencoded", "name=x"),
    ] {
        let answer = house
            .http()
            .post(house.gateways_url(""))
            .bearer_auth(house.token())
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(
            matches!(answer.status().as_u16(), 400 | 415),
            "{content_type} {body}"
        );
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["success"], false, "{content_type} {body}");
    }
}
