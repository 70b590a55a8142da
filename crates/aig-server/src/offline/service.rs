//! From a request to the file that answers it: path, method, body, and the errors before all that.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use super::reply::{Dialect, Paced, Refusal};
use super::{chat, embeddings, messages, models, responses, text};

/// More than any trial sends, and little enough to be held in memory.
const BODY_CAP: usize = 32 * 1024 * 1024;

/// A model of this name, followed by a status, answers with that status.
const ERROR_MODEL: &str = "offline-error-";

/// A request that has a JSON object as body.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) body: Map<String, Value>,
    pub(super) model: String,
    pub(super) stream: bool,
    /// The same for the same bytes.
    pub(super) id: String,
    pub(super) pace: Duration,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Chat,
    Responses,
    Embeddings,
    Messages,
    CountTokens,
    Models,
}

pub(super) async fn answer(
    request: Request<Incoming>,
    pace: Duration,
) -> Result<Response<Paced>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let speaks_anthropic = head.headers.contains_key("anthropic-version");
    let found = Endpoint::of(&path);
    let dialect = match found {
        Some((Endpoint::Messages | Endpoint::CountTokens, _)) => Dialect::Anthropic,
        Some((Endpoint::Chat | Endpoint::Responses | Endpoint::Embeddings, _)) => Dialect::OpenAi,
        // The list of models, and what is nowhere, have the same path on both wires.
        Some((Endpoint::Models, _)) | None if speaks_anthropic => Dialect::Anthropic,
        Some((Endpoint::Models, _)) | None => Dialect::OpenAi,
    };
    let (id, answered) = match Limited::new(body, BODY_CAP).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            let id = format!("{:016x}", text::digest(&body));
            let answered = match found {
                Some(found) => respond(found, dialect, &head.method, &path, body, &id, pace),
                None => Err(unknown(dialect, &head.method, &path)),
            };
            (id, answered)
        }
        Err(error) => (format!("{:016x}", 0), Err(unread(error.as_ref()))),
    };
    let mut response = answered.unwrap_or_else(|refusal| refusal.respond(dialect, &id));
    let name = match dialect {
        Dialect::OpenAi => HeaderName::from_static("x-request-id"),
        Dialect::Anthropic => HeaderName::from_static("request-id"),
    };
    let value =
        HeaderValue::try_from(format!("req_{id}")).expect("hex digits are legal in a header");
    response.headers_mut().insert(name, value);
    Ok(response)
}

fn respond(
    (endpoint, below): (Endpoint, Option<&str>),
    dialect: Dialect,
    method: &Method,
    path: &str,
    body: Bytes,
    id: &str,
    pace: Duration,
) -> Result<Response<Paced>, Refusal> {
    let wanted = match endpoint {
        Endpoint::Models => Method::GET,
        _ => Method::POST,
    };
    if *method != wanted {
        return Err(Refusal {
            allow: Some(wanted),
            ..Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("Not allowed to {method} on {path}."),
            )
        });
    }
    if endpoint == Endpoint::Models {
        return models::answer(dialect, below);
    }
    let asked = Asked::read(&body, dialect, id, pace)?;
    match endpoint {
        Endpoint::Chat => chat::answer(&asked),
        Endpoint::Responses => responses::answer(&asked),
        Endpoint::Embeddings => embeddings::answer(&asked),
        Endpoint::CountTokens => messages::count(&asked),
        Endpoint::Messages | Endpoint::Models => messages::answer(&asked),
    }
}

fn unknown(dialect: Dialect, method: &Method, path: &str) -> Refusal {
    let message = match dialect {
        Dialect::OpenAi => format!("Invalid URL ({method} {path})"),
        Dialect::Anthropic => "Not Found".to_owned(),
    };
    Refusal::new(StatusCode::NOT_FOUND, message)
}

fn unread(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Refusal {
    match error.is::<LengthLimitError>() {
        true => Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than {BODY_CAP} bytes; send less."),
        ),
        false => Refusal::new(StatusCode::BAD_REQUEST, "The body broke off."),
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// The endpoint of a path, and what stands below it.
    fn of(path: &str) -> Option<(Self, Option<&str>)> {
        let endpoint = match path.strip_prefix("/v1/")? {
            "chat/completions" => Self::Chat,
            "responses" => Self::Responses,
            "embeddings" => Self::Embeddings,
            "messages" => Self::Messages,
            "messages/count_tokens" => Self::CountTokens,
            "models" => Self::Models,
            other => {
                let model = other
                    .strip_prefix("models/")
                    .filter(|model| !model.is_empty())?;
                return Some((Self::Models, Some(model)));
            }
        };
        Some((endpoint, None))
    }
}

// === impl Asked ===

impl Asked {
    fn read(body: &[u8], dialect: Dialect, id: &str, pace: Duration) -> Result<Self, Refusal> {
        let body = match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => body,
            Ok(_) | Err(_) => {
                let message = match dialect {
                    Dialect::OpenAi => "We could not parse the JSON body of your request.",
                    Dialect::Anthropic => "The request body is not valid JSON",
                };
                return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
            }
        };
        let model = match body.get("model") {
            Some(Value::String(model)) if !model.is_empty() => model.clone(),
            _ => match dialect {
                Dialect::OpenAi => {
                    let message = "you must provide a model parameter";
                    return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
                }
                Dialect::Anthropic => return Err(Refusal::missing(dialect, "model")),
            },
        };
        if let Some(status) = asked_status(&model) {
            let message = format!("The model `{model}` always answers with {status}.");
            return Err(Refusal::new(status, message));
        }
        let stream = body.get("stream") == Some(&Value::Bool(true));
        Ok(Self {
            body,
            model,
            stream,
            id: id.to_owned(),
            pace,
        })
    }

    /// A field that is not `null`.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub(super) fn required(&self, dialect: Dialect, name: &'static str) -> Result<&Value, Refusal> {
        self.field(name)
            .ok_or_else(|| Refusal::missing(dialect, name))
    }
}

fn asked_status(model: &str) -> Option<StatusCode> {
    let status = model.strip_prefix(ERROR_MODEL)?.parse().ok()?;
    let status = StatusCode::from_u16(status).ok()?;
    (status.is_client_error() || status.is_server_error()).then_some(status)
}
