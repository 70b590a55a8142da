//! From a request to the file that answers it: path, method, body, faults, and the errors before that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use super::dialect::{Dialect, Refusal};
use super::endpoint::{Endpoint, Place};
use super::fault::Fault;
use super::reply::{BrokenOff, Paced};
use super::{chat, cohere, embeddings, gemini, messages, models, responses, text, workers_ai};

/// More than any trial sends, and little enough to be held in memory.
const BODY_CAP: usize = 32 * 1024 * 1024;

/// What all requests to one provider share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Between two words of a stream.
    pub(super) pace: Duration,
    /// How many requests there were to flaky models.
    pub(super) flaky: AtomicU64,
}

/// A request that has a JSON object as body.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) dialect: Dialect,
    pub(super) body: Map<String, Value>,
    pub(super) model: String,
    pub(super) stream: bool,
    /// The same for the same bytes.
    pub(super) id: String,
    pub(super) pace: Duration,
    query: String,
}

/// Answers, unless the model's name says that the connection is to break off.
pub(super) async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Paced>, BrokenOff> {
    let (head, body) = request.into_parts();
    let place = Place::of(head.uri.path(), &head.headers);
    let (dialect, endpoint) = (place.dialect, place.endpoint);
    let (id, answered) = match Limited::new(body, BODY_CAP).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            let id = format!("{:016x}", text::digest(&body));
            let answered = match respond(place, &head, &body, &id, shared) {
                Ok((answer, None)) => Ok(answer),
                Ok((answer, Some(fault))) => Ok(spoiled(fault, dialect, endpoint, answer).await?),
                Err(refusal) => Err(refusal),
            };
            (id, answered)
        }
        Err(error) => (format!("{:016x}", 0), Err(unread(error.as_ref()))),
    };
    let mut response = answered.unwrap_or_else(|refusal| refusal.respond(dialect, &id));
    let value =
        HeaderValue::try_from(format!("req_{id}")).expect("hex digits are legal in a header");
    response.headers_mut().insert(dialect.id_header(), value);
    Ok(response)
}

/// The right answer, and what is to go wrong with it.
fn respond(
    place: Place,
    head: &http::request::Parts,
    body: &Bytes,
    id: &str,
    shared: &Shared,
) -> Result<(Response<Paced>, Option<Fault>), Refusal> {
    let (method, path) = (&head.method, head.uri.path());
    let Some(endpoint) = place.endpoint else {
        return Err(place.dialect.no_path(method, path));
    };
    let wanted = endpoint.method();
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
        return Ok((models::answer(place.dialect, place.model.as_deref())?, None));
    }
    let asked = Asked {
        query: head.uri.query().unwrap_or_default().to_owned(),
        pace: shared.pace,
        ..Asked::read(endpoint, place, body, id)?
    };
    let fault = Fault::of(&asked.model);
    let flaky = || shared.flaky.fetch_add(1, Ordering::Relaxed);
    if let Some(refusal) = fault.and_then(|fault| fault.refusal(&asked.model, flaky)) {
        return Err(refusal);
    }
    let answer = match endpoint {
        Endpoint::Chat => chat::answer(&asked),
        Endpoint::Responses => responses::answer(&asked),
        Endpoint::Embeddings => embeddings::answer(&asked),
        Endpoint::CountTokens => messages::count(&asked),
        Endpoint::Messages | Endpoint::Models => messages::answer(&asked),
        Endpoint::Generate => gemini::answer(&asked),
        Endpoint::GeminiCountTokens => gemini::count(&asked),
        Endpoint::GeminiEmbed => gemini::embed(&asked),
        Endpoint::GeminiBatchEmbed => gemini::batch_embed(&asked),
        Endpoint::CohereChat1 => cohere::chat1(&asked),
        Endpoint::CohereChat2 => cohere::chat2(&asked),
        Endpoint::CohereEmbed1 => cohere::embed(&asked, false),
        Endpoint::CohereEmbed2 => cohere::embed(&asked, true),
        Endpoint::CohereRerank => cohere::rerank(&asked),
        Endpoint::Run => workers_ai::answer(&asked),
    };
    Ok((answer?, fault))
}

async fn spoiled(
    fault: Fault,
    dialect: Dialect,
    endpoint: Option<Endpoint>,
    answer: Response<Paced>,
) -> Result<Response<Paced>, BrokenOff> {
    match fault {
        Fault::Slow(pause) => tokio::time::sleep(pause).await,
        // Ends when the client leaves: the connection drops what it waits for.
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Err(BrokenOff),
        _ => {}
    }
    Ok(fault.spoil(dialect, endpoint, answer))
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

// === impl Asked ===

impl Asked {
    fn read(endpoint: Endpoint, place: Place, body: &[u8], id: &str) -> Result<Self, Refusal> {
        let dialect = place.dialect;
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Err(dialect.no_json());
        };
        let model = match (place.model, body.get("model")) {
            (Some(model), _) => model,
            (None, Some(Value::String(model))) if !model.is_empty() => model.clone(),
            _ if endpoint.has_default_model() => "offline-chat".to_owned(),
            _ if dialect == Dialect::OpenAi => {
                let message = "you must provide a model parameter";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
            }
            _ => return Err(Refusal::missing(dialect, "model")),
        };
        let stream = body.get("stream") == Some(&Value::Bool(true));
        Ok(Self {
            dialect,
            model,
            stream: place.stream.unwrap_or(stream),
            body,
            id: id.to_owned(),
            pace: Duration::ZERO,
            query: String::new(),
        })
    }

    /// A field that is not `null`.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&Value, Refusal> {
        self.field(name)
            .ok_or_else(|| Refusal::missing(self.dialect, name))
    }

    /// Whether the query has that parameter with that value.
    pub(super) fn has_query(&self, name: &str, value: &str) -> bool {
        let mut pairs = self.query.split('&');
        pairs.any(|pair| pair.split_once('=') == Some((name, value)))
    }
}
