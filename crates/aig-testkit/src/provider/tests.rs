//! The scripted provider itself, spoken to over bare sockets and by a client.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

async fn connect(provider: &Provider) -> TcpStream {
    TcpStream::connect(provider.address()).await.unwrap()
}

async fn send(provider: &Provider, bytes: &str) -> TcpStream {
    let mut stream = connect(provider).await;
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

async fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// Reads until the text has come, and nothing behind it.
async fn expect(stream: &mut TcpStream, wanted: &str) {
    let mut bytes = vec![0; wanted.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), wanted);
}

const GET: &str = "GET /v1/models?a=%2F HTTP/1.1\r\nHost: h\r\n\r\n";

#[tokio::test]
async fn answers_come_in_the_order_they_were_said() {
    let provider = Provider::start().await;
    provider.answers(201, &[("X-One", "1")], "first");
    provider.fails(503);
    provider.answers_json(&json!({"third": true}));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let first = client.get(provider.url()).send().await.unwrap();
    assert_eq!(
        (
            first.status().as_u16(),
            first.headers()["x-one"].to_str().unwrap()
        ),
        (201, "1")
    );
    assert_eq!(first.text().await.unwrap(), "first");
    let second = client.get(provider.url()).send().await.unwrap();
    assert_eq!(second.status(), 503);
    let error: Value = second.json().await.unwrap();
    assert!(error["error"]["message"].is_string());
    let third: Value = client
        .get(provider.url())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(third, json!({"third": true}));
    let unsaid = client.get(provider.url()).send().await.unwrap();
    assert_eq!(unsaid.status(), 500);
    assert!(unsaid.text().await.unwrap().contains("more often"));
    provider.answers(200, &[], "not for HEAD");
    let head = client.head(provider.url()).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], "12");
    provider.always_answers(204, &[], "");
    for _ in 0..2 {
        assert_eq!(
            client.get(provider.url()).send().await.unwrap().status(),
            204
        );
    }
    assert_eq!(provider.requests().len(), 7);
    assert_eq!(provider.connections(), 1, "connections are kept");
}

#[tokio::test]
async fn requests_are_kept_as_they_stood_on_the_wire() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "");
    let head = "POST /a//b%2F..?q=%20&q HTTP/1.1\r\nHoSt: h\r\nX-B:  2 \r\nx-a: 1\r\nX-b: 3\r\nContent-Length: 4\r\n\r\n";
    let chunked = "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n";
    let _stream = send(&provider, &format!("{head}{{}}\r\n{chunked}{GET}")).await;
    let first = provider.next_request().await;
    assert_eq!(
        (&*first.method, &*first.target),
        ("POST", "/a//b%2F..?q=%20&q")
    );
    let names: Vec<&str> = first.headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["HoSt", "X-B", "x-a", "X-b", "Content-Length"]);
    assert_eq!(first.header("x-B"), Some("2"));
    assert_eq!(first.header_values("x-b").collect::<Vec<_>>(), ["2", "3"]);
    assert_eq!(first.header("absent"), None);
    assert_eq!(first.head, head);
    assert_eq!(first.text(), "{}\r\n");
    assert_eq!(first.json(), json!({}));
    let second = provider.next_request().await;
    assert_eq!(
        (second.text(), second.whole, second.connection),
        ("abcd", true, 0)
    );
    let third = provider.next_request().await;
    assert_eq!((&*third.target, third.body.len()), ("/v1/models?a=%2F", 0));
}

#[tokio::test]
async fn chunks_wait_for_their_gate() {
    let provider = Provider::start().await;
    let gate = provider.streams(["one", "two"]);
    let mut stream = send(&provider, GET).await;
    expect(
        &mut stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )
    .await;
    let nothing_more = |stream: &TcpStream| stream.try_read(&mut [0]).unwrap_err().kind();
    assert_eq!(nothing_more(&stream), std::io::ErrorKind::WouldBlock);
    gate.release_one();
    expect(&mut stream, "3\r\none\r\n").await;
    assert_eq!(nothing_more(&stream), std::io::ErrorKind::WouldBlock);
    gate.release(1);
    expect(&mut stream, "3\r\ntwo\r\n").await;
    assert_eq!(nothing_more(&stream), std::io::ErrorKind::WouldBlock);
    gate.release_all();
    expect(&mut stream, "0\r\n\r\n").await;
    assert_eq!(provider.disconnects(), 0);
}

#[tokio::test]
async fn a_peer_that_leaves_a_stream_or_a_hanging_request_is_noticed() {
    let provider = Provider::start().await;
    let _gate = provider.streams_with(206, &[], ["never"]);
    let mut stream = send(&provider, GET).await;
    expect(&mut stream, "HTTP/1.1 206").await;
    drop(stream);
    provider.disconnected().await;

    provider.hangs();
    let stream = send(&provider, GET).await;
    provider.next_request().await;
    provider.next_request().await;
    assert_eq!(provider.disconnects(), 1);
    drop(stream);
    provider.disconnected().await;
    assert_eq!(provider.disconnects(), 2);
}

#[tokio::test]
async fn a_peer_that_leaves_in_the_middle_of_its_request_is_noticed() {
    let provider = Provider::start().await;
    for begun in [
        "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let stream = send(&provider, begun).await;
        drop(stream);
        let request = provider.next_request().await;
        assert_eq!((request.text(), request.whole), ("half", false));
        provider.disconnected().await;
    }
}

#[tokio::test]
async fn a_peer_that_leaves_after_the_answer_is_no_news() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "");
    let mut stream = send(&provider, GET).await;
    expect(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    stream.shutdown().await.unwrap();
    assert_eq!(
        read_to_end(stream).await,
        "",
        "the provider closes its side"
    );
    assert_eq!(provider.disconnects(), 0);
}

#[tokio::test]
async fn broken_streams_have_all_their_chunks_and_no_end() {
    let provider = Provider::start().await;
    provider.breaks_after(["one", "two"]);
    let text = read_to_end(send(&provider, GET).await).await;
    assert!(text.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n"), "{text}");

    provider.breaks_after(["data"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(provider.url()).send().await.unwrap();
    assert!(
        answer.bytes().await.is_err(),
        "a client takes it for broken"
    );
}

#[tokio::test]
async fn raw_answers_are_sent_to_the_byte() {
    let provider = Provider::start().await;
    provider.answers_raw("HTTP/9.9 what\r\n");
    assert_eq!(
        read_to_end(send(&provider, GET).await).await,
        "HTTP/9.9 what\r\n"
    );
    provider.closes();
    assert_eq!(read_to_end(send(&provider, GET).await).await, "");
    provider.answers(
        200,
        &[("Transfer-Encoding", "chunked")],
        "1\r\nx\r\n0\r\n\r\n",
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(
        client
            .get(provider.url())
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "x"
    );
}

#[tokio::test]
async fn malformed_requests_are_told_so() {
    let provider = Provider::start().await;
    for (malformed, why) in [
        ("GET /\r\n\r\n", "no request line"),
        ("GET / HTTP/1.1\r\nnocolon\r\n\r\n", "no header"),
        (
            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "no content-length",
        ),
        (
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "framed by",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "no chunk size",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "behind a chunk",
        ),
    ] {
        let text = read_to_end(send(&provider, malformed).await).await;
        assert!(
            text.starts_with("HTTP/1.1 400") && text.contains(why),
            "{malformed}: {text}"
        );
    }
    assert_eq!(provider.requests().len(), 0);
}

#[tokio::test]
async fn a_client_that_waits_is_told_to_go_on() {
    let provider = Provider::start().await;
    provider.answers(200, &[], "");
    let mut stream = send(
        &provider,
        "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    )
    .await;
    expect(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    stream.write_all(b"x").await.unwrap();
    expect(&mut stream, "HTTP/1.1 200 OK\r\n").await;
    assert_eq!(provider.next_request().await.text(), "x");
}

#[tokio::test]
async fn stopping_closes_everything() {
    let provider = Provider::start().await;
    provider.hangs();
    let stream = send(&provider, GET).await;
    provider.next_request().await;
    let address = provider.address();
    provider.stop().await;
    assert_eq!(read_to_end(stream).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}
