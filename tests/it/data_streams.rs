//! Answers that the provider does not bring to their end: what the caller is told, over HTTP/1.1 and
//! HTTP/2, and what the log says.

use std::io;

use aig_provider::Wire;
use aig_testkit::{Certificates, House, Http2Provider, Provider};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const EVENT: &str = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";

pub(crate) async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

pub(crate) async fn only_row(house: &House) -> Value {
    house.logged("g", 1).await.remove(0)
}

/// A client of HTTP/2 alone.
pub(crate) fn http2() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap()
}

/// What came of an answer's body, and whether it came to an end.
async fn body_of(answer: reqwest::Response) -> (Vec<u8>, bool) {
    let mut stream = answer.bytes_stream();
    let mut seen = Vec::new();
    loop {
        match stream.next().await {
            Some(Ok(bytes)) => seen.extend_from_slice(&bytes),
            Some(Err(_)) => return (seen, false),
            None => return (seen, true),
        }
    }
}

async fn post(client: &reqwest::Client, house: &House, path: &str) -> (Vec<u8>, bool) {
    let request = client.post(house.url("g", path)).body("{}");
    body_of(request.send().await.unwrap()).await
}

fn last_words(wire: Wire) -> &'static [u8] {
    wire.broken_stream_event().unwrap()
}

#[tokio::test]
async fn u_02_a_broken_stream_says_so_and_breaks() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let anthropic = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    let mut rows = 0;
    for client in [house.http().clone(), http2()] {
        for (path, wire, event) in [
            ("openai/chat/completions", Wire::OpenAi, EVENT),
            ("anthropic/v1/messages", Wire::Anthropic, anthropic),
        ] {
            provider.breaks_after([event]);
            let (seen, ended) = post(&client, &house, path).await;
            let told = [event.as_bytes(), last_words(wire)].concat();
            assert_eq!(
                String::from_utf8_lossy(&seen),
                String::from_utf8_lossy(&told)
            );
            assert!(!ended, "a clean end would be a lie");
            rows += 1;
            let row = house.logged("g", rows).await.remove(0);
            assert_eq!(row["outcome"], "upstream_broke");
            assert_eq!(
                row["response_size"],
                event.len(),
                "its own words are not the provider's"
            );
            if wire == Wire::OpenAi {
                assert_eq!(
                    (&row["tokens_in"], &row["tokens_out"]),
                    (&json!(5), &json!(2))
                );
            }
        }
    }
}

/// On the bare socket: the words, then the end of the connection, without a last chunk.
#[tokio::test]
async fn u_02_the_break_of_http_1_is_no_last_chunk() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.breaks_after([EVENT]);
    let account = house.account();
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let request = format!(
        "POST /v1/{account}/g/openai/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let words = std::str::from_utf8(last_words(Wire::OpenAi)).unwrap();
    assert!(answer.ends_with(&format!("{words}\r\n")), "{answer}");
}

/// What nobody keeps is still read as far as somebody acts upon it.
#[tokio::test]
async fn u_02_without_a_row_a_broken_stream_says_so_as_well() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    for client in [house.http().clone(), http2()] {
        provider.breaks_after([EVENT]);
        let request = client.post(house.url("g", "openai/chat/completions"));
        let request = request.header("cf-aig-collect-log", "false").body("{}");
        let (seen, ended) = body_of(request.send().await.unwrap()).await;
        let told = [EVENT.as_bytes(), last_words(Wire::OpenAi)].concat();
        assert_eq!(
            String::from_utf8_lossy(&seen),
            String::from_utf8_lossy(&told)
        );
        assert!(!ended, "a clean end would be a lie");
    }
}

/// A blank line behind half an event would make clients read that half.
#[tokio::test]
async fn u_02_half_an_event_is_not_made_a_whole_one() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    for client in [house.http().clone(), http2()] {
        for half in ["data: {\"half", "data: {}\n", "data: [DONE]", "event: x\n"] {
            let sent = format!("{EVENT}{half}");
            provider.breaks_after([sent.clone()]);
            let (seen, ended) = post(&client, &house, "openai/x").await;
            assert_eq!(String::from_utf8_lossy(&seen), sent);
            assert!(!ended);
        }
    }
}

#[tokio::test]
async fn u_02_words_stand_only_where_they_can_be_read() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for head in [
        format!("{events}content-length: 1000\r\n"),
        format!("{events}{chunked}content-encoding: gzip\r\n"),
        format!("{json}{chunked}"),
    ] {
        let chunk = if head.contains("chunked") {
            "4\r\n{}\n\n\r\n"
        } else {
            "{}\n\n"
        };
        for client in [house.http().clone(), http2()] {
            provider.answers_raw(format!("{head}\r\n{chunk}"));
            let (seen, ended) = post(&client, &house, "openai/x").await;
            assert_eq!((&*seen, ended), (&b"{}\n\n"[..], false), "{head}");
        }
    }
    // A stream that said that it is complete has no use for an error.
    provider.breaks_after(["data: [DONE]\n\n"]);
    let (seen, ended) = post(house.http(), &house, "openai/x").await;
    assert_eq!((&*seen, ended), (&b"data: [DONE]\n\n"[..], false));
}

/// A caller that is slow to read gets the words as well: they wait for it, not the other way round.
#[tokio::test]
async fn u_02_words_wait_for_a_slow_reader() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let long = format!("data: {}\n\n", "x".repeat(1 << 20));
    for client in [house.http().clone(), http2()] {
        provider.breaks_after([long.clone(), long.clone()]);
        let request = client.post(house.url("g", "openai/x")).body("{}");
        let answer = request.send().await.unwrap();
        // The provider has said everything, and its row is written once that was taken from it.
        let (seen, ended) = body_of(answer).await;
        assert!(!ended);
        assert!(seen.ends_with(last_words(Wire::OpenAi)), "{}", seen.len());
        assert_eq!(seen.len(), 2 * long.len() + last_words(Wire::OpenAi).len());
    }
}

#[tokio::test]
async fn u_06_http_1_truncated() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let mut rows = 0;
    for client in [house.http().clone(), http2()] {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nonly this\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n99\r\nonly this",
        ] {
            provider.answers_raw(answer);
            let (seen, ended) = post(&client, &house, "openai/x").await;
            assert_eq!((&*seen, ended), (&b"only this"[..], false), "{answer}");
            rows += 1;
            let row = house.logged("g", rows).await.remove(0);
            assert_eq!(
                (&row["outcome"], &row["tokens_out"]),
                (&json!("upstream_broke"), &Value::Null)
            );
        }
    }
}

#[tokio::test]
async fn u_06_tls_without_its_own_end_truncated() {
    let certificates = Certificates::new();
    let provider = Provider::secured(&certificates).await;
    let house = House::builder()
        .provider(&provider)
        .trusts(&certificates)
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for client in [house.http().clone(), http2()] {
        // The end of the connection is the end of the body, and somebody on the way can make one.
        provider.vanishes_after(format!("{head}\r\n{{\"a\":1}}"));
        let (seen, ended) = post(&client, &house, "openai/x").await;
        assert_eq!((&*seen, ended), (&b"{\"a\":1}"[..], false));
        // With TLS's own word for it, it is one.
        provider.answers_raw(format!("{head}\r\n{{\"a\":1}}"));
        let (seen, ended) = post(&client, &house, "openai/x").await;
        assert_eq!((&*seen, ended), (&b"{\"a\":1}"[..], true));
    }
    let outcomes: Vec<_> = (house.logged("g", 4).await.iter())
        .map(|row| row["outcome"].as_str().unwrap().to_owned())
        .collect();
    let one = ["complete", "upstream_broke"];
    assert_eq!(outcomes, [one, one].concat());
}

type Frames = mpsc::Sender<io::Result<Frame<Bytes>>>;

/// A provider of HTTP/2 whose answers are what the test sends into them.
async fn fed(certificates: &Certificates) -> (Http2Provider, mpsc::UnboundedReceiver<Frames>) {
    let (opened, answers) = mpsc::unbounded_channel();
    let provider = Http2Provider::start(certificates, move |_| {
        let (frames, mut fed) = mpsc::channel(4);
        opened.send(frames).unwrap();
        let body = StreamBody::new(stream::poll_fn(move |cx| fed.poll_recv(cx)));
        let answer = Response::builder()
            .header("content-type", "text/event-stream")
            .body(BodyExt::boxed(body));
        async move { answer.unwrap() }
    });
    (provider.await, answers)
}

#[tokio::test]
async fn u_06_a_reset_http_2_stream_truncated() {
    let certificates = Certificates::new();
    let (provider, mut answers) = fed(&certificates).await;
    let house = House::builder()
        .flags(|flags| {
            let base = format!("openai={}/v1", provider.url());
            flags.providers.push(base);
        })
        .trusts(&certificates)
        .start()
        .await;
    house.gateway("g", json!({})).await;
    let mut rows = 0;
    for client in [house.http().clone(), http2()] {
        let request = client.post(house.url("g", "openai/x")).body("{}");
        let mut answer = request.send().await.unwrap();
        let frames = answers.recv().await.unwrap();
        let event = Frame::data(Bytes::from_static(EVENT.as_bytes()));
        frames.send(Ok(event)).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), EVENT);
        frames.send(Err(io::Error::other("reset"))).await.unwrap();
        let (seen, ended) = body_of(answer).await;
        assert_eq!((&*seen, ended), (last_words(Wire::OpenAi), false));
        rows += 1;
        let row = house.logged("g", rows).await.remove(0);
        assert_eq!(
            (&row["outcome"], &row["tokens_out"]),
            (&json!("upstream_broke"), &json!(2))
        );
    }
}
