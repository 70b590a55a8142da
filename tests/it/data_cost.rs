//! What a request cost: by which price, and what is said where none is known.

use aig_model::{CostSource, Money, Outcome};
use aig_testkit::Provider;
use serde_json::json;

use crate::plane::{Plane, whole};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn answer(model: &str) -> String {
    json!({"model": model, "choices": [],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100}})
    .to_string()
}

/// 0.15 dollars a million tokens in, 0.60 out.
const MINI: i128 = 1000 * 150_000 + 100 * 600_000;

#[tokio::test]
async fn every_answer_is_priced_by_the_built_in_table() {
    let provider = Provider::start().await;
    provider.answers(200, &JSON, answer("gpt-4o-mini-2024-07-18"));
    let plane = Plane::start(&provider).await;
    whole(plane.chat("{\"model\":\"gpt-4o-mini\"}")).await;
    let (row, _) = plane.row(1).await;
    assert_eq!(row.cost, Some(Money::from_pico(MINI)));
    assert_eq!(
        (row.cost_source, row.unpriced),
        (Some(CostSource::List), None)
    );
}

#[tokio::test]
async fn a_table_of_ones_own_goes_before_the_built_in_one() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, answer("gpt-4o-mini"));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("prices.jsonl");
    let own = r#"{"provider":"openai","model":"gpt-4o-mini","input":1,"output":2}"#;
    std::fs::write(&file, own).unwrap();
    let plane = Plane::with(&provider, |flags, _| flags.prices = Some(file)).await;
    whole(plane.chat("{}")).await;
    let (row, _) = plane.row(1).await;
    assert_eq!(row.cost, Some(Money::from_pico(1_200_000_000)));
    assert_eq!(row.cost_source, Some(CostSource::Own));
}

#[tokio::test]
async fn a_price_in_the_request_goes_before_all_tables_and_a_wrong_one_is_none() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, answer("gpt-4o-mini"));
    let plane = Plane::start(&provider).await;
    for (said, cost, source, unpriced) in [
        (
            r#"{"per_token_in":0.000001,"per_token_out":0.000002}"#,
            Some(1_200_000_000),
            Some(CostSource::Custom),
            None,
        ),
        (
            r#"{"total_cost":0}"#,
            Some(0),
            Some(CostSource::Custom),
            None,
        ),
        (
            r#"{"per_token_in":-1}"#,
            None,
            None,
            Some("bad_custom_cost"),
        ),
    ] {
        let request = plane.chat("{}").header("cf-aig-custom-cost", said);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{said}");
        answer.bytes().await.unwrap();
        let (row, _) = plane.kept().pop().unwrap();
        assert_eq!(row.cost, cost.map(Money::from_pico), "{said}");
        assert_eq!(
            (row.cost_source, row.unpriced.as_deref()),
            (source, unpriced),
            "{said}"
        );
    }
    let seen = provider.next_request().await;
    assert_eq!(seen.header("cf-aig-custom-cost"), None);
}

#[tokio::test]
async fn each_step_says_its_own_price_and_each_try_has_its_own_row() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    provider.fails(500);
    provider.answers(200, &JSON, answer("m"));
    let step = |cost: &str| {
        json!({"provider": "openai", "endpoint": "chat/completions", "query": {},
            "headers": {"cf-aig-custom-cost": cost}})
    };
    let body = json!([step(r#"{"total_cost":1}"#), step(r#"{"total_cost":2}"#)]);
    let request = plane.http.post(plane.url("g", "")).body(body.to_string());
    let request = request.header("cf-aig-custom-cost", r#"{"total_cost":3}"#);
    whole(request).await;
    let rows = plane.rows(2).await;
    assert_eq!(
        (rows[0].0.outcome, rows[0].0.cost),
        (Outcome::Superseded, None)
    );
    assert_eq!(rows[1].0.cost, Some(Money::from_pico(2_000_000_000_000)));
}

#[tokio::test]
async fn what_is_not_known_has_no_cost_and_says_why() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    for (body, unpriced) in [
        (answer("nobody-knows-it"), Some("unknown_model")),
        (r#"{"model":"gpt-4o-mini"}"#.to_owned(), Some("no_usage")),
        ("{}".to_owned(), Some("no_model")),
    ] {
        provider.answers(200, &JSON, body);
        whole(plane.chat("{}")).await;
        let (row, _) = plane.kept().pop().unwrap();
        assert_eq!((row.cost, row.unpriced.as_deref()), (None, unpriced));
    }
    provider.fails(429);
    whole(plane.chat("{}")).await;
    let (row, _) = plane.row(4).await;
    assert_eq!(
        (row.cost, row.unpriced),
        (None, None),
        "a refusal is no answer"
    );
}

/// A stream that its caller leaves has cost what had been counted by then.
#[tokio::test]
async fn p_06_a_stream_that_is_cut_has_cost_what_was_counted() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let start = json!({"type": "message_start", "message": {
        "model": "claude-haiku-4-5",
        "usage": {"input_tokens": 1000, "output_tokens": 1}}});
    let gate = provider.streams([
        format!("event: message_start\ndata: {start}\n\n"),
        "x".into(),
    ]);
    gate.release_one();
    let request = plane.post("g", "anthropic/v1/messages", "{\"stream\":true}");
    let mut answer = request.send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    let (row, _) = plane.row(1).await;
    assert_eq!(row.outcome, Outcome::ClientGone);
    assert_eq!(row.cost_source, Some(CostSource::List));
    assert!(row.cost.is_some_and(|cost| cost > Money::ZERO));
}

#[tokio::test]
async fn models_that_have_a_price_are_listed_for_the_unified_endpoints() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    let request = plane.http.get(plane.url("g", "compat/v1/models"));
    let list: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"openai/gpt-4o-mini"), "{ids:?}");
    assert!(ids.len() > 100 && ids.iter().all(|id| id.contains('/')));
    assert!(
        !ids.contains(&"openai/dall-e-3"),
        "no unified endpoint paints"
    );
}
