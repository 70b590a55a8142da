//! Terms of a price, read.

use super::*;

fn terms(pricing: &[(&str, &str)]) -> CostTerms {
    let pair = |(kind, text): &(&str, &str)| ((*kind).to_owned(), (*text).to_owned());
    CostTerms {
        model: "large".into(),
        token_pricing: pricing.iter().map(pair).collect(),
        enable: true,
        ..CostTerms::default()
    }
}

fn pico(terms: &CostTerms) -> Vec<(Unit, i128)> {
    let price = OwnPrice::of(terms).unwrap();
    let prices = price.row.prices().iter();
    prices.map(|(unit, money)| (*unit, money.pico())).collect()
}

#[test]
fn prices_are_of_a_million_tokens_and_those_of_one_fill_the_gaps() {
    let mut both = terms(&[("output_tokens", "15"), ("input_cached_tokens", "0.1")]);
    both.cost_in = Some("3e-6".into());
    both.cost_out = Some("1".into());
    let expected = [
        (Unit::Input, 3_000_000),
        (Unit::Output, 15_000_000),
        (Unit::CacheRead, 100_000),
    ];
    assert_eq!(pico(&both), expected);
    let total = terms(&[("total_tokens", "2")]);
    let expected = [(Unit::Input, 2_000_000), (Unit::Output, 2_000_000)];
    assert_eq!(pico(&total), expected);
}

#[test]
fn nothing_but_zeros_is_free_because_somebody_said_so() {
    let usage = Tokens {
        input: Some(5),
        output: Some(5),
        ..Tokens::default()
    };
    let price = OwnPrice::of(&terms(&[("total_tokens", "0")])).unwrap();
    assert_eq!(price.row.cost(&usage), Ok(Money::ZERO));
}

#[test]
fn what_is_not_counted_or_said_twice_is_refused() {
    let refused = |pricing: &[(&str, &str)]| OwnPrice::of(&terms(pricing)).unwrap_err();
    for kind in ["input_image_count", "input_video_tokens", "x"] {
        let bad = refused(&[(kind, "1")]);
        assert_eq!(bad, BadTerms::Unknown(kind.into()));
        assert!(bad.to_string().contains("output_reasoning_tokens"), "{bad}");
    }
    let twice = refused(&[("input_tokens", "1"), ("input_text_tokens", "1")]);
    assert!(matches!(twice, BadTerms::Twice(_)), "{twice:?}");
    let twice = refused(&[("input_tokens", "1"), ("total_tokens", "1")]);
    assert_eq!(twice, BadTerms::Twice(TOTAL));
    assert_eq!(refused(&[]), BadTerms::Empty);
    let negative = refused(&[("input_tokens", "-1")]);
    assert_eq!(negative, BadTerms::Range("input_tokens".into()));
    let mut great = terms(&[]);
    great.cost_in = Some("1000001".into());
    let bad = OwnPrice::of(&great).unwrap_err();
    assert_eq!(
        (bad.field(), &bad),
        ("cost_in", &BadTerms::Range("cost_in".into()))
    );
}
