//! Reads what is asked of a log out of a query, in each of the spellings that clients use.
//!
//! `filters` travels as JSON text, as repeated dotted names (Cloudflare's Python SDK groups them by
//! name, its npm SDK filter by filter), or in brackets. Nothing else is left here: which values a
//! key takes is said in one table, and everything that is not understood is refused with its place.

use aig_api::ListAiGatewayLogsQuery;
use aig_api::types::{ListAiGatewayLogsDirection, ListAiGatewayLogsOrderByDirection};
use aig_model::{LogFilter, LogKey, LogOperator, LogOrder, LogQuery, LogValue};
use chrono::DateTime;
use serde_json::Value;

use crate::error::{Failure, Fault};

/// The most conditions of one query.
const MOST_FILTERS: usize = 50;
/// The most values of one condition.
const MOST_VALUES: usize = 100;

/// What values a key takes.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Id,
    Number,
    Flag,
    Time,
    Any,
}

/// A condition before its words are understood.
#[derive(Debug, Default)]
struct Raw {
    key: Option<String>,
    operator: Option<String>,
    values: Vec<Value>,
}

/// What a list asks for.
pub(crate) fn of_list(
    uri_query: Option<&str>,
    query: &ListAiGatewayLogsQuery,
) -> Result<LogQuery, Failure> {
    let mut filters = filters(uri_query)?;
    filters.extend(deprecated(query));
    let ascending = match (&query.order_by_direction, &query.direction) {
        (Some(direction), _) => *direction == ListAiGatewayLogsOrderByDirection::Asc,
        (None, Some(direction)) => *direction == ListAiGatewayLogsDirection::Asc,
        (None, None) => false,
    };
    Ok(LogQuery {
        filters,
        search: query.search.clone(),
        order: order(&query.order_by)?,
        ascending,
    })
}

/// An order out of the contract's enumeration.
pub(crate) fn order(word: &impl serde::Serialize) -> Result<LogOrder, Failure> {
    serde_json::to_value(word)
        .ok()
        .and_then(|word| LogOrder::from_word(word.as_str()?))
        .ok_or_else(|| fault("order_by", "order_by is none of the words that it takes"))
}

/// The conditions of a query, whatever their spelling.
pub(crate) fn filters(uri_query: Option<&str>) -> Result<Vec<LogFilter>, Failure> {
    let mut raw = vec![];
    let mut dotted = vec![];
    let mut indexed: Vec<(String, Raw)> = vec![];
    for (name, text) in pairs(uri_query.unwrap_or_default()) {
        if name == "filters" {
            raw.extend(of_json(&text)?);
        } else if let Some(part) = name.strip_prefix("filters.") {
            dotted.push((part.trim_end_matches("[]").to_owned(), text));
        } else if let Some((index, part)) = bracketed(&name) {
            if index.is_empty() {
                dotted.push((part, text));
                continue;
            }
            if !indexed.iter().any(|(known, _)| *known == index) {
                indexed.push((index.clone(), Raw::default()));
            }
            let of_index = indexed.iter_mut().find(|(known, _)| *known == index);
            if let Some((_, filter)) = of_index {
                filter.take(&part, text)?;
            }
        }
    }
    raw.extend(indexed.into_iter().map(|(_, filter)| filter));
    raw.extend(paired(dotted)?);
    if raw.len() > MOST_FILTERS {
        return Err(fault(
            "filters",
            format!("filters must be at most {MOST_FILTERS}"),
        ));
    }
    raw.into_iter().map(understood).collect()
}

/// `filters[0][value][]` is index 0 and part `value`.
fn bracketed(name: &str) -> Option<(String, String)> {
    let rest = name.strip_prefix("filters[")?;
    let (index, rest) = rest.split_once(']')?;
    let part = rest.strip_prefix('[')?.split(']').next()?;
    Some((index.to_owned(), part.to_owned()))
}

fn of_json(text: &str) -> Result<Vec<Raw>, Failure> {
    if text.is_empty() {
        return Ok(vec![]);
    }
    let wrong = || {
        fault(
            "filters",
            "filters must be a JSON array of objects with key, operator and value",
        )
    };
    let items = match serde_json::from_str(text).map_err(|_| wrong())? {
        Value::Array(items) => items,
        one @ Value::Object(_) => vec![one],
        _ => return Err(wrong()),
    };
    let filter = |item: Value| {
        let Value::Object(mut members) = item else {
            return Err(wrong());
        };
        let mut word = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(word)) => Ok(Some(word)),
            Some(_) => Err(wrong()),
        };
        let (key, operator) = (word("key")?, word("operator")?);
        let values = match members.remove("value") {
            Some(Value::Array(values)) => values,
            Some(one) => vec![one],
            None => vec![],
        };
        Ok(Raw {
            key,
            operator,
            values,
        })
    };
    items.into_iter().map(filter).collect()
}

/// Puts parts together that came under the same names: by position when there are as many of each,
/// all values to the only key, else in the order in which they came.
fn paired(parts: Vec<(String, String)>) -> Result<Vec<Raw>, Failure> {
    let count = |name: &str| parts.iter().filter(|(part, _)| part == name).count();
    let (keys, operators, values) = (count("key"), count("operator"), count("value"));
    let mut filters: Vec<Raw> = vec![];
    if keys == operators && keys == values || keys == 1 {
        filters.resize_with(keys, Raw::default);
        let mut seen = [0; 3];
        for (part, text) in parts {
            let which = match &*part {
                "key" => 0,
                "operator" => 1,
                _ => 2,
            };
            let at = if keys == 1 { 0 } else { seen[which] };
            seen[which] += 1;
            let filter = filters.get_mut(at);
            filter.map(|filter| filter.take(&part, text)).transpose()?;
        }
        return Ok(filters);
    }
    for (part, text) in parts {
        if part == "key" || filters.is_empty() {
            filters.push(Raw::default());
        }
        let last = filters
            .last_mut()
            .expect("there is one since the line before");
        last.take(&part, text)?;
    }
    Ok(filters)
}

impl Raw {
    fn take(&mut self, part: &str, text: String) -> Result<(), Failure> {
        let twice = match part {
            "key" => self.key.replace(text).is_some(),
            "operator" => self.operator.replace(text).is_some(),
            "value" => {
                self.values.push(Value::String(text));
                false
            }
            _ => {
                return Err(fault(
                    "filters",
                    "a filter has key, operator and value, no more",
                ));
            }
        };
        match twice {
            true => Err(fault(
                "filters",
                format!("a filter has more than one {part}"),
            )),
            false => Ok(()),
        }
    }
}

fn understood(raw: Raw) -> Result<LogFilter, Failure> {
    let missing = |what: &str| fault("filters", format!("a filter has no {what}"));
    let key = raw.key.ok_or_else(|| missing("key"))?;
    let key = LogKey::from_word(&key).ok_or_else(|| {
        let all: Vec<_> = LogKey::ALL.iter().map(|key| key.as_str()).collect();
        fault(
            "filters",
            format!("the key of a filter must be one of {}", all.join(", ")),
        )
    })?;
    let operator = raw.operator.ok_or_else(|| missing("operator"))?;
    let operator = LogOperator::from_word(&operator).ok_or_else(|| {
        fault(
            "filters",
            "the operator of a filter must be one of eq, neq, contains, lt, gt",
        )
    })?;
    let kind = kind(key);
    let fits = match operator {
        LogOperator::Eq | LogOperator::Neq => true,
        LogOperator::Contains => matches!(kind, Kind::Text | Kind::Id | Kind::Any),
        LogOperator::Lt | LogOperator::Gt => {
            matches!(kind, Kind::Number | Kind::Time | Kind::Text | Kind::Any)
        }
    };
    if !fits {
        let (key, operator) = (key.as_str(), operator.as_str());
        return Err(fault(
            "filters",
            format!("{key} cannot be compared by {operator}"),
        ));
    }
    if raw.values.is_empty() {
        return Err(missing("value"));
    }
    if raw.values.len() > MOST_VALUES {
        return Err(fault(
            "filters",
            format!("a filter must have at most {MOST_VALUES} values"),
        ));
    }
    let values = raw
        .values
        .iter()
        .map(|value| typed(key, kind, value))
        .collect::<Result<_, _>>()?;
    Ok(LogFilter {
        key,
        operator,
        values,
    })
}

const fn kind(key: LogKey) -> Kind {
    match key {
        LogKey::Id | LogKey::EventId => Kind::Id,
        LogKey::CreatedAt => Kind::Time,
        LogKey::Success
        | LogKey::Cached
        | LogKey::Authentication
        | LogKey::Wholesale
        | LogKey::CompatibilityMode => Kind::Flag,
        LogKey::Cost
        | LogKey::Tokens
        | LogKey::TokensIn
        | LogKey::TokensOut
        | LogKey::Duration
        | LogKey::Feedback => Kind::Number,
        LogKey::MetadataValue => Kind::Any,
        LogKey::RequestContentType
        | LogKey::ResponseContentType
        | LogKey::RequestType
        | LogKey::Provider
        | LogKey::Model
        | LogKey::ModelType
        | LogKey::MetadataKey
        | LogKey::DlpAction
        | LogKey::UserAgent => Kind::Text,
    }
}

fn typed(key: LogKey, kind: Kind, value: &Value) -> Result<LogValue, Failure> {
    let read = match (kind, value) {
        (_, Value::Null) => Some(LogValue::Null),
        (Kind::Id, Value::String(text)) if key == LogKey::Id => {
            Some(LogValue::Text(text.to_ascii_lowercase()))
        }
        (Kind::Text | Kind::Id | Kind::Any, Value::String(text)) => {
            Some(LogValue::Text(text.clone()))
        }
        (Kind::Number | Kind::Flag | Kind::Time, Value::String(text)) if text == "null" => {
            Some(LogValue::Null)
        }
        (Kind::Number, Value::String(text)) => number(text).map(LogValue::Number),
        (Kind::Time, Value::String(text)) => DateTime::parse_from_rfc3339(text)
            .map(|time| time.timestamp_millis() as f64)
            .ok()
            .or_else(|| number(text))
            .map(LogValue::Number),
        (Kind::Number | Kind::Time | Kind::Any, Value::Number(number)) => {
            number.as_f64().map(LogValue::Number)
        }
        (Kind::Flag | Kind::Any, Value::Bool(flag)) => Some(LogValue::Flag(*flag)),
        (Kind::Flag, Value::String(text)) => text.parse().ok().map(LogValue::Flag),
        (Kind::Flag, Value::Number(number)) => match number.as_u64() {
            Some(flag @ 0..=1) => Some(LogValue::Flag(flag == 1)),
            _ => None,
        },
        _ => None,
    };
    let what = match kind {
        Kind::Text | Kind::Id => "a text",
        Kind::Number => "a number",
        Kind::Flag => "true or false",
        Kind::Time => "an RFC 3339 time",
        Kind::Any => "a text, a number, true or false",
    };
    read.ok_or_else(|| {
        let key = key.as_str();
        fault(
            "filters",
            format!("the value of a filter on {key} must be {what}, or null"),
        )
    })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What the older parameters say, as conditions.
fn deprecated(query: &ListAiGatewayLogsQuery) -> Vec<LogFilter> {
    let millis = |time: chrono::DateTime<chrono::Utc>| time.timestamp_millis() as f64;
    let mut filters = vec![];
    let mut add = |key, operator, value: Option<LogValue>| {
        filters.extend(value.map(|value| LogFilter {
            key,
            operator,
            values: vec![value],
        }));
    };
    // Both ends are included: between two whole numbers is where nothing is.
    let from = |least: f64| LogValue::Number(least.ceil() - 0.5);
    let to = |most: f64| LogValue::Number(most.floor() + 0.5);
    // A pico-dollar is the least difference between two costs.
    let below = |cost: f64| LogValue::Number(cost - 1e-12);
    let above = |cost: f64| LogValue::Number(cost + 1e-12);
    macro_rules! float {
        ($field:ident) => {
            query.$field.map(f64::from)
        };
    }
    use LogOperator::{Eq, Gt, Lt};
    add(
        LogKey::CreatedAt,
        Gt,
        query.start_date.map(millis).map(from),
    );
    add(LogKey::CreatedAt, Lt, query.end_date.map(millis).map(to));
    add(LogKey::Cost, Gt, float!(min_cost).map(below));
    add(LogKey::Cost, Lt, float!(max_cost).map(above));
    add(LogKey::TokensIn, Gt, float!(min_tokens_in).map(from));
    add(LogKey::TokensIn, Lt, float!(max_tokens_in).map(to));
    add(LogKey::TokensOut, Gt, float!(min_tokens_out).map(from));
    add(LogKey::TokensOut, Lt, float!(max_tokens_out).map(to));
    add(LogKey::Tokens, Gt, float!(min_total_tokens).map(from));
    add(LogKey::Tokens, Lt, float!(max_total_tokens).map(to));
    add(LogKey::Duration, Gt, float!(min_duration).map(from));
    add(LogKey::Duration, Lt, float!(max_duration).map(to));
    let praise = query.feedback.map(|feedback| match feedback.to::<i64>() {
        Some(1) => LogValue::Number(1.0),
        _ => LogValue::Number(-1.0),
    });
    add(LogKey::Feedback, Eq, praise);
    add(LogKey::Success, Eq, query.success.map(LogValue::Flag));
    add(LogKey::Cached, Eq, query.cached.map(LogValue::Flag));
    for (key, text) in [
        (LogKey::Model, &query.model),
        (LogKey::ModelType, &query.model_type),
        (LogKey::Provider, &query.provider),
        (LogKey::RequestContentType, &query.request_content_type),
        (LogKey::ResponseContentType, &query.response_content_type),
    ] {
        add(key, Eq, text.clone().map(LogValue::Text));
    }
    filters
}

/// Names and values of a query, decoded.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| pair.starts_with("filters"));
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// A plus is a space, and what is no text is made one: it will match nothing.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| digit.try_into().ok())
}

fn fault(field: &str, message: impl Into<String>) -> Failure {
    Failure::Invalid(vec![Fault {
        message: message.into(),
        path: vec!["query".into(), field.into()],
    }])
}

#[cfg(test)]
mod tests;
