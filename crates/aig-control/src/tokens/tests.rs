//! The operations on tokens, through the front.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aig_model::{AccountId, Permissions};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::ControlConfig;
use crate::testing::{Answer, Rig};

const READ: &str = "61696720617069207065726d20726561";
const RUN: &str = "61696720617069207065726d2072756e";
const TOKENS_WRITE: &str = "61696720617069207065726d20746b77";

/// A moment in 2026, in milliseconds; the clock of these tests begins there.
const START: i64 = 1_768_473_000_000;

struct Tenant {
    rig: Rig,
    account: AccountId,
    token: String,
    clock: Arc<AtomicI64>,
}

async fn tenant() -> Tenant {
    let clock = Arc::new(AtomicI64::new(START));
    let read = Arc::clone(&clock);
    let now = move || Timestamp::from_millis(read.load(Ordering::Relaxed));
    let mut rig = Rig::with(now, ControlConfig::default()).await;
    let (account, token) = rig.tenant().await;
    Tenant {
        rig,
        account,
        token,
        clock,
    }
}

impl Tenant {
    async fn call(&self, token: &str, method: Method, below: &str, body: Value) -> Answer {
        let path = format!("/client/v4/accounts/{}/tokens{below}", self.account);
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.rig.call(token, method, &path, body).await;
        assert!(answer.is_enveloped(), "{answer:?}");
        answer
    }

    async fn own(&self, method: Method, below: &str, body: Value) -> Answer {
        self.call(&self.token, method, below, body).await
    }

    fn policies(&self, groups: &[&str]) -> Value {
        let groups: Vec<_> = groups.iter().map(|id| json!({ "id": id })).collect();
        let resource = format!("com.cloudflare.api.account.{}", self.account);
        json!([{
            "effect": "allow",
            "permission_groups": groups,
            "resources": {resource: "*"},
        }])
    }

    /// Makes a token and answers its id and its value.
    async fn make(&self, body: Value) -> (String, String) {
        let made = self.own(Method::POST, "", body).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.json());
        let result = &made.json()["result"];
        let text = |name: &str| result[name].as_str().unwrap().to_owned();
        (text("id"), text("value"))
    }

    fn later(&self, millis: i64) {
        self.clock.store(START + millis, Ordering::Relaxed);
    }

    /// What a token is told of itself.
    async fn verify(&self, value: &str) -> Answer {
        let path = "/client/v4/user/tokens/verify";
        let token = format!("Bearer {value}");
        self.rig.call(&token, Method::GET, path, "").await
    }
}

fn bearer(value: &str) -> String {
    format!("Bearer {value}")
}

#[tokio::test]
async fn a_12_a_value_is_shown_once() {
    let tenant = tenant().await;
    let body = json!({"name": "ci", "policies": tenant.policies(&[READ])});
    let made = tenant.own(Method::POST, "", body).await.json();
    let (id, value) = (&made["result"]["id"], &made["result"]["value"]);
    let (id, value) = (id.as_str().unwrap(), value.as_str().unwrap());
    assert!(value.starts_with("aig_"));
    let policy = &made["result"]["policies"][0];
    assert_eq!(policy["effect"], "allow");
    assert_eq!(
        policy["permission_groups"],
        json!([{"id": READ, "name": "AI Gateway Read"}])
    );
    let digest = tenant.rig.digest(value);
    let below = format!("/{id}");
    let rolled = tenant
        .own(Method::PUT, &format!("/{id}/value"), json!({}))
        .await
        .json();
    let second = rolled["result"].as_str().unwrap();
    assert_ne!(second, value);
    for (method, below, body) in [
        (Method::GET, "", Value::Null),
        (Method::GET, &*below, Value::Null),
        (Method::PUT, &*below, json!({"name": "other"})),
        (Method::GET, "/verify", Value::Null),
        (Method::DELETE, &*below, Value::Null),
    ] {
        let answer = tenant.own(method.clone(), below, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {below}");
        let said = String::from_utf8(answer.body.to_vec()).unwrap();
        // Neither a value, nor the middle of one, nor what is stored of it.
        for secret in [value, second, &value[10..30], &second[10..30], &digest] {
            assert!(!said.contains(secret), "{method} {below}: {said}");
        }
    }
}

#[tokio::test]
async fn a_token_is_listed_changed_rolled_and_revoked() {
    let tenant = tenant().await;
    let body = json!({
        "name": "ci",
        "policies": tenant.policies(&[READ, RUN]),
        "expires_on": "2026-01-15T11:30:00Z",
        "condition": {},
    });
    let (id, value) = tenant.make(body).await;
    let below = format!("/{id}");
    let got = tenant.own(Method::GET, &below, Value::Null).await.json();
    assert_eq!(got["result"]["status"], "active");
    assert_eq!(got["result"]["expires_on"], "2026-01-15T11:30:00Z");
    assert_eq!(got["result"]["not_before"], Value::Null);
    let verified = tenant.verify(&value).await.json();
    assert_eq!(verified["result"]["id"], json!(id));
    assert_eq!(verified["result"]["expires_on"], "2026-01-15T11:30:00Z");

    // What was read can be sent back.
    let same = tenant.own(Method::PUT, &below, got["result"].clone()).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.json());
    let disabled = json!({"status": "disabled", "expires_on": null});
    let changed = tenant.own(Method::PUT, &below, disabled).await.json();
    assert_eq!(changed["result"]["status"], "disabled");
    assert_eq!(changed["result"]["expires_on"], Value::Null);
    assert_eq!(tenant.verify(&value).await.code(), 10_000);
    let active = json!({"status": "active"});
    tenant.own(Method::PUT, &below, active).await;
    assert_eq!(tenant.verify(&value).await.status, StatusCode::OK);

    let value_below = format!("{below}/value");
    let rolled = tenant.own(Method::PUT, &value_below, json!({})).await;
    let new = rolled.json()["result"].as_str().unwrap().to_owned();
    let stati = [&value, &new].map(|value| tenant.verify(value));
    let [former, current] = stati;
    assert_eq!(former.await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(current.await.status, StatusCode::OK);

    let list = tenant
        .own(Method::GET, "?direction=desc", Value::Null)
        .await;
    let list = list.json();
    assert_eq!(list["result"][0]["id"], json!(id));
    assert_eq!(list["result_info"]["total_count"], 2);
    let gone = tenant.own(Method::DELETE, &below, Value::Null).await.json();
    assert_eq!(gone["result"], json!({ "id": id }));
    assert_eq!(tenant.verify(&new).await.status, StatusCode::UNAUTHORIZED);
    let absent = tenant.own(Method::GET, &below, Value::Null).await;
    assert_eq!(absent.code(), 7_002);
}

#[tokio::test]
async fn a_token_expires_without_a_write() {
    let tenant = tenant().await;
    let body = json!({
        "name": "short",
        "policies": tenant.policies(&[READ]),
        "not_before": "2026-01-15T10:30:10Z",
        "expires_on": "2026-01-15T10:30:20Z",
    });
    assert_eq!(START % 1_000, 0);
    let (id, value) = tenant.make(body).await;
    let generation = || tenant.rig.store.snapshots().borrow().generation;
    let before = generation();
    let mut seen = vec![];
    for seconds in [9, 10, 19, 20] {
        tenant.later(seconds * 1_000);
        seen.push(tenant.verify(&value).await.status.as_u16());
    }
    assert_eq!(seen, [401, 200, 200, 401]);
    assert_eq!(generation(), before);
    let below = format!("/{id}");
    let got = tenant.own(Method::GET, &below, Value::Null).await.json();
    assert_eq!(got["result"]["status"], "expired");
    // A list leaves it out, unless it is asked for.
    for (query, count) in [("", 1), ("?include_expired=true", 2)] {
        let list = tenant.own(Method::GET, query, Value::Null).await.json();
        assert_eq!(list["result"].as_array().unwrap().len(), count, "{query}");
    }
    // What was read of it can be sent back, and a new end brings it back.
    let same = tenant.own(Method::PUT, &below, got["result"].clone()).await;
    assert_eq!(same.json()["result"]["status"], "expired");
    let longer = json!({"expires_on": "2027-01-01T00:00:00Z"});
    let changed = tenant.own(Method::PUT, &below, longer).await.json();
    assert_eq!(changed["result"]["status"], "active");
    let expired = json!({"status": "expired"});
    let refused = tenant.own(Method::PUT, &below, expired).await;
    assert_eq!(refused.path(), "body.status");
}

#[tokio::test]
async fn a_14_roll_with_overlap_keeps_the_former_value_so_long() {
    let tenant = tenant().await;
    let body = json!({"name": "ci", "policies": tenant.policies(&[READ])});
    let (id, former) = tenant.make(body).await;
    let overlap = json!({"overlap_seconds": 60});
    let below = format!("/{id}/value");
    let rolled = tenant.own(Method::PUT, &below, overlap).await.json();
    let current = rolled["result"].as_str().unwrap();
    for (millis, expected) in [(0, 200), (30_000, 200), (59_999, 200), (60_000, 401)] {
        tenant.later(millis);
        let seen = tenant.verify(&former).await.status.as_u16();
        assert_eq!(seen, expected, "after {millis} ms");
        assert_eq!(tenant.verify(current).await.status, StatusCode::OK);
    }
    let refused = tenant.own(Method::PUT, &below, json!({"overlap_seconds": 86_401}));
    assert_eq!(refused.await.status, StatusCode::BAD_REQUEST);
}

/// As the official SDKs do.
#[tokio::test]
async fn a_roll_without_a_body_ends_the_former_value_at_once() {
    let tenant = tenant().await;
    let body = json!({"name": "ci", "policies": tenant.policies(&[READ])});
    let (id, former) = tenant.make(body).await;
    let below = format!("/{id}/value");
    let rolled = tenant.own(Method::PUT, &below, Value::Null).await;
    assert_eq!(rolled.status, StatusCode::OK, "{}", rolled.json());
    let refused = tenant.verify(&former).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_11_no_scope_escalation() {
    let mut tenant = tenant().await;
    let weak: Permissions = "read,tokens-write".parse().unwrap();
    let weak = tenant.rig.token(tenant.account, weak).await;
    let tokens = tenant.rig.store.instance();
    let count = tokens.list_tokens(tenant.account).await.unwrap().len();
    let resource = |account: &str| {
        let mut policies = tenant.policies(&[READ]);
        let name = format!("com.cloudflare.api.account.{account}");
        policies[0]["resources"] = json!({ name: "*" });
        policies
    };
    let other = "f".repeat(32);
    for (what, policies) in [
        ("more permissions", tenant.policies(&[READ, RUN])),
        ("another account", resource(&other)),
        ("every account", resource("*")),
    ] {
        let body = json!({"name": "x", "policies": policies});
        let refused = tenant.call(&weak, Method::POST, "", body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, 10_000),
            "{what}: {}",
            refused.json()
        );
    }
    // A longer life than the maker's own.
    let body = json!({
        "name": "short",
        "policies": tenant.policies(&[READ, TOKENS_WRITE]),
        "expires_on": "2026-02-01T00:00:00Z",
    });
    let (id, short) = tenant.make(body).await;
    for expires_on in [Value::Null, json!("2026-02-01T00:00:01Z")] {
        let body = json!({
            "name": "x", "policies": tenant.policies(&[READ]), "expires_on": expires_on,
        });
        let refused = tenant.call(&bearer(&short), Method::POST, "", body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{expires_on}");
        let longer = json!({ "expires_on": expires_on });
        let below = format!("/{id}");
        let short = bearer(&short);
        let refused = tenant.call(&short, Method::PUT, &below, longer).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{expires_on}");
    }
    let body = json!({
        "name": "as long", "policies": tenant.policies(&[READ]),
        "expires_on": "2026-02-01T00:00:00Z",
    });
    let made = tenant.call(&bearer(&short), Method::POST, "", body).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    // Besides the two that were made, nothing is stored.
    let now = tokens.list_tokens(tenant.account).await.unwrap().len();
    assert_eq!(now, count + 2);
}

#[tokio::test]
async fn a_17_mass_assignment() {
    let tenant = tenant().await;
    let body = |name: &str, value: Value| {
        let mut body = json!({"name": "x", "policies": tenant.policies(&[READ])});
        body[name] = value;
        body
    };
    let (id, _) = tenant.make(body("name", json!("x"))).await;
    let below = format!("/{id}");
    for name in [
        "account_id",
        "account",
        "created_at",
        "role",
        "permissions",
        "bootstrap",
        "digest",
        "expire_on",
    ] {
        let refused = tenant.own(Method::POST, "", body(name, json!("x"))).await;
        assert_eq!(refused.path(), format!("body.{name}"));
        let refused = tenant.own(Method::PUT, &below, json!({name: "x"})).await;
        assert_eq!(refused.path(), format!("body.{name}"));
    }
    // What a token that was read has is taken, and changes nothing.
    let before = tenant.own(Method::GET, &below, Value::Null).await.json();
    for name in ["id", "issued_on", "modified_on", "value", "last_used_on"] {
        let (other, _) = tenant.make(body(name, json!(id))).await;
        assert_ne!(other, id);
        let same = tenant.own(Method::PUT, &below, json!({name: "x"})).await;
        assert_eq!(same.json()["result"]["id"], before["result"]["id"]);
        assert_eq!(
            same.json()["result"]["issued_on"],
            before["result"]["issued_on"]
        );
    }
}

#[tokio::test]
async fn what_nobody_would_carry_out_is_refused() {
    let tenant = tenant().await;
    let policy = |name: &str, value: Value| {
        let mut policies = tenant.policies(&[READ]);
        policies[0][name] = value;
        json!({"name": "x", "policies": policies})
    };
    let with = |name: &str, value: Value| {
        let mut body = json!({"name": "x", "policies": tenant.policies(&[READ])});
        body[name] = value;
        body
    };
    let zone = "com.cloudflare.api.account.zone.*";
    let own = format!("com.cloudflare.api.account.{}", tenant.account);
    let addresses = json!({"request_ip": {"in": ["192.0.2.0/24"]}});
    for (body, place) in [
        (with("condition", addresses), "body.condition"),
        (with("status", json!("disabled")), "body.status"),
        (with("policies", json!([])), "body.policies"),
        (
            with("expires_on", json!("2026-01-01T00:00:00Z")),
            "body.expires_on",
        ),
        (policy("effect", json!("deny")), "body.policies.0.effect"),
        (policy("permission_groups", json!([])), "body.policies"),
        (
            policy("permission_groups", json!([{"id": "0".repeat(32)}])),
            "body.policies.0.permission_groups.0.id",
        ),
        (policy("resources", json!({})), "body.policies.0.resources"),
        (
            policy("resources", json!({zone: "*"})),
            "body.policies.0.resources",
        ),
        (
            policy("resources", json!({own: {zone: "*"}})),
            "body.policies.0.resources",
        ),
    ] {
        let refused = tenant.own(Method::POST, "", body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.path(), place, "{body}: {}", refused.json());
    }
    let list = tenant.own(Method::GET, "", Value::Null).await.json();
    assert_eq!(
        list["result"].as_array().unwrap().len(),
        1,
        "nothing is stored"
    );
}

#[tokio::test]
async fn every_good_token_may_ask_whether_it_is_good() {
    let mut tenant = tenant().await;
    let nothing = tenant
        .rig
        .token(tenant.account, Permissions::default())
        .await;
    let value = nothing.strip_prefix("Bearer ").unwrap();
    assert_eq!(
        tenant.verify(value).await.json()["result"]["status"],
        "active"
    );
    let own = tenant
        .call(&nothing, Method::GET, "/verify", Value::Null)
        .await;
    assert_eq!(own.status, StatusCode::OK);
    let (_, foreign) = tenant.rig.tenant().await;
    let elsewhere = tenant.call(&foreign, Method::GET, "/verify", Value::Null);
    assert_eq!(elsewhere.await.code(), 7_002);
    assert_eq!(tenant.verify("nobody").await.code(), 10_000);
}

#[tokio::test]
async fn permission_groups_are_found_by_name() {
    let tenant = tenant().await;
    let all = tenant
        .own(Method::GET, "/permission_groups", Value::Null)
        .await;
    assert_eq!(all.json()["result"].as_array().unwrap().len(), 5);
    let run = "/permission_groups?name=AI%20Gateway%20Run&scope=com.cloudflare.api.account";
    let run = tenant.own(Method::GET, run, Value::Null).await.json();
    assert_eq!(
        run["result"],
        json!([{"id": RUN, "name": "AI Gateway Run", "scopes": ["com.cloudflare.api.account"]}])
    );
}
