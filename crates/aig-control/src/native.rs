//! Reads what dropshot says of errors it found itself, and says it in the API's envelope; finds
//! what dropshot overlooks.
//!
//! dropshot gives a sentence and no field. Its sentences are fixed prefixes around those of the
//! deserialisers, which do name the field and which `sentence` rewords; a test holds every prefix
//! against the real dropshot, so that a new version cannot change its words unnoticed.

use aig_api::types::ErrorResponse;
use bytes::Bytes;
use dropshot::HttpErrorResponseBody;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::Full;
use serde::de::IgnoredAny;

use crate::error::{Failure, Fault, render};
use crate::sentence::{reworded, without_position};

/// The longest message that is passed on, in characters: deserialisers quote what they were sent.
const LONGEST: usize = 500;

const JSON: &[u8] = b"application/json";

/// The answer for an answer of dropshot's that is no success.
pub(crate) fn answer(status: StatusCode, body: &[u8], limit: u64) -> Response<Full<Bytes>> {
    if let Ok(envelope) = serde_json::from_slice::<ErrorResponse>(body) {
        return render(status, &envelope);
    }
    let message = serde_json::from_slice::<HttpErrorResponseBody>(body)
        .map(|native| native.message)
        .unwrap_or_default();
    failure(status, &message, limit).response()
}

/// Refuses a JSON body that is more, or less, than one JSON text: dropshot reads the first and
/// never looks at what follows. Refuses a body that is said to be something else.
pub(crate) fn check_body(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<(), Failure> {
    let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    // Without a content type dropshot takes the body for JSON.
    let is_json = headers
        .get(CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(JSON));
    if takes_body && !is_json {
        return Err(Failure::NotJson);
    }
    if takes_body {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| not_json(body, &error))?;
    }
    Ok(())
}

/// There is no field to name yet, so the place in the text is what helps.
fn not_json(body: &[u8], error: &serde_json::Error) -> Fault {
    let message = if body.trim_ascii().is_empty() {
        "the body must be a JSON object, and it is empty".to_owned()
    } else {
        let wrong = error.to_string();
        format!(
            "the body is not JSON: {} (line {}, column {})",
            without_position(&wrong),
            error.line(),
            error.column()
        )
    };
    let path = vec!["body".to_owned()];
    Fault { message, path }
}

fn failure(status: StatusCode, message: &str, limit: u64) -> Failure {
    match status {
        StatusCode::BAD_REQUEST if message.starts_with("request body exceeded maximum size") => {
            Failure::TooLarge(limit)
        }
        // A path that cannot be decoded, or has dot segments, names nothing that exists.
        StatusCode::BAD_REQUEST
            if message == "invalid path encoding"
                || message.starts_with("bad parameter in URL path") =>
        {
            Failure::NotFound
        }
        StatusCode::BAD_REQUEST => fault(message).into(),
        StatusCode::NOT_FOUND => Failure::NoSuchPath,
        StatusCode::SERVICE_UNAVAILABLE => Failure::Unavailable(message.to_owned()),
        _ => {
            tracing::error!(%status, message, "an answer that nobody expects");
            Failure::Internal
        }
    }
}

/// The fault that a sentence of dropshot's tells of.
fn fault(message: &str) -> Fault {
    let places = [
        ("unable to parse JSON body: ", "body"),
        ("unable to parse query string: ", "query"),
        ("missing or invalid header: ", "header"),
    ];
    for (prefix, place) in places {
        if let Some(said) = message.strip_prefix(prefix) {
            return fault_in(place, said);
        }
    }
    let path = match message.to_ascii_lowercase() {
        text if text.contains("content type") || text.contains("content-type") => {
            vec!["header".into(), "content-type".into()]
        }
        _ => vec![],
    };
    Fault {
        message: shortened(message),
        path,
    }
}

/// `field: what is wrong`, or a sentence with the field in backticks, or no field at all.
fn fault_in(place: &str, said: &str) -> Fault {
    let said = without_position(said);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
    let named = said
        .split_once(": ")
        .filter(|(name, _)| !name.is_empty() && name.chars().all(is_name));
    let (field, wrong) = named.unwrap_or_else(|| {
        // Other sentences have values in backticks.
        let is_of_field = ["duplicate field `", "missing field `"];
        let of_field = is_of_field
            .iter()
            .find_map(|start| said.strip_prefix(start));
        (
            of_field.map_or("", |field| field.trim_end_matches('`')),
            said,
        )
    });
    let message = match field {
        "" => reworded(&format!("the {place}"), wrong),
        field => reworded(field, wrong),
    };
    let steps = field
        .split(['.', '[', ']'])
        .filter(|step| !step.is_empty())
        .map(str::to_owned);
    Fault {
        message: shortened(&message),
        path: std::iter::once(place.to_owned()).chain(steps).collect(),
    }
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
