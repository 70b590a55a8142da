//! When a wait is too long, by a clock that the test holds.

use std::future::poll_fn;

use super::*;

const LIMIT: Duration = Duration::from_secs(60);

async fn elapsed(lull: &mut Lull) -> Duration {
    let begun = Instant::now();
    poll_fn(|cx| lull.poll_too_long(cx)).await;
    begun.elapsed()
}

/// Waits for as long as is said, which is not too long.
async fn waits(lull: &mut Lull, time: Duration) {
    let late = tokio::time::timeout(time, poll_fn(|cx| lull.poll_too_long(cx))).await;
    assert!(late.is_err(), "too long before {time:?}");
}

#[tokio::test(start_paused = true)]
async fn u_08_a_wait_ends_at_the_limit() {
    let waited = elapsed(&mut Lull::new(Some(LIMIT))).await;
    assert!(waited >= LIMIT && waited < LIMIT * 11 / 10, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn u_08_every_wait_has_the_whole_limit() {
    let mut lull = Lull::new(Some(LIMIT));
    for _ in 0..5 {
        waits(&mut lull, LIMIT * 9 / 10).await;
        lull.over();
    }
    let waited = elapsed(&mut lull).await;
    assert!(waited >= LIMIT && waited < LIMIT * 11 / 10, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn u_08_time_in_which_nobody_waits_does_not_count() {
    let mut lull = Lull::new(Some(LIMIT));
    waits(&mut lull, LIMIT / 2).await;
    lull.over();
    tokio::time::advance(LIMIT * 3).await;
    let waited = elapsed(&mut lull).await;
    assert!(waited >= LIMIT && waited < LIMIT * 11 / 10, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_is_too_long() {
    waits(&mut Lull::new(None), Duration::from_secs(1 << 20)).await;
}
