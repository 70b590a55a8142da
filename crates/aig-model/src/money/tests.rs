//! Amounts at every edge, read, added and shown.

use super::*;

fn exact(text: &str) -> Result<i128, BadMoney> {
    text.parse::<Money>().map(Money::pico)
}

fn rounded(text: &str) -> Result<i128, BadMoney> {
    Money::rounded(text).map(Money::pico)
}

#[test]
fn decimal_text_is_read_exactly() {
    for (text, pico) in [
        ("0", 0),
        ("-0", 0),
        ("0.0", 0),
        ("0e99999999999999999999", 0),
        ("1", 1_000_000_000_000),
        ("1.50", 1_500_000_000_000),
        ("-0.25", -250_000_000_000),
        ("0.00000015", 150_000),
        ("1.5e-7", 150_000),
        ("1.5E-07", 150_000),
        ("15e-8", 150_000),
        ("150000e-12", 150_000),
        ("0.000000000001", 1),
        ("0.0000000000010000", 1),
        ("1e-12", 1),
        ("0.00000000000000000001e+8", 1),
        ("2.5e+3", 2_500_000_000_000_000),
        ("9223372.036854775807", i128::from(i64::MAX)),
        // The greatest number that a float cannot hold to the pico-dollar.
        ("9007.199254740993", 9_007_199_254_740_993),
    ] {
        assert_eq!(exact(text), Ok(pico), "{text}");
    }
}

#[test]
fn what_is_no_json_number_is_no_money() {
    for text in [
        "", " 1", "1 ", "+1", ".5", "1.", "1e", "1e+", "1.e3", "--1", "01", "1_000", "1,5", "NaN",
        "Infinity", "inf", "0x10", "1e5.5", "$1", "\"1\"", "null", "-", "e5", "1..2", "1.2.3", "٣",
    ] {
        assert_eq!(exact(text), Err(BadMoney::Syntax), "{text:?}");
        assert_eq!(rounded(text), Err(BadMoney::Syntax), "{text:?}");
    }
}

#[test]
fn what_would_be_lost_is_refused_or_rounded_half_up() {
    for (text, pico) in [
        ("0.0000000000014", 1),
        ("0.0000000000015", 2),
        ("0.00000000000149999", 1),
        ("0.000000000000500", 1),
        ("-0.0000000000015", -2),
        ("0.15000000000000002", 150_000_000_000),
        ("8.33333333333e-05", 83_333_333),
        ("3.3333333333333335e-8", 33_333),
    ] {
        assert_eq!(exact(text), Err(BadMoney::TooFine), "{text}");
        assert_eq!(rounded(text), Ok(pico), "{text}");
    }
    for nothing in ["0.0000000000004", "1e-13", "9e-14", "5e-999999999999999"] {
        assert_eq!(rounded(nothing), Err(BadMoney::TooFine), "{nothing}");
    }
    assert_eq!(Money::per_million("0.15").map(Money::pico), Ok(150_000));
    assert_eq!(Money::per_million("0.000001").map(Money::pico), Ok(1));
    assert_eq!(Money::per_million("1e-8"), Err(BadMoney::TooFine));
}

#[test]
fn what_is_out_of_range_is_refused() {
    let many = "9".repeat(400);
    let zeros = format!("1e-{}", "9".repeat(400));
    for text in ["1e308", "1e27", "1e999999999999", "-1e308", &many] {
        assert_eq!(exact(text), Err(BadMoney::TooGreat), "{text}");
    }
    assert_eq!(exact(&zeros), Err(BadMoney::TooFine));
    let long = format!("0.{}", "3".repeat(400));
    assert_eq!(rounded(&long), Ok(333_333_333_333));
    assert!(exact("1e26").is_ok());
    let most = Money::from_pico(i128::MAX).to_string();
    assert_eq!(
        exact(&most),
        Err(BadMoney::TooGreat),
        "room is left to round"
    );
}

#[test]
fn display_and_reading_are_inverse() {
    for pico in [
        0,
        1,
        -1,
        10,
        150_000,
        999_999_999_999,
        1_000_000_000_000,
        -1_000_000_000_001,
        i128::from(i64::MIN),
        i128::from(i64::MAX),
        i128::MAX - 1,
    ] {
        let text = Money::from_pico(pico).to_string();
        assert_eq!(exact(&text), Ok(pico), "{text}");
    }
    assert_eq!(Money::from_pico(150_000).to_string(), "0.00000015");
    assert_eq!(Money::from_pico(-2_500_000_000_000).to_string(), "-2.5");
    assert_eq!(Money::from_pico(10_000_000_000_000).to_string(), "10");
    assert_eq!(
        format!("{:>8}", Money::from_pico(500_000_000_000)),
        "     0.5"
    );
}

#[test]
fn json_has_the_same_digits() {
    for (text, json) in [
        ("0", "0"),
        ("3", "3"),
        ("-3", "-3"),
        ("0.00000015", "1.5e-7"),
        ("0.1", "0.1"),
        ("1234.567890123456", "1234.567890123456"),
    ] {
        let money: Money = text.parse().unwrap();
        assert_eq!(money.to_json().to_string(), json);
    }
    let least = Money::from_pico(1).to_json().to_string();
    assert_eq!(exact(&least), Ok(1), "{least}");
    // Beyond 64 bits of dollars a float is all that JSON has.
    assert!(Money::from_pico(i128::MAX).to_json().is_f64());
}

#[test]
fn g_12_sums_are_exact_and_overflow_is_refused() {
    // A milliard requests of a nano-dollar, and ten times a tenth: neither is exact in floats.
    let nano = Money::from_pico(1_000);
    assert_eq!(nano.checked_mul(1_000_000_000), "1".parse().ok());
    let mut sum = Money::ZERO;
    for _ in 0..1_000_000 {
        sum = sum.checked_add(nano).unwrap();
    }
    assert_eq!(sum.to_string(), "0.001");
    let tenths = std::iter::repeat_n("0.1".parse().unwrap(), 10);
    assert_eq!(Money::checked_sum(tenths).unwrap().to_string(), "1");
    let fine: Money = "0.123456789012".parse().unwrap();
    assert_eq!(
        fine.checked_mul(1_000_000_000).unwrap().to_string(),
        "123456789.012"
    );

    // The edges of 64 bits are no edges of a sum, and those who store it are told.
    let edge = Money::from_pico(i64::MAX.into());
    assert_eq!(edge.to_i64(), Some(i64::MAX));
    let beyond = edge.checked_add(Money::from_pico(1)).unwrap();
    assert_eq!(beyond.pico(), i128::from(i64::MAX) + 1);
    assert_eq!(beyond.to_i64(), None);
    assert_eq!(Money::from_pico(i64::MIN.into()).to_i64(), Some(i64::MIN));
    // The dearest of a milliard requests still have a sum.
    assert!(edge.checked_mul(1_000_000_000).is_some());

    let most = Money::from_pico(i128::MAX);
    assert_eq!(most.checked_add(Money::from_pico(1)), None);
    assert_eq!(
        Money::from_pico(i128::MIN).checked_sub(Money::from_pico(1)),
        None
    );
    assert_eq!(most.checked_mul(2), None);
    assert_eq!(Money::checked_sum([most, most, Money::from_pico(-1)]), None);
}
