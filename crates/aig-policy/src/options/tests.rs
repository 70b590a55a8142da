//! What is read from where, and who wins.

use serde_json::json;

use super::*;

fn headers(pairs: &'static [(&'static str, &'static str)]) -> Options {
    Options::of_headers(|name| {
        let found = pairs.iter().find(|(key, _)| *key == name)?;
        Some(found.1)
    })
}

fn header(name: &'static str, value: &'static str) -> Options {
    Options::of_headers(|asked| (asked == name).then_some(value))
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn who_says_nothing_gets_one_try_without_a_timeout() {
    for silent in [
        Options::default(),
        headers(&[]),
        headers(&[("content-type", "application/json")]),
        Options::of_config(&json!({})),
        Options::of_gateway(RetrySetting::default()),
    ] {
        assert_eq!(silent, Options::default());
        assert_eq!(silent.timeout(), None);
        assert_eq!(silent.retry().max_attempts(), 1);
        assert_eq!(silent.retry().delay(), RetrySetting::DEFAULT_DELAY);
        assert_eq!(silent.retry().backoff(), Backoff::Constant);
        assert_eq!(silent.retry().parts(), (None, None, None));
    }
}

#[test]
fn headers_and_config_are_two_spellings_of_the_same() {
    let by_headers = headers(&[
        ("cf-aig-request-timeout", "1500"),
        ("cf-aig-max-attempts", "3"),
        ("cf-aig-retry-delay", "250"),
        ("cf-aig-backoff", "exponential"),
    ]);
    let by_config = Options::of_config(&json!({
        "requestTimeout": 1500, "maxAttempts": 3, "retryDelay": 250, "backoff": "exponential",
    }));
    assert_eq!(by_headers, by_config);
    assert_eq!(by_headers.timeout(), Some(ms(1500)));
    assert_eq!(
        by_headers.retry().parts(),
        (Some(3), Some(ms(250)), Some(Backoff::Exponential))
    );
}

#[test]
fn each_value_comes_from_the_strongest_place_that_says_it() {
    let gateway = RetrySetting::new(Some(2), Some(200), Some(Backoff::Linear));
    let request = headers(&[("cf-aig-max-attempts", "3"), ("cf-aig-retry-delay", "300")]);
    let step = headers(&[
        ("cf-aig-max-attempts", "4"),
        ("cf-aig-request-timeout", "400"),
    ]);
    let config = Options::of_config(&json!({"maxAttempts": 5}));

    let request = request.over(Options::of_gateway(gateway));
    assert_eq!(request.timeout(), None);
    assert_eq!(
        request.retry().parts(),
        (Some(3), Some(ms(300)), Some(Backoff::Linear))
    );
    let step = config.over(step).over(request);
    assert_eq!(step.timeout(), Some(ms(400)));
    assert_eq!(
        step.retry().parts(),
        (Some(5), Some(ms(300)), Some(Backoff::Linear))
    );
}

/// All 16 ways in which four places can speak or be silent.
#[test]
fn precedence_holds_for_every_combination_of_places() {
    let said = |place: u64| {
        let number = 2 + place;
        Options {
            timeout: Some(ms(number)),
            retry: RetrySetting::new(Some(number), Some(number), Some(Backoff::Linear)),
        }
    };
    for mask in 0..16_u64 {
        let place = |n: u64| match mask & (1 << n) {
            0 => Options::default(),
            _ => said(n),
        };
        let all = place(0).over(place(1)).over(place(2)).over(place(3));
        let strongest = (0..4).find(|n| mask & (1 << n) != 0);
        assert_eq!(all, strongest.map(said).unwrap_or_default(), "{mask:04b}");
        // How they are put together makes no difference.
        let other = place(0).over(place(1).over(place(2).over(place(3))));
        assert_eq!(all, other, "{mask:04b}");
    }
}

#[test]
fn a_step_takes_back_a_timeout_with_zero() {
    let request = header("cf-aig-request-timeout", "1000");
    for off in [
        header("cf-aig-request-timeout", "0"),
        Options::of_config(&json!({"requestTimeout": 0})),
    ] {
        assert_eq!(off.over(request).timeout(), None);
    }
}

#[test]
fn numbers_out_of_range_are_clamped() {
    for (text, attempts, delay) in [
        ("-3", 1, 0),
        ("0", 1, 0),
        ("1", 1, 1),
        (" 5 ", 5, 5),
        ("6", 5, 6),
        ("300", 5, 300),
        ("60000", 5, 60_000),
        ("60001", 5, 60_000),
        ("18446744073709551615", 5, 60_000),
        ("99999999999999999999999999", 5, 60_000),
        ("-99999999999999999999999999", 1, 0),
    ] {
        let options = header("cf-aig-max-attempts", text);
        assert_eq!(options.retry().parts().0, Some(attempts), "{text}");
        let options = header("cf-aig-retry-delay", text);
        assert_eq!(options.retry().parts().1, Some(ms(delay)), "{text}");
        let as_text = Options::of_config(&json!({"maxAttempts": text, "retryDelay": text}));
        assert_eq!(as_text.retry().max_attempts(), attempts, "{text}");
        assert_eq!(as_text.retry().delay(), ms(delay), "{text}");
    }
    let longest = header("cf-aig-request-timeout", "18446744073709551616");
    assert_eq!(longest.timeout(), Some(Options::MAX_TIMEOUT));
    for (value, attempts) in [
        (json!(-1), 1),
        (json!(-1.0), 1),
        (json!(3.0), 3),
        (json!(9), 5),
        (json!(1e300), 5),
        (json!(u64::MAX), 5),
        (json!(i64::MIN), 1),
    ] {
        let options = Options::of_config(&json!({"maxAttempts": value}));
        assert_eq!(options.retry().parts().0, Some(attempts), "{value}");
    }
}

#[test]
fn what_cannot_be_read_is_as_good_as_absent() {
    let below = headers(&[
        ("cf-aig-request-timeout", "1500"),
        ("cf-aig-max-attempts", "3"),
        ("cf-aig-retry-delay", "250"),
        ("cf-aig-backoff", "linear"),
    ]);
    for junk in [
        "", " ", "-", "--1", "+3", "3.5", "1e3", "0x10", "three", "3 4", "3,4", "NaN", "inf", "٣",
        "1_000", "null", "true",
    ] {
        for name in [
            "cf-aig-request-timeout",
            "cf-aig-max-attempts",
            "cf-aig-retry-delay",
            "cf-aig-backoff",
        ] {
            assert_eq!(header(name, junk), Options::default(), "{name}: {junk:?}");
            assert_eq!(header(name, junk).over(below), below, "{name}: {junk:?}");
        }
    }
    for junk in [
        json!(null),
        json!(true),
        json!(2.5),
        json!("2.5"),
        json!([3]),
        json!({"value": 3}),
    ] {
        let config = json!({
            "requestTimeout": junk, "maxAttempts": junk, "retryDelay": junk, "backoff": junk,
        });
        assert_eq!(Options::of_config(&config), Options::default(), "{junk}");
        assert_eq!(Options::of_config(&junk), Options::default(), "{junk}");
    }
}

#[test]
fn headers_may_be_owned_texts() {
    let options =
        Options::of_headers(|name| (name == "cf-aig-max-attempts").then(|| String::from("4")));
    assert_eq!(options.retry().max_attempts(), 4);
}
