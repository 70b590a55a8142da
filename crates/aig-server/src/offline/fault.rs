//! Models that fail, by their names, on every wire: for trying out what an application does then.
//!
//! The name may have anything with a slash in front (`@cf/offline/fault-500`). What each of them does
//! is listed in `offline.rs`.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::{Dialect, Refusal};
use super::endpoint::Endpoint;
use super::reply::{self, End, Paced, Script};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// An error with this status.
    Status(StatusCode),
    /// The answer comes late.
    Slow(Duration),
    /// No answer comes.
    Hang,
    /// The connection closes instead of an answer.
    Close,
    /// The answer breaks off in the middle.
    Cut,
    /// The answer stops in the middle, and the connection stays open.
    Stall,
    /// The stream never ends.
    Endless,
    /// The stream brings an error as an event, and ends cleanly.
    Event,
    /// The answer is no JSON.
    Garbage,
    /// The answer is a page of some proxy.
    Html,
    /// The answer has nothing in it.
    Empty,
    /// Every first of two requests is an error, the second is answered.
    Flaky,
}

const SLOW: Duration = Duration::from_secs(2);
const SLOWEST_MS: u64 = 3_600_000;

// === impl Fault ===

impl Fault {
    /// The fault that a model's name asks for.
    pub(super) fn of(model: &str) -> Option<Self> {
        let name = model.rsplit('/').next().unwrap_or(model);
        if let Some(status) = name.strip_prefix("offline-error-") {
            return Some(Self::Status(failing(status)?));
        }
        let fault = match name.strip_prefix("fault-")? {
            "slow" => Self::Slow(SLOW),
            "hang" => Self::Hang,
            "close" => Self::Close,
            "cut" => Self::Cut,
            "stall" => Self::Stall,
            "endless" => Self::Endless,
            "event" => Self::Event,
            "garbage" => Self::Garbage,
            "html" => Self::Html,
            "empty" => Self::Empty,
            "flaky" => Self::Flaky,
            other => match other.strip_prefix("slow-") {
                Some(ms) => {
                    let ms = ms.parse().ok().filter(|ms| *ms <= SLOWEST_MS)?;
                    Self::Slow(Duration::from_millis(ms))
                }
                None => Self::Status(failing(other)?),
            },
        };
        Some(fault)
    }

    /// The refusal that it is before anything is answered, if it is one. `count` says how many
    /// requests to flaky models there were before.
    pub(super) fn refusal(self, model: &str, count: impl FnOnce() -> u64) -> Option<Refusal> {
        let status = match self {
            Self::Status(status) => status,
            Self::Flaky if count().is_multiple_of(2) => StatusCode::SERVICE_UNAVAILABLE,
            _ => return None,
        };
        let when = match self {
            Self::Flaky => "answers with 503 every other time",
            _ => {
                return Some(Refusal::new(
                    status,
                    format!("The model `{model}` always answers with {status}."),
                ));
            }
        };
        Some(Refusal::new(status, format!("The model `{model}` {when}.")))
    }

    /// What becomes of the answer that would have been right.
    pub(super) fn spoil(
        self,
        dialect: Dialect,
        endpoint: Option<Endpoint>,
        answer: Response<Paced>,
    ) -> Response<Paced> {
        let streams = answer.body().is_stream();
        match self {
            Self::Cut => Paced::halved(answer, End::Cut),
            Self::Stall => Paced::halved(answer, End::Stall),
            Self::Endless => match answer.body().middle() {
                Some(chunk) if streams => Paced::halved(answer, End::Endless(chunk)),
                _ => answer,
            },
            Self::Event if streams => {
                let mut answer = Paced::halved(answer, End::Clean);
                let script = match endpoint {
                    Some(Endpoint::Responses) => responses_error_event(answer.body().events()),
                    _ => error_event(dialect),
                };
                answer.body_mut().append(script);
                answer
            }
            Self::Event => {
                let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, MESSAGE);
                refusal.respond(dialect, "fault-event")
            }
            Self::Garbage if streams => {
                let mut answer = Paced::halved(answer, End::Clean);
                let mut script = Script::default();
                script.text("data: {\"choices\": [{\"delta\": {\"content\": \u{fffd}\u{0}}}\n\n");
                script.text("\u{7f}\u{1}no field at all\r\rdata {]\n\n");
                script.send();
                answer.body_mut().append(script);
                answer
            }
            Self::Garbage => {
                let garbage = Bytes::from_static(b"{\"choices\": [\xff\xfe{]} upstream says hello");
                reply::plain(StatusCode::OK, "application/json", garbage)
            }
            Self::Html => {
                let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
                            <body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n";
                reply::plain(
                    StatusCode::BAD_GATEWAY,
                    "text/html",
                    Bytes::from_static(page.as_bytes()),
                )
            }
            Self::Empty => {
                let mut empty = reply::plain(StatusCode::OK, "application/json", Bytes::new());
                if let Some(kind) = answer.headers().get(http::header::CONTENT_TYPE) {
                    empty
                        .headers_mut()
                        .insert(http::header::CONTENT_TYPE, kind.clone());
                }
                empty
            }
            Self::Status(_) | Self::Slow(_) | Self::Hang | Self::Close | Self::Flaky => answer,
        }
    }
}

const MESSAGE: &str = "The model failed in the middle of its answer.";

/// Only errors: a success would need an answer.
fn failing(status: &str) -> Option<StatusCode> {
    let status = StatusCode::from_u16(status.parse().ok()?).ok()?;
    (status.is_client_error() || status.is_server_error()).then_some(status)
}

/// How a provider of that dialect reports in a stream that it cannot go on.
fn error_event(dialect: Dialect) -> Script {
    let mut script = Script::default();
    let openai = || -> Value {
        json!({"error": {"message": MESSAGE, "type": "server_error", "param": null, "code": null}})
    };
    match dialect {
        Dialect::OpenAi | Dialect::Mistral => script.data(&openai()),
        Dialect::Anthropic => script.event(&json!({
            "type": "error",
            "error": {"type": "api_error", "message": MESSAGE},
        })),
        Dialect::Gemini => script.data(&json!({
            "error": {"code": 500, "message": MESSAGE, "status": "INTERNAL"},
        })),
        Dialect::Cohere => script.event(&json!({
            "type": "message-end",
            "delta": {"finish_reason": "ERROR", "error": MESSAGE},
        })),
        Dialect::WorkersAi => script.data(&json!({"error": MESSAGE})),
    }
    script.send();
    script
}

/// The same of OpenAI's responses, whose events have names and numbers, the error among them.
fn responses_error_event(number: usize) -> Script {
    let mut script = Script::default();
    script.event(&json!({
        "type": "error",
        "code": "server_error",
        "message": MESSAGE,
        "param": null,
        "sequence_number": number,
    }));
    script.send();
    script
}

#[cfg(test)]
mod tests;
