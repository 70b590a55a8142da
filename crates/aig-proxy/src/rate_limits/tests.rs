//! What is remembered of gateways goes with them.

use aig_model::{Account, AccountId, Change, GatewayChange, GatewayId};

use super::*;

const ACCOUNT: AccountId = AccountId::from_bytes([7; 16]);

fn gateway(n: usize) -> Gateway {
    let id: GatewayId = format!("g-{n}").parse().unwrap();
    let limited = GatewayChange {
        rate_limiting_limit: Change::Set(1),
        rate_limiting_interval: Change::Set(86_400),
        ..GatewayChange::default()
    };
    let now = Timestamp::from_millis(1);
    let gateway = Gateway::new(ACCOUNT, id, now);
    gateway.changed(limited, now).unwrap()
}

/// A configuration that has these gateways.
fn having(numbers: std::ops::Range<usize>) -> Arc<Snapshot> {
    let account = Account {
        id: ACCOUNT,
        name: "a".into(),
        created_at: Timestamp::from_millis(1),
    };
    Arc::new(Snapshot::new(1, [account], numbers.map(gateway), []))
}

/// Lets the sweeper do what it can without time going by.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn g_06_what_was_counted_of_deleted_gateways_is_forgotten() {
    let (snapshots, seen) = watch::channel(having(0..1_000));
    let limits = RateLimits::new(seen);
    for n in 0..1_000 {
        limits.admit(&gateway(n)).unwrap();
        assert!(limits.admit(&gateway(n)).is_err());
    }
    settle().await;
    assert_eq!(limits.limiter.len(), 1_000);

    snapshots.send_replace(having(0..10));
    settle().await;
    assert_eq!(limits.limiter.len(), 10, "soon after they are gone");
    assert!(limits.admit(&gateway(3)).is_err(), "the others stay");
    assert!(limits.admit(&gateway(700)).is_ok(), "a new one of that id");

    // A configuration that changes all the time is not followed at every step …
    for n in (1..10).rev() {
        snapshots.send_replace(having(0..n));
        settle().await;
    }
    assert_eq!(limits.limiter.len(), 11);
    // … but at last.
    tokio::time::advance(SWEEP_PAUSE).await;
    settle().await;
    assert_eq!(limits.limiter.len(), 1);
    drop(snapshots);
    settle().await;
    assert!(
        limits.admit(&gateway(0)).is_err(),
        "without news all goes on"
    );
}
