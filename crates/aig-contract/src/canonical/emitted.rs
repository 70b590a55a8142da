//! Recognises what dropshot cannot have emitted.
//!
//! The comparison is worth something only if its two sides have different
//! authors. A served copy of the contract, handed over as the server's own
//! words, would agree with the contract in everything; so every trait by which
//! a contract differs from a print of dropshot's is looked for, and one is enough.

use serde_json::{Map, Value};

use super::{
    DECLARED_DISCRIMINATOR, DECLARED_DOCUMENTATION, DECLARED_PARAMETER, DECLARED_REQUEST_BODY,
    DECLARED_RESPONSES, Fault,
};
use crate::lower::METHODS;
use crate::pointer::child;

const CARRIERS: [&str; 5] = [
    DECLARED_RESPONSES,
    DECLARED_REQUEST_BODY,
    DECLARED_DOCUMENTATION,
    DECLARED_PARAMETER,
    DECLARED_DISCRIMINATOR,
];

/// Calls `found` for every carrier in the document, at any depth.
pub(super) fn carriers_within(document: &Value, found: &mut impl FnMut(String, &'static str)) {
    fn descend(value: &Value, at: &str, found: &mut impl FnMut(String, &'static str)) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let place = child(at, key);
                    if let Some(carrier) = CARRIERS.into_iter().find(|carrier| carrier == key) {
                        found(place.clone(), carrier);
                    }
                    descend(member, &place, found);
                }
            }
            Value::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    descend(member, &child(at, &index.to_string()), found);
                }
            }
            _ => {}
        }
    }
    descend(document, "", found);
}

/// Lists everything that shows a hand other than dropshot's.
pub(super) fn refuse_foreign(document: &Value, faults: &mut Vec<Fault>) {
    let mut check = Check { document, faults };
    check.only(
        document,
        "",
        &["openapi", "info", "tags", "paths", "components"],
    );
    if let Some(components) = document.get("components") {
        check.only(components, "/components", &["schemas", "responses"]);
    }
    let Some(paths) = document.get("paths").and_then(Value::as_object) else {
        check.fault("/paths", "is missing; a server always has paths");
        return;
    };
    for (path, item) in paths {
        check.path_item(item, &child("/paths", path));
    }
}

struct Check<'a> {
    document: &'a Value,
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn path_item(&mut self, item: &Value, at: &str) {
        self.only(item, at, &METHODS);
        for (method, operation) in members(item) {
            self.operation(operation, &child(at, method));
        }
    }

    fn operation(&mut self, operation: &Value, at: &str) {
        self.only(
            operation,
            at,
            &[
                "tags",
                "summary",
                "description",
                "operationId",
                "parameters",
                "requestBody",
                "responses",
                "deprecated",
                "x-dropshot-pagination",
                "x-dropshot-websocket",
            ],
        );
        let parameters = operation.get("parameters").and_then(Value::as_array);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            self.parameter(parameter, &format!("{at}/parameters/{index}"));
        }
        if let Some(body) = operation.get("requestBody") {
            let at = child(at, "requestBody");
            self.only(body, &at, &["content", "required"]);
            self.content(body, &at);
        }
        let responses = operation.get("responses").unwrap_or(&Value::Null);
        self.responses(responses, &child(at, "responses"));
    }

    fn parameter(&mut self, parameter: &Value, at: &str) {
        self.only(
            parameter,
            at,
            &["in", "name", "description", "required", "schema", "style"],
        );
        if parameter.get("in").and_then(Value::as_str) == Some("cookie") {
            self.fault(&child(at, "in"), "dropshot knows no cookie parameters");
        }
    }

    /// Bodies as dropshot prints them: one media type, never an example.
    fn content(&mut self, holder: &Value, at: &str) {
        let at = child(at, "content");
        let content = holder.get("content").unwrap_or(&Value::Null);
        if members(content).count() > 1 {
            self.fault(&at, "dropshot emits one media type for a body");
        }
        for (media_type, body) in members(content) {
            self.only(body, &child(&at, media_type), &["schema"]);
        }
    }

    fn responses(&mut self, responses: &Value, at: &str) {
        let mut successes = 0;
        for (status, response) in members(responses) {
            let at = child(at, status);
            match status.as_str() {
                "4XX" | "5XX" => self.range(response, &at),
                _ if status.starts_with(['1', '2', '3']) && status.parse::<u16>().is_ok() => {
                    successes += 1;
                    self.only(response, &at, &["description", "headers", "content"]);
                    self.content(response, &at);
                }
                _ => self.fault(
                    &at,
                    "dropshot never emits this status itself: errors come as 4XX and 5XX, whose schema carries x-declared-responses",
                ),
            }
        }
        if successes != 1 {
            self.fault(
                at,
                "dropshot emits exactly one success status for an operation of the generated trait",
            );
        }
        if responses.get("4XX") != responses.get("5XX") {
            self.fault(
                &child(at, "5XX"),
                "an operation has one error type, which both ranges refer to",
            );
        }
        for range in ["4XX", "5XX"] {
            if responses.get(range).is_none() {
                self.fault(
                    at,
                    &format!("{range} is missing; a generated error type puts it there"),
                );
            }
        }
    }

    /// A range entry, which dropshot always shares under `components/responses`.
    fn range(&mut self, response: &Value, at: &str) {
        let reference = response.get("$ref").and_then(Value::as_str);
        let Some(response) = reference
            .filter(|reference| reference.starts_with("#/components/responses/"))
            .and_then(|reference| self.document.pointer(&reference[1..]))
        else {
            self.fault(
                at,
                "dropshot refers from here to #/components/responses, to a response that is there",
            );
            return;
        };
        let schema = response.pointer("/content/application~1json/schema");
        let schema = schema.map(|schema| {
            schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| self.document.pointer(reference.strip_prefix('#')?))
                .unwrap_or(schema)
        });
        let carrier = schema.and_then(|schema| schema.get(DECLARED_RESPONSES));
        if !carrier.is_some_and(Value::is_object) {
            self.fault(
                at,
                "its schema does not carry x-declared-responses, so this operation's error type is not a generated one; register only operations of the generated trait",
            );
        }
    }

    /// Reports members other than the known ones, unless they are empty.
    fn only(&mut self, value: &Value, at: &str, known: &[&str]) {
        for (key, member) in members(value) {
            let empty = match member {
                Value::Array(items) => items.is_empty(),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            if !known.contains(&key.as_str()) && !empty {
                self.fault(
                    &child(at, key),
                    "dropshot never emits this; hand over what the server emits, not a document that it serves",
                );
            }
        }
    }

    fn fault(&mut self, at: &str, message: &str) {
        self.faults.push(Fault {
            pointer: at.to_owned(),
            message: message.to_owned(),
        });
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
