//! Schemas: mostly the server's concern, whose types have to be described by the
//! derives of schemars and the types of the runtime; typify, behind progenitor,
//! takes nearly anything and gives it a type of its own.

use serde_json::{Map, Value};

use super::{Check, array, members, text, values};
use crate::pointer;
use crate::problem::Limit;

type Object = Map<String, Value>;

/// Keywords that only annotate; they may stand beside a reference or a choice.
const ANNOTATIONS: [&str; 10] = [
    "title",
    "description",
    "default",
    "example",
    "externalDocs",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "discriminator",
];

/// Keywords that the server's types have no counterpart for.
const UNKNOWN: [(&str, &str); 5] = [
    (
        "not",
        "a type cannot say what it is not; describe it in prose",
    ),
    (
        "multipleOf",
        "no type of the server checks it; describe it in prose",
    ),
    (
        "minProperties",
        "no type of the server checks it; describe it in prose",
    ),
    (
        "maxProperties",
        "no type of the server checks it; describe it in prose",
    ),
    ("xml", "bodies are JSON; drop it by an overlay"),
];

impl<'d> Check<'d> {
    /// A schema and everything below it.
    pub(super) fn schema(&mut self, pointer: &str, schema: &'d Value) {
        let Some(object) = schema.as_object() else {
            return;
        };
        if !self.seen.insert(pointer.to_owned()) {
            return;
        }
        self.type_name(pointer, schema);
        self.field_names(pointer, schema);
        if let Some(target) = text(schema, "$ref") {
            let known = target
                .strip_prefix("#/components/schemas/")
                .is_some_and(|name| !name.contains('/'));
            if known {
                self.resolve(pointer, schema);
            } else {
                let here = pointer::child(pointer, "$ref");
                self.report(
                    Limit::Both,
                    &here,
                    "only schemas of `components` have a type to refer to",
                );
            }
            return;
        }
        for (key, message) in UNKNOWN {
            if object.contains_key(key) {
                self.report(Limit::Server, &pointer::child(pointer, key), message);
            }
        }
        self.combinations(pointer, object);
        self.typed(pointer, object);
        self.default(pointer, schema);
        for (name, property) in members(object.get("properties")).into_iter().flatten() {
            self.schema(&pointer::descend(pointer, &["properties", name]), property);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(below) = object.get(key) {
                self.schema(&pointer::child(pointer, key), below);
            }
        }
    }

    fn combinations(&mut self, pointer: &str, object: &'d Object) {
        let present: Vec<&str> = ["allOf", "oneOf", "anyOf"]
            .into_iter()
            .filter(|key| object.contains_key(*key))
            .collect();
        let Some(first) = present.first() else {
            if object.contains_key("discriminator") {
                let here = pointer::child(pointer, "discriminator");
                self.report(
                    Limit::Server,
                    &here,
                    "a discriminator without `oneOf`; list the alternatives where they are used",
                );
            }
            return;
        };
        for other in object.keys().filter(|key| {
            *key != first && !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-")
        }) {
            self.report(
                Limit::Server,
                &pointer::child(pointer, other),
                format!("`{other}` beside `{first}`; move it into a member of `allOf`"),
            );
        }
        for key in present {
            let at = pointer::child(pointer, key);
            let branches = array(object.get(key));
            if branches.is_empty() {
                self.report(
                    Limit::Document,
                    &at,
                    format!("`{key}` needs at least one schema"),
                );
            }
            for (index, branch) in branches.iter().enumerate() {
                self.schema(&pointer::child(&at, &index.to_string()), branch);
            }
            if key == "allOf" {
                self.all_of(&at, branches);
            } else {
                self.discriminator(pointer, object, &at, branches);
            }
        }
    }

    fn all_of(&mut self, at: &str, parts: &'d [Value]) {
        if let [only] = parts {
            if only.get("$ref").is_none() {
                self.report(
                    Limit::Server,
                    at,
                    "`allOf` of one schema; write that schema itself",
                );
            }
            return;
        }
        if parts.len() > 6 {
            self.report(
                Limit::Server,
                at,
                "more than six parts; put some of them together",
            );
        }
        let mut known: Vec<&str> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let here = pointer::child(at, &index.to_string());
            let Some((_, part)) = self.resolve(&here, part) else {
                continue;
            };
            let closed = part.get("additionalProperties").is_some();
            let Some(properties) = members(part.get("properties")).filter(|_| !closed) else {
                if part.get("allOf").is_none() || closed {
                    self.report(
                        Limit::Server,
                        &here,
                        "a part that is not a plain object with `properties`; only those can be put together",
                    );
                }
                continue;
            };
            for name in properties.keys() {
                if known.contains(&name.as_str()) {
                    self.report(
                        Limit::Server,
                        &here,
                        format!("`{name}` is in two of the parts; keep it in one"),
                    );
                }
                known.push(name);
            }
        }
    }

    fn discriminator(
        &mut self,
        pointer: &str,
        object: &'d Object,
        at: &str,
        branches: &'d [Value],
    ) {
        let Some(discriminator) = object.get("discriminator") else {
            return;
        };
        let name = text(discriminator, "propertyName").unwrap_or_default();
        let mapping = members(discriminator.get("mapping"));
        for (index, branch) in branches.iter().enumerate() {
            let here = pointer::child(at, &index.to_string());
            let target = text(branch, "$ref");
            let Some((_, resolved)) = self.resolve(&here, branch) else {
                continue;
            };
            let required = array(resolved.get("required"))
                .iter()
                .any(|key| key == name);
            let values = resolved.pointer(&pointer::descend("", &["properties", name, "enum"]));
            let fixed = match array(values) {
                [Value::String(only)] if required => only,
                _ => {
                    self.report(
                        Limit::Server,
                        &here,
                        format!("`{name}` tells the alternatives apart; require it here, with a single value"),
                    );
                    continue;
                }
            };
            let mapped = mapping
                .and_then(|mapping| mapping.get(fixed))
                .and_then(Value::as_str);
            let implied = target.and_then(|target| target.rsplit('/').next());
            let agrees = match mapped {
                Some(mapped) => Some(mapped) == target || Some(mapped) == implied,
                None => mapping.is_none() && implied == Some(fixed),
            };
            if !agrees {
                let here = pointer::child(pointer, "discriminator");
                self.report(
                    Limit::Server,
                    &here,
                    format!(
                        "`{fixed}` should be mapped to {}",
                        target.unwrap_or("a schema of `components`")
                    ),
                );
            }
        }
    }

    fn typed(&mut self, pointer: &str, object: &'d Object) {
        let at = |key: &str| pointer::child(pointer, key);
        let schema_type = object.get("type").and_then(Value::as_str);
        match schema_type {
            Some("string") => self.text(pointer, object),
            Some("integer") => self.integer(pointer, object),
            Some("number") => self.number(pointer, object),
            Some("boolean" | "object" | "array") => {
                if object.contains_key("format") {
                    self.report(
                        Limit::Server,
                        &at("format"),
                        "a format of something that has none",
                    );
                }
                let boolean = schema_type == Some("boolean");
                match values(object).as_slice() {
                    [] => {}
                    [Value::Bool(_)] if boolean => {}
                    _ => self.report(
                        Limit::Server,
                        &at("enum"),
                        if boolean {
                            "more than one boolean; leave the enumeration out"
                        } else {
                            "only plain values can be enumerated"
                        },
                    ),
                }
            }
            Some(other) => self.report(
                Limit::Document,
                &at("type"),
                format!("there is no type `{other}`"),
            ),
            None => {
                let kind = object.keys().find(|key| implies_type(key));
                if let Some(key) = kind {
                    self.report(
                        Limit::Server,
                        &at(key),
                        format!("`{key}` without a `type`, so that other types pass; add the type"),
                    );
                }
            }
        }
        let properties = members(object.get("properties"));
        for required in array(object.get("required"))
            .iter()
            .filter_map(Value::as_str)
        {
            if properties.is_none_or(|properties| !properties.contains_key(required)) {
                self.report(
                    Limit::Server,
                    &at("required"),
                    format!("`{required}` is required and not described; add it to `properties`"),
                );
            }
        }
        if schema_type == Some("array") && !object.contains_key("items") {
            self.report(Limit::Document, pointer, "an array needs `items`");
        }
        for (key, of) in [
            ("properties", "object"),
            ("additionalProperties", "object"),
            ("items", "array"),
        ] {
            if object.contains_key(key) && schema_type.is_some_and(|found| found != of) {
                self.report(
                    Limit::Document,
                    &at(key),
                    format!("`{key}` belongs to an {of}"),
                );
            }
        }
    }
}

/// Whether a keyword constrains values of one type.
fn implies_type(key: &str) -> bool {
    matches!(
        key,
        "properties"
            | "required"
            | "additionalProperties"
            | "items"
            | "minItems"
            | "maxItems"
            | "uniqueItems"
            | "pattern"
            | "minLength"
            | "maxLength"
            | "minimum"
            | "maximum"
            | "format"
            | "enum"
    )
}
