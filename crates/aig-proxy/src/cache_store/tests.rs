//! What is found when, by how many, and how much is held.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use aig_model::{AccountId, Cache as Setting, Gateway, GatewayId, Timestamp};
use aig_policy::cache::{BodyDigest, CacheOptions, CachePlan, Credential, NotStored, Request};
use http::HeaderValue;
use tokio::task::JoinSet;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn key(n: u64) -> CacheKey {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    CacheKey::from_bytes(bytes)
}

/// The key of the same request through the default gateway of that account.
fn key_of_account(account: u8) -> CacheKey {
    let now = Timestamp::from_millis(0);
    let account = AccountId::from_bytes([account; 16]);
    let gateway = Gateway {
        cache: Setting::new(None, Some(60)).unwrap(),
        ..Gateway::new(account, GatewayId::default_gateway(), now)
    };
    let request = Request {
        epoch: 0,
        surface: "native",
        provider: "openai",
        model: "",
        method: "POST",
        path: "chat/completions",
        query: None,
        headers: &[],
        credential: Credential::Stored {
            id: "k",
            version: 1,
        },
        stream: false,
        inference: true,
        length: None,
    };
    match CachePlan::of(
        &gateway,
        CacheOptions::default(),
        &request,
        &BodyDigest::of(b"{}"),
    ) {
        CachePlan::Use { key, .. } => key,
        CachePlan::Bypass(why) => panic!("{why:?}"),
    }
}

fn json() -> HeaderMap {
    let json = HeaderValue::from_static("application/json");
    HeaderMap::from_iter([(CONTENT_TYPE, json)])
}

fn small(capacity: u64) -> CacheStore {
    CacheStore::new(CacheConfig {
        capacity,
        max_answer: capacity / 8,
    })
}

/// The permit of a key that nobody leads.
async fn lead(store: &CacheStore, key: CacheKey, now: Instant) -> FillPermit {
    match store.find(key, || now).await {
        Found::Miss {
            permit: Some(permit),
            ..
        } => permit,
        other => panic!("a permit was due, not {other:?}"),
    }
}

async fn store(store: &CacheStore, key: CacheKey, body: &[u8], now: Instant) {
    let permit = lead(store, key, now).await;
    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
    fill.push(body).unwrap();
    fill.finish(MINUTE, now);
}

/// The body that is there, or why none is.
async fn look(store: &CacheStore, key: CacheKey, now: Instant) -> Result<Bytes, Miss> {
    match store.find(key, || now).await {
        Found::Hit(answer) => Ok(answer.body().clone()),
        Found::Miss { why, .. } => Err(why),
    }
}

#[tokio::test]
async fn c_07_an_answer_is_good_for_its_time_by_the_monotonic_clock() {
    let (cache, now) = (small(1 << 20), Instant::now());
    assert_eq!(look(&cache, key(1), now).await, Err(Miss::Absent));
    store(&cache, key(1), b"one", now).await;
    let nano = Duration::from_nanos(1);
    assert_eq!(look(&cache, key(1), now).await.unwrap(), "one");
    assert_eq!(
        look(&cache, key(1), now + MINUTE - nano).await.unwrap(),
        "one"
    );
    assert_eq!(look(&cache, key(1), now + MINUTE).await, Err(Miss::Expired));
    assert_eq!(cache.counts().answers, 0, "what is over is gone");
    assert_eq!(look(&cache, key(1), now + MINUTE).await, Err(Miss::Absent));
    store(&cache, key(1), b"two", now + MINUTE).await;
    assert_eq!(look(&cache, key(1), now + MINUTE).await.unwrap(), "two");
}

#[tokio::test]
async fn c_12_of_the_headers_those_stay_that_say_what_the_body_is() {
    let (cache, now) = (small(1 << 20), Instant::now());
    let mut headers = json();
    for name in [
        "set-cookie",
        "cache-control",
        "connection",
        "x-request-id",
        "content-length",
    ] {
        headers.insert(name, HeaderValue::from_static("17"));
    }
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let permit = lead(&cache, key(1), now).await;
    let mut fill = permit
        .begin(StatusCode::NON_AUTHORITATIVE_INFORMATION, &headers, Some(6))
        .unwrap();
    fill.push(b"abc").unwrap();
    fill.push(b"def").unwrap();
    let stored = fill.finish(MINUTE, now);
    let Found::Hit(answer) = cache.find(key(1), || now).await else {
        panic!("a hit");
    };
    assert!(Arc::ptr_eq(&answer, &stored));
    assert_eq!(answer.status(), 203);
    assert_eq!(
        (answer.body(), answer.stored()),
        (&Bytes::from("abcdef"), now)
    );
    let names: Vec<_> = answer.headers().keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["content-type", "content-encoding"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_08_a_thousand_identical_requests_have_one_leader() {
    let (cache, now) = (small(1 << 20), Instant::now());
    let calls = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let (cache, calls) = (cache.clone(), Arc::clone(&calls));
        requests.spawn(async move {
            match cache.find(key(1), || now).await {
                Found::Hit(answer) => answer.body().clone(),
                Found::Miss { permit, .. } => {
                    calls.fetch_add(1, Ordering::Relaxed);
                    let permit = permit.expect("the first one leads");
                    // The provider takes as long as it takes for all to be there.
                    while permit.followers() < 999 {
                        tokio::task::yield_now().await;
                    }
                    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
                    fill.push(b"answer").unwrap();
                    fill.finish(MINUTE, now).body().clone()
                }
            }
        });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.len(), 1_000);
    assert!(answers.iter().all(|body| body == "answer"));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(cache.0.leaders.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_08_a_failing_leader_costs_the_others_one_wait_and_no_answer() {
    let (cache, now) = (small(1 << 20), Instant::now());
    let permit = lead(&cache, key(1), now).await;
    let leading = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let (cache, leading) = (cache.clone(), Arc::clone(&leading));
        requests.spawn(async move {
            match cache.find(key(1), || now).await {
                // Those who came back after the next leader was done.
                Found::Hit(answer) => assert_eq!(answer.body(), "later"),
                Found::Miss { why, permit } => {
                    assert_eq!(why, Miss::LeaderFailed);
                    if let Some(permit) = permit {
                        assert_eq!(leading.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                        tokio::task::yield_now().await;
                        leading.fetch_sub(1, Ordering::SeqCst);
                        let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
                        fill.push(b"later").unwrap();
                        fill.finish(MINUTE, now);
                    }
                }
            }
        });
    }
    while permit.followers() < 1_000 {
        tokio::task::yield_now().await;
    }
    // Its provider refused: known with the head, and told at once.
    let refused = permit.begin(StatusCode::TOO_MANY_REQUESTS, &json(), None);
    assert_eq!(refused.unwrap_err(), NotStored::Status);
    while let Some(ended) = requests.join_next().await {
        ended.unwrap();
    }
    assert_eq!(look(&cache, key(1), now).await.unwrap(), "later");
}

#[tokio::test]
async fn c_08_whoever_leaves_holds_nobody_up() {
    let (cache, now) = (small(1 << 20), Instant::now());
    let permit = lead(&cache, key(1), now).await;
    let follower = tokio::spawn({
        let cache = cache.clone();
        async move { look(&cache, key(1), now).await }
    });
    let leaving = tokio::spawn({
        let cache = cache.clone();
        async move { look(&cache, key(1), now).await }
    });
    while permit.followers() < 2 {
        tokio::task::yield_now().await;
    }
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    assert_eq!(permit.followers(), 1);
    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
    fill.push(b"half").unwrap();
    // The leader's caller hangs up in the middle of the body.
    drop(fill);
    assert_eq!(follower.await.unwrap(), Err(Miss::LeaderFailed));
    assert_eq!(cache.counts().answers, 0, "half an answer is none");
    assert_eq!(cache.counts().gathering, 0);
}

#[tokio::test]
async fn c_08_nobody_waits_for_another_account_nor_gets_its_answer() {
    let (cache, now) = (CacheStore::new(CacheConfig::default()), Instant::now());
    let (a, b) = (key_of_account(1), key_of_account(2));
    let of_a = lead(&cache, a, now).await;
    let of_b = lead(&cache, b, now).await;
    let mut fill = of_a.begin(StatusCode::OK, &json(), None).unwrap();
    fill.push(b"for a").unwrap();
    fill.finish(MINUTE, now);
    assert_eq!(look(&cache, a, now).await.unwrap(), "for a");
    drop(of_b);
    assert_eq!(look(&cache, b, now).await, Err(Miss::Absent));
}

#[tokio::test]
async fn c_06_what_is_too_long_or_no_answer_is_not_begun() {
    let (cache, now) = (small(80_000), Instant::now());
    assert_eq!(cache.max_answer(), 10_000);
    let mut stream = HeaderMap::new();
    stream.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    for (status, headers, length, why) in [
        (200, json(), Some(10_001), NotStored::TooLong),
        (200, json(), Some(u64::MAX), NotStored::TooLong),
        (200, stream, None, NotStored::Stream),
        (500, json(), None, NotStored::Status),
    ] {
        let permit = lead(&cache, key(1), now).await;
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(permit.begin(status, &headers, length).unwrap_err(), why);
    }
    let permit = lead(&cache, key(1), now).await;
    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
    fill.push(&[b'x'; 6_000]).unwrap();
    assert_eq!(fill.push(&[b'x'; 4_001]), Err(NotStored::TooLong));
    drop(fill);
    // As long as may be, it is kept.
    store(&cache, key(1), &[b'x'; 10_000], now).await;
    assert_eq!(look(&cache, key(1), now).await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn c_10_what_is_held_and_gathered_is_bounded() {
    let capacity = 8 << 20;
    let (cache, now) = (small(capacity), Instant::now());
    let body = vec![b'x'; 100 << 10];
    let mut most = 0;
    for n in 0..2_000 {
        store(&cache, key(n), &body, now).await;
        most = most.max(cache.counts().bytes);
    }
    let counts = cache.counts();
    assert!(most <= capacity, "{most}");
    assert!(most >= capacity / 2, "room is used: {most}");
    assert_eq!(counts.evicted + counts.answers, 2_000);
    assert_eq!(counts.gathering, 0);
    let weight = counts.answers * (100 << 10);
    assert!(counts.bytes > weight && counts.bytes < weight * 101 / 100);

    // A quarter of it may be gathered beside that, by two who said the length and more who did not.
    let quarter = capacity / 4;
    let mut fills = Vec::new();
    for n in 10_000..10_002 {
        let permit = lead(&cache, key(n), now).await;
        let length = Some(quarter / 2);
        fills.push(permit.begin(StatusCode::OK, &json(), length).unwrap());
    }
    assert_eq!(cache.counts().gathering, quarter);
    let permit = lead(&cache, key(10_002), now).await;
    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
    assert_eq!(fill.push(b"x"), Err(NotStored::NoRoom));
    let permit = lead(&cache, key(10_003), now).await;
    let none = permit.begin(StatusCode::OK, &json(), Some(1));
    assert_eq!(none.unwrap_err(), NotStored::NoRoom);
    drop((fills, fill));
    assert_eq!(cache.counts().gathering, 0);
    store(&cache, key(10_002), &body, now).await;
}

/// What this process holds, in bytes, by Linux's table.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() << 10
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_c_10_a_million_answers_take_no_more_than_there_is() {
    const MANY: u64 = 1_000_000;
    let capacity = 256 << 20;
    let (cache, now) = (small(capacity), Instant::now());
    let body = vec![b'x'; 100 << 10];
    let before = resident();
    let (mut most, mut most_resident) = (0, 0);
    for n in 0..MANY {
        store(&cache, key(n), &body, now).await;
        most = most.max(cache.counts().bytes);
        if n % 1_000 == 0 {
            most_resident = most_resident.max(resident());
        }
    }
    let counts = cache.counts();
    let grown = most_resident.saturating_sub(before);
    println!("{most} B of {capacity} B; the process grew by {grown} B");
    assert!(most <= capacity && most >= capacity / 2, "{most}");
    assert_eq!(counts.evicted + counts.answers, MANY);
    assert!(grown <= capacity * 115 / 100, "{grown}");
}

#[tokio::test]
async fn a_body_in_many_pieces_is_gathered_without_holding_twice_of_it() {
    let (cache, now) = (CacheStore::new(CacheConfig::default()), Instant::now());
    let permit = lead(&cache, key(1), now).await;
    let mut fill = permit.begin(StatusCode::OK, &json(), None).unwrap();
    for piece in 0..10_000_u32 {
        fill.push(&piece.to_be_bytes()).unwrap();
        let held = cache.counts().gathering;
        assert!(held <= 2 * 4 * (u64::from(piece) + 1), "{held}");
    }
    let answer = fill.finish(MINUTE, now);
    let expected: Vec<u8> = (0..10_000_u32).flat_map(u32::to_be_bytes).collect();
    assert_eq!(answer.body(), &expected);
    assert_eq!(cache.counts().gathering, 0);
}
