//! In whose words the gateway itself answers: the shape of an error, by host and dialect.
//!
//! Clients tell the two hosts apart by it: on the gateway host the array of errors is called
//! `error`, on the API host `errors`. What went wrong, and with which status, is `respond`'s.

use aig_provider::Endpoint;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Whose readers of errors are to understand an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Clients of the gateway host.
    Gateway,
    /// Clients of the API host.
    Api,
    /// Clients of the API host that were made for this endpoint, and look for its dialect's keys.
    Dialect(Endpoint),
}

/// What is to be told.
pub(crate) struct Told<'a> {
    pub(crate) status: StatusCode,
    pub(crate) code: u32,
    pub(crate) message: &'a str,
    /// What would help.
    pub(crate) description: &'a str,
}

// === impl Voice ===

impl Voice {
    /// Whether it is the API host's, in any dialect.
    pub(crate) const fn is_api(self) -> bool {
        !matches!(self, Self::Gateway)
    }

    /// The JSON body of a failure.
    pub(crate) fn body(self, told: &Told<'_>) -> String {
        let body = match self {
            Self::Gateway => gateway(told),
            Self::Api => Value::Object(envelope(told)),
            Self::Dialect(endpoint) => {
                let (status, message) = (told.status.as_u16(), whole(told));
                let mut keys = envelope(told);
                keys.extend(endpoint.refusal(status, told.code, &message));
                Value::Object(keys)
            }
        };
        body.to_string()
    }
}

fn gateway(told: &Told<'_>) -> Value {
    json!({
        "success": false,
        "result": [],
        "messages": [],
        "error": [{"code": told.code, "message": told.message}],
        "name": "AiGatewayError",
        "httpCode": told.status.as_u16(),
        "internalCode": told.code,
        "message": told.message,
        "description": told.description,
    })
}

fn envelope(told: &Told<'_>) -> Map<String, Value> {
    let error = json!({"code": told.code, "message": whole(told)});
    let mut keys = Map::new();
    keys.insert("result".into(), Value::Null);
    keys.insert("success".into(), false.into());
    keys.insert("errors".into(), vec![error].into());
    keys.insert("messages".into(), Value::Array(vec![]));
    keys
}

/// Both in one text, where there is one place for them.
fn whole(told: &Told<'_>) -> String {
    format!("{}: {}", told.message, told.description)
}
