//! What a row says of the request itself: what kind of model was asked, by which door, with whose
//! key, and what the caller wants to remember of it.

use aig_model::Metadata;
use aig_testkit::{House, Provider};
use serde_json::{Value, json};

use crate::plane::{Plane, whole};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn rows_name_the_kind_of_model_and_the_endpoint_for_all_providers() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    let chat = json!({"model": "openai/gpt-4o", "messages": []});
    let step = |provider: &str, endpoint: &str| json!({"provider": provider, "endpoint": endpoint, "headers": {}, "query": chat});
    let calls = [
        (
            "openai/chat/completions",
            json!({}),
            Some("text-generation"),
            false,
        ),
        ("openai/embeddings", json!({}), Some("embeddings"), false),
        (
            "openai/audio/speech",
            json!({}),
            Some("text-to-speech"),
            false,
        ),
        ("openai/files", json!({}), None, false),
        (
            "compat/chat/completions",
            chat.clone(),
            Some("text-generation"),
            true,
        ),
        (
            "",
            json!([step("compat", "chat/completions")]),
            Some("text-generation"),
            true,
        ),
        (
            "",
            json!([step("openai", "images/generations")]),
            Some("image-generation"),
            false,
        ),
        ("unknown/chat/completions", json!({}), None, false),
    ];
    for (count, (path, body, kind, unified)) in calls.into_iter().enumerate() {
        whole(plane.post("g", path, body.to_string())).await;
        let (row, _) = plane.row(count + 1).await;
        let said = (row.model_type.as_deref(), row.compatibility_mode);
        assert_eq!(said, (kind, unified), "{path} {body}");
    }
}

#[tokio::test]
async fn rows_tell_a_stored_key_from_one_of_the_callers() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let house = House::with(&provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    let body = json!({"provider_slug": "openai", "alias": "default", "secret": "sk-stored-canary"});
    let request = house.http().post(house.gateways_url("/g/provider_configs"));
    let made = request.bearer_auth(house.token()).json(&body).send().await;
    assert_eq!(made.unwrap().status(), 200);
    let ask = async |own: Option<&str>| {
        let request = house.http().post(house.url("g", "openai/chat/completions"));
        let mut request = request
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .body("{}");
        if let Some(own) = own {
            request = request.bearer_auth(own);
        }
        let answer = request.send().await.unwrap();
        let id = answer.headers()["cf-aig-log-id"]
            .to_str()
            .unwrap()
            .to_owned();
        answer.bytes().await.unwrap();
        id
    };
    let (lent, own) = (ask(None).await, ask(Some("sk-of-the-caller")).await);
    let kind = json!("text-generation");
    for row in house.logged("g", 2).await {
        let is_lent = row["id"] == lent;
        assert!(is_lent || row["id"] == own);
        assert_eq!(row["byok"], is_lent);
        assert_eq!(row["model_type"], kind);
    }
}

/// A step's headers go before those of the request, this one like all others; each has its own rows.
#[tokio::test]
async fn a_step_has_its_own_metadata_or_that_of_the_request() {
    let provider = Provider::start().await;
    provider.fails(500);
    provider.fails(500);
    provider.fails(500);
    provider.answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    let step = |headers: Value| json!({"provider": "openai", "endpoint": "chat/completions", "query": {}, "headers": headers});
    let steps = json!([
        step(
            json!({"cf-aig-metadata": "{\"team\":\"own\",\"cf.user_id\":\"u\"}", "cf-aig-max-attempts": "2"})
        ),
        step(json!({})),
        step(json!({"cf-aig-metadata": "{}"})),
    ]);
    let request = plane.post("g", "", steps.to_string());
    let request = request.header("cf-aig-metadata", "{\"team\":\"all\",\"n\":1}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cf-aig-step"], "2");
    answer.bytes().await.unwrap();
    let rows = plane.rows(4).await;
    let said: Vec<_> = (rows.iter())
        .map(|(row, _)| (row.step, row.metadata.as_ref().map(Metadata::to_json)))
        .collect();
    let own = || Some("{\"team\":\"own\"}".to_owned());
    let all = Some("{\"team\":\"all\",\"n\":1}".to_owned());
    assert_eq!(said, [(0, own()), (0, own()), (1, all), (2, None)]);
    for request in provider.requests() {
        assert_eq!(request.header("cf-aig-metadata"), None);
    }
}

/// Keys of the gateway's own are not a caller's to set, and of the others the first five stay.
#[tokio::test]
async fn h_20_reserved_metadata_is_taken_out_and_counted() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    let dropped = async || {
        let url = format!("http://{}/metrics", house.address());
        let text = house.http().get(url).send().await.unwrap();
        let text = text.text().await.unwrap();
        let line = text.lines().find_map(|line| {
            line.strip_prefix("aig_metadata_entries_dropped_total ")
                .map(|count| count.parse::<u64>().unwrap())
        });
        line.unwrap()
    };
    assert_eq!(dropped().await, 0);
    let sent = "{\"cf.user_id\":\"admin\",\"a\":1,\"cf.\":\"x\",\"b\":\"2\",\"c\":true,\"d\":4,\"e\":5,\"f\":6}";
    let kept = json!({"a": 1, "b": "2", "c": true, "d": 4, "e": 5});
    let chat = house.url("g", "openai/chat/completions");
    let request = house.http().post(chat).header("cf-aig-metadata", sent);
    whole(request.body("{}")).await;
    assert_eq!(house.logged("g", 1).await[0]["metadata"], kept);
    assert_eq!(dropped().await, 3, "two reserved ones and the sixth");

    // A step is no way around it.
    let step = json!({"provider": "openai", "endpoint": "chat/completions", "query": {},
        "headers": {"cf-aig-metadata": sent}});
    let request = house.http().post(house.url("g", ""));
    let answer = request.json(&json!([step])).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap();
    for row in house.logged("g", 2).await {
        assert_eq!(row["metadata"], kept);
    }
    assert_eq!(dropped().await, 6);
    for request in provider.requests() {
        assert_eq!(request.header("cf-aig-metadata"), None);
    }
}
