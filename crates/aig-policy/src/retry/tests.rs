//! What may be repeated, how long the pauses are, and what a provider's word is worth.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

fn status(status: u16) -> Failure {
    Failure::of_answer(status, None).expect("the tests name errors")
}

#[test]
fn u_01_only_these_classes_are_repeated() {
    for failure in [Failure::Unreachable, Failure::BrokeOff, Failure::TimedOut] {
        assert!(failure.is_repeatable(), "{failure:?}");
    }
    assert!(!Failure::Refused.is_repeatable());
    let repeated: Vec<u16> = (400..1000).filter(|s| status(*s).is_repeatable()).collect();
    // 508 is a loop, and a loop of retries would be many.
    let servers = (500..600).filter(|status| *status != 508);
    let expected: Vec<u16> = [408, 409, 425, 429].into_iter().chain(servers).collect();
    assert_eq!(repeated, expected);
}

#[test]
fn an_answer_is_a_failure_from_400_on() {
    for good in [100, 200, 204, 206, 301, 304, 399] {
        assert_eq!(Failure::of_answer(good, Some(SECOND)), None, "{good}");
    }
    for bad in [400, 404, 429, 500, 599, 999] {
        let failure = Failure::of_answer(bad, Some(SECOND)).expect("is an error");
        assert_eq!(failure.retry_after(), Some(SECOND), "{bad}");
    }
    assert_eq!(Failure::TimedOut.retry_after(), None);
}

#[test]
fn pauses_grow_as_asked() {
    let pauses = |backoff| [1, 2, 3, 4].map(|n| delay(n, backoff, SECOND, None).as_secs());
    assert_eq!(pauses(Backoff::Constant), [1, 1, 1, 1]);
    assert_eq!(pauses(Backoff::Linear), [1, 2, 3, 4]);
    assert_eq!(pauses(Backoff::Exponential), [1, 2, 4, 8]);
}

#[test]
fn no_pause_overflows_or_is_longer_than_a_minute() {
    for backoff in Backoff::ALL {
        for attempt in 0..=u8::MAX {
            assert_eq!(
                delay(attempt, backoff, Duration::ZERO, None),
                Duration::ZERO
            );
            for base in [Duration::from_nanos(1), SECOND, MAX_PAUSE, Duration::MAX] {
                for after in [None, Some(SECOND), Some(Duration::MAX)] {
                    let pause = delay(attempt, backoff, base, after);
                    assert!(pause >= base.min(MAX_PAUSE) && pause <= MAX_PAUSE);
                }
            }
        }
    }
    assert_eq!(delay(3, Backoff::Exponential, 20 * SECOND, None), MAX_PAUSE);
}

#[test]
fn the_longer_of_both_wishes_counts() {
    for (after, pause) in [(0, 2), (1, 2), (2, 2), (7, 7), (60, 60), (61, 60)] {
        let after = Some(SECOND * after);
        let found = delay(2, Backoff::Linear, SECOND, after);
        assert_eq!(found, SECOND * pause, "{after:?}");
    }
}

#[test]
fn retry_after_is_seconds_or_one_of_three_forms_of_a_date() {
    for (text, seconds) in [
        ("0", 0),
        ("1", 1),
        (" 120 ", 120),
        ("007", 7),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:52 GMT", 15),
        ("Sunday, 06-Nov-94 08:49:52 GMT", 15),
        ("Sun Nov  6 08:49:52 1994", 15),
        ("Sun, 06 Nov 1994 09:49:37 GMT", 3600),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ] {
        let found = retry_after(text, NOW);
        assert_eq!(found, Some(Duration::from_secs(seconds)), "{text}");
    }
    let almost = Timestamp::from_millis(NOW.as_millis() - 1);
    let found = retry_after("Sun, 06 Nov 1994 08:49:37 GMT", almost);
    assert_eq!(found, Some(Duration::from_millis(1)));
}

#[test]
fn u_18_hostile_values_cost_a_minute_at_most_and_junk_nothing() {
    for hostile in [
        "61",
        "1000000000000",
        "18446744073709551615",
        "99999999999999999999999999999999",
        "Thu, 31 Dec 2099 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let said = retry_after(hostile, NOW);
        let pause = delay(1, Backoff::Constant, SECOND, said);
        assert_eq!(pause, MAX_PAUSE, "{hostile}");
    }
    for junk in [
        "",
        " ",
        "-1",
        "-1000000000000",
        "+5",
        "1.5",
        "1e9",
        "5 s",
        "5, 7",
        "٥",
        "soon",
        "\u{0}",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 10000 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
    ] {
        assert_eq!(retry_after(junk, NOW), None, "{junk:?}");
    }
    // A clock that is wrong by ages does not make a date overflow.
    for now in [i64::MIN, i64::MAX] {
        let now = Timestamp::from_millis(now);
        let said = retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now);
        assert!(delay(1, Backoff::Constant, SECOND, said) <= MAX_PAUSE);
    }
}

#[test]
fn u_09_who_was_sent_away_together_does_not_come_back_together() {
    let everybody = 10_000_u32;
    let mut tenths = [0_u32; 10];
    for n in 0..everybody {
        // Weyl's sequence: as even as good chance is, and the same each time.
        let late = spread(20 * SECOND, n.wrapping_mul(2_654_435_769)) - 20 * SECOND;
        assert!(late <= 5 * SECOND);
        tenths[(late.as_millis() / 500).min(9) as usize] += 1;
    }
    assert!(tenths.iter().all(|n| *n < 2 * everybody / 10), "{tenths:?}");
}

#[test]
fn spreading_only_adds_and_at_most_a_quarter() {
    for pause in [Duration::ZERO, Duration::from_nanos(3), SECOND, MAX_PAUSE] {
        assert_eq!(spread(pause, 0), pause);
        assert_eq!(spread(pause, u32::MAX), pause + pause / 4);
        assert!(spread(pause, 1 << 31) >= pause);
    }
}
