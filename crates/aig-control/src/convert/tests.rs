//! Values across the bridge, both ways.

use aig_model::{AccountId, GatewayId, Metadata, RetrySetting, Usage};
use serde_json::json;

use super::*;
use crate::testing::record;

fn input(json: serde_json::Value) -> types::GatewayInput {
    serde_json::from_value(json).unwrap()
}

fn change(json: serde_json::Value) -> GatewayChange {
    gateway_change(input(json)).unwrap()
}

fn sample() -> Record {
    let account = AccountId::from_bytes([1; 16]);
    record(account, &GatewayId::default_gateway(), 1)
}

#[test]
fn absent_null_and_given_are_told_apart() {
    assert_eq!(change(json!({})), GatewayChange::default());
    let null = change(json!({"cache_ttl": null, "authentication": null, "cache_enabled": null}));
    assert_eq!(null.cache_ttl, Change::Clear);
    assert_eq!(
        (null.authentication, null.cache_enabled),
        (Change::Clear, Change::Clear)
    );
    let given = change(json!({"cache_ttl": 10.0, "name": "n", "rate_limiting_limit": 2147483647}));
    assert_eq!(given.cache_ttl, Change::Set(10));
    assert_eq!(given.rate_limiting_limit, Change::Set(2_147_483_647));
    assert_eq!(given.name.as_deref(), Some("n"));
}

#[test]
fn retries_cross_the_bridge_both_ways() {
    let account = AccountId::from_bytes([1; 16]);
    let made = Gateway::new(account, GatewayId::from_name("x"), Timestamp::default());
    for sent in [
        json!({"retry_max_attempts": 1, "retry_delay": 0, "retry_backoff": "constant"}),
        json!({"retry_max_attempts": 3, "retry_delay": 250, "retry_backoff": "linear"}),
        json!({"retry_max_attempts": 5, "retry_delay": 60_000, "retry_backoff": "exponential"}),
        json!({"retry_max_attempts": null, "retry_delay": null, "retry_backoff": null}),
        json!({"log_management": 10_000, "log_management_strategy": "DELETE_OLDEST"}),
        json!({"log_management": 10_000_000, "log_management_strategy": "STOP_INSERTING"}),
        json!({"log_management": null, "log_management_strategy": null}),
    ] {
        let held = made
            .clone()
            .changed(change(sent.clone()), Timestamp::default());
        let shown = serde_json::to_value(gateway(&held.unwrap())).unwrap();
        for (field, value) in sent.as_object().unwrap() {
            assert_eq!(&shown[field], value, "{field}");
        }
    }
    let null = change(json!({"retry_max_attempts": null, "retry_backoff": null}));
    assert_eq!(
        (
            null.retry_max_attempts,
            null.retry_delay,
            null.retry_backoff
        ),
        (Change::Clear, Change::Keep, Change::Clear)
    );
}

#[test]
fn what_the_contract_allows_is_what_the_model_holds() {
    for (field, beyond) in [
        ("retry_max_attempts", [json!(0), json!(6)]),
        ("retry_delay", [json!(-1), json!(60_001)]),
        ("retry_backoff", [json!("jitter"), json!("Linear")]),
    ] {
        for value in beyond {
            let sent = json!({ field: value });
            let read: Result<types::GatewayInput, _> = serde_json::from_value(sent.clone());
            assert!(read.is_err(), "{sent}");
        }
    }
    let most = change(json!({
        "retry_max_attempts": RetrySetting::MAX_ATTEMPTS,
        "retry_delay": u64::try_from(RetrySetting::MAX_DELAY.as_millis()).unwrap(),
    }));
    assert_eq!(most.retry_max_attempts, Change::Set(5));
    assert_eq!(most.retry_delay, Change::Set(60_000));
}

#[test]
fn every_outcome_and_growth_has_the_same_word_on_both_sides() {
    for known in Outcome::ALL {
        assert_eq!(outcome(known).as_str(), known.as_str());
    }
    for known in Backoff::ALL {
        assert_eq!(shown_backoff(known).as_str(), known.as_str());
        let sent = change(json!({"retry_backoff": known.as_str()}));
        assert_eq!(sent.retry_backoff, Change::Set(known));
    }
}

#[test]
fn either_word_for_logging_does_and_they_must_not_contradict() {
    for (sent, expected) in [
        (json!({}), Change::Keep),
        (json!({"log_enabled": false}), Change::Set(false)),
        (json!({"collect_logs": false}), Change::Set(false)),
        (
            json!({"log_enabled": true, "collect_logs": true}),
            Change::Set(true),
        ),
        (json!({"log_enabled": null}), Change::Clear),
        (
            json!({"log_enabled": false, "collect_logs": null}),
            Change::Clear,
        ),
    ] {
        assert_eq!(change(sent.clone()).collect_logs, expected, "{sent}");
    }
    for sent in [
        json!({"log_enabled": true, "collect_logs": false}),
        json!({"log_enabled": null, "collect_logs": true}),
    ] {
        let refused = gateway_change(input(sent.clone())).unwrap_err();
        assert!(matches!(refused, Failure::Invalid(_)), "{sent}");
    }
}

#[test]
fn every_refused_setting_is_named_at_once() {
    let refused = new_gateway(input(
        json!({"id": "x", "zdr": true, "otel": [{}], "dlp": null}),
    ));
    let Err(Failure::Invalid(faults)) = refused else {
        panic!("{refused:?}");
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.path.join(".")).collect();
    assert_eq!(fields, ["body.otel", "body.zdr"]);
}

#[test]
fn what_is_remembered_while_off_is_shown() {
    let account = AccountId::from_bytes([1; 16]);
    let made = Gateway::new(
        account,
        GatewayId::from_name("x"),
        Timestamp::from_millis(0),
    );
    let off = change(json!({
        "cache_enabled": false, "cache_ttl": 10,
        "rate_limiting_enabled": false, "rate_limiting_limit": 5, "rate_limiting_interval": 60,
    }));
    let shown = gateway(&made.changed(off, Timestamp::from_millis(0)).unwrap());
    assert_eq!((shown.cache_enabled, shown.cache_ttl.get()), (false, 10));
    assert_eq!(
        (shown.rate_limiting_enabled, shown.rate_limiting_limit.get()),
        (false, 5)
    );
    assert_eq!(shown.rate_limiting_interval.get(), 60);
}

#[test]
fn numbers_beyond_the_contract_are_shown_as_its_bounds() {
    let shown = log_entry(&Record {
        status: 0,
        step: u32::MAX,
        duration_ms: u64::MAX,
        usage: Usage {
            tokens_in: Some(u64::MAX),
            tokens_out: Some(0),
            ..Usage::default()
        },
        created_at: Timestamp::from_millis(i64::MAX),
        ..sample()
    });
    assert_eq!((shown.status_code.get(), shown.step.get()), (100, SMALL));
    assert_eq!(
        (shown.duration.get(), shown.tokens_in.unwrap().get()),
        (COUNT, COUNT)
    );
    assert_eq!(shown.created_at, DateTime::<Utc>::MAX_UTC);
}

#[test]
fn metadata_is_an_object_on_the_wire() {
    let metadata = Metadata::read(br#"{"team":"search","n":1}"#).metadata;
    let shown = log_entry(&Record {
        metadata,
        ..sample()
    });
    let shown = serde_json::to_value(shown.metadata).unwrap();
    assert_eq!(shown, json!({"team": "search", "n": 1}));
}
