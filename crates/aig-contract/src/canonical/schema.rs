//! Schemas, keyword by keyword. Only here is it known which strings are
//! keywords: a property may well be called `title` or `example`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::Node;
use super::rules::Rule;
use super::walk::Walk;
use crate::pointer::child;

const SCHEMAS: &str = "#/components/schemas/";

impl<'a> Walk<'a> {
    pub(super) fn schema(&mut self, schema: &'a Value, at: &str) -> Node {
        // `true` and `{}` both let everything pass; schemars prints either.
        if schema == &Value::Bool(true) {
            self.apply(Rule::DefaultsDropped);
            return Node::map(at, BTreeMap::new());
        }
        let mut members = BTreeMap::new();
        for (key, value) in self.object(schema, at) {
            let origin = child(at, key);
            if self.is_schema_annotation(key) || self.is_default(says_nothing(key, value)) {
                continue;
            }
            let node = match key.as_str() {
                "$ref" => self.schema_reference(value, &origin),
                "properties" => self.schema_map(value, &origin),
                "items" | "not" => self.schema(value, &origin),
                "additionalProperties" if value.is_object() => self.schema(value, &origin),
                "allOf" | "anyOf" | "oneOf" => self.alternatives(value, &origin),
                "required" | "enum" => self.set(value, &origin),
                _ => self.leaf(value, &origin),
            };
            members.insert(key.clone(), node);
        }
        self.restore_discriminator(&mut members, schema, at);
        Node::map(at, members)
    }

    /// In a schema, and only there, `title` is an annotation too.
    fn is_schema_annotation(&mut self, key: &str) -> bool {
        let title = key == "title";
        self.apply_if(Rule::AnnotationsDropped, title);
        title || self.is_annotation(key)
    }

    fn schema_reference(&mut self, reference: &Value, at: &str) -> Node {
        match reference
            .as_str()
            .and_then(|text| text.strip_prefix(SCHEMAS))
        {
            Some(name) if !name.contains('/') => self.reach(name),
            _ => self.fault(
                at,
                format!(
                    "refers to {reference}; only schemas under {SCHEMAS} have a name to compare"
                ),
            ),
        }
        self.leaf(reference, at)
    }

    fn schema_map(&mut self, schemas: &'a Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (name, schema) in self.object(schemas, at) {
            let node = self.schema(schema, &child(at, name));
            members.insert(name.clone(), node);
        }
        Node::map(at, members)
    }

    /// References are told apart by name, in any order. Inline alternatives have
    /// no name, so that their order has to be the same on both sides.
    fn alternatives(&mut self, schemas: &'a Value, at: &str) -> Node {
        let schemas = self.array(schemas, at);
        let by_name = schemas.iter().all(|schema| name_of(schema).is_some());
        self.apply_if(Rule::SetsUnordered, by_name && schemas.len() > 1);
        let mut members = BTreeMap::new();
        for (index, schema) in schemas.iter().enumerate() {
            let origin = child(at, &index.to_string());
            let identity = match name_of(schema) {
                Some(name) if by_name => format!("{{{name}}}"),
                // Padded, so that the tenth does not come before the second.
                _ => format!("{index:02}"),
            };
            let node = self.schema(schema, &origin);
            members.insert(identity, node);
        }
        Node::list(at, members)
    }

    /// An array without an order, each member under its own text.
    pub(super) fn set(&mut self, values: &Value, at: &str) -> Node {
        let values = self.array(values, at);
        self.apply_if(Rule::SetsUnordered, values.len() > 1);
        let mut members = BTreeMap::new();
        for (index, value) in values.iter().enumerate() {
            let node = self.leaf(value, &child(at, &index.to_string()));
            let text = match &node.kind {
                super::Kind::Leaf(Value::String(text)) => text.clone(),
                _ => node.to_value().to_string(),
            };
            members.insert(format!("{{{text}}}"), node);
        }
        Node::list(at, members)
    }
}

/// The name of the schema that a bare reference points at.
fn name_of(schema: &Value) -> Option<&str> {
    let members = schema.as_object().filter(|members| members.len() == 1)?;
    members.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// Whether a keyword with this value means what its absence means.
fn says_nothing(keyword: &str, value: &Value) -> bool {
    match keyword {
        "nullable" | "deprecated" | "readOnly" | "writeOnly" | "uniqueItems"
        | "exclusiveMinimum" | "exclusiveMaximum" => value == false,
        "additionalProperties" => {
            value == true || value.as_object().is_some_and(serde_json::Map::is_empty)
        }
        "properties" => value.as_object().is_some_and(serde_json::Map::is_empty),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        _ => false,
    }
}
