//! `aig backup` of a house at work, and `aig restore` somewhere else, with and without its keys.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aig_store::Store;
use aig_testkit::{PATIENCE, Provider};
use serde_json::{Value, json};

use crate::process::{ACCOUNT, Served, TOKEN, aig, http};

const KEY: &str = "sk-canary-0123456789-of-a-backup";

/// The keys of the house, as their files are called in a data directory.
const KEYS: [&str; 2] = ["token-pepper", "key-encryption-key"];

async fn run(words: &[&str]) -> Output {
    let mut command = aig(words);
    let running = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = tokio::time::timeout(PATIENCE, running).await;
    output.expect("the command ends").unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

async fn fine(words: &[&str]) -> String {
    let output = run(words).await;
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    said(&output)
}

async fn refused(words: &[&str]) -> String {
    let output = run(words).await;
    assert!(!output.status.success(), "{words:?}: {}", said(&output));
    said(&output)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The numbers of the gateways `n-…` that a store holds, in order.
fn numbers(directory: &Path) -> Vec<usize> {
    let store = Store::open(directory).unwrap();
    let snapshot = Arc::clone(&store.snapshots().borrow());
    let account = ACCOUNT.parse().unwrap();
    let names = (0..10_000).map(|n| (n, format!("n-{n}").parse().unwrap()));
    names
        .filter(|(_, id)| snapshot.gateway(account, id).is_some())
        .map(|(n, _)| n)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_19_a_backup_under_load_is_a_committed_point() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    let openai = format!("openai={}/v1", provider.url());
    let more = ["--provider", &openai, "--egress-allow", "127.0.0.0/8"];
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let served = Served::start(&data, &more).await;
    served.gateway("open").await;
    let stored = http()
        .post(served.gateways("/default/provider_configs"))
        .bearer_auth(TOKEN)
        .json(&json!({"provider_slug": "openai", "alias": "default", "secret": KEY}));
    assert_eq!(stored.send().await.unwrap().status(), 200);

    // One gateway after the other and a row for each, so that every committed point is a beginning
    // of the list.
    let (stop, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let writing = tokio::spawn({
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        let (gateways, rows) = (served.gateways(""), served.url("open", "nobody/x"));
        async move {
            let http = http();
            for n in 0.. {
                if stop.load(Ordering::SeqCst) {
                    return n;
                }
                let made = http.post(&gateways).bearer_auth(TOKEN);
                let made = made.json(&json!({"id": format!("n-{n}")})).send().await;
                assert_eq!(made.unwrap().status(), 200);
                http.post(&rows).body("{}").send().await.unwrap();
                count.store(n + 1, Ordering::SeqCst);
            }
            unreachable!()
        }
    });
    // A row is in the file some time after its request.
    aig_testkit::eventually("a row in the log", async || {
        (!served.rows("open").await.is_empty()).then_some(())
    })
    .await;
    let mut backups = Vec::new();
    for round in 0..3 {
        aig_testkit::eventually("writes before the backup", async || {
            (count.load(Ordering::SeqCst) >= 5 * (round + 1)).then_some(())
        })
        .await;
        let backup = place.path().join(format!("backup-{round}"));
        let before = count.load(Ordering::SeqCst);
        let told = fine(&["backup", "--data-dir", &text(&data), "--to", &text(&backup)]).await;
        backups.push((backup, before, count.load(Ordering::SeqCst) + 1));
        for key in KEYS {
            assert!(told.contains(&text(&data.join(key))), "{told}");
        }
    }
    stop.store(true, Ordering::SeqCst);
    writing.await.unwrap();
    served.signal("TERM");
    assert!(served.ended().await.success());

    let kek = std::fs::read_to_string(data.join("key-encryption-key")).unwrap();
    for (round, (backup, before, after)) in backups.iter().enumerate() {
        for entry in std::fs::read_dir(backup).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            for secret in [KEY, kek.trim(), TOKEN] {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "a secret lies open in {}", backup.display());
            }
        }
        let restored = place.path().join(format!("restored-{round}"));
        let words = [
            "restore",
            "--data-dir",
            &text(&restored),
            "--from",
            &text(backup),
        ];
        let told = fine(&words).await;
        for key in KEYS {
            assert!(told.contains(&text(&restored.join(key))), "{told}");
        }
        // The configuration is read without a key, and it is one that there really was.
        let accounts = fine(&["account", "list", "--data-dir", &text(&restored)]).await;
        assert!(accounts.contains(ACCOUNT), "{accounts}");
        let found = numbers(&restored);
        assert_eq!(found, (0..found.len()).collect::<Vec<_>>());
        let possible = *before..=*after;
        assert!(
            possible.contains(&found.len()),
            "{} of {possible:?}",
            found.len()
        );
        // Without the keys nobody gets at a secret, and nothing starts as if there were none.
        std::fs::copy(data.join(KEYS[0]), restored.join(KEYS[0])).unwrap();
        let start = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            &text(&restored),
        ];
        let told = refused(&start).await;
        assert!(told.contains("key-encryption key"), "{told}");
    }

    let (backup, ..) = backups.last().unwrap();
    let restored = place.path().join("restored-2");
    std::fs::copy(data.join(KEYS[1]), restored.join(KEYS[1])).unwrap();
    let served = Served::start(&restored, &more).await;
    let rows = served.rows("open").await.len();
    assert!(
        (1..=numbers_of(&served).await + 1).contains(&rows),
        "{rows} rows"
    );
    let answer = http()
        .post(served.url("default", "openai/chat/completions"))
        .header("cf-aig-authorization", format!("Bearer {TOKEN}"))
        .json(&json!({"model": "m", "messages": []}));
    assert_eq!(answer.send().await.unwrap().status(), 200);
    let sent = provider.next_request().await;
    assert_eq!(
        sent.header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );

    // While it runs nobody takes its files from under it, and nothing is overwritten unasked.
    let words = [
        "restore",
        "--data-dir",
        &text(&restored),
        "--from",
        &text(backup),
    ];
    let told = refused(&words).await;
    assert!(told.contains("--replace"), "{told}");
    let told = refused(&[&words[..], &["--replace"]].concat()).await;
    assert!(told.contains("in use"), "{told}");
    served.gateway("later").await;
    served.signal("TERM");
    assert!(served.ended().await.success());
    fine(&[&words[..], &["--replace"]].concat()).await;
    let served = Served::start(&restored, &more).await;
    let url = served.gateways("/later");
    let gone = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(gone.status(), 404);
}

/// How many gateways `n-…` the house has.
async fn numbers_of(served: &Served) -> usize {
    let mut all = BTreeSet::new();
    for page in 1.. {
        let url = served.gateways(&format!("?search=n-&per_page=100&page={page}"));
        let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let rows = body["result"].as_array().unwrap();
        if rows.is_empty() {
            break;
        }
        all.extend(rows.iter().map(|g| g["id"].to_string()));
    }
    all.len()
}

#[tokio::test]
async fn a_backup_goes_where_nothing_is_and_comes_from_where_one_is() {
    let place = tempfile::tempdir().unwrap();
    let (data, to) = (place.path().join("data"), place.path().join("to"));
    let backup = ["backup", "--data-dir", &text(&data), "--to", &text(&to)];
    let told = refused(&backup).await;
    assert!(told.contains("there is no instance in"), "{told}");
    assert!(!data.exists() && !to.exists());
    fine(&["account", "create", "--data-dir", &text(&data)]).await;
    std::fs::create_dir(&to).unwrap();
    let told = fine(&[&backup[..], &["--json"]].concat()).await;
    let (start, end) = (told.find('{').unwrap(), told.rfind('}').unwrap());
    let list: Value = serde_json::from_str(&told[start..=end]).unwrap();
    assert_eq!(list["files"][0]["name"], "config.db", "{list}");
    let told = refused(&backup).await;
    assert!(told.contains("is not empty"), "{told}");
    let nowhere = text(&place.path().join("nowhere"));
    let told = refused(&["restore", "--data-dir", &text(&data), "--from", &nowhere]).await;
    assert!(told.contains("there is no backup in"), "{told}");
}
