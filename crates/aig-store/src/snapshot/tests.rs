//! The snapshot is fresh when a change is acknowledged, and follows other processes.

use std::time::Duration;

use aig_model::{GatewayId, Permissions};

use crate::Store;
use crate::testing::{Rig, at, digest, id, with_id};

#[tokio::test]
async fn an_acknowledged_change_is_in_the_snapshot() {
    let rig = Rig::new();
    let snapshots = rig.store.snapshots();
    let account = rig.account("a").await;
    assert_eq!(snapshots.borrow().accounts[&account].name, "a");
    let gateway = rig.gateway(account, "x").await;
    let found = snapshots.borrow().gateway(account, &gateway).unwrap();
    assert!(!found.unwritten);
    let token = rig
        .store
        .instance()
        .create_token(account, "t", Permissions::ALL, digest(1), "abcd", at(2))
        .await
        .unwrap();
    assert_eq!(**snapshots.borrow().token(&digest(1)).unwrap(), token);
    rig.scope(account).delete_gateway(&gateway).await.unwrap();
    assert!(snapshots.borrow().gateway(account, &gateway).is_none());
}

#[tokio::test]
async fn the_generation_grows_with_changes_and_only_with_them() {
    let rig = Rig::new();
    let snapshots = rig.store.snapshots();
    let account = rig.account("a").await;
    let before = snapshots.borrow().generation;
    rig.gateway(account, "x").await;
    assert_eq!(snapshots.borrow().generation, before + 1);
    let again = rig.scope(account).create_gateway(with_id("x"), at(3)).await;
    assert!(again.is_err());
    assert_eq!(snapshots.borrow().generation, before + 1);
}

#[tokio::test]
async fn what_the_snapshot_takes_for_the_implicit_default_is_what_the_store_shows() {
    let rig = Rig::new();
    let account = rig.account_at("a", at(77)).await.id;
    let default = GatewayId::default_gateway();
    let shown = rig.scope(account).gateway(&default).await.unwrap().unwrap();
    let found = rig
        .store
        .snapshots()
        .borrow()
        .gateway(account, &default)
        .unwrap();
    assert!(found.unwritten);
    assert_eq!(*found.gateway, shown);
}

#[tokio::test]
async fn a_change_of_another_process_is_seen_without_a_change_of_our_own() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let mut snapshots = rig.store.snapshots();
    snapshots.mark_unchanged();
    let other = Store::open(rig.path()).unwrap();
    let scope = other.scope(crate::testing::grant(account, aig_model::Permission::Edit));
    scope
        .create_gateway(with_id("theirs"), at(5))
        .await
        .unwrap();
    let seen = snapshots.wait_for(|s| s.gateway(account, &id("theirs")).is_some());
    tokio::time::timeout(Duration::from_secs(5), seen)
        .await
        .expect("within the five seconds that are promised")
        .unwrap();
}
