//! Requests and answers on their way: every byte as it was sent, and the row that tells of them.

use aig_testkit::{House, Provider};
use futures_util::StreamExt;
use serde_json::json;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    // Numbers and spaces that any re-serialisation would change.
    let body = "{ \"n\": 1.0, \"big\": 12345678901234567890123, \"model\":\"m\",\r\n \"\\u0061\":\"\\/\" }";
    provider.answers(200, &JSON, "{}");
    let request = house
        .http()
        .post(format!(
            "{}?a=%20&a;b=//&c",
            house.url("g", "openai/v1/chat//comple%2Ftions")
        ))
        .header("authorization", "Bearer sk-1")
        .header("x-stainless-lang", "python")
        .header("x-unknown-header", "kept")
        .header("cf-aig-metadata", "{\"a\":1}")
        .header("cf-aig-anything", "x")
        .header("x-forwarded-for", "10.0.0.1")
        .header("te", "trailers")
        .header("content-type", "application/json")
        .body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);

    let received = provider.next_request().await;
    assert_eq!(received.method, "POST");
    assert_eq!(received.target, "/v1/chat//comple%2Ftions?a=%20&a;b=//&c");
    assert_eq!(received.body, body.as_bytes());
    for (name, value) in [
        ("authorization", Some("Bearer sk-1")),
        ("x-stainless-lang", Some("python")),
        ("x-unknown-header", Some("kept")),
        ("content-type", Some("application/json")),
        ("content-length", Some(&*body.len().to_string())),
        ("host", Some(&*provider.address().to_string())),
        ("accept-encoding", Some("identity")),
        ("cf-aig-metadata", None),
        ("cf-aig-anything", None),
        ("x-forwarded-for", None),
        ("te", None),
        ("transfer-encoding", None),
    ] {
        assert_eq!(received.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn an_answer_arrives_as_it_was_sent() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let body = "{\"n\": 1.0,\n \"error\": {\"message\": \"bad\"}}";
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("x-should-retry", "false"),
        ("retry-after", "7"),
        ("openai-processing-ms", "12"),
        ("cf-aig-log-id", "forged"),
        ("keep-alive", "timeout=5"),
    ];
    provider.answers(429, &headers, body);
    let request = house.http().post(house.url("g", "openai/chat/completions"));
    let answer = request.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let seen = answer.headers().clone();
    for (name, value) in &headers[..4] {
        assert_eq!(seen[*name], *value, "{name}");
    }
    assert!(seen.get("keep-alive").is_none());
    assert_ne!(seen["cf-aig-log-id"], "forged");
    assert_eq!(answer.text().await.unwrap(), body);
    let rows = house.logged("g", 1).await;
    assert_eq!(
        (&rows[0]["status_code"], &rows[0]["success"]),
        (&json!(429), &json!(false))
    );
    assert_eq!(rows[0]["outcome"], "complete");
}

#[tokio::test]
async fn every_method_and_binary_bodies_pass() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let binary: Vec<u8> = (0..100_000_u32).map(|n| (n * 7) as u8).collect();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
        provider.answers(
            200,
            &[("content-type", "application/octet-stream")],
            binary.clone(),
        );
        let method: http::Method = method.parse().unwrap();
        let request = house
            .http()
            .request(method.clone(), house.url("g", "openai/files/x"));
        let body = if method == "GET" || method == "HEAD" {
            vec![]
        } else {
            binary.clone()
        };
        let answer = request.body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{method}");
        let received = provider.next_request().await;
        assert_eq!(
            (&*received.method, received.body == body),
            (method.as_str(), true)
        );
        if method != "HEAD" {
            assert_eq!(answer.bytes().await.unwrap(), binary, "{method}");
        }
    }
    house.logged("g", 7).await;
}

#[tokio::test]
async fn the_row_tells_what_happened() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let body = r#"{"id":"x","model":"gpt-4o-mini-2024-07-18","choices":[],
        "usage":{"prompt_tokens":11,"completion_tokens":22,"total_tokens":33}}"#;
    provider.answers(200, &JSON, body);
    let request = house
        .http()
        .post(house.url("g", "openai/chat/completions?x=secret-in-query"))
        .header("user-agent", "test/1")
        .header(
            "cf-aig-metadata",
            r#"{"team":"search","n":3,"cf.user_id":"forged"}"#,
        )
        .header("content-type", "application/json")
        .body(r#"{"messages":[{"role":"user","content":"PROMPT-CANARY"}],"model":"gpt-4o-mini"}"#);
    let answer = request.send().await.unwrap();
    let log_id = answer.headers()["cf-aig-log-id"]
        .to_str()
        .unwrap()
        .to_owned();
    for name in ["cf-aig-event-id", "cf-aig-request-id"] {
        assert_eq!(answer.headers()[name], log_id, "{name}");
    }
    assert_eq!(answer.headers()["cf-aig-step"], "0");
    answer.bytes().await.unwrap();

    let rows = house.logged("g", 1).await;
    let row = &rows[0];
    for (field, value) in [
        ("id", json!(log_id)),
        ("event_id", json!(log_id)),
        ("provider", json!("openai")),
        ("model", json!("gpt-4o-mini")),
        ("path", json!("chat/completions")),
        ("method", json!("POST")),
        ("status_code", json!(200)),
        ("success", json!(true)),
        ("outcome", json!("complete")),
        ("cached", json!(false)),
        ("step", json!(0)),
        ("tokens_in", json!(11)),
        ("tokens_out", json!(22)),
        ("metadata", json!({"team": "search", "n": 3})),
        ("user_agent", json!("test/1")),
        ("request_content_type", json!("application/json")),
        ("response_content_type", json!("application/json")),
        ("response_size", json!(body.len())),
        ("authentication", json!(false)),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    let (total, latency) = (&row["timings"]["total"], &row["timings"]["latency"]);
    assert_eq!(total, &row["duration"]);
    assert!(latency.as_u64().unwrap() <= total.as_u64().unwrap());
    let text = row.to_string();
    assert!(
        !text.contains("PROMPT-CANARY") && !text.contains("secret-in-query"),
        "{text}"
    );
}

#[tokio::test]
async fn a_caller_may_choose_the_event_and_whether_a_row_is_kept() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(200, &JSON, "{}");
    let request = house
        .http()
        .post(house.url("g", "openai/x"))
        .header("cf-aig-event-id", "mine");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cf-aig-event-id"], "mine");
    assert_ne!(answer.headers()["cf-aig-log-id"], "mine");
    answer.bytes().await.unwrap();
    assert_eq!(house.logged("g", 1).await[0]["event_id"], "mine");

    provider.answers(200, &JSON, "{}");
    let request = house
        .http()
        .post(house.url("g", "openai/x"))
        .header("cf-aig-collect-log", "false");
    let answer = request.send().await.unwrap();
    assert!(answer.headers().get("cf-aig-log-id").is_none());
    assert!(answer.headers().get("cf-aig-request-id").is_some());
    answer.bytes().await.unwrap();

    house
        .gateway("silent", json!({"collect_logs": false}))
        .await;
    for (header, kept) in [("false", false), ("", false), ("true", true)] {
        provider.answers(200, &JSON, "{}");
        let request = house
            .http()
            .post(house.url("silent", "openai/x"))
            .header("cf-aig-collect-log", header);
        let answer = request.send().await.unwrap();
        assert_eq!(
            answer.headers().get("cf-aig-log-id").is_some(),
            kept,
            "{header}"
        );
        answer.bytes().await.unwrap();
    }
    house.logged("silent", 1).await;
    house.running().journal().flush().await;
    assert_eq!(house.logs("g").await.len(), 1);
    assert_eq!(house.logs("silent").await.len(), 1);
}

/// Each chunk is there before the next one is sent: nothing is held back.
#[tokio::test]
async fn events_arrive_one_by_one_and_are_counted() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chunks = [
        "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"Hé\"}}]}\n\n",
        ": a comment\r\n\r\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n",
        "data: [DONE]\n\n",
    ];
    let gates = provider.streams(chunks);
    let request = house.http().post(house.url("g", "openai/chat/completions"));
    let answer = request
        .body(r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut stream = answer.bytes_stream();
    for chunk in chunks {
        gates.release_one();
        assert_eq!(stream.next().await.unwrap().unwrap(), chunk);
    }
    gates.release_one();
    assert!(stream.next().await.is_none());
    let rows = house.logged("g", 1).await;
    assert_eq!(
        (&rows[0]["tokens_in"], &rows[0]["tokens_out"]),
        (&json!(5), &json!(7))
    );
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["model"]),
        (&json!("complete"), &json!("m"))
    );
}

#[tokio::test]
async fn a_request_streams_up_as_well() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(200, &JSON, "{}");
    let chunks =
        futures_util::stream::iter((0..50).map(|n| Ok::<_, std::io::Error>(vec![n; 1000])));
    let request = house
        .http()
        .post(house.url("g", "openai/audio/transcriptions"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let received = provider.next_request().await;
    assert_eq!(received.body.len(), 50_000);
    assert_eq!(house.logged("g", 1).await[0]["request_size"], 50_000);
}

#[tokio::test]
async fn anthropics_wire_is_read_too() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chunks = [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
    let gates = provider.streams(chunks);
    gates.release_all();
    // The documented base of one SDK leaves the version out.
    let request = house.http().post(house.url("g", "anthropic/messages"));
    let answer = request
        .body(r#"{"model":"claude","stream":true}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), chunks.concat());
    assert_eq!(provider.next_request().await.target, "/v1/messages");
    let rows = house.logged("g", 1).await;
    assert_eq!(
        (&rows[0]["tokens_in"], &rows[0]["tokens_out"]),
        (&json!(9), &json!(15))
    );
}

#[tokio::test]
async fn p_01_a_body_beyond_the_limit_is_413() {
    let provider = Provider::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.max_request_body = Some(1000))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let url = house.url("g", "openai/x");
    // Said in advance: refused without a dial.
    let answer = house
        .http()
        .post(&url)
        .body(vec![0; 1001])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    assert!(provider.requests().is_empty());
    // Noticed on the way.
    let chunks = futures_util::stream::iter((0..2).map(|_| Ok::<_, std::io::Error>(vec![0; 600])));
    let request = house
        .http()
        .post(&url)
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(request.send().await.unwrap().status(), 413);
    // As much as is allowed. (The cut request was not whole, so it took no script.)
    provider.answers(200, &JSON, "{}");
    let answer = house
        .http()
        .post(&url)
        .body(vec![0; 1000])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    for row in house.logged("g", 3).await {
        assert!(
            matches!(row["status_code"].as_u64(), Some(200 | 413)),
            "{row}"
        );
    }
}

#[tokio::test]
async fn http2_callers_are_served() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let h2 = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    provider.answers(200, &JSON, "{\"a\":1}");
    let answer = h2
        .post(house.url("g", "openai/x"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, http::Version::HTTP_2)
    );
    assert_eq!(answer.text().await.unwrap(), "{\"a\":1}");
}
