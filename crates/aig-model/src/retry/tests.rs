//! What can be held, what an update leaves, and who wins.

use super::Change::{Clear, Keep, Set};
use super::*;

fn said() -> RetrySetting {
    RetrySetting::exact(Some(3), Some(250), Some(Backoff::Linear)).unwrap()
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn who_says_nothing_gets_one_try() {
    let silent = RetrySetting::default();
    assert_eq!(silent.parts(), (None, None, None));
    assert_eq!((silent.max_attempts(), silent.delay_ms()), (1, None));
    assert_eq!(silent.delay(), RetrySetting::DEFAULT_DELAY);
    assert_eq!(silent.backoff(), Backoff::Constant);
}

#[test]
fn numbers_said_in_passing_are_clamped() {
    for (said, attempts, delay) in [
        (0, 1, 0),
        (1, 1, 1),
        (5, 5, 5),
        (6, 5, 6),
        (255, 5, 255),
        (256, 5, 256),
        (60_000, 5, 60_000),
        (60_001, 5, 60_000),
        (u64::MAX, 5, 60_000),
    ] {
        let setting = RetrySetting::new(Some(said), Some(said), None);
        assert_eq!(
            setting.parts(),
            (Some(attempts), Some(ms(delay)), None),
            "{said}"
        );
        assert_eq!(setting.delay_ms(), Some(delay), "{said}");
    }
}

#[test]
fn numbers_set_to_stay_are_held_as_they_are_or_refused_by_name() {
    for (attempts, delay) in [(1, 0), (5, 60_000)] {
        let setting = RetrySetting::exact(Some(attempts), Some(delay), None).unwrap();
        assert_eq!(u64::from(setting.max_attempts()), attempts);
        assert_eq!(setting.delay(), ms(delay));
    }
    for attempts in [0, 6, 256, 257, u64::MAX] {
        let refused = RetrySetting::exact(Some(attempts), Some(1), None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "retry_max_attempts must be from 1 to 5",
            "{attempts}"
        );
    }
    for delay in [60_001, u64::MAX] {
        let refused = RetrySetting::exact(None, Some(delay), None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "retry_delay must be from 0 to 60000 milliseconds",
            "{delay}"
        );
    }
}

#[test]
fn an_update_keeps_what_it_does_not_name_and_null_takes_back() {
    assert_eq!(said().changed(Keep, Keep, Keep), Ok(said()));
    let more = said().changed(Set(5), Keep, Clear).unwrap();
    assert_eq!(more.parts(), (Some(5), Some(ms(250)), None));
    let silent = said().changed(Clear, Clear, Clear).unwrap();
    assert_eq!(silent, RetrySetting::default());
    // Zero is a delay that was said, not a word for none.
    let at_once = silent.changed(Keep, Set(0), Keep).unwrap();
    assert_eq!(at_once.parts(), (None, Some(ms(0)), None));
    let refused = said().changed(Set(0), Keep, Keep).unwrap_err();
    assert_eq!(refused.field, "retry_max_attempts");
    let refused = said().changed(Keep, Set(60_001), Keep).unwrap_err();
    assert_eq!(refused.field, "retry_delay");
}

#[test]
fn each_part_comes_from_the_upper_place_that_says_it() {
    let upper = RetrySetting::new(Some(5), None, None);
    assert_eq!(
        upper.over(said()).parts(),
        (Some(5), Some(ms(250)), Some(Backoff::Linear))
    );
    assert_eq!(said().over(upper), said());
    assert_eq!(RetrySetting::default().over(said()), said());
}

#[test]
fn a_word_of_growth_is_read_back_in_any_case() {
    for backoff in Backoff::ALL {
        assert_eq!(Backoff::from_word(backoff.as_str()), Some(backoff));
        let loud = format!(" {} ", backoff.as_str().to_uppercase());
        assert_eq!(Backoff::from_word(&loud), Some(backoff));
    }
    assert_eq!(Backoff::from_word("exponentially"), None);
}
