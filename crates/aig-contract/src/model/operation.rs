//! From paths to operations.

use serde_json::Value;

use super::build::Builder;
use super::names::{Names, field_name, type_name};
use super::{Body, Media, Operation, Parameter, Reply, Status, route};
use crate::lower::METHODS;
use crate::pointer;

impl<'d> Builder<'d> {
    /// All operations, in the order of the document.
    pub(super) fn operations(&mut self) -> Vec<Operation> {
        let document: &'d Value = self.document;
        let paths = document.get("paths").and_then(Value::as_object);
        let paths: Vec<(&String, &Value)> = paths
            .into_iter()
            .flatten()
            .filter(|(path, _)| path.starts_with('/'))
            .collect();
        let all: Vec<&str> = paths.iter().map(|(path, _)| path.as_str()).collect();
        let registered = route::registered(&all);
        let mut names = OperationNames::default();
        let mut operations = Vec::new();
        for (path, item) in paths {
            for method in METHODS {
                if let Some(value) = item.get(method) {
                    let mut operation = self.operation(path, method, item, value, &mut names);
                    operation.registered_path.clone_from(&registered[path]);
                    operations.push(operation);
                }
            }
        }
        operations
    }

    fn operation(
        &mut self,
        path: &str,
        method: &str,
        item: &'d Value,
        value: &'d Value,
        names: &mut OperationNames,
    ) -> Operation {
        let pointer = pointer::descend("", &["paths", path, method]);
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = text("operationId").unwrap_or_default();
        let type_name = names.types.give(type_name(&id));
        let parameters = self.parameters(path, &pointer, item, value, &type_name);
        let inside = |place: &str| {
            let mut fields = Names::default();
            parameters
                .iter()
                .filter(|(found, _)| found == place)
                .map(|(_, parameter)| Parameter {
                    field: fields.give(field_name(&parameter.name)),
                    ..parameter.clone()
                })
                .collect()
        };
        let (replies, errors) = self.replies(&pointer, value, &type_name);
        Operation {
            body: self.body(&pointer, value, &type_name),
            method_name: names.methods.give(field_name(&id)),
            method: method.to_uppercase(),
            path: path.to_owned(),
            registered_path: String::new(),
            tags: value
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            summary: text("summary"),
            description: text("description"),
            deprecated: value.get("deprecated") == Some(&Value::Bool(true)),
            path_parameters: inside("path"),
            query_parameters: inside("query"),
            header_parameters: inside("header"),
            replies,
            errors,
            pointer,
            id,
            type_name,
        }
    }

    /// Parameters of the path and of the operation, which wins; with where they go.
    fn parameters(
        &mut self,
        path: &str,
        pointer: &str,
        item: &'d Value,
        operation: &'d Value,
        type_name: &str,
    ) -> Vec<(String, Parameter)> {
        let item_pointer = pointer::descend("", &["paths", path]);
        let mut found: Vec<(String, Parameter)> = Vec::new();
        for (holder, value) in [(item_pointer.as_str(), item), (pointer, operation)] {
            let list = value.get("parameters").and_then(Value::as_array);
            for (index, parameter) in list.into_iter().flatten().enumerate() {
                let here = pointer::descend(holder, &["parameters", &index.to_string()]);
                let (here, parameter) = self.resolve(&here, parameter);
                let (place, parameter) = self.parameter(&here, parameter, type_name);
                found.retain(|(other, known)| *other != place || known.name != parameter.name);
                found.push((place, parameter));
            }
        }
        found
    }

    fn parameter(&mut self, pointer: &str, value: &Value, owner: &str) -> (String, Parameter) {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("name").unwrap_or_default();
        // A shared parameter's types are named after it, not after who came first.
        let hint = match pointer.strip_prefix("/components/parameters/") {
            Some(shared) => type_name(&pointer::unescape(shared)),
            None => format!("{owner}{}", type_name(&name)),
        };
        let below = pointer::child(pointer, "schema");
        let null = Value::Null;
        let schema = self.schema(&below, value.get("schema").unwrap_or(&null), &hint);
        if value.get("example").is_some() || value.get("examples").is_some() {
            self.examples.entry(below).or_insert_with(|| schema.clone());
        }
        let parameter = Parameter {
            pointer: pointer.to_owned(),
            field: String::new(),
            required: value.get("required") == Some(&Value::Bool(true)),
            deprecated: value.get("deprecated") == Some(&Value::Bool(true)),
            description: text("description"),
            name,
            schema,
        };
        (text("in").unwrap_or_default(), parameter)
    }

    fn body(&mut self, pointer: &str, operation: &'d Value, owner: &str) -> Option<Body> {
        let body = operation.get("requestBody")?;
        let (here, body) = self.resolve(&pointer::child(pointer, "requestBody"), body);
        let (media, schema) = self.content(&here, body, &format!("{owner}Body"))?;
        let name = media_name(body)?;
        Some(Body {
            pointer: pointer::descend(&here, &["content", name, "schema"]),
            media,
            schema,
        })
    }

    fn replies(
        &mut self,
        pointer: &str,
        operation: &'d Value,
        owner: &str,
    ) -> (Vec<Reply>, Vec<Reply>) {
        let (mut replies, mut errors) = (Vec::new(), Vec::new());
        let mut names = Names::default();
        names.give("Other".to_owned());
        let declared = operation.get("responses").and_then(Value::as_object);
        for (key, value) in declared.into_iter().flatten() {
            let Some(status) = Status::read(key) else {
                continue;
            };
            let here = pointer::descend(pointer, &["responses", key]);
            let (resolved, value) = self.resolve(&here, value);
            let variant = names.give(status.variant());
            let hint = match resolved.strip_prefix("/components/responses/") {
                Some(shared) => type_name(&pointer::unescape(shared)),
                None => format!("{owner}{variant}Body"),
            };
            let reply = Reply {
                content: self.content(&resolved, value, &hint),
                description: value
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                pointer: here,
                status,
                variant,
            };
            if status.is_error() {
                errors.push(reply);
            } else {
                replies.push(reply);
            }
        }
        // A redirect or the like is never what an operation is for.
        replies.sort_by_key(|reply| !matches!(reply.status, Status::Code(200..=299)));
        (replies, errors)
    }

    fn content(
        &mut self,
        pointer: &str,
        value: &Value,
        hint: &str,
    ) -> Option<(Media, super::Schema)> {
        let name = media_name(value)?;
        let media = value.get("content")?.get(name)?;
        let below = pointer::descend(pointer, &["content", name, "schema"]);
        let null = Value::Null;
        let schema = self.schema(&below, media.get("schema").unwrap_or(&null), hint);
        if media.get("example").is_some() || media.get("examples").is_some() {
            self.examples.entry(below).or_insert_with(|| schema.clone());
        }
        let kind = if is_json(name) {
            Media::Json
        } else {
            Media::Other(name.to_owned())
        };
        Some((kind, schema))
    }
}

impl Status {
    /// The status of that spelling.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(hundreds) = text.strip_suffix("XX").or_else(|| text.strip_suffix("xx")) {
            let hundreds = hundreds.parse().ok()?;
            return (1..=5).contains(&hundreds).then_some(Self::Range(hundreds));
        }
        let code = text.parse().ok()?;
        (100..=599).contains(&code).then_some(Self::Code(code))
    }

    /// Whether it tells of a failure.
    #[must_use]
    pub const fn is_error(self) -> bool {
        match self {
            Self::Code(code) => code >= 400,
            Self::Range(hundreds) => hundreds >= 4,
            Self::Default => true,
        }
    }

    /// How the document spells it.
    #[must_use]
    pub fn spelled(self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Range(hundreds) => format!("{hundreds}XX"),
            Self::Default => "default".to_owned(),
        }
    }

    fn variant(self) -> String {
        let name = match self {
            Self::Default => "Default",
            Self::Range(1) => "Informational",
            Self::Range(2) => "Success",
            Self::Range(3) => "Redirection",
            Self::Range(4) => "ClientError",
            Self::Range(_) => "ServerError",
            Self::Code(code) => match REASONS.iter().find(|(known, _)| *known == code) {
                Some((_, name)) => name,
                None => return format!("Status{code}"),
            },
        };
        name.to_owned()
    }
}

/// Names of statuses, after RFC 9110 and the registry.
const REASONS: [(u16, &str); 38] = [
    (200, "Ok"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "NonAuthoritative"),
    (204, "NoContent"),
    (205, "ResetContent"),
    (206, "PartialContent"),
    (207, "MultiStatus"),
    (300, "MultipleChoices"),
    (301, "MovedPermanently"),
    (302, "Found"),
    (303, "SeeOther"),
    (304, "NotModified"),
    (307, "TemporaryRedirect"),
    (308, "PermanentRedirect"),
    (400, "BadRequest"),
    (401, "Unauthorized"),
    (402, "PaymentRequired"),
    (403, "Forbidden"),
    (404, "NotFound"),
    (405, "MethodNotAllowed"),
    (406, "NotAcceptable"),
    (408, "RequestTimeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "LengthRequired"),
    (412, "PreconditionFailed"),
    (413, "PayloadTooLarge"),
    (415, "UnsupportedMediaType"),
    (422, "UnprocessableEntity"),
    (423, "Locked"),
    (424, "FailedDependency"),
    (429, "TooManyRequests"),
    (500, "InternalServerError"),
    (501, "NotImplemented"),
    (502, "BadGateway"),
    (503, "ServiceUnavailable"),
    (504, "GatewayTimeout"),
];

#[derive(Default)]
struct OperationNames {
    types: Names,
    methods: Names,
}

/// The media type that counts: JSON if there is one.
fn media_name(holder: &Value) -> Option<&str> {
    let content = holder.get("content")?.as_object()?;
    let mut names = content.keys().map(String::as_str);
    content
        .keys()
        .map(String::as_str)
        .find(|name| is_json(name))
        .or_else(|| names.next())
}

/// Whether bodies of a media type are read and written as JSON.
pub(crate) fn is_json(media: &str) -> bool {
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
