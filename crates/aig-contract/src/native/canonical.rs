//! One form for a document and for what a server prints, in which the same thing is
//! said in one way. Every rule keeps what is said: titles, examples, extensions and
//! all words are compared as they stand.
//!
//! - references to anything but schemas are followed, since dropshot repeats
//!   parameters where a document may share them;
//! - parameters go by place and name, tags by name, and `required` is a set;
//! - what a keyword says when it is absent is not written down, and `1.0` is `1`.

use serde_json::{Map, Value};

use super::project_document::members;
use super::schema::{normal, whole_numbers};
use crate::lower::METHODS;

/// A whole document.
pub(super) fn document(document: &Value) -> Value {
    let mut out = Map::new();
    for (key, value) in members(document) {
        let value = match key.as_str() {
            "openapi" => continue,
            "tags" => by_name(value),
            "paths" => paths(document, value),
            "components" => components(value),
            _ => value.clone(),
        };
        let empty = value.as_object().is_some_and(Map::is_empty);
        if !(empty && matches!(key.as_str(), "tags" | "components")) {
            out.insert(key.clone(), value);
        }
    }
    Value::Object(out)
}

fn by_name(tags: &Value) -> Value {
    let tags = tags.as_array().into_iter().flatten();
    tags.map(|tag| {
        let name = tag.get("name").and_then(Value::as_str).unwrap_or_default();
        (format!("{{{name}}}"), tag.clone())
    })
    .collect::<Map<_, _>>()
    .into()
}

fn components(value: &Value) -> Value {
    let mut out = Map::new();
    for (kind, entries) in members(value) {
        let schemas: Map<String, Value> = match kind.as_str() {
            "schemas" => members(entries)
                .map(|(name, schema)| (name.clone(), normal(schema)))
                .collect(),
            "parameters" | "responses" | "requestBodies" | "headers" => continue,
            _ => members(entries)
                .map(|(name, entry)| (name.clone(), entry.clone()))
                .collect(),
        };
        if !schemas.is_empty() {
            out.insert(kind.clone(), Value::Object(schemas));
        }
    }
    Value::Object(out)
}

fn paths(document: &Value, paths: &Value) -> Value {
    let mut out = Map::new();
    for (path, item) in members(paths) {
        let mut kept = Map::new();
        for (key, value) in members(item) {
            match key.as_str() {
                "parameters" => {}
                method if METHODS.contains(&method) => {
                    kept.insert(key.clone(), operation(document, item, value));
                }
                _ => {
                    kept.insert(key.clone(), value.clone());
                }
            }
        }
        out.insert(path.clone(), Value::Object(kept));
    }
    Value::Object(out)
}

fn operation(document: &Value, item: &Value, operation: &Value) -> Value {
    let mut parameters = Map::new();
    for holder in [item, operation] {
        let list = holder.get("parameters").and_then(Value::as_array);
        for parameter in list.into_iter().flatten() {
            let parameter = resolved(document, parameter);
            let word = |key: &str| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let identity = format!("{{{}:{}}}", word("in"), word("name"));
            let usual = if word("in") == "query" {
                "form"
            } else {
                "simple"
            };
            parameters.insert(identity, with_schema(parameter, usual));
        }
    }
    let mut out = Map::new();
    for (key, value) in members(operation) {
        let value = match key.as_str() {
            "parameters" => continue,
            "deprecated" if value == false => continue,
            "tags" if value.as_array().is_some_and(Vec::is_empty) => continue,
            "requestBody" => body(resolved(document, value)),
            "responses" => members(value)
                .map(|(status, answer)| (status.clone(), response(document, answer)))
                .collect::<Map<_, _>>()
                .into(),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), Value::Object(parameters));
    }
    Value::Object(out)
}

/// A parameter or a header.
fn with_schema(holder: &Value, usual: &str) -> Value {
    let mut out = Map::new();
    for (key, value) in members(holder) {
        let says_nothing = match key.as_str() {
            "required" | "deprecated" | "allowEmptyValue" | "allowReserved" => value == false,
            "style" => value == usual,
            "explode" => *value == Value::Bool(usual == "form"),
            _ => false,
        };
        if says_nothing {
            continue;
        }
        let value = match key.as_str() {
            "schema" => normal(value),
            _ => whole_numbers(value),
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}

fn body(body: &Value) -> Value {
    let mut out = Map::new();
    for (key, value) in members(body) {
        match key.as_str() {
            "content" => {
                out.insert(key.clone(), content(value));
            }
            "required" if value == false => {}
            _ => {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(out)
}

fn content(content: &Value) -> Value {
    let mut out = Map::new();
    for (media, value) in members(content) {
        let mut kept = value.as_object().cloned().unwrap_or_default();
        if let Some(schema) = kept.get("schema").map(normal) {
            kept.insert("schema".to_owned(), schema);
        }
        out.insert(media.clone(), Value::Object(kept));
    }
    Value::Object(out)
}

/// An answer.
pub(super) fn response(document: &Value, response: &Value) -> Value {
    let mut out = Map::new();
    for (key, value) in members(resolved(document, response)) {
        let value = match key.as_str() {
            "content" | "headers" | "links" if value.as_object().is_some_and(Map::is_empty) => {
                continue;
            }
            "content" => content(value),
            "headers" => members(value)
                .map(|(name, header)| {
                    (
                        name.clone(),
                        with_schema(resolved(document, header), "simple"),
                    )
                })
                .collect::<Map<_, _>>()
                .into(),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}

fn resolved<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    let mut value = value;
    for _ in 0..32 {
        let target = value.get("$ref").and_then(Value::as_str);
        let found = target.and_then(|target| document.pointer(target.strip_prefix('#')?));
        match found {
            Some(found) => value = found,
            None => break,
        }
    }
    value
}

/// Calls `see` for every schema that an operation uses.
pub(super) fn schemas_of<'v>(operation: &'v Value, see: &mut impl FnMut(&'v Value)) {
    let mut of = |holder: &'v Value| {
        holder.get("schema").into_iter().for_each(&mut *see);
        for (_, media) in holder.get("content").into_iter().flat_map(members) {
            media.get("schema").into_iter().for_each(&mut *see);
        }
    };
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.into_iter().flatten().for_each(&mut of);
    operation.get("requestBody").into_iter().for_each(&mut of);
    for (_, response) in operation.get("responses").into_iter().flat_map(members) {
        of(response);
        for (_, header) in response.get("headers").into_iter().flat_map(members) {
            of(header);
        }
    }
}
