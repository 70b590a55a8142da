//! Projection of everything around the schemas: information, tags, routes, and what
//! is left over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::canonical;
use super::project::Projection;
use super::schema::{object, references};
use crate::lower::METHODS;
use crate::pointer;

impl<'d> Projection<'d> {
    /// The nearest document that dropshot can emit, references resolved but for those
    /// to schemas.
    pub(super) fn document(&mut self) -> Value {
        let document = self.document;
        let top = ["openapi", "info", "tags", "paths", "components"];
        for (key, value) in members(document) {
            let empty = value.as_array().is_some_and(Vec::is_empty);
            if !top.contains(&key.as_str()) && !empty {
                let here = pointer::child("", key);
                self.lose(
                    &here,
                    format!("dropshot has no place for `{key}` of a document"),
                );
            }
        }
        let info = self.info();
        let paths = self.paths();
        let tags = self.tags(&paths);
        let mut projected = object([("info", info), ("tags", tags), ("paths", paths)]);
        let schemas = self.schemas(&projected);
        projected["components"] = object([("schemas", schemas)]);
        projected
    }

    fn info(&mut self) -> Value {
        let document = self.document;
        let mut out = Map::new();
        for (key, value) in document.get("info").into_iter().flat_map(members) {
            let here = pointer::descend("", &["info", key]);
            let known: &[&str] = match key.as_str() {
                "title" | "version" | "description" | "termsOfService" => &[],
                "contact" => &["name", "url", "email"],
                "license" => &["name", "url"],
                _ => {
                    self.lose(&here, format!("dropshot has no place for `{key}` here"));
                    continue;
                }
            };
            let mut value = value.clone();
            if let Some(object) = value.as_object_mut() {
                let strange = object.keys().filter(|key| !known.contains(&key.as_str()));
                for key in strange.cloned().collect::<Vec<_>>() {
                    let here = pointer::child(&here, &key);
                    self.lose(&here, format!("dropshot has no place for `{key}` here"));
                    object.shift_remove(&key);
                }
            }
            if value.as_object().is_none_or(|object| !object.is_empty()) {
                out.insert(key.clone(), value);
            }
        }
        let said = out
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let version = semantic(said);
        if version != said {
            self.lose(
                "/info/version",
                format!(
                    "dropshot wants a semantic version, and `{said}` is none; taken for {version}"
                ),
            );
        }
        out.insert("version".to_owned(), Value::from(version));
        out.entry("title").or_insert_with(|| Value::from(""));
        Value::Object(out)
    }

    fn tags(&mut self, paths: &Value) -> Value {
        let document = self.document;
        let mut known: Vec<Value> = Vec::new();
        let listed = document.get("tags").and_then(Value::as_array);
        for (index, tag) in listed.into_iter().flatten().enumerate() {
            let here = pointer::descend("", &["tags", &index.to_string()]);
            let mut out = Map::new();
            for (key, value) in members(tag) {
                match key.as_str() {
                    "name" | "description" | "externalDocs" => {
                        out.insert(key.clone(), value.clone());
                    }
                    _ => self.lose(
                        &pointer::child(&here, key),
                        format!("dropshot has no place for `{key}` of a tag"),
                    ),
                }
            }
            if known
                .iter()
                .any(|other| other.get("name") == out.get("name"))
            {
                self.lose(&here, "this tag is listed twice");
                continue;
            }
            known.push(Value::Object(out));
        }
        for (pointer, operation) in operations(paths) {
            for (index, tag) in operation
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .enumerate()
            {
                if known.iter().all(|other| other.get("name") != Some(tag)) {
                    let here = pointer::descend(&pointer, &["tags", &index.to_string()]);
                    self.lose(
                        &here,
                        format!(
                            "dropshot lists every tag, and {tag} is not in the document's list"
                        ),
                    );
                    known.push(object([("name", tag.clone())]));
                }
            }
        }
        Value::Array(known)
    }

    fn paths(&mut self) -> Value {
        let document = self.document;
        let mut router = Router::default();
        let mut out = Map::new();
        for (path, item) in document.get("paths").into_iter().flat_map(members) {
            let here = pointer::descend("", &["paths", path]);
            if path.starts_with("x-") {
                self.lose(&here, "dropshot has no place for extensions here");
                continue;
            }
            if let Err(reason) = router.admit(path) {
                self.lose(&here, format!("left out: {reason}"));
                continue;
            }
            let mut methods = Map::new();
            for (key, value) in members(item) {
                let below = pointer::child(&here, key);
                match key.as_str() {
                    "parameters" => {}
                    "trace" => self.lose(&below, "left out: dropshot has no TRACE"),
                    method if METHODS.contains(&method) => {
                        if let Some(operation) = self.operation(&below, path, item, value) {
                            methods.insert(key.clone(), operation);
                        }
                    }
                    _ => self.lose(
                        &below,
                        format!("dropshot has no place for `{key}` of a path"),
                    ),
                }
            }
            if !methods.is_empty() {
                out.insert(path.clone(), Value::Object(methods));
            }
        }
        Value::Object(out)
    }

    /// The schemas that operations reach; dropshot emits no others.
    fn schemas(&mut self, projected: &Value) -> Value {
        let document = self.document;
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut kept: BTreeMap<String, Value> = BTreeMap::new();
        let mut open = Vec::new();
        for (_, operation) in operations(&projected["paths"]) {
            canonical::schemas_of(operation, &mut |schema| references(schema, &mut open));
        }
        while let Some(name) = open.pop() {
            if !reached.insert(name.clone()) {
                continue;
            }
            let here = pointer::descend("", &["components", "schemas", &name]);
            let schema = match document.pointer(&here) {
                Some(schema) => self.schema(&here, schema),
                // The one schema that is added here: dropshot's own error.
                None => native_error(),
            };
            references(&schema, &mut open);
            kept.insert(name, schema);
        }
        for (kind, entries) in document.get("components").into_iter().flat_map(members) {
            for (name, _) in members(entries) {
                let here = pointer::descend("", &["components", kind, name]);
                match kind.as_str() {
                    "schemas" if !kept.contains_key(name) => self.lose(
                        &here,
                        "no operation reaches this schema, so dropshot does not emit it",
                    ),
                    // Found where they are referred to.
                    "schemas" | "parameters" | "responses" | "requestBodies" | "headers" => {}
                    _ => self.lose(&here, format!("dropshot has no place for {kind}")),
                }
            }
        }
        // In the order of the document, so that the code reads like it.
        let order = document
            .pointer("/components/schemas")
            .into_iter()
            .flat_map(members);
        let mut out: Map<String, Value> = order
            .filter_map(|(name, _)| Some((name.clone(), kept.remove(name)?)))
            .collect();
        out.extend(kept);
        Value::Object(out)
    }
}

/// What dropshot says of its own error.
pub(super) fn native_error() -> Value {
    json!({
        "description": "Error information from a response.",
        "type": "object",
        "properties": {
            "error_code": { "type": "string" },
            "message": { "type": "string" },
            "request_id": { "type": "string" },
        },
        "required": ["message", "request_id"],
    })
}

/// The members of an object; none of anything else.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// All operations of projected paths, with where they stand.
pub(super) fn operations(paths: &Value) -> impl Iterator<Item = (String, &Value)> {
    members(paths).flat_map(|(path, item)| {
        members(item).map(move |(method, operation)| {
            (pointer::descend("", &["paths", path, method]), operation)
        })
    })
}

/// The nearest semantic version.
fn semantic(version: &str) -> String {
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
        let led = text.len() > 1 && text.starts_with('0');
        text.parse().ok().filter(|_| plain && !led)
    };
    let (core, rest) = version
        .find(['-', '+'])
        .map_or((version, ""), |at| version.split_at(at));
    let parts: Vec<Option<u64>> = core.split('.').map(number).collect();
    let suffix = rest.split(['-', '+', '.']).skip(1).all(|part| {
        !part.is_empty()
            && part.bytes().all(|sign| sign.is_ascii_alphanumeric())
            && (number(part).is_some() || !part.bytes().all(|sign| sign.is_ascii_digit()))
    });
    if parts.len() == 3 && parts.iter().all(Option::is_some) && suffix {
        return version.to_owned();
    }
    let mut numbers = parts.into_iter().map_while(|part| part);
    let mut next = || numbers.next().unwrap_or(0);
    format!("{}.{}.{}", next(), next(), next())
}

/// Which paths dropshot's router takes together.
#[derive(Default)]
struct Router {
    /// What stands at a position, by everything before it.
    edges: BTreeMap<String, Edge>,
}

enum Edge {
    Literals,
    Variable(String),
}

impl Router {
    fn admit(&mut self, path: &str) -> Result<(), String> {
        let Some(rest) = path.strip_prefix('/') else {
            return Err("a path starts with `/`".to_owned());
        };
        let mut edges = Vec::new();
        let mut before = String::new();
        let mut seen = Vec::new();
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            if segment.is_empty() {
                return Err("dropshot takes a doubled or final `/` for one or none".to_owned());
            }
            let variable = segment
                .strip_prefix('{')
                .and_then(|segment| segment.strip_suffix('}'))
                .filter(|name| !name.is_empty() && !name.contains(['{', '}', ':']));
            match (variable, self.edges.get(&before)) {
                (None, _) if segment.contains(['{', '}']) => {
                    return Err(format!(
                        "`{segment}` is a variable only in part; dropshot has whole segments"
                    ));
                }
                (Some(name), Some(Edge::Variable(known))) if name != known => {
                    return Err(format!(
                        "`{{{name}}}` stands where another path has `{{{known}}}`; dropshot has one name for a position"
                    ));
                }
                (Some(name), Some(Edge::Literals)) => {
                    return Err(format!(
                        "`{{{name}}}` stands beside a literal of another path; dropshot's router has one or the other"
                    ));
                }
                (None, Some(Edge::Variable(known))) => {
                    return Err(format!(
                        "`{segment}` stands beside `{{{known}}}` of another path; dropshot's router has one or the other"
                    ));
                }
                _ => {}
            }
            match variable {
                Some(name) => {
                    if seen.contains(&name) {
                        return Err(format!("`{{{name}}}` stands here twice"));
                    }
                    seen.push(name);
                    edges.push((before.clone(), Edge::Variable(name.to_owned())));
                    before.push_str("/{}");
                }
                None => {
                    edges.push((before.clone(), Edge::Literals));
                    before.push('/');
                    before.push_str(segment);
                }
            }
        }
        self.edges.extend(edges);
        Ok(())
    }
}
