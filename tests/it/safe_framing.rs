//! Two readers of one connection must read the same requests: what a caller can do to the frame of a
//! request, on bare sockets.
//!
//! Every row says what is sent, what the gateway makes of it, and what the provider sees. Behind
//! each stands a second request, which is smuggled if it is served where it must not be.

use aig_testkit::frames::{self, FrameCaller, StreamVerdict, kind};
use aig_testkit::{House, Provider, RawCaller};
use serde_json::json;

use Verdict::{Alone, Followed, Refused, Swallowed};

/// What becomes of the first request, and of the connection behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Refused with this status, and the connection closed.
    Refused(u16),
    /// Served, and the connection closed: what stands behind it is nobody's request.
    Alone(&'static str),
    /// Served, and what stands behind it taken for a part of it.
    Swallowed(&'static str),
    /// Served, and so is what stands behind it.
    Followed(&'static str),
}

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    provider.always_answers(200, &[], "served");
    house
}

/// A request to the gateway's provider, from its first line to the end of `rest`.
fn post(house: &House, path: &str, rest: &str) -> String {
    let account = house.account();
    format!("POST /v1/{account}/g/openai/{path} HTTP/1.1\r\nhost: x\r\n{rest}")
}

/// Sends a row and what may be smuggled behind it, and holds the outcome against the verdict.
async fn hold(id: &str, row: &str, verdict: Verdict) {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let mut caller = RawCaller::to(house.address()).await;
    let smuggled = post(&house, "smuggled", "content-length: 0\r\n\r\n");
    let row = row.replace("{POST}", &post(&house, "x", ""));
    caller.send(format!("{row}{smuggled}")).await;
    let first = caller.answer().await;
    let first = first.unwrap_or_else(|| panic!("{id} {row:?}: no answer"));
    let last = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    caller.send(last).await;
    let later = caller.answers().await.len();

    let whole: Vec<_> = provider
        .requests()
        .into_iter()
        .filter(|r| r.whole)
        .collect();
    let seen: Vec<_> = whole
        .iter()
        .map(|r| (r.target.as_str(), r.text()))
        .collect();
    match verdict {
        Refused(status) => {
            assert_eq!(
                (first.status, later),
                (status, 0),
                "{id} {row:?}: {first:?}"
            );
            assert!(seen.is_empty(), "{id} {row:?}: the provider saw {seen:?}");
        }
        Alone(body) => {
            assert_eq!((first.status, later), (200, 0), "{id} {row:?}: {first:?}");
            assert_eq!(seen, [("/v1/x", body)], "{id} {row:?}");
        }
        Swallowed(body) => {
            assert_eq!((first.status, later), (200, 1), "{id} {row:?}: {first:?}");
            assert_eq!(seen, [("/v1/x", body)], "{id} {row:?}");
        }
        Followed(body) => {
            assert_eq!((first.status, later), (200, 2), "{id} {row:?}: {first:?}");
            let both = [("/v1/x", body), ("/v1/smuggled", "")];
            assert_eq!(seen, both, "{id} {row:?}");
        }
    }
}

/// Lengths: one number in digits, or nothing. Source: RFC 9112 section 6.
#[tokio::test]
async fn h_01_lengths_are_certain_or_refused() {
    let rows = [
        // The row that shows that the others could be served.
        ("{POST}content-length: 5\r\n\r\nhello", Followed("hello")),
        // hyper frames by chunks and closes the connection behind it.
        (
            "{POST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            Alone("hello"),
        ),
        (
            "{POST}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            Alone("hello"),
        ),
        // A front that reads the length takes all that follows for a body; we must not serve it.
        (
            "{POST}content-length: 500\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            Alone(""),
        ),
        (
            "{POST}content-length: 5\r\ncontent-length: 5\r\n\r\nhello",
            Followed("hello"),
        ),
        (
            "{POST}content-length: 5\r\ncontent-length: 0\r\n\r\nhello",
            Refused(400),
        ),
        (
            "{POST}content-length: 0\r\ncontent-length: 5\r\n\r\nhello",
            Refused(400),
        ),
        ("{POST}content-length: +5\r\n\r\nhello", Refused(400)),
        // White space around a value is none of it (RFC 9110 section 5.5).
        (
            "{POST}content-length:    5  \r\n\r\nhello",
            Followed("hello"),
        ),
        ("{POST}content-length: 5 5\r\n\r\nhello", Refused(400)),
        ("{POST}content-length: 0x5\r\n\r\nhello", Refused(400)),
        (
            "{POST}content-length: 18446744073709551616\r\n\r\nhello",
            Refused(400),
        ),
        (
            "{POST}content-length: 18446744073709551615\r\n\r\nhello",
            Refused(431),
        ),
        ("{POST}content-length: -5\r\n\r\nhello", Refused(400)),
        ("{POST}content-length: 5, 5\r\n\r\nhello", Refused(400)),
        ("{POST}content-length: 5,0\r\n\r\nhello", Refused(400)),
        ("{POST}content-length: \r\n\r\nhello", Refused(400)),
        ("{POST}content-length: five\r\n\r\nhello", Refused(400)),
        ("{POST}content-length : 5\r\n\r\nhello", Refused(400)),
        ("{POST} content-length: 5\r\n\r\nhello", Refused(400)),
        (
            "{POST}content-length: 5\r\n folded\r\n\r\nhello",
            Refused(400),
        ),
        (
            "{POST}x: 1\r\n content-length: 5\r\n\r\nhello",
            Refused(400),
        ),
        ("{POST}x: a\rb\r\n\r\n", Refused(400)),
        ("{POST}x: a\0b\r\n\r\n", Refused(400)),
        ("{POST}: 1\r\n\r\n", Refused(400)),
        ("{POST}x y: 1\r\n\r\n", Refused(400)),
        // A line may end in a bare LF (RFC 9112 section 2.2); what is read out of it is the same.
        ("{POST}content-length: 5\n\nhello", Followed("hello")),
    ];
    for (row, verdict) in rows {
        hold("H-01", row, verdict).await;
    }
}

/// Codings: `chunked`, once.
#[tokio::test]
async fn h_02_codings_are_chunked_once_or_refused() {
    let body = "\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let good = format!("{{POST}}transfer-encoding: chunked{body}");
    hold("H-02", &good, Followed("hello")).await;
    for coding in [
        "chunked, identity",
        "identity, chunked",
        "gzip, chunked",
        "chunked, chunked",
        "xchunked",
        "chunked\x0b",
        "\x0bchunked",
        "\"chunked\"",
        "chunked;q=1",
        "identity",
        "",
        "chunked\r\ntransfer-encoding: chunked",
        "chunked\r\ntransfer-encoding: identity",
        "identity\r\ntransfer-encoding: chunked",
        "x\r\n chunked",
    ] {
        let row = format!("{{POST}}transfer-encoding: {coding}{body}");
        hold("H-02", &row, Refused(400)).await;
    }
}

/// HTTP/1.0 has no codings, and nothing follows a request of it.
#[tokio::test]
async fn h_02_http10_has_no_codings() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let old = |rest: &str| post(&house, "x", rest).replace("HTTP/1.1", "HTTP/1.0");
    let rows = [
        (
            "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            400,
            0,
        ),
        ("content-length: 5\r\n\r\nhello", 200, 1),
    ];
    for (rest, status, seen) in rows {
        let mut caller = RawCaller::to(house.address()).await;
        let smuggled = post(&house, "smuggled", "content-length: 0\r\n\r\n");
        caller.send(old(rest) + &smuggled).await;
        let answers = caller.answers().await;
        let statuses: Vec<_> = answers.iter().map(|a| a.status).collect();
        assert_eq!(statuses, [status], "{rest:?}");
        assert_eq!(provider.requests().len(), seen, "{rest:?}");
    }
}

/// Chunks that are broken break the request, and what follows is nobody's.
#[tokio::test]
async fn h_03_broken_chunks_break_the_request() {
    let megabyte = "e".repeat(1 << 20);
    let chunked = |rest: &str| format!("{{POST}}transfer-encoding: chunked\r\n\r\n{rest}");
    let rows = [
        // Extensions and trailers are legal, and end here.
        (chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), Followed("hello")),
        (
            chunked("5\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n"),
            Followed("hello"),
        ),
        (
            chunked("5\r\nhello\r\n0\r\ncontent-length: 9\r\nhost: y\r\n\r\n"),
            Followed("hello"),
        ),
        (
            chunked("10000000000000000\r\nhello\r\n0\r\n\r\n"),
            Refused(400),
        ),
        (chunked("+5\r\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("-5\r\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("0x5\r\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("\r\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("5 5\r\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("5\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("5;a\nhello\r\n0\r\n\r\n"), Refused(400)),
        (chunked("5\r\nhello\n0\r\n\r\n"), Refused(400)),
        (chunked("5\r\nhello0\r\n\r\n"), Refused(400)),
        // Half an end: the next head is read as trailers, up to its empty line.
        (chunked("5\r\nhello\r\n0\r\n\n"), Swallowed("hello")),
        (
            chunked(&format!("5;{megabyte}\r\nhello\r\n0\r\n\r\n")),
            Refused(400),
        ),
        (
            chunked(&format!("5\r\nhello\r\n0\r\nx: {megabyte}\r\n\r\n")),
            Refused(400),
        ),
    ];
    for (row, verdict) in rows {
        hold("H-03", &row, verdict).await;
    }
}

/// What is left of a refused request's body is thrown away or the connection closed; it is never
/// taken for a request.
#[tokio::test]
async fn h_04_an_unread_body_is_not_taken_for_a_request() {
    let provider = Provider::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.max_request_body = Some(8 << 20))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let closed = json!({"authentication": true});
    house.gateway("closed", closed).await;
    let account = house.account();
    let inner = post(&house, "smuggled", "content-length: 0\r\n\r\n");
    let refusals = [
        (format!("/v1/{account}/closed/openai/x"), "", 401),
        (format!("/v1/{account}/g/nobody/x"), "", 400),
        (format!("/v1/{account}/g/openai/../x"), "", 400),
        (
            format!("/v1/{account}/g/openai/x"),
            "cdn-loop: aig, aig\r\n",
            508,
        ),
        ("/nowhere".to_owned(), "", 404),
        ("/healthz".to_owned(), "", 405),
        (
            format!("/client/v4/accounts/{account}/ai-gateway/gateways"),
            "",
            401,
        ),
    ];
    // How long the body is said to be, and how much of it is sent before the answer is read.
    let small = inner.repeat(8);
    let large = inner.repeat((5 << 20) / inner.len());
    let bodies = [
        ("whole", small.len(), &small),
        ("begun", 90 << 10, &inner),
        ("longer than is thrown away", large.len(), &large),
    ];
    let mut rows = Vec::new();
    for (path, more, status) in &refusals {
        for (what, length, sent) in bodies {
            rows.push((path, more, *status, what, length, sent));
        }
    }
    let too_long = format!("/v1/{account}/g/openai/x");
    rows.push((&too_long, &"", 413, "begun", 9 << 20, &inner));
    rows.push((&too_long, &"", 413, "never to end", usize::MAX >> 1, &large));
    let address = house.address();
    let held = rows
        .into_iter()
        .map(|(path, more, status, what, length, sent)| async move {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\n{more}content-length: {length}\r\n\r\n"
            );
            let mut caller = RawCaller::to(address).await;
            caller.send(head).await;
            // A long body meets a reader that has given up, and is cut on its way.
            caller.send(sent).await;
            let answer = caller.answer().await;
            let last = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            caller.send(last).await;
            let later: Vec<_> = caller.answers().await.iter().map(|a| a.status).collect();
            let place = format!("{path} {what}");
            match what {
                // A reset may overtake an answer that a caller does not stop to read.
                "whole" | "begun" => assert_eq!(answer.map(|a| a.status), Some(status), "{place}"),
                _ => assert!(answer.is_none_or(|a| a.status == status), "{place}"),
            }
            // Thrown away to its end, the body leaves the connection fit for the next request.
            let expected: &[u16] = if what == "whole" { &[200] } else { &[] };
            assert!(later == expected || later.is_empty(), "{place}: {later:?}");
        });
    futures_util::future::join_all(held).await;
    assert!(provider.requests().is_empty(), "{:?}", provider.requests());
}

/// Pseudo-headers come first, once, all of them, and HTTP/1's frame is none of HTTP/2's.
/// Source: RFC 9113 section 8.
#[tokio::test]
async fn h_08_http2_heads_are_whole_or_refused() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let path = format!("/v1/{}/g/openai/x", house.account());
    let (method, scheme) = ((":method", "POST"), (":scheme", "http"));
    let (authority, target) = ((":authority", "x"), (":path", path.as_str()));
    let fine = [method, scheme, authority, target];
    let with = |more: &[(&'static str, &'static str)]| [&fine[..], more].concat();
    let spaced = format!("{path} HTTP/1.1");
    let split = format!("{path}\r\nx: y");
    let rows: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("no method", vec![scheme, authority, target]),
        ("no path", vec![method, scheme, authority]),
        ("no scheme", vec![method, authority, target]),
        (
            "an empty path",
            vec![method, scheme, authority, (":path", "")],
        ),
        ("two methods", with(&[(":method", "GET")])),
        ("two paths", with(&[(":path", "/healthz")])),
        ("an unknown one", with(&[(":smuggled", "1")])),
        ("one of an answer's", with(&[(":status", "200")])),
        (
            "one behind a header",
            vec![method, scheme, ("x", "1"), authority, target],
        ),
        (
            "a space in the path",
            vec![method, scheme, authority, (":path", &spaced)],
        ),
        (
            "a line's end in the path",
            vec![method, scheme, authority, (":path", &split)],
        ),
        (
            "a line's end in a method",
            vec![(":method", "GET / HTTP/1.1\r\n"), scheme, authority, target],
        ),
        ("a coding", with(&[("transfer-encoding", "chunked")])),
        ("a connection header", with(&[("connection", "close")])),
        ("a proxy's one", with(&[("proxy-connection", "keep-alive")])),
        ("keep-alive", with(&[("keep-alive", "1")])),
        ("an upgrade", with(&[("upgrade", "h2c")])),
        ("te beyond trailers", with(&[("te", "gzip")])),
        ("a name in capitals", with(&[("X-Big", "1")])),
        ("a name with a colon", with(&[("x:y", "1")])),
        ("a name with a line's end", with(&[("x\r\ny", "1")])),
        ("a value with a line's end", with(&[("x", "1\r\ny: 2")])),
        ("a value with NUL", with(&[("x", "1\0")])),
        ("a length without a body", with(&[("content-length", "5")])),
        (
            "two lengths",
            with(&[("content-length", "0"), ("content-length", "5")]),
        ),
        ("a length that is none", with(&[("content-length", "+0")])),
    ];
    for (what, fields) in rows {
        let mut caller = FrameCaller::to(house.address()).await;
        caller.head(1, &fields, true).await;
        let verdict = caller.verdict(1).await;
        assert_ne!(verdict, StreamVerdict::Served, "{what}");
        let seen: Vec<_> = provider
            .requests()
            .into_iter()
            .filter(|r| r.whole)
            .collect();
        assert!(
            seen.is_empty(),
            "{what}: {verdict:?}, and the provider saw {seen:?}"
        );
    }
    // A body that is longer or shorter than was said.
    for (said, body) in [("2", &b"hello"[..]), ("9", b"hello")] {
        let mut caller = FrameCaller::to(house.address()).await;
        let length = ("content-length", said);
        caller
            .head(1, &[&fine[..], &[length]].concat(), false)
            .await;
        caller.frame(kind::DATA, frames::END_STREAM, 1, body).await;
        assert_ne!(caller.verdict(1).await, StreamVerdict::Served, "{said}");
        assert!(provider.requests().iter().all(|r| !r.whole), "{said}");
    }
    // The head that shows that the others could be served.
    let mut caller = FrameCaller::to(house.address()).await;
    caller.head(1, &fine, true).await;
    assert_eq!(caller.verdict(1).await, StreamVerdict::Served);
    assert_eq!(provider.requests().iter().filter(|r| r.whole).count(), 1);
}
