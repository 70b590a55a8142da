//! The operations on prices of custom providers, through the front.

use aig_model::AccountId;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::testing::{Answer, Rig};

struct Tenant {
    rig: Rig,
    account: AccountId,
    token: String,
    provider: String,
}

async fn tenant() -> Tenant {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let mut tenant = Tenant {
        rig,
        account,
        token,
        provider: String::new(),
    };
    let body = json!({"name": "A", "slug": "a", "base_url": "https://a.example", "enable": true});
    let made = tenant.send(Method::POST, "", body).await.json();
    tenant.provider = made["result"]["id"].as_str().unwrap().to_owned();
    tenant
}

impl Tenant {
    async fn send(&self, method: Method, below: &str, body: Value) -> Answer {
        let account = self.account;
        let path = format!("/client/v4/accounts/{account}/ai-gateway/custom-providers{below}");
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.rig.call(&self.token, method, &path, body).await;
        assert!(answer.is_enveloped(), "{answer:?}");
        answer
    }

    async fn make(&self, mut body: Value) -> Answer {
        body["account_provider_id"] = json!(self.provider);
        self.send(Method::POST, "/costs", body).await
    }
}

#[tokio::test]
async fn a_price_is_made_listed_changed_and_deleted() {
    let tenant = tenant().await;
    let body = json!({"model": "large", "cost_out": 0.000015,
                      "token_pricing": {"input_tokens": 3, "input_cached_tokens": 0.3}});
    let made = tenant.make(body).await.json()["result"].clone();
    let id = made["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "account_provider_id": tenant.provider, "model": "large",
        "model_rule": "equals", "cost_type": "tokens", "cost_in": null, "cost_out": 0.000015,
        "token_pricing": "{\"input_cached_tokens\":0.3,\"input_tokens\":3}", "enable": true,
        "weight": 0, "changed_by": "manual", "created_at": "1970-01-01T00:00:01Z",
        "modified_at": "1970-01-01T00:00:01Z",
    });
    assert_eq!(made, expected);
    let path = format!("/costs/{id}");
    let change = json!({"model_rule": "starts-with", "weight": -2, "cost_out": null,
                        "token_pricing": {"total_tokens": 1.5}});
    let changed = tenant.send(Method::PATCH, &path, change).await.json()["result"].clone();
    let seen = (
        &changed["model_rule"],
        &changed["weight"],
        &changed["token_pricing"],
    );
    assert_eq!(
        seen,
        (
            &json!("starts-with"),
            &json!(-2),
            &json!("{\"total_tokens\":1.5}")
        )
    );
    let one = tenant.send(Method::GET, &path, Value::Null).await.json();
    assert_eq!(one["result"], changed);
    let provider = &tenant.provider;
    for (query, found) in [
        (String::new(), 1),
        (
            format!("?account_provider_id={provider}&model_rule=starts-with&cost_type=tokens"),
            1,
        ),
        ("?model_rule=equals".into(), 0),
        ("?enable=false".into(), 0),
        ("?search=ARG".into(), 1),
        (format!("?account_provider_id={id}"), 0),
    ] {
        let list = tenant
            .send(Method::GET, &format!("/costs{query}"), Value::Null)
            .await;
        let list = list.json();
        assert_eq!(list["result"].as_array().unwrap().len(), found, "{query}");
        assert_eq!(list["result_info"]["total_count"], found, "{query}");
    }
    let gone = tenant.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(gone.json()["result"]["id"], json!(id));
    let absent = tenant.send(Method::GET, &path, Value::Null).await;
    assert_eq!(
        (absent.status, absent.code()),
        (StatusCode::NOT_FOUND, 7002)
    );
}

#[tokio::test]
async fn what_nothing_could_be_priced_by_is_refused() {
    let tenant = tenant().await;
    for (body, field) in [
        (json!({"model": "m"}), "body.token_pricing"),
        (
            json!({"model": "m", "token_pricing": {"input_image_count": 1}}),
            "body.token_pricing",
        ),
        (
            json!({"model": "m", "token_pricing": {"total_tokens": 1, "input_tokens": 1}}),
            "body.token_pricing",
        ),
    ] {
        let refused = tenant.make(body.clone()).await;
        let seen = (refused.status, refused.code(), refused.path());
        assert_eq!(
            seen,
            (StatusCode::BAD_REQUEST, 7001, field.to_owned()),
            "{body}"
        );
    }
    for body in [
        json!({"model": "m", "cost_in": -1}),
        json!({"model": "m", "cost_in": 1, "model_rule": "regex"}),
        json!({"model": "m", "cost_in": 1, "cost_type": "seconds"}),
        json!({"model": "", "cost_in": 1}),
    ] {
        let refused = tenant.make(body.clone()).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::BAD_REQUEST, 7001),
            "{body}"
        );
    }
    let body = json!({"model": "m", "cost_in": 1});
    let made = tenant.make(body.clone()).await.json();
    let path = format!("/costs/{}", made["result"]["id"].as_str().unwrap());
    let emptied = tenant
        .send(Method::PATCH, &path, json!({"cost_in": null}))
        .await;
    assert_eq!(
        (emptied.status, emptied.code()),
        (StatusCode::BAD_REQUEST, 7001)
    );
    let twice = tenant.make(body).await;
    assert_eq!((twice.status, twice.code()), (StatusCode::CONFLICT, 1003));
}

#[tokio::test]
async fn a_price_of_somebody_elses_provider_is_one_of_nobodys() {
    let mut tenant = tenant().await;
    let provider = tenant.provider.clone();
    (tenant.account, tenant.token) = tenant.rig.tenant().await;
    let mut answers = vec![];
    for id in [&*provider, "00000000-0000-4000-8000-000000000000", "x"] {
        let body = json!({"account_provider_id": id, "model": "m", "cost_in": 1});
        let answer = tenant.send(Method::POST, "/costs", body).await;
        let seen = (answer.status, answer.code(), answer.path());
        let place = "body.account_provider_id".to_owned();
        assert_eq!(seen, (StatusCode::BAD_REQUEST, 7001, place));
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
