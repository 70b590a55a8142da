//! Sudden death: what was acknowledged is there afterwards, and a change of schema is whole or not
//! begun.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aig_testkit::PATIENCE;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::process::{ACCOUNT, DIES_AT, Served, TOKEN, aig, http};

/// What a gateway is called, or that it is not there.
type State = Option<String>;

/// What each gateway may be after a crash: what was acknowledged last, or what was asked for after
/// that and not answered.
type Possible = BTreeMap<String, Vec<State>>;

async fn gateways(served: &Served) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for page in 1.. {
        let url = served.gateways(&format!("?per_page=100&page={page}"));
        let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let rows = body["result"].as_array().unwrap();
        if rows.is_empty() {
            break;
        }
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.extend(rows.iter().map(|g| (text(&g["id"]), text(&g["name"]))));
    }
    all
}

/// Makes, renames and deletes gateways of names that begin with `prefix`, one call after the other,
/// until a call is not answered.
async fn write(
    list: String,
    prefix: String,
    possible: Arc<Mutex<Possible>>,
    acknowledged: impl Fn(),
) {
    let http = http();
    for n in 0..100 {
        let id = format!("{prefix}-{n}");
        let one = format!("{list}/{id}");
        let calls = [
            (http.post(&list), Some("first")),
            (http.put(&one), Some("second")),
            (http.delete(&one), None),
        ];
        // Every other one stays.
        for (request, name) in calls.into_iter().take(2 + n % 2) {
            let after = name.map(str::to_owned);
            let mut body = json!({"name": name});
            if name == Some("first") {
                body["id"] = id.clone().into();
            }
            let before = |possible: &mut Possible| {
                possible
                    .entry(id.clone())
                    .or_insert_with(|| vec![None])
                    .push(after.clone());
            };
            before(&mut possible.lock().unwrap());
            match request.bearer_auth(TOKEN).json(&body).send().await {
                Ok(answer) if answer.status() == 200 => {
                    possible.lock().unwrap().insert(id.clone(), vec![after]);
                    acknowledged();
                }
                _ => return,
            }
        }
    }
}

/// Killed so often in the middle of writes.
async fn kills(rounds: usize) {
    let directory = tempfile::tempdir().unwrap();
    let possible: Arc<Mutex<Possible>> = Arc::default();
    let total = Arc::new(AtomicUsize::new(0));
    for round in 0..=rounds {
        let served = Served::start(directory.path(), &[]).await;
        let mut there = gateways(&served).await;
        there.remove("default");
        let asked = std::mem::take(&mut *possible.lock().unwrap());
        for (id, states) in asked {
            let found = there.remove(&id);
            assert!(
                states.contains(&found),
                "round {round}: {id} is {found:?}, and may be one of {states:?}"
            );
            possible.lock().unwrap().insert(id, vec![found]);
        }
        assert!(
            there.is_empty(),
            "round {round}: nobody asked for {there:?}"
        );
        // The dead are not asked after for ever: a thousand rounds would read for hours.
        let settled = |_: &String, states: &mut Vec<State>| states != &[None];
        possible.lock().unwrap().retain(settled);

        // Killed when so many are acknowledged, while three other writers are in the middle.
        let enough = 1 + round % 7;
        let count = Arc::new(AtomicUsize::new(0));
        let (done, mut kill) = tokio::sync::mpsc::unbounded_channel();
        let mut writers = JoinSet::new();
        for writer in 0..4 {
            let (count, done, total) = (Arc::clone(&count), done.clone(), Arc::clone(&total));
            let acknowledged = move || {
                total.fetch_add(1, Ordering::Relaxed);
                if count.fetch_add(1, Ordering::Relaxed) + 1 >= enough {
                    // The others may be late, when it is dead already.
                    let _ = done.send(());
                }
            };
            let prefix = format!("r{round}-w{writer}");
            let possible = Arc::clone(&possible);
            writers.spawn(write(served.gateways(""), prefix, possible, acknowledged));
        }
        let killing = tokio::time::timeout(PATIENCE, kill.recv()).await;
        killing.unwrap().unwrap();
        served.signal("KILL");
        while writers.join_next().await.is_some() {}
        served.ended().await;
        assert_eq!(integrity(&directory.path().join("config.db")), "ok");
    }
    assert!(total.load(Ordering::Relaxed) > rounds);
}

fn integrity(path: &Path) -> String {
    let database = Connection::open(path).unwrap();
    let verdict = database.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    verdict.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_01_kill_9_loses_no_acknowledged_write_and_leaves_none_half_done() {
    kills(50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_d_01_kill_9_loses_no_acknowledged_write_and_leaves_none_half_done() {
    // In ten houses: all that is there is read after each kill, and each leaves more behind.
    for _ in 0..10 {
        kills(100).await;
    }
}

/// The steps of a database's schema, as the source has them.
fn steps(database: &str) -> Vec<String> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/aig-store/src/schema");
    let read = |n| std::fs::read_to_string(schema.join(format!("{database}-{n}.sql"))).ok();
    (1..).map_while(read).collect()
}

fn at_version(path: &Path, steps: &[String], version: usize) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch(&steps[..version].concat()).unwrap();
    database
        .pragma_update(None, "user_version", version as u32)
        .unwrap();
    database
}

fn version(database: &Connection) -> usize {
    let version = database.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    version.unwrap() as usize
}

fn schema(database: &Connection) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// What the first version had of an account and its gateways.
fn data(database: &Connection) -> Vec<Vec<Cell>> {
    let sql = "SELECT account_id, name, created_at FROM account
        UNION ALL SELECT gateway_id, name, created_at FROM gateway ORDER BY 1";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| (0..3).map(|n| row.get(n)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// A data directory of the first version, with something in it.
fn oldest(directory: &Path) {
    let config = at_version(&directory.join("config.db"), &steps("config"), 1);
    config
        .execute_batch(
            "INSERT INTO account VALUES ('0123456789abcdef0123456789abcdef', 'a', 5, 7);
            INSERT INTO gateway VALUES ('0123456789abcdef0123456789abcdef', 'default', 9,
                'Mine', 1, 60, 0, 100, 10, 0, 1, 11, 12);
            INSERT INTO gateway VALUES ('0123456789abcdef0123456789abcdef', 'x', 10,
                'X', NULL, NULL, NULL, NULL, NULL, 1, 0, 13, 14);",
        )
        .unwrap();
    at_version(&directory.join("logs.db"), &steps("logs"), 1);
}

/// Opens the store in a process that dies at the call of that number that it makes for its files;
/// answers whether it came to that.
async fn opened_to_the_death(directory: PathBuf, call: u64) -> bool {
    let path = directory.display().to_string();
    let mut command = aig(&["account", "list", "--data-dir", &path]);
    command
        .env(DIES_AT, format!("{call} {path}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let ended = tokio::task::spawn_blocking(move || process.wait().unwrap()).await;
    let ended = ended.unwrap();
    let killed = std::os::unix::process::ExitStatusExt::signal(&ended).is_some();
    assert!(killed || ended.success(), "call {call}: {ended}");
    killed
}

/// Dies at every `stride`th read, write, truncation and sync of opening a store of the first
/// version, which brings it to the newest: between any two of them lies every state that a death at
/// a statement could leave, because a transaction reaches the files by these calls alone.
async fn deaths(stride: u64) {
    let schemas: Vec<_> = ["config", "logs"]
        .map(|database| {
            let steps = steps(database);
            let place = tempfile::tempdir().unwrap();
            let all = (0..=steps.len()).map(|version| {
                let path = place.path().join(format!("{version}.db"));
                schema(&at_version(&path, &steps, version))
            });
            (database, all.collect::<Vec<_>>())
        })
        .into();
    let mut seen = std::collections::BTreeSet::new();
    for call in (1..).step_by(stride as usize) {
        let directory = tempfile::tempdir().unwrap();
        oldest(directory.path());
        let killed = opened_to_the_death(directory.path().to_owned(), call).await;
        for (database, schemas) in &schemas {
            let path = directory.path().join(format!("{database}.db"));
            assert_eq!(integrity(&path), "ok", "call {call}");
            let found = Connection::open(&path).unwrap();
            let version = version(&found);
            assert_eq!(
                schema(&found),
                schemas[version],
                "call {call}: {database} {version}"
            );
            assert!(
                killed || version + 1 == schemas.len(),
                "{database} {version}"
            );
            if *database == "config" {
                seen.insert(version);
                let told = format!("call {call}: version {version}");
                let expected = [(ACCOUNT, "a", 5), ("default", "Mine", 11), ("x", "X", 13)];
                let expected = expected.map(|(id, name, at)| {
                    vec![
                        Cell::from(id.to_owned()),
                        Cell::from(name.to_owned()),
                        Cell::from(at),
                    ]
                });
                assert_eq!(data(&found), expected, "{told}");
            }
        }
        // Whoever comes next goes on from there.
        drop(aig_store::Store::open(directory.path()).unwrap());
        let config = Connection::open(directory.path().join("config.db")).unwrap();
        assert_eq!(version(&config) + 1, schemas[0].1.len());
        if !killed {
            break;
        }
    }
    // All steps are one transaction: no death leaves a version between the two.
    let newest = schemas[0].1.len() - 1;
    assert_eq!(Vec::from_iter(seen), [1, newest]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_03_a_death_during_a_migration_leaves_the_old_schema_or_the_new() {
    deaths(7).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_d_03_a_death_during_a_migration_leaves_the_old_schema_or_the_new() {
    deaths(1).await;
}
