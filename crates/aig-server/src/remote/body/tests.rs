//! What is sent, for answers of both kinds of server.

use super::*;

/// A gateway as Cloudflare answers it.
fn cloudflare() -> Value {
    json!({
        "id": "g", "cache_invalidate_on_update": true, "cache_ttl": 60, "collect_logs": false,
        "created_at": "2026-01-02T03:04:05Z", "modified_at": "2026-01-02T03:04:05Z",
        "rate_limiting_interval": null, "rate_limiting_limit": null,
        "rate_limiting_technique": "sliding", "authentication": true, "logpush": false,
        "dlp": {"enabled": false}, "store_id": null, "is_default": false, "internal_id": "x",
    })
}

/// A gateway as `aig` answers it.
fn own() -> Value {
    json!({
        "id": "g", "name": "G", "slug": "g", "cache_enabled": false, "cache_ttl": 10,
        "rate_limiting_enabled": false, "rate_limiting_limit": 0, "rate_limiting_interval": 0,
        "log_enabled": true, "collect_logs": true, "authentication": false, "is_default": false,
        "created_at": "2026-01-02T03:04:05Z", "modified_at": "2026-01-02T03:04:05Z",
    })
}

fn named(name: &str) -> Settings {
    Settings {
        name: Some(name.to_owned()),
        ..Settings::default()
    }
}

#[test]
fn a_new_gateway_has_what_cloudflare_requires() {
    let body = create(Some("g".to_owned()), &Settings::default()).unwrap();
    let wanted = json!({
        "id": "g", "cache_invalidate_on_update": false, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0,
    });
    assert_eq!(body, wanted);
    let message = create(None, &Settings::default()).unwrap_err().to_string();
    assert!(message.contains("--id"), "{message}");
}

#[test]
fn an_update_of_cloudflares_sends_the_whole_and_no_facts() {
    let settings = Settings {
        cache_ttl: Some(90),
        ..Settings::default()
    };
    let wanted = json!({
        "cache_invalidate_on_update": true, "cache_ttl": 90, "collect_logs": false,
        "rate_limiting_technique": "sliding", "authentication": true, "logpush": false,
        "dlp": {"enabled": false}, "rate_limiting_interval": 0, "rate_limiting_limit": 0,
    });
    assert_eq!(update(&cloudflare(), &settings).unwrap(), wanted);
}

#[test]
fn a_switch_is_sent_only_to_turn_it_on() {
    let body = update(&own(), &named("N")).unwrap();
    assert_eq!(
        (&body["name"], &body["cache_ttl"]),
        (&json!("N"), &json!(10))
    );
    assert_eq!(body.get("cache_enabled"), None, "off stays unspoken of");
    let settings = Settings {
        cache_ttl: Some(60),
        rate_limit: Some(5),
        rate_interval: Some(10),
        log: Some(false),
        ..Settings::default()
    };
    let body = update(&own(), &settings).unwrap();
    for (name, value) in [
        ("cache_enabled", json!(true)),
        ("rate_limiting_enabled", json!(true)),
        ("log_enabled", json!(false)),
        ("collect_logs", json!(false)),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    let off = Settings {
        cache_ttl: Some(0),
        ..Settings::default()
    };
    assert_eq!(update(&own(), &off).unwrap().get("cache_enabled"), None);
}

#[test]
fn half_a_rate_limit_is_refused() {
    let settings = |rate_limit, rate_interval| Settings {
        rate_limit,
        rate_interval,
        ..Settings::default()
    };
    let id = || Some("g".to_owned());
    for (limit, interval, missing) in [
        (Some(5), None, "--rate-interval"),
        (Some(5), Some(0), "--rate-interval"),
        (None, Some(5), "--rate-limit"),
    ] {
        let settings = settings(limit, interval);
        let faults = [
            create(id(), &settings).unwrap_err().to_string(),
            update(&own(), &settings).unwrap_err().to_string(),
        ];
        for fault in faults {
            assert!(fault.contains(&format!("needs {missing}")), "{fault}");
        }
    }
    for (limit, interval) in [(Some(0), None), (Some(0), Some(5)), (None, Some(0))] {
        update(&own(), &settings(limit, interval)).unwrap();
    }
}

#[test]
fn nothing_said_is_no_update() {
    let message = says_something(&Settings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("say what is to change"), "{message}");
    says_something(&named("N")).unwrap();
}
