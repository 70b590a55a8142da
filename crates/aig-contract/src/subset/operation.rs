//! Operations: their names, parameters and the bodies of their requests.

use std::collections::HashSet;

use heck::ToSnakeCase;
use serde_json::Value;

use super::{Check, array, flag, members, text};
use crate::model::{is_json, is_variable};
use crate::pointer;
use crate::problem::Limit;

/// Headers that OpenAPI gives other places in a document.
const HEADERS_ELSEWHERE: [&str; 3] = ["accept", "content-type", "authorization"];

impl<'d> Check<'d> {
    pub(super) fn operation(
        &mut self,
        pointer: &str,
        path: &str,
        item: &'d Value,
        operation: &'d Value,
    ) {
        self.names(pointer, operation);
        for (key, message) in [
            (
                "callbacks",
                "neither generator calls back; drop them by an overlay",
            ),
            (
                "servers",
                "servers of its own; the whole API is reached in one place",
            ),
        ] {
            if operation.get(key).is_some() {
                self.report(Limit::Both, &pointer::child(pointer, key), message);
            }
        }
        self.parameters(pointer, path, item, operation);
        if let Some(body) = operation.get("requestBody") {
            let here = pointer::child(pointer, "requestBody");
            if let Some((here, body)) = self.resolve(&here, body)
                && self.seen.insert(here.clone())
            {
                self.request_body(&here, body);
            }
        }
        self.responses(pointer, operation);
    }

    fn names(&mut self, pointer: &str, operation: &Value) {
        match text(operation, "operationId").filter(|id| !id.is_empty()) {
            None => self.report(
                Limit::Both,
                pointer,
                "there is no operationId, which is what names the method; add one",
            ),
            Some(id) => {
                if let Some(first) = self.ids.insert(id.to_snake_case(), pointer.to_owned()) {
                    self.report(
                        Limit::Both,
                        &pointer::child(pointer, "operationId"),
                        format!("`{id}` names the same method as the operationId of {first}"),
                    );
                }
            }
        }
        let declared: HashSet<&str> = array(self.document.get("tags"))
            .iter()
            .filter_map(|tag| text(tag, "name"))
            .collect();
        for (index, tag) in array(operation.get("tags")).iter().enumerate() {
            let tag = tag.as_str().unwrap_or_default();
            if !declared.contains(tag) {
                self.report(
                    Limit::Server,
                    &pointer::descend(pointer, &["tags", &index.to_string()]),
                    format!("dropshot lists every tag; add `{tag}` to the document's `tags`"),
                );
            }
        }
    }

    fn parameters(&mut self, pointer: &str, path: &str, item: &'d Value, operation: &'d Value) {
        let item_pointer = pointer::descend("", &["paths", path]);
        let mut in_path: HashSet<&str> = HashSet::new();
        let mut all: Vec<(&str, &str)> = Vec::new();
        let variables: HashSet<&str> = path
            .split('/')
            .filter(|segment| is_variable(segment))
            .map(|segment| segment.trim_matches(['{', '}']))
            .collect();
        for (holder, value) in [(item_pointer.as_str(), item), (pointer, operation)] {
            let mut known = HashSet::new();
            for (index, parameter) in array(value.get("parameters")).iter().enumerate() {
                let here = pointer::descend(holder, &["parameters", &index.to_string()]);
                let Some((resolved, parameter)) = self.resolve(&here, parameter) else {
                    continue;
                };
                let name = text(parameter, "name").unwrap_or_default();
                let place = text(parameter, "in").unwrap_or_default();
                if !all.contains(&(place, name)) {
                    all.push((place, name));
                }
                if !known.insert((place, name)) {
                    self.report(Limit::Both, &here, format!("`{name}` is there twice"));
                }
                if place == "path" {
                    in_path.insert(name);
                    if !variables.contains(name) {
                        self.report(Limit::Both, &here, format!("`{name}` is not in the path"));
                    }
                }
                if self.seen.insert(resolved.clone()) {
                    self.parameter(&resolved, place, name, parameter);
                }
            }
        }
        let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
        self.parameter_names(pointer, &names, operation.get("requestBody").is_some());
        for missing in variables.difference(&in_path) {
            self.report(
                Limit::Both,
                pointer,
                format!("`{missing}` of the path is not among the parameters"),
            );
        }
    }

    fn parameter(&mut self, pointer: &str, place: &str, name: &str, parameter: &'d Value) {
        let at = |key: &str| pointer::child(pointer, key);
        match place {
            "path" if !flag(parameter, "required") => {
                self.report(
                    Limit::Document,
                    pointer,
                    "a parameter of the path is `required: true`",
                );
            }
            "path" | "query" => {}
            "header" => {
                if HEADERS_ELSEWHERE.contains(&name.to_ascii_lowercase().as_str()) {
                    self.report(
                        Limit::Both,
                        &at("name"),
                        format!("OpenAPI passes over a parameter `{name}`; drop it by an overlay"),
                    );
                }
            }
            "cookie" => self.report(Limit::Both, &at("in"), "neither generator knows cookies"),
            _ => self.report(
                Limit::Document,
                &at("in"),
                "a parameter is in `path`, `query` or `header`",
            ),
        }
        let usual = if place == "query" { "form" } else { "simple" };
        if text(parameter, "style").is_some_and(|style| style != usual) {
            self.report(
                Limit::Both,
                &at("style"),
                format!("only the style `{usual}` is known here"),
            );
        }
        for key in ["allowReserved", "allowEmptyValue"] {
            if flag(parameter, key) {
                self.report(
                    Limit::Both,
                    &at(key),
                    "neither generator makes this difference",
                );
            }
        }
        if parameter.get("content").is_some() {
            self.report(
                Limit::Both,
                &at("content"),
                "a parameter with a media type; give it a `schema`",
            );
        }
        let Some(schema) = parameter.get("schema") else {
            if parameter.get("content").is_none() {
                self.report(Limit::Document, pointer, "a parameter needs a `schema`");
            }
            return;
        };
        self.schema(&at("schema"), schema);
        if let Some((resolved, schema)) = self.resolve(&at("schema"), schema) {
            self.scalar(&at("schema"), &resolved, schema);
        }
    }

    /// dropshot takes parameters of one value only.
    fn scalar(&mut self, used: &str, pointer: &str, schema: &'d Value) {
        if flag(schema, "nullable") {
            self.report(
                Limit::Server,
                used,
                "a parameter cannot be null; make it optional",
            );
        }
        if let [only] = array(schema.get("allOf"))
            && let Some((pointer, schema)) =
                self.resolve(&pointer::descend(pointer, &["allOf", "0"]), only)
        {
            self.scalar(used, &pointer, schema);
            return;
        }
        let single = matches!(
            text(schema, "type"),
            Some("string" | "integer" | "number" | "boolean")
        );
        if !single {
            self.report(
                Limit::Server,
                used,
                "dropshot takes parameters of one value: string, integer, number or boolean",
            );
        } else if text(schema, "type") == Some("boolean") && schema.get("enum").is_some() {
            self.report(
                Limit::Server,
                used,
                "a parameter that is always the same; drop it",
            );
        }
    }

    fn request_body(&mut self, pointer: &str, body: &'d Value) {
        if !flag(body, "required") {
            self.report(
                Limit::Both,
                pointer,
                "both generators want a body wherever one may be; say `required: true`, or split the operation",
            );
        }
        let at = pointer::child(pointer, "content");
        let Some(content) = members(body.get("content")).filter(|content| !content.is_empty())
        else {
            self.report(Limit::Document, &at, "a body needs a media type");
            return;
        };
        if content.len() > 1 {
            let all: Vec<_> = content.keys().map(String::as_str).collect();
            self.report(
                Limit::Both,
                &at,
                format!(
                    "several media types ({}); keep one by an overlay",
                    all.join(", ")
                ),
            );
            return;
        }
        for (media, value) in content {
            let here = pointer::child(&at, media);
            if value.get("encoding").is_some() {
                let here = pointer::child(&here, "encoding");
                self.report(Limit::Both, &here, "encodings of parts are not known here");
            }
            let Some(schema) = value.get("schema") else {
                self.report(Limit::Both, &here, "a body needs a `schema`");
                continue;
            };
            let here = pointer::child(&here, "schema");
            self.schema(&here, schema);
            if !is_json(media) {
                self.raw_body(&at, &here, media, schema);
            }
        }
    }

    /// A body that is not JSON: bytes to the server, two kinds of text to the client.
    fn raw_body(&mut self, content: &str, at: &str, media: &str, schema: &'d Value) {
        let media_at = pointer::child(content, media);
        let essence = media.split(';').next().unwrap_or_default().trim();
        let Some((_, schema)) = self.resolve(at, schema) else {
            return;
        };
        let plain = members(Some(schema)).is_some_and(|schema| {
            schema.keys().all(|key| {
                matches!(
                    key.as_str(),
                    "type" | "description" | "example" | "title" | "format"
                ) || key.starts_with("x-")
            })
        });
        let format = text(schema, "format");
        let is_text = text(schema, "type") == Some("string") && plain;
        match essence {
            "multipart/form-data" => {
                self.report(Limit::Both, &media_at, "neither generator knows multipart bodies");
            }
            "application/octet-stream" => {
                if !is_text || format != Some("binary") {
                    self.report(
                        Limit::Client,
                        at,
                        "progenitor wants bytes described as `type: string` with `format: binary`",
                    );
                }
            }
            "text/plain" | "text/x-markdown" => {
                if !is_text || format.is_some() {
                    self.report(
                        Limit::Client,
                        at,
                        "progenitor wants text described as a plain `type: string`",
                    );
                }
            }
            "application/x-www-form-urlencoded" => self.report(
                Limit::Server,
                &media_at,
                "the server stubs read forms as bytes only, which lose their schema; take JSON",
            ),
            _ => self.report(
                Limit::Client,
                &media_at,
                format!("progenitor cannot send `{essence}`; it sends JSON, forms, bytes, text/plain and text/x-markdown"),
            ),
        }
        if essence != "multipart/form-data" && text(schema, "type") != Some("string") {
            self.report(
                Limit::Server,
                at,
                "a body that is not JSON arrives as bytes; describe it as `type: string`",
            );
        }
    }
}
