//! The audit log, through the front: what it tells, and that nothing is done behind its back.

use aig_model::Permissions;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, Rig, gateways};

fn path(account: AccountId, query: &str) -> String {
    format!("/client/v4/accounts/{account}/logs/audit{query}")
}

async fn entries(rig: &Rig, token: &str, account: AccountId, query: &str) -> Value {
    let answer = rig
        .call(token, Method::GET, &path(account, query), "")
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    assert!(answer.is_enveloped());
    answer.json()
}

/// Waits for entries of tries that failed, which come after the answer.
async fn eventually(rig: &Rig, token: &str, account: AccountId, count: usize) -> Vec<Value> {
    loop {
        let list = entries(rig, token, account, "?direction=asc").await;
        let list = list["result"].as_array().unwrap();
        if list.len() >= count {
            return list.clone();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_what_and_with_which_outcome() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    let send = async |method: Method, below: &str, body: Value| -> Answer {
        let path = format!("{list}{below}");
        rig.call(&token, method, &path, body.to_string()).await
    };
    let made = json!({"id": "g", "authentication": true, "name": "canary"});
    send(Method::POST, "", made.clone()).await;
    send(Method::PUT, "/g", json!({"cache_ttl": 60})).await;
    let key = json!({"provider_slug": "openai", "alias": "default", "secret": "sk-canary-wxyz"});
    let key = send(Method::POST, "/g/provider_configs", key).await.json();
    let key = key["result"]["id"].as_str().unwrap();
    send(Method::DELETE, "/g/logs", json!({})).await;
    let twice = send(Method::POST, "", made).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    send(Method::DELETE, "/absent", json!({})).await;
    send(Method::DELETE, "/g", json!({})).await;

    let told = eventually(&rig, &token, account, 7).await;
    let brief = |entry: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        [
            text(&entry["action"]["description"]),
            text(&entry["action"]["type"]),
            text(&entry["action"]["result"]),
            text(&entry["resource"]["type"]),
            text(&entry["resource"]["id"]),
            text(&entry["resource"]["scope"]["gateway_id"]),
        ]
        .join(" ")
    };
    let mut said: Vec<_> = told.iter().map(brief).collect();
    let mut expected = vec![
        "createAiGateway create success gateway g -".to_owned(),
        "updateAiGateway update success gateway g -".to_owned(),
        format!("createProviderConfig create success provider_config {key} g"),
        "deleteAiGatewayLogs delete success log - g".to_owned(),
        "createAiGateway create failure gateway - -".to_owned(),
        "deleteAiGateway delete failure gateway absent -".to_owned(),
        "deleteAiGateway delete success gateway g -".to_owned(),
    ];
    said.sort();
    expected.sort();
    assert_eq!(said, expected);
    let first = &told[0];
    assert_eq!(first["account"]["id"], json!(account.to_string()));
    assert_eq!(first["action"]["time"], "1970-01-01T00:00:01Z");
    let id = &rig.store.instance().list_tokens(account).await.unwrap()[0].id;
    assert_eq!(first["actor"]["token_id"], json!(id.to_string()));
    assert_eq!(first["actor"]["token_name"], "test");
    // Neither a secret nor anything else that was sent.
    assert!(!json!(told).to_string().contains("canary"));
}

#[tokio::test]
async fn pages_follow_one_another_and_times_bound_them() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    for id in ["a", "b", "c"] {
        let body = json!({ "id": id }).to_string();
        rig.call(&token, Method::POST, &gateways(account), body)
            .await;
    }
    let ids = |list: &Value| -> Vec<String> {
        let list = list["result"].as_array().unwrap().iter();
        list.map(|e| e["resource"]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let after = |list: &Value| {
        list["result_info"]["cursors"]["after"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = entries(&rig, &token, account, "?limit=2").await;
    assert_eq!(ids(&first), ["c", "b"]);
    let query = format!("?limit=2&cursor={}", after(&first));
    let second = entries(&rig, &token, account, &query).await;
    assert_eq!(
        (ids(&second), after(&second)),
        (vec!["a".to_owned()], String::new())
    );
    let oldest = entries(&rig, &token, account, "?direction=asc&limit=1").await;
    let query = format!("?direction=asc&cursor={}", after(&oldest));
    let rest = entries(&rig, &token, account, &query).await;
    assert_eq!(
        (ids(&oldest), ids(&rest)),
        (vec!["a".into()], vec!["b".into(), "c".into()])
    );
    // The clock of the rig stands at one second.
    for (query, count) in [
        ("?since=1970-01-01&before=1970-01-02", 3),
        ("?since=1970-01-01T00:00:01Z", 3),
        ("?since=1970-01-01T00:00:02Z", 0),
        ("?before=1970-01-01T00:00:01Z", 0),
        ("?before=1970-01-01", 0),
    ] {
        let list = entries(&rig, &token, account, query).await;
        assert_eq!(ids(&list).len(), count, "{query}");
    }
    for (query, place) in [
        ("?since=yesterday", "query.since"),
        ("?before=2030-13-01", "query.before"),
        ("?cursor=x", "query.cursor"),
    ] {
        let refused = rig
            .call(&token, Method::GET, &path(account, query), "")
            .await;
        assert_eq!(
            (refused.status, refused.path()),
            (StatusCode::BAD_REQUEST, place.into())
        );
    }
}

#[tokio::test]
async fn entries_are_the_accounts_own_and_take_a_permission_of_their_own() {
    let mut rig = Rig::new().await;
    let (ours, token) = rig.tenant().await;
    let (theirs, foreign) = rig.tenant().await;
    let body = json!({"id": "g"}).to_string();
    rig.call(&token, Method::POST, &gateways(ours), body).await;
    let list = entries(&rig, &foreign, theirs, "").await;
    assert_eq!(list["result"], json!([]));
    let elsewhere = rig.call(&foreign, Method::GET, &path(ours, ""), "").await;
    assert_eq!(elsewhere.code(), 7_002);
    let others: Permissions = "read,edit,run,tokens-write".parse().unwrap();
    let others = rig.token(ours, others).await;
    let refused = rig.call(&others, Method::GET, &path(ours, ""), "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
