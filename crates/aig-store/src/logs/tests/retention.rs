//! A log that is full: new rows stay out, or the oldest make room.

use aig_model::{Change, GatewayChange, LogStrategy};

use super::*;

async fn limited(rig: &Rig, gateway: &GatewayId, account: AccountId, strategy: LogStrategy) {
    let change = GatewayChange {
        log_management: Change::Set(10_000),
        log_management_strategy: Change::Set(strategy),
        ..GatewayChange::default()
    };
    let changed = rig
        .scope(account)
        .update_gateway(gateway, change, at(2))
        .await;
    assert!(changed.unwrap().is_some());
}

#[tokio::test]
async fn a_full_log_takes_no_rows_until_there_is_room() {
    let (rig, account, gateway) = house().await;
    limited(&rig, &gateway, account, LogStrategy::StopInserting).await;
    write(&rig, (0..10_020).map(|n| record(account, &gateway, n))).await;
    let newest = record(account, &gateway, 0);
    assert_eq!(found(&rig, &newest, None).await.total, 10_000);
    let counters = rig.store.journal();
    assert_eq!(
        (counters.counters().written(), counters.counters().refused()),
        (10_000, 20)
    );
    let gone = rig
        .scope(account)
        .delete_logs(&gateway, Default::default(), 5)
        .await;
    assert_eq!(gone.unwrap(), Some(5));
    write(&rig, (0..9).map(|n| record(account, &gateway, 20_000 + n))).await;
    assert_eq!(found(&rig, &newest, None).await.total, 10_000);
}

#[tokio::test]
async fn the_oldest_rows_make_room_for_new_ones() {
    let (rig, account, gateway) = house().await;
    limited(&rig, &gateway, account, LogStrategy::DeleteOldest).await;
    write(&rig, (0..15_000).map(|n| record(account, &gateway, n))).await;
    let page = found(&rig, &record(account, &gateway, 0), None).await;
    assert!((9_900..=10_000).contains(&page.total), "{}", page.total);
    assert_eq!(page.items[0].id.as_u128(), 14_999, "the newest are there");
    let oldest = LogQuery {
        ascending: true,
        ..LogQuery::default()
    };
    let request = PageRequest::new(None, Some(1), 50);
    let first = rig
        .scope(account)
        .find_logs(&gateway, request, oldest, false)
        .await;
    let first = first.unwrap().unwrap().page.items.remove(0).id.as_u128();
    assert_eq!(
        u64::try_from(first).unwrap(),
        15_000 - page.total,
        "and no gap between"
    );
}
