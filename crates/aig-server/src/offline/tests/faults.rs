//! Models that fail, as an application sees them.

use aig_provider::Wire;
use http::StatusCode;
use serde_json::{Value, json};

use super::*;

/// A wire, its path for a model, and a body for it.
fn requests(model: &str, stream: bool) -> Vec<(Wire, Request<Full<Bytes>>)> {
    let messages = json!([{"role": "user", "content": "one two three"}]);
    let body = |fields: Value| {
        let mut body = json!({"model": model, "stream": stream, "messages": messages});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let method = match stream {
        true => "streamGenerateContent?alt=sse",
        false => "generateContent",
    };
    vec![
        (
            Wire::OpenAi,
            post("/openai/v1/chat/completions", &body(json!({}))),
        ),
        (
            Wire::OpenAi,
            post(
                "/openai/v1/responses",
                &json!({"model": model, "stream": stream, "input": "a"}),
            ),
        ),
        (
            Wire::OpenAi,
            post("/mistral/v1/chat/completions", &body(json!({}))),
        ),
        (
            Wire::Anthropic,
            post("/anthropic/v1/messages", &body(json!({"max_tokens": 50}))),
        ),
        (
            Wire::Gemini,
            post(
                &format!("/google-ai-studio/v1beta/models/{model}:{method}"),
                &json!({"contents": [{"parts": [{"text": "one"}]}]}),
            ),
        ),
        (Wire::Cohere, post("/cohere/v2/chat", &body(json!({})))),
        (
            Wire::WorkersAi,
            post(
                &format!("/client/v4/accounts/a/ai/run/@cf/offline/{model}"),
                &json!({"prompt": "one two", "stream": stream}),
            ),
        ),
    ]
}

/// Asks, and takes what comes until it ends or breaks off.
async fn taken(provider: &OfflineProvider, request: Request<Full<Bytes>>) -> Option<(Got, bool)> {
    let stream = tokio::net::TcpStream::connect(provider.address())
        .await
        .unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let (head, mut body) = sender.send_request(request).await.ok()?.into_parts();
    let mut got = Got {
        status: head.status,
        headers: head.headers,
        frames: Vec::new(),
    };
    let whole = loop {
        match body.frame().await {
            Some(Ok(frame)) => got.frames.push(frame.into_data().unwrap()),
            Some(Err(_)) => break false,
            None => break true,
        }
    };
    connection.abort();
    Some((got, whole))
}

#[tokio::test]
async fn statuses_have_the_shape_of_each_wire() {
    let provider = start(Duration::ZERO).await;
    for status in [400, 401, 404, 429, 500, 503] {
        for (wire, request) in requests(&format!("fault-{status}"), false) {
            let (got, whole) = taken(&provider, request).await.unwrap();
            assert!(whole);
            assert_eq!(got.status, status, "{wire:?}");
            assert!(got.reading(wire).error_event, "{wire:?} {}", got.text());
            let again = got.headers.get("retry-after").map(|value| value.as_bytes());
            assert_eq!(again, (status == 429).then_some(&b"1"[..]), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn cut_answers_are_halves_that_do_not_look_whole() {
    let provider = start(Duration::ZERO).await;
    for stream in [false, true] {
        for (wire, request) in requests("fault-cut", stream) {
            let (got, whole) = taken(&provider, request).await.unwrap();
            assert!(!whole && got.status == StatusCode::OK, "{wire:?} {stream}");
            assert!(!got.frames.concat().is_empty(), "{wire:?} {stream}");
            let reading = got.reading(wire);
            assert!(
                !reading.finished && !reading.error_event,
                "{wire:?} {stream}"
            );
        }
    }
}

#[tokio::test]
async fn errors_as_events_end_a_stream_cleanly() {
    let provider = start(Duration::ZERO).await;
    for (wire, request) in requests("fault-event", true) {
        let (got, whole) = taken(&provider, request).await.unwrap();
        assert!(whole && got.status == StatusCode::OK, "{wire:?}");
        assert!(got.reading(wire).error_event, "{wire:?} {}", got.text());
    }
    for (wire, request) in requests("fault-event", false) {
        let (got, _) = taken(&provider, request).await.unwrap();
        assert_eq!(got.status, StatusCode::INTERNAL_SERVER_ERROR, "{wire:?}");
        assert!(got.reading(wire).error_event, "{wire:?}");
    }
}

#[tokio::test]
async fn an_error_among_the_events_of_a_response_is_one_of_them() {
    let provider = start(Duration::ZERO).await;
    let asked = json!({"model": "fault-event", "stream": true, "input": "a"});
    let request = post("/openai/v1/responses", &asked);
    let (got, _) = taken(&provider, request).await.unwrap();
    let events: Vec<Value> = (got.text().lines())
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{event}");
    }
    let error = events.last().unwrap();
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!("error"), &json!("server_error"))
    );
}

#[tokio::test]
async fn garbage_pages_and_nothing_say_nothing() {
    let provider = start(Duration::ZERO).await;
    for stream in [false, true] {
        for (model, status) in [
            ("fault-garbage", 200),
            ("fault-html", 502),
            ("fault-empty", 200),
        ] {
            for (wire, request) in requests(model, stream) {
                let (got, whole) = taken(&provider, request).await.unwrap();
                assert!(whole, "{model} {wire:?}");
                assert_eq!(got.status, status, "{model} {wire:?}");
                assert!(!got.reading(wire).finished, "{model} {wire:?} {stream}");
                let body = got.frames.concat();
                assert_eq!(body.is_empty(), model == "fault-empty", "{model} {wire:?}");
                assert!(serde_json::from_slice::<Value>(&body).is_err(), "{model}");
            }
        }
    }
}

#[tokio::test]
async fn flaky_models_fail_every_other_time() {
    let provider = start(Duration::ZERO).await;
    let mut statuses = Vec::new();
    for (_, request) in requests("fault-flaky", false).into_iter().take(4) {
        statuses.push(taken(&provider, request).await.unwrap().0.status.as_u16());
    }
    assert_eq!(statuses, [503, 200, 503, 200]);
}

#[tokio::test]
async fn slow_models_take_their_time() {
    let begin = Instant::now();
    let provider = start(Duration::ZERO).await;
    let request = requests("fault-slow-30", false).swap_remove(0).1;
    let (got, _) = taken(&provider, request).await.unwrap();
    assert_eq!(got.status, StatusCode::OK);
    assert!(begin.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn closed_connections_have_no_answer_and_others_go_on() {
    let provider = start(Duration::ZERO).await;
    for (wire, request) in requests("fault-close", false) {
        assert!(taken(&provider, request).await.is_none(), "{wire:?}");
    }
    let request = requests("m", false).swap_remove(0).1;
    assert!(taken(&provider, request).await.is_some());
}

#[tokio::test]
async fn what_hangs_or_stalls_does_so_until_the_provider_stops() {
    let provider = start(Duration::ZERO).await;
    for model in ["fault-hang", "fault-stall"] {
        for stream in [false, true] {
            let request = requests(model, stream).swap_remove(0).1;
            let address = provider.address();
            let waiting = tokio::spawn(async move {
                let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let (mut sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.unwrap();
                tokio::spawn(connection);
                let answer = sender.send_request(request).await?;
                answer.into_body().collect().await
            });
            // Others are answered meanwhile, again and again.
            for _ in 0..3 {
                for (_, request) in requests("m", false) {
                    assert!(taken(&provider, request).await.unwrap().1);
                }
            }
            assert!(!waiting.is_finished(), "{model}");
            waiting.abort();
        }
    }
    let request = requests("fault-hang", false).swap_remove(0).1;
    let stream = tokio::net::TcpStream::connect(provider.address())
        .await
        .unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = tokio::spawn(async move { sender.send_request(request).await });
    let stalled = requests("fault-stall", true).swap_remove(0).1;
    let stream = tokio::net::TcpStream::connect(provider.address())
        .await
        .unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let half = sender.send_request(stalled).await.unwrap();
    provider.stop().await;
    assert!(answer.await.unwrap().is_err());
    assert!(half.into_body().collect().await.is_err());
}

#[tokio::test]
async fn endless_streams_go_on_as_long_as_somebody_reads() {
    let provider = start(Duration::ZERO).await;
    for (wire, request) in requests("fault-endless", true) {
        let stream = tokio::net::TcpStream::connect(provider.address())
            .await
            .unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut body = sender.send_request(request).await.unwrap().into_body();
        let mut bytes = 0;
        while bytes < 100_000 {
            bytes += body
                .frame()
                .await
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap()
                .len();
        }
        connection.abort();
        assert!(bytes >= 100_000, "{wire:?}");
    }
    let request = requests("fault-endless", false).swap_remove(0).1;
    assert!(
        taken(&provider, request).await.unwrap().1,
        "a document ends"
    );
}
