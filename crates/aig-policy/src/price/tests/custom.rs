//! The cost that a request says itself.

use super::*;

fn cost(header: &str, tokens: &Tokens) -> Result<String, Unpriced> {
    let custom = CustomCost::parse(header).unwrap();
    custom.cost(tokens).map(|money| money.to_string())
}

#[test]
fn the_header_prices_as_documented() {
    let usage = Tokens {
        cache_read: 600,
        cache_write: 200,
        ..tokens(1000, 100)
    };
    for (header, money) in [
        // All of the input costs the same where no cache price is said.
        (
            r#"{"per_token_in":0.000001,"per_token_out":0.000002}"#,
            "0.0012",
        ),
        // One cache price switches the other on, at the price of input.
        (
            r#"{"per_token_in":0.000001,"per_token_out":0.000002,"per_cache_read_token":1e-7}"#,
            "0.00066",
        ),
        (
            r#"{"per_token_in":0.000001,"per_token_out":0.000002,"per_cache_write_token":0.00001}"#,
            "0.003",
        ),
        (
            r#" {"per_token_in":1e-6,"per_token_out":2e-6,"per_cache_read_token":1e-7,
                 "per_cache_write_token":1e-5}"#,
            "0.00246",
        ),
        (r#"{"per_token_in":0,"per_token_out":0}"#, "0"),
        (r#"{"total_cost":0.25}"#, "0.25"),
        (r#"{"total_cost":0}"#, "0"),
        // Calculated elsewhere, with digits that nobody meant.
        (
            r#"{"per_token_in":3.3333333333333335e-8,"per_token_out":0}"#,
            "0.000033333",
        ),
    ] {
        assert_eq!(cost(header, &usage), Ok(money.into()), "{header}");
    }
}

#[test]
fn what_the_header_does_not_price_has_no_price() {
    let only_in = r#"{"per_token_in":0.000001}"#;
    assert_eq!(
        cost(only_in, &tokens(1, 1)),
        Err(Unpriced::NoPriceOf(Unit::Output))
    );
    assert_eq!(cost(only_in, &tokens(1, 0)), Ok("0.000001".into()));
    assert_eq!(cost(only_in, &Tokens::default()), Err(Unpriced::NoUsage));
    let embedding = Tokens {
        input: Some(2),
        ..Tokens::default()
    };
    assert_eq!(cost(only_in, &embedding), Ok("0.000002".into()));
    let total = r#"{"total_cost":1}"#;
    assert_eq!(cost(total, &Tokens::default()), Ok("1".into()));
    let dear = r#"{"per_token_in":1000000,"per_token_out":0}"#;
    assert_eq!(cost(dear, &tokens(u64::MAX, 0)), Err(Unpriced::TooGreat));
}

#[test]
fn g_10_what_cannot_be_a_price_is_refused_with_the_reason() {
    let digits = format!(r#"{{"total_cost":{}}}"#, "9".repeat(400));
    for (header, said) in [
        (
            r#"{"per_token_in":-0.1}"#,
            "per_token_in is negative; a price is 0 or more",
        ),
        (
            r#"{"per_token_in":"0.1"}"#,
            "per_token_in is not a number; send US dollars",
        ),
        (r#"{"per_token_out":true}"#, "per_token_out is not a number"),
        (r#"{"total_cost":{}}"#, "total_cost is not a number"),
        (r#"{"total_cost":NaN}"#, "expected"),
        (
            r#"{"total_cost":1e308}"#,
            "total_cost is more than a million dollars",
        ),
        (
            r#"{"total_cost":1000000.01}"#,
            "total_cost is more than a million dollars",
        ),
        (&digits, "total_cost is more than a million dollars"),
        (
            r#"{"per_token_in":1e-13}"#,
            "per_token_in is less than a pico-dollar",
        ),
        (r#"{"per_tokn_in":1}"#, "unknown field `per_tokn_in`"),
        (r#"{"per_token_in":1,"per_token_in":2}"#, "duplicate field"),
        (
            r#"{"total_cost":1,"per_token_in":2}"#,
            "total_cost is the whole price",
        ),
        ("{}", "names no price"),
        (r#"{"per_token_in":null}"#, "names no price"),
        ("", "not an object"),
        ("0.5", "not an object"),
        ("[1,2]", "not an object"),
        (r#"{"total_cost":1} x"#, "trailing"),
    ] {
        let error = CustomCost::parse(header).unwrap_err().to_string();
        assert!(error.starts_with("cf-aig-custom-cost: "), "{error}");
        assert!(error.contains(said), "{header}: {error}");
    }
    let fine = format!(r#"{{"total_cost":0.{}}}"#, "3".repeat(400));
    assert_eq!(cost(&fine, &tokens(0, 0)), Ok("0.333333333333".into()));
}
