//! `POST /v1/chat/completions` as OpenAI answers it, whole or in chunks, and as Mistral does.
//!
//! Mistral's differs in what it takes: a field that it does not know is an error, `stream_options`
//! among them. Its streams count without being asked, in the chunk that says why they end.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::{Dialect, Refusal};
use super::models::CREATED;
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    if asked.dialect == Dialect::Mistral {
        refuse_unknown(asked)?;
    }
    let messages = asked.required("messages")?;
    if messages.as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::missing(asked.dialect, "messages"));
    }
    let limit = (asked.field("max_completion_tokens"))
        .or_else(|| asked.field("max_tokens"))
        .and_then(Value::as_u64);
    let answer = Answer::to(&text::question(messages), limit);
    let usage = usage(text::tokens(messages), answer.tokens());
    if asked.stream {
        return Ok(reply::stream(script(asked, &answer, &usage), asked.pace));
    }
    let body = json!({
        "id": id(asked),
        "object": "chat.completion",
        "created": CREATED,
        "model": asked.model,
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": answer.text(),
                "refusal": null,
                "annotations": [],
            },
            "logprobs": null,
            "finish_reason": finish_reason(&answer),
        }],
        "usage": usage,
        "service_tier": "default",
        "system_fingerprint": "fp_offline",
    });
    Ok(reply::document(StatusCode::OK, &body))
}

fn script(asked: &Asked, answer: &Answer, usage: &Value) -> Script {
    let is_mistral = asked.dialect == Dialect::Mistral;
    let with_usage = asked
        .field("stream_options")
        .is_some_and(|options| options["include_usage"] == true);
    let chunk = |choices: Value, usage: &Value| {
        let mut chunk = json!({
            "id": id(asked),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": asked.model,
            "service_tier": "default",
            "system_fingerprint": "fp_offline",
            "choices": choices,
        });
        // Without the option the field is not there at all, with it in every chunk.
        if with_usage {
            chunk["usage"] = usage.clone();
        }
        chunk
    };
    let choice = |delta: Value, finish_reason: Option<&str>| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]);

    let mut script = Script::default();
    let opening = json!({"role": "assistant", "content": "", "refusal": null});
    script.data(&chunk(choice(opening, None), &Value::Null));
    for piece in &answer.pieces {
        script.data(&chunk(
            choice(json!({"content": piece}), None),
            &Value::Null,
        ));
        script.send();
    }
    let closing = choice(json!({}), Some(finish_reason(answer)));
    let mut closing = chunk(closing, &Value::Null);
    if is_mistral {
        closing["usage"] = usage.clone();
    }
    script.data(&closing);
    if with_usage {
        script.data(&chunk(json!([]), usage));
    }
    script.word("[DONE]");
    script.send();
    script
}

fn id(asked: &Asked) -> String {
    format!("chatcmpl-{}", asked.id)
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.cut {
        true => "length",
        false => "stop",
    }
}

fn usage(prompt: usize, completion: usize) -> Value {
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

/// Mistral's list of fields, as its API reference has it.
const MISTRAL_FIELDS: [&str; 22] = [
    "frequency_penalty",
    "guardrails",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_mode",
    "random_seed",
    "reasoning_effort",
    "response_format",
    "safe_prompt",
    "stop",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];

fn refuse_unknown(asked: &Asked) -> Result<(), Refusal> {
    let known = |name: &str| MISTRAL_FIELDS.contains(&name);
    let extra: Vec<Value> = asked
        .body
        .iter()
        .filter(|(name, _)| !known(name))
        .map(|(name, value)| {
            json!({
                "type": "extra_forbidden",
                "loc": ["body", name],
                "msg": "Extra inputs are not permitted",
                "input": value,
            })
        })
        .collect();
    if extra.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        detail: Some(Box::new(Value::from(extra))),
        ..Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Extra inputs are not permitted",
        )
    })
}
