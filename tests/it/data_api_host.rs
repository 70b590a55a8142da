//! The data plane's part of the API host: `/client/v4/accounts/{account}/ai/…`.

use aig_model::TokenText;
use aig_testkit::{House, Provider, eventually};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const CHAT: &str = r#"{"model":"openai/m"}"#;

async fn house(provider: &Provider) -> House {
    let base = format!("workers-ai={}/accounts/{{account}}/ai/run", provider.url());
    House::builder()
        .provider(provider)
        .flags(|flags| flags.providers.push(base))
        .start()
        .await
}

fn url(house: &House, path: &str) -> String {
    let (address, account) = (house.address(), house.account());
    format!("http://{address}/client/v4/accounts/{account}/ai/{path}")
}

fn post(house: &House, path: &str, body: &str) -> RequestBuilder {
    house.http().post(url(house, path)).body(body.to_owned())
}

/// The same with the house's token.
async fn ask(house: &House, path: &str, body: &str) -> Response {
    let request = post(house, path, body).bearer_auth(house.token());
    request.send().await.unwrap()
}

/// Status, code and message of a refusal, whose envelope is the API's.
async fn refusal(answer: Response) -> (u16, u64, String, Value) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        (&body["success"], &body["result"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(body["messages"], json!([]));
    let error = &body["errors"][0];
    let message = error["message"].as_str().unwrap().to_owned();
    (status, error["code"].as_u64().unwrap(), message, body)
}

#[tokio::test]
async fn every_endpoint_goes_to_its_provider_with_nothing_changed_but_the_model() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let body =
        |model: &str| format!(r#"{{ "n" : 1.0,"model":"{model}", "seed":12345678901234567890 }}"#);
    let run = format!("/accounts/{}/ai", house.account());
    for (path, model, target, name) in [
        (
            "v1/chat/completions",
            "openai/m",
            "/v1/chat/completions".to_owned(),
            "m",
        ),
        ("v1/responses", "openai/m", "/v1/responses".to_owned(), "m"),
        (
            "v1/embeddings",
            "openai/m",
            "/v1/embeddings".to_owned(),
            "m",
        ),
        ("v1/messages", "anthropic/c", "/v1/messages".to_owned(), "c"),
        (
            "v1/v1/messages?beta=true",
            "anthropic/c",
            "/v1/messages?beta=true".to_owned(),
            "c",
        ),
        (
            "v1/chat/completions",
            "@cf/a/b",
            format!("{run}/v1/chat/completions"),
            "@cf/a/b",
        ),
        (
            "v1/chat/completions",
            "workers-ai/@cf/a/b",
            format!("{run}/v1/chat/completions"),
            "@cf/a/b",
        ),
        (
            "run/@cf/a/b?x=1",
            "any",
            format!("{run}/run/@cf/a/b?x=1"),
            "any",
        ),
        ("run/@hf/a/b", "any", format!("{run}/run/@hf/a/b"), "any"),
    ] {
        provider.answers(200, &JSON, r#"{"result":1.0}"#);
        let answer = ask(&house, path, &body(model)).await;
        assert_eq!(answer.status(), 200, "{path}");
        for name in ["cf-aig-log-id", "cf-aig-step", "cf-aig-event-id"] {
            assert!(answer.headers().contains_key(name), "{path}: {name}");
        }
        assert_eq!(answer.text().await.unwrap(), r#"{"result":1.0}"#);
        let received = provider.next_request().await;
        assert_eq!(received.target, target);
        assert_eq!(received.text(), body(name), "{path}");
        let head = String::from_utf8_lossy(&received.head);
        assert!(!head.contains("aig_") && !head.contains("cf-aig"), "{head}");
        assert_eq!(received.header("authorization"), None);
    }
}

#[tokio::test]
async fn a_run_sends_its_input_to_the_models_own_path() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let input = r#"{ "prompt":"x" ,"n":1.0,"stream":true}"#;
    let gate = provider.streams(["data: {\"response\":\"a\"}\n\n", "data: [DONE]\n\n"]);
    gate.release_all();
    let body = format!(r#"{{"input":{input},"model":"@cf/a/b","options":{{}}}}"#);
    let answer = ask(&house, "run", &body).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert_eq!(text, "data: {\"response\":\"a\"}\n\ndata: [DONE]\n\n");
    let received = provider.next_request().await;
    assert_eq!(received.text(), input);
    let target = format!("/accounts/{}/ai/run/@cf/a/b", house.account());
    assert_eq!(received.target, target);
    let rows = house.logged("default", 1).await;
    assert_eq!(rows[0]["provider"], "workers-ai");
    assert_eq!(
        (&rows[0]["path"], &rows[0]["model"]),
        (&json!("run/@cf/a/b"), &json!("@cf/a/b"))
    );

    for (body, status, words) in [
        ("{}", 400, "model"),
        (r#"{"model":"@cf/a/b"}"#, 400, "input"),
        (
            r#"{"model":"@cf/a/b","model":"@cf/c","input":1}"#,
            400,
            "duplicate",
        ),
        (
            r#"{"model":"@cf/a/b","input":1,"options":{"background":true}}"#,
            400,
            "background",
        ),
        (
            r#"{"model":"openai/gpt-5","input":{}}"#,
            404,
            "openai/gpt-5",
        ),
    ] {
        let (seen, code, message, sent) = refusal(ask(&house, "run", body).await).await;
        assert_eq!((seen, code), (status, 7003), "{body}");
        assert!(message.contains(words), "{body}: {message}");
        assert!(sent.get("error").is_none(), "a run has no dialect: {sent}");
    }
    let escape = r#"{"model":"@cf/../../x","input":1}"#;
    let (status, code, ..) = refusal(ask(&house, "run", escape).await).await;
    assert_eq!((status, code), (400, 7001));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn a_header_names_the_gateway_and_without_it_default_makes_itself() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(200, &JSON, "{}");
    house.gateway("g", json!({})).await;
    let chat = || post(&house, "v1/chat/completions", CHAT).bearer_auth(house.token());
    let named = |id: &'static str| chat().header("cf-aig-gateway-id", id);

    assert_eq!(named("g").send().await.unwrap().status(), 200);
    house.logged("g", 1).await;
    for id in ["absent", "Not an id", ""] {
        let (status, code, message, _) = refusal(named(id).send().await.unwrap()).await;
        assert_eq!((status, code), (400, 2001), "{id}");
        assert!(message.contains("cf-aig-gateway-id"), "{message}");
    }
    // What is not there, or is asked for wrongly, is no use of it.
    assert_eq!(ask(&house, "nothing", "").await.status(), 404);
    let get = house
        .http()
        .get(url(&house, "run"))
        .bearer_auth(house.token());
    assert_eq!(get.send().await.unwrap().status(), 405);
    house.logged("default", 2).await;
    assert_eq!(written_defaults(&house), 0);

    assert_eq!(chat().send().await.unwrap().status(), 200);
    eventually("the row of the default gateway", async || {
        (written_defaults(&house) == 1).then_some(())
    })
    .await;
    house.logged("default", 3).await;
}

/// How many rows for the account's `default` stand in the file.
fn written_defaults(house: &House) -> u32 {
    let config = rusqlite::Connection::open(house.directory().join("config.db")).unwrap();
    config
        .query_row(
            "SELECT count(*) FROM gateway WHERE account_id = ?1 AND gateway_id = 'default'",
            [house.account().to_string()],
            |row| row.get(0),
        )
        .unwrap()
}

#[tokio::test]
async fn every_path_wants_a_run_token_even_where_the_gateway_does_not() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(200, &JSON, "{}");
    house
        .gateway("open", json!({"authentication": false}))
        .await;
    let run = house.another_token("run").await.expose().to_owned();
    let read = house.another_token("read,edit").await.expose().to_owned();
    let other = house.another_account().await;
    let foreign = house
        .token_of(other, "read,edit,run")
        .await
        .expose()
        .to_owned();
    let revoked = TokenText::from_random([8; 32]).expose().to_owned();
    let bearer = |token: &str| format!("Bearer {token}");

    for (path, body) in [
        ("v1/chat/completions", CHAT),
        ("v1/messages", r#"{"model":"anthropic/c"}"#),
        ("run", r#"{"model":"@cf/a/b","input":1}"#),
        ("run/@cf/a/b", "{}"),
    ] {
        for (headers, status) in [
            (vec![("authorization", bearer(&run))], 200),
            (vec![("x-api-key", run.clone())], 200),
            (vec![("cf-aig-authorization", bearer(&run))], 200),
            (
                vec![("authorization", bearer(&run)), ("x-api-key", run.clone())],
                200,
            ),
            (
                vec![("authorization", bearer(&run)), ("x-api-key", read.clone())],
                400,
            ),
            (vec![], 401),
            (vec![("authorization", "Bearer sk-provider".into())], 401),
            (vec![("authorization", bearer(&read))], 401),
            (vec![("authorization", bearer(&foreign))], 401),
            (vec![("x-api-key", revoked.clone())], 401),
        ] {
            let before = provider.requests().len();
            let mut request = post(&house, path, body).header("cf-aig-gateway-id", "open");
            for (name, value) in &headers {
                request = request.header(*name, value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), status, "{path} {headers:?}");
            let sent = provider.requests();
            assert_eq!(
                sent.len() - before,
                usize::from(status == 200),
                "{headers:?}"
            );
            for request in &sent[before..] {
                let head = String::from_utf8_lossy(&request.head);
                assert!(!head.contains("aig_"), "{head}");
            }
            if status == 401 {
                assert_eq!(answer.headers()["www-authenticate"], "Bearer");
                assert_eq!(refusal(answer).await.1, 10_000);
            } else if status == 400 {
                assert_eq!(refusal(answer).await.1, 7001);
            }
        }
    }
}

#[tokio::test]
async fn the_providers_key_passes_beside_a_token_of_the_gateways_own() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(200, &JSON, "{}");
    for (path, body, key, value) in [
        (
            "v1/chat/completions",
            CHAT,
            "authorization",
            "Bearer sk-openai",
        ),
        (
            "v1/messages",
            r#"{"model":"anthropic/c"}"#,
            "x-api-key",
            "sk-ant",
        ),
        ("run/@cf/a/b", "{}", "authorization", "Bearer cf-token"),
    ] {
        let request = post(&house, path, body).header("cf-aig-authorization", house.token());
        let answer = request.header(key, value).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(provider.requests().last().unwrap().header(key), Some(value));
    }
    // With the token in the one header, a key may stand in the other.
    let request = post(&house, "v1/messages", r#"{"model":"anthropic/c"}"#);
    let request = request
        .bearer_auth(house.token())
        .header("x-api-key", "sk-ant");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let received = provider.requests().last().cloned().unwrap();
    assert_eq!(received.header("authorization"), None);
    assert_eq!(received.header("x-api-key"), Some("sk-ant"));
}

#[tokio::test]
async fn absent_and_foreign_accounts_and_gateways_cannot_be_told_apart() {
    let house = House::start().await;
    let other = house.another_account().await;
    let token = house.another_token("run").await;
    let mut seen = Vec::new();
    for account in [
        other.to_string(),
        "0".repeat(32),
        "nobody".into(),
        String::new(),
    ] {
        for gateway in ["default", "absent"] {
            let url = format!(
                "http://{}/client/v4/accounts/{account}/ai/v1/chat/completions",
                house.address()
            );
            let request = house
                .http()
                .post(url)
                .bearer_auth(token.expose())
                .body(CHAT);
            let answer = request
                .header("cf-aig-gateway-id", gateway)
                .send()
                .await
                .unwrap();
            let mut names: Vec<_> = answer.headers().keys().map(|n| n.to_string()).collect();
            names.sort();
            seen.push((names, refusal(answer).await));
        }
    }
    assert_eq!((seen[0].1.0, seen[0].1.1), (401, 10_000));
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:#?}");
}

#[tokio::test]
async fn other_methods_and_paths_are_refused_behind_the_token() {
    let house = House::start().await;
    for (method, path, status, code, dialect) in [
        (Method::GET, "run", 405, 7005, false),
        (Method::GET, "run/@cf/a/b", 405, 7005, false),
        (Method::PUT, "v1/chat/completions", 405, 7005, true),
        (Method::DELETE, "v1/v1/messages", 405, 7005, true),
        (Method::POST, "", 404, 7000, false),
        (Method::GET, "models/search", 404, 7000, false),
        (Method::POST, "run/openai/gpt-5", 404, 7000, false),
        (Method::GET, "v1/models", 404, 7000, true),
    ] {
        let send = || house.http().request(method.clone(), url(&house, path));
        let (seen, unknown, ..) = refusal(send().send().await.unwrap()).await;
        assert_eq!((seen, unknown), (401, 10_000), "{path}");
        let answer = send().bearer_auth(house.token()).send().await.unwrap();
        let allow = answer
            .headers()
            .get("allow")
            .map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(
            allow.as_deref(),
            (status == 405).then_some("POST"),
            "{path}"
        );
        let (seen, told, _, body) = refusal(answer).await;
        assert_eq!((seen, told), (status, code), "{path}");
        assert_eq!(body.get("error").is_some(), dialect, "{path}: {body}");
    }
    // The rest of the API is where it was.
    let answer = house
        .http()
        .get(house.gateways_url(""))
        .bearer_auth(house.token())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn failures_speak_the_dialect_of_the_endpoint() {
    let provider = Provider::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.max_request_body = Some(64))
        .start()
        .await;
    let long = format!(r#"{{"model":"openai/m","x":"{}"}}"#, "x".repeat(64));
    for (body, status, code) in [
        (r#"{"model":"gpt-5"}"#, 400, 2019),
        (r#"{"model":"nobody/x"}"#, 400, 2008),
        (r#"{"model":"dynamic/x"}"#, 400, 2008),
        (&*long, 413, 7001),
    ] {
        for path in ["v1/chat/completions", "v1/responses", "v1/embeddings"] {
            let (seen, told, message, body) = refusal(ask(&house, path, body).await).await;
            assert_eq!((seen, told), (status, code), "{path}");
            let error = json!({
                "message": message,
                "type": "invalid_request_error",
                "param": null,
                "code": code.to_string(),
            });
            assert_eq!(body["error"], error, "{path}");
            assert!(body.get("type").is_none());
        }
        let (seen, told, message, body) = refusal(ask(&house, "v1/messages", body).await).await;
        assert_eq!((seen, told), (status, code));
        assert_eq!(body["type"], "error");
        assert_eq!(body["error"]["message"], message);
        let kind = if status == 413 {
            "request_too_large"
        } else {
            "invalid_request_error"
        };
        assert_eq!(body["error"]["type"], kind);
    }
    let offered = r#"{"model":"openai/gpt-5"}"#;
    let (_, code, message, body) = refusal(ask(&house, "v1/messages", offered).await).await;
    assert_eq!((code, &body["type"]), (2008, &json!("error")));
    assert!(message.contains("openai/chat/completions"), "{message}");

    // What goes wrong later comes in the same shape.
    provider.closes();
    let (status, code, message, body) =
        refusal(ask(&house, "v1/chat/completions", CHAT).await).await;
    assert_eq!((status, code), (400, 2005));
    assert_eq!(body["error"]["message"], message);
    // The provider's own error is the provider's.
    provider.fails(429);
    let answer = ask(&house, "v1/chat/completions", CHAT).await;
    assert_eq!(answer.status(), 429);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["message"], "the script says so");
    assert!(body.get("errors").is_none());
    let unauthorized = post(&house, "v1/messages", CHAT).send().await.unwrap();
    let (.., body) = refusal(unauthorized).await;
    assert_eq!(body["error"]["type"], "authentication_error");
}

#[tokio::test]
async fn the_data_listener_serves_it_and_the_control_listener_does_not() {
    let provider = Provider::start().await;
    let free = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.control_listen = Some(free))
        .start()
        .await;
    provider.always_answers(200, &JSON, "{}");
    assert_eq!(ask(&house, "v1/chat/completions", CHAT).await.status(), 200);
    let path = format!(
        "/client/v4/accounts/{}/ai/v1/chat/completions",
        house.account()
    );
    let url = format!("http://{}{path}", house.running().control_address());
    // Without a token the control plane would say that one is wanted: it does not get to see this.
    for token in [house.token(), ""] {
        let request = house.http().post(&url).bearer_auth(token).body(CHAT);
        let (status, code, ..) = refusal(request.send().await.unwrap()).await;
        assert_eq!((status, code), (404, 7000));
    }
    assert_eq!(provider.requests().len(), 1);
}
