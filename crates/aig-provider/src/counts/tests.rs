//! Numbers, and what they come to.

use super::*;

const FIELDS: Fields = fields! {
    ["in"] => Input,
    ["out"] => Output,
    ["total"] => Total,
    ["thoughts"] => Reasoning,
    ["read"] => CacheRead,
    ["write"] => CacheWrite,
    ["five"] => CacheWrite5m,
    ["hour"] => CacheWrite1h,
    ["cost"] => Cost,
    ["ticks"] => CostTicks,
    ["other"] => Other,
};

fn counts(object: &str) -> Counts {
    let mut counts = Counts::new(FIELDS);
    counts.take(Some(object.as_bytes()));
    counts
}

#[test]
fn numbers_are_read_exactly() {
    for (raw, power, wanted) in [
        ("12", 0, Some(12)),
        ("10.0", 0, Some(10)),
        ("1e3", 0, Some(1000)),
        ("1.5", 0, None),
        ("1.5E+1", 0, Some(15)),
        ("0.00014", 12, Some(140_000_000)),
        ("1.4e-05", 12, Some(14_000_000)),
        ("0.0000000000005", 12, Some(1)),
        ("0.00000000000049", 12, Some(0)),
        ("9007.199254740991", 12, Some(MOST)),
        ("9007.199254740992", 12, None),
        ("0e999", 0, Some(0)),
        ("1e-999", 12, Some(0)),
        ("1e-999", 0, None),
        ("1e999", 12, None),
        ("1e99999999999", 12, None),
        ("8.4705", 3, Some(8471)),
        (".5", 3, None),
        ("", 0, None),
        ("-1", 3, None),
        ("+1", 3, None),
        ("1.2.3", 3, None),
        ("NaN", 3, None),
        ("null", 0, None),
        ("99999999999999999999999999999999999999999", 0, None),
    ] {
        assert_eq!(scaled(raw.as_bytes(), power, power > 0), wanted, "{raw}");
    }
}

#[test]
fn the_total_tells_where_thoughts_are_counted() {
    for (object, out, thoughts) in [
        (
            r#"{"in":10,"out":9,"thoughts":4,"total":19}"#,
            Some(9),
            Some(4),
        ),
        (
            r#"{"in":32,"out":9,"thoughts":94,"total":135}"#,
            Some(103),
            Some(94),
        ),
        (r#"{"in":5,"out":9,"total":200}"#, Some(195), Some(186)),
        (
            r#"{"in":21,"out":0,"thoughts":60,"total":81}"#,
            Some(60),
            Some(60),
        ),
        (r#"{"in":21,"total":81}"#, Some(60), Some(60)),
        (
            r#"{"in":5,"out":9,"thoughts":3,"total":200}"#,
            Some(9),
            Some(3),
        ),
        (
            r#"{"in":5,"out":9,"thoughts":3,"total":1}"#,
            Some(9),
            Some(3),
        ),
        (r#"{"in":5,"total":5}"#, None, None),
        (r#"{"total":5}"#, None, None),
        (r#"{"in":5,"out":9}"#, Some(9), None),
    ] {
        let usage = counts(object).usage();
        assert_eq!(
            (usage.tokens_out, usage.reasoning_tokens),
            (out, thoughts),
            "{object}"
        );
    }
    let mut apart = counts(r#"{"in":5,"out":9,"thoughts":3,"total":14}"#);
    apart.thoughts_apart = true;
    assert_eq!(apart.usage().tokens_out, Some(12));
}

#[test]
fn cached_tokens_are_part_of_the_prompt_either_way() {
    let object = r#"{"in":100,"read":60,"write":20,"hour":5}"#;
    let included = counts(object);
    assert_eq!(included.usage().tokens_in, Some(100));
    let mut apart = included;
    apart.cache_apart = true;
    assert_eq!(apart.usage().tokens_in, Some(180));
    assert_eq!(apart.usage().fresh_tokens_in(), Some(100));
    assert_eq!(apart.usage().cache_write_1h_tokens, Some(5));

    let mut by_age = counts(r#"{"in":1,"five":2,"hour":3}"#);
    by_age.cache_apart = true;
    assert_eq!(by_age.usage().cache_write_tokens, Some(5));
    assert_eq!(by_age.usage().tokens_in, Some(6));
}

#[test]
fn newer_numbers_replace_older_ones_and_nothing_else_does() {
    let mut counts = counts(r#"{"in":1,"out":2,"cost":0.5}"#);
    assert!(counts.take(Some(b"null")).is_none());
    assert!(counts.take(Some(b"[{\"in\":7}]")).is_none());
    assert!(counts.take(None).is_none());
    let object = counts.take(Some(br#"{"in":null,"out":5,"other":{"x":1},"ticks":70}"#));
    let other = FIELDS
        .slots
        .iter()
        .position(|slot| *slot == Slot::Other)
        .unwrap();
    assert_eq!(object.unwrap().value(other), Some(&br#"{"x":1}"#[..]));
    let usage = counts.usage();
    assert_eq!((usage.tokens_in, usage.tokens_out), (Some(1), Some(5)));
    assert_eq!(
        usage.stated_cost,
        Some(500_000_000_000),
        "dollars before ticks"
    );
    assert_eq!(
        super::tests::counts(r#"{"ticks":70}"#).usage().stated_cost,
        Some(7000)
    );
}
