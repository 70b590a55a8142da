//! Limits under threads, at boundaries, against a slow reference, and when they change.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
/// 2026-11-22 21:00:30 UTC: half a minute into a minute.
const WALL: Timestamp = Timestamp::from_millis(1_795_381_230_000);

fn limit(technique: Technique, requests: u32, interval: u32) -> Limit {
    Limit {
        requests: NonZeroU32::new(requests).unwrap(),
        interval: NonZeroU32::new(interval).unwrap(),
        technique,
    }
}

fn fixed(requests: u32, interval: u32) -> Limit {
    limit(Technique::Fixed, requests, interval)
}

fn sliding(requests: u32, interval: u32) -> Limit {
    limit(Technique::Sliding, requests, interval)
}

fn account(n: u8) -> AccountId {
    AccountId::from_bytes([n; 16])
}

fn gateway(name: &str) -> GatewayId {
    name.parse().unwrap()
}

/// One limiter, one gateway, and a clock that is set by hand.
struct Fixture {
    limiter: RateLimiter,
    gateway: GatewayId,
    start: Instant,
}

impl Fixture {
    fn new() -> Self {
        // An hour in, so that there are moments before the start.
        let start = Instant::now() + Duration::from_secs(3600);
        Self {
            limiter: RateLimiter::new(start, WALL),
            gateway: gateway("g"),
            start,
        }
    }

    fn admit(&self, limit: Limit, at: Duration) -> Result<(), Denied> {
        let now = self.start + at;
        self.limiter.admit(account(1), &self.gateway, limit, now)
    }

    /// How many of so many requests at one moment pass.
    fn burst(&self, limit: Limit, at: Duration, requests: usize) -> usize {
        (0..requests)
            .filter(|_| self.admit(limit, at).is_ok())
            .count()
    }
}

/// A small generator of numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn g_01_fixed_windows_are_exact_under_threads() {
    let fixture = Fixture::new();
    let limit = fixed(100, 60);
    let passed = AtomicUsize::new(0);
    for window in 0..3_u32 {
        let barrier = Barrier::new(64);
        std::thread::scope(|scope| {
            for thread in 0..64_u32 {
                let (fixture, passed, barrier) = (&fixture, &passed, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for n in 0..10_000 / 64 + 1 {
                        // Anywhere in the minute that begins 30 s after the start.
                        let within = Duration::from_millis(u64::from((thread * 911 + n) % 60_000));
                        let at = 30 * SECOND + 60 * SECOND * window + within;
                        if fixture.admit(limit, at).is_ok() {
                            passed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(passed.swap(0, Ordering::Relaxed), 100, "window {window}");
    }
}

#[test]
fn g_01_sliding_windows_are_exact_under_threads() {
    let fixture = Fixture::new();
    let passed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let count = fixture.burst(sliding(100, 60), SECOND, 600);
                passed.fetch_add(count, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(passed.into_inner(), 100);
}

#[test]
fn fixed_windows_are_aligned_to_the_clock_and_sliding_ones_are_not() {
    // The start is at 21:00:30, so the ten minutes end 9:30 later. Cloudflare's example: ten
    // requests shortly before a boundary and ten shortly behind it.
    let before = Duration::from_secs(9 * 60 + 20);
    let behind = Duration::from_secs(9 * 60 + 31);
    let fixture = Fixture::new();
    assert_eq!(fixture.burst(fixed(10, 600), before, 11), 10);
    let denied = fixture.admit(fixed(10, 600), before).unwrap_err();
    assert_eq!(denied.retry_after, 10 * SECOND);
    assert_eq!(fixture.burst(fixed(10, 600), behind, 11), 10);

    let fixture = Fixture::new();
    assert_eq!(fixture.burst(sliding(10, 600), before, 11), 10);
    assert_eq!(fixture.burst(sliding(10, 600), behind, 11), 0);
    let denied = fixture.admit(sliding(10, 600), behind).unwrap_err();
    assert_eq!(denied.retry_after, 600 * SECOND - (behind - before));
    assert_eq!(
        fixture.burst(sliding(10, 600), before + 600 * SECOND, 11),
        10
    );
}

#[test]
fn g_02_sliding_windows_agree_with_a_slow_reference() {
    for seed in 1..=60_u64 {
        let mut dice = Dice::new(seed);
        let most = 1 + u32::try_from(dice.roll(20)).unwrap();
        let interval = 1 + u32::try_from(dice.roll(5)).unwrap();
        let limit = sliding(most, interval);
        let fixture = Fixture::new();
        let mut admitted: Vec<Duration> = Vec::new();
        let mut at = Duration::ZERO;
        for _ in 0..500 {
            // Bursts, gaps, and now and then just one interval.
            at += match dice.roll(4) {
                0 => Duration::ZERO,
                1 => Duration::from_nanos(dice.roll(1_000_000)),
                2 => Duration::from_millis(dice.roll(1_500)),
                _ => Duration::from_secs(interval.into()) - Duration::from_nanos(dice.roll(3)),
            };
            let length = Duration::from_secs(interval.into());
            let counted = admitted.iter().filter(|then| **then + length > at).count();
            match fixture.admit(limit, at) {
                Ok(()) => {
                    assert!(counted < most as usize, "seed {seed}: passed at {at:?}");
                    admitted.push(at);
                }
                Err(denied) => {
                    assert!(counted >= most as usize, "seed {seed}: refused at {at:?}");
                    let oldest = admitted[admitted.len() - most as usize];
                    assert_eq!(at + denied.retry_after, oldest + length, "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn g_02_great_sliding_limits_never_let_pass_too_much() {
    let most = RateLimiter::EXACT + 4_464;
    let interval = Duration::from_secs(10);
    let limit = sliding(most, 10);
    let part = interval.div_f64(RateLimiter::BUCKETS.into()) + Duration::from_nanos(1);
    for seed in 1..=2_u64 {
        let mut dice = Dice::new(seed);
        let fixture = Fixture::new();
        let mut bursts: Vec<(Duration, usize)> = Vec::new();
        let mut at = Duration::ZERO;
        for _ in 0..40 {
            at += Duration::from_nanos(dice.roll(1_500_000_000));
            let asked = usize::try_from(dice.roll(20_000)).unwrap();
            let passed = fixture.burst(limit, at, asked);
            bursts.push((at, passed));
            let within = |length: Duration| -> usize {
                let counts = bursts.iter().filter(|(then, _)| *then + length > at);
                counts.map(|(_, count)| count).sum()
            };
            assert!(within(interval) <= most as usize, "seed {seed} at {at:?}");
            // Refused only what an interval longer by one part would refuse.
            if passed < asked {
                assert!(
                    within(interval + part) >= most as usize,
                    "seed {seed} at {at:?}"
                );
                let denied = fixture.admit(limit, at).unwrap_err();
                at += denied.retry_after;
                assert_eq!(fixture.admit(limit, at), Ok(()), "seed {seed}");
                bursts.push((at, 1));
            }
        }
    }
}

#[test]
fn g_02_a_part_of_a_great_window_counts_until_its_last_moment_has_left() {
    let most = RateLimiter::EXACT + 1;
    let limit = sliding(most, 10);
    let width = Duration::from_secs(10) / RateLimiter::BUCKETS;
    let into_part = u64::try_from(WALL.as_millis()).unwrap() * 1_000_000
        % u64::try_from(width.as_nanos()).unwrap();
    let nano = Duration::from_nanos(1);
    let last_of_part = width - Duration::from_nanos(into_part) - nano;
    let fixture = Fixture::new();
    assert_eq!(
        fixture.burst(limit, last_of_part, most as usize),
        most as usize
    );
    let leaves = last_of_part + Duration::from_secs(10);
    assert_eq!(fixture.burst(limit, leaves - nano, 1), 0);
    let denied = fixture.admit(limit, leaves).unwrap_err();
    assert_eq!(denied.retry_after, nano);
    assert_eq!(fixture.burst(limit, leaves + nano, 1), 1);
}

#[test]
fn g_05_a_clock_that_jumps_or_stands_still_opens_nothing_and_locks_nobody_out() {
    for technique in [Technique::Fixed, Technique::Sliding] {
        let limit = limit(technique, 5, 60);
        let fixture = Fixture::new();
        assert_eq!(fixture.burst(limit, 100 * SECOND, 9), 5);
        // Threads whose `now` was taken earlier, even before the start.
        assert_eq!(fixture.burst(limit, 20 * SECOND, 9), 0);
        let now = fixture.start - 30 * SECOND;
        let early = fixture.limiter.admit(account(1), &gateway("g"), limit, now);
        assert!(early.is_err());
        let at = 100 * SECOND;
        let denied = fixture.admit(limit, at).unwrap_err();
        assert!(denied.retry_after <= 60 * SECOND);
        assert_eq!(fixture.burst(limit, at + denied.retry_after, 9), 5);
        // A pause of half a minute, and one of years.
        assert_eq!(fixture.burst(limit, at + 95 * SECOND, 9), 0);
        assert_eq!(fixture.burst(limit, at + 100_000_000 * SECOND, 9), 5);
    }
    // A house whose wall clock is wrong by all of history counts all the same.
    let now = Instant::now();
    let limiter = RateLimiter::new(now, Timestamp::from_millis(-5));
    let limit = fixed(1, 60);
    assert_eq!(limiter.admit(account(1), &gateway("g"), limit, now), Ok(()));
    assert!(
        limiter
            .admit(account(1), &gateway("g"), limit, now)
            .is_err()
    );
}

#[test]
fn g_06_state_is_bounded_by_the_gateways_that_are_active() {
    let fixture = Fixture::new();
    let busy = gateway("busy");
    let limit = sliding(2, 60);
    let admit = |gateway: &GatewayId, at: Duration| {
        let now = fixture.start + at;
        fixture.limiter.admit(account(2), gateway, limit, now)
    };
    let mut most = 0;
    for n in 0..100_000_u64 {
        let at = Duration::from_millis(n * 10);
        // A hundred a second, of which six thousand are within their intervals.
        admit(&gateway(&format!("g-{n}")), at).unwrap();
        if n % 3_000 == 0 {
            assert_eq!(admit(&busy, at), Ok(()), "two a minute are its own");
        } else if n % 3_000 == 2_999 && n / 3_000 % 2 == 1 {
            assert!(admit(&busy, at).is_err(), "and are not forgotten: {n}");
        }
        most = most.max(fixture.limiter.len());
    }
    assert!(most < 15_000, "{most}");

    // One gateway's own state, whatever its limit: a million requests are some buckets.
    let window = &mut Window::new(sliding(u32::MAX, 1), 0);
    for n in 0..1_000_000_u64 {
        window.admit(sliding(u32::MAX, 1), n * 10_000).unwrap();
    }
    assert!(window.room() <= 2_048, "{}", window.room());
    let _ = window.admit(sliding(100, 1), 10_000_000_000 - 1);
    assert!(window.room() <= 512, "{}", window.room());
    let window = &mut Window::new(sliding(RateLimiter::EXACT, 1), 0);
    for n in 0..200_000_u64 {
        let _ = window.admit(sliding(RateLimiter::EXACT, 1), n);
    }
    assert_eq!(window.room(), RateLimiter::EXACT as usize);
    window
        .admit(sliding(RateLimiter::EXACT, 1), 3_000_000_000)
        .unwrap();
    assert!(window.room() <= 64, "room is given back: {}", window.room());
}

/// Gateways within one interval are all remembered, at a small cost each; when their
/// interval is over, or they were deleted, nothing of them stays.
fn many_gateways_take_little_and_give_it_back(many: usize) {
    // What the table holds for each, beside the id that the gateway's settings share.
    let each = size_of::<((AccountId, GatewayId), Arc<Mutex<Window>>)>();
    let behind = size_of::<Mutex<Window>>() + 2 * size_of::<usize>();
    assert!(each + behind <= 192, "{each} B and {behind} B");

    let fixture = Fixture::new();
    let room = |limiter: &RateLimiter| limiter.gateways.read().unwrap().windows.capacity();
    let fill = |names: &str, at: Duration| {
        for n in 0..many {
            let now = fixture.start + at;
            let gateway = gateway(&format!("{names}-{n}"));
            let admitted = (fixture.limiter).admit(account(1), &gateway, fixed(1, 30), now);
            admitted.unwrap();
        }
    };
    fill("a", Duration::ZERO);
    assert_eq!(fixture.limiter.len(), many);
    // As many others when the first are over: those make room.
    fill("b", 60 * SECOND);
    let len = fixture.limiter.len();
    assert!(len < many * 3 / 2, "{len}");
    let last = gateway(&format!("b-{}", many - 1));
    fixture.limiter.retain(|_, gateway| *gateway == last);
    assert_eq!(fixture.limiter.len(), 1);
    assert!(room(&fixture.limiter) < 8_192, "room is given back");
    let now = fixture.start + 60 * SECOND;
    let again = (fixture.limiter).admit(account(1), &last, fixed(1, 30), now);
    assert!(again.is_err(), "what is there is not forgotten");
}

#[test]
fn g_06_many_gateways_take_little_and_give_it_back() {
    many_gateways_take_little_and_give_it_back(50_000);
}

#[test]
#[ignore = "two million gateways take a while where nothing is optimised"]
fn soak_g_06_a_million_gateways_take_little_and_give_it_back() {
    many_gateways_take_little_and_give_it_back(1_000_000);
}

#[test]
fn deleted_gateways_are_forgotten_and_others_are_not() {
    let fixture = Fixture::new();
    let admit = |n, name| {
        let now = fixture.start;
        let limit = fixed(1, 3600);
        fixture
            .limiter
            .admit(account(n), &gateway(name), limit, now)
    };
    for (n, name) in [(1, "a"), (1, "b"), (2, "a")] {
        admit(n, name).unwrap();
        assert!(admit(n, name).is_err(), "accounts and gateways are apart");
    }
    let (one, a) = (account(1), gateway("a"));
    fixture
        .limiter
        .retain(|account, gateway| (account, gateway) != (one, &a));
    assert_eq!(fixture.limiter.len(), 2);
    assert_eq!(admit(1, "a"), Ok(()), "made anew, it starts anew");
    assert!(admit(1, "b").is_err());
    assert!(admit(2, "a").is_err());
}

#[test]
fn another_limit_holds_at_once_and_keeps_what_was_counted() {
    let at = 31 * SECOND;
    for technique in [Technique::Fixed, Technique::Sliding] {
        let fixture = Fixture::new();
        let with = |requests| limit(technique, requests, 60);
        assert_eq!(fixture.burst(with(10), at, 20), 10);
        assert_eq!(fixture.burst(with(15), at, 20), 5, "raised");
        assert_eq!(fixture.burst(with(5), at, 20), 0, "lowered");
        assert_eq!(fixture.burst(with(16), at, 20), 1, "raised again");
        // Across the mark at which sliding windows change how they are kept, and back.
        let great = RateLimiter::EXACT + 10;
        assert_eq!(
            fixture.burst(with(great), at, great as usize),
            great as usize - 16
        );
        assert_eq!(fixture.burst(with(20), at, 20), 0);
        let denied = fixture.admit(with(20), at).unwrap_err();
        assert!(denied.retry_after <= 60 * SECOND);
        assert_eq!(fixture.burst(with(20), at + 61 * SECOND, 30), 20);
    }
}

#[test]
fn a_lowered_sliding_limit_says_when_enough_have_left() {
    let fixture = Fixture::new();
    for n in 0..10 {
        fixture.admit(sliding(10, 60), n * SECOND).unwrap();
    }
    let denied = fixture.admit(sliding(3, 60), 10 * SECOND).unwrap_err();
    assert_eq!(denied.retry_after, 57 * SECOND, "the eighth leaves at 67 s");
    assert_eq!(fixture.burst(sliding(3, 60), 67 * SECOND, 9), 1);
}

#[test]
fn a_thread_that_comes_late_counts_from_when_it_came() {
    let fixture = Fixture::new();
    for at in [10, 5, 12] {
        fixture.admit(sliding(3, 60), at * SECOND).unwrap();
    }
    // Of the three, two must leave: those of 10 s, the one that was late among them.
    let denied = fixture.admit(sliding(2, 60), 13 * SECOND).unwrap_err();
    assert_eq!(denied.retry_after, 57 * SECOND);
}

#[test]
fn another_technique_or_interval_forgets_nothing_that_may_count() {
    let at = 31 * SECOND;
    let changes = [
        (fixed(10, 60), sliding(10, 60)),
        (sliding(10, 60), fixed(10, 60)),
        (fixed(10, 60), fixed(10, 3600)),
        (fixed(10, 3600), fixed(10, 60)),
        (sliding(10, 60), sliding(10, 3600)),
        (sliding(10, 3600), sliding(10, 60)),
        (sliding(70_000, 60), sliding(10, 120)),
        (sliding(10, 60), sliding(70_000, 120)),
        (fixed(70_000, 60), sliding(70_000, 60)),
    ];
    for (from, to) in changes {
        let fixture = Fixture::new();
        let before = from.requests.get() as usize;
        assert_eq!(fixture.burst(from, at, before + 1), before);
        let most = to.requests.get() as usize;
        let left = most.saturating_sub(before);
        assert_eq!(fixture.burst(to, at, most), left, "{from:?} {to:?}");
        // A part of a great interval counts until its end.
        let over = Duration::from_secs(to.interval.get().into()).mul_f64(1.001);
        assert_eq!(
            fixture.burst(to, at + over, most + 1),
            most,
            "{from:?} {to:?}"
        );
    }
}

#[test]
fn retry_after_is_rounded_up_to_seconds() {
    for (nanos, secs) in [(1, 1), (1_000_000_000, 1), (1_000_000_001, 2)] {
        let retry_after = Duration::from_nanos(nanos);
        assert_eq!(Denied { retry_after }.retry_after_secs(), secs);
    }
    for technique in [Technique::Fixed, Technique::Sliding] {
        assert_eq!(Technique::from_word(technique.as_str()), Some(technique));
    }
    assert_eq!(Technique::from_word("Fixed"), None);
}
