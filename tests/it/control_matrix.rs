//! Who may reach what: every operation of the contract against every way of asking for what is
//! not one's own.
//!
//! Nothing here names an operation. `tenant` reads the contract and makes one object of each kind
//! that it can make, so an operation that the contract gains is asked for here from the same day.
//! What a single operation does with good input is left to the tests of its feature.

mod tenant;

use std::collections::BTreeMap;

use aig_testkit::House;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use tenant::{Operation, Tenant, operations};

/// What is not the same in two answers by nature.
const VARYING: [&str; 2] = ["date", "x-request-id"];

/// An answer as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) status: StatusCode,
    headers: Vec<String>,
    pub(super) body: String,
}

impl Seen {
    fn code(&self) -> u64 {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["errors"][0]["code"].as_u64().unwrap_or_default()
    }

    fn is(&self, status: u16, code: u64) -> bool {
        (self.status.as_u16(), self.code()) == (status, code)
    }

    /// Everything that was said, to look for words in.
    fn said(&self) -> String {
        format!("{} {}", self.headers.join("\n"), self.body)
    }
}

/// A request, before it is sent.
#[derive(Clone, Default)]
pub(super) struct Ask {
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
}

pub(super) async fn send(house: &House, method: &Method, token: Option<&str>, ask: &Ask) -> Seen {
    let url = format!("{}{}", house.api(), ask.path);
    let mut request = house
        .http()
        .request(method.clone(), url)
        .headers(ask.headers.clone());
    if !ask.query.is_empty() {
        request = request.query(&ask.query);
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = &ask.body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !VARYING.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    Seen {
        status: answer.status(),
        headers,
        body: answer.text().await.unwrap(),
    }
}

/// An id that looks like `id` and is nobody's.
fn absent(id: &str) -> String {
    let other = |c: char| match c {
        '0'..='9' => '7',
        'a'..='f' => 'e',
        'g'..='z' => 'z',
        c => c,
    };
    id.chars().map(other).collect()
}

#[tokio::test]
async fn a_01_no_token_every_op() {
    let house = House::start().await;
    let own = Tenant::first(&house).await;
    for operation in operations() {
        let here = own.ask(&operation);
        let elsewhere = Ask {
            path: here.path.replace(&own.account, &"f".repeat(32)),
            ..here.clone()
        };
        for token in [None, Some("nobody")] {
            let there = send(&house, &operation.method, token, &here).await;
            let nowhere = send(&house, &operation.method, token, &elsewhere).await;
            assert!(there.is(401, 10000), "{}: {there:?}", operation.id);
            assert_eq!(there, nowhere, "{}", operation.id);
        }
    }
    // Before a path, a method or a body is looked at.
    for (method, path) in [
        (Method::GET, "/no/such/path"),
        (Method::PATCH, "/accounts"),
        (Method::POST, "/accounts/x/ai-gateway/gateways"),
    ] {
        let ask = Ask {
            path: path.to_owned(),
            ..Ask::default()
        };
        let seen = send(&house, &method, None, &ask).await;
        assert!(seen.is(401, 10000), "{method} {path}: {seen:?}");
    }
}

#[tokio::test]
async fn a_02_matrix_foreign_account() {
    let house = House::start().await;
    let own = Tenant::first(&house).await;
    let other = Tenant::another(&house).await;
    let before = other.everything(&house).await;
    let queries = house.running().store().queries();
    for operation in operations().iter().filter(|o| o.names_account()) {
        let foreign = other.ask(operation);
        let missing = Ask {
            path: foreign.path.replace(&other.account, &"f".repeat(32)),
            ..foreign.clone()
        };
        let asked = queries.count();
        let foreign = send(&house, &operation.method, Some(&own.token), &foreign).await;
        assert!(foreign.is(404, 7002), "{}: {foreign:?}", operation.id);
        // Not a row of anybody's was read to find that out.
        assert_eq!(queries.count(), asked, "{}", operation.id);
        let missing = send(&house, &operation.method, Some(&own.token), &missing).await;
        assert_eq!(foreign, missing, "{}", operation.id);
    }
    assert_eq!(other.everything(&house).await, before);
}

#[tokio::test]
async fn a_03_own_account_foreign_objects() {
    let house = House::start().await;
    let own = Tenant::first(&house).await;
    let other = Tenant::another(&house).await;
    let before = other.everything(&house).await;
    let mut asked = 0;
    for operation in operations() {
        for place in operation.objects() {
            let theirs = own.ask_with(&operation, &place, other.object(&place));
            let nobodys = own.ask_with(&operation, &place, &absent(other.object(&place)));
            let theirs = send(&house, &operation.method, Some(&own.token), &theirs).await;
            let nobodys = send(&house, &operation.method, Some(&own.token), &nobodys).await;
            assert!(
                theirs.is(404, 7002),
                "{} with {place}: {theirs:?}",
                operation.id
            );
            assert_eq!(theirs, nobodys, "{} with {place}", operation.id);
            asked += 1;
        }
    }
    assert!(asked > 3, "objects stand in paths: {asked}");
    assert_eq!(other.everything(&house).await, before);
}

/// Ids of another account in a query, in headers and in a body have no voice: nothing of that
/// account is said, and nothing of it changes.
#[tokio::test]
async fn a_04_foreign_object_ids_everywhere() {
    let house = House::start().await;
    let other = Tenant::another(&house).await;
    let before = other.everything(&house).await;
    let words = other.named();
    for operation in operations() {
        for place in ["query", "header", "body", "array"] {
            // Whatever the operation deletes or rolls is this tenant's own, and made anew.
            let own = Tenant::another(&house).await;
            let mut ask = own.ask(&operation);
            match place {
                "query" => ask.query.extend(words.clone()),
                "header" => ask.headers = as_headers(&words),
                _ if ask.body.is_none() => continue,
                _ => mix_in(ask.body.as_mut().unwrap(), &words, place == "array"),
            }
            let seen = send(&house, &operation.method, Some(&own.token), &ask).await;
            assert!(
                seen.status.as_u16() < 500,
                "{} in the {place}: {seen:?}",
                operation.id
            );
            assert!(
                !seen.said().contains(&other.canary),
                "{} in the {place} tells of another account: {seen:?}",
                operation.id
            );
            if seen.status.is_success() {
                let told = own.everything(&house).await;
                assert!(!told.values().any(|text| text.contains(&other.canary)));
            }
        }
    }
    assert_eq!(other.everything(&house).await, before);
}

fn as_headers(words: &[(String, String)]) -> HeaderMap {
    let named = words.iter().flat_map(|(name, value)| {
        let name = name.replace('_', "-");
        [name.clone(), format!("x-{name}"), format!("cf-aig-{name}")]
            .map(|name| (name.parse().unwrap(), value.parse().unwrap()))
    });
    named.collect::<HeaderMap>()
}

/// Adds members to a body without taking those that it must have.
fn mix_in(body: &mut Value, words: &[(String, String)], in_arrays: bool) {
    let body = body.as_object_mut().unwrap();
    for (name, value) in words {
        let value = if in_arrays {
            json!([value, {"id": value}])
        } else {
            json!(value)
        };
        body.entry(name.clone()).or_insert(value);
    }
}

/// A token opens what its permissions are for, and says the same of everything else.
#[tokio::test]
async fn a_token_without_the_permission_is_403() {
    let house = House::start().await;
    let own = Tenant::first(&house).await;
    let mut tokens = BTreeMap::new();
    for permission in aig_model::Permission::ALL.map(|p| p.to_string()) {
        let token = house.another_token(&permission).await;
        tokens.insert(permission, token.expose().to_owned());
    }
    for operation in operations() {
        let mut opened = vec![];
        for (permission, token) in &tokens {
            // What it would delete or change is nobody's: only the door is asked.
            let ask = match operation.objects().last() {
                Some(place) => own.ask_with(&operation, place, &absent(own.object(place))),
                None => own.ask(&operation),
            };
            let seen = send(&house, &operation.method, Some(token), &ask).await;
            match seen.status.as_u16() {
                403 => assert_eq!(seen.code(), 10000, "{}", operation.id),
                _ => opened.push(permission.as_str()),
            }
        }
        let known = operation.opened_by();
        assert_eq!(opened, known, "{}", operation.id);
    }
}

/// Whatever changes something says so in the audit log.
#[tokio::test]
async fn every_change_leaves_an_entry_in_the_audit_log() {
    let house = House::start().await;
    let mut changes = 0;
    for operation in operations().iter().filter(|o| o.method != Method::GET) {
        let own = Tenant::another(&house).await;
        let logs = Ask {
            path: format!("/accounts/{}/logs/audit", own.account),
            ..Ask::default()
        };
        let count = async || {
            let seen = send(&house, &Method::GET, Some(&own.token), &logs).await;
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            let entries = body["result"].as_array().unwrap().clone();
            let by_it = entries.iter().filter(|entry| {
                entry["action"]["description"] == *operation.id
                    && entry["action"]["result"] == "success"
            });
            by_it.count()
        };
        let before = count().await;
        let mut ask = own.ask(operation);
        // One of each kind is there already.
        for name in ["alias", "slug", "model"] {
            if let Some(id) = ask.body.as_mut().and_then(|body| body.get_mut(name)) {
                *id = json!("another");
            }
        }
        let seen = send(&house, &operation.method, Some(&own.token), &ask).await;
        assert!(seen.status.is_success(), "{}: {seen:?}", operation.id);
        assert_eq!(count().await, before + 1, "{}", operation.id);
        changes += 1;
    }
    assert!(changes > 8, "the contract has changes: {changes}");
}

impl Operation {
    /// Which permissions open it, as the README tells people.
    fn opened_by(&self) -> Vec<&'static str> {
        let about_tokens = self.path.contains("/tokens") || self.path.ends_with("/logs/audit");
        match self.method {
            // Whoever holds a token may ask after it.
            _ if self.path.ends_with("/tokens/verify") => {
                vec!["edit", "read", "run", "tokens-read", "tokens-write"]
            }
            Method::GET if about_tokens => vec!["tokens-read"],
            Method::GET => vec!["read"],
            _ if about_tokens => vec!["tokens-write"],
            _ => vec!["edit"],
        }
    }
}
