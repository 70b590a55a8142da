//! Rows of deleted gateways are out of sight at once and off the disk afterwards.

use aig_model::{AccountId, GatewayId, PageRequest};

use super::*;
use crate::testing::{Rig, id, record};

async fn visible(rig: &Rig, account: AccountId, gateway: &GatewayId) -> u64 {
    let request = PageRequest::new(None, None, 50);
    let page = rig.scope(account).logs(gateway, request, None).await;
    page.unwrap().unwrap().total
}

/// What a sweep by hand leaves, of all rows.
fn left_after(rig: &Rig, live: Live) -> i64 {
    let (_sender, live) = watch::channel(Arc::new(live));
    let mut connection = rig.foreign("logs.db");
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    let mut sweep = Sweep::new(live);
    sweep.try_step(&mut connection).unwrap();
    while sweep.is_busy() {
        sweep.try_step(&mut connection).unwrap();
    }
    connection
        .query_row("SELECT ifnull(sum(total), 0) FROM log_of", [], |row| {
            row.get(0)
        })
        .unwrap()
}

fn live(issued: i64, gateways: &[(AccountId, &str, i64)]) -> Live {
    let mut live = Live {
        issued,
        ..Live::default()
    };
    for (account, gateway, incarnation) in gateways {
        let of_account = live.gateways.entry(*account).or_default();
        of_account.insert(id(gateway), *incarnation);
    }
    live
}

#[tokio::test]
async fn a_new_gateway_of_an_old_id_has_an_empty_log() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let journal = rig.store.journal();
    for name in ["x", "default"] {
        let gateway = match name {
            "x" => rig.gateway(account, name).await,
            _ => GatewayId::default_gateway(),
        };
        let locked = rig.foreign("logs.db");
        locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
        // Still queued while the gateway goes and comes back.
        journal.offer(record(account, &gateway, 1));
        rig.scope(account).delete_gateway(&gateway).await.unwrap();
        if name == "x" {
            rig.gateway(account, name).await;
        }
        locked.execute_batch("ROLLBACK").unwrap();
        journal.flush().await;
        assert_eq!(visible(&rig, account, &gateway).await, 0, "{name}");
        journal.offer(record(account, &gateway, 2));
        journal.flush().await;
        assert_eq!(visible(&rig, account, &gateway).await, 1, "{name}");
    }
}

#[tokio::test]
async fn rows_offered_before_the_default_gateway_is_written_stay_visible() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let default = GatewayId::default_gateway();
    let journal = rig.store.journal();
    journal.offer(record(account, &default, 1));
    let mut snapshots = rig.store.snapshots();
    rig.store.ensure_default(account);
    snapshots
        .wait_for(|s| !s.gateway(account, &default).unwrap().unwritten)
        .await
        .unwrap();
    journal.offer(record(account, &default, 2));
    journal.flush().await;
    assert_eq!(visible(&rig, account, &default).await, 2);
}

#[tokio::test]
async fn the_rows_of_a_deleted_gateway_leave_the_file_by_themselves() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (gone, stays) = (
        rig.gateway(account, "x").await,
        rig.gateway(account, "y").await,
    );
    let journal = rig.store.journal();
    for number in 0..2_500 {
        journal.offer(record(account, &gone, number));
    }
    journal.offer(record(account, &stays, 9_999));
    journal.flush().await;
    rig.scope(account).delete_gateway(&gone).await.unwrap();
    let connection = rig.foreign("logs.db");
    let swept = async {
        loop {
            // Each flush is answered after a step of the sweep.
            journal.flush().await;
            let rows: i64 = connection
                .query_row("SELECT ifnull(sum(total), 0) FROM log_of", [], |row| {
                    row.get(0)
                })
                .unwrap();
            if rows == 1 {
                break;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), swept)
        .await
        .expect("the sweep comes to its end");
    assert_eq!(visible(&rig, account, &stays).await, 1);
}

#[tokio::test]
async fn gateways_that_were_made_after_the_comparison_keep_their_rows() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (x, y) = (
        rig.gateway(account, "x").await,
        rig.gateway(account, "y").await,
    );
    let journal = rig.store.journal();
    journal.offer(record(account, &x, 1));
    journal.offer(record(account, &y, 2));
    journal.flush().await;
    // 1 is the account's `default`, 2 is x, 3 is y.
    assert_eq!(left_after(&rig, live(1, &[])), 2, "both are unknown yet");
    assert_eq!(
        left_after(&rig, live(2, &[(account, "x", 2)])),
        2,
        "y is unknown yet"
    );
    assert_eq!(
        left_after(&rig, live(3, &[(account, "y", 3)])),
        1,
        "x is gone"
    );
    assert_eq!(visible(&rig, account, &y).await, 1);
}
