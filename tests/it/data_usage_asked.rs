//! Chat streams that count tokens only when they are asked: they are asked, and nobody notices.

use aig_model::Outcome;
use aig_testkit::{Provider, RawCaller};
use futures_util::StreamExt;
use serde_json::json;

use crate::plane::{Plane, text};

const STREAM: &str = r#"{ "model":"gpt-4o-mini", "stream": true, "messages":[] }"#;
const QUESTION: &str = r#","stream_options":{"include_usage":true}"#;

fn asked(body: &str) -> String {
    let end = body.rfind('}').unwrap();
    format!("{}{QUESTION}{}", &body[..end], &body[end..])
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

fn words() -> Vec<String> {
    let word = |word| {
        event(&json!({"model": "gpt-4o-mini", "choices": [{"delta": {"content": word}}], "usage": null}).to_string())
    };
    vec![word("two"), word("words")]
}

fn usage() -> String {
    event(&json!({"model": "gpt-4o-mini", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}).to_string())
}

fn done() -> String {
    event("[DONE]")
}

#[tokio::test]
async fn a_stream_is_asked_for_its_counts_and_the_answer_is_taken_out_again() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let [first, second] = words().try_into().unwrap();
    let gate = provider.streams([first.clone(), second.clone(), usage(), done()]);
    gate.release_all();
    let answer = plane.chat(STREAM).send().await.unwrap();
    assert!(!answer.headers().contains_key("content-length"));
    let body = answer.text().await.unwrap();
    assert_eq!(body, [first, second, done()].concat());
    let seen = provider.next_request().await;
    assert_eq!(seen.text(), asked(STREAM));
    let length = asked(STREAM).len().to_string();
    assert_eq!(
        seen.header("content-length"),
        Some(&*length),
        "a short body says its length"
    );
    let (row, transcript) = plane.row(1).await;
    assert_eq!(
        (row.usage.tokens_in, row.usage.tokens_out),
        (Some(7), Some(2))
    );
    assert!(row.cost.is_some());
    assert_eq!(row.request_size, STREAM.len() as u64);
    assert_eq!(row.response_size, body.len() as u64);
    assert_eq!(
        text(&transcript.request).as_deref(),
        Some(STREAM),
        "the caller's words"
    );
    assert_eq!(text(&transcript.response), Some(body));
}

#[tokio::test]
async fn chunks_pass_as_they_come() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let [first, second] = words().try_into().unwrap();
    let gate = provider.streams([first.clone(), usage(), second.clone()]);
    let mut answer = plane.chat(STREAM).send().await.unwrap();
    gate.release_one();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), first);
    // The second is the answer to our own question, and the third is not.
    gate.release(2);
    assert_eq!(answer.chunk().await.unwrap().unwrap(), second);
    gate.release_all();
    assert_eq!(answer.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn whoever_asks_himself_or_streams_nothing_is_left_alone() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let own = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    for body in [
        own,
        r#"{"stream":true,"stream_options":null}"#,
        r#"{"stream":false}"#,
        r#"{"model":"m"}"#,
        "no JSON at all",
        "",
    ] {
        let whole = [words().concat(), usage(), done()].concat();
        let gate = provider.streams([whole.clone()]);
        gate.release_all();
        let answer = plane.chat(body).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), whole, "{body}");
        let seen = provider.next_request().await;
        assert_eq!(seen.text(), body);
    }
}

#[tokio::test]
async fn signed_bodies_and_other_paths_stay_as_they_are() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let signed = "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;x-amz-date, Signature=y";
    let by = |name: &'static str, value: &'static str| {
        let url = plane.url("g", "openai/chat/completions");
        plane.http.post(url).header(name, value).body(STREAM)
    };
    for request in [
        by("authorization", signed),
        by("content-digest", "sha-256=:x:"),
        plane.post("g", "openai/responses", STREAM),
        plane.post("g", "anthropic/v1/messages", STREAM),
    ] {
        provider.answers(200, &[], "");
        request.send().await.unwrap();
        assert_eq!(provider.next_request().await.text(), STREAM);
    }
}

#[tokio::test]
async fn the_question_can_be_switched_off_for_a_provider() {
    let provider = Provider::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("aig.toml");
    std::fs::write(&file, "[providers.openai]\nask_usage = false\n").unwrap();
    let plane = Plane::with(&provider, |flags, _| flags.config = Some(file)).await;
    let whole = [words().concat(), usage(), done()].concat();
    provider.streams([whole.clone()]).release_all();
    let answer = plane.chat(STREAM).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), whole);
    assert_eq!(provider.next_request().await.text(), STREAM);
}

#[tokio::test]
async fn what_leaves_no_row_is_not_asked() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let whole = [words().concat(), usage(), done()].concat();
    provider.streams([whole.clone()]).release_all();
    let request = plane.chat(STREAM).header("cf-aig-collect-log", "false");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), whole);
    assert_eq!(provider.next_request().await.text(), STREAM);
}

#[tokio::test]
async fn a_long_body_is_asked_as_it_passes_and_goes_out_in_chunks() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let long = json!({"stream": true, "pad": "x".repeat(300 << 10)}).to_string();
    provider.answers(200, &[], "");
    plane.chat(long.clone()).send().await.unwrap();
    let seen = provider.next_request().await;
    assert!(seen.text() == asked(&long));
    assert_eq!(seen.header("content-length"), None);
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_is_asked_too_and_again_at_every_try() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    for at in [1, 20, STREAM.len() - 3, STREAM.len() - 1] {
        provider.fails(500);
        provider
            .streams([words().concat(), usage(), done()])
            .release_all();
        let (a, b) = STREAM.split_at(at);
        let pieces = futures_util::stream::iter([a, b]).map(Ok::<_, std::io::Error>);
        let request = plane.chat(reqwest::Body::wrap_stream(pieces));
        let request = request.header("cf-aig-max-attempts", "2");
        let answer = request
            .header("cf-aig-retry-delay", "0")
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.text().await.unwrap(),
            [words().concat(), done()].concat()
        );
        for _ in 0..2 {
            assert_eq!(provider.next_request().await.text(), asked(STREAM), "{at}");
        }
    }
}

#[tokio::test]
async fn whole_bodies_of_unified_and_universal_requests_are_asked_as_well() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let step = json!([{"provider": "openai", "endpoint": "chat/completions",
        "headers": {}, "query": {"stream": true}}]);
    let unified = r#"{"model":"openai/m","stream":true}"#;
    for (path, body, sent) in [
        (
            "compat/chat/completions",
            unified.to_owned(),
            r#"{"model":"m","stream":true}"#,
        ),
        ("", step.to_string(), r#"{"stream":true}"#),
    ] {
        provider
            .streams([words().concat(), usage(), done()])
            .release_all();
        let answer = plane.post("g", path, body).send().await.unwrap();
        assert_eq!(
            answer.text().await.unwrap(),
            [words().concat(), done()].concat()
        );
        assert_eq!(provider.next_request().await.text(), asked(sent));
    }
}

/// Half a body that would be looked through goes nowhere, and nobody takes it for a whole one.
#[tokio::test]
async fn half_a_body_is_never_sent() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway(
        "cached",
        aig_model::GatewayChange {
            cache_ttl: aig_model::Change::Set(60),
            ..aig_model::GatewayChange::default()
        },
    );
    for (rows, gateway) in ["g", "cached"].into_iter().enumerate() {
        let url = plane.url(gateway, "openai/chat/completions");
        let path = url.split_once("//").unwrap().1.split_once('/').unwrap().1;
        let head = format!("POST /{path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
        let mut raw = RawCaller::to(plane.address).await;
        raw.send(head + "{\"stream\":true").await;
        drop(raw);
        let (row, _) = plane.row(rows + 1).await;
        assert_eq!((row.outcome, row.status), (Outcome::ClientGone, 499));
    }
    assert!(provider.requests().is_empty());
}
