//! `GET /v1/models` and `/v1/models/{id}` on every wire that has them.
//!
//! The list is short and made up. A prompt for any other model is answered just the same, so that
//! commands written for a real model work.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::{Dialect, Refusal};
use super::reply::{self, Paced};

/// When everything here was made, in seconds since 1970: 22 November 2026.
pub(super) const CREATED: u64 = 1_795_305_600;
const CREATED_AT: &str = "2026-11-22T00:00:00Z";

pub(super) const MODELS: [&str; 3] = ["offline-chat", "offline-embedding", "offline-small"];

pub(super) fn answer(dialect: Dialect, wanted: Option<&str>) -> Result<Response<Paced>, Refusal> {
    let body = match wanted {
        Some(name) if !MODELS.contains(&name) => {
            let message = match dialect {
                Dialect::Anthropic => format!("model: {name}"),
                Dialect::Gemini => format!("models/{name} is not found"),
                _ => format!("The model '{name}' does not exist"),
            };
            return Err(Refusal {
                param: Some("model"),
                code: Some("model_not_found"),
                ..Refusal::new(StatusCode::NOT_FOUND, message)
            });
        }
        Some(name) => model(dialect, name),
        None => list(dialect),
    };
    Ok(reply::document(StatusCode::OK, &body))
}

fn list(dialect: Dialect) -> Value {
    let all: Vec<Value> = MODELS.iter().map(|name| model(dialect, name)).collect();
    match dialect {
        Dialect::OpenAi | Dialect::Mistral | Dialect::WorkersAi => {
            json!({"object": "list", "data": all})
        }
        Dialect::Anthropic => json!({
            "data": all,
            "has_more": false,
            "first_id": MODELS.first(),
            "last_id": MODELS.last(),
        }),
        Dialect::Gemini | Dialect::Cohere => json!({"models": all}),
    }
}

fn model(dialect: Dialect, name: &str) -> Value {
    match dialect {
        Dialect::OpenAi | Dialect::WorkersAi => {
            json!({"id": name, "object": "model", "created": CREATED, "owned_by": "offline"})
        }
        Dialect::Mistral => json!({
            "id": name,
            "object": "model",
            "created": CREATED,
            "owned_by": "offline",
            "capabilities": {
                "completion_chat": true,
                "completion_fim": false,
                "function_calling": false,
                "fine_tuning": false,
                "vision": false,
            },
            "type": "base",
        }),
        Dialect::Anthropic => {
            json!({"type": "model", "id": name, "display_name": name, "created_at": CREATED_AT})
        }
        Dialect::Gemini => json!({
            "name": format!("models/{name}"),
            "version": "1",
            "displayName": name,
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
        }),
        Dialect::Cohere => json!({
            "name": name,
            "endpoints": ["chat", "embed", "rerank"],
            "finetuned": false,
            "context_length": 128_000,
        }),
    }
}
