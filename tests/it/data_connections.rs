//! Connections of callers that behave badly, on bare sockets.

use aig_proxy::limits::{MAX_HEAD, MAX_HEADERS};
use aig_testkit::{House, Provider, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

/// The head of a request to the gateway's provider.
fn head(house: &House, more: &str) -> String {
    let account = house.account();
    format!("POST /v1/{account}/g/openai/x HTTP/1.1\r\nhost: x\r\n{more}\r\n")
}

async fn send(house: &House, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn only_row(house: &House) -> Value {
    house.logged("g", 1).await.remove(0)
}

#[tokio::test]
async fn a_caller_that_leaves_in_the_middle_of_its_upload_has_left() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.hangs();
    let text = head(&house, "content-length: 100\r\n") + "only this";
    let stream = send(&house, &text).await;
    drop(stream);
    let row = only_row(&house).await;
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("client_gone"), &json!(499))
    );
}

#[tokio::test]
async fn h_03_a_broken_chunk_is_the_callers_fault() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.hangs();
    let text = head(&house, "transfer-encoding: chunked\r\n") + "ZZZ\r\nx\r\n";
    let mut stream = send(&house, &text).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("\"code\":7001"),
        "{answer}"
    );
    assert_eq!(only_row(&house).await["outcome"], "refused");
}

/// hyper does not read while bytes of a next request lie in its buffer.
#[tokio::test]
async fn a_caller_that_sent_a_byte_too_many_and_left_is_noticed() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.hangs();
    let text = head(&house, "content-length: 2\r\n") + "{}X";
    let stream = send(&house, &text).await;
    provider.next_request().await;
    drop(stream);
    provider.disconnected().await;
    assert_eq!(only_row(&house).await["outcome"], "client_gone");
}

#[tokio::test]
async fn p_02_connections_that_never_say_anything_are_closed() {
    let house = House::builder()
        .flags(|flags| flags.header_timeout = Some(1))
        .start()
        .await;
    for said in ["", "PRI * HT", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = send(&house, said).await;
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(aig_testkit::PATIENCE, stream.read_to_end(&mut answer));
        let _ = closed
            .await
            .unwrap_or_else(|_| panic!("{said:?} is kept open"));
    }
}

#[tokio::test]
async fn h_16_heads_have_a_limit() {
    let house = House::start().await;
    // With `Host` it is one too many.
    let many: String = (0..MAX_HEADERS).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x-long: {}\r\n", "a".repeat(MAX_HEAD));
    for more in [many, long] {
        let mut stream = send(&house, &head(&house, &more)).await;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer[..], b"HTTP/1.1 431");
    }
    let most: String = (2..MAX_HEADERS).map(|n| format!("x-{n}: 1\r\n")).collect();
    let mut stream = send(&house, &head(&house, &(most + "connection: close\r\n"))).await;
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer[..], b"HTTP/1.1 401", "as many as there may be");
}

#[tokio::test]
async fn connections_are_counted_back() {
    let house = House::start().await;
    let open = async || {
        let url = format!("http://{}/metrics", house.address());
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let line = text
            .lines()
            .find(|l| l.starts_with("aig_connections "))
            .unwrap()
            .to_owned();
        line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    let before = open().await;
    let held: Vec<_> = futures_util::future::join_all((0..20).map(|_| send(&house, "GET"))).await;
    eventually("twenty more connections", async || {
        (open().await >= before + 20).then_some(())
    })
    .await;
    drop(held);
    eventually("none of them any more", async || {
        (open().await <= before + 1).then_some(())
    })
    .await;
}
