//! Two documents in canonical form, side by side.

use std::fmt;

use serde_json::{Map, Value};

use crate::pointer::child;
use crate::source::Location;

/// A place where what a server emits is not what the document says.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON pointer into the canonical form, where parameters and tags go by name.
    pub pointer: String,
    /// The nearest line of the document.
    pub location: Option<Location>,
    /// What the document says; nothing if it is silent.
    pub document: Option<Value>,
    /// What the server says; nothing if it is silent.
    pub emitted: Option<Value>,
}

/// All differences, in the order of the document.
pub(super) fn differences(document: &Value, emitted: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(document), Some(emitted), &mut found);
    found
}

fn compare(
    at: &str,
    document: Option<&Value>,
    emitted: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (document, emitted) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            members(at, left, right, found);
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(
                    &child(at, &index.to_string()),
                    Some(left),
                    Some(right),
                    found,
                );
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(Difference {
            pointer: at.to_owned(),
            location: None,
            document: left.cloned(),
            emitted: right.cloned(),
        }),
    }
}

fn members(
    at: &str,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    for (key, value) in left {
        compare(&child(at, key), Some(value), right.get(key), found);
    }
    for (key, value) in right {
        if !left.contains_key(key) {
            compare(&child(at, key), None, Some(value), found);
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longest value that is printed on its line.
        const LONGEST: usize = 200;
        let shown = |value: &Option<Value>| {
            let text = value
                .as_ref()
                .map_or_else(|| "(absent)".to_owned(), ToString::to_string);
            let mut signs = text.chars();
            let mut cut: String = signs.by_ref().take(LONGEST).collect();
            if signs.next().is_some() {
                cut.push('…');
            }
            cut
        };
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(
            f,
            "{}: document {}, server {}",
            self.pointer,
            shown(&self.document),
            shown(&self.emitted)
        )
    }
}
