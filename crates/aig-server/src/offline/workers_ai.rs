//! `POST …/ai/run/@cf/…` as Workers AI answers it: text in Cloudflare's envelope, events in a stream.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::embeddings::{self, DIMENSIONS};
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

/// What the model is for is told from the fields, since its name can be any.
pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    if let Some(texts) = asked.field("text") {
        return Ok(embed(texts));
    }
    let prompt = match asked.field("messages") {
        Some(messages) => messages,
        None => asked.required("prompt")?,
    };
    let limit = asked.field("max_tokens").and_then(Value::as_u64);
    let answer = Answer::to(&text::question(prompt), limit);
    let tokens = text::tokens(prompt);
    let usage = json!({
        "prompt_tokens": tokens,
        "completion_tokens": answer.tokens(),
        "total_tokens": tokens + answer.tokens(),
    });
    if asked.stream {
        return Ok(reply::stream(script(&answer, &usage), asked.pace));
    }
    Ok(enveloped(json!({
        "response": answer.text(),
        "tool_calls": [],
        "usage": usage,
    })))
}

fn script(answer: &Answer, usage: &Value) -> Script {
    let mut script = Script::default();
    for piece in &answer.pieces {
        script.data(&json!({"response": piece, "p": "abcdefghijkl"}));
        script.send();
    }
    script.data(&json!({"response": "", "usage": usage}));
    script.word("[DONE]");
    script.send();
    script
}

fn embed(texts: &Value) -> Response<Paced> {
    let texts: Vec<&Value> = match texts {
        Value::Array(texts) => texts.iter().collect(),
        one => vec![one],
    };
    let data: Vec<Vec<f32>> = texts
        .iter()
        .map(|text| embeddings::direction(text, DIMENSIONS))
        .collect();
    enveloped(json!({
        "shape": [data.len(), DIMENSIONS],
        "data": data,
        "pooling": "mean",
    }))
}

fn enveloped(result: Value) -> Response<Paced> {
    let body = json!({"result": result, "success": true, "errors": [], "messages": []});
    reply::document(StatusCode::OK, &body)
}
