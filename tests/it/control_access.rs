//! Who may call the API, and what everybody else learns: nothing.

use aig_testkit::{Contract, House};
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

/// Every operation of the contract as method and URL, in the account and gateway given.
fn every_operation(house: &House, account: &str, gateway: &str) -> Vec<(Method, String)> {
    Contract::load()
        .operations()
        .iter()
        .map(|o| {
            let path = o
                .path
                .replace("{account_id}", account)
                .replace("{gateway_id}", gateway)
                .replace("{provider}", "openai")
                .replace("{provider_config_id}", "absent");
            assert!(
                !path.contains('{'),
                "a new path variable needs a value here: {path}"
            );
            (o.method.parse().unwrap(), format!("{}{path}", house.api()))
        })
        .collect()
}

#[tokio::test]
async fn no_token_is_401_on_every_operation_whatever_is_asked_for() {
    let house = House::start().await;
    let own = house.account().to_string();
    let absent = "f".repeat(32);
    for (method, url) in every_operation(&house, &own, "default") {
        let here = send(&house, &method, &url, None).await;
        let elsewhere = send(&house, &method, &url.replace(&own, &absent), None).await;
        assert_eq!(
            (here.status.as_u16(), code(&here)),
            (401, 10000),
            "{method} {url}"
        );
        assert_eq!(here.body, elsewhere.body, "{method} {url}");
        assert_eq!(here.headers, elsewhere.headers, "{method} {url}");
    }
    // Before a path, a method or a body is looked at.
    for (method, path) in [
        (Method::GET, "/no/such/path"),
        (Method::PATCH, "/accounts"),
        (Method::POST, "/accounts/x/ai-gateway/gateways"),
    ] {
        let seen = send(&house, &method, &format!("{}{path}", house.api()), None).await;
        assert_eq!((seen.status.as_u16(), code(&seen)), (401, 10000), "{path}");
    }
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
async fn a_foreign_account_is_like_an_absent_one() {
    let house = House::start().await;
    let other = house.another_account().await.to_string();
    let absent = "f".repeat(32);
    for (method, url) in every_operation(&house, &other, "default") {
        let foreign = send(&house, &method, &url, Some(house.token())).await;
        let missing = send(
            &house,
            &method,
            &url.replace(&other, &absent),
            Some(house.token()),
        )
        .await;
        assert_eq!(
            (foreign.status.as_u16(), code(&foreign)),
            (404, 7002),
            "{method} {url}"
        );
        assert_eq!(foreign.body, missing.body, "{method} {url}");
        assert_eq!(foreign.headers, missing.headers, "{method} {url}");
    }
}

#[tokio::test]
async fn another_accounts_gateway_is_like_an_absent_one() {
    let house = House::start().await;
    let other = house.another_account().await;
    let token = house.token_of(other, "read,edit,run").await;
    house.gateway("mine", json!({})).await;
    let url = house
        .gateways_url("/mine")
        .replace(&house.account().to_string(), &other.to_string());
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let foreign = send(&house, &method, &url, Some(token.expose())).await;
        let absent = send(
            &house,
            &method,
            &url.replace("mine", "none"),
            Some(token.expose()),
        )
        .await;
        assert_eq!(
            (foreign.status.as_u16(), code(&foreign)),
            (404, 7002),
            "{method}"
        );
        assert_eq!(foreign.body, absent.body, "{method}");
    }
    let still = send(
        &house,
        &Method::GET,
        &house.gateways_url("/mine"),
        Some(house.token()),
    )
    .await;
    assert_eq!(still.status, 200);
}

#[tokio::test]
async fn a_token_without_the_permission_is_403() {
    let house = House::start().await;
    house.gateway("x", json!({})).await;
    let read = house.another_token("read").await;
    let edit = house.another_token("edit").await;
    let run = house.another_token("run").await;
    let account = house.account().to_string();
    for (method, url) in every_operation(&house, &account, "x") {
        let (may, may_not) = match method {
            Method::GET => (&read, [&edit, &run]),
            _ => (&edit, [&read, &run]),
        };
        for token in may_not {
            let seen = send(&house, &method, &url, Some(token.expose())).await;
            assert_eq!(
                (seen.status.as_u16(), code(&seen)),
                (403, 10000),
                "{method} {url}"
            );
        }
        let seen = send(&house, &method, &url, Some(may.expose())).await;
        assert_ne!(seen.status, 403, "{method} {url}");
        if method == Method::DELETE && url.ends_with("/gateways/x") {
            house.gateway("x", json!({})).await;
        }
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
        (Method::POST, "/default/logs", "GET"),
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
