//! `POST /v1/responses` as OpenAI answers it, whole or as events.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::models::CREATED;
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

/// A response object as it grows.
struct Draft<'a> {
    asked: &'a Asked,
    answer: Answer,
    usage: Value,
}

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let input = asked.required("input")?;
    let limit = asked.field("max_output_tokens").and_then(Value::as_u64);
    let answer = Answer::to(&text::question(input), limit);
    let prompt = text::tokens(input) + asked.field("instructions").map_or(0, text::tokens);
    let usage = json!({
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answer.tokens(),
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + answer.tokens(),
    });
    let draft = Draft {
        asked,
        answer,
        usage,
    };
    match asked.stream {
        true => Ok(reply::stream(draft.script(), asked.pace)),
        false => Ok(reply::document(StatusCode::OK, &draft.ended())),
    }
}

// === impl Draft ===

impl Draft<'_> {
    fn script(&self) -> Script {
        let item_id = self.item_id();
        let mut number = 0;
        let mut script = Script::default();
        let mut event = |script: &mut Script, kind: &str, fields: Value| {
            let mut data = json!({"type": kind, "sequence_number": number});
            if let (Value::Object(data), Value::Object(fields)) = (&mut data, fields) {
                data.extend(fields);
            }
            script.event(&data);
            number += 1;
        };
        let place = json!({"item_id": item_id, "output_index": 0, "content_index": 0});
        let at_place = |field: &str, value: Value| {
            let mut fields = place.clone();
            fields[field] = value;
            fields
        };

        let begun = self.response("in_progress", json!([]), Value::Null);
        event(&mut script, "response.created", json!({"response": begun}));
        event(
            &mut script,
            "response.in_progress",
            json!({"response": begun}),
        );
        let item = self.item("in_progress", json!([]));
        event(
            &mut script,
            "response.output_item.added",
            json!({"output_index": 0, "item": item}),
        );
        let part = at_place("part", content(""));
        event(&mut script, "response.content_part.added", part);
        for piece in &self.answer.pieces {
            let mut delta = at_place("delta", json!(piece));
            delta["logprobs"] = json!([]);
            event(&mut script, "response.output_text.delta", delta);
            script.send();
        }
        let text = self.answer.text();
        let mut whole = at_place("text", json!(text));
        whole["logprobs"] = json!([]);
        event(&mut script, "response.output_text.done", whole);
        let part = at_place("part", content(&text));
        event(&mut script, "response.content_part.done", part);
        let item = self.item(self.status(), json!([content(&text)]));
        event(
            &mut script,
            "response.output_item.done",
            json!({"output_index": 0, "item": item}),
        );
        let kind = format!("response.{}", self.status());
        event(&mut script, &kind, json!({"response": self.ended()}));
        script.send();
        script
    }

    fn ended(&self) -> Value {
        let item = self.item(self.status(), json!([content(&self.answer.text())]));
        self.response(self.status(), json!([item]), self.usage.clone())
    }

    fn status(&self) -> &'static str {
        match self.answer.cut {
            true => "incomplete",
            false => "completed",
        }
    }

    fn item_id(&self) -> String {
        format!("msg_{}", self.asked.id)
    }

    fn item(&self, status: &str, content: Value) -> Value {
        json!({
            "id": self.item_id(),
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        })
    }

    fn response(&self, status: &str, output: Value, usage: Value) -> Value {
        let incomplete = match status {
            "incomplete" => json!({"reason": "max_output_tokens"}),
            _ => Value::Null,
        };
        let echoed =
            |name: &str, otherwise: Value| self.asked.field(name).cloned().unwrap_or(otherwise);
        json!({
            "id": format!("resp_{}", self.asked.id),
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": false,
            "error": null,
            "incomplete_details": incomplete,
            "instructions": echoed("instructions", Value::Null),
            "max_output_tokens": echoed("max_output_tokens", Value::Null),
            "model": self.asked.model,
            "output": output,
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": {"effort": null, "summary": null},
            "service_tier": "default",
            "store": echoed("store", json!(true)),
            "temperature": echoed("temperature", json!(1.0)),
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": echoed("top_p", json!(1.0)),
            "truncation": "disabled",
            "usage": usage,
            "user": null,
            "metadata": echoed("metadata", json!({})),
        })
    }
}

fn content(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}
