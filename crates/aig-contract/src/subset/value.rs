//! Plain values: what a schema may ask of a text or a number, and whether its
//! default is one of its values.

use std::collections::HashMap;

use heck::ToUpperCamelCase;
use regex::Regex;
use serde_json::{Map, Value};

use super::{Check, array, flag, text, values};
use crate::model::{IntegerFormat, whole};
use crate::pointer;
use crate::problem::Limit;

type Object = Map<String, Value>;

/// Integers up to here survive the floats of a JSON schema.
const EXACT: u64 = 1 << 53;

impl<'d> Check<'d> {
    pub(super) fn text(&mut self, pointer: &str, object: &'d Object) {
        let at = |key: &str| pointer::child(pointer, key);
        if object.contains_key("enum") {
            let values = values(object);
            if let Some(other) = values.iter().find(|value| !value.is_string()) {
                self.report(
                    Limit::Document,
                    &at("enum"),
                    format!("{other} is not a text, and the type is `string`"),
                );
            }
            let texts: Vec<&str> = values.iter().filter_map(|value| value.as_str()).collect();
            if let Some((one, other)) = alike_to_progenitor(&texts) {
                self.report(
                    Limit::Client,
                    &at("enum"),
                    format!("progenitor finds no names that tell `{one}` and `{other}` apart"),
                );
            }
            for key in ["minLength", "maxLength", "pattern", "format"] {
                if object.contains_key(key) {
                    self.report(
                        Limit::Server,
                        &at(key),
                        "the enumeration says it all; drop this",
                    );
                }
            }
            return;
        }
        for key in ["minLength", "maxLength"] {
            if object.get(key).is_some_and(|length| {
                length
                    .as_u64()
                    .is_none_or(|length| length > u64::from(u32::MAX))
            }) {
                self.report(
                    Limit::Server,
                    &at(key),
                    "a length is a number of at most 2^32-1",
                );
            }
        }
        if let Some(pattern) = object.get("pattern").and_then(Value::as_str)
            && let Err(error) = Regex::new(pattern)
        {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
            self.report(
                Limit::Server,
                &at("pattern"),
                format!(
                    "the server checks patterns in linear time and cannot check this one ({reason})"
                ),
            );
        }
    }

    pub(super) fn integer(&mut self, pointer: &str, object: &'d Object) {
        let at = |key: &str| pointer::child(pointer, key);
        if object.contains_key("enum") {
            let bounded = object.contains_key("minimum") || object.contains_key("maximum");
            if values(object).iter().any(|value| value.as_i64().is_none()) || bounded {
                self.report(
                    Limit::Server,
                    &at("enum"),
                    "an enumeration of integers, and nothing beside it",
                );
            }
            return;
        }
        let format = object.get("format").and_then(Value::as_str);
        let Some(format) = IntegerFormat::named(format) else {
            self.report(
                Limit::Server,
                &at("format"),
                "an integer is int32, int64, uint8, uint16, uint32 or uint64, or of no format",
            );
            return;
        };
        let (least, greatest) = format.range();
        for (key, implied) in [("minimum", least), ("maximum", greatest)] {
            let Some(bound) = object.get(key) else {
                continue;
            };
            match whole(bound) {
                None => self.report(Limit::Server, &at(key), "the bound of an integer is an integer"),
                Some(bound) if bound == implied => self.report(
                    Limit::Server,
                    &at(key),
                    "the format says so already; drop one of the two",
                ),
                Some(bound) if bound < least || bound > greatest => {
                    self.report(Limit::Server, &at(key), "the bound lies beyond the format");
                }
                Some(bound) if bound.unsigned_abs() > EXACT => self.report(
                    Limit::Server,
                    &at(key),
                    "bounds beyond 2^53 are not exact in a JSON schema; drop it or take a smaller one",
                ),
                Some(_) => {}
            }
        }
        self.order(pointer, object);
    }

    pub(super) fn number(&mut self, pointer: &str, object: &'d Object) {
        let at = |key: &str| pointer::child(pointer, key);
        if object.contains_key("enum") {
            self.report(
                Limit::Server,
                &at("enum"),
                "numbers with a fraction cannot be enumerated; take integers or strings",
            );
        }
        for (key, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if object.contains_key(key) && !object.contains_key(bound) {
                self.report(
                    Limit::Document,
                    &at(key),
                    format!("`{key}` needs `{bound}` beside it"),
                );
            }
        }
        self.order(pointer, object);
    }

    fn order(&mut self, pointer: &str, object: &'d Object) {
        let bound = |key: &str| object.get(key).and_then(Value::as_f64);
        if let (Some(min), Some(max)) = (bound("minimum"), bound("maximum"))
            && min > max
        {
            let here = pointer::child(pointer, "minimum");
            self.report(Limit::Document, &here, "the minimum is above the maximum");
        }
    }

    /// A default becomes a value of the type when the server starts to use it, so
    /// it has to be one.
    pub(super) fn default(&mut self, pointer: &str, schema: &'d Value) {
        let Some(value) = schema.get("default") else {
            return;
        };
        let here = pointer::child(pointer, "default");
        if value.is_null() {
            if !flag(schema, "nullable") {
                self.report(
                    Limit::Document,
                    &here,
                    "the default is null, and null is not a value",
                );
            }
            return;
        }
        let mut schema = schema;
        if let [only] = array(schema.get("allOf")) {
            let below = pointer::descend(pointer, &["allOf", "0"]);
            if let Some((_, found)) = self.resolve(&below, only) {
                schema = found;
            }
        }
        match fits(value, schema) {
            Some(true) => {}
            Some(false) => self.report(
                Limit::Document,
                &here,
                format!("the default {value} is not a value of the schema"),
            ),
            None => self.report(
                Limit::Server,
                &here,
                "only plain values and empty lists can be defaults; describe this one in prose",
            ),
        }
    }
}

/// Two values that typify, behind progenitor, would give the same name. It makes
/// words of what stands between other signs, and if that is not enough it spells
/// every other sign as an X.
fn alike_to_progenitor<'v>(values: &[&'v str]) -> Option<(&'v str, &'v str)> {
    let words = |text: &str| match text {
        "+1" | "-1" => text.to_owned(),
        _ => identifier(
            &text
                .replace('\'', "")
                .replace(|sign| !continues_word(sign), "-"),
        ),
    };
    let spelled =
        |text: &str| identifier(&text.replace(|sign| sign == '_' || !continues_word(sign), "X"));
    first_twins(values, words).and_then(|_| first_twins(values, spelled))
}

/// Words in camel case, with an X in front where no name could start.
fn identifier(words: &str) -> String {
    let name = words.to_upper_camel_case();
    if name.starts_with(char::is_alphabetic) {
        name
    } else {
        format!("X{name}")
    }
}

fn first_twins<'v>(
    values: &[&'v str],
    name: impl Fn(&str) -> String,
) -> Option<(&'v str, &'v str)> {
    let mut known: HashMap<String, &str> = HashMap::new();
    values
        .iter()
        .find_map(|value| Some((known.insert(name(value), value)?, *value)))
}

fn continues_word(sign: char) -> bool {
    sign == '_' || sign.is_alphanumeric()
}

/// Whether a plain value fits a schema; nothing if that is not for here to say.
fn fits(value: &Value, schema: &Value) -> Option<bool> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    if let Some(values) = schema.get("enum") {
        return Some(array(Some(values)).contains(value));
    }
    Some(match text(schema, "type")? {
        "boolean" => value.is_boolean(),
        "string" => {
            let length =
                u64::try_from(value.as_str().map_or(0, |text| text.chars().count())).ok()?;
            let count = |key: &str| schema.get(key).and_then(Value::as_u64);
            let matches = text(schema, "pattern").is_none_or(|pattern| {
                let found = Regex::new(pattern).ok();
                found.is_none_or(|found| value.as_str().is_some_and(|text| found.is_match(text)))
            });
            value.is_string()
                && matches
                && count("minLength").is_none_or(|min| length >= min)
                && count("maxLength").is_none_or(|max| length <= max)
        }
        kind @ ("integer" | "number") => {
            let number = value.as_f64();
            number.is_some_and(|number| {
                let strictly = |key: &str| flag(schema, key);
                (kind == "number" || number.fract() == 0.0)
                    && bound("minimum").is_none_or(|min| {
                        number > min || (number == min && !strictly("exclusiveMinimum"))
                    })
                    && bound("maximum").is_none_or(|max| {
                        number < max || (number == max && !strictly("exclusiveMaximum"))
                    })
            })
        }
        "array" if array(Some(value)).is_empty() => {
            value.is_array() && schema.get("minItems").is_none()
        }
        _ => return None,
    })
}
