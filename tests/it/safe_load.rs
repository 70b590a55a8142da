//! Callers and providers that send too much, and what that costs the house: measured on the house
//! as a process of its own.

use std::future::Future;

use aig_testkit::frames::{self, FrameCaller, StreamVerdict, kind};
use aig_testkit::{House, Pouring, Provider, RawCaller};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{ACCOUNT, Served, http};

const MIB: u64 = 1 << 20;
/// What a process gets and keeps for reasons of its own: buffers of the allocator, threads, pages.
const SLACK: u64 = 12 * MIB;

/// A house as a process, with an open gateway `g` whose `openai` is at that base.
pub(crate) async fn serve(base: &str, more: &[&str]) -> (Served, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let openai = format!("openai={base}");
    let mut settings = vec!["--provider", &openai, "--egress-allow", "127.0.0.0/8"];
    settings.extend(more);
    let served = Served::start(directory.path(), &settings).await;
    served.gateway("g").await;
    (served, directory)
}

pub(crate) async fn end(served: Served) {
    served.signal("TERM");
    assert!(served.ended().await.success());
}

/// A request in order, which also warms up what the first one makes.
async fn plain(served: &Served) {
    let request = http().post(served.url("g", "openai/x")).body("{}");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// How far the process's memory rose above what it was, at its highest, while that was done.
async fn growth(served: &Served, done: impl Future<Output = ()>) -> u64 {
    let before = served.memory("VmRSS");
    done.await;
    served.memory("VmHWM").saturating_sub(before)
}

pub(crate) fn head(more: &str) -> String {
    format!("POST /v1/{ACCOUNT}/g/openai/x HTTP/1.1\r\nhost: x\r\n{more}\r\n")
}

/// Bodies beyond the limit, in chunks of so many bytes: refused early, held no longer than that, and
/// the connection closed.
async fn oversized(cap: u64, chunk: usize) {
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "{}");
    let base = format!("{}/v1", provider.url());
    let limit = cap.to_string();
    let (served, _directory) = serve(&base, &["--max-request-body", &limit]).await;
    plain(&served).await;
    let before = provider.requests().len();

    // Said in advance: refused before a byte of it came, and nobody was asked.
    let claims = [cap + 1, 10_000_000_000, u64::MAX >> 1].map(async |claimed| {
        let mut caller = RawCaller::to(served.address).await;
        caller
            .send(head(&format!("content-length: {claimed}\r\n")))
            .await;
        assert_eq!(caller.answer().await.unwrap().status, 413, "{claimed}");
        assert_eq!(caller.answer().await, None, "the connection is closed");
    });
    join_all(claims).await;
    assert_eq!(provider.requests().len(), before);

    // Noticed on the way, and kept for other tries meanwhile.
    let chunks = (1 << 16) / chunk;
    let piece = format!("{chunk:x}\r\n{}\r\n", "x".repeat(chunk)).repeat(chunks);
    let more = "transfer-encoding: chunked\r\ncf-aig-max-attempts: 3\r\n";
    let mut caller = RawCaller::to(served.address).await;
    let grown = growth(&served, async {
        caller.send(head(more)).await;
        for _ in 0..=cap >> 16 {
            if !caller.send(&piece).await {
                break;
            }
        }
        assert_eq!(caller.answer().await.unwrap().status, 413);
        assert_eq!(caller.answer().await, None, "the connection is closed");
    });
    let grown = grown.await;
    println!("{grown} bytes for a body of {cap} in chunks of {chunk}");
    assert!(grown <= cap + SLACK, "{grown} bytes of memory");
    end(served).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p_01_a_body_beyond_the_limit_costs_no_more_than_the_limit() {
    oversized(8 * MIB, 1 << 16).await;
    oversized(MIB / 16, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_p_01_a_body_beyond_the_limit_costs_no_more_than_the_limit() {
    oversized(512 * MIB, 1 << 16).await;
    oversized(2 * MIB, 1).await;
}

/// What a stream may hold, what is known of its tokens, and how often its reader gives up.
fn streams(times: usize) -> Vec<(&'static str, Vec<u8>, Option<u64>, u64)> {
    let usage = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    let before = |start: &[u8]| [start, usage.as_bytes()].concat();
    let giant = [&b"data: {\"x\":\""[..], &vec![b'x'; 2 << 20], b"\"}\n\n"].concat();
    let swallowed = [
        &b"data: {\"x\":\""[..],
        &vec![b'x'; 2 << 20],
        b"\",\"usage\":{\"completion_tokens\":2}}\n\n",
    ];
    vec![
        ("usage alone", before(b""), Some(2), 0),
        (
            "an event without an end",
            [&b"data: "[..], &vec![b'x'; 2 << 20]].concat(),
            None,
            1,
        ),
        ("an event beyond what is read", swallowed.concat(), None, 1),
        ("one behind it", before(&giant), Some(2), 1),
        (
            "comments",
            before(": ping\n".repeat(times).as_bytes()),
            Some(2),
            0,
        ),
        (
            "a comment without an end",
            [&b": "[..], &vec![b'c'; 2 << 20]].concat(),
            None,
            0,
        ),
        (
            "empty events",
            before("data:\n\n".repeat(times).as_bytes()),
            Some(2),
            0,
        ),
        (
            "empty lines",
            before("\n".repeat(times).as_bytes()),
            Some(2),
            0,
        ),
        (
            "no UTF-8",
            before(b"data: {\"x\":\"\xff\xfe\xc3\"}\n\n"),
            Some(2),
            0,
        ),
        ("a byte order mark", before(b"\xef\xbb\xbf"), Some(2), 0),
        (
            "CR for lines",
            usage.replace('\n', "\r").into_bytes(),
            Some(2),
            0,
        ),
        (
            "CRLF for lines",
            usage.replace('\n', "\r\n").into_bytes(),
            Some(2),
            0,
        ),
        (
            "all of them",
            before(b"data: 1\r\rdata: 2\r\n\r\ndata: 3\n\r\n"),
            Some(2),
            0,
        ),
        ("NUL", before(b"data: \0{}\0\n\0\n\n"), Some(2), 0),
        (
            "data without a colon",
            before(b"data\n\ndata\n\n"),
            Some(2),
            0,
        ),
        (
            "JSON that is cut",
            b"data: {\"usage\":{\"completion_tok\n\n".to_vec(),
            None,
            0,
        ),
        ("JSON that is none", before(b"data: ]}{[\n\n"), Some(2), 0),
        ("nothing", Vec::new(), None, 0),
    ]
}

/// Every stream arrives as it was sent, none of them ends with `[DONE]`, and what cannot be read of
/// it is not guessed at.
async fn abuse(times: usize) {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    let given_up = async || {
        let url = format!("http://{}/metrics", house.address());
        let text = house
            .http()
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let name = "aig_inspections_given_up_total ";
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse::<u64>().unwrap()
    };
    for (index, (what, sent, tokens, gives_up)) in streams(times).into_iter().enumerate() {
        let gateway = format!("g{index}");
        house.gateway(&gateway, json!({})).await;
        let before = given_up().await;
        // Cut at places that have nothing to do with its lines.
        let pieces: Vec<_> = sent.chunks(10_007).map(Bytes::copy_from_slice).collect();
        provider.streams(pieces).release_all();
        let url = house.url(&gateway, "openai/chat/completions");
        let answer = house.http().post(url).body("{}").send().await.unwrap();
        let received = answer
            .bytes()
            .await
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(received == sent, "{what}: the stream was changed");
        let row = house.logged(&gateway, 1).await.remove(0);
        let known = tokens.map_or(Value::Null, Value::from);
        assert_eq!(
            (&row["tokens_out"], &row["outcome"]),
            (&known, &json!("complete")),
            "{what}"
        );
        assert_eq!(given_up().await - before, gives_up, "{what}");
    }
}

#[tokio::test]
async fn p_05_streams_of_any_shape_pass_unchanged() {
    abuse(10_000).await;
}

/// A stream without an end of line passes through a house that does not grow.
async fn endless(length: u64) {
    let whole = length + "data: ".len() as u64;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {whole}\r\n\r\ndata: "
    );
    let piece = vec![b'x'; 1 << 16];
    let pouring = Pouring::start(head, piece, length >> 16).await;
    let (served, _directory) = serve(&format!("http://{}/v1", pouring.address()), &[]).await;
    let mut received = 0;
    let grown = growth(&served, async {
        let url = served.url("g", "openai/chat/completions");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).body("{}").send().await.unwrap();
        let mut stream = answer.bytes_stream();
        while let Some(piece) = stream.next().await {
            received += piece.unwrap().len() as u64;
        }
    });
    let grown = grown.await;
    assert_eq!(received, whole);
    assert!(grown <= SLACK, "{grown} bytes for a stream of {length}");
    let row = aig_testkit::eventually("a row", async || served.rows("g").await.pop()).await;
    assert_eq!(
        (&row["tokens_out"], &row["outcome"]),
        (&Value::Null, &json!("complete"))
    );
    end(served).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p_05_an_event_without_an_end_costs_nothing() {
    endless(64 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_p_05_streams_of_any_shape_and_length_pass() {
    abuse(1_000_000).await;
    endless(1 << 30).await;
}

/// A head of HTTP/2 in which one field is named and then repeated by its number: few bytes, and no
/// end of memory for who unfolds them.
fn bomb(repeats: usize) -> Vec<u8> {
    let path = format!("/v1/{ACCOUNT}/g/openai/x");
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "x"),
        (":path", path.as_str()),
    ];
    let mut block = frames::block(&fields);
    // A literal that the table remembers; 62 is the first number of that table.
    block.push(0x40);
    frames::string(&mut block, b"x-bomb");
    frames::string(&mut block, "b".repeat(3_900).as_bytes());
    block.extend(std::iter::repeat_n(0x80 | 62, repeats));
    block
}

/// Heads beyond every limit, so many of each kind: refused, and they cost no more than twenty times
/// what was sent.
async fn heads(times: usize) {
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "{}");
    let (served, _directory) = serve(&format!("{}/v1", provider.url()), &[]).await;
    plain(&served).await;
    let lines = |count: usize, length: usize| -> String {
        let value = "a".repeat(length);
        (0..count).map(|n| format!("x-{n}: {value}\r\n")).collect()
    };
    let rows = [
        (lines(98, 100), 200),
        (lines(101, 1), 431),
        (lines(1, 64 << 10), 431),
        (lines(1000, 1 << 10), 431),
        (lines(10_000, 0), 431),
        (format!("{}: 1\r\n", "n".repeat(64 << 10)), 431),
    ];
    for (more, status) in rows {
        let length = more.len() as u64 * times as u64;
        let text = head(&format!("content-length: 0\r\n{more}"));
        let grown = growth(&served, async {
            let asked = join_all((0..times).map(|_| async {
                let mut caller = RawCaller::to(served.address).await;
                caller.send(&text).await;
                caller.answer().await.map(|answer| answer.status)
            }));
            for answered in asked.await {
                // A reset may overtake an answer while the caller is still sending.
                let cut = answered.is_none() && more.len() > 64 << 10;
                assert!(
                    answered == Some(status) || cut,
                    "{answered:?} for {}",
                    &text[..200]
                );
            }
        });
        let grown = grown.await;
        assert!(
            grown <= 20 * length + SLACK,
            "{grown} bytes for {length} of heads"
        );
    }
    let served_before = provider.requests().len();
    let block = bomb(16_000);
    let grown = growth(&served, async {
        let bombs = (0..times).map(|_| async {
            let mut caller = FrameCaller::to(served.address).await;
            let (first, rest) = block.split_at(8_000);
            caller
                .frame(kind::HEADERS, frames::END_STREAM, 1, first)
                .await;
            caller
                .frame(kind::CONTINUATION, frames::END_HEADERS, 1, rest)
                .await;
            assert_ne!(caller.verdict(1).await, StreamVerdict::Served);
        });
        join_all(bombs).await;
    });
    let (grown, length) = (grown.await, (block.len() * times) as u64);
    assert!(
        grown <= 20 * length + SLACK,
        "{grown} bytes for {length} of bombs"
    );
    // A head that never ends.
    let grown = growth(&served, async {
        let floods = (0..times).map(|_| async {
            let mut caller = FrameCaller::to(served.address).await;
            caller
                .frame(kind::HEADERS, frames::END_STREAM, 1, &[])
                .await;
            let field = frames::block(&[("x-flood", "f")]);
            let mut sent = 0;
            while caller.frame(kind::CONTINUATION, 0, 1, &field).await {
                sent += 1;
                assert!(sent < 1_000_000, "a head may go on for ever");
            }
            let verdict = caller.verdict(1).await;
            assert!(
                matches!(verdict, StreamVerdict::GoneAway(_) | StreamVerdict::Closed),
                "{verdict:?}"
            );
        });
        join_all(floods).await;
    });
    let grown = grown.await;
    assert!(
        grown <= SLACK + 20 * MIB,
        "{grown} bytes for heads without an end"
    );
    assert_eq!(provider.requests().len(), served_before);
    plain(&served).await;
    end(served).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_16_heads_have_limits_and_cost_little() {
    heads(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long form: cargo xtask soak"]
async fn soak_h_16_heads_have_limits_and_cost_little() {
    heads(500).await;
}
