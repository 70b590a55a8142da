//! What models cost: the built-in table, and what is not in it.

use super::*;

mod bill;
mod custom;
mod names;
mod table;

/// The dollars of a text.
fn usd(text: &str) -> Money {
    text.parse().unwrap()
}

fn tokens(input: u64, output: u64) -> Tokens {
    Tokens {
        input: Some(input),
        output: Some(output),
        ..Tokens::default()
    }
}

#[test]
fn every_row_of_the_built_in_table_is_found_by_its_own_name() {
    let book = PriceBook::built_in();
    assert!(book.rows().len() > 2_000, "{}", book.rows().len());
    for row in book.rows() {
        let found = book.find(row.provider(), row.model()).unwrap();
        assert_eq!((found.row, found.why), (row, Why::Name));
    }
    let keys = || book.rows().iter().map(Row::key);
    assert!(
        keys().zip(keys().skip(1)).all(|(a, b)| a < b),
        "rows are sorted, and none is there twice"
    );
}

#[test]
fn a_well_known_price_is_what_its_provider_says() {
    let book = PriceBook::built_in();
    let priced = book
        .cost("openai", "gpt-4o-mini", &tokens(1_000_000, 1_000_000))
        .unwrap();
    assert_eq!(priced.money, usd("0.75"));
    let priced = book.cost("openai", "gpt-4o-mini", &tokens(1, 0)).unwrap();
    assert_eq!(priced.money, usd("0.00000015"));
}

#[test]
fn unknown_is_never_nothing() {
    let book = PriceBook::built_in();
    let cost = |provider, model| {
        book.cost(provider, model, &tokens(5, 5))
            .map(|priced| priced.money)
    };
    assert_eq!(cost("openai", ""), Err(Unpriced::NoModel));
    assert_eq!(cost("openai", "gpt-nonsense"), Err(Unpriced::UnknownModel));
    assert_eq!(
        cost("custom-acme", "gpt-4o"),
        Err(Unpriced::UnknownProvider)
    );
    // A row of zeros that nobody marked, and one that is free indeed.
    assert_eq!(
        cost("cohere", "command-a-plus-05-2026"),
        Err(Unpriced::NoPrices)
    );
    assert_eq!(cost("openai", "omni-moderation-latest"), Ok(Money::ZERO));
    let unpriced = book.rows().len() - book.models().count();
    assert!((1..100).contains(&unpriced), "{unpriced}");
}
