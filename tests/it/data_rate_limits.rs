//! Rate limits of gateways: who passes, what the others are told, and what the log says of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aig_model::{Change, GatewayChange, Outcome, Technique};
use aig_testkit::Provider;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::plane::Plane;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn limit(requests: u32, interval: u32, technique: Technique) -> GatewayChange {
    GatewayChange {
        rate_limiting_limit: Change::Set(requests),
        rate_limiting_interval: Change::Set(interval),
        rate_limiting_technique: Change::Set(technique),
        ..GatewayChange::default()
    }
}

/// An interval of so many seconds, into whose middle no test grows.
const DAY: u32 = 24 * 60 * 60;

/// Requests at once, of which as many pass as may, in either technique.
#[tokio::test]
async fn g_01_exactly_as_many_pass_as_may() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    for (n, technique) in [Technique::Sliding, Technique::Fixed]
        .into_iter()
        .enumerate()
    {
        let gateway = technique.as_str();
        plane.gateway(gateway, limit(20, DAY, technique));
        let calls = (0..60).map(|_| plane.post(gateway, "openai/chat/completions", "{}").send());
        let answers = join_all(calls).await;
        let of = |status: u16| {
            let answers = answers.iter().map(|a| a.as_ref().unwrap().status());
            answers.filter(|s| *s == status).count()
        };
        assert_eq!((of(200), of(429)), (20, 40), "{technique:?}");
        assert_eq!(provider.requests().len(), 20 * (n + 1), "{technique:?}");
        let rows = plane.rows(60 * (n + 1)).await;
        let refused = rows.iter().skip(60 * n);
        let refused = refused.filter(|(row, _)| row.outcome == Outcome::Refused);
        assert_eq!(refused.filter(|(row, _)| row.status == 429).count(), 40);
    }
}

/// Windows of a minute by the clock: in each of two, sixty-four callers ask ten thousand times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_g_01_exactly_as_many_pass_as_may_in_each_window() {
    const CALLERS: usize = 64;
    const REQUESTS: usize = 10_000;
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    plane.gateway("g", limit(100, 60, Technique::Fixed));
    for window in 1..=2 {
        // What is waited for is the clock itself.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let into = Duration::from_nanos(u64::try_from(now.as_nanos() % 60_000_000_000).unwrap());
        tokio::time::sleep(Duration::from_secs(60) - into).await;
        let began = Instant::now();
        let left = AtomicUsize::new(REQUESTS);
        let callers = (0..CALLERS).map(|_| async {
            let mut passed = 0;
            let take = |left: usize| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
            {
                let answer = plane.chat("{}").send().await.unwrap();
                passed += usize::from(answer.status() == 200);
                answer.bytes().await.unwrap();
            }
            passed
        });
        let passed: usize = join_all(callers).await.into_iter().sum();
        let took = began.elapsed();
        println!("window {window}: {passed} of {REQUESTS} passed in {took:?}");
        assert!(
            took < Duration::from_secs(60),
            "the machine is too slow: {took:?}"
        );
        assert_eq!(passed, 100);
        assert_eq!(provider.requests().len(), 100 * window);
    }
}

#[tokio::test]
async fn g_15_a_refusal_says_when_to_come_back_in_the_hosts_words() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    plane.gateway("g", limit(1, DAY, Technique::Fixed));
    assert_eq!(plane.chat("{}").send().await.unwrap().status(), 200);
    let asked = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let before = asked();
    // With retries asked for: a refusal of the gateway's own is not tried again.
    let refused = plane.chat("{}").header("cf-aig-max-attempts", "5");
    let refused = refused.send().await.unwrap();
    let after = asked();
    assert_eq!(refused.status(), 429);
    let told: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let left = |now: Duration| u64::from(DAY) - now.as_secs() % u64::from(DAY);
    assert!((left(after)..=left(before)).contains(&told), "{told}");
    assert!(!refused.headers().contains_key("cf-aig-cache-status"));
    let log = refused.headers()["cf-aig-log-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = refused.json().await.unwrap();
    assert_eq!(
        body["error"][0],
        json!({"code": 2003, "message": "Rate limited"})
    );
    assert_eq!(
        (&body["success"], &body["httpCode"]),
        (&json!(false), &json!(429))
    );
    let (row, _) = plane.row(2).await;
    assert_eq!((row.status, row.outcome), (429, Outcome::Refused));
    assert_eq!((row.id.to_string(), &*row.provider), (log, "openai"));
    assert_eq!(row.cost, None);
}

#[tokio::test]
async fn tries_of_one_request_count_once_and_gateways_do_not_share() {
    let provider = Provider::start().await;
    let plane = Plane::start(&provider).await;
    plane.gateway("g", limit(2, DAY, Technique::Sliding));
    plane.gateway("h", limit(1, DAY, Technique::Sliding));
    for _ in 0..2 {
        provider.fails(500);
        provider.answers(200, &JSON, "{}");
        let tried = plane.chat("{}").header("cf-aig-max-attempts", "2");
        let tried = tried.header("cf-aig-retry-delay", "0");
        assert_eq!(tried.send().await.unwrap().status(), 200);
    }
    assert_eq!(plane.chat("{}").send().await.unwrap().status(), 429);
    provider.answers(200, &JSON, "{}");
    let other = plane.post("h", "openai/chat/completions", "{}").send();
    assert_eq!(other.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_limit_that_is_taken_away_holds_nobody_up() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let plane = Plane::start(&provider).await;
    plane.gateway("g", limit(1, DAY, Technique::Fixed));
    let call = async || plane.chat("{}").send().await.unwrap().status().as_u16();
    assert_eq!((call().await, call().await), (200, 429));
    plane.gateway("g", limit(0, DAY, Technique::Fixed));
    assert_eq!((call().await, call().await), (200, 200));
}
