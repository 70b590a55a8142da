//! Lowering of one schema. Keywords come in three kinds: the same in both
//! versions, said differently in 3.0, and not sayable.

use serde_json::{Map, Value, json};

use super::Dialect;
use super::value::{is_integer, whole};
use crate::pointer;
use crate::problem::{Limit, Problem};

/// Keywords that mean the same in 3.1 and 3.0 and hold no schemas.
const SAME: [&str; 20] = [
    "title",
    "description",
    "default",
    "example",
    "externalDocs",
    "xml",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
];

/// Keywords that constrain nothing and that 3.0 does not have.
const DROPPED: [&str; 2] = ["$comment", "examples"];

/// Lowers a schema. Problems are added to `problems`.
pub(super) fn lower(
    pointer: &str,
    schema: &Value,
    dialect: Dialect,
    problems: &mut Vec<Problem>,
) -> Value {
    match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({"not": {}}),
        Value::Object(schema) => {
            let mut lowering = Schema {
                pointer,
                dialect,
                problems,
                out: Map::new(),
                nullable: false,
            };
            lowering.keywords(schema);
            lowering.finish(schema)
        }
        _ => {
            problems.push(Problem::new(
                Limit::Document,
                pointer,
                "a schema is an object, `true` or `false`",
            ));
            schema.clone()
        }
    }
}

/// A schema as it is being lowered.
pub(super) struct Schema<'a> {
    pointer: &'a str,
    dialect: Dialect,
    problems: &'a mut Vec<Problem>,
    pub(super) out: Map<String, Value>,
    nullable: bool,
}

impl Schema<'_> {
    pub(super) fn report(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(
            Limit::Lowering,
            pointer::child(self.pointer, key),
            message,
        ));
    }

    fn below(&mut self, keys: &[&str], schema: &Value) -> Value {
        lower(
            &pointer::descend(self.pointer, keys),
            schema,
            self.dialect,
            self.problems,
        )
    }

    fn keywords(&mut self, schema: &Map<String, Value>) {
        for (key, value) in schema {
            match key.as_str() {
                "$ref" => self.reference(value),
                "type" => self.types(schema, value),
                "const" => self.constant(schema, value),
                "enum" => self.enumeration(schema, value),
                "properties" => self.every(key, value),
                "additionalProperties" if value.is_boolean() => self.keep(key, value),
                "items" | "not" | "additionalProperties" => {
                    let lowered = self.below(&[key], value);
                    self.out.insert(key.clone(), lowered);
                }
                "allOf" => self.branches(key, value),
                "anyOf" | "oneOf" => self.choice(key, value),
                "minimum" | "maximum" => {
                    let bound = if is_integer(schema) {
                        whole(value)
                    } else {
                        value.clone()
                    };
                    self.out.entry(key.clone()).or_insert(bound);
                }
                "nullable" | "exclusiveMinimum" | "exclusiveMaximum"
                    if self.dialect == Dialect::V30 =>
                {
                    self.keep(key, value);
                }
                "discriminator" => self.discriminator(value),
                "exclusiveMinimum" => self.exclusive(schema, key, "minimum", value),
                "exclusiveMaximum" => self.exclusive(schema, key, "maximum", value),
                "contentEncoding" | "contentMediaType" => self.content(schema, key, value),
                "nullable" => self.report(
                    key,
                    "`nullable` means nothing in 3.1; write `type: [T, 'null']`",
                ),
                "unevaluatedProperties" | "unevaluatedItems" if *value == Value::Bool(true) => {}
                _ if SAME.contains(&key.as_str()) || key.starts_with("x-") => self.keep(key, value),
                _ if DROPPED.contains(&key.as_str()) => {}
                _ => self.report(key, unsayable(key)),
            }
        }
        if let Some(first) = schema.get("examples").and_then(|all| all.get(0)) {
            self.out.entry("example").or_insert_with(|| first.clone());
        }
    }

    fn keep(&mut self, key: &str, value: &Value) {
        self.out.insert(key.to_owned(), value.clone());
    }

    fn finish(mut self, schema: &Map<String, Value>) -> Value {
        if self.nullable {
            // Beside the type, where a reader looks for it.
            let mut ordered = Map::new();
            let mut placed = false;
            for (key, value) in std::mem::take(&mut self.out) {
                let after = matches!(key.as_str(), "type" | "allOf" | "anyOf" | "oneOf");
                ordered.insert(key, value);
                if after && !placed {
                    ordered.insert("nullable".to_owned(), Value::Bool(true));
                    placed = true;
                }
            }
            if !placed {
                ordered.insert("nullable".to_owned(), Value::Bool(true));
            }
            self.out = ordered;
        }
        // In 3.0 whatever stands beside a reference is ignored.
        if self.out.len() > 1
            && let Some(reference) = self.out.shift_remove("$ref")
        {
            if self.out.contains_key("allOf") {
                self.problems.push(Problem::new(
                    Limit::Lowering,
                    self.pointer,
                    "`$ref` beside `allOf`; make the reference a member of `allOf`",
                ));
            }
            let mut wrapped = Map::new();
            wrapped.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            wrapped.append(&mut self.out);
            self.out = wrapped;
        }
        if schema.contains_key("$ref") && schema.contains_key("type") {
            self.report(
                "type",
                "`type` beside `$ref`; leave it to what is referred to",
            );
        }
        Value::Object(self.out)
    }

    fn reference(&mut self, value: &Value) {
        match value.as_str() {
            Some(text) if text.starts_with("#/") => {}
            _ => self.report("$ref", "only references within the document are followed"),
        }
        self.keep("$ref", value);
    }

    fn types(&mut self, schema: &Map<String, Value>, value: &Value) {
        let Some(names) = value.as_array() else {
            if value == "null" {
                self.report(
                    "type",
                    "3.0 has no type `null`; make what holds it optional",
                );
            }
            self.keep("type", value);
            return;
        };
        let (null, others): (Vec<_>, Vec<_>) = names.iter().partition(|name| *name == "null");
        self.nullable |= !null.is_empty();
        match others.as_slice() {
            [only] => self.keep("type", only),
            [] => self.report("type", "3.0 has no type `null`; make what holds it optional"),
            _ if schema.keys().any(|key| constrains(key)) => self.report(
                "type",
                "3.0 knows one type for each schema; write `anyOf` with one type and its constraints in each",
            ),
            several => {
                let branches = several.iter().map(|name| json!({ "type": name })).collect();
                self.out.insert("anyOf".to_owned(), branches);
            }
        }
    }

    fn constant(&mut self, schema: &Map<String, Value>, value: &Value) {
        if value.is_null() {
            self.report(
                "const",
                "3.0 has no type `null`; make what holds it optional",
            );
        } else if schema.contains_key("enum") {
            self.report("const", "`const` beside `enum`; one of them is enough");
        } else {
            let only = Value::Array(vec![value.clone()]);
            self.enumeration(schema, &only);
        }
    }

    fn enumeration(&mut self, schema: &Map<String, Value>, value: &Value) {
        let values = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
        if values.is_empty() {
            self.report("enum", "an enumeration needs at least one value");
        }
        self.nullable |= values.iter().any(Value::is_null);
        if !schema.contains_key("type") {
            // Both generators look for the type first; the values imply it.
            let mut types: Vec<_> = values.iter().filter_map(type_of).collect();
            types.dedup();
            if let [only] = types.as_slice() {
                self.out.insert("type".to_owned(), Value::from(*only));
            } else {
                self.report(
                    "enum",
                    "the values have several types; split the enumeration",
                );
            }
        }
        self.keep("enum", value);
    }

    fn every(&mut self, key: &str, value: &Value) {
        let Some(members) = value.as_object() else {
            self.report(key, "an object is wanted here");
            return;
        };
        let lowered: Map<_, _> = members
            .iter()
            .map(|(name, schema)| (name.clone(), self.below(&[key, name], schema)))
            .collect();
        self.out.insert(key.to_owned(), lowered.into());
    }

    fn branches(&mut self, key: &str, value: &Value) {
        let lowered = self.lowered_branches(key, value);
        self.out.insert(key.to_owned(), Value::Array(lowered));
    }

    fn lowered_branches(&mut self, key: &str, value: &Value) -> Vec<Value> {
        let Some(items) = value.as_array() else {
            self.report(key, "an array is wanted here");
            return Vec::new();
        };
        items
            .iter()
            .enumerate()
            .filter(|(_, branch)| !is_null(branch))
            .map(|(index, branch)| self.below(&[key, &index.to_string()], branch))
            .collect()
    }

    /// `anyOf` and `oneOf`: a branch for null becomes `nullable`, and a choice
    /// among one is none.
    fn choice(&mut self, key: &str, value: &Value) {
        let had_null = value
            .as_array()
            .is_some_and(|items| items.iter().any(is_null));
        let mut lowered = self.lowered_branches(key, value);
        if !had_null {
            self.out.insert(key.to_owned(), Value::Array(lowered));
            return;
        }
        self.nullable = true;
        match lowered.len() {
            0 => self.report(key, "3.0 has no type `null`; make what holds it optional"),
            1 => match lowered.remove(0) {
                Value::Object(only)
                    if !only.contains_key("$ref")
                        && only.keys().all(|name| !self.out.contains_key(name)) =>
                {
                    self.out.extend(only);
                }
                other => {
                    self.out
                        .insert("allOf".to_owned(), Value::Array(vec![other]));
                }
            },
            _ => {
                self.out.insert(key.to_owned(), Value::Array(lowered));
            }
        }
    }

    /// A mapping may name a schema or refer to it, which means the same.
    fn discriminator(&mut self, value: &Value) {
        let mut value = value.clone();
        let mapping = value.get_mut("mapping").and_then(Value::as_object_mut);
        for target in mapping.into_iter().flat_map(Map::values_mut) {
            if let Some(name) = target.as_str()
                && !name.contains(['/', '#', '.'])
            {
                *target = Value::from(format!("#/components/schemas/{name}"));
            }
        }
        self.out.insert("discriminator".to_owned(), value);
    }
}

/// Whether a keyword constrains values of some type.
fn constrains(key: &str) -> bool {
    !matches!(
        key,
        "type"
            | "title"
            | "description"
            | "default"
            | "example"
            | "examples"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "externalDocs"
            | "$comment"
    ) && !key.starts_with("x-")
}

fn is_null(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else {
        return false;
    };
    let annotated = schema
        .keys()
        .filter(|key| constrains(key) || *key == "type");
    let said: Vec<_> = annotated.map(String::as_str).collect();
    match said.as_slice() {
        ["type"] => schema["type"] == "null" || schema["type"] == json!(["null"]),
        ["const"] => schema["const"].is_null(),
        ["enum"] => schema["enum"] == json!([null]),
        _ => false,
    }
}

fn type_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        Value::String(_) => Some("string"),
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
    }
}

fn unsayable(key: &str) -> String {
    let instead = match key {
        "if" | "then" | "else" => "write the cases as `oneOf`",
        "prefixItems" | "unevaluatedItems" | "contains" | "minContains" | "maxContains" => {
            "3.0 has one schema for all items"
        }
        "patternProperties" | "propertyNames" => "3.0 has one schema for all additional properties",
        "dependentRequired" | "dependentSchemas" => "write the cases as `oneOf`",
        "unevaluatedProperties" => "write `additionalProperties: false` in one flat schema",
        "$defs" | "definitions" => "move the schemas to `components`",
        "$id" | "$anchor" | "$schema" | "$vocabulary" | "$dynamicRef" | "$dynamicAnchor" => {
            "refer by `#/components/schemas/…`"
        }
        "contentSchema" => "describe the content in prose",
        _ => {
            return format!("`{key}` has no meaning in 3.0; remove it, or name it `x-{key}`");
        }
    };
    format!("3.0 has no `{key}`; {instead}")
}
