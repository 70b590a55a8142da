//! The store on a disk that fails, is full, or is locked by somebody else: what stands in the
//! degradation table of the gateway. Requests to providers never notice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aig_model::{
    GatewayChange, GatewayId, Grant, NewGateway, Permission, Permissions, Record, Timestamp, Token,
    TokenId,
};
use aig_store::limits::{WRITE_WAIT, WRITES_WAITING};
use aig_store::{GatewayError, Store, StoreError};
use aig_testkit::{House, Provider, eventually};
use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Served, TOKEN, http};
use crate::watched::{Disk, Plan};

/// A call of the API with the house's token: status and body.
async fn call(house: &House, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = house
        .http()
        .request(method.parse().unwrap(), house.gateways_url(path))
        .bearer_auth(house.token())
        .json(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn make(house: &House, id: &str) -> (u16, Value) {
    call(house, "POST", "", &json!({"id": id})).await
}

/// A request to the provider through the gateway `g`.
async fn ask(house: &House) -> u16 {
    let url = house.url("g", "openai/chat/completions");
    let answer = house.http().post(url).body("{}").send().await.unwrap();
    answer.status().as_u16()
}

/// A house with a gateway `g` before that provider.
async fn house(provider: &Provider) -> (House, Disk) {
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::of(directory.path());
    let builder = House::builder().provider(provider).directory(directory);
    let house = builder.start().await;
    house.gateway("g", json!({})).await;
    (house, disk)
}

fn integrity(directory: &Path) {
    for name in ["config.db", "logs.db"] {
        let database = Connection::open(directory.join(name)).unwrap();
        let verdict = database.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        assert_eq!(verdict, Ok("ok".to_owned()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_05_a_full_disk_refuses_changes_and_nothing_else_until_there_is_room() {
    let provider = Provider::start().await;
    let (house, disk) = house(&provider).await;
    let mut rows = 0;
    // Full at once; in the middle of a write; and while the log of writes is brought home.
    for (round, room) in [0, 5_000, 20_000].into_iter().enumerate() {
        disk.leave_room(room);
        let mut made = Vec::new();
        let refused = loop {
            let id = format!("r{round}-{}", made.len());
            match make(&house, &id).await {
                (200, _) => made.push(id),
                refused => break refused,
            }
        };
        assert_eq!(
            (refused.0, &refused.1["errors"][0]["code"]),
            (503, &json!(7011))
        );
        let message = refused.1["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("disk is full"), "{message}");
        let config = Connection::open(house.directory().join("config.db")).unwrap();
        // It may work: what is brought home may find room that there was.
        let _ = config.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        assert_eq!(ask(&house).await, 200);
        rows += 1;
        for id in &made {
            assert_eq!(
                call(&house, "GET", &format!("/{id}"), &Value::Null).await.0,
                200
            );
        }
        let absent = format!("/r{round}-{}", made.len());
        assert_eq!(call(&house, "GET", &absent, &Value::Null).await.0, 404);

        disk.leave_room(i64::MAX);
        assert_eq!(make(&house, &format!("r{round}-again")).await.0, 200);
        assert_eq!(house.logged("g", rows).await.len(), rows, "no row is lost");
    }
    let directory = house.stop().await;
    integrity(directory.path());
}

/// The same by the kernel's own refusal: a limit on the length of files, put on the process and
/// taken away again while it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_05_a_process_whose_files_may_not_grow_goes_on_without_changes() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    let openai = format!("openai={}/v1", provider.url());
    let more = ["--provider", &openai, "--egress-allow", "127.0.0.0/8"];
    let directory = tempfile::tempdir().unwrap();
    // What the signal would do is another matter than what a failed write does.
    let options = ["--ignore-signal=XFSZ"];
    let served = Served::start_by(directory.path(), &more, &[], &options).await;
    served.gateway("g").await;
    let limit = |limit: &str| {
        let pid = served.process.id().to_string();
        let mut prlimit = Command::new("prlimit");
        let set = prlimit
            .args(["--pid", &pid, &format!("--fsize={limit}:")])
            .status();
        assert!(set.expect("util-linux is installed").success());
    };
    let make = async |id: &str| {
        let made = http().post(served.gateways("")).bearer_auth(TOKEN);
        let answer = made.json(&json!({"id": id})).send().await.unwrap();
        answer.status().as_u16()
    };
    limit("4096");
    assert_eq!(make("lost").await, 503);
    let url = served.url("g", "openai/chat/completions");
    let answer = http().post(url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let listed = http().get(served.gateways("/g")).bearer_auth(TOKEN);
    assert_eq!(listed.send().await.unwrap().status(), 200);
    limit("unlimited");
    assert_eq!(make("found").await, 200);
    eventually("the row that had to wait", async || {
        (served.rows("g").await.len() == 1).then_some(())
    })
    .await;
    served.signal("TERM");
    assert!(served.ended().await.success());
    integrity(directory.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_08_a_locked_store_refuses_changes_in_time_and_serves_everything_else() {
    locked(Duration::ZERO, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_d_08_a_store_that_is_locked_for_a_minute() {
    locked(Duration::from_secs(60), Some(Duration::from_secs(5))).await;
}

/// Locked by somebody else for as long as a refusal takes, and at least for so long; each change is
/// refused `within` that time, where the machine is quiet enough to ask for it.
async fn locked(least: Duration, within: Option<Duration>) {
    assert!(WRITE_WAIT < Duration::from_secs(5));
    let provider = Provider::start().await;
    let (house, _disk) = house(&provider).await;
    let locks = ["config.db", "logs.db"].map(|name| {
        let lock = Connection::open(house.directory().join(name)).unwrap();
        lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
        lock
    });
    let since = Instant::now();
    let mut rows = 0;
    while rows == 0 || since.elapsed() < least {
        // More than may wait: the rest is told at once, and all of it before the first would be done.
        let began = Instant::now();
        let ids = (0..WRITES_WAITING + 50).map(|n| format!("pile-{n}"));
        let ids: Vec<_> = ids.collect();
        let pile = async {
            let pile = ids.iter().map(|id| make(&house, id));
            let answers = join_all(pile).await;
            (answers, began.elapsed())
        };
        let others = async {
            for _ in 0..10 {
                assert_eq!(ask(&house).await, 200);
                assert_eq!(call(&house, "GET", "/g", &Value::Null).await.0, 200);
            }
            began.elapsed()
        };
        let ((answers, refused), served) = tokio::join!(pile, others);
        rows += 10;
        for (status, body) in answers {
            assert_eq!((status, &body["errors"][0]["code"]), (503, &json!(7011)));
        }
        if let Some(within) = within {
            assert!(refused < within, "{refused:?}");
            assert!(served < WRITE_WAIT, "{served:?}");
        }
    }
    drop(locks);
    assert_eq!(make(&house, "after").await.0, 200);
    for n in [0, WRITES_WAITING] {
        let absent = format!("/pile-{n}");
        assert_eq!(call(&house, "GET", &absent, &Value::Null).await.0, 404);
    }
    let url = format!("http://{}/metrics", house.address());
    eventually("every row to be written", async || {
        let text = house.http().get(&url).send().await.unwrap().text().await;
        let written = crate::process::metric(&text.unwrap(), "aig_log_rows_written_total");
        (written == rows).then_some(())
    })
    .await;
}

// === D-06 ===

/// What a gateway is called, or that it is not there.
type State = Option<String>;

/// What each gateway may be: what was acknowledged last, or what was refused after that.
type Possible = BTreeMap<String, Vec<State>>;

fn grant(account: aig_model::AccountId) -> Grant {
    let token = Token {
        id: TokenId("00000000-0000-7000-8000-000000000000".parse().unwrap()),
        account,
        name: "test".into(),
        permissions: Permissions::ALL,
        last_four: "test".into(),
        created_at: Timestamp::default(),
        life: aig_model::TokenLife::default(),
        modified_at: Timestamp::default(),
    };
    token.grant(account, Permission::Edit).unwrap()
}

/// Notes what a change makes possible, and says that it did not end in a panic.
fn note<T>(possible: &mut Possible, id: &str, after: State, result: Result<T, GatewayError>) {
    let states = possible.entry(id.to_owned()).or_insert_with(|| vec![None]);
    match result {
        Ok(_) => *states = vec![after],
        Err(GatewayError::Store(error)) => {
            assert!(!matches!(error, StoreError::Closed), "the thread panicked");
            states.push(after);
        }
        Err(other) => panic!("{id}: {other}"),
    }
}

/// Makes, renames and deletes gateways, and logs some rows.
async fn work(store: &Store, grant: Grant, disk: &Disk, possible: &mut Possible) -> bool {
    let (scope, now) = (store.scope(grant), Timestamp::from_millis(1));
    for id in ["a", "b", "c"] {
        let new = NewGateway {
            id: Some(id.parse().unwrap()),
            settings: GatewayChange {
                name: Some("first".into()),
                ..GatewayChange::default()
            },
        };
        let made = scope.create_gateway(new, now).await;
        note(possible, id, Some("first".to_owned()), made);
    }
    let id: GatewayId = "a".parse().unwrap();
    let change = GatewayChange {
        name: Some("second".into()),
        ..GatewayChange::default()
    };
    match scope.update_gateway(&id, change, now).await {
        // It was not made, which the list of what is possible knows.
        Ok(None) => {}
        changed => note(possible, "a", Some("second".to_owned()), changed),
    }
    let id: GatewayId = "b".parse().unwrap();
    note(possible, "b", None, scope.delete_gateway(&id).await);
    let gateway = GatewayId::default_gateway();
    let journal = store.journal();
    for n in 10..30 {
        let id = format!("00000000-0000-7000-8000-0000000000{n}");
        let id = id.parse().unwrap();
        journal.offer(Record::begin(id, grant.account(), gateway.clone(), now));
    }
    // What lasts is not waited for: the rows wait for the disk.
    let struck = disk.heal();
    journal.flush().await;
    struck
}

/// A pass in which the call of that number fails; answers whether it came to that.
async fn pass(number: u64, plan: Plan) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::of(directory.path());
    let store = Store::open(directory.path()).unwrap();
    let account = store
        .instance()
        .create_account("a", None, Timestamp::default());
    let grant = grant(account.await.unwrap().id);
    drop(store);

    let told = format!("{plan:?} at {number}");
    let mut possible = Possible::new();
    disk.at(number, plan);
    let struck = match Store::open(directory.path()) {
        Ok(store) => work(&store, grant, &disk, &mut possible).await,
        Err(_) => disk.heal(),
    };
    let opened = !possible.is_empty();
    integrity(directory.path());
    let store = Store::open(directory.path()).unwrap();
    for (id, states) in possible {
        let found = store
            .scope(grant)
            .gateway(&id.parse().unwrap())
            .await
            .unwrap();
        let found = found.map(|gateway| gateway.name);
        assert!(
            states.contains(&found),
            "{told}: {id} is {found:?}, not one of {states:?}"
        );
    }
    let request = aig_model::PageRequest::new(None, None, 50);
    let gateway = GatewayId::default_gateway();
    let rows = store
        .scope(grant)
        .logs(&gateway, request, None)
        .await
        .unwrap();
    let rows = rows.unwrap().total;
    assert!(!opened || rows == 20, "{told}: {rows} rows");
    struck
}

/// Every `stride`th call fails in its turn, alone and with all after it, until a pass in which none
/// was left to fail.
async fn every(stride: u64) {
    const AT_ONCE: u64 = 8;
    for plan in [Plan::Once, Plan::Lasting] {
        let mut number = 1;
        loop {
            let passes = (0..AT_ONCE).map(|n| tokio::spawn(pass(number + n * stride, plan)));
            let struck = join_all(passes).await;
            let struck = struck
                .into_iter()
                .filter(|struck| *struck.as_ref().unwrap());
            let struck = struck.count() as u64;
            number += AT_ONCE * stride;
            if struck < AT_ONCE {
                break;
            }
        }
        assert!(number > 50, "there were calls to fail: {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_06_a_call_of_the_disk_that_fails_costs_no_acknowledged_change() {
    every(5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_d_06_every_call_of_the_disk_fails_in_its_turn() {
    every(1).await;
}
