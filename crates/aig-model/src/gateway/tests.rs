//! Ids from names, and what an update changes.

use super::*;

fn account() -> AccountId {
    AccountId::from_bytes([7; 16])
}

#[test]
fn ids_follow_cloudflares_pattern() {
    for good in ["a", "my-gateway", "a_b-c_d", "0", &"a".repeat(64)] {
        assert_eq!(good.parse::<GatewayId>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "-",
        "a-",
        "-a",
        "a--b",
        "A",
        "a b",
        "a/b",
        "..",
        "é",
        &"a".repeat(65),
    ] {
        assert_eq!(bad.parse::<GatewayId>(), Err(BadGatewayId), "{bad}");
    }
}

#[test]
fn names_become_ids() {
    for (name, id) in [
        ("Example Title", "example-title"),
        ("  Wild -- Name!  ", "wild-name"),
        ("Größe 2", "gr-e-2"),
        ("snake_case", "snake_case"),
        ("日本", "gateway"),
        ("---", "gateway"),
    ] {
        let made = GatewayId::from_name(name);
        assert_eq!(made.as_str(), id, "{name}");
        assert!(made.as_str().parse::<GatewayId>().is_ok());
    }
}

#[test]
fn long_names_and_their_numbers_stay_within_the_pattern() {
    let id = GatewayId::from_name(&format!("{} tail", "a".repeat(63)));
    assert_eq!(id.as_str().len(), 63, "the hyphen at the cut is trimmed");
    let second = id.numbered(2);
    assert!(second.as_str().parse::<GatewayId>().is_ok());
    assert!(second.as_str().ends_with("-2"));
    assert_eq!(GatewayId::from_name("x").numbered(10).as_str(), "x-10");
}

#[test]
fn an_update_keeps_what_it_does_not_name() {
    let before = Gateway::new(
        account(),
        GatewayId::from_name("x"),
        Timestamp::from_millis(1),
    );
    let change = GatewayChange {
        cache_ttl: Change::Set(60),
        retry_max_attempts: Change::Set(3),
        ..GatewayChange::default()
    };
    let after = before
        .clone()
        .changed(change, Timestamp::from_millis(2))
        .unwrap();
    assert_eq!(after.cache.ttl().unwrap().get(), 60);
    assert_eq!(after.retry.parts(), (Some(3), None, None));
    assert_eq!((&after.name, after.collect_logs), (&before.name, true));
    assert_eq!(
        (after.created_at, after.modified_at.as_millis()),
        (before.created_at, 2)
    );
}

#[test]
fn renaming_keeps_the_id() {
    let before = Gateway::new(account(), GatewayId::from_name("x"), Timestamp::default());
    let change = GatewayChange {
        name: Some("New Name".into()),
        ..GatewayChange::default()
    };
    let after = before.changed(change, Timestamp::default()).unwrap();
    assert_eq!((after.id.as_str(), &*after.name), ("x", "New Name"));
}

#[test]
fn the_default_gateway_is_authenticated_and_others_are_not() {
    assert!(Gateway::implicit_default(account(), Timestamp::default()).authentication);
    let other = Gateway::new(account(), GatewayId::from_name("x"), Timestamp::default());
    assert!(!other.authentication);
}
