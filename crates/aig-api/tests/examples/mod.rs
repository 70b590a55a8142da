//! Finds every example of a document and pushes it through the type of the schema
//! that it stands for.

mod obey;

use serde_json::Value;

pub(crate) use obey::obey;

/// What reads and writes a value by the type of a schema.
pub(crate) type RoundTrip = fn(&str, Value) -> Option<Result<Value, String>>;

/// Checks that every example comes back as it was: nothing lost, nothing added.
/// Says how many there were.
pub(crate) fn round_trip(document: &Value, through: RoundTrip) -> usize {
    let mut found = Vec::new();
    walk(document, "", &mut found);
    for (pointer, example) in &found {
        match through(pointer, example.clone()) {
            None => panic!("{pointer}: no type is known for this example"),
            Some(Err(error)) => panic!("{pointer}: {example} is refused: {error}"),
            Some(Ok(back)) => assert!(
                same(example, &back),
                "{pointer}:\n  example: {example}\n  back:    {back}"
            ),
        }
    }
    found.len()
}

/// Collects examples with the pointer of their schema. Data is not entered: what
/// stands in an example may look like a schema.
fn walk(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) => {
            // Beside a `schema` examples are for that; else this is the schema.
            let of = match members.get("schema") {
                Some(_) => format!("{pointer}/schema"),
                None => pointer.to_owned(),
            };
            for (key, member) in members {
                let named = pointer.ends_with("/properties") || pointer.ends_with("/schemas");
                match key.as_str() {
                    "example" if !named => found.push((of.clone(), member.clone())),
                    "examples" if !named => {
                        let examples = member.as_object().into_iter().flatten();
                        let values = examples.filter_map(|(_, example)| example.get("value"));
                        found.extend(values.map(|value| (of.clone(), value.clone())));
                    }
                    "default" | "enum" if !named && !pointer.ends_with("/responses") => {}
                    key if key.starts_with("x-") && !named => {}
                    key => {
                        let key = key.replace('~', "~0").replace('/', "~1");
                        walk(member, &format!("{pointer}/{key}"), found);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Whether two values are the same to JSON Schema, which knows numbers by value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
