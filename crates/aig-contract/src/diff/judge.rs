//! Says who breaks at a difference. The question is always the same: does the
//! server let more messages pass at this place than the contract, or fewer, and
//! which way do those messages go? A server that takes fewer requests, or gives
//! more kinds of answers, breaks clients of the contract; the reverse breaks
//! only those who rely on this server alone.

use serde_json::Value;

use super::{Breaks, Change};

/// A difference, before anybody is blamed.
pub(super) struct Found<'a> {
    pub(super) path: &'a [String],
    pub(super) change: Change,
    pub(super) promised: Option<&'a Value>,
    pub(super) found: Option<&'a Value>,
}

/// Which messages hold a schema.
#[derive(Clone, Copy)]
pub(super) struct Uses {
    pub(super) requests: bool,
    pub(super) responses: bool,
}

/// How the server's set of messages relates to the contract's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Some messages of the contract do not pass at the server.
    Narrower,
    /// Some messages pass at the server that the contract does not have.
    Wider,
    /// Both, or nobody can tell.
    Apart,
    /// The same messages, told differently.
    Same,
}

const REQUEST: Uses = Uses {
    requests: true,
    responses: false,
};
const RESPONSE: Uses = Uses {
    requests: false,
    responses: true,
};

pub(super) fn judge(found: &Found<'_>, uses: impl Fn(&str) -> Uses) -> Breaks {
    let path: Vec<&str> = found.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["info", ..] | ["tags", ..] => Breaks::Document,
        ["components", "schemas", name, keywords @ ..] => schema(found, keywords, uses(name)),
        // Only the names of the variables differ; they are in no message.
        ["paths", _path] if found.change == Change::Changed => Breaks::Document,
        ["paths", _path] | ["paths", _path, _] => offer(found.change),
        ["paths", _, _, "parameters", _, rest @ ..] => parameter(found, rest),
        ["paths", _, _, "requestBody", rest @ ..] => body(found, rest),
        ["paths", _, _, "responses", _, rest @ ..] => response(found, rest),
        [
            "paths",
            _,
            _,
            "operationId" | "summary" | "description" | "tags" | "deprecated",
            ..,
        ] => Breaks::Document,
        _ => Breaks::Both,
    }
}

/// Something that a client may use or leave.
fn offer(change: Change) -> Breaks {
    match change {
        Change::Missing => Breaks::Client,
        Change::Added => Breaks::Server,
        Change::Changed => Breaks::Both,
    }
}

/// Something that has to be sent when it says `required: true`.
fn asked_for(found: &Found<'_>) -> Breaks {
    let required = found
        .found
        .and_then(|node| node.get("required"))
        .is_some_and(|required| required == true);
    match found.change {
        Change::Added if required => Breaks::Client,
        change => offer(change),
    }
}

fn parameter(found: &Found<'_>, rest: &[&str]) -> Breaks {
    match rest {
        [] => asked_for(found),
        ["description" | "deprecated"] => Breaks::Document,
        ["required"] => REQUEST.breaks(constraint(found)),
        ["schema", keywords @ ..] => schema(found, keywords, REQUEST),
        ["content", rest @ ..] => content(found, rest, REQUEST),
        ["allowEmptyValue" | "allowReserved"] => REQUEST.breaks(license(found)),
        _ => Breaks::Both,
    }
}

fn body(found: &Found<'_>, rest: &[&str]) -> Breaks {
    match rest {
        [] => asked_for(found),
        ["required"] => REQUEST.breaks(constraint(found)),
        ["content", rest @ ..] => content(found, rest, REQUEST),
        _ => Breaks::Both,
    }
}

fn response(found: &Found<'_>, rest: &[&str]) -> Breaks {
    match rest {
        // A status that was promised and never comes is waited for in vain; one
        // that was never mentioned is not understood.
        [] => Breaks::Client,
        ["description"] => Breaks::Document,
        ["content", rest @ ..] => content(found, rest, RESPONSE),
        ["headers", _] => offer(found.change),
        ["headers", _, "description" | "deprecated"] => Breaks::Document,
        ["headers", _, "required"] => RESPONSE.breaks(constraint(found)),
        ["headers", _, "schema", keywords @ ..] => schema(found, keywords, RESPONSE),
        ["links", ..] => Breaks::Document,
        _ => Breaks::Both,
    }
}

fn content(found: &Found<'_>, rest: &[&str], uses: Uses) -> Breaks {
    match rest {
        [_media_type] => offer(found.change),
        [_media_type, "schema", keywords @ ..] => schema(found, keywords, uses),
        _ => Breaks::Both,
    }
}

/// A difference within a schema, at the keywords that lead to it.
fn schema(found: &Found<'_>, keywords: &[&str], uses: Uses) -> Breaks {
    match keywords {
        // The whole schema is there or not, or is another one.
        [] | ["$ref"] => uses.breaks(match found.change {
            Change::Missing => Width::Wider,
            Change::Added => Width::Narrower,
            Change::Changed => Width::Apart,
        }),
        // A field that is never given or never looked at is missed by clients,
        // whichever way the message goes.
        ["properties", _] => offer(found.change),
        ["properties", _, rest @ ..] => schema(found, rest, uses),
        ["items" | "additionalProperties", rest @ ..] if !rest.is_empty() => {
            schema(found, rest, uses)
        }
        ["allOf" | "anyOf" | "oneOf", _, rest @ ..] if !rest.is_empty() => {
            schema(found, rest, uses)
        }
        ["default"] if uses.requests => match found.change {
            // The contract left open what happens; the server says it.
            Change::Added => Breaks::Server,
            _ => Breaks::Client,
        },
        ["default"] => Breaks::Document,
        keywords => uses.breaks(width(found, keywords)),
    }
}

fn width(found: &Found<'_>, keywords: &[&str]) -> Width {
    match keywords {
        ["description" | "deprecated"] => Width::Same,
        ["nullable"] | ["enum" | "anyOf" | "oneOf", _] => license(found),
        ["type"] => kind(found),
        ["minimum" | "minLength" | "minItems" | "minProperties"] => {
            bound(found, |is, was| is > was)
        }
        ["maximum" | "maxLength" | "maxItems" | "maxProperties"] => {
            bound(found, |is, was| is < was)
        }
        ["required" | "allOf", _]
        | [
            "enum"
            | "anyOf"
            | "oneOf"
            | "format"
            | "pattern"
            | "multipleOf"
            | "uniqueItems"
            | "exclusiveMinimum"
            | "exclusiveMaximum"
            | "items"
            | "additionalProperties"
            | "allOf"
            | "not",
        ] => constraint(found),
        _ => Width::Apart,
    }
}

/// Something that keeps messages out.
fn constraint(found: &Found<'_>) -> Width {
    match found.change {
        Change::Missing => Width::Wider,
        Change::Added => Width::Narrower,
        Change::Changed => match (found.promised, found.found) {
            (_, Some(Value::Bool(false))) => Width::Narrower,
            (Some(Value::Bool(false)), _) => Width::Wider,
            _ => Width::Apart,
        },
    }
}

/// Something that lets messages in.
fn license(found: &Found<'_>) -> Width {
    match found.change {
        Change::Missing => Width::Narrower,
        Change::Added => Width::Wider,
        Change::Changed => Width::Apart,
    }
}

fn bound(found: &Found<'_>, tighter: impl Fn(f64, f64) -> bool) -> Width {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(found.found), number(found.promised)) {
        (Some(is), Some(was)) if tighter(is, was) => Width::Narrower,
        (Some(_), Some(_)) => Width::Wider,
        _ => constraint(found),
    }
}

fn kind(found: &Found<'_>) -> Width {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    match (text(found.promised).as_str(), text(found.found).as_str()) {
        ("number", "integer") => Width::Narrower,
        ("integer", "number") => Width::Wider,
        _ => constraint(found),
    }
}

impl Uses {
    fn breaks(self, width: Width) -> Breaks {
        let request = match width {
            Width::Narrower => Breaks::Client,
            Width::Wider => Breaks::Server,
            Width::Apart => Breaks::Both,
            Width::Same => Breaks::Document,
        };
        let response = match width {
            Width::Narrower => Breaks::Server,
            Width::Wider => Breaks::Client,
            Width::Apart => Breaks::Both,
            Width::Same => Breaks::Document,
        };
        match (self.requests, self.responses) {
            (true, true) => request.and(response),
            (false, true) => response,
            // Reached from nowhere: cannot be, and the stricter answer is harmless.
            (true | false, false) => request,
        }
    }
}
