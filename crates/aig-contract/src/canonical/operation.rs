//! Operations: parameters, bodies and responses. Where dropshot's words are
//! replaced by carried ones, `carriers` says how.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::carriers::is_range;
use super::node::Node;
use super::rules::Rule;
use super::walk::{Direction, Walk};
use crate::pointer::child;

impl<'a> Walk<'a> {
    pub(super) fn operation(
        &mut self,
        operation: &'a Value,
        at: &str,
        shared: Option<&(&'a Value, String)>,
    ) -> Node {
        let mut members = BTreeMap::new();
        let own = operation
            .get("parameters")
            .map(|list| (list, child(at, "parameters")));
        let parameters = self.parameters(shared, own.as_ref(), at);
        if !parameters.is_empty() {
            let origin = own.as_ref().or(shared).map_or(at, |(_, origin)| origin);
            members.insert("parameters".to_owned(), Node::list(origin, parameters));
        }
        let carrier = self.carrier(operation, at);
        for (key, value) in self.object(operation, at) {
            let origin = child(at, key);
            let node = match key.as_str() {
                "parameters" => continue,
                "requestBody" => self.request_body(value, &origin),
                "responses" => self.responses(value, &origin, carrier.as_ref()),
                "tags" => {
                    if self.is_default(value == &Value::Array(Vec::new())) {
                        continue;
                    }
                    self.set(value, &origin)
                }
                "deprecated" if self.is_default(value == false) => continue,
                "security" | "servers" => {
                    self.apply(Rule::DocumentLevelDropped);
                    continue;
                }
                _ if self.is_annotation(key) => continue,
                _ => self.leaf(value, &origin),
            };
            members.insert(key.clone(), node);
        }
        if let Some(carrier) = &carrier {
            self.replace_request_body(&mut members, operation, carrier, at);
            self.replace_documentation(&mut members, operation, carrier, at);
        }
        Node::map(at, members)
    }

    /// The parameters of the path and of the operation, the latter winning.
    fn parameters(
        &mut self,
        shared: Option<&(&'a Value, String)>,
        own: Option<&(&'a Value, String)>,
        operation: &str,
    ) -> BTreeMap<String, Node> {
        let mut members = BTreeMap::new();
        for (list, at) in shared.into_iter().chain(own) {
            for (index, parameter) in self.array(list, at).iter().enumerate() {
                let (parameter, origin) = self.resolve(parameter, &child(at, &index.to_string()));
                let word = |key| {
                    parameter
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                };
                let identity = format!("{{{}:{}}}", word("in"), word("name"));
                let pointer = child(&child(operation, "parameters"), &identity);
                let node = self.parameter(parameter, &origin, &pointer);
                members.insert(identity, node);
            }
        }
        self.apply_if(Rule::ParametersKeyed, shared.is_some() || members.len() > 1);
        members
    }

    fn parameter(&mut self, parameter: &'a Value, at: &str, pointer: &str) -> Node {
        self.direction = Direction::Request;
        let place = parameter
            .get("in")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut members = self.parameter_members(parameter, at, place);
        self.restore_parameter(&mut members, parameter, at, pointer);
        Node::map(at, members)
    }

    /// Members of a parameter or of a header, which is a parameter without a name.
    fn parameter_members(
        &mut self,
        parameter: &'a Value,
        at: &str,
        place: &str,
    ) -> BTreeMap<String, Node> {
        let default_style = match place {
            "query" | "cookie" => "form",
            _ => "simple",
        };
        let style = parameter.get("style").and_then(Value::as_str);
        let default_explode = style.unwrap_or(default_style) == "form";
        let mut members = BTreeMap::new();
        for (key, value) in self.object(parameter, at) {
            let origin = child(at, key);
            let default = match key.as_str() {
                "required" | "deprecated" | "allowEmptyValue" | "allowReserved" => value == false,
                "style" => value == default_style,
                "explode" => value == default_explode,
                "content" => is_empty(value),
                _ => false,
            };
            if self.is_default(default) || self.is_annotation(key) {
                continue;
            }
            let node = match key.as_str() {
                "schema" => self.schema(value, &origin),
                "content" => self.content(value, &origin),
                _ => self.leaf(value, &origin),
            };
            members.insert(key.clone(), node);
        }
        members
    }

    pub(super) fn request_body(&mut self, body: &'a Value, at: &str) -> Node {
        self.direction = Direction::Request;
        let (body, at) = self.resolve(body, at);
        let mut members = BTreeMap::new();
        for (key, value) in self.object(body, &at) {
            let origin = child(&at, key);
            let node = match key.as_str() {
                "content" => self.content(value, &origin),
                "required" if self.is_default(value == false) => continue,
                "description" => {
                    self.apply(Rule::HomelessProseDropped);
                    continue;
                }
                _ if self.is_annotation(key) => continue,
                _ => self.leaf(value, &origin),
            };
            members.insert(key.clone(), node);
        }
        Node::map(at, members)
    }

    fn content(&mut self, content: &'a Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (media_type, body) in self.object(content, at) {
            let origin = child(at, media_type);
            let mut body_members = BTreeMap::new();
            for (key, value) in self.object(body, &origin) {
                let place = child(&origin, key);
                let node = match key.as_str() {
                    "schema" => self.schema(value, &place),
                    _ if self.is_annotation(key) => continue,
                    _ => self.leaf(value, &place),
                };
                body_members.insert(key.clone(), node);
            }
            members.insert(media_type.clone(), Node::map(&origin, body_members));
        }
        Node::map(at, members)
    }

    fn responses(
        &mut self,
        responses: &'a Value,
        at: &str,
        carrier: Option<&(&'a Value, String)>,
    ) -> Node {
        self.direction = Direction::Response;
        let mut members = BTreeMap::new();
        for (status, response) in self.object(responses, at) {
            // Where there is a carrier, it speaks for both ranges.
            let folded = carrier.is_some() && is_range(status);
            if folded || self.is_annotation(status) {
                continue;
            }
            let (response, origin) = self.resolve(response, &child(at, status));
            let node = self.response(response, &origin);
            members.insert(status.clone(), node);
        }
        if let Some(carrier) = carrier {
            self.replace_responses(&mut members, responses, carrier, at);
        }
        Node::map(at, members)
    }

    pub(super) fn response(&mut self, response: &'a Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (key, value) in self.object(response, at) {
            let origin = child(at, key);
            if matches!(key.as_str(), "content" | "headers" | "links")
                && self.is_default(is_empty(value))
            {
                continue;
            }
            let node = match key.as_str() {
                "content" => self.content(value, &origin),
                "headers" => self.headers(value, &origin),
                _ if self.is_annotation(key) => continue,
                _ => self.leaf(value, &origin),
            };
            members.insert(key.clone(), node);
        }
        Node::map(at, members)
    }

    fn headers(&mut self, headers: &'a Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (name, header) in self.object(headers, at) {
            let (header, origin) = self.resolve(header, &child(at, name));
            let header = self.parameter_members(header, &origin, "header");
            members.insert(name.clone(), Node::map(origin, header));
        }
        Node::map(at, members)
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}
