//! Sudden death in the middle of rows: what is lost is the end, and nothing is torn.
//!
//! The process that dies is this test binary, told to run [`child`] alone.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use aig_model::PageRequest;
use bytes::Bytes;

use super::*;

const DIRECTORY: &str = "AIG_TEST_CRASH_DIRECTORY";

/// How often the child says how far it is; it offers ten rows each time, a thousand a second.
const TICK: Duration = Duration::from_millis(10);

/// What a dead process had said last.
#[derive(Clone, Copy, Debug)]
struct Last {
    offered: u64,
    written: u64,
}

#[tokio::test]
#[ignore = "is a part of other tests, which run it as a process of its own"]
async fn child() {
    let directory = std::env::var_os(DIRECTORY).expect("only other tests run this one");
    let rig = Rig::kept(PathBuf::from(directory));
    let accounts = rig.store.instance().list_accounts().await.unwrap();
    let journal = rig.store.journal();
    for number in (0..).step_by(10) {
        for number in number..number + 10 {
            let body = |side: char| {
                let text = format!("{side}{number}-{}", "x".repeat(1_000));
                Body::try_from(Bytes::from(text)).ok()
            };
            let transcript = Transcript {
                request: body('q'),
                response: body('a'),
            };
            // An id of its own in each run, so that rows of two can be told apart.
            let row = Record {
                id: uuid::Uuid::from_u64_pair(std::process::id().into(), u64::from(number)),
                ..record(accounts[0].id, &id("default"), number)
            };
            journal.offer((row, transcript));
        }
        let counters = journal.counters();
        println!("{} {}", counters.offered(), counters.written());
        thread::sleep(TICK);
    }
}

/// Runs the child until it has offered so many rows and written some, and kills it.
fn killed(directory: &Path, enough: u64) -> Last {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("journal::tests::crash::child")
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = Last {
        offered: 0,
        written: 0,
    };
    let mut dead = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // What it had said before it died is still in the pipe; the last line may be cut.
        let line = line.unwrap_or_default();
        let numbers: Vec<u64> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
        let [offered, written] = numbers[..] else {
            continue;
        };
        if !dead {
            last = Last { offered, written };
            if offered >= enough && written > 0 {
                child.kill().unwrap();
                dead = true;
            }
        }
    }
    child.wait().unwrap();
    assert!(dead, "it ended by itself");
    last
}

/// Kills a process of so many runs each in the middle, and looks at what is there after each.
async fn crash(runs: u64, checked: impl Fn(Last, u64)) {
    let directory = tempfile::TempDir::new().unwrap();
    let account = Rig::kept(directory.path().into()).account("a").await;
    let mut boots: Vec<i64> = vec![];
    for run in 0..runs {
        // Somewhere between two batches, or in the middle of one.
        let last = killed(directory.path(), 300 + run * 137 % 1_500);
        let rig = Rig::kept(directory.path().into());
        let file = rig.foreign("logs.db");
        let sound: String = file
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
        let numbers = crate::logs::numbers(&file);
        let of_run: Vec<i64> = (numbers.iter())
            .filter(|(boot, _)| !boots.contains(boot))
            .map(|(_, seq)| *seq)
            .collect();
        // The rows of the run are the first that were offered, without a gap between them: what is
        // missing is what comes after the last number.
        let there = of_run.len() as u64;
        assert_eq!(of_run, (0..there as i64).collect::<Vec<_>>());
        assert!(there >= last.written, "{there} {last:?}");
        checked(last, there);
        boots.extend(numbers.iter().map(|(boot, _)| *boot));
        boots.sort_unstable();
        boots.dedup();
        assert_eq!(boots.len() as u64, run + 1);

        // The file lists, and every row is whole, with both of its bodies.
        let scope = rig.scope(account);
        let request = PageRequest::new(None, Some(50), 50);
        let page = scope.logs(&id("default"), request, None).await;
        let page = page.unwrap().unwrap();
        assert_eq!(page.total, numbers.len() as u64);
        assert!(!page.items.is_empty());
        for row in page.items {
            let number = row.id.as_u64_pair().1;
            for (side, letter) in [(crate::Side::Request, 'q'), (crate::Side::Response, 'a')] {
                let body = scope.log_body(&id("default"), row.id, side).await;
                let bytes = body.unwrap().unwrap().bytes;
                let whole = format!("{letter}{number}-{}", "x".repeat(1_000));
                assert_eq!(bytes, whole.as_bytes());
            }
        }
    }
}

#[tokio::test]
async fn d_04_a_killed_process_loses_the_end_of_its_rows_and_tears_none() {
    crash(4, |_, _| {}).await;
}

/// On a quiet machine the writer keeps up, so that what is lost is one batch.
#[tokio::test]
#[ignore = "counts on a quiet machine"]
async fn soak_d_04_a_killed_process_loses_a_batch_of_rows_at_most() {
    crash(20, |last, there| {
        let lost = last.offered.saturating_sub(there);
        assert!(lost <= 1_000, "{lost} rows are lost: {last:?}");
        println!("killed after {} rows, {lost} lost", last.offered);
    })
    .await;
}
