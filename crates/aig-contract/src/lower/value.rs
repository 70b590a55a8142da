//! Bounds and encodings, which 3.1 says in other keywords than 3.0.

use serde_json::{Map, Number, Value};

use super::schema::Schema;

/// Integers up to here are exact as floating point numbers.
const MAX_EXACT: u64 = 1 << 53;

impl Schema<'_> {
    /// In 3.1 an exclusive bound is a number of its own; in 3.0 it is a flag on
    /// the bound. On integers the next integer says the same with less.
    pub(super) fn exclusive(
        &mut self,
        schema: &Map<String, Value>,
        key: &str,
        bound: &str,
        value: &Value,
    ) {
        let Some(exclusive) = value.as_f64() else {
            self.report(key, format!("in 3.1 `{key}` is a number; write `{key}: N`"));
            return;
        };
        let step = if bound == "minimum" { 1 } else { -1 };
        let inclusive = schema.get(bound).and_then(Value::as_f64);
        let looser = |other: f64| {
            if bound == "minimum" {
                other <= exclusive
            } else {
                other >= exclusive
            }
        };
        if inclusive.is_some_and(|other| !looser(other)) {
            return;
        }
        if is_integer(schema) {
            #[expect(clippy::cast_possible_truncation, reason = "checked by the comparison")]
            let whole = exclusive.trunc() as i64;
            #[expect(
                clippy::cast_precision_loss,
                reason = "that loss is what is looked for"
            )]
            if whole as f64 != exclusive || whole.unsigned_abs() > MAX_EXACT {
                self.report(key, "the bound of an integer is not an exact integer");
                return;
            }
            self.out.insert(bound.to_owned(), Value::from(whole + step));
        } else {
            self.out.insert(
                bound.to_owned(),
                value.as_i64().map_or_else(
                    || Number::from_f64(exclusive).map_or(Value::Null, Value::Number),
                    Value::from,
                ),
            );
            self.out.insert(key.to_owned(), Value::Bool(true));
        }
    }

    pub(super) fn content(&mut self, schema: &Map<String, Value>, key: &str, value: &Value) {
        let encoding = schema.get("contentEncoding").and_then(Value::as_str);
        let format = match (encoding, key) {
            (Some("base64"), _) => Some("byte"),
            (None, "contentMediaType") if value == "application/octet-stream" => Some("binary"),
            _ => None,
        };
        match format {
            Some(format) if !schema.contains_key("format") => {
                self.out.insert("format".to_owned(), Value::from(format));
            }
            Some(_) => self.report(key, "`format` says something else; drop one of them"),
            None => self.report(
                key,
                "3.0 knows base64 (`format: byte`) and raw bytes (`format: binary`) only",
            ),
        }
    }
}

/// Whether only integers pass.
pub(super) fn is_integer(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => names.iter().all(|name| name == "integer" || name == "null"),
        _ => false,
    }
}

/// `10.0` as `10`: the libraries that come after read bounds of integers as integers.
pub(super) fn whole(value: &Value) -> Value {
    crate::model::whole(value).map_or_else(|| value.clone(), Value::from)
}
