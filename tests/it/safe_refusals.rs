//! What the house says when it refuses, and what it tells operators: nothing of what it keeps.

use std::time::Duration;

use aig_testkit::{House, Provider, RawCaller};
use http::Method;
use serde_json::json;

use crate::process::aig;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
/// The caller's own key, and one that is stored.
const KEYS: [&str; 2] = ["sk-canary-of-the-caller", "sk-canary-in-the-store"];

/// What stands in no answer: the canaries, and what only this house has.
async fn secrets(house: &House, provider: &Provider) -> Vec<String> {
    let mut secrets: Vec<String> = KEYS.map(Into::into).into();
    secrets.push(house.token().to_owned());
    secrets.push(house.directory().display().to_string());
    secrets.push(provider.address().to_string());
    for file in ["token-pepper", "key-encryption-key"] {
        let text = std::fs::read_to_string(house.directory().join(file)).unwrap();
        secrets.push(text.trim().to_owned());
    }
    let config = rusqlite::Connection::open(house.directory().join("config.db")).unwrap();
    let digests = config.prepare(
        "SELECT lower(hex(digest)) FROM token UNION SELECT lower(hex(digest)) FROM pepper",
    );
    let mut digests = digests.unwrap();
    let digests = digests.query_map([], |row| row.get(0)).unwrap();
    secrets.extend(digests.map(Result::unwrap));
    // Names and statements of the store, and places in the code.
    let inside = [
        "sqlite",
        "SELECT ",
        "no such table",
        "logs.db",
        "config.db",
        "log_of",
        ".rs:",
        "panicked",
    ];
    secrets.extend(inside.map(Into::into));
    assert!(secrets.iter().all(|secret| secret.len() > 3));
    secrets
}

/// One answer: where it came from, its status, head and body in one text.
type Seen = (String, u16, String);

async fn seen(what: &str, request: reqwest::RequestBuilder) -> Seen {
    let answer = request.send().await.unwrap();
    let (status, head) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
    (
        what.to_owned(),
        status,
        head + &answer.text().await.unwrap(),
    )
}

/// Every refusal of the data plane that a caller can bring about.
async fn data_plane(house: &House, provider: &Provider) -> Vec<Seen> {
    let limit = json!({"rate_limiting_limit": 1, "rate_limiting_interval": 3600});
    house.gateway("limited", limit).await;
    house
        .gateway("closed", json!({"authentication": true}))
        .await;
    provider.answers(200, &JSON, "{}");
    let chat = "openai/chat/completions";
    let post = |url: String| house.http().post(url).bearer_auth(KEYS[0]).body("{}");
    let first = post(house.url("limited", chat)).send().await.unwrap();
    assert_eq!(first.status(), 200);
    let origin = format!("http://{}", house.address());
    let account = house.account();
    let mut all = vec![
        seen("no such path", post(format!("{origin}/v9/x"))).await,
        seen("absent, anonymous", post(house.url("absent", chat))).await,
        seen("closed, anonymous", post(house.url("closed", chat))).await,
        seen("no provider", post(house.url("g", "no-such-provider/x"))).await,
        seen(
            "no account",
            post(house.url("g", chat).replace(&account.to_string(), "x")),
        )
        .await,
        seen("limited", post(house.url("limited", chat))).await,
        seen("universal", post(house.url("g", "")).body("{")).await,
        seen(
            "too large",
            post(house.url("g", "")).body("x".repeat(9 << 10)),
        )
        .await,
        seen("unified", post(house.url("g", "compat/chat/completions"))).await,
    ];
    let with = |gateway, name: &'static str, value: &str| {
        let token = format!("Bearer {}", house.token());
        let request = post(house.url(gateway, chat)).header("cf-aig-authorization", token);
        request.header(name, value)
    };
    let absent = with("absent", "x-plain", "1");
    all.push(seen("absent, known", absent).await);
    let alias = house.http().post(house.url("closed", chat)).body("{}");
    let alias = alias.header("cf-aig-authorization", format!("Bearer {}", house.token()));
    all.push(seen("no such key", alias.header("cf-aig-byok-alias", "absent")).await);
    let bad = post(house.url("closed", chat)).header("cf-aig-authorization", "Bearer aig_x");
    all.push(seen("bad token", bad).await);
    provider.closes();
    all.push(seen("no answer", post(house.url("g", chat))).await);
    all.push(seen("a loop", with("g", "cdn-loop", "aig, aig")).await);

    let mut raw = RawCaller::to(house.address()).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "x".repeat(70 << 10)
    );
    raw.send(head).await;
    let told = raw.answer().await.unwrap();
    let text = told.head + &String::from_utf8_lossy(&told.body);
    all.push(("a long head".into(), told.status, text));
    all
}

/// Every refusal of the control plane, those of a store in trouble among them.
async fn control_plane(house: &House) -> Vec<Seen> {
    let reader = house.another_token("read").await;
    let ask = |method: Method, url: String, token: &str| {
        let request = house.http().request(method, url);
        request.bearer_auth(token)
    };
    let (get, token) = (Method::GET, house.token());
    let gateways = |path: &str| house.gateways_url(path);
    let gateway = json!({"id": "x"});
    let mut all = vec![
        seen("no token", house.http().get(gateways(""))).await,
        seen("bad token", ask(get.clone(), gateways(""), "aig_x")).await,
        seen(
            "no operation",
            ask(get.clone(), gateways("/g/nothing"), token),
        )
        .await,
        seen("no gateway", ask(get.clone(), gateways("/absent"), token)).await,
        seen("no row", ask(get.clone(), gateways("/g/logs/x"), token)).await,
        seen("method", ask(Method::PATCH, gateways(""), token)).await,
        seen("page", ask(get.clone(), gateways("?page=0"), token)).await,
        seen(
            "filter",
            ask(get.clone(), gateways("/g/logs?filters=%7B"), token),
        )
        .await,
        seen(
            "body",
            ask(Method::POST, gateways(""), token).json(&json!({"id": ""})),
        )
        .await,
        seen(
            "reader",
            ask(Method::POST, gateways(""), reader.expose()).json(&gateway),
        )
        .await,
        seen(
            "large",
            ask(Method::POST, gateways(""), token).body("x".repeat(2 << 20)),
        )
        .await,
    ];
    let logs = || ask(Method::GET, gateways("/g/logs?search=x"), token);
    house.running().store().limit_log_reads(Duration::ZERO);
    all.push(seen("out of time", logs()).await);
    house
        .running()
        .store()
        .limit_log_reads(aig_store::limits::READ_TIME);
    let file = rusqlite::Connection::open(house.directory().join("logs.db")).unwrap();
    file.execute_batch("ALTER TABLE log_of RENAME TO elsewhere")
        .unwrap();
    all.push(seen("a broken store", logs()).await);
    file.execute_batch("ALTER TABLE elsewhere RENAME TO log_of")
        .unwrap();
    all
}

#[tokio::test]
async fn s_11_no_refusal_and_nothing_for_operators_tells_what_the_house_keeps() {
    let provider = Provider::start().await;
    let builder = House::builder().provider(&provider);
    let house = builder
        .flags(|flags| flags.max_request_body = Some(8 << 10))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    house.gateway("keys", json!({"authentication": true})).await;
    let config = json!({
        "provider_slug": "openai", "alias": "default", "default_config": true, "secret": KEYS[1],
    });
    let url = house.gateways_url("/keys/provider_configs");
    let stored = house
        .http()
        .post(url)
        .bearer_auth(house.token())
        .json(&config);
    assert_eq!(stored.send().await.unwrap().status(), 200);
    let secrets = secrets(&house, &provider).await;

    let mut all = data_plane(&house, &provider).await;
    all.extend(control_plane(&house).await);
    let mut statuses: Vec<u16> = all.iter().map(|(_, status, _)| *status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let provoked = [400, 401, 403, 404, 405, 413, 429, 431, 500, 503, 508];
    assert!(
        provoked.iter().all(|status| statuses.contains(status)),
        "{statuses:?}"
    );
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        let url = format!("http://{}{path}", house.address());
        let page = seen(path, house.http().get(&url)).await;
        assert_eq!(page.1, 200);
        all.push(page);
        all.push(seen(path, house.http().post(url)).await);
    }
    let limits = tokio::task::spawn_blocking(|| aig(&["limits", "--json"]).output().unwrap());
    let said = String::from_utf8(limits.await.unwrap().stdout).unwrap();
    all.push(("limits".into(), 200, said));

    for (what, status, text) in &all {
        for secret in &secrets {
            assert!(
                !text.contains(secret),
                "{what} ({status}) tells {secret}: {text}"
            );
        }
    }
    let faults = all.iter().filter(|(_, status, _)| *status == 500);
    for (what, _, text) in faults {
        assert!(text.contains("its log tells more"), "{what}: {text}");
    }
}
