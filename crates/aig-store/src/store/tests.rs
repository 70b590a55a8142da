//! The narrow port for the data plane, and reopening.

use aig_model::{GatewayId, Permission};

use crate::Store;
use crate::testing::{Rig, at, grant, with_id};

#[tokio::test]
async fn the_default_gateway_is_written_once_and_as_it_was_shown() {
    let rig = Rig::new();
    let account = rig.account_at("a", at(3)).await.id;
    let default = GatewayId::default_gateway();
    let shown = rig.scope(account).gateway(&default).await.unwrap();
    let mut snapshots = rig.store.snapshots();
    for _ in 0..1_000 {
        rig.store.ensure_default(account);
    }
    let written = snapshots.wait_for(|s| !s.gateway(account, &default).unwrap().unwritten);
    let generation = written.await.unwrap().generation;
    let written = rig.scope(account).gateway(&default).await.unwrap().unwrap();
    assert!(
        written.cache_epoch > 0,
        "nothing that was kept before is there"
    );
    let shown = aig_model::Gateway {
        cache_epoch: written.cache_epoch,
        ..shown.unwrap()
    };
    assert_eq!(written, shown);
    rig.store.ensure_default(account);
    // Behind it in the queue, so it is done when this is.
    rig.account("b").await;
    assert_eq!(snapshots.borrow().generation, generation + 1);
}

#[tokio::test]
async fn the_default_of_an_absent_account_is_not_written() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    rig.store.instance().delete_account(account).await.unwrap();
    rig.store.ensure_default(account);
    rig.account("b").await;
    let rows: i64 = rig
        .foreign("config.db")
        .query_row("SELECT count(*) FROM gateway", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn everything_is_there_again_after_reopening() {
    let directory = tempfile::TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let account = store
        .instance()
        .create_account("a", None, at(1))
        .await
        .unwrap();
    let edit = grant(account.id, Permission::Edit);
    let gateway = store
        .scope(edit)
        .create_gateway(with_id("x"), at(2))
        .await
        .unwrap();
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(store.instance().list_accounts().await.unwrap(), [account]);
    let read = store.scope(edit).gateway(&gateway.id).await.unwrap();
    assert_eq!(read, Some(gateway));
}
