//! The dialects that are spoken here, and how each of them words a refusal.

use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::reply::{self, Paced};

/// Whose shapes an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
    Cohere,
    /// OpenAI's, with other errors and no patience for unknown fields.
    Mistral,
    WorkersAi,
}

/// A refused request, before it has a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// The field that is to blame; only one dialect has a place for it.
    pub(super) param: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) allow: Option<Method>,
    /// What the dialect's own checker of fields found; only one has such a thing.
    pub(super) detail: Option<Box<Value>>,
}

// === impl Dialect ===

impl Dialect {
    /// The header in which its answers name themselves.
    pub(super) const fn id_header(self) -> HeaderName {
        match self {
            Self::Anthropic => HeaderName::from_static("request-id"),
            Self::Cohere => HeaderName::from_static("x-debug-trace-id"),
            _ => HeaderName::from_static("x-request-id"),
        }
    }

    /// What it says to a body that is none.
    pub(super) fn no_json(self) -> Refusal {
        let message = match self {
            Self::OpenAi | Self::Mistral => "We could not parse the JSON body of your request.",
            Self::Anthropic => "The request body is not valid JSON",
            Self::Gemini => "Invalid JSON payload received.",
            Self::Cohere => "invalid json syntax",
            Self::WorkersAi => "AiError: Invalid JSON input",
        };
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// What it says to a path that is none.
    pub(super) fn no_path(self, method: &Method, path: &str) -> Refusal {
        let message = match self {
            Self::OpenAi => format!("Invalid URL ({method} {path})"),
            Self::Anthropic => "Not Found".to_owned(),
            Self::Gemini => format!("No method answers {method} {path}"),
            Self::Cohere => format!("404 page not found: {path}"),
            Self::Mistral => "no Route matched with those values".to_owned(),
            Self::WorkersAi => "No route for that URI".to_owned(),
        };
        Refusal::new(StatusCode::NOT_FOUND, message)
    }
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            param: None,
            code: None,
            allow: None,
            detail: None,
        }
    }

    /// A field that must be there is not, or has the wrong type.
    pub(super) fn missing(dialect: Dialect, field: &'static str) -> Self {
        let message = match dialect {
            Dialect::OpenAi => format!("Missing required parameter: '{field}'."),
            Dialect::Anthropic => format!("{field}: Field required"),
            Dialect::Gemini => {
                format!("* GenerateContentRequest.{field}: {field} is not specified")
            }
            Dialect::Cohere => format!("invalid request: {field} is required"),
            Dialect::Mistral => "Field required".to_owned(),
            Dialect::WorkersAi => {
                format!("AiError: Bad input: Error: required properties at '/' are '{field}'")
            }
        };
        let refusal = Self {
            param: Some(field),
            code: Some("missing_required_parameter"),
            ..Self::new(StatusCode::BAD_REQUEST, message)
        };
        match dialect {
            Dialect::Mistral => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                detail: Some(Box::new(json!([{
                    "type": "missing",
                    "loc": ["body", field],
                    "msg": "Field required",
                    "input": null,
                }]))),
                ..refusal
            },
            _ => refusal,
        }
    }

    pub(super) fn respond(&self, dialect: Dialect, id: &str) -> Response<Paced> {
        let body = match dialect {
            Dialect::OpenAi => json!({"error": {
                "message": self.message,
                "type": self.openai_type(),
                "param": self.param,
                "code": self.code,
            }}),
            Dialect::Anthropic => json!({
                "type": "error",
                "error": {"type": self.anthropic_type(), "message": self.message},
                "request_id": format!("req_{id}"),
            }),
            Dialect::Gemini => json!({"error": {
                "code": self.status.as_u16(),
                "message": self.message,
                "status": self.google_status(),
            }}),
            Dialect::Cohere => json!({"id": id, "message": self.message}),
            Dialect::Mistral => json!({
                "object": "error",
                "message": match &self.detail {
                    Some(detail) => json!({"detail": detail}),
                    None => json!(self.message),
                },
                "type": self.openai_type(),
                "param": null,
                "code": null,
            }),
            Dialect::WorkersAi => json!({
                "errors": [{"message": self.message, "code": self.workers_ai_code()}],
                "success": false,
                "result": {},
                "messages": [],
            }),
        };
        let mut response = reply::document(self.status, &body);
        let headers = response.headers_mut();
        let allow = self
            .allow
            .as_ref()
            .map(|method| HeaderValue::from_str(method.as_str()));
        if let Some(Ok(allow)) = allow {
            headers.insert(ALLOW, allow);
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn openai_type(&self) -> &'static str {
        match self.status.as_u16() {
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        }
    }

    fn anthropic_type(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        }
    }

    fn google_status(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            500.. => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        }
    }

    fn workers_ai_code(&self) -> u16 {
        match self.status.as_u16() {
            401 | 403 => 10000,
            404 => 7000,
            408 | 504 => 3007,
            413 => 3006,
            429 => 3036,
            500.. => 3043,
            _ => 5006,
        }
    }
}
