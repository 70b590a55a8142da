//! Stored keys on their way to a provider: which one a request goes with, from when, until when.

use aig_testkit::{House, Provider};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::process::aig;

const KEY: &str = "sk-canary-0123456789-first";

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    house
}

/// A call of the API in an account: the result.
pub(crate) async fn control(
    house: &House,
    (account, token): (&str, &str),
    method: Method,
    below: &str,
    body: Value,
) -> Value {
    let own = house.account().to_string();
    let url = house.gateways_url(below).replace(&own, account);
    let mut request = house.http().request(method, url).bearer_auth(token);
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body["result"].clone()
}

pub(crate) async fn store(house: &House, provider: &str, alias: &str, secret: &str) -> String {
    let body = json!({"provider_slug": provider, "alias": alias, "secret": secret});
    let owner = (house.account().to_string(), house.token());
    let owner = (owner.0.as_str(), owner.1);
    let made = control(house, owner, Method::POST, "/g/provider_configs", body).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A call through the gateway with these headers beside its token: the status and the answer.
pub(crate) async fn ask(
    house: &House,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, Value) {
    let mut request = house
        .http()
        .post(house.url("g", path))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(&json!({"model": "m", "messages": []}));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

/// What the provider saw of credentials in the call that is made.
async fn seen(
    provider: &Provider,
    house: &House,
    path: &str,
    headers: &[(&str, &str)],
) -> Vec<(String, String)> {
    let (status, body) = ask(house, path, headers).await;
    assert_eq!(status, 200, "{body}");
    credentials(&provider.next_request().await.headers)
}

fn credentials(headers: &[(String, bytes::Bytes)]) -> Vec<(String, String)> {
    let names = ["authorization", "x-api-key", "cf-aig-byok-alias"];
    let pairs = headers
        .iter()
        .filter(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()));
    pairs
        .map(|(name, value)| {
            let text = String::from_utf8(value.to_vec()).unwrap();
            (name.to_ascii_lowercase(), text)
        })
        .collect()
}

fn one(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[tokio::test]
async fn a_stored_key_is_used_where_the_request_brings_none() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chat = "openai/chat/completions";
    assert_eq!(seen(&provider, &house, chat, &[]).await, []);
    let id = store(&house, "openai", "default", KEY).await;
    let stored = one("authorization", &format!("Bearer {KEY}"));
    assert_eq!(seen(&provider, &house, chat, &[]).await, stored);
    // SDKs without a key send an empty one; a gateway's token in its place is none either.
    let empty = [("authorization", "")];
    assert_eq!(seen(&provider, &house, chat, &empty).await, stored);
    let token = format!("Bearer {}", house.token());
    let token = [("authorization", token.as_str())];
    assert_eq!(seen(&provider, &house, chat, &token).await, stored);
    let own = [("authorization", "Bearer sk-own")];
    let expected = one("authorization", "Bearer sk-own");
    assert_eq!(seen(&provider, &house, chat, &own).await, expected);
    store(&house, "anthropic", "default", "sk-ant").await;
    let messages = "anthropic/v1/messages";
    let expected = one("x-api-key", "sk-ant");
    assert_eq!(seen(&provider, &house, messages, &[]).await, expected);
    let own = [("authorization", "Bearer sk-own")];
    let expected = one("authorization", "Bearer sk-own");
    assert_eq!(seen(&provider, &house, messages, &own).await, expected);

    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let path = format!("/g/provider_configs/{id}");
    let next = json!({"secret": "sk-next"});
    control(&house, owner, Method::PUT, &path, next).await;
    let expected = one("authorization", "Bearer sk-next");
    assert_eq!(seen(&provider, &house, chat, &[]).await, expected);
    control(&house, owner, Method::DELETE, &path, Value::Null).await;
    assert_eq!(seen(&provider, &house, chat, &[]).await, []);
    provider.stop().await;
}

#[tokio::test]
async fn an_alias_chooses_the_key_and_an_unknown_one_is_400_2040() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chat = "openai/chat/completions";
    store(&house, "openai", "default", "sk-a").await;
    store(&house, "openai", "prod", "sk-b").await;
    let prod = [("cf-aig-byok-alias", "prod")];
    let expected = one("authorization", "Bearer sk-b");
    assert_eq!(seen(&provider, &house, chat, &prod).await, expected);
    let (status, body) = ask(&house, chat, &[("cf-aig-byok-alias", "other")]).await;
    assert_eq!(
        (status.as_u16(), &body["internalCode"]),
        (400, &json!(2040))
    );
    let told = body["description"].as_str().unwrap();
    for part in ["openai", "other", "default, prod"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let unified = json!({"model": "openai/m", "messages": []});
    let answer = house
        .http()
        .post(house.url("g", "compat/chat/completions"))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(&unified)
        .send();
    assert_eq!(answer.await.unwrap().status(), 200);
    let headers = provider.next_request().await.headers;
    assert_eq!(credentials(&headers), one("authorization", "Bearer sk-a"));
    let steps = json!([{
        "provider": "openai", "endpoint": "chat/completions",
        "headers": {"cf-aig-byok-alias": "prod"}, "query": {"model": "m", "messages": []},
    }]);
    let answer = house
        .http()
        .post(house.url("g", ""))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(&steps)
        .send();
    assert_eq!(answer.await.unwrap().status(), 200);
    let headers = provider.next_request().await.headers;
    assert_eq!(credentials(&headers), one("authorization", "Bearer sk-b"));
    provider.stop().await;
}

#[tokio::test]
async fn a_gateway_of_stored_keys_alone_refuses_a_request_without_any() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let on = json!({"byok_only": true});
    let changed = control(&house, owner, Method::PUT, "/g", on).await;
    assert_eq!(changed["byok_only"], true);
    let chat = "openai/chat/completions";
    let (status, body) = ask(&house, chat, &[]).await;
    assert_eq!(
        (status.as_u16(), &body["internalCode"]),
        (400, &json!(7001))
    );
    assert_eq!(provider.requests().len(), 0);
    let own = [("authorization", "Bearer sk-own")];
    assert_eq!(seen(&provider, &house, chat, &own).await.len(), 1);
    store(&house, "openai", "default", "sk-a").await;
    assert_eq!(seen(&provider, &house, chat, &[]).await.len(), 1);
    provider.stop().await;
}

/// Two accounts, one provider, one pool of connections: each call has its own account's key, also
/// when one of them is replaced in between.
#[tokio::test]
async fn a_08_no_call_goes_with_another_accounts_key() {
    const CALLS: usize = 100;
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let other = house.another_account().await;
    let token = house.token_of(other, "read,edit,run").await;
    let own = house.account().to_string();
    let tenants = [
        (own.clone(), house.token().to_owned()),
        (other.to_string(), token.expose().to_owned()),
    ];
    let mut ids = vec![];
    for (n, (account, token)) in tenants.iter().enumerate() {
        let owner = (account.as_str(), token.as_str());
        if n == 1 {
            let gateway = json!({"id": "g", "authentication": true});
            control(&house, owner, Method::POST, "", gateway).await;
        }
        let key = format!("sk-{n}-1");
        let body = json!({"provider_slug": "openai", "alias": "default", "secret": key});
        let made = control(&house, owner, Method::POST, "/g/provider_configs", body).await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    for version in 1..3 {
        let calls = (0..CALLS).map(|call| {
            let n = call % 2;
            let (account, token) = &tenants[n];
            let url = house
                .url("g", &format!("openai/of/{n}"))
                .replace(&own, account);
            let request = house.http().get(url);
            request
                .header("cf-aig-authorization", format!("Bearer {token}"))
                .send()
        });
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
        for _ in 0..CALLS {
            let request = provider.next_request().await;
            let first = request.target.ends_with("/0");
            let expected = match first {
                true => format!("Bearer sk-0-{version}"),
                false => "Bearer sk-1-1".to_owned(),
            };
            assert_eq!(
                credentials(&request.headers),
                one("authorization", &expected),
                "{}",
                request.target
            );
        }
        let owner = (tenants[0].0.as_str(), tenants[0].1.as_str());
        let path = format!("/g/provider_configs/{}", ids[0]);
        let next = json!({"secret": "sk-0-2"});
        control(&house, owner, Method::PUT, &path, next).await;
    }
    provider.stop().await;
}

/// Another process changes the key-encryption key while calls go on.
#[tokio::test]
async fn s_04_no_call_fails_while_the_key_encryption_key_is_changed() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let id = store(&house, "openai", "default", KEY).await;
    let file = house.directory().join("key-encryption-key");
    let before = std::fs::read_to_string(&file).unwrap();
    let directory = house.directory().display().to_string();
    let mut command = aig(&["keys", "rotate", "--data-dir", &directory]);
    let mut rotation = tokio::task::spawn_blocking(move || command.output().unwrap());
    let chat = "openai/chat/completions";
    let stored = one("authorization", &format!("Bearer {KEY}"));
    let output = loop {
        assert_eq!(seen(&provider, &house, chat, &[]).await, stored);
        if rotation.is_finished() {
            break (&mut rotation).await.unwrap();
        }
    };
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 stored keys are wrapped"), "{said}");
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(after != before && after.lines().count() == 1);
    // What is written and read from now on takes the new key, which this process had not read.
    let account = house.account().to_string();
    let path = format!("/g/provider_configs/{id}");
    let next = json!({"secret": "sk-next"});
    control(&house, (&account, house.token()), Method::PUT, &path, next).await;
    let expected = one("authorization", "Bearer sk-next");
    assert_eq!(seen(&provider, &house, chat, &[]).await, expected);
    store(&house, "anthropic", "default", "sk-ant").await;
    let directory = house.stop().await;
    let house = House::builder()
        .provider(&provider)
        .directory(directory)
        .start()
        .await;
    assert_eq!(seen(&provider, &house, chat, &[]).await, expected);
    provider.stop().await;
}

/// Neither answers nor files hold a key, whatever becomes of a call that goes with it.
#[tokio::test]
async fn s_08_a_stored_key_stands_in_no_answer_and_no_file() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let id = store(&house, "openai", "default", KEY).await;
    provider.hangs();
    provider.closes();
    provider.fails(500);
    let chat = "openai/chat/completions";
    for headers in [&[("cf-aig-request-timeout", "20")][..], &[], &[], &[]] {
        let mut request = house
            .http()
            .post(house.url("g", chat))
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .json(&json!({"model": "m"}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let told = format!(
            "{:?} {}",
            answer.headers().clone(),
            answer.text().await.unwrap()
        );
        assert!(!told.contains("canary"), "{told}");
    }
    let rows = house.logged("g", 4).await;
    assert!(!json!(rows).to_string().contains("canary"));
    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let listed = control(
        &house,
        owner,
        Method::GET,
        "/g/provider_configs",
        Value::Null,
    )
    .await;
    assert!(!listed.to_string().contains("canary"), "{listed}");
    let path = format!("/g/provider_configs/{id}");
    control(&house, owner, Method::DELETE, &path, Value::Null).await;
    let directory = house.stop().await;
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = KEY
            .as_bytes()
            .windows(8)
            .skip(3)
            .any(|run| bytes.windows(8).any(|b| b == run));
        assert!(!found, "{}", path.display());
    }
    provider.stop().await;
}

/// Providers repeat a key that they refuse. The caller does not know it, and must not learn it so.
#[tokio::test]
async fn s_09_a_provider_that_repeats_the_stored_key_is_not_quoted() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "openai", "default", KEY).await;
    let echo = json!({"error": {"message": format!("Incorrect API key provided: {KEY}.")}});
    provider.answers(401, &[("x-refused", KEY)], echo.to_string());
    let answer = house
        .http()
        .post(house.url("g", "openai/chat/completions"))
        .header("cf-aig-authorization", format!("Bearer {}", house.token()))
        .json(&json!({"model": "m"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["x-refused"], "*".repeat(KEY.len()));
    let expected = echo.to_string().replace(KEY, &"*".repeat(KEY.len()));
    assert_eq!(answer.text().await.unwrap(), expected);
    provider.stop().await;
}

/// The cache gives an answer again, and with it the key that a provider has put into it.
#[tokio::test]
async fn s_09_a_stored_key_in_an_answer_of_the_cache_is_in_no_row() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "openai", "default", KEY).await;
    let said = json!({"used": KEY}).to_string();
    provider.always_answers(200, &[("content-type", "application/json")], said);
    for status in ["MISS", "HIT", "HIT"] {
        let request = house.http().post(house.url("g", "openai/chat/completions"));
        let answer = request
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .header("cf-aig-cache-key", "k")
            .json(&json!({"model": "m", "messages": []}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["cf-aig-cache-status"], status);
        answer.bytes().await.unwrap();
    }
    for row in house.logged("g", 3).await {
        let path = format!("/g/logs/{}/response", row["id"].as_str().unwrap());
        let request = house.http().get(house.gateways_url(&path));
        let answer = request.bearer_auth(house.token()).send().await.unwrap();
        assert_eq!(
            answer.text().await.unwrap(),
            "{\"used\":\"[redacted]\"}",
            "{row}"
        );
    }
    provider.stop().await;
}

/// A rotation that is killed at any moment leaves everything open to the next one, and to the server.
#[tokio::test]
async fn s_05_a_killed_rotation_loses_no_key() {
    const KILLS: u32 = 30;
    let provider = Provider::start().await;
    let house = house(&provider).await;
    for alias in ["default", "b", "c", "d"] {
        store(&house, "openai", alias, &format!("sk-{alias}")).await;
    }
    let directory = house.stop().await;
    let path = directory.path().display().to_string();
    let killed = tokio::task::spawn_blocking(move || {
        let rotation = || aig(&["keys", "rotate", "--data-dir", &path]);
        let began = std::time::Instant::now();
        let whole = rotation().output().unwrap();
        assert!(whole.status.success(), "{whole:?}");
        let length = began.elapsed();
        for kill in 0..KILLS {
            let mut command = rotation();
            let quiet = std::process::Stdio::null;
            let mut process = command.stdout(quiet()).stderr(quiet()).spawn().unwrap();
            // Where it stands by then is up to chance; only that it is all over the place counts.
            std::thread::sleep(length * kill / KILLS);
            process.kill().unwrap();
            process.wait().unwrap();
        }
        // What one of them may have left when it was killed in the middle of writing.
        let draft = "key-encryption-key.0123456789abcdef";
        std::fs::write(directory.path().join(draft), "ab".repeat(32)).unwrap();
        let last = rotation().output().unwrap();
        assert!(last.status.success(), "{last:?}");
        directory
    });
    let directory = killed.await.unwrap();
    let keys = std::fs::read_to_string(directory.path().join("key-encryption-key")).unwrap();
    assert_eq!(keys.lines().count(), 1);
    let files = std::fs::read_dir(directory.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let of_keys: Vec<_> = names.filter(|name| name.starts_with("key-enc")).collect();
    assert_eq!(of_keys, ["key-encryption-key"], "no copy of a key stays");
    let house = House::builder()
        .provider(&provider)
        .directory(directory)
        .start()
        .await;
    for alias in ["default", "b", "c", "d"] {
        let headers = [("cf-aig-byok-alias", alias)];
        let expected = one("authorization", &format!("Bearer sk-{alias}"));
        let chat = "openai/chat/completions";
        assert_eq!(seen(&provider, &house, chat, &headers).await, expected);
    }
    provider.stop().await;
}

#[tokio::test]
async fn c_05_a_stored_key_and_the_same_key_of_a_caller_share_no_cached_answer() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chat = "openai/chat/completions";
    let told = async |headers: &[(&str, &str)]| {
        let mut request = house
            .http()
            .post(house.url("g", chat))
            .header("cf-aig-authorization", format!("Bearer {}", house.token()))
            .header("cf-aig-cache-key", "k")
            .json(&json!({"model": "m", "messages": []}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let told = answer.headers()["cf-aig-cache-status"].to_str().unwrap();
        let told = told.to_owned();
        answer.bytes().await.unwrap();
        told
    };
    assert_eq!(told(&[]).await, "MISS");
    let id = store(&house, "openai", "default", KEY).await;
    assert_eq!(told(&[]).await, "MISS", "it went without a key before");
    assert_eq!(told(&[]).await, "HIT");
    let own = format!("Bearer {KEY}");
    let own = [("authorization", own.as_str())];
    assert_eq!(told(&own).await, "MISS");
    assert_eq!(told(&own).await, "HIT");

    let account = house.account().to_string();
    let owner = (account.as_str(), house.token());
    let path = format!("/g/provider_configs/{id}");
    let next = json!({"secret": "sk-next"});
    control(&house, owner, Method::PUT, &path, next).await;
    assert_eq!(told(&[]).await, "MISS", "it is another key");
    assert_eq!(told(&own).await, "MISS", "all that was cached is dropped");
    provider.stop().await;
}
