//! `GET /v1/models` and `/v1/models/{id}` on both wires.
//!
//! The list is short and made up. A prompt for any other model is answered just the same, so that
//! commands written for a real model work.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::reply::{self, Dialect, Paced, Refusal};

/// When everything here was made, in seconds since 1970: 22 November 2026.
pub(super) const CREATED: u64 = 1_795_305_600;
const CREATED_AT: &str = "2026-11-22T00:00:00Z";

const MODELS: [&str; 3] = ["offline-chat", "offline-embedding", "offline-small"];

pub(super) fn answer(dialect: Dialect, wanted: Option<&str>) -> Result<Response<Paced>, Refusal> {
    let body = match (wanted, dialect) {
        (Some(name), _) if !MODELS.contains(&name) => {
            let message = match dialect {
                Dialect::OpenAi => format!("The model '{name}' does not exist"),
                Dialect::Anthropic => format!("model: {name}"),
            };
            return Err(Refusal {
                param: Some("model"),
                code: Some("model_not_found"),
                ..Refusal::new(StatusCode::NOT_FOUND, message)
            });
        }
        (Some(name), _) => model(dialect, name),
        (None, Dialect::OpenAi) => json!({"object": "list", "data": all(dialect)}),
        (None, Dialect::Anthropic) => json!({
            "data": all(dialect),
            "has_more": false,
            "first_id": MODELS.first(),
            "last_id": MODELS.last(),
        }),
    };
    Ok(reply::document(StatusCode::OK, &body))
}

fn all(dialect: Dialect) -> Vec<Value> {
    MODELS.iter().map(|name| model(dialect, name)).collect()
}

fn model(dialect: Dialect, name: &str) -> Value {
    match dialect {
        Dialect::OpenAi => {
            json!({"id": name, "object": "model", "created": CREATED, "owned_by": "offline"})
        }
        Dialect::Anthropic => {
            json!({"type": "model", "id": name, "display_name": name, "created_at": CREATED_AT})
        }
    }
}
