//! Projection of operations: parameters, bodies and answers, as far as dropshot has
//! words for them.

use serde_json::{Map, Value, json};

use super::infer::strings;
use super::project::Projection;
use super::project_document::members;
use super::schema::{normal, object, referred};
use crate::model::documentation::{lines_of, read_by_dropshot};
use crate::model::is_json;
use crate::pointer;

/// What marks an operation whose answer comes in pages.
pub(super) const PAGINATION: &str = "x-dropshot-pagination";

/// What marks an operation that becomes a web socket.
pub(super) const WEBSOCKET: &str = "x-dropshot-websocket";

impl<'d> Projection<'d> {
    /// What a reference to anything but a schema means.
    pub(super) fn resolve(&mut self, pointer: &str, value: &'d Value) -> (String, &'d Value) {
        let (mut here, mut value) = (pointer.to_owned(), value);
        // Longer chains than this only come from circles.
        for _ in 0..32 {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                return (here, value);
            };
            let target = target.trim_start_matches('#');
            match self.document.pointer(target) {
                Some(found) => (here, value) = (target.to_owned(), found),
                None => break,
            }
        }
        self.lose(pointer, "this reference leads nowhere");
        (here, &Value::Null)
    }

    /// An operation, unless dropshot has no way to register it.
    pub(super) fn operation(
        &mut self,
        pointer: &str,
        path: &str,
        item: &'d Value,
        operation: &'d Value,
    ) -> Option<Value> {
        let mut out = Map::new();
        for (key, value) in members(operation) {
            let here = pointer::child(pointer, key);
            match key.as_str() {
                "parameters" | "requestBody" | "responses" | "summary" | "description" => {}
                "tags" | "operationId" => {
                    out.insert(key.clone(), value.clone());
                }
                "deprecated" if value == true => {
                    out.insert(key.clone(), value.clone());
                }
                "deprecated" => {}
                PAGINATION
                    if strings(value.get("required")).len()
                        == value
                            .get("required")
                            .and_then(Value::as_array)
                            .map_or(usize::MAX, Vec::len) =>
                {
                    out.insert(key.clone(), value.clone());
                }
                PAGINATION => self.lose(
                    &here,
                    "dropshot lists here what the first page requires: `{ \"required\": [] }`",
                ),
                WEBSOCKET => {
                    if *value != json!({}) {
                        self.lose(&here, "dropshot has an empty object here");
                    }
                    out.insert(key.clone(), json!({}));
                }
                _ => self.lose(
                    &here,
                    format!("dropshot has no place for `{key}` of an operation"),
                ),
            }
        }
        self.identity(pointer, path, &mut out);
        self.documentation(pointer, operation, &mut out);
        let parameters = self.parameters(pointer, path, item, operation)?;
        self.pagination(pointer, &parameters, &mut out);
        out.insert("parameters".to_owned(), Value::Array(parameters));
        if let Some(body) = operation.get("requestBody") {
            let here = pointer::child(pointer, "requestBody");
            if out.contains_key(WEBSOCKET) {
                self.lose(&here, "a web socket has no body");
            } else if let Some(body) = self.request_body(&here, body) {
                out.insert("requestBody".to_owned(), body);
            }
        }
        let here = pointer::child(pointer, "responses");
        let null = &Value::Null;
        let responses = operation.get("responses").unwrap_or(null);
        let responses = self.responses(&here, responses);
        out.insert("responses".to_owned(), responses);
        Some(Value::Object(out))
    }

    fn identity(&mut self, pointer: &str, path: &str, out: &mut Map<String, Value>) {
        let id = out
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if id.is_empty() {
            let method = pointer.rsplit('/').next().unwrap_or_default();
            let words = path.replace(|sign: char| !sign.is_ascii_alphanumeric(), " ");
            let words: Vec<&str> = std::iter::once(method)
                .chain(words.split_whitespace())
                .collect();
            let id = words.join("_");
            self.lose(
                pointer,
                format!("dropshot names every operation; called `{id}`"),
            );
            out.insert("operationId".to_owned(), Value::from(id));
        }
    }

    /// Summary and description as dropshot reads them from a doc comment.
    fn documentation(&mut self, pointer: &str, operation: &Value, out: &mut Map<String, Value>) {
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        let lines = lines_of(text("summary"), text("description"));
        let (summary, description) = read_by_dropshot(&lines);
        for (key, read) in [("summary", summary), ("description", description)] {
            if read.as_deref() != text(key) {
                self.lose(
                    &pointer::child(pointer, key),
                    "dropshot reads documentation from a doc comment: its first line is the summary, and the lines of a paragraph are joined",
                );
            }
            if let Some(read) = read {
                out.insert(key.to_owned(), Value::from(read));
            }
        }
    }

    fn parameters(
        &mut self,
        pointer: &str,
        path: &str,
        item: &'d Value,
        operation: &'d Value,
    ) -> Option<Vec<Value>> {
        let item_pointer = pointer::descend("", &["paths", path]);
        let mut found: Vec<(String, &'d Value)> = Vec::new();
        for (holder, value) in [(item_pointer.as_str(), item), (pointer, operation)] {
            let list = value.get("parameters").and_then(Value::as_array);
            for (index, parameter) in list.into_iter().flatten().enumerate() {
                let here = pointer::descend(holder, &["parameters", &index.to_string()]);
                let (here, parameter) = self.resolve(&here, parameter);
                let same = |other: &Value| {
                    ["in", "name"]
                        .iter()
                        .all(|key| other.get(*key) == parameter.get(*key))
                };
                found.retain(|(_, known)| !same(known));
                found.push((here, parameter));
            }
        }
        let parameters: Vec<Value> = found
            .into_iter()
            .filter_map(|(here, parameter)| self.parameter(&here, path, parameter))
            .collect();
        let named = |name: &str| {
            parameters
                .iter()
                .any(|known| known["in"] == "path" && known["name"] == name)
        };
        let variables = path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let missing: Vec<&str> = variables.filter(|name| !named(name)).collect();
        if missing.is_empty() {
            return Some(parameters);
        }
        self.lose(
            pointer,
            format!(
                "left out: {} of the path is not a parameter that dropshot takes",
                missing.join(", ")
            ),
        );
        None
    }

    fn parameter(&mut self, pointer: &str, path: &str, parameter: &'d Value) -> Option<Value> {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        let (place, name) = (
            text("in").unwrap_or_default(),
            text("name").unwrap_or_default(),
        );
        if !matches!(place, "path" | "query" | "header") || name.is_empty() {
            self.lose(
                pointer,
                format!("left out: dropshot knows no parameters in `{place}`"),
            );
            return None;
        }
        if place == "path"
            && !path
                .split('/')
                .any(|segment| segment == format!("{{{name}}}"))
        {
            self.lose(pointer, format!("left out: `{name}` is not in the path"));
            return None;
        }
        let Some(schema) = parameter.get("schema") else {
            self.lose(
                pointer,
                "left out: dropshot knows no parameter without a schema",
            );
            return None;
        };
        let below = pointer::child(pointer, "schema");
        let schema = self.schema(&below, schema);
        if place != "header" && !self.scalar(&schema, 0) {
            self.lose(&below, "left out: dropshot takes parameters of one value: string, integer, number or boolean");
            return None;
        }
        let mut out = Map::new();
        let usual = if place == "query" { "form" } else { "simple" };
        for (key, value) in members(parameter) {
            let here = pointer::child(pointer, key);
            let says_nothing = match key.as_str() {
                "required" | "deprecated" | "allowEmptyValue" | "allowReserved" => value == false,
                "style" => value == usual,
                "explode" => *value == Value::Bool(place == "query"),
                _ => false,
            };
            match key.as_str() {
                "schema" => {
                    out.insert(key.clone(), schema.clone());
                }
                _ if says_nothing => {}
                "description" if value == "" => {
                    self.lose(&here, "dropshot has no empty description of a parameter")
                }
                "in" | "name" | "description" | "required" => {
                    out.insert(key.clone(), value.clone());
                }
                _ => self.lose(
                    &here,
                    format!("dropshot has no place for `{key}` of a parameter"),
                ),
            }
        }
        if place == "path" && out.get("required").is_none() {
            self.lose(pointer, "a parameter of the path is always required");
            out.insert("required".to_owned(), Value::Bool(true));
        }
        Some(Value::Object(out))
    }

    /// Whether dropshot's check of parameters lets a schema through.
    fn scalar(&self, schema: &Value, depth: usize) -> bool {
        if depth > 32 {
            return false;
        }
        if let Some(name) = referred(schema) {
            let found = self
                .document
                .pointer("/components/schemas")
                .and_then(|all| all.get(&name));
            return found.is_some_and(|found| self.scalar(found, depth + 1));
        }
        let branches = |key: &str| schema.get(key).and_then(Value::as_array);
        match schema.get("type").and_then(Value::as_str) {
            Some("string" | "integer" | "number" | "boolean") => ["allOf", "anyOf", "oneOf", "not"]
                .iter()
                .all(|key| schema.get(*key).is_none()),
            Some(_) => false,
            None => match (branches("allOf"), branches("anyOf"), branches("oneOf")) {
                (Some(parts), None, None) | (None, Some(parts), None) => {
                    parts.len() == 1 && self.scalar(&parts[0], depth + 1)
                }
                (None, None, Some(parts)) => parts.iter().all(|part| self.scalar(part, depth + 1)),
                _ => false,
            },
        }
    }

    /// The mark of pages stays where the parameters are those of dropshot's pages.
    fn pagination(&mut self, pointer: &str, parameters: &[Value], out: &mut Map<String, Value>) {
        if !out.contains_key(PAGINATION) {
            return;
        }
        let like = |wanted: &Value| {
            parameters.iter().any(|found| {
                let schema = normal(&found["schema"]);
                members(wanted).all(|(key, value)| match key.as_str() {
                    "schema" => schema == *value,
                    _ => found.get(key) == Some(value),
                }) && found.get("required").is_none()
            })
        };
        let optional = parameters
            .iter()
            .filter(|found| found["in"] == "query")
            .all(|found| found.get("required").is_none());
        if !(page_parameters().iter().all(like) && optional) {
            self.lose(
                &pointer::child(pointer, PAGINATION),
                "the parameters are not those of dropshot's pages: `limit` and `page_token` as dropshot describes them, and no other that is required",
            );
            out.shift_remove(PAGINATION);
        }
    }

    fn request_body(&mut self, pointer: &str, body: &'d Value) -> Option<Value> {
        let (pointer, body) = self.resolve(pointer, body);
        for (key, value) in members(body) {
            let here = pointer::child(&pointer, key);
            match key.as_str() {
                "content" => {}
                "required" if value == true => {}
                "required" => {}
                _ => self.lose(
                    &here,
                    format!("dropshot has no place for `{key}` of a body"),
                ),
            }
        }
        if body.get("required") != Some(&Value::Bool(true)) {
            self.lose(
                &pointer,
                "dropshot wants a body wherever one may be: `required: true`",
            );
        }
        let at = pointer::child(&pointer, "content");
        let known = |media: &str| {
            matches!(
                media,
                "application/json"
                    | "application/x-www-form-urlencoded"
                    | "multipart/form-data"
                    | "application/octet-stream"
            )
        };
        let content: Vec<_> = body.get("content").into_iter().flat_map(members).collect();
        let chosen = content
            .iter()
            .find(|(media, _)| is_json(media))
            .or_else(|| content.iter().find(|(media, _)| known(media)))
            .or_else(|| content.first());
        let Some((media, value)) = chosen.copied() else {
            self.lose(&at, "a body needs a media type");
            return None;
        };
        for (other, _) in content.iter().filter(|(other, _)| other != &media) {
            let here = pointer::child(&at, other);
            self.lose(
                &here,
                format!("dropshot reads one media type of a body: `{media}` here"),
            );
        }
        let here = pointer::child(&at, media);
        let bytes = json!({ "type": "string", "format": "binary" });
        let (name, schema) = match media.as_str() {
            "application/json" | "application/x-www-form-urlencoded" => {
                (media.as_str(), self.media_schema(&here, value))
            }
            _ if is_json(media) => {
                self.lose(&here, "dropshot calls this `application/json`");
                ("application/json", self.media_schema(&here, value))
            }
            other => {
                let name = if other == "multipart/form-data" {
                    other
                } else {
                    "application/octet-stream"
                };
                let said = value.get("schema").map(normal);
                if said.as_ref() != Some(&bytes) || name != other {
                    self.lose(
                        &here,
                        format!(
                            "dropshot describes a body that is not JSON as the bytes of `{name}`"
                        ),
                    );
                }
                (name, bytes)
            }
        };
        let mut content = Map::new();
        content.insert(name.to_owned(), object([("schema", schema)]));
        Some(json!({ "content": content, "required": true }))
    }

    /// The schema of a media type, and what else is there.
    pub(super) fn media_schema(&mut self, pointer: &str, media: &'d Value) -> Value {
        for (key, _) in members(media).filter(|(key, _)| *key != "schema") {
            let here = pointer::child(pointer, key);
            self.lose(
                &here,
                format!("dropshot has no place for `{key}` of a body"),
            );
        }
        match media.get("schema") {
            Some(schema) => {
                let here = pointer::child(pointer, "schema");
                let schema = self.schema(&here, schema);
                if schema.get("title").is_none() && !is_untitled(&schema) {
                    self.lose(
                        &here,
                        "dropshot gives a body without a name a title, that of its type",
                    );
                }
                schema
            }
            None => {
                self.lose(pointer, "dropshot describes every body; any value is taken");
                json!({})
            }
        }
    }
}

/// Whether dropshot gives the schema of a body no title: a reference, null or a
/// reference, and anything.
fn is_untitled(schema: &Value) -> bool {
    let schema = normal(schema);
    let members = schema.as_object().map_or(0, Map::len);
    let only = schema.pointer("/allOf/0").and_then(referred).is_some()
        && schema
            .get("allOf")
            .and_then(Value::as_array)
            .is_some_and(|all| all.len() == 1);
    members == 0
        || referred(&schema).is_some()
        || (only && members == 2 && schema.get("nullable").is_some())
}

/// The parameters that dropshot adds to an operation that answers in pages.
pub(super) fn page_parameters() -> [Value; 2] {
    [
        json!({
            "in": "query",
            "name": "limit",
            "description": "Maximum number of items returned by a single call",
            "schema": { "nullable": true, "type": "integer", "format": "uint32", "minimum": 1 },
        }),
        json!({
            "in": "query",
            "name": "page_token",
            "description": "Token returned by previous call to retrieve the subsequent page",
            "schema": { "nullable": true, "type": "string" },
        }),
    ]
}
