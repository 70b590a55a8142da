//! Changes every example in every way that its schema speaks of, and asks the type
//! whether it agrees: what the schema allows must be read, what it forbids must be
//! refused. A schema and a deserialiser that part ways are found here, whichever of
//! them was generated wrongly.

use serde_json::{Map, Value, json};

use super::RoundTrip;

/// Checks the examples of all shared schemas. Says how many changes were tried.
pub(crate) fn obey(document: &Value, through: RoundTrip) -> usize {
    let schemas = document.pointer("/components/schemas");
    let mut tried = 0;
    for (name, schema) in schemas.and_then(Value::as_object).into_iter().flatten() {
        let Some(example) = schema.get("example").filter(|example| example.is_object()) else {
            continue;
        };
        let pointer = format!("/components/schemas/{name}");
        let mut changes = Vec::new();
        Changes {
            document,
            whole: example.clone(),
            found: &mut changes,
        }
        .of(schema, "");
        for change in changes {
            let read = through(&pointer, change.value.clone()).expect("a shared schema");
            assert_eq!(
                read.is_ok(),
                change.allowed,
                "{name}: {}: the schema {} it, the type says {read:?}\n{}",
                change.what,
                if change.allowed { "allows" } else { "forbids" },
                change.value
            );
            tried += 1;
        }
    }
    tried
}

struct Change {
    what: String,
    value: Value,
    allowed: bool,
}

struct Changes<'a> {
    document: &'a Value,
    whole: Value,
    found: &'a mut Vec<Change>,
}

impl Changes<'_> {
    /// Changes to the object at a pointer of the example.
    fn of(&mut self, schema: &Value, at: &str) {
        let schema = self.resolved(schema).clone();
        if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            return;
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            for part in parts {
                self.of(part, at);
            }
            return;
        }
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in properties.unwrap_or(&empty) {
            let below = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.put(at, name, None, !required.contains(&name.as_str()), "absent");
            self.property(at, name, property);
            if self.whole.pointer(&below).is_some_and(Value::is_object) {
                self.of(property, &below);
            }
        }
        if properties.is_some() {
            let open = match schema.get("additionalProperties") {
                None | Some(Value::Bool(true)) => true,
                Some(Value::Bool(false)) => false,
                Some(_) => return,
            };
            // A part of a whole does not decide alone; those are never closed.
            self.put(
                at,
                "no-such-member",
                Some(json!([1])),
                open,
                "an unknown member",
            );
        }
    }

    fn property(&mut self, at: &str, name: &str, property: &Value) {
        let direct = property.clone();
        let schema = self.resolved(property).clone();
        let flag = |schema: &Value| schema.get("nullable") == Some(&Value::Bool(true));
        let untyped = ["type", "oneOf", "anyOf", "allOf"]
            .iter()
            .all(|key| schema.get(*key).is_none());
        let nullable = flag(&direct) || flag(&schema) || untyped;
        self.put(at, name, Some(Value::Null), nullable, "null");
        let kind = schema.get("type").and_then(Value::as_str);
        let wrong = match kind {
            Some("string") => json!(1),
            Some("integer" | "number") => json!("1"),
            Some("boolean") => json!("true"),
            Some("array") => json!({}),
            Some("object") => json!([]),
            _ => return,
        };
        self.put(at, name, Some(wrong), false, "another type");
        if schema.get("enum").is_some() {
            let first = schema["enum"][0].as_str().unwrap_or_default();
            let keyed = json!({ first: null });
            self.put(
                at,
                name,
                Some(keyed),
                false,
                "a value of the enumeration as a key",
            );
            self.put(
                at,
                name,
                Some(json!("no such value")),
                false,
                "no value of the enumeration",
            );
            return;
        }
        if kind == Some("integer") {
            self.put(at, name, Some(json!(1.5)), false, "a fraction");
            for (bound, step) in [("minimum", -1), ("maximum", 1)] {
                if let Some(bound) = schema.get(bound).and_then(Value::as_i64) {
                    self.put(at, name, Some(json!(bound)), true, "the bound");
                    #[expect(clippy::cast_precision_loss, reason = "bounds are exact as floats")]
                    self.put(
                        at,
                        name,
                        Some(json!(bound as f64)),
                        true,
                        "the bound as a float",
                    );
                    self.put(
                        at,
                        name,
                        Some(json!(bound + step)),
                        false,
                        "beyond the bound",
                    );
                }
            }
            self.put(at, name, Some(json!(-1e22)), false, "far beyond all bounds");
        }
        if kind == Some("number") && schema.get("exclusiveMinimum").is_some() {
            let bound = schema["minimum"].clone();
            self.put(at, name, Some(bound), false, "the excluded bound");
        }
        if let Some(length) = schema.get("minLength").and_then(Value::as_u64) {
            let short = "a".repeat(usize::try_from(length - 1).expect("short"));
            self.put(at, name, Some(json!(short)), false, "too short");
        }
        if let Some(length) = schema.get("maxLength").and_then(Value::as_u64) {
            let long = "a".repeat(usize::try_from(length + 1).expect("short"));
            self.put(at, name, Some(json!(long)), false, "too long");
        }
        if schema.get("pattern").is_some() {
            self.put(at, name, Some(json!("\u{e4} !")), false, "no match");
        }
    }

    /// One change: a member of the object at `at` has another value, or none.
    fn put(&mut self, at: &str, name: &str, value: Option<Value>, allowed: bool, what: &str) {
        let mut whole = self.whole.clone();
        let Some(object) = whole.pointer_mut(at).and_then(Value::as_object_mut) else {
            return;
        };
        match value {
            Some(value) => {
                object.insert(name.to_owned(), value);
            }
            None => {
                object.remove(name);
            }
        }
        self.found.push(Change {
            what: format!("{what} at {at}/{name}"),
            value: whole,
            allowed,
        });
    }

    fn resolved<'v>(&'v self, schema: &'v Value) -> &'v Value {
        let mut schema = schema;
        loop {
            let target = schema.get("$ref").or_else(|| {
                let [only] = schema.get("allOf")?.as_array()?.as_slice() else {
                    return None;
                };
                only.get("$ref")
            });
            let Some(target) = target.and_then(Value::as_str) else {
                return schema;
            };
            let pointer = target.trim_start_matches('#');
            schema = self.document.pointer(pointer).expect("it was read");
        }
    }
}
