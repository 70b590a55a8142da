//! Expands what a server says through extensions, so that from here on a `404` of
//! the server's is a `404` like the contract's. Each carrier may speak only where
//! dropshot cannot, and each is checked for that: a carrier that could say
//! anything could also say what the contract wants to hear.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::Node;
use super::rules::Rule;
use super::walk::{Side, Walk};
use super::{
    Carried, DECLARED_DISCRIMINATOR, DECLARED_DOCUMENTATION, DECLARED_PARAMETER,
    DECLARED_REQUEST_BODY, DECLARED_RESPONSES,
};
use crate::pointer::child;

/// What dropshot calls a body that it does not look into.
const ANY_BYTES: &str = "/content/application~1octet-stream";

/// What dropshot calls an answer that it does not look into.
const ANY_ANSWER: &str = "/content/*~1*";

type Members = BTreeMap<String, Node>;

impl<'a> Walk<'a> {
    /// The schema of an operation's error type, if it carries anything.
    pub(super) fn carrier(
        &mut self,
        operation: &'a Value,
        at: &str,
    ) -> Option<(&'a Value, String)> {
        if self.side == Side::Contract {
            return None;
        }
        let range = operation.pointer("/responses/4XX")?;
        let (response, at) = self.resolve(range, &format!("{at}/responses/4XX"));
        let schema = response.pointer("/content/application~1json/schema")?;
        let at = format!("{at}/content/application~1json/schema");
        let (schema, at) = self.resolve(schema, &at);
        schema.get(DECLARED_RESPONSES).map(|_| (schema, at))
    }

    /// The declared statuses, in the place of the ranges.
    pub(super) fn replace_responses(
        &mut self,
        members: &mut Members,
        native: &Value,
        (carrier, at): &(&'a Value, String),
        responses: &str,
    ) {
        let Some(declared) = carrier.get(DECLARED_RESPONSES) else {
            return;
        };
        self.apply(Rule::DeclaredResponses);
        let at = child(at, DECLARED_RESPONSES);
        for (status, response) in self.object(declared, &at) {
            let origin = child(&at, status);
            // The ranges are where dropshot folds errors into; a contract may have
            // ranges of its own.
            let said = native.get(status).filter(|_| !is_range(status));
            if said.is_some_and(|said| said.pointer(ANY_ANSWER).is_none()) {
                self.fault(
                    &origin,
                    "dropshot says this status itself; carry only what it cannot say".to_owned(),
                );
            }
            let node = self.response(response, &origin);
            members.insert(status.clone(), node);
            self.carry(&child(responses, status), DECLARED_RESPONSES);
        }
    }

    /// The declared request body, in the place of any bytes.
    pub(super) fn replace_request_body(
        &mut self,
        members: &mut Members,
        operation: &'a Value,
        (carrier, at): &(&'a Value, String),
        pointer: &str,
    ) {
        let Some(declared) = carrier.get(DECLARED_REQUEST_BODY) else {
            return;
        };
        self.apply(Rule::DeclaredRequestBody);
        let at = child(at, DECLARED_REQUEST_BODY);
        let native = operation.get("requestBody");
        if native.is_some_and(|native| native.pointer(ANY_BYTES).is_none()) {
            self.fault(
                &at,
                "dropshot says what this body holds; carry only what it cannot say".to_owned(),
            );
        }
        let node = self.request_body(declared, &at);
        members.insert("requestBody".to_owned(), node);
        self.carry(&child(pointer, "requestBody"), DECLARED_REQUEST_BODY);
    }

    /// The declared words, if they are dropshot's in another arrangement.
    pub(super) fn replace_documentation(
        &mut self,
        members: &mut Members,
        operation: &Value,
        (carrier, at): &(&'a Value, String),
        pointer: &str,
    ) {
        let Some(declared) = carrier.get(DECLARED_DOCUMENTATION) else {
            return;
        };
        self.apply(Rule::DeclaredDocumentation);
        let at = child(at, DECLARED_DOCUMENTATION);
        if letters(operation) != letters(declared) {
            self.fault(
                &at,
                "these are not the words that dropshot says; carry only their arrangement"
                    .to_owned(),
            );
        }
        members.remove("summary");
        members.remove("description");
        for (key, words) in self.object(declared, &at) {
            let node = self.leaf(words, &child(&at, key));
            members.insert(key.clone(), node);
            self.carry(&child(pointer, key), DECLARED_DOCUMENTATION);
        }
    }

    /// What dropshot cut off a parameter.
    pub(super) fn restore_parameter(
        &mut self,
        members: &mut Members,
        parameter: &Value,
        at: &str,
        pointer: &str,
    ) {
        let carried = parameter
            .get("schema")
            .and_then(|schema| schema.get(DECLARED_PARAMETER));
        let (Side::Emitted, Some(carried)) = (self.side, carried) else {
            return;
        };
        self.apply(Rule::DeclaredParameter);
        let at = child(&child(at, "schema"), DECLARED_PARAMETER);
        for (key, value) in self.object(carried, &at) {
            let origin = child(&at, key);
            if key == "deprecated" {
                let node = self.leaf(value, &origin);
                members.insert(key.clone(), node);
                self.carry(&child(pointer, key), DECLARED_PARAMETER);
            } else {
                self.fault(&origin, "may hold only `deprecated`".to_owned());
            }
        }
    }

    /// What tells alternatives apart.
    pub(super) fn restore_discriminator(
        &mut self,
        members: &mut Members,
        schema: &Value,
        at: &str,
    ) {
        let (Side::Emitted, Some(carried)) = (self.side, schema.get(DECLARED_DISCRIMINATOR)) else {
            return;
        };
        self.apply(Rule::DeclaredDiscriminator);
        let origin = child(at, DECLARED_DISCRIMINATOR);
        if !members.contains_key("oneOf") && !members.contains_key("anyOf") {
            self.fault(
                &origin,
                "there are no alternatives to tell apart".to_owned(),
            );
        }
        let node = self.leaf(carried, &origin);
        members.insert("discriminator".to_owned(), node);
        self.carry(&child(at, "discriminator"), DECLARED_DISCRIMINATOR);
    }

    fn carry(&mut self, pointer: &str, carrier: &'static str) {
        self.carried.insert(Carried {
            pointer: pointer.to_owned(),
            carrier,
        });
    }
}

/// Whether dropshot folds errors into this entry.
pub(super) fn is_range(status: &str) -> bool {
    matches!(status, "4XX" | "5XX")
}

/// Summary and description without their layout: no white space, and code fences
/// as doc comments need them count like plain ones.
fn letters(holder: &Value) -> String {
    ["summary", "description"]
        .into_iter()
        .filter_map(|key| holder.get(key)?.as_str())
        .flat_map(str::split_whitespace)
        .map(|word| if word == "```text" { "```" } else { word })
        .collect()
}
