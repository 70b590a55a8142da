//! Retries, timeouts, steps: what is tried, in which order, and what the log says of each try.

use aig_testkit::{House, Provider};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

/// Sends a chat with those headers.
async fn chat(house: &House, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = house.http().post(house.url("g", "openai/chat/completions"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(r#"{"model":"m"}"#).send().await.unwrap()
}

async fn universal(house: &House, headers: &[(&str, &str)], steps: Value) -> reqwest::Response {
    let url = format!("http://{}/v1/{}/g", house.address(), house.account());
    let mut request = house.http().post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.json(&steps).send().await.unwrap()
}

fn outcomes(rows: &[Value]) -> Vec<(&str, u64)> {
    let seen = |row| -> (&str, u64) {
        let row: &Value = row;
        (
            row["outcome"].as_str().unwrap(),
            row["status_code"].as_u64().unwrap(),
        )
    };
    let mut all: Vec<_> = rows.iter().map(seen).collect();
    all.reverse();
    all
}

const TRIES: [(&str, &str); 2] = [("cf-aig-max-attempts", "3"), ("cf-aig-retry-delay", "0")];

#[tokio::test]
async fn without_being_asked_nothing_is_tried_twice() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.fails(500);
    assert_eq!(chat(&house, &[]).await.status(), 500);
    assert_eq!(provider.requests().len(), 1);
    assert_eq!(outcomes(&house.logged("g", 1).await), [("complete", 500)]);
}

#[tokio::test]
async fn a_failure_is_tried_again_as_often_as_asked_and_each_try_has_a_row() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.fails(500);
    provider.closes();
    provider.answers(
        200,
        &JSON,
        r#"{"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    );
    let answer = chat(&house, &TRIES).await;
    assert_eq!(answer.status(), 200);
    let served = answer.headers()["cf-aig-log-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let event = answer.headers()["cf-aig-event-id"]
        .to_str()
        .unwrap()
        .to_owned();
    answer.bytes().await.unwrap();
    for request in provider.requests() {
        assert_eq!(
            request.text(),
            r#"{"model":"m"}"#,
            "each try sends the whole body"
        );
    }
    let rows = house.logged("g", 3).await;
    assert_eq!(
        outcomes(&rows),
        [("superseded", 500), ("superseded", 400), ("complete", 200)]
    );
    assert_eq!(rows[0]["id"], served);
    for row in &rows {
        assert_eq!(
            (&row["event_id"], &row["model"]),
            (&json!(event), &json!("m"))
        );
    }
    assert_eq!(rows[0]["tokens_out"], 2);
}

#[tokio::test]
async fn a_gateways_own_setting_holds_where_the_request_is_silent() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    let setting = json!({"retry_max_attempts": 2, "retry_delay": 0});
    house.gateway("g", setting).await;
    provider.fails(500);
    provider.answers(200, &JSON, "{}");
    assert_eq!(chat(&house, &[]).await.status(), 200);
    provider.fails(500);
    assert_eq!(
        chat(&house, &[("cf-aig-max-attempts", "1")]).await.status(),
        500
    );
    assert_eq!(provider.requests().len(), 3);
}

#[tokio::test]
async fn u_01_only_what_may_go_differently_is_repeated() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let mut seen = 0;
    for (status, tries) in [
        (400, 1),
        (401, 1),
        (403, 1),
        (404, 1),
        (422, 1),
        (408, 3),
        (409, 3),
        (425, 3),
        (429, 3),
        (500, 3),
        (503, 3),
        (504, 3),
    ] {
        provider.always_answers(status, &JSON, "{}");
        assert_eq!(
            chat(&house, &TRIES).await.status(),
            status,
            "the last answer is passed on"
        );
        let made = provider.requests().len() - seen;
        assert_eq!(made, tries, "{status}");
        seen += made;
    }
}

#[tokio::test]
async fn a_provider_that_does_not_begin_in_time_is_given_up_on() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.hangs();
    let answer = chat(&house, &[("cf-aig-request-timeout", "50")]).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("\"code\":2005"));
    provider.disconnected().await;
    assert_eq!(outcomes(&house.logged("g", 1).await), [("unanswered", 400)]);
}

#[tokio::test]
async fn a_timeout_does_not_cut_a_stream_that_has_begun() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let gates = provider.streams(["data: 1\n\n", "data: [DONE]\n\n"]);
    gates.release_one();
    let answer = chat(&house, &[("cf-aig-request-timeout", "20000")]).await;
    gates.release_all();
    assert_eq!(answer.text().await.unwrap(), "data: 1\n\ndata: [DONE]\n\n");
}

#[tokio::test]
async fn u_04_a_body_that_streams_is_kept_for_another_try() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.fails(503);
    provider.answers(200, &JSON, "{}");
    let chunks =
        futures_util::stream::iter((0..50).map(|n| Ok::<_, std::io::Error>(vec![n; 1000])));
    let request = house
        .http()
        .post(house.url("g", "openai/x"))
        .header("cf-aig-max-attempts", "2")
        .header("cf-aig-retry-delay", "0")
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let requests = provider.requests();
    assert_eq!((requests.len(), requests[0].body.len()), (2, 50_000));
    assert_eq!(requests[0].body, requests[1].body);
}

#[tokio::test]
async fn u_04_a_body_that_is_too_long_to_keep_is_sent_once() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(503, &JSON, "{}");
    let body = vec![b'x'; (25 << 20) + 1];
    let request = house
        .http()
        .post(house.url("g", "openai/x"))
        .header("cf-aig-max-attempts", "5")
        .header("cf-aig-retry-delay", "0")
        .body(body);
    assert_eq!(request.send().await.unwrap().status(), 503);
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn u_02_nothing_is_tried_again_after_the_first_byte() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.breaks_after(["data: 1\n\n"]);
    let answer = chat(&house, &TRIES).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn steps_are_tried_in_order_and_the_one_that_serves_is_named() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.fails(400);
    provider.answers(200, &JSON, "{\"from\":\"anthropic\"}");
    let query = json!({"model": "m", "n": 1.0});
    let steps = json!([
        {"provider": "openai", "endpoint": "chat/completions",
         "headers": {"Authorization": "Bearer one", "cf-aig-metadata": "{}"}, "query": query},
        {"provider": "anthropic", "endpoint": "/v1/messages?beta=true",
         "headers": {"x-api-key": "two"}, "query": {"model": "c"}},
    ]);
    let headers = [
        ("authorization", "Bearer outer"),
        ("x-outer", "stays behind"),
    ];
    let answer = universal(&house, &headers, steps).await;
    assert_eq!(answer.headers()["cf-aig-step"], "1");
    assert_eq!(answer.text().await.unwrap(), "{\"from\":\"anthropic\"}");

    let [first, second] = &provider.requests()[..] else {
        panic!("two requests");
    };
    assert_eq!(
        (&*first.target, first.text()),
        ("/v1/chat/completions", "{\"model\":\"m\",\"n\":1.0}")
    );
    assert_eq!(first.header("authorization"), Some("Bearer one"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    for name in ["x-outer", "cf-aig-metadata"] {
        assert_eq!(first.header(name), None, "{name}");
    }
    assert_eq!(
        (&*second.target, second.header("x-api-key")),
        ("/v1/messages?beta=true", Some("two"))
    );
    assert_eq!(second.header("authorization"), None);

    let rows = house.logged("g", 2).await;
    assert_eq!(outcomes(&rows), [("superseded", 400), ("complete", 200)]);
    assert_eq!(
        (&rows[0]["step"], &rows[0]["provider"]),
        (&json!(1), &json!("anthropic"))
    );
    assert_eq!(
        (&rows[1]["step"], &rows[1]["model"]),
        (&json!(0), &json!("m"))
    );
    assert_eq!(rows[0]["event_id"], rows[1]["event_id"]);
}

#[tokio::test]
async fn retries_of_a_step_come_before_the_next_step() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(500, &JSON, "{}");
    let step = |endpoint, tries| {
        json!({"provider": "openai", "endpoint": endpoint, "headers": {}, "query": {},
               "config": {"maxAttempts": tries, "retryDelay": 0}})
    };
    let answer = universal(
        &house,
        &[],
        json!([step("a", 2), step("b", 1), step("c", 2)]),
    )
    .await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cf-aig-step"]),
        (500, &"2".parse().unwrap())
    );
    let targets: Vec<_> = provider.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["/v1/a", "/v1/a", "/v1/b", "/v1/c", "/v1/c"]);
    house.logged("g", 5).await;
}

#[tokio::test]
async fn u_03_retries_are_capped_over_all_steps() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(500, &JSON, "{}");
    let step = json!({"provider": "openai", "endpoint": "a", "headers": {}, "query": {},
                      "config": {"maxAttempts": 5, "retryDelay": 0}});
    universal(&house, &[], json!([step, step, step, step])).await;
    assert_eq!(
        provider.requests().len(),
        4 + 8,
        "four first tries and eight retries"
    );
}

#[tokio::test]
async fn a_single_step_and_steps_own_switches() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(200, &JSON, "{}");
    let single = json!({"provider": "openai", "endpoint": "models", "headers": {}});
    assert_eq!(universal(&house, &[], single).await.status(), 200);
    provider.answers(200, &JSON, "{}");
    let silent = json!([{"provider": "openai", "endpoint": "models",
                         "headers": {"cf-aig-collect-log": "false"}, "query": {}}]);
    let answer = universal(&house, &[], silent).await;
    assert!(answer.headers().get("cf-aig-log-id").is_none());
    house.running().journal().flush().await;
    assert_eq!(house.logs("g").await.len(), 1);
}

#[tokio::test]
async fn a_universal_request_that_cannot_be_read_says_where() {
    let house = House::start().await;
    house.gateway("g", json!({})).await;
    for (steps, code, place) in [
        (json!([]), 7001, "1 to 100 steps"),
        (json!([{"provider": "openai"}]), 7001, "[0]"),
        (
            json!([{"provider": "nobody", "endpoint": "x"}]),
            2008,
            "provider",
        ),
        (
            json!([{"provider": "openai", "endpoint": "../x"}]),
            7001,
            "path",
        ),
        (
            json!([{"provider": "openai", "endpoint": "https://evil.example/x"}]),
            2005,
            "",
        ),
        (
            json!([{"provider": "openai", "endpoint": "x", "headers": {"host": "evil"}}]),
            7001,
            "[0].headers.host",
        ),
    ] {
        let answer = universal(&house, &[], steps.clone()).await;
        let body = answer.text().await.unwrap();
        assert!(
            body.contains(&format!("\"code\":{code}")) && body.contains(place),
            "{steps}: {body}"
        );
    }
}

/// An endpoint is a path below the provider, whatever it looks like.
#[tokio::test]
async fn n_01_an_endpoint_does_not_choose_the_host() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let house = house(&provider).await;
    for (endpoint, target) in [
        ("https://evil.example/x", "/v1/https://evil.example/x"),
        ("//evil.example/x", "/v1/evil.example/x"),
        ("@evil.example/x", "/v1/@evil.example/x"),
    ] {
        let step = json!({"provider": "openai", "endpoint": endpoint, "query": {},
                          "url": "http://evil.example", "base_url": "http://evil.example"});
        assert_eq!(
            universal(&house, &[], step).await.status(),
            200,
            "{endpoint}"
        );
        let request = provider.next_request().await;
        assert_eq!(request.target, target);
        assert_eq!(
            request.header("host"),
            Some(&*provider.address().to_string())
        );
    }
}

/// No gateway token reaches a provider from inside a step either.
#[tokio::test]
async fn a_token_in_a_step_is_taken_off() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(200, &JSON, "{}");
    let steps = json!([{"provider": "openai", "endpoint": "x", "query": {},
                        "headers": {"authorization": format!("Bearer {}", house.token())}}]);
    assert_eq!(universal(&house, &[], steps).await.status(), 200);
    let head = provider.next_request().await.head;
    assert!(!String::from_utf8_lossy(&head).contains("aig_"));
}
