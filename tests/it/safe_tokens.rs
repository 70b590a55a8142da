//! Tokens in the hands of those who hold them, and what is taken for one: revoking, changing over,
//! digests, SQL. Guessing is left to `safe_guessing`.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aig_model::TokenText;
use aig_testkit::{House, Provider, eventually};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A house with a closed gateway `g` before a provider that always answers.
pub(super) async fn closed(provider: &Provider) -> House {
    provider.always_answers(200, &JSON, "{}");
    let house = House::with(provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    house
}

fn tokens_url(house: &House, below: &str) -> String {
    format!("{}/accounts/{}/tokens{below}", house.api(), house.account())
}

/// A token that may send requests, made over the API: its id and its value.
async fn runner(house: &House) -> (String, String) {
    let groups = tokens_url(house, "/permission_groups?name=AI%20Gateway%20Run");
    let request = house.http().get(groups).bearer_auth(house.token());
    let groups: Value = request.send().await.unwrap().json().await.unwrap();
    let resource = format!("com.cloudflare.api.account.{}", house.account());
    let body = json!({"name": "runner", "policies": [{
        "effect": "allow",
        "permission_groups": [{"id": groups["result"][0]["id"]}],
        "resources": {resource: "*"},
    }]});
    let request = house.http().post(tokens_url(house, ""));
    let request = request.bearer_auth(house.token()).json(&body);
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let text = |name: &str| made["result"][name].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

/// The status of a request through the gateway.
pub(super) async fn run(house: &House, token: &str) -> u16 {
    let url = house.url("g", "openai/chat/completions");
    let request = house.http().post(url).body("{}");
    let request = request.header("cf-aig-authorization", format!("Bearer {token}"));
    request.send().await.unwrap().status().as_u16()
}

/// From the answer that says that a token is gone, no request with it is let in, on whatever
/// connection and however many are under way.
#[tokio::test]
async fn a_09_revocation_bound() {
    let provider = Provider::start().await;
    let house = Arc::new(closed(&provider).await);
    let (id, value) = runner(&house).await;
    let seen: Arc<Mutex<Vec<(Instant, u16)>>> = Arc::default();
    let enough = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (house, value) = (Arc::clone(&house), value.clone());
            let (seen, enough) = (Arc::clone(&seen), Arc::clone(&enough));
            tokio::spawn(async move {
                while !enough.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let status = run(&house, &value).await;
                    seen.lock().unwrap().push((began, status));
                }
            })
        })
        .collect();
    let counted = |status: u16| {
        let seen = seen.lock().unwrap();
        seen.iter().filter(|(_, seen)| *seen == status).count()
    };
    eventually("requests to be let in", async || {
        (counted(200) >= 50).then_some(())
    })
    .await;
    let request = house.http().delete(tokens_url(&house, &format!("/{id}")));
    let gone = request.bearer_auth(house.token()).send().await.unwrap();
    assert_eq!(gone.status(), 200);
    let acknowledged = Instant::now();
    eventually("requests to be refused", async || {
        (counted(401) >= 50).then_some(())
    })
    .await;
    enough.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let seen = seen.lock().unwrap();
    let late = seen.iter().filter(|(began, _)| *began > acknowledged);
    let late: Vec<_> = late.map(|(_, status)| *status).collect();
    assert!(late.len() >= 40, "{} requests began later", late.len());
    assert!(late.iter().all(|status| *status == 401), "{late:?}");
}

/// While a token changes over both values are let in, under load, and switching it off ends both.
#[tokio::test]
async fn a_14_no_request_fails_while_a_token_changes_over() {
    let provider = Provider::start().await;
    let house = Arc::new(closed(&provider).await);
    let (id, former) = runner(&house).await;
    let (enough, served) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (house, former) = (Arc::clone(&house), former.clone());
            let (enough, served) = (Arc::clone(&enough), Arc::clone(&served));
            tokio::spawn(async move {
                while !enough.load(Ordering::Relaxed) {
                    assert_eq!(run(&house, &former).await, 200);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let roll = tokens_url(&house, &format!("/{id}/value"));
    let request = house.http().put(roll).bearer_auth(house.token());
    let request = request.json(&json!({"overlap_seconds": 3_600}));
    let rolled: Value = request.send().await.unwrap().json().await.unwrap();
    let current = rolled["result"].as_str().unwrap();
    let before = served.load(Ordering::Relaxed);
    eventually("requests with the former value", async || {
        (served.load(Ordering::Relaxed) > before + 40).then_some(())
    })
    .await;
    assert_eq!(run(&house, current).await, 200);
    enough.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let below = tokens_url(&house, &format!("/{id}"));
    let request = house.http().put(below).bearer_auth(house.token());
    let off = request.json(&json!({"status": "disabled"})).send().await;
    assert_eq!(off.unwrap().status(), 200);
    let stati = [run(&house, &former).await, run(&house, current).await];
    assert_eq!(stati, [401, 401]);
}

/// What is stored of a token opens neither plane, however it is written.
#[tokio::test]
async fn a_13_stored_digest_is_not_a_token() {
    let provider = Provider::start().await;
    let house = closed(&provider).await;
    let digest = house.running().identity().digest(house.token_text()).0;
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64(&digest);
    let url_safe = base64.replace('+', "-").replace('/', "_");
    let unpadded = base64.trim_end_matches('=').to_owned();
    for text in [
        hex.to_uppercase(),
        hex,
        base64,
        url_safe,
        unpadded,
        TokenText::from_random(digest).expose().to_owned(),
    ] {
        assert_eq!(run(&house, &text).await, 401, "{text}");
        let request = house.http().get(house.gateways_url("")).bearer_auth(&text);
        assert_eq!(request.send().await.unwrap().status(), 401, "{text}");
    }
    assert_eq!(run(&house, house.token()).await, 200);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..4 {
            match place <= chunk.len() {
                true => text.push(DIGITS[(bits >> (18 - 6 * place)) as usize & 63].into()),
                false => text.push('='),
            }
        }
    }
    text
}

/// Texts that no input of SQL may take for anything but themselves.
fn injections() -> Vec<String> {
    let starts = ["'", "\"", "')", "\")", "`", "]", "%' ", "x' ", "1 ", "\\'"];
    let ends = [
        "OR 1=1 --",
        "OR '1'='1",
        "UNION SELECT digest FROM token --",
        "; DROP TABLE gateway; --",
        "AND (SELECT count(*) FROM token) > 0 --",
        "/**/OR/**/1=1/*",
        "|| (SELECT name FROM token LIMIT 1) ||",
        "COLLATE NOCASE OR 1 --",
        "\u{0}OR 1=1",
        "LIKE '%",
    ];
    let pairs = starts
        .iter()
        .flat_map(|start| ends.iter().map(move |end| (start, end)));
    pairs.map(|(start, end)| format!("{start}{end}")).collect()
}

/// Every text parameter of every operation that reads takes SQL for what any other text is.
#[tokio::test]
async fn a_16_injection_corpus() {
    let house = House::start().await;
    let document: Value = serde_json::from_str(include_str!("../../spec/effective.json")).unwrap();
    let account = house.account().to_string();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let query = item["get"]["parameters"].as_array().into_iter().flatten();
        let names = query.filter(|p| p["in"] == "query" && p["schema"]["type"] == "string");
        let path = path
            .replace("{account_id}", &account)
            .replace("{gateway_id}", "default")
            .replace("{provider}", "openai");
        for name in names.map(|p| p["name"].as_str().unwrap()) {
            let ask = async |text: &str| {
                let url = format!("{}{path}", house.api());
                let request = house.http().get(url).bearer_auth(house.token());
                let answer = request.query(&[(name, text)]).send().await.unwrap();
                let status = answer.status().as_u16();
                let body: Value = answer.json().await.unwrap();
                (status, body["result"].clone())
            };
            let literal = ask("zzzzzz").await;
            for text in injections() {
                assert_eq!(ask(&text).await, literal, "{name} of {path}: {text:?}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 500, "texts were tried: {asked}");
    // A name that reads like SQL is a name, and found as one.
    for (number, text) in injections().iter().enumerate().step_by(11) {
        let text = text.replace('\u{0}', "");
        let id = format!("i{number}");
        house.gateway(&id, json!({"id": id, "name": text})).await;
        let url = house.gateways_url("");
        let request = house.http().get(url).bearer_auth(house.token());
        let found = request.query(&[("search", &text)]).send().await.unwrap();
        let found: Value = found.json().await.unwrap();
        let ids: Vec<_> = found["result"].as_array().unwrap().iter().collect();
        assert_eq!((ids.len(), &ids[0]["id"]), (1, &json!(id)), "{text}");
    }
}
