//! From OpenAPI 3.1 to 3.0.3, which is what both generators and dropshot speak.
//! What 3.0 says in other words is put in those words; what it cannot say at all
//! is reported, everything in one go, because a constraint that silently falls
//! away would be promised by the contract and kept by nobody.
//!
//! The walk follows the structure of the document. It does not enter examples,
//! defaults, enumerations or extensions: what stands there is data, even when it
//! looks like a schema. Every key it does not know is reported too, since the
//! libraries that come after would drop a misspelt one without a word.

mod schema;
mod value;

use serde_json::{Map, Value};

use crate::pointer;
use crate::problem::{Limit, Problem};

/// The version that everything is lowered to.
pub const VERSION: &str = "3.0.3";

/// The methods a path can have, in the order of the specification.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Lowers a document of version 3.1 (or 3.0, which mostly stays as it is).
///
/// # Errors
/// Everything that 3.0.3 cannot say.
pub fn lower(document: &Value) -> Result<Value, Vec<Problem>> {
    let (lowered, problems) = lower_what_can_be(document);
    if problems.is_empty() {
        Ok(lowered)
    } else {
        Err(problems)
    }
}

/// Lowers what can be said in 3.0.3, and reports the rest.
#[must_use]
pub fn lower_what_can_be(document: &Value) -> (Value, Vec<Problem>) {
    let mut lowering = Lowering {
        problems: Vec::new(),
        dialect: Dialect::V31,
    };
    let lowered = lowering.document(document);
    (lowered, lowering.problems)
}

struct Lowering {
    problems: Vec<Problem>,
    dialect: Dialect,
}

/// Which version the schemas are written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V30,
    V31,
}

/// How the members of an object are lowered, by key.
type Lower = fn(&mut Lowering, &str, &Value) -> Value;

/// What may stand under a key.
#[derive(Clone, Copy)]
enum Member {
    /// Stays as it is.
    Plain,
    /// One object.
    One(Lower),
    /// An array of objects.
    Each(Lower),
    /// A map of objects.
    Every(Lower),
}

impl Lowering {
    fn report(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems
            .push(Problem::new(Limit::Lowering, pointer, message));
    }

    fn document(&mut self, document: &Value) -> Value {
        match document.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.1.") => {}
            Some(version) if version.starts_with("3.0.") => self.dialect = Dialect::V30,
            found => {
                let found = found.unwrap_or("none");
                self.problems.push(Problem::new(
                    Limit::Document,
                    "/openapi",
                    format!("the version is {found}; 3.1 and 3.0 are read here"),
                ));
                return Value::Null;
            }
        }
        if document.get("paths").is_none() {
            self.report("/paths", "there are no paths; write `paths: {}` for none");
        }
        let mut lowered = self.object(
            "",
            document,
            &[
                ("openapi", Member::Plain),
                ("info", Member::One(Self::info)),
                ("externalDocs", Member::Plain),
                ("servers", Member::Plain),
                ("tags", Member::Plain),
                ("security", Member::Plain),
                ("paths", Member::Every(Self::path_item)),
                ("components", Member::One(Self::components)),
            ],
        );
        if let Some(version) = lowered.get_mut("openapi") {
            *version = Value::from(VERSION);
        }
        lowered
    }

    fn info(&mut self, pointer: &str, value: &Value) -> Value {
        if value.pointer("/license/identifier").is_some() {
            self.report(
                &pointer::descend(pointer, &["license", "identifier"]),
                "a licence has no identifier in 3.0; give its url",
            );
        }
        self.object(
            pointer,
            value,
            &[
                ("title", Member::Plain),
                ("description", Member::Plain),
                ("termsOfService", Member::Plain),
                ("contact", Member::Plain),
                ("license", Member::Plain),
                ("version", Member::Plain),
            ],
        )
    }

    fn components(&mut self, pointer: &str, value: &Value) -> Value {
        self.object(
            pointer,
            value,
            &[
                ("schemas", Member::Every(Self::schema)),
                ("responses", Member::Every(Self::response)),
                ("parameters", Member::Every(Self::parameter)),
                ("examples", Member::Plain),
                ("requestBodies", Member::Every(Self::request_body)),
                ("headers", Member::Every(Self::header)),
                ("securitySchemes", Member::Every(Self::security_scheme)),
                ("links", Member::Plain),
                ("callbacks", Member::Plain),
            ],
        )
    }

    fn security_scheme(&mut self, pointer: &str, value: &Value) -> Value {
        if value.get("type").and_then(Value::as_str) == Some("mutualTLS") {
            self.report(
                &pointer::child(pointer, "type"),
                "3.0 knows no mutual TLS; drop the scheme by an overlay",
            );
        }
        value.clone()
    }

    fn path_item(&mut self, pointer: &str, value: &Value) -> Value {
        let mut members = vec![
            ("$ref", Member::Plain),
            ("summary", Member::Plain),
            ("description", Member::Plain),
            ("servers", Member::Plain),
            ("parameters", Member::Each(Self::parameter)),
        ];
        members.extend(METHODS.map(|method| (method, Member::One(Self::operation as Lower))));
        self.object(pointer, value, &members)
    }

    fn operation(&mut self, pointer: &str, value: &Value) -> Value {
        if value.get("responses").is_none() {
            self.report(pointer, "an operation needs `responses`; add them");
        }
        self.object(
            pointer,
            value,
            &[
                ("tags", Member::Plain),
                ("summary", Member::Plain),
                ("description", Member::Plain),
                ("externalDocs", Member::Plain),
                ("operationId", Member::Plain),
                ("parameters", Member::Each(Self::parameter)),
                ("requestBody", Member::One(Self::request_body)),
                ("responses", Member::Every(Self::response)),
                ("callbacks", Member::Plain),
                ("deprecated", Member::Plain),
                ("security", Member::Plain),
                ("servers", Member::Plain),
            ],
        )
    }

    fn parameter(&mut self, pointer: &str, value: &Value) -> Value {
        let mut members = PARAMETER.to_vec();
        members.extend([("name", Member::Plain), ("in", Member::Plain)]);
        self.referable(pointer, value, &members)
    }

    fn header(&mut self, pointer: &str, value: &Value) -> Value {
        self.referable(pointer, value, &PARAMETER)
    }

    fn request_body(&mut self, pointer: &str, value: &Value) -> Value {
        self.referable(
            pointer,
            value,
            &[
                ("description", Member::Plain),
                ("content", Member::Every(Self::media)),
                ("required", Member::Plain),
            ],
        )
    }

    fn response(&mut self, pointer: &str, value: &Value) -> Value {
        self.referable(
            pointer,
            value,
            &[
                ("description", Member::Plain),
                ("headers", Member::Every(Self::header)),
                ("content", Member::Every(Self::media)),
                ("links", Member::Plain),
            ],
        )
    }

    fn media(&mut self, pointer: &str, value: &Value) -> Value {
        self.object(
            pointer,
            value,
            &[
                ("schema", Member::One(Self::schema)),
                ("example", Member::Plain),
                ("examples", Member::Plain),
                ("encoding", Member::Plain),
            ],
        )
    }

    /// An object that may stand elsewhere. In 3.1 a reference may have its own
    /// summary and description, in 3.0 it may not.
    fn referable(&mut self, pointer: &str, value: &Value, members: &[(&str, Member)]) -> Value {
        let Some(object) = value
            .as_object()
            .filter(|object| object.contains_key("$ref"))
        else {
            return self.object(pointer, value, members);
        };
        for key in object.keys().filter(|key| *key != "$ref") {
            self.report(
                &pointer::child(pointer, key),
                format!(
                    "in 3.0 `{key}` beside `$ref` means nothing; move it to what is referred to"
                ),
            );
        }
        value.clone()
    }

    fn object(&mut self, pointer: &str, value: &Value, members: &[(&str, Member)]) -> Value {
        let Some(object) = value.as_object() else {
            self.problems.push(Problem::new(
                Limit::Document,
                pointer,
                "an object is wanted here",
            ));
            return value.clone();
        };
        let mut lowered = Map::new();
        for (key, value) in object {
            let here = pointer::child(pointer, key);
            let value = match members.iter().find(|(name, _)| name == key) {
                Some((_, Member::Plain)) => value.clone(),
                Some((_, Member::One(lower))) => lower(self, &here, value),
                Some((_, Member::Each(lower))) => self.each(&here, value, *lower),
                Some((_, Member::Every(lower))) => self.every(&here, value, *lower),
                None if key.starts_with("x-") => value.clone(),
                None => {
                    self.unknown(&here, key);
                    continue;
                }
            };
            lowered.insert(key.clone(), value);
        }
        Value::Object(lowered)
    }

    fn each(&mut self, pointer: &str, value: &Value, lower: Lower) -> Value {
        let Some(items) = value.as_array() else {
            self.problems.push(Problem::new(
                Limit::Document,
                pointer,
                "an array is wanted here",
            ));
            return value.clone();
        };
        items
            .iter()
            .enumerate()
            .map(|(index, item)| lower(self, &pointer::child(pointer, &index.to_string()), item))
            .collect()
    }

    fn every(&mut self, pointer: &str, value: &Value, lower: Lower) -> Value {
        let Some(object) = value.as_object() else {
            self.problems.push(Problem::new(
                Limit::Document,
                pointer,
                "an object is wanted here",
            ));
            return value.clone();
        };
        object
            .iter()
            .map(|(key, value)| {
                let lowered = if key.starts_with("x-") && !pointer.starts_with("/components/") {
                    value.clone()
                } else {
                    lower(self, &pointer::child(pointer, key), value)
                };
                (key.clone(), lowered)
            })
            .collect::<Map<_, _>>()
            .into()
    }

    fn unknown(&mut self, pointer: &str, key: &str) {
        let message = match key {
            "webhooks" => "3.0 knows no webhooks; drop them by an overlay".to_owned(),
            "pathItems" => "3.0 cannot share path items; write them where they are used".to_owned(),
            "jsonSchemaDialect" => {
                "3.0 has one dialect of schemas; drop this by an overlay".to_owned()
            }
            "summary" if pointer == "/info/summary" => {
                "3.0 has no summary here; move it into the description".to_owned()
            }
            _ => format!("`{key}` has no meaning in 3.0; remove it, or name it `x-{key}`"),
        };
        self.report(pointer, message);
    }

    fn schema(&mut self, pointer: &str, value: &Value) -> Value {
        schema::lower(pointer, value, self.dialect, &mut self.problems)
    }
}

/// What parameters and headers have in common.
const PARAMETER: [(&str, Member); 11] = [
    ("description", Member::Plain),
    ("required", Member::Plain),
    ("deprecated", Member::Plain),
    ("allowEmptyValue", Member::Plain),
    ("style", Member::Plain),
    ("explode", Member::Plain),
    ("allowReserved", Member::Plain),
    ("schema", Member::One(Lowering::schema)),
    ("example", Member::Plain),
    ("examples", Member::Plain),
    ("content", Member::Every(Lowering::media)),
];

#[cfg(test)]
mod tests;
