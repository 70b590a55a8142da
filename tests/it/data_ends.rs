//! How answers end, and that the log tells the truth about it.

use std::time::Duration;

use aig_testkit::{House, Provider};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

async fn only_row(house: &House) -> Value {
    house.logged("g", 1).await.remove(0)
}

#[tokio::test]
async fn a_caller_that_leaves_at_the_last_event_has_the_whole_answer() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let usage = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    // The end of the transfer has a gate of its own, which stays shut.
    let gates = provider.streams([usage, "data: [DONE]\n\n"]);
    let request = house.http().post(house.url("g", "openai/chat/completions"));
    let answer = request.body("{}").send().await.unwrap();
    let mut stream = answer.bytes_stream();
    for _ in 0..2 {
        gates.release_one();
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    provider.disconnected().await;
    let row = only_row(&house).await;
    assert_eq!(
        (&row["outcome"], &row["success"]),
        (&json!("complete"), &json!(true))
    );
    assert_eq!(
        (&row["tokens_in"], &row["tokens_out"]),
        (&json!(5), &json!(2))
    );
}

#[tokio::test]
async fn a_provider_that_breaks_off_is_passed_on_as_a_break() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let chunk = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    provider.breaks_after([chunk]);
    let request = house.http().post(house.url("g", "openai/chat/completions"));
    let answer = request.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut stream = answer.bytes_stream();
    let mut seen = Vec::new();
    let end = loop {
        match stream.next().await {
            Some(Ok(bytes)) => seen.extend_from_slice(&bytes),
            other => break other,
        }
    };
    assert!(matches!(end, Some(Err(_))), "a clean end would be a lie");
    // What is said between the two is the matter of `data_streams`.
    assert!(seen.starts_with(chunk.as_bytes()));
    let row = only_row(&house).await;
    assert_eq!(
        (&row["outcome"], &row["success"]),
        (&json!("upstream_broke"), &json!(false))
    );
    assert_eq!(
        (&row["tokens_in"], &row["tokens_out"]),
        (&json!(5), &json!(2))
    );
}

#[tokio::test]
async fn no_usable_answer_is_400_with_the_code_for_it() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers_raw("NOT HTTP AT ALL\r\n\r\n");
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["cf-aig-step"], "0");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"][0]["code"], 2005);
    let row = only_row(&house).await;
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("unanswered"), &json!(400))
    );
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_400_too() {
    let gone = Provider::start().await;
    let address = gone.address();
    drop(gone);
    let house = House::builder()
        .flags(|flags| flags.providers.push(format!("openai=http://{address}/v1")))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    let body = answer.text().await.unwrap();
    assert!(body.contains("\"code\":2005"), "{body}");
    assert!(
        !body.contains(&address.port().to_string()),
        "no address in {body}"
    );
    assert_eq!(only_row(&house).await["outcome"], "unanswered");
}

#[tokio::test]
async fn h_06_a_short_body_is_a_break() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers_raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert!(answer.bytes().await.is_err());
    assert_eq!(only_row(&house).await["outcome"], "upstream_broke");
}

#[tokio::test]
async fn answers_without_a_body_are_complete() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers(204, &[], "");
    let answer = house
        .http()
        .delete(house.url("g", "openai/files/x"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
    let row = only_row(&house).await;
    assert_eq!(
        (&row["outcome"], &row["status_code"]),
        (&json!("complete"), &json!(204))
    );
}

#[tokio::test]
async fn an_answer_with_trailers_is_complete() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers_raw(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n",
    );
    let request = house.http().post(house.url("g", "openai/x"));
    assert_eq!(
        request
            .body("{}")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "ok"
    );
    assert_eq!(only_row(&house).await["outcome"], "complete");
}

/// Without a length and without chunks only the stream itself can say that it is whole.
#[tokio::test]
async fn a_stream_that_ends_by_closing_is_whole_only_if_it_says_so() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    provider.answers_raw(format!("{head}data: {{}}\n\n"));
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert!(answer.text().await.is_err(), "a clean end would be a lie");
    assert_eq!(only_row(&house).await["outcome"], "upstream_broke");

    provider.answers_raw(format!("{head}data: {{}}\n\ndata: [DONE]\n\n"));
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    assert_eq!(house.logged("g", 2).await[0]["outcome"], "complete");
}

#[tokio::test]
async fn h_06_a_length_beside_chunks_does_not_cut_the_answer() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers_raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert!(answer.headers().get("content-length").is_none());
    assert_eq!(answer.text().await.unwrap(), "abc");
}

#[tokio::test]
async fn another_protocol_is_no_answer() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.answers_raw(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    );
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("\"code\":2005"));
    assert_eq!(only_row(&house).await["outcome"], "unanswered");
}

/// A caller that does not read stops the provider from sending: nothing piles up in the house.
#[tokio::test]
async fn backpressure_reaches_the_provider() {
    const CHUNK: usize = 64 << 10;
    const MOST: usize = 4096 * CHUNK;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let (taken, mut progress) = watch::channel(0_usize);
    // A provider that sends as fast as it is read from.
    let pouring = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {MOST}\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let chunk = vec![b'x'; CHUNK];
        while *taken.borrow() < MOST {
            if stream.write_all(&chunk).await.is_err() {
                return;
            }
            taken.send_modify(|taken| *taken += CHUNK);
        }
    });
    let house = House::builder()
        .flags(|flags| flags.providers.push(format!("openai={base}")))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let request = house.http().post(house.url("g", "openai/x"));
    let answer = request.body("{}").send().await.unwrap();
    // Until nothing more is taken for a while.
    while let Ok(changed) =
        tokio::time::timeout(Duration::from_millis(500), progress.changed()).await
    {
        changed.expect("the provider has not sent everything");
    }
    let stuck = *progress.borrow();
    assert!(
        stuck < MOST / 8,
        "{stuck} bytes were taken though nobody reads"
    );
    drop(answer);
    pouring.await.unwrap();
    assert_eq!(only_row(&house).await["outcome"], "client_gone");
}
