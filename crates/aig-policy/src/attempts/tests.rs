//! Failures in, steps out: stories first, then every course that small plans can take.

use super::*;
use crate::RetrySetting;

mod courses;

const TIMEOUT: Duration = Duration::from_millis(900);

/// A step with that many attempts, a delay of 100 ms and a timeout.
fn step(max_attempts: u64) -> Options {
    Options::of_config(&serde_json::json!({
        "requestTimeout": TIMEOUT.as_millis() as u64,
        "maxAttempts": max_attempts,
        "retryDelay": 100,
        "backoff": "linear",
    }))
}

fn plan(attempts: &[u64]) -> Attempts {
    Attempts::new(attempts.iter().map(|n| step(*n)))
}

fn status(status: u16) -> Failure {
    Failure::of_answer(status, None).expect("the tests name errors")
}

fn first_try(step: usize) -> Next {
    again(step, 1)
}

fn again(step: usize, attempt: u8) -> Next {
    Next::Try {
        step,
        attempt,
        timeout: Some(TIMEOUT),
    }
}

fn without_limit(step: usize, attempt: u8) -> Next {
    Next::Try {
        step,
        attempt,
        timeout: None,
    }
}

const fn wait(millis: u64) -> Next {
    Next::Wait(Duration::from_millis(millis))
}

/// What is done when one failure after the other is met, with a budget that never ends.
fn story(attempts: &mut Attempts, failures: &[Failure]) -> Vec<Next> {
    let mut failures = failures.iter();
    let mut told = vec![attempts.next(None, || panic!("a first try costs no budget"))];
    loop {
        let next = match told.last() {
            Some(Next::Try { .. }) => match failures.next() {
                Some(failure) => attempts.next(Some(failure), || true),
                None => return told,
            },
            Some(Next::Wait(_)) => attempts.next(None, || panic!("a retry is paid for once")),
            _ => {
                assert_eq!(failures.next(), None, "failures are left: {told:?}");
                return told;
            }
        };
        told.push(next);
    }
}

#[test]
fn who_asked_for_one_attempt_gets_one_within_its_timeout() {
    let told = story(&mut plan(&[1]), &[status(503)]);
    assert_eq!(told, [first_try(0), Next::GiveUp(GaveUp::Exhausted)]);
}

#[test]
fn the_last_of_several_tries_waits_as_long_as_it_takes() {
    let told = story(
        &mut plan(&[3]),
        &[status(503), Failure::TimedOut, status(500)],
    );
    let expected = [
        first_try(0),
        wait(100),
        again(0, 2),
        wait(200),
        without_limit(0, 3),
        Next::GiveUp(GaveUp::Exhausted),
    ];
    assert_eq!(told, expected);
}

#[test]
fn retries_of_a_step_come_before_the_next_step_and_keep_its_timeout() {
    let failures = [
        Failure::Unreachable,
        Failure::BrokeOff,
        Failure::TimedOut,
        status(429),
    ];
    let told = story(&mut plan(&[2, 2]), &failures);
    let expected = [
        first_try(0),
        wait(100),
        again(0, 2),
        first_try(1),
        wait(100),
        without_limit(1, 2),
        Next::GiveUp(GaveUp::Exhausted),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_last_step_with_one_try_keeps_its_timeout() {
    let told = story(
        &mut plan(&[2, 1]),
        &[status(500), status(500), Failure::TimedOut],
    );
    let expected = [
        first_try(0),
        wait(100),
        again(0, 2),
        first_try(1),
        Next::GiveUp(GaveUp::Exhausted),
    ];
    assert_eq!(told, expected);
}

#[test]
fn each_step_has_options_of_its_own() {
    let patient = Options::of_gateway(RetrySetting::new(Some(2), Some(0), None));
    let mut attempts = Attempts::new([patient, step(2)]);
    let told = story(&mut attempts, &[status(500), status(500), status(500)]);
    let expected = [
        without_limit(0, 1),
        // No delay, no wait.
        without_limit(0, 2),
        first_try(1),
        wait(100),
        without_limit(1, 2),
    ];
    assert_eq!(told, expected);
}

#[test]
fn u_01_attempts_per_class_equal_the_table() {
    let repeated = [408, 409, 425, 429, 500, 502, 503, 504, 529].map(status);
    let repeated =
        repeated
            .into_iter()
            .chain([Failure::Unreachable, Failure::BrokeOff, Failure::TimedOut]);
    let once = [400, 401, 402, 403, 404, 405, 410, 413, 422, 424, 451, 499].map(status);
    for (failure, expected) in repeated.map(|f| (f, 3)).chain(once.map(|f| (f, 1))) {
        for (allowed, expected) in [(3, expected), (1, 1)] {
            let mut attempts = plan(&[allowed]);
            let mut next = attempts.next(None, || true);
            let mut tries = 0;
            while !matches!(next, Next::GiveUp(_)) {
                tries += usize::from(matches!(next, Next::Try { .. }));
                next = attempts.next(Some(&failure), || true);
            }
            assert_eq!(tries, expected, "{failure:?}, {allowed} allowed");
        }
    }
}

#[test]
fn retry_after_makes_the_pause_longer_but_not_the_way_to_the_next_step() {
    let told_to_wait = |seconds| Failure::Status {
        status: 429,
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let told = story(
        &mut plan(&[2, 2]),
        &[1_000_000_000_000, 5, 0].map(told_to_wait),
    );
    let expected = [
        first_try(0),
        wait(60_000),
        again(0, 2),
        first_try(1),
        wait(100),
        without_limit(1, 2),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_4xx_is_not_repeated_but_leads_to_the_next_step() {
    let told = story(&mut plan(&[5, 5]), &[status(401), status(404)]);
    let end = Next::GiveUp(GaveUp::NotRepeatable);
    assert_eq!(told, [first_try(0), first_try(1), end]);
}

#[test]
fn g_15_what_the_gateway_refuses_is_neither_repeated_nor_got_around() {
    let told = story(&mut plan(&[5, 5]), &[Failure::Refused]);
    assert_eq!(told, [first_try(0), Next::GiveUp(GaveUp::Refused)]);
    let told = story(&mut plan(&[5, 5]), &[status(503), Failure::Refused]);
    assert_eq!(told.last(), Some(&Next::GiveUp(GaveUp::Refused)));
}

#[test]
fn u_02_nothing_is_tried_once_there_is_an_answer() {
    let mut attempts = plan(&[5, 5]);
    assert_eq!(attempts.next(None, || true), first_try(0));
    for late in [None, Some(&Failure::BrokeOff), None] {
        let next = attempts.next(late, || panic!("no retry is possible any more"));
        assert_eq!(next, Next::GiveUp(GaveUp::Answered));
    }
}

#[test]
fn u_03_a_request_has_eight_retries_and_every_step_its_first_try() {
    let mut attempts = plan(&[5, 5, 5, 5]);
    let told = story(&mut attempts, &[status(503); 12]);
    let tries: Vec<_> = told
        .iter()
        .filter_map(|next| match next {
            Next::Try { step, attempt, .. } => Some((*step, *attempt)),
            _ => None,
        })
        .collect();
    let of_step = |step| (1..=5).map(move |attempt| (step, attempt));
    let expected: Vec<_> = of_step(0)
        .chain(of_step(1))
        .chain([(2, 1), (3, 1)])
        .collect();
    assert_eq!(tries, expected);
    assert_eq!(told.last(), Some(&Next::GiveUp(GaveUp::TooManyRetries)));
}

#[test]
fn u_03_any_number_of_steps_gets_its_first_try() {
    let mut attempts = plan(&[1; 1000]);
    let told = story(&mut attempts, &[status(500); 1000]);
    let expected: Vec<_> = (0..1000)
        .map(first_try)
        .chain([Next::GiveUp(GaveUp::Exhausted)])
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn the_last_retry_that_a_request_may_have_is_a_last_try() {
    // Four and three retries are made before the last step; the eighth is its first and last.
    let mut attempts = plan(&[5, 4, 5]);
    let told = story(&mut attempts, &[status(503); 11]);
    let end = [
        first_try(2),
        wait(100),
        without_limit(2, 2),
        Next::GiveUp(GaveUp::TooManyRetries),
    ];
    assert_eq!(told[told.len() - 4..], end);
}

#[test]
fn u_04_a_body_that_is_not_held_is_sent_once() {
    for why in [BodyLost::TooLong, BodyLost::Streamed] {
        let lost = Next::GiveUp(GaveUp::BodyLost(why));
        // Known before it is sent, or found out while it is.
        for known_before in [true, false] {
            for (steps, failure) in [
                (&[5][..], status(503)),
                (&[5, 5], status(503)),
                (&[1, 1], status(503)),
                (&[5, 5], status(404)),
            ] {
                let mut attempts = plan(steps);
                if known_before {
                    attempts.lose_body(why);
                }
                assert_eq!(attempts.next(None, || true), first_try(0));
                attempts.lose_body(why);
                let next = attempts.next(Some(&failure), || panic!("no budget for what cannot be"));
                assert_eq!(next, lost, "{steps:?} {failure:?}");
            }
        }
    }
}

#[test]
fn u_04_the_body_is_no_reason_where_nothing_would_have_followed() {
    for (steps, failure, why) in [
        (&[1], status(503), GaveUp::Exhausted),
        (&[5], status(404), GaveUp::NotRepeatable),
        (&[5], Failure::Refused, GaveUp::Refused),
    ] {
        let mut attempts = plan(steps);
        attempts.lose_body(BodyLost::Streamed);
        let told = story(&mut attempts, &[failure]);
        assert_eq!(told, [first_try(0), Next::GiveUp(why)]);
    }
}

#[test]
fn u_04_a_body_lost_while_waiting_is_not_sent_again_and_the_first_reason_stays() {
    let mut attempts = plan(&[2]);
    assert_eq!(story(&mut attempts, &[]), [first_try(0)]);
    assert_eq!(attempts.next(Some(&status(503)), || true), wait(100));
    attempts.lose_body(BodyLost::TooLong);
    attempts.lose_body(BodyLost::Streamed);
    let lost = Next::GiveUp(GaveUp::BodyLost(BodyLost::TooLong));
    assert_eq!(attempts.next(None, || true), lost);
}

#[test]
fn u_09_without_budget_there_is_no_retry_but_a_next_step() {
    let mut attempts = plan(&[3, 3]);
    assert_eq!(attempts.next(None, || true), first_try(0));
    assert_eq!(attempts.next(Some(&status(503)), || false), first_try(1));
    let over = Next::GiveUp(GaveUp::OverBudget);
    assert_eq!(attempts.next(Some(&status(503)), || false), over);
    assert_eq!(attempts.next(Some(&status(503)), || true), over);
}

#[test]
fn a_plan_without_steps_is_over_at_once() {
    let told = story(&mut plan(&[]), &[]);
    assert_eq!(told, [Next::GiveUp(GaveUp::Exhausted)]);
}

#[test]
fn reasons_have_words_of_their_own() {
    let reasons = [
        GaveUp::Exhausted,
        GaveUp::NotRepeatable,
        GaveUp::TooManyRetries,
        GaveUp::OverBudget,
        GaveUp::BodyLost(BodyLost::TooLong),
        GaveUp::BodyLost(BodyLost::Streamed),
        GaveUp::Refused,
        GaveUp::Answered,
    ];
    let words: std::collections::HashSet<_> = reasons.iter().map(|r| r.as_str()).collect();
    assert_eq!(words.len(), reasons.len());
}
