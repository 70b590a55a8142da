//! What the two generators cannot express, found before either is run: progenitor
//! panics where it has no words, dropshot panics when an operation is registered,
//! and both name neither the operation nor the place. Everything is reported in
//! one list, and a thing that only one of them cannot do is reported as such.
//!
//! What stands here was read in the sources of progenitor 0.15 and dropshot 0.18
//! or found by running them; a new version of either is a reason to look again.

mod name;
mod operation;
mod path;
mod response;
mod schema;
mod value;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::lower::METHODS;
use crate::pointer;
use crate::problem::{Limit, Problem};

/// Everything in a lowered document that one of the generators, or both, cannot
/// express.
#[must_use]
pub fn check(document: &Value) -> Vec<Problem> {
    let mut check = Check {
        document,
        problems: Vec::new(),
        seen: HashSet::new(),
        ids: HashMap::new(),
        types: HashMap::new(),
    };
    check.document();
    check.problems
}

struct Check<'d> {
    document: &'d Value,
    problems: Vec<Problem>,
    /// Shared parts that have been looked at: they are met once for each use.
    seen: HashSet<String>,
    /// Operations by the name of their method.
    ids: HashMap<String, String>,
    /// Schemas by the name of their type.
    types: HashMap<String, String>,
}

impl<'d> Check<'d> {
    fn report(&mut self, limit: Limit, pointer: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(limit, pointer, message));
    }

    fn document(&mut self) {
        let document = self.document;
        self.tags();
        if let Some(schemas) = members(document.pointer("/components/schemas")) {
            for (name, schema) in schemas {
                let here = pointer::descend("", &["components", "schemas", name]);
                self.schema(&here, schema);
            }
        }
        let Some(paths) = members(document.get("paths")) else {
            return;
        };
        let templates: Vec<&str> = paths
            .keys()
            .map(String::as_str)
            .filter(|path| !path.starts_with("x-"))
            .collect();
        self.templates(&templates);
        for path in templates {
            let here = pointer::descend("", &["paths", path]);
            self.path_item(&here, path, &paths[path]);
        }
    }

    fn tags(&mut self) {
        let mut names = HashSet::new();
        for (index, tag) in array(self.document.get("tags")).iter().enumerate() {
            let name = tag.get("name").and_then(Value::as_str).unwrap_or_default();
            if !names.insert(name) {
                let here = pointer::descend("", &["tags", &index.to_string()]);
                self.report(
                    Limit::Both,
                    &here,
                    format!("the tag `{name}` is listed twice"),
                );
            }
        }
    }

    fn path_item(&mut self, pointer: &str, path: &str, item: &'d Value) {
        if item.get("$ref").is_some() {
            let here = pointer::child(pointer, "$ref");
            self.report(
                Limit::Both,
                &here,
                "a path that stands elsewhere; write its operations here",
            );
            return;
        }
        if item.get("servers").is_some() {
            let here = pointer::child(pointer, "servers");
            self.report(
                Limit::Both,
                &here,
                "servers of its own; the whole API is reached in one place",
            );
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let here = pointer::child(pointer, method);
                match method {
                    "trace" => self.report(Limit::Both, &here, "neither generator has TRACE"),
                    "options" => {
                        self.report(
                            Limit::Client,
                            &here,
                            "the client that progenitor writes has no OPTIONS",
                        );
                    }
                    _ => {}
                }
                self.operation(&here, path, item, operation);
            }
        }
    }

    /// What a reference means and where that stands, or a problem.
    fn resolve(&mut self, pointer: &str, value: &'d Value) -> Option<(String, &'d Value)> {
        let (mut here, mut value) = (pointer.to_owned(), value);
        // Longer chains than this only come from circles.
        for _ in 0..32 {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                return Some((here, value));
            };
            let target_pointer = target.trim_start_matches('#');
            let Some(found) = self.document.pointer(target_pointer) else {
                self.report(
                    Limit::Both,
                    &pointer::child(&here, "$ref"),
                    format!("there is no {target}"),
                );
                return None;
            };
            (here, value) = (target_pointer.to_owned(), found);
        }
        self.report(Limit::Both, pointer, "this reference goes in a circle");
        None
    }
}

fn members(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The values of an enumeration; null is said twice and counts once.
fn values(object: &Map<String, Value>) -> Vec<&Value> {
    let values = array(object.get("enum")).iter();
    values.filter(|value| !value.is_null()).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key) == Some(&Value::Bool(true))
}
