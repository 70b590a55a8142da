//! The unified endpoints of the gateway host: the model's name chooses the provider, and every other
//! byte passes as it came.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aig_model::TokenText;
use aig_server::offline::OfflineProvider;
use aig_testkit::{House, Provider};
use reqwest::Response;
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const USAGE: &str = r#"{"model":"m-1","usage":{"prompt_tokens":3,"completion_tokens":4}}"#;

/// A house whose OpenAI-compatible providers are the scripted one, each below a path of its own.
async fn house(provider: &Provider) -> House {
    let url = provider.url();
    let house = House::builder()
        .provider(provider)
        .flags(|flags| {
            let more = [
                format!("groq={url}/groq/openai/v1"),
                format!("grok={url}/grok"),
                format!("google-ai-studio={url}/google"),
                format!("workers-ai={url}/accounts/{{account}}/ai/run"),
            ];
            flags.providers.extend(more);
        })
        .start()
        .await;
    house.gateway("g", json!({})).await;
    house
}

async fn post(house: &House, path: &str, body: &str) -> Response {
    let url = house.url("g", &format!("compat/{path}"));
    let request = house
        .http()
        .post(url)
        .header("content-type", "application/json");
    request.body(body.to_owned()).send().await.unwrap()
}

/// Status, code and description of a refusal on the gateway host.
async fn refusal(answer: Response) -> (u16, u64, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["success"], false);
    assert_eq!(body["name"], "AiGatewayError");
    assert_eq!(body["httpCode"], status);
    assert_eq!(body["internalCode"], body["error"][0]["code"]);
    assert!(body.get("errors").is_none(), "the plural is the API host's");
    (
        status,
        body["error"][0]["code"].as_u64().unwrap(),
        body["description"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn nothing_but_the_name_of_the_model_changes() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let body = |model: &str| {
        format!(
            "\r\n{{ \"temperature\" : 1.0,\t\"seed\":12345678901234567890123,\"x\":1e400 ,\n \
             \"model\" : \"{model}\" , \"z\":{{\"model\":\"openai/inner\"}},\"a\":\"\\u00fc ü\" }} \n"
        )
    };
    for (path, model, target, name) in [
        (
            "chat/completions",
            "openai/m/1",
            "/v1/chat/completions",
            "m/1",
        ),
        (
            "v1/chat/completions",
            "openai/m",
            "/v1/chat/completions",
            "m",
        ),
        ("embeddings", "openai/e", "/v1/embeddings", "e"),
        ("v1/embeddings", "openai/e", "/v1/embeddings", "e"),
        ("responses", "openai/r", "/v1/responses", "r"),
        (
            "v1/responses?x=%20&y",
            "openai/r",
            "/v1/responses?x=%20&y",
            "r",
        ),
        (
            "chat/completions",
            "groq/m",
            "/groq/openai/v1/chat/completions",
            "m",
        ),
        (
            "chat/completions",
            "xai/m",
            "/grok/v1/chat/completions",
            "m",
        ),
        (
            "chat/completions",
            "grok/m",
            "/grok/v1/chat/completions",
            "m",
        ),
        (
            "chat/completions",
            "google/m",
            "/google/v1beta/openai/chat/completions",
            "m",
        ),
        (
            "chat/completions",
            "google-ai-studio/m",
            "/google/v1beta/openai/chat/completions",
            "m",
        ),
        (
            "chat/completions",
            "workers-ai/@cf/a/b",
            "/accounts/{a}/ai/v1/chat/completions",
            "@cf/a/b",
        ),
    ] {
        provider.answers(200, &JSON, USAGE);
        let answer = post(&house, path, &body(model)).await;
        assert_eq!(answer.status(), 200, "{model}");
        assert_eq!(answer.headers()["cf-aig-step"], "0");
        assert_eq!(answer.text().await.unwrap(), USAGE);
        let received = provider.next_request().await;
        assert_eq!(received.method, "POST");
        let target = target.replace("{a}", &house.account().to_string());
        assert_eq!(received.target, target, "{model}");
        assert_eq!(received.text(), body(name), "{model}");
        let length = received.body.len().to_string();
        let lengths: Vec<_> = received.header_values("content-length").collect();
        assert_eq!(lengths, [&*length], "the length is that of the new body");
        assert_eq!(received.header("content-type"), Some("application/json"));
        assert_eq!(received.header("accept-encoding"), Some("identity"));
    }
}

#[tokio::test]
async fn rows_have_the_real_provider_its_path_and_its_model() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(
        200,
        &JSON,
        r#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
    );
    let answer = post(&house, "v1/chat/completions", r#"{"model":"xai/grok-3"}"#).await;
    let id = answer.headers()["cf-aig-log-id"].clone();
    answer.bytes().await.unwrap();
    let rows = house.logged("g", 1).await;
    let row = &rows[0];
    assert_eq!(row["id"], id.to_str().unwrap());
    assert_eq!(row["provider"], "grok");
    assert_eq!(row["path"], "v1/chat/completions");
    assert_eq!(row["model"], "grok-3");
    assert_eq!(
        (&row["tokens_in"], &row["tokens_out"]),
        (&json!(3), &json!(4))
    );
    assert_eq!(
        (&row["outcome"], &row["step"]),
        (&json!("complete"), &json!(0))
    );
}

#[tokio::test]
async fn streams_pass_as_they_come() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let gate = provider.streams([
        "data: {\"model\":\"m\",\"choices\":[]}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
    ]);
    let body = r#"{"model":"openai/m","stream":true}"#;
    let mut answer = post(&house, "chat/completions", body).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    gate.release_one();
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(first, "data: {\"model\":\"m\",\"choices\":[]}\n\n");
    gate.release_all();
    while answer.chunk().await.unwrap().is_some() {}
    let rows = house.logged("g", 1).await;
    assert_eq!(rows[0]["tokens_out"], 2);
    assert_eq!(rows[0]["outcome"], "complete");
}

#[tokio::test]
async fn a_failure_is_tried_again_with_the_same_body() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.fails(500);
    provider.closes();
    provider.answers(200, &JSON, USAGE);
    let url = house.url("g", "compat/chat/completions");
    let request = house.http().post(url).header("cf-aig-max-attempts", "3");
    let request = request.header("cf-aig-retry-delay", "0");
    let answer = request
        .body(r#"{"model":"openai/m","n":1.0}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let bodies: Vec<_> = provider.requests();
    assert_eq!(bodies.len(), 3);
    assert!(
        bodies
            .iter()
            .all(|r| r.text() == r#"{"model":"m","n":1.0}"#)
    );
    answer.bytes().await.unwrap();
    let rows = house.logged("g", 3).await;
    assert!(
        rows.iter()
            .all(|row| row["model"] == "m" && row["provider"] == "openai")
    );
}

#[tokio::test]
async fn fallback_goes_over_unified_steps_and_tells_which_one_served() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let url = format!("http://{}/v1/{}/g", house.address(), house.account());
    let token = TokenText::from_random([9; 32]);
    provider.fails(500);
    provider.fails(503);
    provider.answers(200, &JSON, USAGE);
    let steps = format!(
        r#"[{{"provider":"compat","endpoint":"chat/completions","headers":{{"authorization":"Bearer k1"}},
              "query":{{"model":"openai/a", "n":1.0}}}},
            {{"provider":"groq","endpoint":"chat/completions","headers":{{}},"query":{{"model":"native"}}}},
            {{"provider":"compat","endpoint":"/v1/chat/completions?x=1",
              "headers":{{"Authorization":"Bearer k3","x-api-key":"{}"}},
              "query":{{ "model":"xai/c" ,"n":1.0}}}}]"#,
        token.expose()
    );
    let answer = house.http().post(&url).body(steps).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cf-aig-step"], "2");
    answer.bytes().await.unwrap();
    let seen = provider.requests();
    let sent: Vec<_> = seen
        .iter()
        .map(|request| {
            (
                &*request.target,
                request.text(),
                request.header("authorization"),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            (
                "/v1/chat/completions",
                r#"{"model":"a", "n":1.0}"#,
                Some("Bearer k1")
            ),
            (
                "/groq/openai/v1/chat/completions",
                r#"{"model":"native"}"#,
                None
            ),
            (
                "/grok/v1/chat/completions?x=1",
                r#"{ "model":"c" ,"n":1.0}"#,
                Some("Bearer k3")
            ),
        ]
    );
    assert_eq!(
        seen[2].header("x-api-key"),
        None,
        "no token leaves the house"
    );
    let rows = house.logged("g", 3).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (&row["provider"], &row["model"]))
        .collect();
    assert_eq!(
        seen,
        [
            (&json!("grok"), &json!("c")),
            (&json!("groq"), &json!("native")),
            (&json!("openai"), &json!("a")),
        ]
    );

    for (endpoint, query, code) in [
        ("messages", json!({"model": "anthropic/x"}), 2008),
        ("chat/completions", json!({"model": "x"}), 2019),
        ("chat/completions", json!({"model": "nobody/x"}), 2008),
        ("models", json!({}), 2008),
    ] {
        let steps =
            json!([{"provider": "compat", "endpoint": endpoint, "headers": {}, "query": query}]);
        let answer = house.http().post(&url).json(&steps).send().await.unwrap();
        let (status, seen, _) = refusal(answer).await;
        assert_eq!((status, seen), (400, code), "{endpoint} {query}");
    }
    assert_eq!(provider.requests().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_sent_says_why_and_what_can() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    for (path, body, code, words) in [
        (
            "chat/completions",
            r#"{"model":"gpt-5"}"#,
            2019,
            "openai/gpt-5-mini",
        ),
        ("chat/completions", r#"{"messages":[]}"#, 2019, "`model`"),
        ("chat/completions", "[]", 2019, "`model`"),
        ("chat/completions", "{", 2019, "JSON"),
        ("chat/completions", r#"{"model":7}"#, 2019, "no text"),
        (
            "embeddings",
            r#"{"model":"openai/a","model":"openai/b"}"#,
            2019,
            "twice",
        ),
        (
            "chat/completions",
            r#"{"model":"openai/a","stream":true,"str\u0065am":false}"#,
            2019,
            "`stream` twice",
        ),
        (
            "chat/completions",
            r#"{"model":"nobody/x"}"#,
            2008,
            "\"nobody\"",
        ),
        (
            "chat/completions",
            r#"{"model":"dynamic/support"}"#,
            2008,
            "dynamic/support",
        ),
        (
            "chat/completions",
            r#"{"model":"cloudflare/auto"}"#,
            2008,
            "cloudflare/auto",
        ),
        (
            "chat/completions",
            r#"{"model":"anthropic/claude"}"#,
            2008,
            "/v1/{account}/{gateway}/anthropic/v1/messages",
        ),
        (
            "responses",
            r#"{"model":"deepseek/x"}"#,
            2008,
            "deepseek/chat/completions",
        ),
        (
            "embeddings",
            r#"{"model":"groq/x"}"#,
            2008,
            "groq/chat/completions",
        ),
    ] {
        let (status, seen, description) = refusal(post(&house, path, body).await).await;
        assert_eq!((status, seen), (400, code), "{body}");
        assert!(description.contains(words), "{body}: {description}");
    }
    assert!(provider.requests().is_empty());
    let rows = house.logged("g", 13).await;
    assert!(
        rows.iter()
            .all(|row| row["outcome"] == "refused" && row["provider"] == "compat")
    );
}

#[tokio::test]
async fn other_methods_and_paths_are_named() {
    let house = House::start().await;
    house.gateway("g", json!({})).await;
    for (method, path, status, allowed) in [
        ("GET", "compat/chat/completions", 405, Some("POST")),
        ("PUT", "compat/v1/embeddings", 405, Some("POST")),
        ("POST", "compat/v1/models", 405, Some("GET")),
        ("GET", "", 405, Some("POST")),
        ("POST", "compat/v1/messages", 404, None),
        ("GET", "compat", 404, None),
        ("POST", "compat/", 404, None),
        ("POST", "compat/chat%2fcompletions", 404, None),
    ] {
        let method = method.parse().unwrap();
        let answer = house
            .http()
            .request(method, house.url("g", path))
            .send()
            .await
            .unwrap();
        let allow = answer
            .headers()
            .get("allow")
            .map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(allow.as_deref(), allowed, "{path}");
        let (seen, code, _) = refusal(answer).await;
        let expected = if allowed.is_some() { 7005 } else { 7000 };
        assert_eq!((seen, code), (status, expected), "{path}");
    }
}

#[tokio::test]
async fn any_carrier_opens_a_closed_gateway_and_no_token_goes_on() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    house
        .gateway("closed", json!({"authentication": true}))
        .await;
    provider.always_answers(200, &JSON, "{}");
    let run = house.another_token("run").await.expose().to_owned();
    let read = house.another_token("read,edit").await.expose().to_owned();
    let other = house.another_account().await;
    let foreign = house.token_of(other, "run").await.expose().to_owned();
    let revoked = TokenText::from_random([8; 32]).expose().to_owned();
    let bearer = |token: &str| format!("Bearer {token}");

    let url = house.url("closed", "compat/chat/completions");
    for (headers, status) in [
        (vec![("cf-aig-authorization", bearer(&run))], 200),
        (vec![("cf-aig-authorization", run.clone())], 200),
        (vec![("authorization", bearer(&run))], 200),
        (vec![("x-api-key", run.clone())], 200),
        (vec![("x-goog-api-key", run.clone())], 200),
        (vec![("api-key", run.clone())], 200),
        (
            vec![
                ("cf-aig-authorization", bearer(&run)),
                ("authorization", bearer(&run)),
            ],
            200,
        ),
        (
            vec![
                ("cf-aig-authorization", bearer(&run)),
                ("authorization", bearer(&revoked)),
            ],
            200,
        ),
        (
            vec![
                ("cf-aig-authorization", bearer(&run)),
                ("x-api-key", read.clone()),
            ],
            400,
        ),
        (vec![], 401),
        (vec![("authorization", "Bearer sk-provider".into())], 401),
        (vec![("authorization", bearer(&read))], 401),
        (vec![("cf-aig-authorization", bearer(&foreign))], 401),
        (vec![("x-api-key", revoked.clone())], 401),
    ] {
        let before = provider.requests().len();
        let mut request = house.http().post(&url).body(r#"{"model":"openai/m"}"#);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{headers:?}");
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
        if status != 200 {
            let code = if status == 401 { 2009 } else { 7001 };
            assert_eq!(refusal(answer).await.1, code);
        }
    }
    // The provider's own key beside the token passes, an empty one does not.
    for (key, passed) in [
        ("Bearer sk-provider", Some("Bearer sk-provider")),
        ("", None),
    ] {
        let request = house
            .http()
            .post(&url)
            .header("cf-aig-authorization", bearer(&run));
        let request = request
            .header("authorization", key)
            .body(r#"{"model":"openai/m"}"#);
        assert_eq!(request.send().await.unwrap().status(), 200);
        assert_eq!(
            provider.requests().last().unwrap().header("authorization"),
            passed
        );
    }
}

#[tokio::test]
async fn bodies_that_are_too_long_or_broken_are_told_so() {
    let provider = Provider::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.max_request_body = Some(64))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let long = format!(r#"{{"model":"openai/m","x":"{}"}}"#, "x".repeat(64));
    let (status, code, _) = refusal(post(&house, "chat/completions", &long).await).await;
    assert_eq!((status, code), (413, 7001));
    provider.closes();
    let answer = post(&house, "chat/completions", r#"{"model":"openai/m"}"#).await;
    let (status, code, _) = refusal(answer).await;
    assert_eq!((status, code), (400, 2005));
}

#[tokio::test]
async fn the_list_of_models_has_those_that_the_configuration_names() {
    let provider = Provider::start().await;
    let house = House::builder().provider(&provider).start().await;
    house.gateway("g", json!({"authentication": true})).await;
    let url = house.url("g", "compat/v1/models");
    let (status, code, _) = refusal(house.http().get(&url).send().await.unwrap()).await;
    assert_eq!((status, code), (401, 2009));
    let list: Value = house
        .http()
        .get(&url)
        .bearer_auth(house.token())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(list["object"], "list");
    assert!(list["data"].as_array().is_some_and(|all| !all.is_empty()));

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("aig.toml");
    let text = "[providers.local]\nbase_url = 'http://127.0.0.1:9/v1'\nmodels = ['small', 'a/b']\n";
    std::fs::write(&file, text).unwrap();
    let house = House::builder()
        .flags(|flags| flags.config = Some(file))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    for path in ["compat/models", "compat/v1/models"] {
        let answer = house.http().get(house.url("g", path)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        let list: Value = answer.json().await.unwrap();
        assert_eq!(list["object"], "list");
        let model =
            |id: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": "local"});
        let models = list["data"].as_array().unwrap();
        let own: Vec<_> = (models.iter())
            .filter(|model| model["owned_by"] == "local")
            .collect();
        assert_eq!(own, [&model("local/small"), &model("local/a/b")]);
    }
    assert!(
        house.logs("g").await.is_empty(),
        "nothing was asked of a provider"
    );
}

#[tokio::test]
async fn the_offline_provider_serves_the_unified_endpoints() {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let provider = OfflineProvider::start(loopback, Duration::ZERO)
        .await
        .unwrap();
    let bases = provider.bases();
    let house = House::builder()
        .flags(|flags| {
            let said = bases.iter().map(|(slug, base)| format!("{slug}={base}"));
            flags.providers = said.collect();
        })
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let chat = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "two words"}]});
    let prompt = |model: &str| json!({"model": model, "input": "two words"});
    let calls = [
        ("chat/completions", chat("openai/m"), "openai", "m"),
        ("chat/completions", chat("mistral/m"), "mistral", "m"),
        ("chat/completions", chat("cohere/m"), "cohere", "m"),
        (
            "chat/completions",
            chat("google/m"),
            "google-ai-studio",
            "m",
        ),
        (
            "v1/chat/completions",
            chat("workers-ai/@cf/a/b"),
            "workers-ai",
            "@cf/a/b",
        ),
        ("responses", prompt("openai/m"), "openai", "m"),
    ];
    for (n, (path, body, slug, model)) in calls.into_iter().enumerate() {
        let answer = post(&house, path, &body.to_string()).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{body}: {text}");
        let rows = house.logged("g", n + 1).await;
        assert_eq!(
            (&rows[0]["provider"], &rows[0]["model"]),
            (&json!(slug), &json!(model))
        );
        for tokens in ["tokens_in", "tokens_out"] {
            let counted = rows[0][tokens].as_u64().is_some_and(|n| n > 0);
            assert!(counted, "{body}: {tokens} in {}", rows[0]);
        }
    }
    let answer = post(&house, "embeddings", &prompt("openai/e").to_string()).await;
    let body: Value = answer.json().await.unwrap();
    assert!(body["data"][0]["embedding"].is_array(), "{body}");
    provider.stop().await;
}
