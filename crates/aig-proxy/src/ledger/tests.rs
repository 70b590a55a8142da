//! Whose price it is.

use aig_model::{AccountId, GatewayId, Timestamp, Usage};
use uuid::Uuid;

use super::*;

const OWN: &str = r#"{"provider":"openai","model":"mine","input":1,"output":2}"#;

fn priced(
    prices: &Prices,
    custom: Option<&str>,
    reading: &Reading,
    asked: Option<&str>,
) -> (Option<i64>, Option<CostSource>, Option<String>) {
    let account = AccountId::from_bytes([1; 16]);
    let now = Timestamp::from_millis(0);
    let mut record = Record {
        provider: "openai".into(),
        model: asked.unwrap_or_default().into(),
        ..Record::begin(Uuid::nil(), account, GatewayId::default_gateway(), now)
    };
    let custom = custom.map(CustomCost::parse);
    prices.price(&mut record, custom.as_ref(), None, reading);
    let cost = record.cost.and_then(Money::to_i64);
    (cost, record.cost_source, record.unpriced.map(Into::into))
}

fn answered(model: &str) -> Reading {
    Reading {
        model: Some(model.into()),
        usage: Usage {
            tokens_in: Some(1_000),
            tokens_out: Some(10),
            cache_read_tokens: Some(600),
            cache_write_tokens: Some(200),
            ..Usage::default()
        },
        ..Reading::default()
    }
}

#[test]
fn the_request_comes_first_then_the_own_table_then_the_list_then_the_provider() {
    let prices = Prices::with_own(OWN).unwrap();
    let custom = Some(r#"{"total_cost":0.5}"#);
    let of_request = (Some(500_000_000_000), Some(CostSource::Custom), None);
    assert_eq!(priced(&prices, custom, &answered("mine"), None), of_request);

    let own = (Some(1_020_000_000), Some(CostSource::Own), None);
    assert_eq!(priced(&prices, None, &answered("mine"), None), own);

    let (cost, source, why) = priced(&prices, None, &answered("gpt-4o-mini"), None);
    assert!(cost.is_some_and(|cost| cost > 0) && why.is_none());
    assert_eq!(source, Some(CostSource::List));

    let mut stated = answered("nobody-knows-it");
    stated.usage.stated_cost = Some(7);
    let of_provider = (Some(7), Some(CostSource::Stated), None);
    assert_eq!(priced(&prices, None, &stated, None), of_provider);
}

#[test]
fn what_is_not_known_is_not_nothing() {
    let prices = Prices::built_in();
    let unknown = (None, None, Some("unknown_model".to_owned()));
    assert_eq!(
        priced(&prices, None, &answered("nobody-knows-it"), None),
        unknown
    );
    let silent = Reading::default();
    let no_model = (None, None, Some("no_model".to_owned()));
    assert_eq!(priced(&prices, None, &silent, None), no_model);
    let no_usage = (None, None, Some("no_usage".to_owned()));
    assert_eq!(
        priced(&prices, None, &silent, Some("gpt-4o-mini")),
        no_usage
    );
    let bad = (None, None, Some("bad_custom_cost".to_owned()));
    assert_eq!(
        priced(&prices, Some("1 dollar"), &answered("gpt-4o-mini"), None),
        bad
    );
}

#[test]
fn the_model_that_was_asked_for_has_a_price_where_the_answers_has_none() {
    let prices = Prices::with_own(OWN).unwrap();
    let (cost, source, _) = priced(&prices, None, &answered("mine-rev-b"), Some("mine"));
    assert_eq!((cost, source), (Some(1_020_000_000), Some(CostSource::Own)));
}

#[test]
fn a_price_that_knows_no_cache_charges_what_the_provider_counts_as_input() {
    let prices = Prices::built_in();
    let plain = Some(r#"{"per_token_in":0.001,"per_token_out":0}"#);
    let together = answered("m");
    let apart = Reading {
        cache_apart: true,
        ..answered("m")
    };
    assert_eq!(
        priced(&prices, plain, &together, None).0,
        Some(1_000_000_000_000)
    );
    assert_eq!(
        priced(&prices, plain, &apart, None).0,
        Some(200_000_000_000)
    );
    let cached = Some(r#"{"per_token_in":0.001,"per_token_out":0,"per_cache_read_token":0}"#);
    let both = Some(400_000_000_000);
    assert_eq!(priced(&prices, cached, &together, None).0, both);
    assert_eq!(priced(&prices, cached, &apart, None).0, both);
}
