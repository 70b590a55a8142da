//! Schemas as values: how two of them are compared, and what a schema looks like
//! to schemars. Everything here is about JSON; types come in [`super::ty`].

use serde_json::{Map, Value};

/// Where schemas with a name stand.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// Whether a pointer leads to a schema with a name.
pub(super) fn is_reference(pointer: &str) -> bool {
    pointer
        .strip_prefix("/components/schemas/")
        .is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// The name that a bare reference refers to.
pub(super) fn referred(schema: &Value) -> Option<String> {
    let target = schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)?;
    Some(crate::pointer::unescape(target))
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    let name = name.replace('~', "~0").replace('/', "~1");
    object([("$ref", Value::from(format!("{SCHEMAS}{name}")))])
}

/// An object of these members.
pub(super) fn object<'k>(members: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

/// `10.0` as `10`, at any depth: JSON has one kind of number.
pub(super) fn whole_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            crate::model::whole(value).map_or_else(|| value.clone(), Value::from)
        }
        Value::Array(items) => items.iter().map(whole_numbers).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), whole_numbers(member)))
            .collect::<Map<_, _>>()
            .into(),
        _ => value.clone(),
    }
}

/// A schema without what says nothing, and with sets in order: two schemas that
/// are printed alike are the same value.
pub(super) fn normal(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else {
        return schema.clone();
    };
    let mut out = Map::new();
    for (key, value) in members {
        let value = match key.as_str() {
            _ if says_nothing(key, value) => continue,
            "properties" => value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), normal(schema)))
                .collect::<Map<_, _>>()
                .into(),
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array().into_iter().flatten().map(normal).collect()
            }
            "items" | "not" => normal(value),
            "additionalProperties" if value.as_object().is_some_and(Map::is_empty) => {
                Value::Bool(true)
            }
            "additionalProperties" => normal(value),
            "required" => {
                let mut names: Vec<Value> = value.as_array().cloned().unwrap_or_default();
                names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                names.dedup();
                Value::Array(names)
            }
            _ => whole_numbers(value),
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}

/// Whether a keyword with this value means what its absence means.
fn says_nothing(keyword: &str, value: &Value) -> bool {
    match keyword {
        "nullable" | "deprecated" | "readOnly" | "writeOnly" | "uniqueItems"
        | "exclusiveMinimum" | "exclusiveMaximum" => value == false,
        "properties" => value.as_object().is_some_and(Map::is_empty),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        _ => false,
    }
}

/// The same schema as schemars holds it, whose exclusive bounds are numbers.
pub(super) fn for_schemars(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else {
        return schema.clone();
    };
    let all = |list: &Value| -> Value {
        list.as_array()
            .into_iter()
            .flatten()
            .map(for_schemars)
            .collect()
    };
    let mut out: Map<String, Value> = members
        .iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "properties" => {
                    let members = value.as_object().into_iter().flatten();
                    let members = members.map(|(name, below)| (name.clone(), for_schemars(below)));
                    members.collect::<Map<_, _>>().into()
                }
                "allOf" | "anyOf" | "oneOf" => all(value),
                "items" | "not" | "additionalProperties" => for_schemars(value),
                _ => value.clone(),
            };
            (key.clone(), value)
        })
        .collect();
    for (exclusive, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if out.get(exclusive).is_some_and(Value::is_boolean) {
            let set = out.shift_remove(exclusive) == Some(Value::Bool(true));
            if let Some(value) = out.get(bound).cloned().filter(|_| set) {
                out.shift_remove(bound);
                out.insert(exclusive.to_owned(), value);
            }
        }
    }
    Value::Object(out)
}

/// The names that a schema refers to, at any depth and each once.
pub(super) fn references(schema: &Value, found: &mut Vec<String>) {
    if let Some(name) = referred(schema)
        && !found.contains(&name)
    {
        found.push(name);
    }
    for below in subschemas(schema) {
        references(below, found);
    }
    // An extension may refer to a schema too, which is then emitted.
    for (key, value) in schema.as_object().into_iter().flatten() {
        if key.starts_with("x-") {
            in_data(value, found);
        }
    }
}

fn in_data(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| in_data(item, found)),
        Value::Object(members) => {
            if let Some(name) = referred(value)
                && !found.contains(&name)
            {
                found.push(name);
            }
            members.values().for_each(|value| in_data(value, found));
        }
        _ => {}
    }
}

/// The schemas that stand directly in a schema.
fn subschemas(schema: &Value) -> Vec<&Value> {
    let members = schema.as_object().into_iter().flatten();
    members
        .flat_map(|(key, value)| match key.as_str() {
            "properties" => value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, below)| below)
                .collect(),
            "allOf" | "anyOf" | "oneOf" => value.as_array().into_iter().flatten().collect(),
            "items" | "not" | "additionalProperties" => vec![value],
            _ => Vec::new(),
        })
        .collect()
}

/// The keywords by which `whole` goes beyond `part`, if it says everything that `part`
/// says.
pub(super) fn beyond(part: &Value, whole: &Value) -> Option<Map<String, Value>> {
    let (part, whole) = (part.as_object()?, whole.as_object()?);
    if part.contains_key("$ref") || whole.contains_key("$ref") {
        return None;
    }
    if part
        .iter()
        .any(|(key, value)| whole.get(key) != Some(value))
    {
        return None;
    }
    let rest = whole.iter().filter(|(key, _)| !part.contains_key(*key));
    Some(
        rest.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}
