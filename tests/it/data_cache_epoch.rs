//! What was cached is not given any more once a request would go elsewhere, or with another key.

use aig_testkit::{House, Provider};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// What the cache says of a question that is always the same, with a key of the caller's or without.
async fn told(house: &House, own: Option<&str>) -> String {
    let mut request = house
        .http()
        .post(house.url("g", "openai/chat/completions"))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(&json!({"model": "m", "messages": []}));
    if let Some(own) = own {
        request = request.bearer_auth(own);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let status = answer.headers()["cf-aig-cache-status"].to_str().unwrap();
    let status = status.to_owned();
    answer.bytes().await.unwrap();
    status
}

/// A miss that is kept, and a hit that shows it.
async fn fill(house: &House, own: Option<&str>) {
    assert_eq!(told(house, own).await, "MISS");
    assert_eq!(told(house, own).await, "HIT");
}

/// A change of the gateway's stored keys.
async fn keys(house: &House, method: http::Method, below: &str, body: Value) -> Value {
    let url = house.gateways_url(&format!("/g/provider_configs{below}"));
    let request = house.http().request(method, url).bearer_auth(house.token());
    let request = match body.is_null() {
        true => request,
        false => request.json(&body),
    };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["result"].clone()
}

#[tokio::test]
async fn c_09_a_key_that_comes_changes_or_goes_drops_what_was_cached() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{\"a\":1}");
    let house = House::with(&provider).await;
    let settings = json!({"authentication": true, "cache_ttl": 3600});
    house.gateway("g", settings).await;
    let own = Some("sk-of-the-caller");
    fill(&house, None).await;
    fill(&house, own).await;

    let new = json!({"provider_slug": "openai", "alias": "default", "secret": "sk-the-first-key"});
    let id = keys(&house, http::Method::POST, "", new).await["id"].clone();
    let below = format!("/{}", id.as_str().unwrap());
    fill(&house, None).await;
    fill(&house, own).await;

    let next = json!({"secret": "sk-the-second-key"});
    keys(&house, http::Method::PUT, &below, next).await;
    fill(&house, None).await;
    fill(&house, own).await;

    keys(&house, http::Method::DELETE, &below, Value::Null).await;
    fill(&house, None).await;
    fill(&house, own).await;
    assert_eq!(provider.requests().len(), 8);

    // A key that is refused changes nothing.
    let bad = json!({"provider_slug": "openai", "alias": "default", "secret": " "});
    let url = house.gateways_url("/g/provider_configs");
    let request = house.http().post(url).bearer_auth(house.token());
    let refused = request.json(&bad).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(told(&house, None).await, "HIT");
}

/// Where a provider is, is read at the start, and what is cached does not outlive a process.
#[tokio::test]
async fn c_09_another_address_of_a_provider_knows_no_answer_from_before() {
    let (first, second) = (Provider::start().await, Provider::start().await);
    first.always_answers(200, &JSON, "{\"from\":1}");
    second.always_answers(200, &JSON, "{\"from\":2}");
    let house = House::with(&first).await;
    let settings = json!({"authentication": true, "cache_ttl": 3600});
    house.gateway("g", settings).await;
    fill(&house, None).await;
    let directory = house.stop().await;
    let house = House::builder()
        .provider(&second)
        .directory(directory)
        .start()
        .await;
    fill(&house, None).await;
    assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
}
