//! How the dialects word a refusal, so that a client's own reader of errors understands one that the
//! gateway makes itself.

use serde_json::{Map, Value, json};

use crate::endpoint::Endpoint;
use crate::wire::Wire;

// === impl Endpoint ===

impl Endpoint {
    /// What clients of the endpoint read out of a refusal with that HTTP status: the keys of an
    /// object that may hold others beside them. `code` is the gateway's own.
    pub fn refusal(self, status: u16, code: u32, message: &str) -> Map<String, Value> {
        let mut keys = Map::new();
        let error = match self.wire() {
            Wire::Anthropic => {
                keys.insert("type".into(), "error".into());
                json!({"type": anthropic_type(status), "message": message})
            }
            _ => json!({
                "message": message,
                "type": openai_type(status),
                "param": null,
                "code": code.to_string(),
            }),
        };
        keys.insert("error".into(), error);
        keys
    }
}

fn openai_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests;
