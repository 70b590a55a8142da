//! Rows at a steady pace: the writer keeps up, and handing in costs next to nothing.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::*;

/// What was measured while rows were offered.
struct Measured {
    /// How long each offer took, the shortest first.
    offers: Vec<Duration>,
    /// The most bytes that waited to be written.
    queued: u64,
    /// Time of the thread that writes, user and system.
    writer: Duration,
}

/// Time of the journal's thread in this process, user and system.
fn cpu_of_writer() -> Duration {
    let ticks = |stat: String| {
        // The name before may have spaces in it, so what is counted begins behind it.
        let rest = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
        let rest = rest.unwrap_or_default();
        let times = rest.split(' ').skip(11).take(2);
        times.filter_map(|t| t.parse::<u64>().ok()).sum::<u64>()
    };
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let threads = tasks.filter_map(|task| {
        let path = task.ok()?.path();
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let stat = std::fs::read_to_string(path.join("stat")).ok()?;
        (name.trim() == "store-journal").then(|| ticks(stat))
    });
    Duration::from_millis(threads.sum::<u64>() * 10)
}

/// Offers so many rows a second with two bodies of half a kilobyte each, for so long; without a
/// pace as fast as it goes.
async fn offered(rig: &Rig, pace: Option<u32>, rows: u32) -> Measured {
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let body = |number: u32| {
        let mut seed = number;
        let text: String = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ["model ", "answers ", "the ", "token ", "7", "f3 "][(seed >> 13) as usize % 6]
        })
        .take(120)
        .collect();
        Body::try_from(Bytes::from(text)).ok()
    };
    let before = cpu_of_writer();
    let mut measured = Measured {
        offers: Vec::with_capacity(rows as usize),
        queued: 0,
        writer: Duration::ZERO,
    };
    let began = Instant::now();
    for number in 0..rows {
        let transcript = Transcript {
            request: body(number),
            response: body(number ^ 0x5555),
        };
        let row = record(account, &gateway, number);
        if let Some(pace) = pace {
            let due = began + Duration::from_secs(1) * number / pace;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let asked = Instant::now();
        journal.offer((row, transcript));
        measured.offers.push(asked.elapsed());
        measured.queued = measured.queued.max(journal.counters().queued_bytes());
    }
    journal.flush().await;
    measured.offers.sort_unstable();
    measured.writer = cpu_of_writer().saturating_sub(before);
    measured
}

fn whole(rig: &Rig, written: u32) {
    let journal = rig.store.journal();
    let counters = journal.counters();
    assert_eq!(
        (counters.dropped(), counters.refused(), counters.shed()),
        (0, 0, 0)
    );
    assert_eq!(counters.written(), u64::from(written));
    assert_eq!((rows(rig), gaps(rig)), (i64::from(written), 0));
}

#[tokio::test]
async fn a_second_of_rows_with_bodies_is_written_without_a_loss() {
    let rig = Rig::new();
    // Five thousand of them fit into the queue even when the writer does not get a turn.
    offered(&rig, None, 5_000).await;
    whole(&rig, 5_000);
}

#[tokio::test]
#[ignore = "measures on a quiet machine"]
async fn soak_five_thousand_rows_a_second_are_written_without_a_loss() {
    let rig = Rig::new();
    let seconds = 15;
    let measured = offered(&rig, Some(5_000), 5_000 * seconds).await;
    whole(&rig, 5_000 * seconds);
    let at = |share: usize| measured.offers[(measured.offers.len() - 1) * share / 10_000];
    println!(
        "5,000 rows a second for {seconds} s: an offer takes {:?} at the median, {:?} at p99, {:?} at \
         p99.9, {:?} at most; queue at most {} KiB; the writer takes {:?} of CPU, {:.1} % of a core",
        at(5_000),
        at(9_900),
        at(9_990),
        at(10_000),
        measured.queued >> 10,
        measured.writer,
        measured.writer.as_secs_f64() * 100.0 / f64::from(seconds),
    );
    assert!(at(9_900) < Duration::from_micros(100), "{:?}", at(9_900));
}
