//! The body of a run: a model of Workers AI, and the input for it.
//!
//! The input goes on as it was written, to the model's own path. Whatever a run can be asked for
//! beyond that (to be done later, to be told elsewhere) is refused, not forgotten.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::record::clipped;
use crate::route::{WORKERS_AI, is_own_model};

/// A run as it was sent, its form checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The path below the provider.
    pub(crate) tail: String,
    pub(crate) body: Bytes,
}

/// Why a run is not made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRun {
    /// The body is none of a run.
    #[error("the body must be like {{\"model\": \"@cf/…\", \"input\": {{…}}}}: {0}")]
    Body(String),
    /// Something is asked for that is not done here.
    #[error("the option `{0}` is not offered here; leave it out and read the answer")]
    Option(String),
    /// The model is none of those that can be run.
    #[error(
        "only models called @cf/… or @hf/… can be run, not {0:?}; \
         others are at /ai/v1/chat/completions, /ai/v1/responses and /ai/v1/messages"
    )]
    Model(String),
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(default)]
    options: Option<serde_json::Map<String, Value>>,
}

/// Reads the body of a run.
pub(crate) fn read(body: &Bytes) -> Result<Sent, BadRun> {
    let raw: Raw<'_> =
        serde_json::from_slice(body).map_err(|error| BadRun::Body(error.to_string()))?;
    // An option that is switched off asks for nothing.
    let off = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
    let mut options = raw.options.iter().flatten();
    if let Some((name, _)) = options.find(|(_, value)| !off(value)) {
        return Err(BadRun::Option(clipped(name).to_owned()));
    }
    let named = (raw.model.strip_prefix(WORKERS_AI))
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(&raw.model);
    if !is_own_model(named) {
        return Err(BadRun::Model(clipped(named).to_owned()));
    }
    Ok(Sent {
        tail: format!("run/{named}"),
        // A part of the body as it came, not a copy of it.
        body: body.slice_ref(raw.input.get().as_bytes()),
    })
}

// === impl BadRun ===

impl BadRun {
    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::Body(_) => "The run cannot be read",
            Self::Option(_) => "The run asks for what is not offered",
            Self::Model(_) => "No such model",
        }
    }
}

#[cfg(test)]
mod tests;
