//! Callers that send or read too slowly: they are cut off, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aig_testkit::{PATIENCE, Pouring, Provider, RawCaller};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::process::{Served, http};
use crate::safe_load::{end, head, serve};

/// The waits of requests that are made one after the other until `stop`.
async fn waits(served: &Served, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let client = http();
    let url = served.url("g", "anthropic/x");
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let request = client.post(&url).body("{}");
        assert_eq!(request.send().await.unwrap().status(), 200);
        waits.push(begun.elapsed());
    }
    waits
}

fn p99(mut waits: Vec<Duration>) -> Duration {
    waits.sort();
    waits[waits.len() * 99 / 100]
}

/// How many callers connect at the same time.
const AT_ONCE: usize = 100;

/// A caller that goes on with a byte every so often, until it is cut off.
async fn trickle(mut caller: RawCaller, every: Duration) {
    let stream = caller.stream();
    let mut pace = tokio::time::interval(every);
    let mut answer = [0; 4096];
    loop {
        tokio::select! {
            _ = pace.tick() => if stream.write_all(b"x").await.is_err() {
                return;
            },
            read = stream.read(&mut answer) => match read {
                Ok(read) if read > 0 => {}
                _ => return,
            },
        }
    }
}

/// So many slow callers of each kind: all are cut off, and nobody else notices.
struct Slow {
    callers: usize,
    /// Flags of the house; empty for its defaults.
    settings: &'static [&'static str],
    every: Duration,
    patience: Duration,
    /// Whether the waits of others are held against what they were before.
    timed: bool,
}

impl Slow {
    async fn run(self) {
        let pouring = Pouring::start(
            "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".into(),
            vec![b'x'; 1 << 16],
            1 << 14,
        )
        .await;
        let others = Provider::start().await;
        others.always_answers(200, &[], "{}");
        let anthropic = format!("anthropic={}", others.url());
        let more = [&["--provider", &anthropic], self.settings].concat();
        let base = format!("http://{}/v1", pouring.address());
        let (served, _directory) = serve(&base, &more).await;
        let served = Arc::new(served);

        let stop = Arc::new(AtomicBool::new(false));
        let measured = async {
            if self.timed {
                // The time that the measurement takes, not a wait for anything.
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
            stop.store(true, Ordering::Relaxed);
        };
        let (alone, ()) = tokio::join!(waits(&served, Arc::clone(&stop)), measured);

        let stop = Arc::new(AtomicBool::new(false));
        let beside = tokio::spawn({
            let (served, stop) = (Arc::clone(&served), Arc::clone(&stop));
            async move { waits(&served, stop).await }
        });
        let half = head("").replace("\r\n\r\n", "\r\nx-endless: ");
        // To a provider that does not answer before it has everything.
        let body = head("content-length: 100000\r\n").replace("/openai/", "/anthropic/");
        // Not all in one moment, or the queue of a listener would be what is measured.
        let silent = (0..self.callers).map(async |_| {
            let mut caller = RawCaller::to(served.address).await;
            caller.send(head("content-length: 0\r\n")).await;
            // The answer has begun; of the rest nothing is read.
            let mut status = [0; 12];
            caller.stream().read_exact(&mut status).await.unwrap();
            assert_eq!(&status, b"HTTP/1.1 200");
            caller
        });
        let silent: Vec<_> = stream::iter(silent)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let starts = (0..self.callers).flat_map(|_| [&half, &body]);
        let begun = starts.map(async |start| {
            let mut caller = RawCaller::to(served.address).await;
            caller.send(start).await;
            caller
        });
        let begun: Vec<_> = stream::iter(begun).buffered(AT_ONCE).collect().await;
        let slow = begun.into_iter().map(|caller| trickle(caller, self.every));
        tokio::time::timeout(self.patience, join_all(slow))
            .await
            .expect("slow callers are cut off");
        pouring.cut(self.callers, self.patience).await;
        stop.store(true, Ordering::Relaxed);
        let beside = beside.await.unwrap();
        assert!(!beside.is_empty());
        if self.timed {
            let (before, during) = (p99(alone), p99(beside));
            println!("p99 alone {before:?}, beside slow callers {during:?}");
            // A fifth more, and what a busy machine adds to any measurement.
            let most = before * 6 / 5 + Duration::from_millis(20);
            assert!(during <= most, "p99 {before:?} became {during:?}");
        }
        drop(silent);
        let served = Arc::into_inner(served).expect("nobody else holds it by now");
        end(served).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p_02_slow_callers_are_cut_off() {
    let settings = &[
        "--header-timeout",
        "1",
        "--body-timeout",
        "1",
        "--write-timeout",
        "1",
    ];
    let slow = Slow {
        callers: 10,
        settings,
        // Well within every pause that is allowed.
        every: Duration::from_millis(100),
        patience: PATIENCE,
        timed: false,
    };
    slow.run().await;
}

/// With the defaults, and four thousand callers in all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_p_02_slow_callers_are_cut_off() {
    let slow = Slow {
        callers: 1300,
        settings: &[],
        every: Duration::from_secs(10),
        // The system may still take a little of an answer for its buffers, and each time is a new one.
        patience: Duration::from_secs(400),
        timed: true,
    };
    slow.run().await;
}
