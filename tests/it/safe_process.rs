//! How the house as a process begins and ends while callers are there.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aig_testkit::{PATIENCE, Provider, RawCaller, eventually};
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::process::{ACCOUNT, Served, TOKEN, aig, handles, http, send};

const EVENT: &str = "data: {\"choices\":[]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// A house whose `openai` is that provider, with an open gateway `g`.
async fn serve(directory: &Path, provider: &Provider, more: &[&str]) -> Served {
    let openai = format!("openai={}/v1", provider.url());
    let mut settings = vec!["--provider", &openai, "--egress-allow", "127.0.0.0/8"];
    settings.extend(more);
    let served = Served::start(directory, &settings).await;
    served.gateway("g").await;
    served
}

async fn door_closes(address: SocketAddr) {
    eventually("the door to close", async || {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
}

/// How the rows of the gateway `g` say that their requests ended, read by the next process.
async fn outcomes(directory: &Path) -> Vec<String> {
    let served = Served::start(directory, &[]).await;
    let rows = served.rows("g").await;
    served.signal("TERM");
    assert!(served.ended().await.success());
    let text = |row: &serde_json::Value| row["outcome"].as_str().unwrap().to_owned();
    rows.iter().map(text).collect()
}

/// Asked to stop with so many streams and so many calls open, the house takes nothing new, lets all
/// of them end, writes their rows and exits with 0.
async fn drain(streams: usize, calls: usize) {
    let provider = Provider::start().await;
    let directory = tempfile::tempdir().unwrap();
    let served = serve(directory.path(), &provider, &[]).await;
    let url = served.url("g", "openai/chat/completions");
    let client = http();

    let mut idle = RawCaller::to(served.address).await;
    idle.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(idle.answer().await.unwrap().status, 200);

    let stream_gates: Vec<_> = (0..streams)
        .map(|_| provider.streams([EVENT, DONE]))
        .collect();
    let opened = (0..streams).map(|_| client.post(&url).body("{}").send());
    let opened: Vec<_> = join_all(opened).await;
    let mut open: Vec<_> = opened
        .into_iter()
        .map(|answer| answer.unwrap().bytes_stream())
        .collect();
    stream_gates.iter().for_each(|gate| gate.release_one());
    for stream in &mut open {
        assert_eq!(&stream.next().await.unwrap().unwrap()[..], EVENT.as_bytes());
    }
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let call_gates: Vec<_> = (0..calls)
        .map(|_| provider.answers_in_parts([answer]))
        .collect();
    let waiting: Vec<_> = (0..calls)
        .map(|_| tokio::spawn(client.post(&url).body("{}").send()))
        .collect();
    eventually("every call to arrive", async || {
        (provider.requests().len() == streams + calls).then_some(())
    })
    .await;

    served.signal("TERM");
    door_closes(served.address).await;
    assert_eq!(idle.answer().await, None, "an idle connection is closed");
    stream_gates.iter().for_each(|gate| gate.release_all());
    call_gates.iter().for_each(|gate| gate.release_all());
    for mut stream in open {
        assert_eq!(&stream.next().await.unwrap().unwrap()[..], DONE.as_bytes());
        assert!(stream.next().await.is_none(), "a stream ends cleanly");
    }
    for call in waiting {
        let answer = call.await.unwrap().unwrap();
        assert_eq!(answer.text().await.unwrap(), "{}");
    }
    assert!(served.ended().await.success());
    let outcomes = outcomes(directory.path()).await;
    assert_eq!(outcomes.len(), streams + calls);
    assert!(outcomes.iter().all(|outcome| outcome == "complete"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_01_a_drain_cuts_nothing_and_loses_no_row() {
    drain(10, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_t_01_a_drain_cuts_nothing_and_loses_no_row() {
    drain(500, 500).await;
}

/// Streams that do not end are cut when the deadline runs out, or at the second signal, whichever
/// comes first; their rows say so.
async fn cut(streams: usize, drain_timeout: &str, signals: usize) {
    let provider = Provider::start().await;
    let directory = tempfile::tempdir().unwrap();
    let more = ["--drain-timeout", drain_timeout];
    let served = serve(directory.path(), &provider, &more).await;
    let url = served.url("g", "openai/chat/completions");
    let client = http();
    let mut open = Vec::new();
    for _ in 0..streams {
        let gate = provider.streams([EVENT, DONE]);
        let answer = client.post(&url).body("{}").send().await.unwrap();
        let mut stream = answer.bytes_stream();
        gate.release_one();
        stream.next().await.unwrap().unwrap();
        open.push(stream);
    }
    served.signal("TERM");
    door_closes(served.address).await;
    if signals > 1 {
        served.signal("TERM");
    }
    for mut stream in open {
        let end = stream.next().await;
        assert!(
            matches!(end, Some(Err(_))),
            "a stream must break, not end: {end:?}"
        );
    }
    // A drain that ran out is an orderly end, a drain that was broken off is none.
    assert_eq!(served.ended().await.success(), signals == 1);
    assert_eq!(outcomes(directory.path()).await, vec!["cut"; streams]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_02_the_drain_has_a_deadline() {
    cut(3, "0", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_02_a_second_signal_ends_the_drain() {
    cut(3, "300", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_t_02_drains_end_at_the_limit_and_at_the_second_signal() {
    cut(500, "10", 1).await;
    cut(500, "300", 2).await;
}

/// Until the configuration is there, nobody is told that his gateway is not: a caller that knocks
/// all the while hears nothing before the first true answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_04_nothing_is_answered_before_the_configuration_is_there() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "{}");
    let directory = tempfile::tempdir().unwrap();
    let served = serve(directory.path(), &provider, &[]).await;
    served.signal("TERM");
    assert!(served.ended().await.success());

    // The port must be known before the process listens on it.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let lock = rusqlite::Connection::open(directory.path().join("config.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (listen, path) = (address.to_string(), directory.path().display().to_string());
    let openai = format!("openai={}/v1", provider.url());
    let words = [
        "serve",
        "--listen",
        &listen,
        "--data-dir",
        &path,
        "--provider",
        &openai,
        "--egress-allow",
        "127.0.0.0/8",
    ];
    let process = aig(&words)
        .env("AIG_BOOTSTRAP_ACCOUNT", ACCOUNT)
        .env("AIG_BOOTSTRAP_TOKEN", TOKEN)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let refused = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refused);
    let knocking = tokio::spawn(async move {
        let client = http();
        let url = format!("http://{address}/v1/{ACCOUNT}/g/openai/x");
        let ready = format!("http://{address}/readyz");
        eventually("the first answer", async || {
            let readiness = client.get(&ready).send().await.ok().map(|a| a.status());
            match client.get(&url).send().await {
                Ok(answer) => Some(answer.status().as_u16()),
                Err(_) => {
                    assert_eq!(readiness, None, "ready before there are gateways");
                    counted.fetch_add(1, Ordering::Relaxed);
                    None
                }
            }
        })
        .await
    });
    // It has begun, stands before the lock, and many knocks later still does.
    eventually("a process that cannot go on", async || {
        handles(&process, 15).then_some(())
    })
    .await;
    let before = refused.load(Ordering::Relaxed);
    eventually("many knocks in vain", async || {
        (refused.load(Ordering::Relaxed) >= before + 20).then_some(())
    })
    .await;
    assert!(!knocking.is_finished());
    lock.execute_batch("ROLLBACK").unwrap();
    drop(lock);
    let knocked = tokio::time::timeout(PATIENCE, knocking).await.unwrap();
    // An existing gateway is served from the first answer on.
    assert_eq!(knocked.unwrap(), 200);
    send("TERM", &process);
    let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
    assert!(ended.await.unwrap().status.success());
}
