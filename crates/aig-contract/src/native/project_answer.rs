//! Projection of answers: one of success, and one error for all.

use serde_json::{Map, Value, json};

use super::project::Projection;
use super::project_document::{members, native_error};
use super::schema::{normal, object, reference, referred};
use crate::model::{Status, is_json};
use crate::pointer;

impl<'d> Projection<'d> {
    pub(super) fn responses(&mut self, pointer: &str, responses: &'d Value) -> Value {
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
    pub(super) fn answer(&mut self, pointer: &str, response: &'d Value) -> Value {
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
    pub(super) fn error(&mut self, pointer: &str, found: &[(Status, String, &'d Value)]) -> Value {
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
    pub(super) fn http_error(&self) -> Value {
        coded_error("Error", reference("Error"))
    }
}

fn coded_error(name: &str, schema: Value) -> Value {
    json!({
        "description": name,
        "content": { "application/json": { "schema": schema } },
    })
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
