//! Names that meet: progenitor turns every name of a document into one of Rust's,
//! and where two become the same it writes code that does not compile. The server
//! stubs number the second one instead.

use std::collections::HashMap;

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

use super::{Check, members, text};
use crate::pointer;
use crate::problem::Limit;

impl<'d> Check<'d> {
    /// The name of the type of a shared schema, or of a part of one.
    pub(super) fn type_name(&mut self, pointer: &str, schema: &'d Value) {
        let Some(name) = type_name(pointer) else {
            return;
        };
        let shared = pointer.split('/').count() == 4;
        if !shared && !has_type(schema) {
            return;
        }
        if let Some(first) = self.types.insert(name.clone(), pointer.to_owned()) {
            self.report(
                Limit::Client,
                pointer,
                format!("progenitor would name this type `{name}`, like that of {first}"),
            );
        }
    }

    /// The names of an object's fields.
    pub(super) fn field_names(&mut self, pointer: &str, object: &'d Value) {
        let Some(properties) = members(object.get("properties")) else {
            return;
        };
        let mut known = HashMap::new();
        for name in properties.keys() {
            if let Some(first) = known.insert(field_name(name), name) {
                self.report(
                    Limit::Client,
                    &pointer::descend(pointer, &["properties", name]),
                    format!("progenitor would name this field like `{first}`"),
                );
            }
        }
    }

    /// The names of an operation's parameters, which progenitor keeps in one place.
    pub(super) fn parameter_names(&mut self, pointer: &str, names: &[&str], body: bool) {
        let mut known = HashMap::new();
        if body {
            known.insert("body".to_owned(), "the body");
        }
        for name in names {
            if let Some(first) = known.insert(field_name(name), *name) {
                self.report(
                    Limit::Client,
                    pointer,
                    format!("progenitor would name the parameter `{name}` like `{first}`"),
                );
            }
        }
    }
}

/// The name that typify, behind progenitor, makes of where a schema stands.
fn type_name(pointer: &str) -> Option<String> {
    let mut keys = pointer::keys(pointer.strip_prefix("/components/schemas")?);
    let mut name = keys.next()?;
    while let Some(key) = keys.next() {
        match key.as_str() {
            "properties" => name = format!("{name}-{}", keys.next()?),
            "items" => name += "-item",
            "additionalProperties" => name += "-value",
            // Alternatives and parts get numbered names that nobody else has.
            _ => return None,
        }
    }
    let words = name.replace('\'', "").replace(|sign| !word(sign), "-");
    Some(words.to_upper_camel_case())
}

fn field_name(name: &str) -> String {
    let words = name.replace('\'', "").replace(|sign| !word(sign), "-");
    match words.to_snake_case() {
        name if name.is_empty() => "x".to_owned(),
        name => name,
    }
}

fn word(sign: char) -> bool {
    sign == '_' || sign.is_alphanumeric()
}

/// Whether typify makes a type of its own for a schema that has no name.
fn has_type(schema: &Value) -> bool {
    let there = |key: &str| schema.get(key).is_some();
    match text(schema, "type") {
        Some("object") => {
            there("properties") || schema.get("additionalProperties") == Some(&Value::Bool(false))
        }
        Some("string") => {
            there("enum") || there("pattern") || there("minLength") || there("maxLength")
        }
        _ => there("oneOf") || there("anyOf"),
    }
}
