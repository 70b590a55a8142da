//! How each dialect words a refusal, so that a client's own reader of errors understands one that the
//! gateway makes itself.

use serde_json::{Value, json};

use crate::wire::Wire;

// === impl Wire ===

impl Wire {
    /// The JSON body of a refusal with that status, in the shape that clients of the dialect read.
    pub fn refusal(self, status: u16, message: &str) -> String {
        let body: Value = match self {
            Self::OpenAi | Self::Opaque => json!({"error": {
                "message": message,
                "type": openai_type(status),
                "param": null,
                "code": null,
            }}),
            Self::Anthropic => json!({
                "type": "error",
                "error": {"type": anthropic_type(status), "message": message},
            }),
            Self::Gemini => json!({"error": {
                "code": status,
                "message": message,
                "status": google_status(status),
            }}),
            Self::Cohere | Self::Bedrock => json!({"message": message}),
            Self::WorkersAi => json!({
                "result": null,
                "success": false,
                "errors": [{"code": status, "message": message}],
                "messages": [],
            }),
            Self::Replicate => json!({
                "title": "The request was refused",
                "detail": message,
                "status": status,
            }),
        };
        body.to_string()
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

/// The names of gRPC's codes, by Google's table of which status stands for which.
fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        502 | 503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

#[cfg(test)]
mod tests;
