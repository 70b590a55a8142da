//! Limits of stored keys: which requests count, what the others are told, and who is not concerned.

use aig_testkit::{House, Provider};
use http::Method;
use serde_json::{Value, json};

use crate::data_keys::{ask, control};

const CHAT: &str = "openai/chat/completions";
/// An hour, into whose end no test grows.
const HOUR: u32 = 3600;

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    house
}

async fn store(house: &House, provider: &str, alias: &str, requests: Option<u32>) -> String {
    let body = json!({
        "provider_slug": provider, "alias": alias, "secret": format!("sk-{alias}"),
        "rate_limit": requests, "rate_limit_period": HOUR,
    });
    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let made = control(house, owner, Method::POST, "/g/provider_configs", body).await;
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn exactly_as_many_requests_go_with_a_key_as_may() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "openai", "default", Some(10)).await;
    let calls = (0..30).map(|_| ask(&house, CHAT, &[]));
    let answers = futures_util::future::join_all(calls).await;
    let passed = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((passed, provider.requests().len()), (10, 10));
    let (status, body) = answers.iter().find(|(status, _)| *status != 200).unwrap();
    assert_eq!(
        (status.as_u16(), &body["internalCode"]),
        (429, &json!(2003))
    );
    let told = body["description"].as_str().unwrap();
    assert!(told.contains("stored key"), "{told}");
    let rows = house.logged("g", 30).await;
    let refused = |row: &&Value| row["outcome"] == "refused" && row["status_code"] == 429;
    assert_eq!(rows.iter().filter(refused).count(), 20, "{}", rows[0]);
    provider.stop().await;
}

#[tokio::test]
async fn a_keys_limit_concerns_that_key_and_what_goes_to_its_provider_alone() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let id = store(&house, "openai", "default", Some(2)).await;
    store(&house, "openai", "other", None).await;
    // Tries of a request are one.
    provider.fails(500);
    provider.fails(500);
    let again = [("cf-aig-max-attempts", "3"), ("cf-aig-retry-delay", "1")];
    assert_eq!(ask(&house, CHAT, &again).await.0, 200);
    // An answer from the cache is none, the one that comes into it is.
    let cached = [("cf-aig-cache-key", "k")];
    assert_eq!(ask(&house, CHAT, &cached).await.0, 200);
    assert_eq!(ask(&house, CHAT, &cached).await.0, 200);
    assert_eq!(provider.requests().len(), 4);
    let request = house
        .http()
        .post(house.url("g", CHAT))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .header("cf-aig-max-attempts", "5")
        .json(&json!({"model": "another"}));
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let after: u32 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((HOUR - 120..=HOUR).contains(&after), "{after}");
    assert_eq!(provider.requests().len(), 4, "it is not tried again");

    let other = [("cf-aig-byok-alias", "other")];
    assert_eq!(ask(&house, CHAT, &other).await.0, 200);
    let own = [("authorization", "Bearer sk-own")];
    assert_eq!(ask(&house, CHAT, &own).await.0, 200);
    // The limit is the config's: a new secret does not begin anew, a new config does.
    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let path = format!("/g/provider_configs/{id}");
    control(
        &house,
        owner,
        Method::PUT,
        &path,
        json!({"secret": "sk-next"}),
    )
    .await;
    assert_eq!(ask(&house, CHAT, &[]).await.0, 429);
    control(&house, owner, Method::DELETE, &path, Value::Null).await;
    store(&house, "openai", "default", Some(2)).await;
    assert_eq!(ask(&house, CHAT, &[]).await.0, 200);
    provider.stop().await;
}

#[tokio::test]
async fn a_step_whose_key_has_had_its_requests_gives_way_to_the_next() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "openai", "default", Some(1)).await;
    let step = |provider: &str, endpoint: &str, key: &str| {
        json!({
            "provider": provider, "endpoint": endpoint, "headers": {"x-api-key": key},
            "query": {"model": "m"},
        })
    };
    let steps = json!([
        step("openai", "chat/completions", ""),
        step("anthropic", "v1/messages", "sk-own"),
    ]);
    for (step, path) in [("0", "/v1/chat/completions"), ("1", "/v1/messages")] {
        let answer = house
            .http()
            .post(house.url("g", ""))
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .json(&steps);
        let answer = answer.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["cf-aig-step"]),
            (200, &step.parse().unwrap())
        );
        assert_eq!(provider.next_request().await.target, path);
    }
    let rows = house.logged("g", 3).await;
    let said: Vec<_> = rows
        .iter()
        .map(|row| (&row["outcome"], &row["status_code"]))
        .collect();
    assert_eq!(said[1], (&json!("superseded"), &json!(429)), "{said:?}");
    provider.stop().await;
}
