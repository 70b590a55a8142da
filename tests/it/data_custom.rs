//! Providers of an account's own, in use: on every surface, with their headers, keys and prices, and
//! nowhere that they must not be.

use aig_testkit::provider::Request;
use aig_testkit::{House, Provider, Sockets};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const KEY: &str = "sk-canary-0123456789-first";

fn answer() -> String {
    json!({"id": "x", "object": "chat.completion", "model": "large-2026", "choices": [],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}})
    .to_string()
}

/// A house with an authenticated gateway `g` and the scripted provider as `custom-acme`.
async fn house(provider: &Provider, settings: Value) -> (House, String) {
    provider.always_answers(200, &JSON, answer());
    let house = House::start().await;
    house.gateway("g", json!({"authentication": true})).await;
    let mut body = json!({"name": "Acme", "slug": "acme", "enable": true,
        "base_url": format!("{}/base", provider.url())});
    for (name, value) in settings.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = control(&house, Method::POST, "custom-providers", body).await;
    let id = made["result"]["id"].as_str().unwrap().to_owned();
    (house, id)
}

/// A call of the API, which succeeds.
async fn control(house: &House, method: Method, below: &str, body: Value) -> Value {
    let account = house.account();
    let url = format!("{}/accounts/{account}/ai-gateway/{below}", house.api());
    let mut request = house.http().request(method, url).bearer_auth(house.token());
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

async fn store(house: &House, secret: &str) {
    let body = json!({"provider_slug": "custom-acme", "alias": "default", "secret": secret});
    control(house, Method::POST, "gateways/g/provider_configs", body).await;
}

async fn price(house: &House, provider: &str, mut cost: Value) {
    cost["account_provider_id"] = json!(provider);
    control(house, Method::POST, "custom-providers/costs", cost).await;
}

/// A call through the gateway.
async fn ask(
    house: &House,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, Value) {
    let mut request = house
        .http()
        .post(house.url("g", path))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn sent(provider: &Provider, house: &House, path: &str, headers: &[(&str, &str)]) -> Request {
    let (status, body) = ask(house, path, headers, &chat("large")).await;
    assert_eq!(status, 200, "{body}");
    provider.next_request().await
}

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": []})
}

#[tokio::test]
async fn a_custom_provider_is_reached_on_every_surface() {
    let provider = Provider::start().await;
    let (house, _) = house(&provider, json!({})).await;
    let own = [("authorization", "Bearer sk-own")];
    let native = sent(&provider, &house, "custom-acme/v1/any/path?x=1", &own).await;
    assert_eq!(native.target, "/base/v1/any/path?x=1");
    assert_eq!(native.header("authorization"), Some("Bearer sk-own"));
    assert_eq!(native.header("cf-aig-authorization"), None);

    let model = chat("custom-acme/team/large");
    let (status, body) = ask(&house, "compat/chat/completions", &own, &model).await;
    assert_eq!(status, 200, "{body}");
    let unified = provider.next_request().await;
    assert_eq!(unified.target, "/base/chat/completions");
    assert_eq!(unified.json()["model"], "team/large");

    let step = |provider: &str, endpoint: &str, query: Value| json!([{"provider": provider, "endpoint": endpoint, "headers": {}, "query": query}]);
    for (steps, target) in [
        (step("custom-acme", "x/y", chat("large")), "/base/x/y"),
        (
            step("compat", "chat/completions", chat("custom-acme/large")),
            "/base/chat/completions",
        ),
    ] {
        let (status, body) = ask(&house, "", &[], &steps).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(provider.next_request().await.target, target);
    }

    let account = house.account();
    let origin = format!("http://{}/client/v4", house.address());
    for (endpoint, target) in [
        ("chat/completions", "/base/chat/completions"),
        ("embeddings", "/base/embeddings"),
        ("messages", "/base/messages"),
    ] {
        let answer = house
            .http()
            .post(format!("{origin}/accounts/{account}/ai/v1/{endpoint}"))
            .header("cf-aig-gateway-id", "g")
            .bearer_auth(house.token())
            .json(&chat("custom-acme/large"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(provider.next_request().await.target, target);
    }
    let rows = house.logged("g", 7).await;
    assert!(
        rows.iter().all(|row| row["provider"] == "custom-acme"),
        "{rows:#?}"
    );
    provider.stop().await;
}

#[tokio::test]
async fn only_enabled_providers_of_the_own_account_are_used() {
    let provider = Provider::start().await;
    let (house, id) = house(&provider, json!({"enable": false})).await;
    let model = chat("custom-acme/large");
    for (path, body) in [
        ("custom-acme/x", &chat("m")),
        ("compat/chat/completions", &model),
    ] {
        let (status, told) = ask(&house, path, &[], body).await;
        assert_eq!(
            (status.as_u16(), &told["internalCode"]),
            (400, &json!(2008))
        );
        assert!(
            told["description"]
                .as_str()
                .unwrap()
                .contains("not enabled"),
            "{told}"
        );
    }
    let path = format!("custom-providers/{id}");
    control(&house, Method::PATCH, &path, json!({"enable": true})).await;
    sent(&provider, &house, "custom-acme/x", &[]).await;

    // Another account does not have it.
    let other = house.another_account().await;
    let token = house.token_of(other, "read,edit,run").await;
    let url = house.url("default", "custom-acme/x");
    let url = url.replace(&house.account().to_string(), &other.to_string());
    let request = house.http().post(url).json(&chat("m"));
    let token = format!("Bearer {}", token.expose());
    let answer = request
        .header("cf-aig-authorization", token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(
        (&told["internalCode"], &told["error"][0]["message"]),
        (&json!(2008), &json!("Invalid provider"))
    );

    control(&house, Method::DELETE, &path, Value::Null).await;
    let (status, told) = ask(&house, "custom-acme/x", &[], &chat("m")).await;
    assert_eq!(
        (status.as_u16(), &told["internalCode"]),
        (400, &json!(2008))
    );
    assert_eq!(provider.requests().len(), 1);
    provider.stop().await;
}

#[tokio::test]
async fn headers_go_along_and_a_key_in_a_request_or_in_store_goes_before_theirs() {
    let provider = Provider::start().await;
    let headers = r#"{"x-team":"research","authorization":"Bearer sk-in-headers-1"}"#;
    let (house, _) = house(&provider, json!({"headers": headers})).await;
    let plain = sent(&provider, &house, "custom-acme/x", &[("x-team", "callers")]).await;
    let seen: Vec<_> = plain.header_values("x-team").collect();
    assert_eq!(seen, ["research"]);
    assert_eq!(
        plain.header("authorization"),
        Some("Bearer sk-in-headers-1")
    );
    // A gateway of keys alone is satisfied by them.
    let on = json!({"byok_only": true});
    control(&house, Method::PUT, "gateways/g", on).await;
    sent(&provider, &house, "custom-acme/x", &[]).await;
    let own = [("authorization", "Bearer sk-own")];
    let own = sent(&provider, &house, "custom-acme/x", &own).await;
    assert_eq!(own.header("authorization"), Some("Bearer sk-own"));
    store(&house, KEY).await;
    let stored = sent(&provider, &house, "custom-acme/x", &[]).await;
    assert_eq!(
        stored.header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );

    // Whoever needs no token gets none of it.
    house
        .gateway("open", json!({"authentication": false}))
        .await;
    let request = house
        .http()
        .post(house.url("open", "custom-acme/x"))
        .json(&chat("m"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let open = provider.next_request().await;
    assert_eq!(
        (open.header("x-team"), open.header("authorization")),
        (Some("research"), None)
    );

    // And nobody reads it in an answer or a log.
    provider.always_answers(401, &JSON, r#"{"error":"bad key sk-in-headers-1"}"#);
    let id = control(
        &house,
        Method::GET,
        "gateways/g/provider_configs",
        Value::Null,
    )
    .await;
    let id = id["result"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("gateways/g/provider_configs/{id}");
    control(&house, Method::DELETE, &path, Value::Null).await;
    let (status, told) = ask(&house, "custom-acme/x", &[], &chat("m")).await;
    assert_eq!(status, 401);
    assert!(!told.to_string().contains("sk-in-headers"), "{told}");
    provider.stop().await;
}

#[tokio::test]
async fn costs_are_exact_by_the_accounts_prices_and_missing_without_one() {
    let provider = Provider::start().await;
    let (house, id) = house(&provider, json!({})).await;
    sent(&provider, &house, "custom-acme/chat/completions", &[]).await;
    let unpriced = &house.logged("g", 1).await[0];
    assert_eq!(unpriced["cost"], Value::Null);
    assert!(unpriced["unpriced"].is_string(), "{unpriced}");

    let pricing = json!({"input_tokens": 0.15, "output_tokens": 0.6});
    let cost = json!({"model": "large", "model_rule": "starts-with", "token_pricing": pricing});
    price(&house, &id, cost).await;
    sent(&provider, &house, "custom-acme/chat/completions", &[]).await;
    let row = &house.logged("g", 2).await[0];
    // 1000 tokens in and 100 out.
    assert_eq!(
        (&row["cost"], &row["cost_source"]),
        (&json!(0.00021), &json!("account"))
    );
    assert_eq!(
        (&row["tokens_in"], &row["unpriced"]),
        (&json!(1000), &Value::Null)
    );

    // The nearest rule wins, and the request's own word before all.
    price(
        &house,
        &id,
        json!({"model": "large-2026", "cost_in": 0.000001, "cost_out": 0}),
    )
    .await;
    sent(&provider, &house, "custom-acme/chat/completions", &[]).await;
    assert_eq!(house.logged("g", 3).await[0]["cost"], json!(0.001));
    let said = [("cf-aig-custom-cost", r#"{"total_cost":2}"#)];
    sent(&provider, &house, "custom-acme/chat/completions", &said).await;
    let row = &house.logged("g", 4).await[0];
    assert_eq!(
        (&row["cost"], &row["custom_cost"]),
        (&json!(2), &json!(true))
    );

    let list = house.http().get(house.url("g", "compat/v1/models"));
    let token = format!("Bearer {}", house.token());
    let list = list
        .header("cf-aig-authorization", token)
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["id"])
        .collect();
    assert!(ids.contains(&&json!("custom-acme/large-2026")));
    provider.stop().await;
}

#[tokio::test]
async fn answers_in_the_cache_go_with_a_change_of_the_provider() {
    let provider = Provider::start().await;
    let (house, id) = house(&provider, json!({})).await;
    control(&house, Method::PUT, "gateways/g", json!({"cache_ttl": 600})).await;
    let status = async || {
        let request = house
            .http()
            .post(house.url("g", "custom-acme/chat/completions"))
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .json(&chat("large"));
        let answer = request.send().await.unwrap();
        answer.headers()["cf-aig-cache-status"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!([status().await, status().await], ["MISS", "HIT"]);
    let path = format!("custom-providers/{id}");
    control(
        &house,
        Method::PATCH,
        &path,
        json!({"base_url": format!("{}/other", provider.url())}),
    )
    .await;
    assert_eq!([status().await, status().await], ["MISS", "HIT"]);
    provider.stop().await;
}

#[tokio::test]
async fn n_05_a_base_url_that_turned_bad_is_not_dialled() {
    let honeypot = Sockets::honeypot().await;
    let bait = format!("http://{}", honeypot.address());
    let house = House::builder().closed().start().await;
    house.gateway("g", json!({"authentication": true})).await;
    let body =
        json!({"name": "A", "slug": "acme", "enable": true, "base_url": "https://a.example"});
    let made = control(&house, Method::POST, "custom-providers", body).await;
    let path = format!(
        "custom-providers/{}",
        made["result"]["id"].as_str().unwrap()
    );
    // Nothing that is said over the API makes it bad.
    let account = house.account();
    for below in ["custom-providers", &path] {
        let url = format!("{}/accounts/{account}/ai-gateway/{below}", house.api());
        let (method, slug) = match below == path {
            true => (Method::PATCH, "acme"),
            false => (Method::POST, "other"),
        };
        let body = json!({"name": "A", "slug": slug, "base_url": bait});
        let request = house.http().request(method, url).bearer_auth(house.token());
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["errors"][0]["code"], 1002, "{told}");
    }
    // Somebody edits the row, and the next change has it read.
    let file = rusqlite::Connection::open(house.directory().join("config.db")).unwrap();
    let edited = file.execute("UPDATE custom_provider SET base_url = ?1", [&bait]);
    assert_eq!(edited.unwrap(), 1);
    control(&house, Method::PATCH, &path, json!({"beta": true})).await;
    let (status, told) = ask(&house, "custom-acme/x", &[], &chat("m")).await;
    assert_eq!(
        (status.as_u16(), &told["internalCode"]),
        (400, &json!(2005))
    );
    assert!(
        told["description"].as_str().unwrap().contains("address"),
        "{told}"
    );
    assert_eq!(honeypot.connections().await, 0);
}

#[tokio::test]
async fn n_10_a_new_destination_never_sees_the_old_key() {
    let provider = Provider::start().await;
    let (house, id) = house(
        &provider,
        json!({"headers": r#"{"x-key":"canary-in-headers"}"#}),
    )
    .await;
    store(&house, KEY).await;
    let before = sent(&provider, &house, "custom-acme/x", &[]).await;
    assert_eq!(
        before.header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );
    assert_eq!(before.header("x-key"), Some("canary-in-headers"));

    let other = Provider::start().await;
    other.always_answers(200, &JSON, "{}");
    let path = format!("custom-providers/{id}");
    let moved = json!({"base_url": other.url()});
    let moved = control(&house, Method::PATCH, &path, moved).await;
    let told = moved["messages"].to_string();
    assert!(
        told.contains("stored key(s)") && told.contains("headers"),
        "{told}"
    );
    // A key is required, if that is asked for; else the request goes without any.
    let strict = [("cf-aig-no-wholesale", "true")];
    let (status, told) = ask(&house, "custom-acme/x", &strict, &chat("m")).await;
    assert_eq!(
        (status.as_u16(), &told["internalCode"]),
        (400, &json!(7001))
    );
    let after = sent(&other, &house, "custom-acme/x", &[]).await;
    let all = format!("{:?}", after.headers);
    assert!(!all.contains("canary"), "{all}");
    assert_eq!(
        (after.target.as_str(), after.header("authorization")),
        ("/x", None)
    );
    // Nor does one of the same name that is made later.
    store(&house, KEY).await;
    control(&house, Method::DELETE, &path, Value::Null).await;
    let again = json!({"name": "A", "slug": "acme", "enable": true, "base_url": other.url()});
    control(&house, Method::POST, "custom-providers", again).await;
    let after = sent(&other, &house, "custom-acme/x", &[]).await;
    assert_eq!(after.header("authorization"), None);
    provider.stop().await;
    other.stop().await;
}
