//! Conditions on metadata: an object in JSON is one word of the dictionary, which is looked into.

use aig_model::{LogKey, LogOperator, LogValue};
use rusqlite::Transaction;
use serde_json::Value;

use super::words::Words;

/// The metadata of which a condition is true, as words.
pub(crate) fn words(
    transaction: &Transaction<'_>,
    key: LogKey,
    operator: LogOperator,
    value: &LogValue,
) -> rusqlite::Result<Words> {
    let wanted = match value {
        LogValue::Text(text) => text.clone(),
        LogValue::Number(number) => number.to_string(),
        LogValue::Flag(flag) => flag.to_string(),
        LogValue::Null => String::new(),
    };
    let lower = wanted.to_ascii_lowercase();
    let passes = |text: &str| match operator {
        LogOperator::Eq | LogOperator::Neq => text == wanted,
        LogOperator::Contains => text.to_ascii_lowercase().contains(&lower),
        LogOperator::Lt => text < wanted.as_str(),
        LogOperator::Gt => text > wanted.as_str(),
    };
    // A text that JSON writes as it is stands in the object word for word: most are passed over
    // without being parsed.
    let plain = wanted
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.@ ".contains(&b));
    let looks = matches!(operator, LogOperator::Eq | LogOperator::Neq)
        && plain
        && !matches!(value, LogValue::Number(_));
    let written = written(key, value).filter(|_| looks);
    Words::such(transaction, |json| {
        if let Some(written) = &written {
            return json.starts_with('{') && written.iter().any(|text| json.contains(&**text));
        }
        if !json.starts_with('{') || looks && !json.contains(&*wanted) {
            return false;
        }
        let Ok(Value::Object(entries)) = serde_json::from_str(json) else {
            return false;
        };
        match key {
            LogKey::MetadataKey => entries.keys().any(|key| passes(key)),
            _ => entries.values().any(|entry| match (entry, value) {
                (Value::String(text), _) => passes(text),
                (Value::Number(number), LogValue::Number(other))
                    if operator != LogOperator::Contains =>
                {
                    let number = number.as_f64().unwrap_or(f64::NAN);
                    match operator {
                        LogOperator::Lt => number < *other,
                        LogOperator::Gt => number > *other,
                        _ => number == *other,
                    }
                }
                (other, _) => passes(&other.to_string()),
            }),
        }
    })
}

/// How a plain text stands in metadata, where that alone tells that it is a key or a value of it:
/// a quotation mark behind one of these signs begins a text, because within one it is escaped.
fn written(key: LogKey, value: &LogValue) -> Option<Vec<String>> {
    let LogValue::Text(text) = value else {
        return None;
    };
    match key {
        _ if text.is_empty() => None,
        LogKey::MetadataKey => Some(vec![format!("{{\"{text}\":"), format!(",\"{text}\":")]),
        // A number or a truth value that reads the same is found, too, and has no such marks.
        _ if serde_json::from_str::<Value>(text).is_ok() => None,
        _ => Some(vec![format!(":\"{text}\"")]),
    }
}
