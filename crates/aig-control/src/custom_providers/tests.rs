//! The operations on custom providers, through the front.

use std::sync::Arc;

use aig_model::{AccountId, Permission};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::testing::{Answer, Rig, gateways, only};

struct Tenant {
    rig: Rig,
    account: AccountId,
    token: String,
}

async fn tenant() -> Tenant {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    Tenant {
        rig,
        account,
        token,
    }
}

impl Tenant {
    async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.rig.call(&self.token, method, path, body).await;
        assert!(answer.is_enveloped(), "{answer:?}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("canary"), "a value is never shown: {text}");
        answer
    }

    async fn call(&self, method: Method, below: &str, body: Value) -> Answer {
        let account = self.account;
        let path = format!("/client/v4/accounts/{account}/ai-gateway/custom-providers{below}");
        self.send(method, &path, body).await
    }

    async fn make(&self, body: Value) -> Value {
        let made = self.call(Method::POST, "", body).await;
        assert_eq!(made.status, StatusCode::OK, "{made:?}");
        made.json()
    }

    /// Stores a key for `custom-acme` in the gateway `default`.
    async fn key(&self) -> Answer {
        let path = format!("{}/default/provider_configs", gateways(self.account));
        let body =
            json!({"provider_slug": "custom-acme", "alias": "default", "secret": "sk-canary"});
        self.send(Method::POST, &path, body).await
    }
}

fn acme() -> Value {
    json!({"name": "Acme", "slug": "acme", "base_url": "https://api.acme.example/v1/",
           "enable": true, "headers": "{\"X-Team\":\"canary\"}"})
}

#[tokio::test]
async fn a_provider_is_made_listed_changed_and_deleted() {
    let tenant = tenant().await;
    let made = tenant.make(acme()).await["result"].clone();
    let id = made["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "account_id": tenant.account.to_string(), "name": "Acme", "slug": "acme",
        "base_url": "https://api.acme.example/v1", "beta": false, "enable": true,
        "description": null, "link": null, "curl_example": null, "js_example": null,
        "headers": "{\"x-team\":\"…\"}", "position": null, "logo": made["logo"],
        "created_at": "1970-01-01T00:00:01Z", "modified_at": "1970-01-01T00:00:01Z",
    });
    assert_eq!(made, expected);
    let one = tenant
        .call(Method::GET, &format!("/{id}"), Value::Null)
        .await;
    assert_eq!(one.json()["result"], made);
    let change = json!({"name": "ACME", "position": 4, "description": "d", "beta": true});
    let changed = tenant
        .call(Method::PATCH, &format!("/{id}"), change)
        .await
        .json();
    let result = &changed["result"];
    assert_eq!(
        (&result["name"], &result["position"]),
        (&json!("ACME"), &json!(4))
    );
    assert_eq!(result["headers"], made["headers"]);
    assert_eq!(changed["messages"], json!([]));
    let cleared = json!({"description": null, "position": null, "headers": null});
    let cleared = tenant
        .call(Method::PATCH, &format!("/{id}"), cleared)
        .await
        .json();
    assert_eq!(cleared["result"]["headers"], Value::Null);
    for (query, found) in [
        ("", 1),
        ("?search=ACM", 1),
        ("?search=other", 0),
        ("?enable=true&beta=true", 1),
        ("?enable=false", 0),
        ("?beta=false", 0),
        ("?page=2", 0),
    ] {
        let list = tenant.call(Method::GET, query, Value::Null).await.json();
        assert_eq!(list["result"].as_array().unwrap().len(), found, "{query}");
    }
    let gone = tenant
        .call(Method::DELETE, &format!("/{id}"), Value::Null)
        .await;
    assert_eq!(gone.json()["result"]["id"], json!(id));
    for method in [Method::GET, Method::DELETE] {
        let absent = tenant.call(method, &format!("/{id}"), Value::Null).await;
        assert_eq!(
            (absent.status, absent.code()),
            (StatusCode::NOT_FOUND, 7002)
        );
    }
}

#[tokio::test]
async fn what_is_not_said_is_off_and_the_answer_says_so() {
    let tenant = tenant().await;
    let body = json!({"name": "A", "slug": "a", "base_url": "https://a.example"});
    let made = tenant.make(body).await;
    assert_eq!(made["result"]["enable"], false);
    let told = made["messages"][0]["message"].as_str().unwrap();
    assert!(told.contains("custom-a is not enabled"), "{told}");
}

#[tokio::test]
async fn slugs_are_unique_in_the_account_and_of_one_form() {
    let tenant = tenant().await;
    tenant.make(acme()).await;
    let twice = tenant.call(Method::POST, "", acme()).await;
    let seen = (twice.status, twice.code(), twice.path());
    assert_eq!(seen, (StatusCode::CONFLICT, 1003, "body.slug".to_owned()));
    let long = "a".repeat(58);
    for slug in ["", "Acme", "a_b", "a/b", "-a", "a--b", &long] {
        let mut body = acme();
        body["slug"] = json!(slug);
        let refused = tenant.call(Method::POST, "", body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::BAD_REQUEST, 7001),
            "{slug}"
        );
    }
}

#[tokio::test]
async fn n_05_no_way_of_saying_it_makes_a_private_base_url_good() {
    let tenant = tenant().await;
    let made = tenant.make(acme()).await;
    let id = made["result"]["id"].as_str().unwrap().to_owned();
    for url in [
        "http://a.example",
        "https://10.0.0.1",
        "https://localhost",
        "https://a.example:22",
    ] {
        let mut body = acme();
        body["slug"] = json!("other");
        body["base_url"] = json!(url);
        let refused = tenant.call(Method::POST, "", body).await;
        let seen = (refused.status, refused.code(), refused.path());
        let expected = (StatusCode::BAD_REQUEST, 1002, "body.base_url".to_owned());
        assert_eq!(seen, expected, "{url}");
        assert!(refused.message().contains("base_url"), "{refused:?}");
        let path = format!("/{id}");
        let changed = tenant.call(Method::PATCH, &path, json!({"base_url": url}));
        let changed = changed.await;
        assert_eq!(
            (changed.status, changed.code()),
            (StatusCode::BAD_REQUEST, 1002),
            "{url}"
        );
    }
    let one = tenant
        .call(Method::GET, &format!("/{id}"), Value::Null)
        .await;
    assert_eq!(one.json()["result"], made["result"]);
}

#[tokio::test]
async fn n_10_another_destination_detaches_keys_and_headers_and_says_so() {
    let tenant = tenant().await;
    assert_eq!(tenant.key().await.path(), "body.provider_slug");
    let made = tenant.make(acme()).await;
    let path = format!("/{}", made["result"]["id"].as_str().unwrap());
    assert_eq!(tenant.key().await.status, StatusCode::OK);
    let moved = json!({"base_url": "https://other.example"});
    let moved = tenant.call(Method::PATCH, &path, moved).await.json();
    let told = moved["messages"].to_string();
    assert!(
        told.contains("1 stored key(s)") && told.contains("headers of the provider"),
        "{told}"
    );
    assert_eq!(moved["result"]["headers"], Value::Null);
    let snapshot = Arc::clone(&tenant.rig.store.snapshots().borrow());
    let gateway = aig_model::GatewayId::default_gateway();
    let found = snapshot.gateway(tenant.account, &gateway).unwrap();
    assert!(snapshot.keys(&found.gateway).is_empty());
    assert_eq!(tenant.key().await.status, StatusCode::OK);
    let gone = tenant.call(Method::DELETE, &path, Value::Null).await.json();
    assert!(
        gone["messages"].to_string().contains("1 stored key(s)"),
        "{gone}"
    );
}

#[tokio::test]
async fn the_url_of_a_custom_provider_is_told_to_its_account_alone() {
    let mut tenant = tenant().await;
    tenant.make(acme()).await;
    let path = format!("{}/default/url/custom-acme", gateways(tenant.account));
    let told = tenant.send(Method::GET, &path, Value::Null).await.json();
    let expected = format!(
        "https://gateway.example/v1/{}/default/custom-acme",
        tenant.account
    );
    assert_eq!(told["result"], json!(expected));
    let (other, token) = tenant.rig.tenant().await;
    let path = format!("{}/default/url/custom-acme", gateways(other));
    let refused = tenant.rig.call(&token, Method::GET, &path, "").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let mut tenant = tenant().await;
    tenant.token = tenant
        .rig
        .token(tenant.account, only(Permission::Read))
        .await;
    let refused = tenant.call(Method::POST, "", acme()).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::FORBIDDEN, 10_000)
    );
    let list = tenant.call(Method::GET, "", Value::Null).await;
    assert_eq!(list.status, StatusCode::OK);
}
