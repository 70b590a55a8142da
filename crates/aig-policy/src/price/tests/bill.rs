//! Amounts times prices, and what there is no price of.

use aig_model::Usage;

use super::*;

const BOOK: &str = r#"
{"provider":"p","model":"full","input":2,"output":8,"cache_read":0.2,"cache_write":2.5,"cache_write_1h":4,"reasoning":16,"audio_input":40,"audio_output":80}
{"provider":"p","model":"plain","input":2,"output":8}
{"provider":"p","model":"tiers","input":1,"output":2,"cache_read":0.1,"reasoning":3,"tiers":[{"above":100,"input":10,"output":20},{"above":1000,"input":100,"output":200,"cache_read":5}]}
{"provider":"p","model":"embed","input":0.1}
{"provider":"p","model":"embed-zero","input":0.1,"output":0}
{"provider":"p","model":"image","input":5,"image_output":40,"per_output_image":0.04}
{"provider":"p","model":"listen","per_input_second":0.0001}
{"provider":"p","model":"odd-second","per_input_second":0.000000000001}
{"provider":"p","model":"speak","per_input_character":0.000015}
{"provider":"p","model":"rank","per_input_query":0.002,"per_input_page":0.001}
{"provider":"p","model":"gold","input":1000000000000,"output":0}
"#;

fn cost(model: &str, tokens: &Tokens) -> Result<String, Unpriced> {
    let book = PriceBook::of(BOOK).unwrap();
    book.cost("p", model, tokens)
        .map(|priced| priced.money.to_string())
}

fn measured(measures: Measures) -> Tokens {
    Tokens {
        measures,
        ..Tokens::default()
    }
}

#[test]
fn parts_with_a_price_of_their_own_are_taken_out_of_the_whole() {
    let usage = Tokens {
        cache_read: 600,
        cache_write: 200,
        cache_write_1h: 50,
        audio_input: 10,
        reasoning: 30,
        audio_output: 20,
        ..tokens(1000, 100)
    };
    // 190 fresh, 600 read, 150 and 50 written, 10 of sound; 50 said, 30 thought, 20 of sound.
    let pico = 190 * 2 + 600 / 5 + 150 * 5 / 2 + 50 * 4 + 10 * 40 + 50 * 8 + 30 * 16 + 20 * 80;
    assert_eq!(
        cost("full", &usage),
        Ok(Money::from_pico(pico * 1_000_000).to_string())
    );
    // Without one they cost like any other token.
    assert_eq!(cost("plain", &usage), cost("plain", &tokens(1000, 100)));
    assert_eq!(cost("plain", &tokens(1000, 100)), Ok("0.0028".into()));
}

#[test]
fn parts_beyond_their_whole_are_taken_as_they_are() {
    let usage = Tokens {
        cache_read: 1000,
        cache_write: u64::MAX,
        ..tokens(10, 0)
    };
    assert_eq!(cost("full", &usage), Err(Unpriced::TooGreat));
    let usage = Tokens {
        cache_read: 1000,
        cache_write: 10,
        cache_write_1h: 20,
        ..tokens(10, 0)
    };
    assert_eq!(cost("full", &usage), Ok("0.00024".into()));
}

#[test]
fn a_long_prompt_has_the_prices_of_its_tier() {
    assert_eq!(cost("tiers", &tokens(100, 10)), Ok("0.00012".into()));
    assert_eq!(cost("tiers", &tokens(101, 10)), Ok("0.00121".into()));
    assert_eq!(cost("tiers", &tokens(1001, 1)), Ok("0.1003".into()));
    // A price that the tier does not have is that of the row.
    let usage = Tokens {
        cache_read: 100,
        reasoning: 10,
        ..tokens(200, 10)
    };
    assert_eq!(cost("tiers", &usage), Ok("0.00104".into()));
    let usage = Tokens {
        cache_read: 2000,
        ..tokens(2000, 0)
    };
    assert_eq!(cost("tiers", &usage), Ok("0.01".into()));
}

#[test]
fn a_count_that_is_missing_matters_where_it_has_a_price() {
    let only = |input, output| Tokens {
        input,
        output,
        ..Tokens::default()
    };
    assert_eq!(cost("plain", &Tokens::default()), Err(Unpriced::NoUsage));
    assert_eq!(cost("plain", &only(Some(5), None)), Err(Unpriced::NoUsage));
    assert_eq!(cost("plain", &only(None, Some(5))), Err(Unpriced::NoUsage));
    assert_eq!(cost("embed", &only(Some(10), None)), Ok("0.000001".into()));
    assert_eq!(
        cost("embed-zero", &only(Some(10), None)),
        Ok("0.000001".into())
    );
    assert_eq!(
        cost("embed", &tokens(10, 1)),
        Err(Unpriced::NoPriceOf(Unit::Output))
    );
    assert_eq!(cost("plain", &tokens(0, 0)), Ok("0".into()));
}

#[test]
fn what_is_not_sold_by_the_token_is_priced_by_its_measure() {
    let images = Measures {
        output_images: 3,
        ..Measures::default()
    };
    assert_eq!(cost("image", &measured(images)), Ok("0.12".into()));
    let both = Tokens {
        image_output: 900,
        measures: images,
        ..tokens(10, 1000)
    };
    // Counted tokens win over counted pictures; this model's other tokens are pictures too.
    assert_eq!(cost("image", &both), Ok("0.04005".into()));

    let sound = Measures {
        input_millis: 61_500,
        output_characters: 900,
        ..Measures::default()
    };
    assert_eq!(cost("listen", &measured(sound)), Ok("0.00615".into()));
    assert_eq!(
        cost("speak", &measured(sound)),
        Err(Unpriced::NoPriceOf(Unit::PerInputSecond))
    );
    assert_eq!(cost("listen", &tokens(5, 5)), Err(Unpriced::NoUsage));
    let millis = |input_millis| Measures {
        input_millis,
        ..Measures::default()
    };
    // Half up.
    for (time, pico) in [
        (499, "0"),
        (500, "0.000000000001"),
        (1499, "0.000000000001"),
    ] {
        assert_eq!(cost("odd-second", &measured(millis(time))), Ok(pico.into()));
    }
    let ranked = Measures {
        queries: 2,
        pages: 3,
        ..Measures::default()
    };
    assert_eq!(cost("rank", &measured(ranked)), Ok("0.007".into()));
    let text = Measures {
        input_characters: 1000,
        ..Measures::default()
    };
    assert_eq!(cost("speak", &measured(text)), Ok("0.015".into()));
}

#[test]
fn g_12_a_cost_out_of_range_is_refused_and_never_wraps() {
    assert_eq!(cost("gold", &tokens(9, 0)), Ok("9000000".into()));
    assert_eq!(cost("gold", &tokens(10, 0)), Err(Unpriced::TooGreat));
    assert_eq!(
        cost("gold", &tokens(u64::MAX, u64::MAX)),
        Err(Unpriced::TooGreat)
    );
    let usage = measured(Measures {
        input_millis: u64::MAX,
        ..Measures::default()
    });
    assert_eq!(cost("listen", &usage), Err(Unpriced::TooGreat));
}

#[test]
fn a_custom_provider_is_priced_by_the_nearest_of_its_rules() {
    let price = |rule, weight, model: &str, dollars: &str| OwnPrice {
        rule,
        weight,
        row: Row::new("custom-acme", model, [(Unit::Input, usd(dollars))]),
    };
    let prices = OwnPrices::new([
        price(ModelRule::Contains, 9, "large", "5"),
        price(ModelRule::Contains, 0, "very-large", "6"),
        price(ModelRule::StartsWith, 0, "acme-", "3"),
        price(ModelRule::StartsWith, 0, "acme-l", "4"),
        price(ModelRule::Equals, 0, "acme-large", "1"),
        price(ModelRule::Equals, 1, "acme-large", "2"),
    ]);
    for (model, dollars) in [
        ("acme-large", "2"),
        ("acme-larger", "4"),
        ("acme-small", "3"),
        ("other-large", "5"),
        ("other-very-large", "6"),
    ] {
        let (money, _) = prices.cost(model, &tokens(1, 0)).unwrap();
        assert_eq!(money, usd(dollars), "{model}");
    }
    let cost = |prices: &OwnPrices, model| prices.cost(model, &tokens(1, 0)).map(|(m, _)| m);
    assert_eq!(cost(&prices, "x"), Err(Unpriced::UnknownModel));
    assert_eq!(cost(&prices, ""), Err(Unpriced::NoModel));
    let none = OwnPrices::default();
    assert_eq!(cost(&none, "x"), Err(Unpriced::UnknownProvider));
    for (word, rule) in [
        ("equals", Some(ModelRule::Equals)),
        ("starts-with", Some(ModelRule::StartsWith)),
        ("contains", Some(ModelRule::Contains)),
        ("Equals", None),
    ] {
        assert_eq!(ModelRule::from_word(word), rule);
    }
}

#[test]
fn what_a_provider_counted_is_billed_as_it_was_counted() {
    let usage = Usage {
        tokens_in: Some(10),
        tokens_out: Some(20),
        cache_read_tokens: Some(3),
        cache_write_tokens: Some(2),
        cache_write_1h_tokens: Some(1),
        reasoning_tokens: Some(7),
        audio_in_tokens: Some(4),
        audio_out_tokens: Some(5),
        image_out_tokens: Some(6),
        images: Some(8),
        characters: Some(9),
        audio_ms: Some(11),
        searches: Some(12),
        ..Usage::default()
    };
    let tokens = Tokens::from(&usage);
    let expected = Tokens {
        input: Some(10),
        output: Some(20),
        cache_read: 3,
        cache_write: 2,
        cache_write_1h: 1,
        audio_input: 4,
        reasoning: 7,
        audio_output: 5,
        image_output: 6,
        measures: Measures {
            output_images: 8,
            input_millis: 11,
            input_characters: 9,
            queries: 12,
            ..Measures::default()
        },
    };
    assert_eq!(tokens, expected);
    assert_eq!(Tokens::from(&Usage::default()), Tokens::default());
}
