//! What dropshot could emit at best. A schema goes through two conversions on its
//! way out, from a Rust type to the JSON Schema of schemars and from there to
//! OpenAPI, and the second one has no place for some keywords. Here the document
//! is taken to the nearest one that survives both, and everything that is lost on
//! the way is noted by pointer: a document without notes is one that dropshot can
//! emit as it stands.
//!
//! What stands here was read in the source of dropshot 0.18 (`schema_util.rs`).

use serde_json::{Map, Value};

use super::schema::{is_reference, whole_numbers};
use crate::pointer;
use crate::problem::{Limit, Problem};

/// Keywords that every schema may have beside its type.
const METADATA: [&str; 7] = [
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
];

/// Keywords that dropshot keeps, by the type that they belong to.
const KEYWORDS: [(&str, &[&str]); 6] = [
    (
        "string",
        &["format", "pattern", "enum", "minLength", "maxLength"],
    ),
    ("integer", &NUMERIC),
    ("number", &NUMERIC),
    ("boolean", &["enum"]),
    (
        "object",
        &[
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
        ],
    ),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
];

const NUMERIC: [&str; 7] = [
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "enum",
];

const COMBINATIONS: [&str; 4] = ["allOf", "anyOf", "oneOf", "not"];

/// Takes a document to the nearest one that dropshot can emit.
pub(super) struct Projection<'d> {
    pub(super) document: &'d Value,
    pub(super) lost: Vec<Problem>,
}

impl<'d> Projection<'d> {
    pub(super) fn new(document: &'d Value) -> Self {
        Self {
            document,
            lost: Vec::new(),
        }
    }

    pub(super) fn lose(&mut self, pointer: &str, message: impl Into<String>) {
        self.lost
            .push(Problem::new(Limit::Dropshot, pointer, message));
    }

    /// A schema as dropshot could print it.
    pub(super) fn schema(&mut self, pointer: &str, schema: &Value) -> Value {
        let Some(object) = schema.as_object() else {
            self.lose(pointer, "a schema is an object");
            return Value::Object(Map::new());
        };
        if let Some(target) = object.get("$ref") {
            return self.reference(pointer, object, target);
        }
        let kind = object.get("type").and_then(Value::as_str);
        let combined: Vec<&str> = COMBINATIONS
            .into_iter()
            .filter(|key| object.contains_key(*key))
            .collect();
        if kind.is_none() && combined.len() > 1 {
            self.lose(
                pointer,
                format!(
                    "{} side by side; dropshot prints one of them",
                    combined.join(" and ")
                ),
            );
        }
        let mut out = Map::new();
        for (key, value) in object {
            let here = pointer::child(pointer, key);
            let kept = match key.as_str() {
                "type" => true,
                "example" => true,
                _ if METADATA.contains(&key.as_str()) || key.starts_with("x-") => true,
                _ if COMBINATIONS.contains(&key.as_str()) => {
                    kind.is_some() || combined.first() == Some(&key.as_str())
                }
                _ => keyword_kept(kind, !combined.is_empty(), key),
            };
            if !kept {
                if kind.is_some() || !COMBINATIONS.contains(&key.as_str()) {
                    self.lose(&here, lost_keyword(kind, key));
                }
                continue;
            }
            if let Some(value) = self.keyword(&here, kind, key, value) {
                out.insert(key.clone(), value);
            }
        }
        let bounds = ["items", "minItems", "maxItems", "uniqueItems"];
        if kind == Some("array")
            && combined.is_empty()
            && !bounds.iter().any(|key| out.contains_key(*key))
        {
            self.lose(
                pointer,
                "an array of which nothing is said; dropshot says `items: {}`",
            );
            out.insert("items".to_owned(), Value::Object(Map::new()));
        }
        Value::Object(out)
    }

    fn reference(&mut self, pointer: &str, object: &Map<String, Value>, target: &Value) -> Value {
        for key in object.keys().filter(|key| *key != "$ref") {
            self.lose(
                &pointer::child(pointer, key),
                format!("in OpenAPI 3.0 `{key}` beside `$ref` means nothing, and dropshot prints the reference alone"),
            );
        }
        let known = target
            .as_str()
            .and_then(|target| target.strip_prefix('#'))
            .filter(|target| is_reference(target))
            .and_then(|target| self.document.pointer(target));
        if known.is_none() {
            self.lose(
                &pointer::child(pointer, "$ref"),
                format!("{target} is not a schema of `components`"),
            );
            return Value::Object(Map::new());
        }
        let mut out = Map::new();
        out.insert("$ref".to_owned(), target.clone());
        Value::Object(out)
    }

    /// The value of a keyword that dropshot keeps.
    fn keyword(
        &mut self,
        pointer: &str,
        kind: Option<&str>,
        key: &str,
        value: &Value,
    ) -> Option<Value> {
        match key {
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                let members: Map<_, _> = members
                    .map(|(name, schema)| {
                        let here = pointer::child(pointer, name);
                        (name.clone(), self.schema(&here, schema))
                    })
                    .collect();
                Some(Value::Object(members))
            }
            "allOf" | "anyOf" | "oneOf" if value.as_array().is_none_or(Vec::is_empty) => {
                self.lose(pointer, format!("`{key}` lists at least one schema"));
                None
            }
            "allOf" | "anyOf" | "oneOf" => {
                let branches = value.as_array().into_iter().flatten().enumerate();
                let branches: Vec<Value> = branches
                    .map(|(index, branch)| {
                        self.schema(&pointer::child(pointer, &index.to_string()), branch)
                    })
                    .collect();
                Some(Value::Array(branches))
            }
            "items" | "not" => Some(self.schema(pointer, value)),
            "additionalProperties" if value.is_object() => Some(self.schema(pointer, value)),
            "type" if !KEYWORDS.iter().any(|(name, _)| Some(*name) == kind) => {
                self.lose(pointer, format!("there is no type {value}"));
                None
            }
            "enum" => self.enumeration(pointer, kind, value),
            "minimum" | "maximum" if kind == Some("integer") => {
                // schemars holds bounds as floats, and dropshot prints them as `i64`.
                let whole = whole_numbers(value);
                let exact = whole.as_i64().is_some_and(|bound| {
                    bound.unsigned_abs() <= 1 << 53 || bound == i64::MAX || bound == i64::MIN
                });
                if exact {
                    return Some(whole);
                }
                self.lose(
                    pointer,
                    "a bound that does not survive the way through a float",
                );
                None
            }
            "multipleOf" if kind == Some("integer") => Some(whole_numbers(value)),
            "minLength" | "maxLength"
                if value
                    .as_u64()
                    .is_none_or(|count| u32::try_from(count).is_err()) =>
            {
                self.lose(pointer, "schemars counts in 32 bits");
                None
            }
            _ => Some(value.clone()),
        }
    }

    fn enumeration(&mut self, pointer: &str, kind: Option<&str>, value: &Value) -> Option<Value> {
        let values = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
        let fits = |value: &Value| match kind {
            _ if value.is_null() => true,
            Some("string") => value.is_string(),
            Some("integer") => value.as_i64().is_some(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if values.is_empty() || !values.iter().all(fits) {
            self.lose(pointer, "not every value is one of the type");
            return None;
        }
        Some(value.clone())
    }
}

fn keyword_kept(kind: Option<&str>, combined: bool, key: &str) -> bool {
    let of = |kind: &str| {
        KEYWORDS
            .iter()
            .find(|(name, _)| *name == kind)
            .is_some_and(|(_, keys)| keys.contains(&key))
    };
    match kind {
        None => false,
        // With a combination beside it a schema is printed keyword by keyword.
        Some(_) if combined => KEYWORDS.iter().any(|(name, _)| of(name)),
        Some(kind) => of(kind),
    }
}

fn lost_keyword(kind: Option<&str>, key: &str) -> String {
    match (kind, key) {
        (_, "discriminator") => "dropshot has no word for a discriminator; the tag is required in every alternative instead".to_owned(),
        (_, "externalDocs" | "xml") => format!("dropshot has no place for `{key}`"),
        (None, _) => format!("`{key}` without a `type`; dropshot prints constraints of typed schemas only"),
        (Some(kind), _) => format!("dropshot prints no `{key}` of a schema of type `{kind}`"),
    }
}
