//! The wires beside OpenAI's and Anthropic's: the same whole and in a stream, counted the same.

use aig_provider::{Providers, Wire};
use http::StatusCode;
use serde_json::{Value, json};

use super::*;

/// The data of each event.
fn data(got: &Got) -> Vec<Value> {
    let text = got.text().replace("\r\n", "\n");
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// Both readings, which must agree in what was counted.
fn counted(wire: Wire, whole: &Got, streamed: &Got, tokens_in: u64) {
    let (one, other) = (whole.reading(wire), streamed.reading(wire));
    assert_eq!(one.usage.tokens_in, Some(tokens_in), "{wire:?}");
    assert!(one.usage.tokens_out > Some(10), "{wire:?}");
    assert_eq!(one.usage, other.usage, "{wire:?}");
    for reading in [one, other] {
        assert!(reading.finished && !reading.error_event, "{wire:?}");
    }
}

fn gemini_body() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [{"role": "user", "parts": [{"text": "one two three"}]}],
    })
}

fn gemini(method: &str) -> String {
    format!("/google-ai-studio/v1beta/models/gemini-2.5-flash:{method}")
}

#[tokio::test]
async fn gemini_says_the_same_whole_as_events_and_as_an_array() {
    let whole = ask(post(&gemini("generateContent"), &gemini_body())).await;
    let body = whole.json();
    let text = body["candidates"][0]["content"]["parts"][0]["text"]
        .as_str()
        .unwrap();
    assert!(text.contains("\u{201c}one two three\u{201d}"), "{text}");
    assert_eq!(body["candidates"][0]["finishReason"], "STOP");
    assert_eq!(body["modelVersion"], "gemini-2.5-flash");

    let events = ask(post(
        &gemini("streamGenerateContent?alt=sse"),
        &gemini_body(),
    ))
    .await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    counted(Wire::Gemini, &whole, &events, 5);
    assert_eq!(
        events.reading(Wire::Gemini).model.as_deref(),
        Some("gemini-2.5-flash")
    );
    let array = ask(post(&gemini("streamGenerateContent"), &gemini_body())).await;
    counted(Wire::Gemini, &whole, &array, 5);
    assert!(array.frames.len() > 3, "the array comes piece by piece");
    let items = array.json();
    assert_eq!(items.as_array().unwrap(), &data(&events));
    let joined: String = data(&events)
        .iter()
        .map(|event| {
            event["candidates"][0]["content"]["parts"][0]["text"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(joined, text);
}

#[tokio::test]
async fn gemini_counts_embeds_and_lists() {
    let counted = ask(post(&gemini("countTokens"), &gemini_body()))
        .await
        .json();
    assert_eq!(counted, json!({"totalTokens": 5}));
    let nested = json!({"generateContentRequest": gemini_body()});
    let counted = ask(post(&gemini("countTokens"), &nested)).await.json();
    assert_eq!(counted, json!({"totalTokens": 5}));

    let content = json!({"parts": [{"text": "one"}]});
    let one = json!({"content": content, "outputDimensionality": 3});
    let single = ask(post(&gemini("embedContent"), &one)).await.json();
    assert_eq!(single["embedding"]["values"].as_array().unwrap().len(), 3);
    let both = json!({"requests": [one, {"content": content}]});
    let batch = ask(post(&gemini("batchEmbedContents"), &both)).await.json();
    assert_eq!(batch["embeddings"][0], single["embedding"]);
    assert_eq!(
        batch["embeddings"][1]["values"].as_array().unwrap().len(),
        32
    );

    let list = ask(request(
        Method::GET,
        "/google-ai-studio/v1beta/models",
        String::new(),
    ))
    .await;
    assert_eq!(list.json()["models"][0]["name"], "models/offline-chat");

    let mut limited = gemini_body();
    limited["generationConfig"] = json!({"maxOutputTokens": 2});
    let got = ask(post(&gemini("generateContent"), &limited)).await.json();
    assert_eq!(got["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(got["usageMetadata"]["candidatesTokenCount"], 2);

    for body in [json!({}), json!({"contents": []}), json!([])] {
        let got = ask(post(&gemini("generateContent"), &body)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert_eq!(got.json()["error"]["status"], "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn cohere_says_the_same_whole_and_streamed_in_both_versions() {
    let mut body = json!({"model": "command-a", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "one two three"}]},
    ]});
    let whole = ask(post("/cohere/v2/chat", &body)).await;
    let text = whole.json()["message"]["content"][0]["text"].clone();
    body["stream"] = json!(true);
    let streamed = ask(post("/cohere/v2/chat", &body)).await;
    counted(Wire::Cohere, &whole, &streamed, 5);
    let mut kinds = Vec::new();
    let mut joined = String::new();
    for (name, data) in streamed.events() {
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["type"], name);
        joined.push_str(
            data["delta"]["message"]["content"]["text"]
                .as_str()
                .unwrap_or_default(),
        );
        kinds.push(name);
    }
    kinds.dedup();
    let wanted = [
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "message-end",
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(text, joined);

    let mut body = json!({"message": "one two three", "preamble": "be brief"});
    let whole = ask(post("/cohere/v1/chat", &body)).await;
    assert_eq!(whole.json()["text"], text);
    body["stream"] = json!(true);
    let streamed = ask(post("/cohere/v1/chat", &body)).await;
    assert_eq!(streamed.headers["content-type"], "application/stream+json");
    counted(Wire::Cohere, &whole, &streamed, 5);
    let lines: Vec<Value> = streamed
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.last().unwrap()["response"]["text"], text);
}

#[tokio::test]
async fn cohere_embeds_and_ranks() {
    let body =
        json!({"model": "embed-v4", "texts": ["one two", "three"], "input_type": "search_query"});
    let second = ask(post("/cohere/v2/embed", &body)).await;
    assert_eq!(second.reading(Wire::Cohere).usage.tokens_in, Some(3));
    let second = second.json();
    let first = ask(post("/cohere/v1/embed", &body)).await.json();
    assert_eq!(second["embeddings"]["float"], first["embeddings"]);
    assert_eq!(first["embeddings"].as_array().unwrap().len(), 2);

    let body = json!({
        "model": "rerank-v3.5",
        "query": "blue sky",
        "documents": ["green grass", "The blue sky", "a sky"],
        "top_n": 2,
    });
    let got = ask(post("/cohere/v2/rerank", &body)).await.json();
    let order: Vec<&Value> = got["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["index"])
        .collect();
    assert_eq!(order, [1, 2]);

    for (path, body) in [
        ("/cohere/v2/chat", json!({"model": "m"})),
        (
            "/cohere/v2/chat",
            json!({"messages": [{"role": "user", "content": "a"}]}),
        ),
        ("/cohere/v1/chat", json!({"model": "m"})),
        ("/cohere/v2/embed", json!({"model": "m", "texts": []})),
    ] {
        let got = ask(post(path, &body)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(got.json()["message"].is_string());
        assert!(got.reading(Wire::Cohere).error_event);
    }
}

#[tokio::test]
async fn mistral_counts_unasked_and_refuses_what_it_does_not_know() {
    let mut body = chat();
    let whole = ask(post("/mistral/v1/chat/completions", &body)).await;
    body["stream"] = json!(true);
    let streamed = ask(post("/mistral/v1/chat/completions", &body)).await;
    counted(Wire::OpenAi, &whole, &streamed, 5);
    // What its own client insists on, in every chunk.
    for chunk in data(&streamed) {
        for field in ["id", "model", "object", "created"] {
            assert!(!chunk[field].is_null(), "{field}");
        }
        let choice = &chunk["choices"][0];
        assert!(choice["index"].is_u64() && choice["delta"].is_object());
        assert!(choice.get("finish_reason").is_some());
    }
    body["stream_options"] = json!({"include_usage": true});
    let got = ask(post("/mistral/v1/chat/completions", &body)).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        got.json()["message"]["detail"][0]["loc"],
        json!(["body", "stream_options"])
    );
    assert!(got.reading(Wire::OpenAi).error_event);
    let got = ask(post("/mistral/v1/chat/completions", &json!({"model": "m"}))).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    let got = ask(post(
        "/mistral/v1/embeddings",
        &json!({"model": "e", "input": ["a b"]}),
    ))
    .await;
    assert!(got.json()["id"].is_string());
    assert_eq!(got.reading(Wire::OpenAi).usage.tokens_in, Some(2));
}

#[tokio::test]
async fn workers_ai_answers_in_its_envelope_and_streams_to_the_last_word() {
    let path = "/client/v4/accounts/abc/ai/run/@cf/meta/llama-3.1-8b-instruct";
    let mut body = json!({"messages": [{"role": "user", "content": "one two three"}]});
    let whole = ask(post(path, &body)).await;
    let text = whole.json()["result"]["response"].clone();
    assert_eq!(whole.json()["success"], true);
    body["stream"] = json!(true);
    let streamed = ask(post(path, &body)).await;
    counted(Wire::WorkersAi, &whole, &streamed, 3);
    assert!(streamed.text().ends_with("data: [DONE]\n\n"));
    let joined: String = data(&streamed)
        .iter()
        .map(|event| event["response"].as_str().unwrap())
        .collect();
    assert_eq!(text, joined);

    let prompt = ask(post(path, &json!({"prompt": "one two three"})))
        .await
        .json();
    assert_eq!(prompt["result"]["response"], text);
    let embedded = ask(post(path, &json!({"text": ["a", "b"]}))).await.json();
    assert_eq!(embedded["result"]["shape"], json!([2, 32]));
    let got = ask(post(path, &json!({}))).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST);
    assert_eq!(got.json()["success"], false);
    assert!(got.json()["errors"][0]["code"].is_u64());
    let chat = ask(post(
        "/client/v4/accounts/abc/ai/v1/chat/completions",
        &chat(),
    ))
    .await;
    assert_eq!(chat.status, StatusCode::OK);
}

#[tokio::test]
async fn its_bases_are_taken_by_the_table_and_lead_to_its_endpoints() {
    let provider = start(Duration::ZERO).await;
    let mut providers = Providers::known();
    let bases = provider.bases();
    for (slug, base) in &bases {
        assert!(providers.get(slug).is_some(), "{slug} is no provider");
        providers = providers.with_override(slug, base).unwrap();
    }
    let gemini = json!({"contents": [{"parts": [{"text": "a"}]}]});
    let messages =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]});
    for (slug, tail, body) in [
        ("anthropic", "messages", messages),
        ("google-ai-studio", "models/m:generateContent", gemini),
        ("cohere", "v2/chat", chat()),
        ("mistral", "chat/completions", chat()),
        ("workers-ai", "@cf/meta/llama", json!({"prompt": "a"})),
        ("workers-ai", "v1/chat/completions", chat()),
        ("groq", "openai/v1/chat/completions", chat()),
    ]
    .into_iter()
    .chain(
        bases
            .iter()
            .filter(|(_, base)| base.ends_with("/openai/v1"))
            .map(|(slug, _)| (*slug, "chat/completions", chat())),
    ) {
        let uri = providers
            .get(slug)
            .unwrap()
            .target_of(&aig_provider::Call {
                account: Some("0123456789abcdef"),
                tail,
                ..Default::default()
            })
            .unwrap();
        assert_eq!(uri.port_u16(), Some(provider.address().port()));
        let got = send(&provider, post(uri.path(), &body)).await;
        assert_eq!(got.status, StatusCode::OK, "{slug} {uri}");
    }
}
