//! `POST /v1/chat/completions` as OpenAI answers it, whole or in chunks.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::models::CREATED;
use super::reply::{self, Dialect, Paced, Refusal, Script};
use super::service::Asked;
use super::text::{self, Answer};

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let messages = asked.required(Dialect::OpenAi, "messages")?;
    if messages.as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::missing(Dialect::OpenAi, "messages"));
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
    script.data(&chunk(closing, &Value::Null));
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
