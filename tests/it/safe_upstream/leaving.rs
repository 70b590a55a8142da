//! Callers that leave, at any moment of a request, and what must not be left of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aig_testkit::{House, PATIENCE, Provider, Sockets, eventually};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{JSON, closed, house, metric, request, scrambled};
use crate::process::{self, Served};

/// A caller that can leave.
async fn caller(house: &House, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let account = house.account();
    let head =
        format!("POST /v1/{account}/g/openai/chat/completions HTTP/1.1\r\nhost: x\r\n{more}");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

const WHOLE: &str = "content-length: 13\r\n\r\n{\"model\":\"m\"}";

/// Leaves, and sees to it that the provider hears of it in time.
async fn leave(stream: TcpStream, provider: &Provider) {
    let left = Instant::now();
    drop(stream);
    provider.disconnected().await;
    let took = left.elapsed();
    assert!(
        took < Duration::from_secs(1),
        "the provider's call went on for {took:?}"
    );
}

#[tokio::test]
async fn u_11_a_leaving_caller_ends_everything_in_five_phases() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let tokens = r#""usage":{"prompt_tokens":5,"completion_tokens":2}"#;
    let (connections, tasks) = ("aig_connections", "aig_tasks");
    metric(&house, connections).await;
    let baseline = (
        metric(&house, connections).await,
        metric(&house, tasks).await,
    );

    // Before its head is read: there is nothing to end and nothing to tell.
    let stream = caller(&house, "content-le").await;
    eventually("its connection", async || {
        (metric(&house, connections).await > baseline.0).then_some(())
    })
    .await;
    drop(stream);

    // While the first byte is waited for; it would have been tried again.
    provider.hangs();
    let again = "cf-aig-max-attempts: 5\r\ncf-aig-retry-delay: 0\r\n";
    let stream = caller(&house, &format!("{again}{WHOLE}")).await;
    provider.next_request().await;
    leave(stream, &provider).await;
    let row = house.logged("g", 1).await.remove(0);
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("client_gone"), &json!(499))
    );
    assert_eq!(
        (&row["model"], &row["tokens_in"]),
        (&json!("m"), &Value::Null)
    );

    assert_eq!(row["timings"]["latency"], Value::Null);

    // In the middle of a stream.
    let gate = provider.streams([format!("data: {{{tokens}}}\n\n"), "data: never\n\n".into()]);
    gate.release_one();
    let mut stream = caller(&house, WHOLE).await;
    let mut seen = Vec::new();
    while !seen.windows(6).any(|six| six == b"usage\"") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
    }
    leave(stream, &provider).await;
    let row = house.logged("g", 2).await.remove(0);
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("client_gone"), &json!(499))
    );
    assert_eq!(
        (&row["tokens_in"], &row["tokens_out"]),
        (&json!(5), &json!(2))
    );

    // While the rest of an answer in one piece is waited for.
    let gate = provider.streams_with(200, &JSON, ["{\"id\":", "1}"]);
    gate.release_one();
    let mut stream = caller(&house, WHOLE).await;
    let mut seen = Vec::new();
    while !seen.windows(4).any(|four| four == b"\"id\"") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
    }
    leave(stream, &provider).await;
    let row = house.logged("g", 3).await.remove(0);
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("client_gone"), &json!(499))
    );

    // During the pause before another try; there is no call to end, and none follows.
    provider.fails(500);
    let later = "cf-aig-max-attempts: 2\r\ncf-aig-retry-delay: 60000\r\n";
    let stream = caller(&house, &format!("{later}{WHOLE}")).await;
    house.logged("g", 4).await;
    let left = Instant::now();
    drop(stream);
    let rows = house.logged("g", 5).await;
    assert_eq!(rows[1]["outcome"], "superseded");
    let row = &rows[0];
    assert!(
        left.elapsed() < Duration::from_secs(3),
        "it went on waiting"
    );
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("client_gone"), &json!(499))
    );

    assert_eq!(
        provider.requests().len(),
        4,
        "one for each phase that has one"
    );
    eventually("everything to have ended", async || {
        let now = (
            metric(&house, connections).await,
            metric(&house, tasks).await,
        );
        // The provider's side of one idle connection is a task of this process, too, and so are
        // those that drive ours.
        (now.0 <= baseline.0 && now.1 <= baseline.1 + 3).then_some(())
    })
    .await;
}

/// What a provider does with a call, by the call's number.
#[derive(PartialEq)]
enum Course {
    Silent,
    Head,
    Chunks,
    Whole,
}

impl Course {
    fn of(number: u64) -> Self {
        match scrambled(number) % 4 {
            0 => Self::Silent,
            1 => Self::Head,
            2 => Self::Chunks,
            _ => Self::Whole,
        }
    }
}

/// Its connections do not serve twice, or they would lie idle and be counted.
const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
const CHUNK: &str = "9\r\ndata: 1\n\n\r\n";

/// Callers that leave at any byte of their request and of its answer, in front of a process of its
/// own, so that its descriptors can be counted.
async fn nothing_leaks(calls: u64) {
    let arrived: Arc<Mutex<HashSet<u64>>> = Arc::default();
    let noted = Arc::clone(&arrived);
    let provider = Sockets::start(move |_, mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            let Some(text) = request(&mut stream).await else {
                return;
            };
            let number = text.split(['/', ' ']).find_map(|part| part.parse().ok());
            let number: u64 = number.expect("the path names the call");
            noted.lock().unwrap().insert(number);
            let answer = match Course::of(number) {
                Course::Silent => String::new(),
                Course::Head => EVENTS.to_owned(),
                Course::Chunks => format!("{EVENTS}{CHUNK}{CHUNK}"),
                Course::Whole => format!("{EVENTS}{CHUNK}0\r\n\r\n"),
            };
            let sent = stream.write_all(answer.as_bytes()).await;
            if sent.is_ok() && Course::of(number) != Course::Whole {
                closed(&mut stream).await;
            }
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let openai = format!("openai=http://{}/v1", provider.address());
    let words = ["--provider", &openai, "--egress-allow", "127.0.0.1"];
    let served = Served::start_with(directory.path(), &words, &[]).await;
    let address = served.address();
    let call = async |n: u64| {
        let text = format!(
            "POST /v1/{}/default/openai/{n} HTTP/1.1\r\nhost: x\r\ncf-aig-authorization: {}\r\n{WHOLE}",
            process::ACCOUNT,
            process::TOKEN,
        );
        let dice = scrambled(n ^ 0x5eed);
        let mut stream = TcpStream::connect(address).await.unwrap();
        let sent = match dice % 3 {
            0 => usize::try_from(dice >> 8).unwrap_or(0) % text.len(),
            _ => text.len(),
        };
        stream.write_all(&text.as_bytes()[..sent]).await.unwrap();
        // Most look before they leave: for the answer, or for the provider to be asked.
        if sent == text.len() && dice >> 32 & 3 != 0 {
            match Course::of(n) {
                Course::Silent => {
                    eventually("the provider to be asked", async || {
                        arrived.lock().unwrap().contains(&n).then_some(())
                    })
                    .await;
                }
                _ => {
                    let mut some = [0; 64];
                    assert!(stream.read(&mut some).await.unwrap() > 0);
                }
            }
        }
        if dice >> 60 == 0 {
            // A reset and not an end.
            stream.set_zero_linger().unwrap();
        }
    };
    let all = async |calls: std::ops::Range<u64>| {
        let calls = futures_util::stream::iter(calls).map(call);
        calls.buffer_unordered(16).collect::<Vec<()>>().await;
    };
    let seen = async || {
        let gauges = (
            served.metric("aig_connections").await,
            served.metric("aig_tasks").await,
        );
        (gauges.0, gauges.1, served.descriptors())
    };
    // The first calls open what stays open, such as the files of the log.
    all(0..32).await;
    let calm = async || {
        let (before, now) = (seen().await, seen().await);
        (before == now && now.0 <= 1).then_some(now)
    };
    let baseline = eventually("the first calls to end", calm).await;
    all(32..32 + calls).await;
    let mut now = baseline;
    let back = async {
        loop {
            now = seen().await;
            if now.0 <= baseline.0 && now.1 <= baseline.1 && now.2 <= baseline.2 {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let back = tokio::time::timeout(PATIENCE, back).await;
    assert!(
        back.is_ok(),
        "connections, tasks, descriptors: {now:?}, and before {baseline:?}"
    );
    assert!(
        provider.connections().await > calls as usize / 3,
        "hardly a call went on"
    );
    served.signal("TERM");
    assert!(served.ended().await.success());
}

#[tokio::test]
async fn u_12_nothing_leaks_when_callers_leave() {
    nothing_leaks(300).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_u_12_nothing_leaks_when_callers_leave() {
    nothing_leaks(100_000).await;
}
