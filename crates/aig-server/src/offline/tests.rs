//! The offline provider over its socket, read by the gateway's own readers.

use std::net::Ipv4Addr;
use std::time::Instant;

use aig_provider::{Reading, ResponseReader, Wire};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use serde_json::{Value, json};

use super::*;

mod answers;
mod faults;
mod wires;

/// An answer as the client got it.
struct Got {
    status: StatusCode,
    headers: http::HeaderMap,
    frames: Vec<Bytes>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8(self.frames.concat()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// Name and data of each event.
    fn events(&self) -> Vec<(String, String)> {
        assert_eq!(
            self.headers["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let text = self.text();
        let events = text.strip_suffix("\n\n").unwrap().split("\n\n");
        events
            .map(|event| match event.split_once('\n') {
                Some((name, data)) => (
                    name.strip_prefix("event: ").unwrap().to_owned(),
                    data.strip_prefix("data: ").unwrap().to_owned(),
                ),
                None => (
                    String::new(),
                    event.strip_prefix("data: ").unwrap().to_owned(),
                ),
            })
            .collect()
    }

    fn reading(&self, wire: Wire) -> Reading {
        let kind = self.headers["content-type"].to_str().unwrap();
        let mut reader = ResponseReader::new(wire, Some(kind));
        self.frames.iter().for_each(|frame| reader.feed(frame));
        reader.reading()
    }
}

async fn start(pace: Duration) -> OfflineProvider {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    OfflineProvider::start(loopback, pace).await.unwrap()
}

async fn send(provider: &OfflineProvider, request: Request<Full<Bytes>>) -> Got {
    let stream = tokio::net::TcpStream::connect(provider.address())
        .await
        .unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let (head, mut body) = sender.send_request(request).await.unwrap().into_parts();
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        frames.push(frame.unwrap().into_data().unwrap());
    }
    connection.abort();
    Got {
        status: head.status,
        headers: head.headers,
        frames,
    }
}

fn post(path: &str, body: &Value) -> Request<Full<Bytes>> {
    request(Method::POST, path, body.to_string())
}

fn request(method: Method, path: &str, body: String) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "offline")
        .body(Full::from(body))
        .unwrap()
}

/// Sends one request to a provider of its own, without pauses.
async fn ask(request: Request<Full<Bytes>>) -> Got {
    let provider = start(Duration::ZERO).await;
    send(&provider, request).await
}

fn chat() -> Value {
    json!({"model": "m", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "one two three"}]},
    ]})
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes() {
    let provider = start(Duration::ZERO).await;
    let first = send(&provider, post("/v1/chat/completions", &chat()))
        .await
        .text();
    let second = send(&provider, post("/v1/chat/completions", &chat()))
        .await
        .text();
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_stream_takes_its_pauses_and_sends_word_by_word() {
    let pace = Duration::from_millis(4);
    let provider = start(pace).await;
    let mut body = chat();
    body["stream"] = json!(true);
    let begin = Instant::now();
    let got = send(&provider, post("/v1/chat/completions", &body)).await;
    let words = got.events().len() as u32 - 3;
    assert!(words > 10, "{words}");
    assert!(
        begin.elapsed() >= pace * words,
        "{:?} for {words} words",
        begin.elapsed()
    );
}

#[tokio::test]
async fn models_have_the_shape_of_the_asking_wire() {
    let list = ask(request(Method::GET, "/v1/models", String::new()))
        .await
        .json();
    assert_eq!(list["object"], "list");
    let name = list["data"][0]["id"].as_str().unwrap();
    let one = ask(request(
        Method::GET,
        &format!("/v1/models/{name}"),
        String::new(),
    ))
    .await;
    assert_eq!(one.json(), list["data"][0]);

    let mut asked = request(Method::GET, "/v1/models", String::new());
    asked
        .headers_mut()
        .insert("anthropic-version", "2023-06-01".parse().unwrap());
    let list = ask(asked).await.json();
    assert_eq!(list["has_more"], false);
    assert_eq!(list["data"][0]["type"], "model");

    let got = ask(request(Method::GET, "/v1/models/nobody", String::new())).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert_eq!(got.json()["error"]["code"], "model_not_found");
}

#[tokio::test]
async fn errors_have_the_shape_of_each_wire() {
    let mut by_version = request(Method::POST, "/v1/nowhere", "{}".to_owned());
    by_version
        .headers_mut()
        .insert("anthropic-version", "2023-06-01".parse().unwrap());
    let model = |status: u16| json!({"model": format!("offline-error-{status}")});
    for (request, status, wire, kind) in [
        (
            post("/v1/chat/completions", &json!({"messages": []})),
            400,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            post("/v1/chat/completions", &json!({"model": "m"})),
            400,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            post("/v1/chat/completions", &json!([])),
            400,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            post("/v1/chat/completions", &model(429)),
            429,
            Wire::OpenAi,
            "rate_limit_error",
        ),
        (
            post("/v1/responses", &model(503)),
            503,
            Wire::OpenAi,
            "server_error",
        ),
        (
            request(Method::POST, "/v1/embeddings", "{".to_owned()),
            400,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            request(Method::GET, "/v1/responses", String::new()),
            405,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            post("/v1/v1/chat/completions", &chat()),
            404,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            post("/chat/completions", &chat()),
            404,
            Wire::OpenAi,
            "invalid_request_error",
        ),
        (
            request(Method::POST, "/v1/messages", "}".to_owned()),
            400,
            Wire::Anthropic,
            "invalid_request_error",
        ),
        (
            post("/v1/messages", &json!({"max_tokens": 1})),
            400,
            Wire::Anthropic,
            "invalid_request_error",
        ),
        (
            post("/v1/messages", &json!({"model": "m", "messages": [1]})),
            400,
            Wire::Anthropic,
            "invalid_request_error",
        ),
        (
            post("/v1/messages", &json!({"model": "m", "max_tokens": 1})),
            400,
            Wire::Anthropic,
            "invalid_request_error",
        ),
        (
            post(
                "/v1/messages",
                &json!({"model": "m", "max_tokens": 0, "messages": [1]}),
            ),
            400,
            Wire::Anthropic,
            "invalid_request_error",
        ),
        (
            post("/v1/messages", &model(529)),
            529,
            Wire::Anthropic,
            "overloaded_error",
        ),
        (by_version, 404, Wire::Anthropic, "not_found_error"),
    ] {
        let asked = format!("{request:?}");
        let got = ask(request).await;
        let body = got.json();
        assert_eq!(got.status, status, "{asked}");
        assert_eq!(body["error"]["type"], kind, "{asked}");
        assert!(body["error"]["message"].is_string(), "{asked}");
        assert!(got.reading(wire).error_event, "{asked}");
        match wire {
            Wire::OpenAi => {
                assert!(
                    body["error"].get("param").is_some() && body["error"].get("code").is_some()
                );
                assert!(got.headers.contains_key("x-request-id"), "{asked}");
            }
            Wire::Anthropic => {
                assert_eq!(body["type"], "error");
                assert_eq!(
                    body["request_id"],
                    got.headers["request-id"].to_str().unwrap()
                );
            }
            other => panic!("{other:?} has its own test"),
        }
        assert_eq!(got.headers.contains_key("allow"), status == 405, "{asked}");
    }
}

#[tokio::test]
async fn stopping_frees_the_port_and_ends_the_streams() {
    let provider = start(Duration::from_secs(3600)).await;
    let address = provider.address();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut body = chat();
    body["stream"] = json!(true);
    let answer = sender
        .send_request(post("/v1/chat/completions", &body))
        .await
        .unwrap();
    let mut answer = answer.into_body();
    assert!(
        answer.frame().await.unwrap().is_ok(),
        "the first words come at once"
    );
    provider.stop().await;
    assert!(
        answer.frame().await.unwrap().is_err(),
        "a stream that is cut does not look whole"
    );
    connection.abort();
    tokio::net::TcpListener::bind(address).await.unwrap();
}
