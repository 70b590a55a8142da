//! What each endpoint says, whole and in a stream: the same, and counted the same.

use aig_provider::Wire;
use http::StatusCode;
use serde_json::{Value, json};

use super::{ask, chat, post};

#[tokio::test]
async fn chat_counts_the_words_of_prompt_and_answer() {
    let got = ask(post("/v1/chat/completions", &chat())).await;
    let body = got.json();
    let text = body["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("\u{201c}one two three\u{201d}"), "{text}");
    assert_eq!(body["usage"]["prompt_tokens"], 5);
    assert_eq!(
        body["usage"]["completion_tokens"],
        text.split_whitespace().count()
    );
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    // What the strictest clients insist on.
    for field in ["id", "created", "model", "object", "usage"] {
        assert!(!body[field].is_null(), "{field}");
    }
    assert_eq!(body["choices"][0]["index"], 0);
    let length: usize = got.headers["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(length, got.text().len());
}

#[tokio::test]
async fn a_chat_stream_says_the_same_and_counts_only_when_asked() {
    let whole = ask(post("/v1/chat/completions", &chat())).await;
    for with_usage in [false, true] {
        let mut body = chat();
        body["stream"] = json!(true);
        if with_usage {
            body["stream_options"] = json!({"include_usage": true});
        }
        let got = ask(post("/v1/chat/completions", &body)).await;
        let mut events = got.events();
        assert_eq!(events.pop().unwrap().1, "[DONE]");
        let mut chunks: Vec<Value> = events
            .iter()
            .map(|(name, data)| {
                assert_eq!(name, "");
                serde_json::from_str(data).unwrap()
            })
            .collect();
        let reading = got.reading(Wire::OpenAi);
        assert!(reading.finished && !reading.error_event);
        assert_eq!(reading.model.as_deref(), Some("m"));
        if with_usage {
            assert_eq!(reading.usage, whole.reading(Wire::OpenAi).usage);
            let last = chunks.pop().unwrap();
            assert_eq!(last["choices"], json!([]));
            assert_eq!(last["usage"], whole.json()["usage"]);
        } else {
            assert_eq!(reading.usage, Default::default());
        }
        let mut text = String::new();
        for chunk in &chunks {
            assert_eq!(chunk.get("usage"), with_usage.then_some(&Value::Null));
            assert_eq!(chunk["object"], "chat.completion.chunk");
            text.push_str(
                chunk["choices"][0]["delta"]["content"]
                    .as_str()
                    .unwrap_or_default(),
            );
        }
        assert_eq!(text, whole.json()["choices"][0]["message"]["content"]);
        assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
        assert_eq!(
            chunks.last().unwrap()["choices"][0]["finish_reason"],
            "stop"
        );
    }
}

#[tokio::test]
async fn limits_cut_the_answer_and_say_so() {
    let mut body = chat();
    body["max_tokens"] = json!(3);
    let got = ask(post("/v1/chat/completions", &body)).await.json();
    assert_eq!(got["usage"]["completion_tokens"], 3);
    assert_eq!(got["choices"][0]["finish_reason"], "length");

    let body = json!({"model": "m", "input": "a b", "max_output_tokens": 2});
    let got = ask(post("/v1/responses", &body)).await.json();
    assert_eq!(got["status"], "incomplete");
    assert_eq!(got["incomplete_details"]["reason"], "max_output_tokens");

    let body =
        json!({"model": "m", "max_tokens": 2, "messages": [{"role": "user", "content": "a"}]});
    let got = ask(post("/v1/messages", &body)).await.json();
    assert_eq!(got["stop_reason"], "max_tokens");
    assert_eq!(got["usage"]["output_tokens"], 2);
}

#[tokio::test]
async fn responses_say_the_same_whole_and_as_events() {
    let mut body = json!({"model": "m", "instructions": "be brief", "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "one two three"}]},
    ]});
    let whole = ask(post("/v1/responses", &body)).await.json();
    assert_eq!(whole["usage"]["input_tokens"], 5);
    let content = &whole["output"][0]["content"][0];
    for field in ["type", "text", "annotations"] {
        assert!(!content[field].is_null(), "{field}");
    }
    body["stream"] = json!(true);
    let got = ask(post("/v1/responses", &body)).await;
    let mut text = String::new();
    let mut names = Vec::new();
    for (number, (name, data)) in got.events().into_iter().enumerate() {
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["type"], name);
        assert_eq!(data["sequence_number"], number);
        if name == "response.output_text.delta" {
            assert!(data["item_id"].is_string() && data["output_index"] == 0);
            text.push_str(data["delta"].as_str().unwrap());
        }
        if name == "response.completed" {
            assert_eq!(data["response"]["usage"], whole["usage"]);
            assert_eq!(
                data["response"]["output"][0]["content"],
                whole["output"][0]["content"]
            );
        }
        names.push(name);
    }
    assert_eq!(content["text"], text);
    names.dedup();
    let wanted = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(names, wanted.map(|name| format!("response.{name}")));
    let reading = got.reading(Wire::OpenAi);
    assert!(reading.finished);
    assert_eq!(reading.usage.tokens_in, Some(5));
    assert_eq!(
        reading.usage.tokens_out,
        whole["usage"]["output_tokens"].as_u64()
    );
}

#[tokio::test]
async fn messages_say_the_same_whole_and_as_events() {
    let mut body = json!({
        "model": "m", "max_tokens": 100, "system": [{"type": "text", "text": "be brief"}],
        "messages": [{"role": "user", "content": "one two three"}],
    });
    let got = ask(post("/v1/messages", &body)).await;
    let whole = got.json();
    assert_eq!(whole["usage"]["input_tokens"], 5);
    assert_eq!(got.reading(Wire::Anthropic).usage.tokens_in, Some(5));
    let counted = ask(post("/v1/messages/count_tokens", &body)).await.json();
    assert_eq!(counted, json!({"input_tokens": 5}));

    body["stream"] = json!(true);
    let got = ask(post("/v1/messages", &body)).await;
    let mut names = Vec::new();
    let mut text = String::new();
    for (name, data) in got.events() {
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["type"], name);
        text.push_str(data["delta"]["text"].as_str().unwrap_or_default());
        names.push(name);
    }
    assert_eq!(whole["content"][0]["text"], text);
    names.dedup();
    let wanted = [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(names, wanted);
    let reading = got.reading(Wire::Anthropic);
    assert!(reading.finished && !reading.error_event);
    assert_eq!(reading.usage.tokens_in, Some(5));
    assert_eq!(
        reading.usage.tokens_out,
        whole["usage"]["output_tokens"].as_u64()
    );
}

#[tokio::test]
async fn embeddings_are_the_same_as_numbers_and_as_base64() {
    let mut body = json!({"model": "e", "input": ["one two", "three"], "dimensions": 3});
    let numbers = ask(post("/v1/embeddings", &body)).await;
    assert_eq!(numbers.reading(Wire::OpenAi).usage.tokens_in, Some(3));
    let numbers = numbers.json();
    assert!(numbers["id"].is_string());
    body["encoding_format"] = json!("base64");
    let coded = ask(post("/v1/embeddings", &body)).await.json();
    for index in 0..2 {
        let embedding = numbers["data"][index]["embedding"].as_array().unwrap();
        assert_eq!(embedding.len(), 3);
        assert_eq!(
            coded["data"][index]["embedding"].as_str().unwrap().len(),
            16
        );
        assert_eq!(coded["data"][index]["index"], index);
    }
    for (input, tokens) in [
        (json!("a b"), 2),
        (json!([1, 2, 3]), 3),
        (json!([[1, 2], [3]]), 3),
    ] {
        let body = json!({"model": "e", "input": input});
        let got = ask(post("/v1/embeddings", &body)).await.json();
        assert_eq!(got["usage"]["prompt_tokens"], tokens);
    }
    for wrong in [json!(0), json!(-1), json!(5000), json!("8")] {
        let body = json!({"model": "e", "input": "a", "dimensions": wrong});
        let got = ask(post("/v1/embeddings", &body)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert_eq!(got.json()["error"]["param"], "dimensions");
    }
}
