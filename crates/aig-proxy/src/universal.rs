//! The body of a universal request, read into steps.
//!
//! A step names a provider, an endpoint below it, headers and a body (`query`), which goes on byte
//! for byte as it was written. Everything that a step says about a destination or a frame is
//! checked here; what may be tried in which order is left to `Attempts`.

use std::borrow::Cow;

use aig_policy::Options;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A step as it was sent, its form checked.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) provider: String,
    /// Path below the provider.
    pub(crate) endpoint: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) config: Options,
    pub(crate) body: Bytes,
}

/// What is wrong with a universal body, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub(crate) struct BadUniversal {
    /// Such as `[1].headers.host`; empty for the body as a whole.
    pub(crate) place: String,
    pub(crate) what: String,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    endpoint: Cow<'a, str>,
    #[serde(default)]
    headers: Option<serde_json::Map<String, Value>>,
    /// An older place for the value of the `Authorization` header.
    #[serde(default)]
    authorization: Option<String>,
    #[serde(default)]
    config: Option<Value>,
    #[serde(borrow, default)]
    query: Option<&'a RawValue>,
}

/// The most steps that one request may have; Cloudflare names no limit, but a body of 25 MiB has
/// room for half a million.
pub const MAX_STEPS: usize = 100;

/// Headers that belong to the connection or to its framing; a step cannot set them.
const FRAMING: [HeaderName; 8] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
];

/// Reads the body of a universal request: an array of steps, or a single one.
pub(crate) fn read(body: &Bytes) -> Result<Vec<Sent>, BadUniversal> {
    let whole = |error: serde_json::Error| BadUniversal {
        place: format!("line {}, column {}", error.line(), error.column()),
        what: error.to_string(),
    };
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let raw: Vec<&RawValue> = match first {
        Some(b'[') => serde_json::from_slice(body).map_err(whole)?,
        _ => vec![serde_json::from_slice(body).map_err(whole)?],
    };
    if raw.is_empty() || raw.len() > MAX_STEPS {
        return Err(BadUniversal {
            place: "the body".into(),
            what: format!("must have 1 to {MAX_STEPS} steps"),
        });
    }
    raw.iter()
        .enumerate()
        .map(|(index, raw)| step(index, raw, body))
        .collect()
}

fn step(index: usize, raw: &RawValue, body: &Bytes) -> Result<Sent, BadUniversal> {
    let bad = |field: &str, what: String| BadUniversal {
        place: format!("[{index}]{field}"),
        what,
    };
    let step: Raw<'_> =
        serde_json::from_str(raw.get()).map_err(|error| bad("", error.to_string()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in step.headers.iter().flatten() {
        let field = format!(".headers.{name}");
        let text = match value {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(_) | Value::Bool(_) => Cow::Owned(value.to_string()),
            Value::Null => continue,
            _ => return Err(bad(&field, "must be a text".into())),
        };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad(&field, "is not the name of a header".into()))?;
        if FRAMING.contains(&name) {
            return Err(bad(
                &field,
                "is the connection's own and cannot be set".into(),
            ));
        }
        let value = HeaderValue::from_str(&text)
            .map_err(|_| bad(&field, "has characters that no header can hold".into()))?;
        headers.append(name, value);
    }
    if let Some(authorization) = step.authorization
        && !headers.contains_key(header::AUTHORIZATION)
    {
        let value = HeaderValue::from_str(&authorization).map_err(|_| {
            bad(
                ".authorization",
                "has characters that no header can hold".into(),
            )
        })?;
        headers.insert(header::AUTHORIZATION, value);
    }
    if step.query.is_some() && !headers.contains_key(header::CONTENT_TYPE) {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    let (endpoint, query) = match step.endpoint.split_once('?') {
        Some((endpoint, query)) => (endpoint, Some(query.to_owned())),
        None => (&*step.endpoint, None),
    };
    Ok(Sent {
        provider: step.provider.into_owned(),
        endpoint: endpoint.trim_start_matches('/').to_owned(),
        query,
        headers,
        config: step
            .config
            .as_ref()
            .map(Options::of_config)
            .unwrap_or_default(),
        // A part of the body as it came, not a copy of it.
        body: step
            .query
            .map_or_else(Bytes::new, |query| body.slice_ref(query.get().as_bytes())),
    })
}

#[cfg(test)]
mod tests;
