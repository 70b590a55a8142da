//! The log when it has too much to do: queries that would take too long, and rows that come faster
//! than they can be written. Neither touches the requests of the data plane.

use std::time::Duration;

use aig_model::{Body, GatewayId, Record, Timestamp, Transcript};
use aig_store::limits::READ_TIME;
use aig_testkit::{House, Provider};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::process::metric;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn asked(house: &House, query: &str) -> (u16, Value) {
    let url = house.gateways_url(&format!("/g/logs?{query}"));
    let request = house.http().get(url).bearer_auth(house.token());
    let answer = request.send().await.unwrap();
    (answer.status().into(), answer.json().await.unwrap())
}

async fn metrics(house: &House) -> String {
    let url = format!("http://{}/metrics", house.address());
    house
        .http()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[tokio::test]
async fn p_16_a_query_that_takes_too_long_ends_in_an_envelope_and_nobody_else_notices() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    provider.answers(200, &JSON, "{}");
    let url = house.url("g", "openai/chat/completions");
    house.http().post(&url).body("{}").send().await.unwrap();
    let id = house.logged("g", 1).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();

    // A request of the data plane is in the middle of its answer all the while.
    let gate = provider.streams(["data: 1\n\n", "data: 2\n\n"]);
    let mut running = house.http().post(&url).body("{}").send().await.unwrap();
    gate.release(1);
    assert_eq!(running.chunk().await.unwrap().unwrap(), "data: 1\n\n");

    house.running().store().limit_log_reads(Duration::ZERO);
    for query in ["", "search=x", "order_by=provider", "meta_info=true"] {
        let (status, body) = asked(&house, query).await;
        assert_eq!(status, 503, "{query}: {body}");
        let error = &body["errors"][0];
        assert_eq!(error["code"], 7011);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("ask for less"), "{message}");
        assert_eq!(
            (&body["success"], &body["result"]),
            (&json!(false), &Value::Null)
        );
    }
    for row in [format!("/g/logs/{id}"), format!("/g/logs/{id}/request")] {
        let request = house.http().get(house.gateways_url(&row));
        let answer = request.bearer_auth(house.token()).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{row}");
    }

    // New requests and the running one are served as ever.
    provider.answers(200, &JSON, "{}");
    let other = house.http().post(&url).body("{}").send().await.unwrap();
    assert_eq!(other.status(), 200);
    gate.release_all();
    let mut rest = vec![];
    while let Some(chunk) = running.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert_eq!(rest, b"data: 2\n\n");

    // Nothing stays behind: with its time back, the reader answers, and has all three rows.
    house.running().store().limit_log_reads(READ_TIME);
    let rows = house.logged("g", 3).await;
    assert!(
        rows.iter().all(|row| row["outcome"] == "complete"),
        "{rows:?}"
    );
}

/// A row that is offered to the journal as the data plane does it, but without a request.
fn record(house: &House, number: u128, path: usize) -> Record {
    let gateway: GatewayId = "g".parse().unwrap();
    let at = Timestamp::from_millis(i64::try_from(number).unwrap());
    Record {
        path: "p".repeat(path).into(),
        provider: "openai".into(),
        ..Record::begin(Uuid::from_u128(number), house.account(), gateway, at)
    }
}

#[tokio::test]
async fn d_10_the_metrics_count_exactly_what_the_log_lacks() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    provider.always_answers(200, &JSON, "{}");
    let url = house.url("g", "openai/chat/completions");
    let journal = house.running().journal();
    let other = rusqlite::Connection::open(house.directory().join("logs.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for number in 0..20 {
        let body = Body::try_from(Bytes::from(vec![b'x'; 1 << 20])).unwrap();
        let transcript = Transcript {
            request: Some(body),
            response: None,
        };
        journal.offer((record(&house, number, 9), transcript));
    }
    for number in 100..200 {
        journal.offer(record(&house, number, 64 << 10));
    }
    // The log stands still; requests do not wait for it.
    for _ in 0..3 {
        let answer = house.http().post(&url).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    // Their rows are offered when the bytes of the answers are out, which may be a moment later.
    aig_testkit::eventually("every row to be offered", async || {
        (journal.counters().offered() == 123).then_some(())
    })
    .await;
    journal.flush().await;

    let text = metrics(&house).await;
    let counted = |name: &str| metric(&text, &format!("aig_log_rows_{name}_total"));
    let (_, all) = asked(&house, "per_page=1").await;
    let there = all["result_info"]["total_count"].as_i64().unwrap();
    assert_eq!((counted("offered"), counted("refused")), (123, 0));
    assert_eq!(counted("written"), there);
    assert_eq!(counted("dropped"), 123 - there, "{text}");
    assert!(counted("dropped") > 0 && there > 20);
    let filter = r#"[{"key":"request_content_type","operator":"eq","value":[null]}]"#;
    let mut shed = 0_i64;
    for page in 1.. {
        let (_, body) = asked(&house, &format!("per_page=50&page={page}&filters={filter}")).await;
        let rows = body["result"].as_array().unwrap();
        let found = rows
            .iter()
            .filter(|row| row["request_body"] == "shed")
            .count();
        shed += i64::try_from(found).unwrap();
        if rows.len() < 50 {
            break;
        }
    }
    // Eleven megabytes of bodies fit, of twenty; and those of no request, unless its row was lost.
    assert_eq!(counted("shed"), shed);
    assert!((9..=12).contains(&shed), "{shed}");
    assert_eq!(metric(&text, "aig_log_queue_bytes"), 0);
}
