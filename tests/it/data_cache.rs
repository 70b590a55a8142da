//! Answers that are given again: to whom, for which question, for how long, and what the log says.

use aig_model::{Cache, CacheStatus, Change, CostSource, Gateway, GatewayChange, Money, Outcome};
use aig_testkit::Provider;
use futures_util::future::join_all;
use serde_json::json;

use crate::plane::Plane;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const QUESTION: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"why"}]}"#;
const ANSWER: &str =
    r#"{"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}"#;

fn cached(seconds: u32) -> GatewayChange {
    GatewayChange {
        cache_ttl: Change::Set(seconds),
        ..GatewayChange::default()
    }
}

/// What the header says of an answer, if it is there.
async fn status(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let told = answer.headers().get("cf-aig-cache-status");
    let told = told.map_or("", |told| told.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    answer.bytes().await.unwrap();
    (status, told)
}

async fn told(request: reqwest::RequestBuilder) -> String {
    status(request).await.1
}

async fn caching() -> (Provider, Plane) {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, ANSWER);
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    (provider, plane)
}

#[tokio::test]
async fn the_same_question_is_answered_once_and_given_again() {
    let (provider, plane) = caching().await;
    let first = plane.chat(QUESTION).send().await.unwrap();
    assert_eq!(first.headers()["cf-aig-cache-status"], "MISS");
    assert_eq!(first.text().await.unwrap(), ANSWER);
    let again = plane.chat(QUESTION).send().await.unwrap();
    assert_eq!(again.headers()["cf-aig-cache-status"], "HIT");
    assert_eq!(again.headers()["content-type"], "application/json");
    assert_eq!(again.headers()["cf-aig-step"], "0");
    assert_eq!(again.headers()["content-length"], *ANSWER.len().to_string());
    let log = again.headers()["cf-aig-log-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(again.text().await.unwrap(), ANSWER);
    assert_eq!(provider.requests().len(), 1);

    let rows = plane.rows(2).await;
    let (asked, hit) = (&rows[0].0, &rows[1].0);
    assert_eq!(asked.cache_status, Some(CacheStatus::Miss));
    assert_eq!(asked.cache_reason.as_deref(), Some("absent"));
    assert!(!asked.cached && asked.cost.is_some_and(|cost| cost > Money::ZERO));
    assert_eq!((hit.id.to_string(), hit.status), (log, 200));
    assert!(hit.cached && hit.success());
    assert_eq!(hit.cache_status, Some(CacheStatus::Hit));
    assert_eq!(hit.cost, Some(Money::ZERO));
    assert_eq!(hit.cost_source, Some(CostSource::Cache));
    assert_eq!(hit.usage.tokens_in, None);
    assert_eq!((&*hit.model, &*hit.provider), ("gpt-4o-mini", "openai"));
    assert_eq!(hit.response_size, ANSWER.len() as u64);
    assert_eq!(hit.request_size, QUESTION.len() as u64);
}

#[tokio::test]
async fn a_hit_is_free_of_the_rate_limit() {
    let (_provider, plane) = caching().await;
    plane.gateway(
        "g",
        GatewayChange {
            rate_limiting_limit: Change::Set(1),
            rate_limiting_interval: Change::Set(86_400),
            ..GatewayChange::default()
        },
    );
    assert_eq!(status(plane.chat(QUESTION)).await, (200, "MISS".into()));
    for _ in 0..3 {
        assert_eq!(status(plane.chat(QUESTION)).await, (200, "HIT".into()));
    }
    assert_eq!(status(plane.chat("{}")).await, (429, String::new()));
}

#[tokio::test]
async fn headers_rule_over_the_gateway() {
    let (provider, plane) = caching().await;
    plane.gateway("off", GatewayChange::default());
    let on = || plane.chat(QUESTION);
    let off = || plane.post("off", "openai/chat/completions", QUESTION);
    for (request, expected) in [
        (on().header("cf-aig-skip-cache", "true"), ""),
        (on().header("cf-skip-cache", "true"), ""),
        (on().header("cf-aig-cache-ttl", "0"), ""),
        (off(), ""),
        (off().header("cf-aig-cache-ttl", "600"), ""),
        (off().header("cf-aig-cache-key", ""), ""),
        (off().header("cf-aig-cache-key", "k"), "MISS"),
        (off().header("cf-aig-cache-key", "k"), "HIT"),
        (on(), "MISS"),
        (on().header("cf-aig-skip-cache", "no"), "HIT"),
        (on().header("cf-aig-skip-cache", "true"), ""),
    ] {
        assert_eq!(told(request).await, expected);
    }
    assert_eq!(provider.requests().len(), 9);
    let rows = plane.rows(11).await;
    let reasons: Vec<_> = rows
        .iter()
        .map(|(row, _)| row.cache_reason.as_deref())
        .collect();
    assert_eq!(
        reasons[..4],
        [Some("skipped"), Some("skipped"), Some("zero_ttl"), None]
    );
}

#[tokio::test]
async fn c_01_c_05_nobody_gets_what_another_gateway_or_credential_was_answered() {
    let (provider, plane) = caching().await;
    plane.gateway("h", cached(60));
    let key = |request: reqwest::RequestBuilder| request.header("cf-aig-cache-key", "x");
    let other = |body: &'static str| {
        // Alike in everything but the key.
        let request = plane.http.post(plane.url("g", "openai/chat/completions"));
        request
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-caller-2")
            .body(body)
    };
    for wrapped in [false, true] {
        let ask = |request| if wrapped { key(request) } else { request };
        assert_eq!(told(ask(plane.chat(QUESTION))).await, "MISS");
        assert_eq!(told(ask(plane.chat(QUESTION))).await, "HIT");
        let elsewhere = plane.post("h", "openai/chat/completions", QUESTION);
        assert_eq!(told(ask(elsewhere)).await, "MISS");
        assert_eq!(told(ask(other(QUESTION))).await, "MISS");
        let provider = plane.post("g", "anthropic/v1/chat/completions", QUESTION);
        assert_eq!(told(ask(provider)).await, "MISS");
    }
    // A key of one's own stands for any body.
    assert_eq!(told(key(plane.chat("{\"another\":1}"))).await, "HIT");
    assert_eq!(provider.requests().len(), 8);
}

#[tokio::test]
async fn c_03_c_04_whatever_changes_an_answer_asks_anew() {
    let (_provider, plane) = caching().await;
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    let spaced = QUESTION.replace(":", ": ");
    let path = |path: &str| plane.post("g", path, QUESTION);
    for request in [
        plane.chat(spaced),
        path("openai/chat/completions?a=1"),
        path("openai/v1/chat/completions"),
        path("openai/responses"),
        plane.chat(QUESTION).header("openai-beta", "x"),
        plane.chat(QUESTION).header("accept", "text/plain"),
    ] {
        assert_eq!(told(request).await, "MISS");
    }
    let same = plane.chat(QUESTION).header("cf-aig-metadata", "{\"a\":1}");
    assert_eq!(told(same.header("x-request-id", "1")).await, "HIT");
}

#[tokio::test]
async fn c_06_what_went_wrong_is_not_kept() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    let error = json!({"error": {"message": "no", "type": "x"}}).to_string();
    provider.fails(400);
    provider.fails(503);
    provider.answers(201, &JSON, ANSWER);
    provider.answers(200, &JSON, error);
    provider.breaks_after([&ANSWER[..20]]);
    provider.answers_raw(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
        &ANSWER[..20]
    ));
    let events = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    provider.answers(200, &[("content-type", "text/event-stream")], events);
    for reason in [
        "status",
        "status",
        "status",
        "error",
        "stream",
        "incomplete",
        "stream",
    ] {
        let answer = plane.chat(QUESTION).send().await.unwrap();
        assert_eq!(answer.headers()["cf-aig-cache-status"], "MISS", "{reason}");
        let _ = answer.bytes().await;
        let rows = provider.requests().len();
        let (row, _) = plane.row(rows).await;
        assert_eq!(row.cache_reason.as_deref(), Some(reason));
    }
    provider.answers(200, &JSON, ANSWER);
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    assert_eq!(told(plane.chat(QUESTION)).await, "HIT");
}

#[tokio::test]
async fn c_06_an_answer_whose_caller_left_is_not_kept() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    let gate = provider.streams_with(200, &JSON, ["{\"a\":", "1}"]);
    gate.release_one();
    let mut answer = plane.chat(QUESTION).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    let (row, _) = plane.row(1).await;
    assert_eq!(row.outcome, Outcome::ClientGone);
    provider.answers(200, &JSON, ANSWER);
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
}

#[tokio::test]
async fn streams_go_past_the_cache_and_so_does_what_is_no_question() {
    let (provider, plane) = caching().await;
    let stream = r#"{"model":"m","stream":true,"stream_options":null}"#;
    let streamed = || plane.chat(stream).header("cf-aig-cache-key", "k");
    assert_eq!(told(streamed()).await, "");
    let keyed = plane.chat(QUESTION).header("cf-aig-cache-key", "k");
    assert_eq!(told(keyed).await, "MISS");
    // The key is filled now, with what is no stream.
    assert_eq!(told(streamed()).await, "");
    for path in ["openai/batches", "openai/files"] {
        assert_eq!(told(plane.post("g", path, QUESTION)).await, "", "{path}");
    }
    let read = plane.http.get(plane.url("g", "openai/models"));
    assert_eq!(told(read).await, "");
    assert_eq!(provider.requests().len(), 6);
    let rows = plane.rows(6).await;
    let reasons: Vec<_> = rows
        .iter()
        .map(|(row, _)| row.cache_reason.as_deref())
        .collect();
    assert_eq!(
        reasons[2..],
        [
            Some("stream"),
            Some("not_inference"),
            Some("not_inference"),
            Some("not_inference")
        ]
    );
}

#[tokio::test]
async fn c_07_an_answer_is_good_for_its_time() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, ANSWER);
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(1));
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    // A second goes by while others ask; nothing is waited for but what comes.
    aig_testkit::eventually("the answer grows old", async || {
        (told(plane.chat(QUESTION)).await == "MISS").then_some(())
    })
    .await;
    let rows = plane.kept();
    let (last, _) = rows.last().unwrap();
    assert_eq!(last.cache_reason.as_deref(), Some("expired"));
}

async fn many_at_once_are_one_for_the_provider(many: usize) {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    let gate = provider.streams_with(200, &JSON, [ANSWER]);
    let calls = join_all((0..many).map(|_| status(plane.chat(QUESTION))));
    let release = async {
        provider.next_request().await;
        gate.release_all();
    };
    let (answers, ()) = tokio::join!(calls, release);
    let of = |told: &str| {
        answers
            .iter()
            .filter(|(s, t)| *s == 200 && t == told)
            .count()
    };
    assert_eq!((of("MISS"), of("HIT")), (1, many - 1));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn c_08_many_at_once_are_one_for_the_provider() {
    many_at_once_are_one_for_the_provider(50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_c_08_a_thousand_at_once_are_one_for_the_provider() {
    many_at_once_are_one_for_the_provider(1_000).await;
}

#[tokio::test]
async fn c_08_who_waited_for_a_failure_asks_by_itself() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    provider.fails(400);
    provider.always_answers(200, &JSON, ANSWER);
    let answers = join_all((0..10).map(|_| status(plane.chat(QUESTION)))).await;
    let good = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(good, 9, "one failed, and nobody else with it: {answers:?}");
}

#[tokio::test]
async fn c_08_nobody_waits_for_another_one_longer_than_for_a_provider() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    provider.hangs();
    let hanging = tokio::spawn(plane.chat(QUESTION).send());
    provider.next_request().await;
    provider.answers(200, &JSON, ANSWER);
    let patient = plane.chat(QUESTION).header("cf-aig-request-timeout", "300");
    assert_eq!(status(patient).await, (200, "MISS".into()));
    let rows = plane.rows(1).await;
    assert_eq!(rows[0].0.cache_reason.as_deref(), Some("leader_failed"));
    hanging.abort();
}

#[tokio::test]
async fn c_09_another_epoch_knows_no_answer_from_before() {
    let (_provider, plane) = caching().await;
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    assert_eq!(told(plane.chat(QUESTION)).await, "HIT");
    plane.change("g", |gateway| Gateway {
        cache_epoch: gateway.cache_epoch + 1,
        ..gateway.clone()
    });
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    plane.change("g", |gateway| Gateway {
        cache: Cache::default(),
        ..gateway.clone()
    });
    assert_eq!(told(plane.chat(QUESTION)).await, "");
}

#[tokio::test]
async fn c_10_the_cache_has_no_more_memory_than_it_was_given() {
    let provider = Provider::start().await;
    let answer = format!("\"{}\"", "x".repeat(20 << 10));
    provider.always_answers(200, &JSON, answer);
    let plane = Plane::with(&provider, |flags, _| flags.cache_memory = Some(400 << 10)).await;
    plane.gateway("g", cached(60));
    let ask = async |n: usize| told(plane.chat(format!("{{\"n\":{n}}}"))).await;
    for n in 0..60 {
        assert_eq!(ask(n).await, "MISS");
    }
    // The newest first: what is not there takes the place of another one when it is asked for.
    let mut kept = 0;
    for n in (0..60).rev() {
        kept += usize::from(ask(n).await == "HIT");
    }
    assert!((1..=20).contains(&kept), "{kept} of 60 have room");
}

#[tokio::test]
async fn c_12_what_a_provider_says_beside_its_answer_is_not_given_again() {
    let provider = Provider::start().await;
    let odd = [
        ("content-type", "application/json"),
        ("set-cookie", "a=b"),
        ("cache-control", "public, max-age=1"),
        ("x-request-id", "one"),
        ("cf-aig-cache-status", "HIT"),
        ("openai-processing-ms", "5"),
    ];
    provider.answers(200, &odd, ANSWER);
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    assert_eq!(told(plane.chat(QUESTION)).await, "MISS");
    let hit = plane.chat(QUESTION).send().await.unwrap();
    assert_eq!(hit.headers()["cf-aig-cache-status"], "HIT");
    for (name, _) in &odd[1..4] {
        assert!(!hit.headers().contains_key(*name), "{name}");
    }
    assert!(!hit.headers().contains_key("openai-processing-ms"));
}

#[tokio::test]
async fn each_step_has_a_cache_of_its_own_and_its_own_word_on_it() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", cached(60));
    let step = |headers: serde_json::Value, model: &str| {
        json!({"provider": "openai", "endpoint": "chat/completions",
            "headers": headers, "query": {"model": model}})
    };
    let ask = async |headers: [serde_json::Value; 2]| {
        let [first, second] = headers;
        let body = json!([step(first, "a"), step(second, "b")]);
        let request = plane.http.post(plane.url("g", "")).body(body.to_string());
        let answer = request
            .header("cf-aig-cache-ttl", "3600")
            .send()
            .await
            .unwrap();
        let told = answer.headers().get("cf-aig-cache-status").cloned();
        let step = answer.headers()["cf-aig-step"].clone();
        answer.bytes().await.unwrap();
        (told.map(|told| told.to_str().unwrap().to_owned()), step)
    };
    // The first fails, the second is kept.
    provider.fails(500);
    provider.answers(200, &JSON, ANSWER);
    let (told, at) = ask([json!({}), json!({})]).await;
    assert_eq!((told.as_deref(), at.to_str().unwrap()), (Some("MISS"), "1"));
    // The first fails again, and the second is there.
    provider.fails(500);
    let (told, at) = ask([json!({}), json!({})]).await;
    assert_eq!((told.as_deref(), at.to_str().unwrap()), (Some("HIT"), "1"));
    // The second does not want the cache.
    provider.fails(500);
    provider.answers(200, &JSON, ANSWER);
    let (told, at) = ask([json!({}), json!({"cf-aig-cache-ttl": "0"})]).await;
    assert_eq!((told, at.to_str().unwrap()), (None, "1"));
    assert_eq!(provider.requests().len(), 5);
    let rows = plane.rows(6).await;
    let steps: Vec<_> = rows.iter().map(|(row, _)| (row.step, row.cached)).collect();
    let no = [
        (0, false),
        (1, false),
        (0, false),
        (1, true),
        (0, false),
        (1, false),
    ];
    assert_eq!(steps, no);
}
