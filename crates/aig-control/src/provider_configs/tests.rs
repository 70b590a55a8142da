//! The operations on stored keys, through the front.

use aig_model::Permission;
use aws_lc_rs::rsa::KeyPair;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::testing::{Answer, Rig, gateways, only};

const KEY: &str = "sk-canary-0123456789-wxyz";

struct Tenant {
    rig: Rig,
    token: String,
    gateway: String,
}

/// A tenant with an authenticated gateway `g`.
async fn tenant() -> Tenant {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let body = json!({"id": "g", "authentication": true}).to_string();
    let made = rig
        .call(&token, Method::POST, &gateways(account), body)
        .await;
    assert_eq!(made.status, StatusCode::OK);
    let gateway = format!("{}/g", gateways(account));
    Tenant {
        rig,
        token,
        gateway,
    }
}

impl Tenant {
    async fn call(&self, method: Method, below: &str, body: &Value) -> Answer {
        let path = format!("{}/provider_configs{below}", self.gateway);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.rig.call(&self.token, method, &path, body).await;
        assert!(answer.is_enveloped(), "{answer:?}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("canary"), "a key is never shown: {text}");
        answer
    }

    async fn store(&self, body: Value) -> Answer {
        self.call(Method::POST, "", &body).await
    }
}

fn openai(alias: &str) -> Value {
    json!({"provider_slug": "openai", "alias": alias, "default_config": true, "secret": KEY})
}

#[tokio::test]
async fn a_key_is_stored_listed_replaced_and_deleted_without_being_shown() {
    let tenant = tenant().await;
    let made = tenant.store(openai("default")).await;
    assert_eq!(made.status, StatusCode::OK);
    let made = made.json()["result"].clone();
    let id = made["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "gateway_id": "g", "provider_slug": "openai", "alias": "default",
        "default_config": true, "secret_id": "g_openai_default", "secret_preview": "…wxyz",
        "rate_limit": null, "rate_limit_period": 60,
        "modified_at": "1970-01-01T00:00:01Z",
    });
    assert_eq!(made, expected);
    let list = tenant.call(Method::GET, "", &Value::Null).await.json();
    assert_eq!(
        (&list["result"], &list["result_info"]["total_count"]),
        (&json!([made]), &json!(1))
    );
    let second = tenant
        .call(Method::GET, "?page=2", &Value::Null)
        .await
        .json();
    assert_eq!(second["result"], json!([]), "lists end");
    let next = json!({"secret": "sk-canary-0123456789-next"});
    let turned = tenant
        .call(Method::PUT, &format!("/{id}"), &next)
        .await
        .json();
    assert_eq!(turned["result"]["secret_preview"], "…next");
    assert_eq!(turned["result"]["id"], json!(id));
    let gone = tenant
        .call(Method::DELETE, &format!("/{id}"), &Value::Null)
        .await;
    assert_eq!(gone.json()["result"], turned["result"]);
    for path in [format!("/{id}"), "/x".to_owned()] {
        let absent = tenant.call(Method::DELETE, &path, &Value::Null).await;
        assert_eq!(
            (absent.status, absent.code()),
            (StatusCode::NOT_FOUND, 7_002)
        );
    }
}

#[tokio::test]
async fn a_limit_is_stored_with_the_key_shown_and_kept_when_the_key_is_replaced() {
    let tenant = tenant().await;
    for (alias, said, shown) in [
        ("a", json!({"rate_limit": 10}), json!([10, 60])),
        (
            "b",
            json!({"rate_limit": 10.0, "rate_limit_period": 1}),
            json!([10, 1]),
        ),
        ("c", json!({"rate_limit_period": 30}), json!([null, 30])),
        (
            "d",
            json!({"rate_limit": 0, "rate_limit_period": null}),
            json!([0, 60]),
        ),
    ] {
        let mut body = openai(alias);
        for (name, value) in said.as_object().unwrap() {
            body[name] = value.clone();
        }
        let of = |config: &Value| json!([config["rate_limit"], config["rate_limit_period"]]);
        let made = tenant.store(body).await.json()["result"].clone();
        assert_eq!(of(&made), shown, "{made}");
        let path = format!("/{}", made["id"].as_str().unwrap());
        let next = json!({"secret": "sk-canary-0123456789-next"});
        let turned = tenant.call(Method::PUT, &path, &next).await.json();
        assert_eq!(of(&turned["result"]), shown);
    }
    let list = tenant.call(Method::GET, "", &Value::Null).await.json();
    assert_eq!(list["result"][1]["rate_limit_period"], json!(1));
}

#[tokio::test]
async fn what_a_replaced_key_keeps_cannot_be_changed_beside_it() {
    let tenant = tenant().await;
    let made = tenant.store(openai("a")).await.json()["result"].clone();
    let path = format!("/{}", made["id"].as_str().unwrap());
    let next = "sk-canary-0123456789-next";
    for (name, value) in [
        ("rate_limit", json!(5)),
        ("rate_limit_period", json!(5)),
        ("alias", json!("b")),
        ("default_config", json!(false)),
    ] {
        let body = json!({"secret": next, name: value});
        let refused = tenant.call(Method::PUT, &path, &body).await;
        let told = (refused.status, refused.path());
        assert_eq!(told, (StatusCode::BAD_REQUEST, format!("body.{name}")));
        let said_nothing = json!({"secret": KEY, name: null, "comment": "x"});
        let turned = tenant.call(Method::PUT, &path, &said_nothing).await;
        assert_eq!(turned.status, StatusCode::OK, "{name}");
    }
    let list = tenant.call(Method::GET, "", &Value::Null).await.json();
    assert_eq!(list["result"][0]["secret_preview"], json!("…wxyz"));
}

#[tokio::test]
async fn what_is_not_enforced_or_cannot_be_is_refused_by_name() {
    let tenant = tenant().await;
    let with = |field: &str, value: Value| {
        let mut body = openai("default");
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("rate_limit", json!(-1)), "rate_limit"),
        (with("rate_limit_period", json!(0)), "rate_limit_period"),
        (with("provider_slug", json!("nobody")), "provider_slug"),
        (with("secret_id", json!("elsewhere")), "secret_id"),
        (with("secret", json!("two words")), "secret"),
        (
            with("secret", json!("{\"canary\": 1}")),
            "secret.accessKeyId",
        ),
        (with("secret", json!("")), "secret"),
        (with("alias", json!("a b")), "alias"),
    ] {
        let refused = tenant.store(body).await;
        let told = (refused.status, refused.code(), refused.path());
        assert_eq!(
            told,
            (StatusCode::BAD_REQUEST, 7_001, format!("body.{field}"))
        );
    }
    let without = json!({"provider_slug": "openai", "alias": "x", "secret_id": "g_openai_x"});
    assert_eq!(tenant.store(without).await.path(), "body.secret");
    let mut whole = openai("default");
    whole["secret_id"] = json!("g_openai_default");
    whole["rate_limit"] = json!(null);
    whole["rate_limit_period"] = json!(60);
    assert_eq!(tenant.store(whole).await.status, StatusCode::OK);
    let again = tenant.store(openai("default")).await;
    assert_eq!(
        (again.status, again.path()),
        (StatusCode::BAD_REQUEST, "body.alias".into())
    );
}

#[tokio::test]
async fn a_document_is_checked_when_it_is_stored_and_when_it_is_replaced() {
    use aws_lc_rs::encoding::AsDer;
    use base64::Engine;
    let key = KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let armoured = |der: &[u8]| {
        let coded = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{coded}\n-----END PRIVATE KEY-----\n")
    };
    let tenant = tenant().await;
    let google = json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com",
        "private_key_id": "0123456789abcdef", "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": armoured(key.as_der().unwrap().as_ref()),
    });
    let aws = json!({
        "accessKeyId": "AKIDEXAMPLE000WXYZ", "secretAccessKey": "canary", "region": "us-east-1",
    });
    let body = |provider: &str, document: &Value| json!({"provider_slug": provider, "alias": "default", "secret": format!("{document:#}")});
    let with = |document: &Value, field: &str, value: Value| {
        let mut changed = document.clone();
        changed[field] = value;
        changed
    };
    let (bedrock, vertex) = ("aws-bedrock", "google-vertex-ai");
    let wrong = [
        (bedrock, with(&aws, "region", Value::Null), ".region"),
        (
            bedrock,
            with(&aws, "secretAccessKey", json!("")),
            ".secretAccessKey",
        ),
        (
            vertex,
            with(&google, "private_key", Value::Null),
            ".private_key",
        ),
        (
            vertex,
            with(&google, "private_key", json!(armoured(b"canary"))),
            ".private_key",
        ),
        (
            vertex,
            with(&google, "token_uri", json!("https://a.example/")),
            ".token_uri",
        ),
        (
            vertex,
            with(&google, "token_uri", json!("http://127.0.0.1/")),
            ".token_uri",
        ),
        (bedrock, google.clone(), ""),
        ("openai", aws.clone(), ""),
    ];
    for (provider, document, place) in &wrong {
        let refused = tenant.store(body(provider, document)).await;
        let told = (refused.status, refused.code(), refused.path());
        let expected = format!("body.secret{place}");
        assert_eq!(told, (StatusCode::BAD_REQUEST, 7_001, expected));
    }
    for (provider, document, shown) in [(bedrock, &aws, "…WXYZ"), (vertex, &google, "…cdef")] {
        let made = tenant.store(body(provider, document)).await.json();
        assert_eq!(made["result"]["secret_preview"], json!(shown), "{made}");
        let path = format!("/{}", made["result"]["id"].as_str().unwrap());
        for (_, document, place) in wrong.iter().filter(|wrong| wrong.0 == provider) {
            let next = json!({"secret": document.to_string()});
            let refused = tenant.call(Method::PUT, &path, &next).await;
            assert_eq!(refused.path(), format!("body.secret{place}"));
        }
        let same = json!({"secret": document.to_string()});
        let turned = tenant.call(Method::PUT, &path, &same).await;
        assert_eq!(turned.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_20_neither_comes_to_a_gateway_that_has_the_other() {
    let tenant = tenant().await;
    let put = |body: Value| {
        let (rig, token, path) = (&tenant.rig, &tenant.token, &tenant.gateway);
        async move { rig.call(token, Method::PUT, path, body.to_string()).await }
    };
    assert_eq!(
        put(json!({"authentication": false})).await.status,
        StatusCode::OK
    );
    let refused = tenant.store(openai("default")).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, 7_001)
    );
    assert!(
        refused.message().contains("authentication"),
        "{}",
        refused.message()
    );
    assert_eq!(
        put(json!({"authentication": true})).await.status,
        StatusCode::OK
    );
    assert_eq!(tenant.store(openai("default")).await.status, StatusCode::OK);
    for off in [json!(false), Value::Null] {
        let refused = put(json!({"authentication": off})).await;
        let told = (refused.status, refused.path());
        assert_eq!(
            told,
            (StatusCode::BAD_REQUEST, "body.authentication".into())
        );
    }
}

#[tokio::test]
async fn keys_take_the_edit_permission_and_stay_in_their_account() {
    let mut tenant = tenant().await;
    tenant.store(openai("default")).await;
    let path = format!("{}/provider_configs", tenant.gateway);
    let account = tenant.gateway.split('/').nth(4).unwrap().parse().unwrap();
    let reader = tenant.rig.token(account, only(Permission::Read)).await;
    let body = openai("other").to_string();
    let refused = tenant.rig.call(&reader, Method::POST, &path, body).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::FORBIDDEN, 10_000)
    );
    let (_, stranger) = tenant.rig.tenant().await;
    let foreign = tenant.rig.call(&stranger, Method::GET, &path, "").await;
    assert_eq!(
        (foreign.status, foreign.code()),
        (StatusCode::NOT_FOUND, 7_002)
    );
}
