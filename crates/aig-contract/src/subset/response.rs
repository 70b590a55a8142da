//! Responses: which statuses there may be, and how much they may differ.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Check, members};
use crate::model::{Status, is_json};
use crate::pointer;
use crate::problem::Limit;

/// What progenitor tells apart: a type, bytes, or nothing.
#[derive(PartialEq, Eq)]
enum Kind<'d> {
    Type(&'d Value),
    Raw,
    Nothing,
}

impl<'d> Check<'d> {
    pub(super) fn responses(&mut self, pointer: &str, operation: &'d Value) {
        let at = pointer::child(pointer, "responses");
        let declared = members(operation.get("responses")).into_iter().flatten();
        let mut kinds: BTreeMap<Status, (&str, Kind<'d>)> = BTreeMap::new();
        for (key, response) in declared.filter(|(key, _)| !key.starts_with("x-")) {
            let here = pointer::child(&at, key);
            let Some(status) = Status::read(key) else {
                self.report(
                    Limit::Document,
                    &here,
                    "a status is a number such as 404, a range such as 4XX, or `default`",
                );
                continue;
            };
            match status {
                Status::Code(100..=199) | Status::Range(1) => self.report(
                    Limit::Both,
                    &here,
                    "neither generator gives interim answers",
                ),
                Status::Code(300..=399) | Status::Range(3) => self.report(
                    Limit::Client,
                    &here,
                    "progenitor takes a redirect for something undeclared",
                ),
                Status::Range(2) => self.report(
                    Limit::Server,
                    &here,
                    "dropshot has single statuses of success; name them",
                ),
                _ => {}
            }
            let Some((resolved, response)) = self.resolve(&here, response) else {
                continue;
            };
            if self.seen.insert(resolved.clone()) {
                self.response(&resolved, response);
            }
            // The errors of a shared response depend on who uses it.
            let kind = kind(response);
            if status.is_error() && kind == Kind::Raw {
                self.report(Limit::Server, &here, "dropshot writes errors as JSON only");
            }
            kinds.insert(status, (key, kind));
        }
        if !kinds
            .keys()
            .any(|status| matches!(status, Status::Code(200..=299) | Status::Range(2)))
        {
            self.report(
                Limit::Both,
                &at,
                "no status of success is declared; add one",
            );
        }
        let of_success = |status: &Status| {
            matches!(
                status,
                Status::Code(200..=299) | Status::Range(2) | Status::Default
            )
        };
        self.alike(&at, "answers of success", &kinds, of_success);
        self.alike(&at, "errors", &kinds, |status| status.is_error());
    }

    /// progenitor has one type for all answers of success and one for all errors;
    /// `default` is among both.
    fn alike(
        &mut self,
        at: &str,
        what: &str,
        kinds: &BTreeMap<Status, (&'d str, Kind<'d>)>,
        among: impl Fn(&Status) -> bool,
    ) {
        let mut found = kinds
            .iter()
            .filter(|(status, _)| among(status))
            .map(|(_, kind)| kind);
        let Some((first, wanted)) = found.next() else {
            return;
        };
        for (key, kind) in found {
            if kind != wanted {
                self.report(
                    Limit::Client,
                    &pointer::child(at, key),
                    format!(
                        "the body is not that of {first}; progenitor has one type for all {what} of an operation"
                    ),
                );
            }
        }
    }

    fn response(&mut self, pointer: &str, response: &'d Value) {
        let headers = members(response.get("headers")).is_some_and(|headers| !headers.is_empty());
        for (key, there, message) in [
            (
                "headers",
                headers,
                "the generated replies carry no headers; describe them in prose",
            ),
            (
                "links",
                response.get("links").is_some(),
                "neither generator follows links; drop them by an overlay",
            ),
        ] {
            if there {
                let limit = if key == "links" {
                    Limit::Both
                } else {
                    Limit::Server
                };
                self.report(limit, &pointer::child(pointer, key), message);
            }
        }
        let at = pointer::child(pointer, "content");
        let Some(content) = members(response.get("content")) else {
            return;
        };
        if content.len() > 1 {
            let all: Vec<_> = content.keys().map(String::as_str).collect();
            self.report(
                Limit::Both,
                &at,
                format!(
                    "several media types ({}); progenitor would silently know one of them, so keep one by an overlay",
                    all.join(", ")
                ),
            );
        }
        for (media, value) in content {
            let here = pointer::child(&at, media);
            match value.get("schema") {
                Some(schema) => self.schema(&pointer::child(&here, "schema"), schema),
                None => self.report(Limit::Both, &here, "a body needs a `schema`"),
            }
            if media.ends_with("+json") {
                self.report(
                    Limit::Client,
                    &here,
                    format!("progenitor takes `{media}` for bytes; call it application/json"),
                );
            }
        }
    }
}

fn kind(response: &Value) -> Kind<'_> {
    let Some(content) = members(response.get("content")).filter(|content| !content.is_empty())
    else {
        return Kind::Nothing;
    };
    match content.iter().find(|(media, _)| is_json(media)) {
        Some((_, media)) => Kind::Type(media.get("schema").unwrap_or(&Value::Null)),
        None => Kind::Raw,
    }
}
