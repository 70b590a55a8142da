//! Settings that the store or the data plane does not carry out yet.
//!
//! Nobody may believe in a protection that is not there. Settings of Cloudflare's that nothing
//! here performs are refused, unless they ask for nothing. Names that nobody knows are ignored, as Cloudflare does: a
//! gateway that was read (`is_default`, `created_at`, …) can be sent back as it is.
//! Operations that are not performed are left to `unperformed`.

use serde_json::{Map, Value};

use crate::error::Fault;

/// A setting of Cloudflare's that is not performed, and the value it has by itself.
pub(crate) struct Unperformed {
    pub(crate) field: &'static str,
    pub(crate) by_itself: &'static str,
}

const fn unperformed(field: &'static str) -> Unperformed {
    let by_itself = "";
    Unperformed { field, by_itself }
}

pub(crate) const UNPERFORMED: &[Unperformed] = &[
    unperformed("dlp"),
    unperformed("guardrails"),
    unperformed("log_classification"),
    unperformed("logpush"),
    unperformed("logpush_public_key"),
    unperformed("otel"),
    unperformed("spend_limits"),
    unperformed("store_id"),
    unperformed("stripe"),
    Unperformed {
        field: "workers_ai_billing_mode",
        by_itself: "postpaid",
    },
    unperformed("zdr"),
];

/// The settings among `fields` that ask for something nobody would do.
pub(crate) fn refused(fields: &Map<String, Value>) -> Vec<Fault> {
    UNPERFORMED
        .iter()
        .filter(|setting| {
            fields
                .get(setting.field)
                .is_some_and(|value| !asks_for_nothing(value, setting.by_itself))
        })
        .map(|setting| {
            let message = match setting.by_itself {
                "" => "is not performed yet: leave it out, or send null".to_owned(),
                by_itself => {
                    format!("is not performed yet: leave it out, or send null or {by_itself:?}")
                }
            };
            Fault::of_field(setting.field, format!("{} {message}", setting.field))
        })
        .collect()
}

/// Off, empty, or what it is anyway; an object when it says that it is off, or nothing else.
fn asks_for_nothing(value: &Value, by_itself: &str) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty() || text == by_itself,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => {
            members.get("enabled") == Some(&Value::Bool(false))
                || members.values().all(|member| asks_for_nothing(member, ""))
        }
    }
}

#[cfg(test)]
mod tests;
