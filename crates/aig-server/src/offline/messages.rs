//! `POST /v1/messages` and `/v1/messages/count_tokens` as Anthropic answers them.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let limit = asked
        .required("max_tokens")?
        .as_u64()
        .filter(|limit| *limit > 0);
    let Some(limit) = limit else {
        let message = "max_tokens: Input should be greater than or equal to 1";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    };
    let prompt = prompt_tokens(asked)?;
    let question = text::question(asked.required("messages")?);
    let answer = Answer::to(&question, Some(limit));
    if asked.stream {
        return Ok(reply::stream(script(asked, &answer, prompt), asked.pace));
    }
    let mut message = message(asked, usage(prompt, answer.tokens()));
    message["content"] = json!([{"type": "text", "text": answer.text()}]);
    message["stop_reason"] = json!(stop_reason(&answer));
    Ok(reply::document(StatusCode::OK, &message))
}

pub(super) fn count(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let body = json!({"input_tokens": prompt_tokens(asked)?});
    Ok(reply::document(StatusCode::OK, &body))
}

fn prompt_tokens(asked: &Asked) -> Result<usize, Refusal> {
    let messages = asked.required("messages")?;
    if messages.as_array().is_none_or(Vec::is_empty) {
        let message = "messages: at least one message is required";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    Ok(text::tokens(messages) + asked.field("system").map_or(0, text::tokens))
}

fn script(asked: &Asked, answer: &Answer, prompt: usize) -> Script {
    let mut script = Script::default();
    // The first count is a placeholder on the real wire, too.
    let begun = message(asked, usage(prompt, 1));
    script.event(&json!({"type": "message_start", "message": begun}));
    let block = json!({"type": "text", "text": ""});
    script.event(&json!({"type": "content_block_start", "index": 0, "content_block": block}));
    script.event(&json!({"type": "ping"}));
    for piece in &answer.pieces {
        let delta = json!({"type": "text_delta", "text": piece});
        script.event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}));
        script.send();
    }
    script.event(&json!({"type": "content_block_stop", "index": 0}));
    script.event(&json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason(answer), "stop_sequence": null},
        "usage": {
            "input_tokens": prompt,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": answer.tokens(),
        },
    }));
    script.event(&json!({"type": "message_stop"}));
    script.send();
    script
}

/// A message before it has content.
fn message(asked: &Asked, usage: Value) -> Value {
    json!({
        "id": format!("msg_{}", asked.id),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    })
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.cut {
        true => "max_tokens",
        false => "end_turn",
    }
}

fn usage(prompt: usize, output: usize) -> Value {
    json!({
        "input_tokens": prompt,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}
