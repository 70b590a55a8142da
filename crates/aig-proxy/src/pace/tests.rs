//! Callers of every speed, on a clock that the test moves.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(30);

/// Sends `bytes` every `every`, at most `times`; says after how long it is cut.
fn cut_after(bytes: usize, every: Duration, times: u32) -> Option<Duration> {
    let begun = Instant::now();
    let mut now = begun;
    let mut pace = Pace::new(PAUSE);
    for _ in 0..times {
        let most = pace.waits(now).expect("the pause is new");
        assert_eq!(pace.waits(now), None, "and is not asked for twice");
        if most < every {
            return Some(now + most - begun);
        }
        now += every;
        pace.came(bytes, now);
    }
    None
}

#[test]
fn p_02_a_pause_has_an_end() {
    assert_eq!(cut_after(1 << 20, 31 * SECOND, 1), Some(PAUSE));
    assert_eq!(cut_after(1 << 20, 30 * SECOND, 1000), None);
}

#[test]
fn p_02_a_byte_every_ten_seconds_is_cut() {
    let cut = cut_after(1, 10 * SECOND, 1000).expect("it goes on for ever");
    assert!((PAUSE..PAUSE + SECOND).contains(&cut), "{cut:?}");
}

#[test]
fn p_02_what_is_fast_enough_is_not_cut() {
    // An hour at the least rate, and bursts with long pauses between them.
    assert_eq!(cut_after(500, SECOND, 3600), None);
    assert_eq!(cut_after(14_500, 29 * SECOND, 200), None);
}

#[test]
fn p_02_time_in_which_nobody_asks_does_not_count() {
    let mut now = Instant::now();
    let mut pace = Pace::new(PAUSE);
    for _ in 0..100 {
        pace.came(1, now);
        now += 20 * SECOND;
    }
    let earned = Duration::from_millis(200);
    assert_eq!(pace.waits(now), Some(PAUSE));
    pace.came(0, now + PAUSE);
    assert_eq!(pace.waits(now + PAUSE), Some(earned));
}
