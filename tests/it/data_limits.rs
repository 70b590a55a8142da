//! Limits on time and memory of answers: silent and endless providers, callers that do not read.

use std::time::{Duration, Instant};

use aig_provider::Wire;
use aig_server::config::Flags;
use aig_testkit::{House, PATIENCE, Provider, eventually};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::data_streams::{http2, only_row};
use crate::pouring::Pouring;
use crate::process::{ACCOUNT, Served, TOKEN};

const SECOND: Duration = Duration::from_secs(1);

async fn limited(provider: &Provider, limit: impl FnOnce(&mut Flags)) -> House {
    let house = House::builder().provider(provider).flags(limit);
    let house = house.start().await;
    house.gateway("g", json!({})).await;
    house
}

async fn pouring(provider: &Pouring, limit: impl FnOnce(&mut Flags)) -> House {
    let house = House::builder()
        .flags(|flags| flags.providers.push(format!("openai={}", provider.base)))
        .flags(limit)
        .start()
        .await;
    house.gateway("g", json!({})).await;
    house
}

#[tokio::test]
async fn u_08_a_provider_that_never_answers_is_given_up() {
    let provider = Provider::start().await;
    let house = limited(&provider, |flags| flags.first_byte_timeout = Some(1)).await;
    provider.hangs();
    let begun = Instant::now();
    let request = house.http().post(house.url("g", "openai/x")).body("{}");
    let answer = request.send().await.unwrap();
    assert!(begun.elapsed() >= SECOND);
    assert!(answer.text().await.unwrap().contains("\"code\":2005"));
    assert_eq!(only_row(&house).await["outcome"], "unanswered");
    provider.disconnected().await;
}

#[tokio::test]
async fn u_08_a_provider_that_goes_silent_is_a_break() {
    let provider = Provider::start().await;
    let house = limited(&provider, |flags| flags.idle_timeout = Some(1)).await;
    let event = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    let words = std::str::from_utf8(Wire::OpenAi.broken_stream_event().unwrap()).unwrap();
    // Silent behind its head, and behind an event.
    for (said, rows) in [(0, 1), (1, 2)] {
        let gate = provider.streams([event, "data: never\n\n"]);
        let request = house.http().post(house.url("g", "openai/x")).body("{}");
        // Before the request: the head reaches the gateway earlier than the caller.
        let begun = Instant::now();
        let mut answer = request.send().await.unwrap();
        gate.release(said);
        let mut seen = String::new();
        let end = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => seen.push_str(str::from_utf8(&chunk).unwrap()),
                end => break end,
            }
        };
        assert!(end.is_err(), "a clean end would be a lie");
        assert!(begun.elapsed() >= SECOND, "{:?}", begun.elapsed());
        assert_eq!(seen, [&event.repeat(said), words].concat());
        provider.disconnected().await;
        let row = house.logged("g", rows).await.remove(0);
        assert_eq!(row["outcome"], "upstream_broke");
        assert_eq!(
            row["tokens_out"],
            if said == 1 { json!(2) } else { json!(null) }
        );
    }
}

#[tokio::test]
async fn u_08_an_endless_answer_is_cut() {
    let provider = Pouring::start().await;
    let house = pouring(&provider, |flags| flags.max_duration = Some(1)).await;
    let request = house.http().post(house.url("g", "openai/x")).body("{}");
    let begun = Instant::now();
    let mut answer = request.send().await.unwrap();
    // At a pace at which it would take a quarter of an hour.
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let mut seen = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        seen += chunk.len();
        pace.tick().await;
        assert!(begun.elapsed() < PATIENCE, "it goes on");
    }
    assert!(seen < crate::pouring::ANSWER);
    assert!(begun.elapsed() >= SECOND);
    assert_eq!(only_row(&house).await["outcome"], "cut");
}

/// A caller's socket that takes little before it is full.
async fn small_socket(house: std::net::SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    socket.connect(house).await.unwrap()
}

/// Asks for an answer over HTTP/1.1, and reads nothing of it.
async fn ask(house: std::net::SocketAddr, account: &str) -> TcpStream {
    let mut stream = small_socket(house).await;
    let text = format!(
        "POST /v1/{account}/g/openai/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn http2_connection(house: std::net::SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(house).await.unwrap();
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(64 << 20)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

/// Asks for an answer over HTTP/2, and takes its head alone.
async fn ask_http2(
    sender: &mut SendRequest<Full<Bytes>>,
    house: std::net::SocketAddr,
    account: &str,
) -> http::Response<hyper::body::Incoming> {
    let request = Request::post(format!("http://{house}/v1/{account}/g/openai/x"))
        .body(Full::from("{}"))
        .unwrap();
    sender.ready().await.unwrap();
    sender.send_request(request).await.unwrap()
}

#[tokio::test]
async fn u_17_a_caller_that_reads_nothing_is_cut() {
    let provider = Pouring::start().await;
    let house = pouring(&provider, |flags| flags.write_timeout = Some(1)).await;
    let begun = Instant::now();
    let _stream = ask(house.address(), &house.account().to_string()).await;
    assert_eq!(only_row(&house).await["outcome"], "client_gone");
    assert!(begun.elapsed() >= SECOND);
    eventually("the provider to be let go", async || {
        (provider.left() == 1).then_some(())
    })
    .await;
}

/// Only the stream that is not read; the others of its connection go on.
#[tokio::test]
async fn u_17_a_stream_of_http_2_that_is_not_read_is_cut() {
    let provider = Pouring::start().await;
    let house = pouring(&provider, |flags| flags.write_timeout = Some(1)).await;
    let account = house.account().to_string();
    let mut sender = http2_connection(house.address()).await;
    let begun = Instant::now();
    let unread = ask_http2(&mut sender, house.address(), &account).await;
    assert_eq!(only_row(&house).await["outcome"], "client_gone");
    assert!(begun.elapsed() >= SECOND);
    eventually("the provider to be let go", async || {
        (provider.left() == 1).then_some(())
    })
    .await;
    let other = ask_http2(&mut sender, house.address(), &account).await;
    assert_eq!(other.status(), 200);
    drop(unread);
}

/// The clock runs for who does not read, and not for who has nothing to read.
#[tokio::test]
async fn u_17_a_silent_provider_is_not_the_callers_fault() {
    let provider = Provider::start().await;
    let pours = Pouring::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| {
            flags.providers.push(format!("groq={}", pours.base));
            flags.write_timeout = Some(1);
        })
        .start()
        .await;
    house.gateway("g", json!({})).await;
    house.gateway("other", json!({})).await;
    for client in [house.http().clone(), http2()] {
        let gate = provider.streams(["data: 1\n\n", "data: 2\n\n"]);
        let request = client.post(house.url("g", "openai/x")).body("{}");
        let mut answer = request.send().await.unwrap();
        gate.release_one();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "data: 1\n\n");
        // Another one does not read, and is cut: so much time has passed.
        let cut = pours.left() + 1;
        let account = house.account();
        let mut stream = small_socket(house.address()).await;
        let text = format!(
            "POST /v1/{account}/other/groq/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        eventually("the other one to be cut", async || {
            (pours.left() == cut).then_some(())
        })
        .await;
        gate.release_all();
        assert_eq!(answer.text().await.unwrap(), "data: 2\n\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u_17_http_1_backpressure() {
    const STREAMS: usize = 24;
    let provider = Pouring::start().await;
    let house = pouring(&provider, |_| {}).await;
    let account = house.account().to_string();
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(ask(house.address(), &account).await);
    }
    // Most of it waits in the kernel, which lets a socket have 4 MiB each way.
    held(&provider, STREAMS, 8 << 20).await;
    // They are all alive: who reads gets more.
    let before = provider.taken();
    let mut read = vec![0; 32 << 20];
    streams[0].read_exact(&mut read).await.unwrap();
    assert!(provider.taken() > before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u_17_http_2_backpressure() {
    const STREAMS: usize = 24;
    let provider = Pouring::start().await;
    let house = pouring(&provider, |_| {}).await;
    let account = house.account().to_string();
    let mut sender = http2_connection(house.address()).await;
    let mut answers = Vec::new();
    for _ in 0..STREAMS {
        answers.push(ask_http2(&mut sender, house.address(), &account).await);
    }
    // The window of the caller, that of the house and what is between them.
    held(&provider, STREAMS, 512 << 10).await;
}

/// Checks that no more than `most` bytes of an answer were taken from the provider.
async fn held(provider: &Pouring, streams: usize, most: usize) {
    eventually("every answer to begin", async || {
        (provider.answers() == streams).then_some(())
    })
    .await;
    let taken = provider.stuck().await / streams;
    assert!(taken <= most, "{taken} bytes were taken of each answer");
}

/// Resident memory of a process, in bytes.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() << 10
}

/// What one stream may cost whose caller reads nothing, in bytes of the process: 64 KiB of the answer,
/// and half of that for its two connections and what its row will say.
const PER_STREAM: usize = 96 << 10;
const LONG: usize = 1000;

/// A thousand callers that read nothing, each on a connection of its own: the long form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long form, for `cargo xtask soak`"]
async fn soak_u_17_http_1_memory() {
    let provider = Pouring::start().await;
    let (served, _directory) = stalled_house(&provider).await;
    let before = resident(served.process.id());
    let mut streams = Vec::new();
    for _ in 0..LONG {
        streams.push(ask(served.address, ACCOUNT).await);
    }
    measure(&served, &provider, before).await;
}

/// The same over HTTP/2, two hundred streams to a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long form, for `cargo xtask soak`"]
async fn soak_u_17_http_2_memory() {
    let provider = Pouring::start().await;
    let (served, _directory) = stalled_house(&provider).await;
    let before = resident(served.process.id());
    let mut answers = Vec::new();
    for _ in 0..LONG / 200 {
        let mut sender = http2_connection(served.address).await;
        for _ in 0..200 {
            answers.push(ask_http2(&mut sender, served.address, ACCOUNT).await);
        }
    }
    measure(&served, &provider, before).await;
}

async fn stalled_house(provider: &Pouring) -> (Served, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let base = format!("openai={}", provider.base);
    let more = [
        "--provider",
        &base,
        "--egress-allow",
        "127.0.0.1",
        "--write-timeout",
        "0",
    ];
    let served = Served::start(directory.path(), &more).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let made = client
        .post(served.gateways(""))
        .bearer_auth(TOKEN)
        .json(&json!({"id": "g"}))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 200);
    (served, directory)
}

async fn measure(served: &Served, provider: &Pouring, before: usize) {
    eventually("every answer to begin", async || {
        (provider.answers() == LONG).then_some(())
    })
    .await;
    let taken = provider.stuck().await / LONG;
    let each = (resident(served.process.id()) - before) / LONG;
    println!("{each} bytes of memory a stream; {taken} bytes were taken of each answer");
    assert!(each <= PER_STREAM, "{each} bytes of memory a stream");
}
