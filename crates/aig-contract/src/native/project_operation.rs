//! Projection of operations: parameters, bodies and answers, as far as dropshot has
//! words for them.

use serde_json::{Map, Value, json};

use super::infer::strings;
use super::project::Projection;
use super::project_document::{members, native_error};
use super::schema::{normal, object, reference, referred};
use crate::model::documentation::{lines_of, read_by_dropshot};
use crate::model::{Status, is_json};
use crate::pointer;

/// What marks an operation whose answer comes in pages.
pub(super) const PAGINATION: &str = "x-dropshot-pagination";

/// What marks an operation that becomes a web socket.
pub(super) const WEBSOCKET: &str = "x-dropshot-websocket";

impl<'d> Projection<'d> {
    /// What a reference to anything but a schema means.
    fn resolve(&mut self, pointer: &str, value: &'d Value) -> (String, &'d Value) {
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
    fn media_schema(&mut self, pointer: &str, media: &'d Value) -> Value {
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

    fn responses(&mut self, pointer: &str, responses: &'d Value) -> Value {
        let mut found: Vec<(Status, String, &'d Value)> = Vec::new();
        for (key, value) in members(responses) {
            let here = pointer::child(pointer, key);
            match Status::read(key) {
                Some(status) => {
                    // The problem is reported where the operation refers to it.
                    let (_, value) = self.resolve(&here, value);
                    found.push((status, here, value));
                }
                None => self.lose(&here, "dropshot has no place for this among the answers"),
            }
        }
        let single = |status: &Status| matches!(status, Status::Code(code) if *code < 400);
        let success = found
            .iter()
            .filter(|(status, ..)| single(status))
            .min_by_key(|(status, ..)| !matches!(status, Status::Code(200..=299)));
        let Some((status, here, response)) = success else {
            return self.free_form(pointer, &found);
        };
        let key = status.spelled();
        let answer = self.answer(here, response);
        for (other, here, _) in found
            .iter()
            .filter(|(other, ..)| other != status && !other.is_error())
        {
            let other = other.spelled();
            self.lose(
                here,
                format!("dropshot has one answer of success: {key} here, and not {other}"),
            );
        }
        let error = self.error(pointer, &found);
        let mut out = Map::new();
        out.insert(key, answer);
        for range in ["4XX", "5XX"] {
            out.insert(range.to_owned(), error.clone());
        }
        Value::Object(out)
    }

    /// The answer of success.
    fn answer(&mut self, pointer: &str, response: &'d Value) -> Value {
        let mut out = Map::new();
        let description = response.get("description").cloned();
        out.insert(
            "description".to_owned(),
            description.unwrap_or_else(|| Value::from("")),
        );
        for (key, value) in members(response) {
            let here = pointer::child(pointer, key);
            match key.as_str() {
                "description" => {}
                "headers" => {
                    let headers = self.headers(&here, value);
                    if !headers.is_empty() {
                        out.insert(key.clone(), Value::Object(headers));
                    }
                }
                "content" => {
                    if let Some(content) = self.content(&here, value) {
                        out.insert(key.clone(), content);
                    }
                }
                _ => self.lose(
                    &here,
                    format!("dropshot has no place for `{key}` of an answer"),
                ),
            }
        }
        if is_raw(&out) && out.shift_remove("headers").is_some() {
            self.lose(
                &pointer::child(pointer, "headers"),
                "dropshot describes the headers of an answer only with a body that it describes",
            );
        }
        Value::Object(out)
    }

    fn headers(&mut self, pointer: &str, headers: &'d Value) -> Map<String, Value> {
        let mut out = Map::new();
        for (name, header) in members(headers) {
            let (here, header) = self.resolve(&pointer::child(pointer, name), header);
            let Some(schema) = header.get("schema") else {
                self.lose(&here, "left out: dropshot knows no header without a schema");
                continue;
            };
            let mut kept = Map::new();
            let schema = self.schema(&pointer::child(&here, "schema"), schema);
            kept.insert("schema".to_owned(), schema);
            for (key, value) in members(header) {
                match key.as_str() {
                    "schema" => {}
                    "description" if value == "" => self.lose(
                        &pointer::child(&here, key),
                        "dropshot has no empty description of a header",
                    ),
                    "description" => {
                        kept.insert(key.clone(), value.clone());
                    }
                    "required" if value == true => {
                        kept.insert(key.clone(), value.clone());
                    }
                    "required" | "deprecated" | "explode" if value == false => {}
                    "style" if value == "simple" => {}
                    _ => self.lose(
                        &pointer::child(&here, key),
                        format!("dropshot has no place for `{key}` of a header"),
                    ),
                }
            }
            out.insert(name.clone(), Value::Object(kept));
        }
        out
    }

    fn content(&mut self, pointer: &str, content: &'d Value) -> Option<Value> {
        let all: Vec<_> = members(content).collect();
        let chosen = all
            .iter()
            .find(|(media, _)| is_json(media))
            .or_else(|| all.first());
        let (media, value) = chosen.copied()?;
        for (other, _) in all.iter().filter(|(other, _)| other != &media) {
            let here = pointer::child(pointer, other);
            self.lose(
                &here,
                format!("dropshot has one media type for an answer: `{media}` here"),
            );
        }
        let here = pointer::child(pointer, media);
        let (name, schema) = if is_json(media) {
            if media != "application/json" {
                self.lose(&here, "dropshot calls this `application/json`");
            }
            ("application/json", self.media_schema(&here, value))
        } else {
            let any = value
                .get("schema")
                .is_some_and(|schema| normal(schema) == json!({}));
            if media != "*/*" || !any {
                self.lose(
                    &here,
                    "dropshot describes an answer that is not JSON as anything of any type: `*/*`",
                );
            }
            ("*/*", json!({}))
        };
        let mut out = Map::new();
        out.insert(name.to_owned(), object([("schema", schema)]));
        Some(Value::Object(out))
    }

    /// An operation that makes its own answer.
    fn free_form(&mut self, pointer: &str, found: &[(Status, String, &'d Value)]) -> Value {
        let any = json!({ "*/*": { "schema": {} } });
        let mut description = Value::from("");
        for (status, here, response) in found {
            if *status == Status::Default && found.len() == 1 {
                description = response.get("description").cloned().unwrap_or(description);
                let content = response
                    .get("content")
                    .is_some_and(|content| *content == any);
                let headers = response
                    .get("headers")
                    .is_some_and(|headers| members(headers).next().is_some());
                if !content || headers {
                    self.lose(
                        here,
                        "dropshot describes an answer of any status as anything of any type: `*/*`",
                    );
                }
            } else {
                self.lose(here, "no single status of success is declared, so the operation makes its own answer and dropshot describes none of this");
            }
        }
        if found.is_empty() {
            self.lose(
                pointer,
                "no answer is declared; dropshot describes one of any status and type",
            );
        }
        json!({ "default": { "description": description, "content": any } })
    }

    /// The one error that stands for all of an operation's.
    fn error(&mut self, pointer: &str, found: &[(Status, String, &'d Value)]) -> Value {
        let order = |status: &Status| match status {
            Status::Range(4) => 0,
            Status::Range(5) => 1,
            Status::Default => 2,
            Status::Code(400..=499) => 3,
            Status::Code(500..) => 4,
            _ => 9,
        };
        let mut errors: Vec<_> = found
            .iter()
            .filter(|(status, ..)| order(status) < 9)
            .collect();
        errors.sort_by_key(|(status, ..)| order(status));
        let json = |response: &'d Value| {
            let mut content = response.get("content").into_iter().flat_map(members);
            content.find(|(media, _)| is_json(media))
        };
        let chosen = errors
            .iter()
            .find_map(|(_, here, response)| Some((here, json(response)?)));
        let error = match chosen {
            Some((here, (media, value))) => {
                let below = pointer::descend(here, &["content", media]);
                let schema = self.media_schema(&below, value);
                let name = referred(&schema).or_else(|| {
                    let title = schema.get("title").and_then(Value::as_str);
                    title.map(str::to_owned)
                });
                let name = name.unwrap_or_else(|| {
                    self.lose(
                        &pointer::child(&below, "schema"),
                        "dropshot gives the schema of an error a name or a title; `Error` here",
                    );
                    "Error".to_owned()
                });
                coded_error(&name, schema)
            }
            None => self.http_error(),
        };
        for (status, here, response) in &errors {
            let range = matches!(status, Status::Range(4 | 5));
            if !range {
                self.lose(
                    here,
                    format!(
                        "dropshot folds all errors into 4XX and 5XX, {} too",
                        status.spelled()
                    ),
                );
            } else if super::canonical::response(self.document, response)
                != super::canonical::response(self.document, &error)
            {
                self.lose(here, "dropshot has one error for 4XX and 5XX of an operation, described by the name of its schema");
            }
        }
        for range in [4, 5] {
            if !found
                .iter()
                .any(|(status, ..)| *status == Status::Range(range))
            {
                self.lose(pointer, format!("dropshot adds {range}XX"));
            }
        }
        error
    }

    /// dropshot's own error, unless the document has something else of that name.
    fn http_error(&self) -> Value {
        coded_error("Error", reference("Error"))
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

fn coded_error(name: &str, schema: Value) -> Value {
    json!({
        "description": name,
        "content": { "application/json": { "schema": schema } },
    })
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

/// What dropshot says of an operation that becomes a web socket.
pub(super) const SWITCHING: &str = "Negotiating protocol upgrade from HTTP/1.1 to WebSocket";

/// Whether dropshot is told nothing of what an answer holds.
pub(super) fn is_raw(response: &Map<String, Value>) -> bool {
    response
        .get("content")
        .and_then(|content| content.get("*/*"))
        .is_some()
}

/// Whether a document's `Error` is dropshot's own.
pub(super) fn is_native_error(schema: &Value) -> bool {
    normal(schema) == normal(&native_error())
}
