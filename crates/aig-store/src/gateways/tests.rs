//! Ids, the implicit gateway, paging, and the wall between accounts.

use std::time::Duration;

use aig_model::{
    Backoff, Change, Gateway, GatewayChange, GatewayId, Invalid, LogStrategy, NewGateway,
    PageRequest, Permission, Technique,
};

use crate::GatewayError;
use crate::testing::{Rig, at, grant, id, named, with_id};

fn ids(gateways: &[Gateway]) -> Vec<&str> {
    gateways.iter().map(|g| g.id.as_str()).collect()
}

fn all() -> PageRequest {
    PageRequest::new(None, Some(100), 100)
}

fn renamed(name: &str) -> GatewayChange {
    GatewayChange {
        name: Some(name.into()),
        ..GatewayChange::default()
    }
}

#[tokio::test]
async fn what_is_created_can_be_read_again_with_every_setting() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let new = NewGateway {
        id: Some(id("x")),
        settings: GatewayChange {
            name: Some("A name".into()),
            cache_enabled: Change::Set(false),
            cache_ttl: Change::Set(10),
            cache_invalidate_on_update: Change::Set(true),
            rate_limiting_enabled: Change::Set(true),
            rate_limiting_limit: Change::Set(100),
            rate_limiting_interval: Change::Set(60),
            rate_limiting_technique: Change::Set(Technique::Sliding),
            retry_max_attempts: Change::Set(5),
            retry_delay: Change::Set(60_000),
            retry_backoff: Change::Set(Backoff::Exponential),
            log_management: Change::Set(20_000),
            log_management_strategy: Change::Set(LogStrategy::DeleteOldest),
            collect_logs: Change::Set(false),
            authentication: Change::Set(true),
            byok_only: Change::Set(true),
        },
    };
    let made = rig.scope(account).create_gateway(new, at(5)).await.unwrap();
    assert_eq!(
        made.log_retention.parts(),
        (Some(20_000), Some(LogStrategy::DeleteOldest))
    );
    assert_eq!(made.cache.parts(), (Some(false), Some(10)));
    assert_eq!(made.rate_limit.parts(), (Some(true), Some(100), Some(60)));
    assert_eq!(
        (made.cache_invalidate_on_update, made.technique),
        (true, Technique::Sliding)
    );
    let minute = Some(Duration::from_secs(60));
    assert_eq!(
        made.retry.parts(),
        (Some(5), minute, Some(Backoff::Exponential))
    );
    assert_eq!(
        (&*made.name, made.collect_logs, made.authentication),
        ("A name", false, true)
    );
    let read = rig.scope(account).gateway(&id("x")).await.unwrap();
    assert_eq!(read, Some(made));
}

#[tokio::test]
async fn settings_that_were_never_spoken_of_stay_unsaid() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    rig.gateway(account, "x").await;
    let read = rig.scope(account).gateway(&id("x")).await.unwrap().unwrap();
    let new = Gateway {
        cache_epoch: read.cache_epoch,
        ..Gateway::new(account, id("x"), at(1))
    };
    assert_eq!(read, new);
}

#[tokio::test]
async fn c_09_the_cache_gets_a_new_epoch_at_updates_that_ask_for_it_and_with_a_new_gateway() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let epoch = async |change: GatewayChange| {
        let updated = scope.update_gateway(&id("x"), change, at(2)).await;
        updated.unwrap().unwrap().cache_epoch
    };
    let made = async || {
        let made = scope.create_gateway(with_id("x"), at(1)).await;
        made.unwrap().cache_epoch
    };
    let first = made().await;
    assert_eq!(epoch(renamed("n")).await, first, "nobody asked for it");
    let switched = |on| GatewayChange {
        cache_invalidate_on_update: Change::Set(on),
        ..GatewayChange::default()
    };
    let mut seen = vec![first, epoch(switched(true)).await];
    seen.push(epoch(renamed("m")).await);
    seen.push(epoch(switched(false)).await);
    assert_eq!(epoch(renamed("o")).await, seen[3]);
    scope.delete_gateway(&id("x")).await.unwrap();
    seen.push(made().await);
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

#[tokio::test]
async fn the_same_id_twice_is_refused_and_the_same_name_twice_is_numbered() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    rig.gateway(account, "example-title").await;
    let twice = scope.create_gateway(with_id("example-title"), at(2)).await;
    let Err(GatewayError::AlreadyExists { id }) = twice else {
        panic!("{twice:?}");
    };
    assert_eq!(id.as_str(), "example-title");
    for expected in ["example-title-2", "example-title-3"] {
        let made = scope
            .create_gateway(named("Example Title"), at(3))
            .await
            .unwrap();
        assert_eq!((made.id.as_str(), &*made.name), (expected, "Example Title"));
    }
}

#[tokio::test]
async fn the_id_default_is_taken_from_the_start() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let taken = scope.create_gateway(with_id("default"), at(1)).await;
    assert!(matches!(taken, Err(GatewayError::AlreadyExists { .. })));
    let named = scope.create_gateway(named("Default"), at(1)).await.unwrap();
    assert_eq!(named.id.as_str(), "default-2");
}

#[tokio::test]
async fn neither_id_nor_name_is_an_error_that_names_the_name() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let nothing = NewGateway::default();
    let refused = rig.scope(account).create_gateway(nothing, at(1)).await;
    let Err(GatewayError::Invalid(Invalid { field, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(field, "name");
}

#[tokio::test]
async fn the_list_has_the_oldest_first_and_ends_with_an_empty_page() {
    let rig = Rig::new();
    let account = rig.account_at("a", at(10)).await.id;
    let scope = rig.scope(account);
    for (name, time) in [("late", 30), ("b", 20), ("a", 20), ("early", 5)] {
        scope.create_gateway(with_id(name), at(time)).await.unwrap();
    }
    let whole = scope.gateways(all(), None).await.unwrap();
    assert_eq!(ids(&whole.items), ["early", "default", "a", "b", "late"]);
    let second = PageRequest::new(Some(2), Some(2), 100);
    let second = scope.gateways(second, None).await.unwrap();
    assert_eq!((ids(&second.items), second.total), (vec!["a", "b"], 5));
    let beyond = PageRequest::new(Some(u32::MAX), Some(100), 100);
    let beyond = scope.gateways(beyond, None).await.unwrap();
    assert_eq!((beyond.items.len(), beyond.total), (0, 5));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let gateway = rig.gateway(account, "x").await;
    let change = GatewayChange {
        cache_ttl: Change::Set(60),
        ..renamed("New")
    };
    let after = scope
        .update_gateway(&gateway, change, at(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(after.cache.parts(), (None, Some(60)));
    assert_eq!((after.id.as_str(), &*after.name), ("x", "New"));
    assert_eq!((after.created_at, after.modified_at), (at(1), at(9)));
    assert_eq!(scope.gateway(&gateway).await.unwrap(), Some(after));
    let absent = scope.update_gateway(&id("y"), renamed("z"), at(9)).await;
    assert!(absent.unwrap().is_none());
}

#[tokio::test]
async fn what_is_said_about_retries_can_be_said_in_part_and_taken_back() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let default = GatewayId::default_gateway();
    for (change, parts) in [
        (
            GatewayChange {
                retry_delay: Change::Set(0),
                retry_backoff: Change::Set(Backoff::Linear),
                ..GatewayChange::default()
            },
            (None, Some(Duration::ZERO), Some(Backoff::Linear)),
        ),
        (
            GatewayChange {
                retry_max_attempts: Change::Set(1),
                retry_delay: Change::Clear,
                ..GatewayChange::default()
            },
            (Some(1), None, Some(Backoff::Linear)),
        ),
        (
            GatewayChange {
                retry_max_attempts: Change::Clear,
                retry_backoff: Change::Clear,
                ..GatewayChange::default()
            },
            (None, None, None),
        ),
    ] {
        let updated = scope.update_gateway(&default, change, at(9)).await;
        assert_eq!(updated.unwrap().unwrap().retry.parts(), parts);
        let read = scope.gateway(&default).await.unwrap().unwrap();
        assert_eq!(read.retry.parts(), parts);
        let seen = rig.store.snapshots().borrow().gateway(account, &default);
        assert_eq!(seen.unwrap().gateway.retry.parts(), parts);
    }
}

#[tokio::test]
async fn what_nobody_can_have_said_about_retries_is_damage_and_not_guessed_at() {
    for damage in [
        "retry_max_attempts = 6",
        "retry_max_attempts = -1",
        "retry_delay = 60001",
        "retry_backoff = 'wild'",
    ] {
        let rig = Rig::new();
        let account = rig.account("a").await;
        let gateway = rig.gateway(account, "x").await;
        let update = format!("UPDATE gateway SET {damage}");
        let changed = rig.foreign("config.db").execute(&update, []).unwrap();
        assert_eq!(changed, 1, "{damage}");
        let read = rig.scope(account).gateway(&gateway).await;
        assert!(read.is_err(), "{damage}: {read:?}");
    }
}

#[tokio::test]
async fn an_update_that_is_refused_changes_nothing() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let default = GatewayId::default_gateway();
    let before = rig.store.snapshots().borrow().generation;
    let change = GatewayChange {
        cache_enabled: Change::Set(true),
        cache_ttl: Change::Set(0),
        ..GatewayChange::default()
    };
    let refused = scope.update_gateway(&default, change, at(9)).await;
    assert!(matches!(refused, Err(GatewayError::Invalid(_))));
    let snapshot = rig.store.snapshots().borrow().clone();
    assert_eq!(snapshot.generation, before);
    assert!(snapshot.gateway(account, &default).unwrap().unwritten);
}

#[tokio::test]
async fn default_is_written_by_an_update_and_implicit_again_after_its_end() {
    let rig = Rig::new();
    let account = rig.account_at("a", at(3)).await.id;
    let scope = rig.scope(account);
    let default = GatewayId::default_gateway();
    let implicit = scope.gateway(&default).await.unwrap().unwrap();
    assert_eq!(implicit, Gateway::implicit_default(account, at(3)));

    let changed = scope.update_gateway(&default, renamed("Mine"), at(8)).await;
    let changed = changed.unwrap().unwrap();
    assert_eq!((changed.created_at, changed.modified_at), (at(3), at(8)));
    assert!(changed.authentication);
    let listed = scope.gateways(all(), None).await.unwrap();
    assert_eq!((listed.items, listed.total), (vec![changed.clone()], 1));

    let deleted = scope.delete_gateway(&default).await.unwrap();
    assert_eq!(deleted, Some(changed));
    assert_eq!(
        scope.gateway(&default).await.unwrap(),
        Some(implicit.clone())
    );
    let again = scope.delete_gateway(&default).await.unwrap();
    assert_eq!(again, Some(implicit));
}

#[tokio::test]
async fn deleting_answers_the_gateway_as_it_was_and_then_nothing() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let scope = rig.scope(account);
    let was = scope.gateway(&gateway).await.unwrap();
    assert_eq!(scope.delete_gateway(&gateway).await.unwrap(), was);
    assert_eq!(scope.delete_gateway(&gateway).await.unwrap(), None);
    assert_eq!(scope.gateway(&gateway).await.unwrap(), None);
}

#[tokio::test]
async fn accounts_see_and_change_only_what_is_theirs() {
    let rig = Rig::new();
    let (ours, theirs) = (rig.account("ours").await, rig.account("theirs").await);
    let gateway = rig.gateway(theirs, "x").await;
    let before = rig.scope(theirs).gateway(&gateway).await.unwrap();
    let scope = rig.scope(ours);
    assert_eq!(
        ids(&scope.gateways(all(), None).await.unwrap().items),
        ["default"]
    );
    assert_eq!(scope.gateway(&gateway).await.unwrap(), None);
    let update = scope.update_gateway(&gateway, renamed("mine"), at(9)).await;
    assert_eq!(update.unwrap(), None);
    assert_eq!(scope.delete_gateway(&gateway).await.unwrap(), None);
    let page = PageRequest::new(None, None, 50);
    assert!(scope.logs(&gateway, page, None).await.unwrap().is_none());
    let same_id = scope.create_gateway(with_id("x"), at(2)).await.unwrap();
    assert_eq!(same_id.account, ours);
    assert_eq!(rig.scope(theirs).gateway(&gateway).await.unwrap(), before);
}

#[tokio::test]
async fn a_grant_for_reading_changes_nothing() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    for permission in [Permission::Read, Permission::Run] {
        let scope = rig.store.scope(grant(account, permission));
        let created = scope.create_gateway(with_id("y"), at(2)).await;
        assert!(matches!(created, Err(GatewayError::NotGranted)));
        let updated = scope.update_gateway(&gateway, renamed("z"), at(2)).await;
        assert!(matches!(updated, Err(GatewayError::NotGranted)));
        let deleted = scope.delete_gateway(&gateway).await;
        assert!(matches!(deleted, Err(GatewayError::NotGranted)));
    }
    assert_eq!(
        rig.scope(account)
            .gateways(all(), None)
            .await
            .unwrap()
            .total,
        2
    );
}

#[tokio::test]
async fn nothing_is_made_in_an_account_that_is_gone() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    rig.store.instance().delete_account(account).await.unwrap();
    let scope = rig.scope(account);
    let refused = scope.create_gateway(with_id("x"), at(1)).await;
    assert!(matches!(refused, Err(GatewayError::NoAccount)));
    assert_eq!(scope.gateways(all(), None).await.unwrap().total, 0);
    assert_eq!(scope.gateway(&id("default")).await.unwrap(), None);
}

#[tokio::test]
async fn many_gateways_may_have_one_name() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let long = "n".repeat(80);
    let mut made = vec![];
    for _ in 0..12 {
        let gateway = rig.scope(account).create_gateway(named(&long), at(1)).await;
        made.push(gateway.unwrap().id);
    }
    assert!(
        made.iter()
            .all(|id| id.as_str().parse::<GatewayId>().is_ok())
    );
    assert!(made[11].as_str().ends_with("n-12"), "{:?}", made[11]);
    made.dedup();
    assert_eq!(made.len(), 12);
}

#[tokio::test]
async fn the_view_shows_every_column_of_the_table_in_its_order() {
    let rig = Rig::new();
    let config = rig.foreign("config.db");
    let columns = |table: &str| -> Vec<String> {
        let mut statement = config
            .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
            .unwrap();
        let names = statement.query_map([table], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    assert!(!columns("gateway").is_empty());
    assert_eq!(columns("gateway_or_default"), columns("gateway"));
}

#[tokio::test]
async fn a_search_looks_into_ids_and_names_and_counts_what_it_finds() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    rig.gateway(account, "shop-eu").await;
    let mut new = with_id("x");
    new.settings.name = Some("Shop % Nord".into());
    scope.create_gateway(new, at(2)).await.unwrap();
    for (text, expected) in [
        ("SHOP", &["shop-eu", "x"][..]),
        ("%", &["x"]),
        ("default", &["default"]),
        ("absent", &[]),
        ("", &["default", "shop-eu", "x"]),
    ] {
        let found = scope.gateways(all(), Some(text)).await.unwrap();
        assert_eq!(ids(&found.items), expected, "{text}");
        assert_eq!(found.total, expected.len() as u64, "{text}");
    }
}
