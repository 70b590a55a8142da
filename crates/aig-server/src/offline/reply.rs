//! What goes back: a document at once, or a stream of events in its own pace; errors per dialect.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Value, json};
use tokio::time::Sleep;

/// Whose shapes an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenAi,
    Anthropic,
}

/// A refused request, before it has a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// The field that is to blame; only one dialect has a place for it.
    pub(super) param: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) allow: Option<Method>,
}

/// Events that are being written, grouped into what is sent at once.
#[derive(Debug, Default)]
pub(super) struct Script {
    chunks: VecDeque<Bytes>,
    open: String,
}

/// The body of every answer.
#[derive(Debug)]
pub(super) struct Paced {
    chunks: VecDeque<Bytes>,
    pace: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    /// A document tells its length, a stream does not know it.
    is_document: bool,
}

/// A whole document.
pub(super) fn document(status: StatusCode, body: &Value) -> Response<Paced> {
    let body = Paced {
        chunks: VecDeque::from([Bytes::from(body.to_string())]),
        pace: Duration::ZERO,
        pause: None,
        is_document: true,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A stream of events.
pub(super) fn stream(script: Script, pace: Duration) -> Response<Paced> {
    let body = Paced {
        chunks: script.chunks,
        pace,
        pause: None,
        is_document: false,
    };
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    let no_cache = HeaderValue::from_static("no-cache");
    response.headers_mut().insert(CACHE_CONTROL, no_cache);
    response
}

// === impl Script ===

impl Script {
    /// An event without a name.
    pub(super) fn data(&mut self, data: &Value) {
        self.open.push_str(&format!("data: {data}\n\n"));
    }

    /// An event whose data is a word and no JSON.
    pub(super) fn word(&mut self, word: &str) {
        self.open.push_str(&format!("data: {word}\n\n"));
    }

    /// An event that has its type as name, too.
    pub(super) fn event(&mut self, data: &Value) {
        let name = data["type"].as_str().unwrap_or_default();
        self.open
            .push_str(&format!("event: {name}\ndata: {data}\n\n"));
    }

    /// What was written until here is sent at once, before the next pause.
    pub(super) fn send(&mut self) {
        if !self.open.is_empty() {
            self.chunks
                .push_back(Bytes::from(std::mem::take(&mut self.open)));
        }
    }
}

// === impl Paced ===

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let chunk = self.chunks.pop_front();
        if !self.chunks.is_empty() && !self.pace.is_zero() {
            self.pause = Some(Box::pin(tokio::time::sleep(self.pace)));
        }
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.is_document {
            true => SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum()),
            false => SizeHint::default(),
        }
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
        }
    }

    /// A field that must be there is not, or has the wrong type.
    pub(super) fn missing(dialect: Dialect, field: &'static str) -> Self {
        let message = match dialect {
            Dialect::OpenAi => format!("Missing required parameter: '{field}'."),
            Dialect::Anthropic => format!("{field}: Field required"),
        };
        Self {
            param: Some(field),
            code: Some("missing_required_parameter"),
            ..Self::new(StatusCode::BAD_REQUEST, message)
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
        };
        let mut response = document(self.status, &body);
        let allow = self
            .allow
            .as_ref()
            .map(|method| HeaderValue::from_str(method.as_str()));
        if let Some(Ok(allow)) = allow {
            response.headers_mut().insert(ALLOW, allow);
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
}
