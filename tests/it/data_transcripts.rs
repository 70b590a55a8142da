//! What the log gets of the bodies: all of them, none of them, never a key.

use aig_model::{BodyFate, Change, GatewayChange};
use aig_testkit::Provider;
use serde_json::json;

use crate::plane::{Plane, text, whole};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn both_bodies_go_into_the_log_as_they_were_sent() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let events = ["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"];
    provider.streams(events).release_all();
    let answer = plane.chat("{ \"a\":1.0 }").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), events.concat());
    let (row, transcript) = plane.row(1).await;
    assert_eq!(text(&transcript.request).unwrap(), "{ \"a\":1.0 }");
    assert_eq!(text(&transcript.response).unwrap(), events.concat());
    assert_eq!(
        row.request_body,
        BodyFate::NotKept,
        "the log says so itself"
    );
}

#[tokio::test]
async fn d_13_whoever_opts_out_leaves_no_body() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{\"secret\":2}");
    let plane = Plane::start(&provider).await;
    let call = async |name: &str, value: &str| {
        let request = plane.chat("{\"secret\":1}").header(name, value);
        whole(request).await;
    };
    call("cf-aig-collect-log-payload", "false").await;
    let (row, transcript) = plane.row(1).await;
    assert_eq!((transcript.request, transcript.response), (None, None));
    assert_eq!(row.request_body, BodyFate::NotKept);
    assert_eq!(row.request_size, 12, "the row is kept");
    call("cf-aig-collect-log", "false").await;
    let off = GatewayChange {
        collect_logs: Change::Set(false),
        ..GatewayChange::default()
    };
    plane.gateway("g", off);
    call("cf-aig-collect-log-payload", "true").await;
    assert_eq!(plane.kept().len(), 1, "no row, whatever is said of bodies");
    call("cf-aig-collect-log", "true").await;
    let (_, transcript) = plane.row(2).await;
    assert!(transcript.request.is_some() && transcript.response.is_some());
}

#[tokio::test]
async fn d_13_each_step_says_for_itself_whether_it_leaves_a_body() {
    let provider = Provider::start().await;
    provider.fails(500);
    provider.answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    let step = |payload: &str| {
        json!({"provider": "openai", "endpoint": "chat/completions", "query": {"n": 1},
            "headers": {"cf-aig-collect-log-payload": payload}})
    };
    let body = json!([step("false"), step("true")]).to_string();
    let request = plane.post("g", "", body);
    let request = request.header("cf-aig-collect-log-payload", "false");
    whole(request).await;
    let rows = plane.rows(2).await;
    assert_eq!(rows[0].1.request, None);
    assert_eq!(text(&rows[1].1.request).unwrap(), "{\"n\":1}");
    assert_eq!(text(&rows[1].1.response).unwrap(), "{}");
}

/// The key comes back in the answer, as some providers do with one that they do not know.
#[tokio::test]
async fn s_09_a_key_that_comes_back_is_not_in_the_log() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let key = "sk-canary-0123456789";
    let echo = format!("{{\"error\":\"no such key: {key}, really {key}\"}}");
    let send = async |path: &str, name: &str, value: &str| {
        provider.answers(401, &JSON, echo.clone());
        let request = plane.http.post(plane.url("g", path)).header(name, value);
        let answer = request
            .body(format!("{{\"key\":\"{key}\"}}"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.text().await.unwrap(),
            echo,
            "the caller gets what was said"
        );
    };
    send(
        "openai/chat/completions",
        "authorization",
        &format!("Bearer {key}"),
    )
    .await;
    send("anthropic/v1/messages", "x-api-key", key).await;
    send(
        "anthropic/v1/messages",
        "authorization",
        &format!("Bearer {key}"),
    )
    .await;
    for (_, transcript) in plane.rows(3).await {
        let request = text(&transcript.request).unwrap();
        let response = text(&transcript.response).unwrap();
        assert_eq!(request, "{\"key\":\"[redacted]\"}");
        assert_eq!(
            response,
            "{\"error\":\"no such key: [redacted], really [redacted]\"}"
        );
    }
}

/// What the cache gives again was looked through before; that counts for the same question alone.
#[tokio::test]
async fn s_09_a_key_in_a_question_that_the_cache_answers_is_in_no_row() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{\"a\":1}");
    let plane = Plane::start(&provider).await;
    let key = "sk-canary-0123456789";
    let clean = "{\"b\":2}".to_owned();
    let other = format!("{{\"key\":\"{key}\"}}");
    let questions = [&clean, &clean, &other, &other, &clean, &other];
    for question in questions {
        let request = plane.chat(question.clone());
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = request.header("cf-aig-cache-ttl", "60");
        whole(request.header("cf-aig-cache-key", "k")).await;
    }
    let rows = plane.rows(questions.len()).await;
    assert!(!rows[0].0.cached && rows[1..].iter().all(|(row, _)| row.cached));
    for ((_, transcript), question) in rows.iter().zip(questions) {
        let expected = question.replace(key, "[redacted]");
        assert_eq!(text(&transcript.request), Some(expected));
        assert_eq!(text(&transcript.response).as_deref(), Some("{\"a\":1}"));
    }
}

#[tokio::test]
async fn a_body_beyond_ten_megabytes_is_not_kept_and_the_row_says_so() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    provider.answers(200, &JSON, "{}");
    let long = vec![b'x'; aig_model::Body::MAX + 1];
    whole(plane.chat(long)).await;
    let (row, transcript) = plane.row(1).await;
    assert_eq!(transcript.request, None);
    assert_eq!(row.request_body, BodyFate::TooLarge);
    assert_eq!(text(&transcript.response).unwrap(), "{}");
}

#[tokio::test]
async fn a_hit_has_its_bodies_and_a_refusal_only_its_own() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{\"a\":1}");
    let plane = Plane::start(&provider).await;
    plane.gateway(
        "g",
        GatewayChange {
            cache_ttl: Change::Set(60),
            rate_limiting_limit: Change::Set(1),
            rate_limiting_interval: Change::Set(86_400),
            ..GatewayChange::default()
        },
    );
    for body in ["{}", "{}", "{\"b\":1}"] {
        whole(plane.chat(body)).await;
    }
    let rows = plane.rows(3).await;
    assert!(rows[1].0.cached);
    assert_eq!(text(&rows[1].1.request).unwrap(), "{}");
    assert_eq!(text(&rows[1].1.response).unwrap(), "{\"a\":1}");
    // By it the log knows what it has already.
    let is_known = |at: usize| rows[at].1.request.as_ref().unwrap().digest.is_some();
    assert_eq!([0, 1, 2].map(is_known), [false, true, false]);
    assert_eq!(rows[2].0.status, 429);
    assert_eq!(text(&rows[2].1.request).unwrap(), "{\"b\":1}");
    assert_eq!(rows[2].1.response, None);
}

#[tokio::test]
async fn coded_bodies_say_how_they_are_coded() {
    let provider = Provider::start().await;
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "br"),
    ];
    provider.answers(200, &headers, "not really");
    let plane = Plane::start(&provider).await;
    whole(plane.chat("{}")).await;
    let (_, transcript) = plane.row(1).await;
    let body = transcript.response.unwrap();
    assert_eq!(body.coding.as_deref(), Some("br"));
}
