//! `chat`, `embed` and `rerank` as Cohere answers them, in both of its versions.

use std::collections::BTreeSet;

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::embeddings::{self, DIMENSIONS};
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

/// The second version: a list of messages, a stream of events.
pub(super) fn chat2(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let messages = asked.required("messages")?;
    if messages.as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::missing(asked.dialect, "messages"));
    }
    let limit = asked.field("max_tokens").and_then(Value::as_u64);
    let answer = Answer::to(&text::question(messages), limit);
    let usage = counts(text::tokens(messages), answer.tokens());
    if asked.stream {
        return Ok(reply::stream(events(asked, &answer, &usage), asked.pace));
    }
    let body = json!({
        "id": asked.id,
        "finish_reason": finish_reason(&answer),
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": answer.text()}],
        },
        "usage": usage,
    });
    Ok(reply::document(StatusCode::OK, &body))
}

/// The first version: one message beside a history, a stream of lines.
pub(super) fn chat1(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let message = asked.required("message")?;
    let question = message
        .as_str()
        .ok_or_else(|| Refusal::missing(asked.dialect, "message"))?;
    let history = asked.field("chat_history").and_then(Value::as_array);
    let before: usize = history
        .into_iter()
        .flatten()
        .filter_map(|turn| turn.get("message"))
        .map(text::tokens)
        .sum();
    let preamble = asked.field("preamble").map_or(0, text::tokens);
    let limit = asked.field("max_tokens").and_then(Value::as_u64);
    let answer = Answer::to(question, limit);
    let mut meta = counts(text::tokens(message) + before + preamble, answer.tokens());
    meta["api_version"] = json!({"version": "1"});
    let body = json!({
        "response_id": asked.id,
        "text": answer.text(),
        "generation_id": asked.id,
        "chat_history": [
            {"role": "USER", "message": question},
            {"role": "CHATBOT", "message": answer.text()},
        ],
        "finish_reason": finish_reason(&answer),
        "meta": meta,
    });
    if !asked.stream {
        return Ok(reply::document(StatusCode::OK, &body));
    }
    let mut script = Script::default();
    let line = |script: &mut Script, line: Value| {
        script.text(&format!("{line}\n"));
    };
    line(
        &mut script,
        json!({"is_finished": false, "event_type": "stream-start", "generation_id": asked.id}),
    );
    for piece in &answer.pieces {
        line(
            &mut script,
            json!({"is_finished": false, "event_type": "text-generation", "text": piece}),
        );
        script.send();
    }
    line(
        &mut script,
        json!({
            "is_finished": true,
            "event_type": "stream-end",
            "response": body,
            "finish_reason": finish_reason(&answer),
        }),
    );
    script.send();
    Ok(reply::stream_of(
        "application/stream+json",
        script,
        asked.pace,
    ))
}

/// The first version has plain embeddings, the second always sorts them by type.
pub(super) fn embed(asked: &Asked, by_type: bool) -> Result<Response<Paced>, Refusal> {
    let texts = texts(asked, "texts")?;
    let dimensions = asked.field("output_dimension").and_then(Value::as_u64);
    let dimensions = dimensions.unwrap_or(DIMENSIONS).clamp(1, 1536);
    let directions: Vec<Vec<f32>> = texts
        .iter()
        .map(|text| embeddings::direction(text, dimensions))
        .collect();
    let tokens: usize = texts.iter().map(text::tokens).sum();
    let by_type = by_type || asked.field("embedding_types").is_some();
    let body = json!({
        "id": asked.id,
        "embeddings": match by_type {
            true => json!({"float": directions}),
            false => json!(directions),
        },
        "texts": texts,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": tokens}},
        "response_type": match by_type {
            true => "embeddings_by_type",
            false => "embeddings_floats",
        },
    });
    Ok(reply::document(StatusCode::OK, &body))
}

/// The more of the query's words a document has, the more relevant it is.
pub(super) fn rerank(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let query = words(&text::text(asked.required("query")?));
    let documents = texts(asked, "documents")?;
    let mut results: Vec<(usize, f64)> = documents
        .iter()
        .map(|document| {
            let found = words(&text::text(document)).intersection(&query).count();
            found as f64 / query.len().max(1) as f64
        })
        .enumerate()
        .collect();
    results.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let wanted = asked.field("top_n").and_then(Value::as_u64);
    let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok());
    results.truncate(wanted.unwrap_or(usize::MAX));
    let results: Vec<Value> = results
        .into_iter()
        .map(|(index, score)| json!({"index": index, "relevance_score": score}))
        .collect();
    let body = json!({
        "id": asked.id,
        "results": results,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    });
    Ok(reply::document(StatusCode::OK, &body))
}

fn events(asked: &Asked, answer: &Answer, usage: &Value) -> Script {
    let mut script = Script::default();
    script.event(&json!({
        "type": "message-start",
        "id": asked.id,
        "delta": {"message": {
            "role": "assistant",
            "content": [],
            "tool_plan": "",
            "tool_calls": [],
            "citations": [],
        }},
    }));
    script.event(&json!({
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    }));
    for piece in &answer.pieces {
        script.event(&json!({
            "type": "content-delta",
            "index": 0,
            "delta": {"message": {"content": {"text": piece}}},
        }));
        script.send();
    }
    script.event(&json!({"type": "content-end", "index": 0}));
    script.event(&json!({
        "type": "message-end",
        "id": asked.id,
        "delta": {"finish_reason": finish_reason(answer), "usage": usage},
    }));
    script.send();
    script
}

fn texts(asked: &Asked, field: &'static str) -> Result<Vec<Value>, Refusal> {
    let texts = asked.required(field)?.as_array();
    let texts = texts.filter(|texts| !texts.is_empty());
    texts
        .cloned()
        .ok_or_else(|| Refusal::missing(asked.dialect, field))
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn counts(prompt: usize, answer: usize) -> Value {
    json!({
        "billed_units": {"input_tokens": prompt, "output_tokens": answer},
        "tokens": {"input_tokens": prompt, "output_tokens": answer},
    })
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.cut {
        true => "MAX_TOKENS",
        false => "COMPLETE",
    }
}
