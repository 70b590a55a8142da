//! From the operations of a projected document to dropshot's words, with the types that
//! stand in them.

use serde_json::{Map, Value};

use super::canonical;
use super::definition::{Described, Field, Words};
use super::infer::{Place, Types, strings};
use super::operation::{
    Answer, Body, Content, ErrorType, Failure, Group, Held, Operation, Wrapper,
};
use super::project_answer::{SWITCHING, is_native_error, is_raw};
use super::project_document::members;
use super::project_operation::{PAGINATION, WEBSOCKET, page_parameters};
use super::schema::{normal, references, referred};
use super::ty::Ty;
use crate::model::Status;
use crate::model::names::{Names, field_name, type_name};
use crate::pointer;

/// All operations, and the types that only they need.
pub(super) struct Operations<'t, 'd> {
    pub(super) types: &'t mut Types<'d>,
    pub(super) list: Vec<Operation>,
    pub(super) wrappers: Vec<Wrapper>,
    pub(super) errors: Vec<ErrorType>,
    /// Titles and descriptions that dropshot gives where the document has none: where,
    /// which of the two, and the words.
    pub(super) given: Vec<(String, &'static str, String)>,
    names: Names,
    own_error: bool,
}

impl<'t, 'd> Operations<'t, 'd> {
    pub(super) fn of(types: &'t mut Types<'d>) -> Self {
        let document = types.document;
        let mut operations = Self {
            own_error: own_error(document),
            types,
            list: Vec::new(),
            wrappers: Vec::new(),
            errors: Vec::new(),
            given: Vec::new(),
            names: Names::default(),
        };
        let mut methods = Names::default();
        let mut prefixes = Names::default();
        for (path, item) in document.get("paths").into_iter().flat_map(members) {
            for (method, value) in members(item) {
                let id = value
                    .get("operationId")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let here = pointer::descend("", &["paths", path, method]);
                let name = prefixes.give(type_name(id));
                let operation = operations.operation(here, path, method, value, name);
                let method_name = methods.give(field_name(id));
                operations.list.push(Operation {
                    method_name,
                    ..operation
                });
            }
        }
        if operations
            .list
            .iter()
            .any(|operation| operation.error == Failure::Http)
        {
            // Its schema comes with dropshot.
            operations
                .types
                .list
                .retain(|known| known.schema_name.as_deref() != Some("Error"));
        }
        operations
    }

    fn operation(
        &mut self,
        pointer: String,
        path: &str,
        method: &str,
        value: &Value,
        type_name: String,
    ) -> Operation {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let socket = value.get(WEBSOCKET).is_some();
        let paginated = value.get(PAGINATION).is_some();
        let first_page = strings(value.get(PAGINATION).and_then(|said| said.get("required")));
        let path_parameters = self.group(&pointer, value, "path", &type_name, None);
        let query = self.group(
            &pointer,
            value,
            "query",
            &type_name,
            paginated.then_some(first_page.as_slice()),
        );
        let headers = self.group(&pointer, value, "header", &type_name, None);
        let body = value
            .get("requestBody")
            .map(|body| self.body(&pointer, body, &type_name));
        let (answer, error) = self.answer(&pointer, &value["responses"], &type_name, socket);
        Operation {
            id: text("operationId").unwrap_or_default(),
            method_name: String::new(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            tags: strings(value.get("tags"))
                .into_iter()
                .map(str::to_owned)
                .collect(),
            summary: text("summary"),
            description: text("description"),
            deprecated: value.get("deprecated").is_some(),
            socket,
            paginated,
            path_parameters,
            query,
            headers,
            body,
            answer,
            error,
        }
    }

    fn group(
        &mut self,
        pointer: &str,
        operation: &Value,
        place: &str,
        owner: &str,
        first_page: Option<&[&str]>,
    ) -> Option<Group> {
        let list = operation.get("parameters").and_then(Value::as_array);
        let mut fields = Vec::new();
        let mut names = Names::default();
        let pages = page_parameters();
        for (index, parameter) in list.into_iter().flatten().enumerate() {
            let name = parameter["name"].as_str().unwrap_or_default();
            // dropshot adds these itself.
            let added = first_page.is_some() && pages.iter().any(|page| page["name"] == name);
            if parameter["in"] != place || added {
                continue;
            }
            let here = pointer::descend(pointer, &["parameters", &index.to_string(), "schema"]);
            let required = match first_page {
                Some(required) => required.contains(&name),
                None => parameter
                    .get("required")
                    .is_some_and(|required| required == true),
            };
            let place = if place == "header" {
                Place::Header
            } else {
                Place::Parameter
            };
            let field = names.give(field_name(name));
            fields.push(self.parameter(here, name, field, parameter, required, place, owner));
        }
        let suffix = match (place, first_page) {
            ("path", _) => "Path",
            ("header", _) => "Headers",
            (_, Some(_)) => "Scan",
            _ => "Query",
        };
        (!fields.is_empty()).then(|| Group {
            name: self.names.give(format!("{owner}{suffix}")),
            fields,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "a parameter has that many sides")]
    fn parameter(
        &mut self,
        pointer: String,
        name: &str,
        field: String,
        parameter: &Value,
        required: bool,
        place: Place,
        owner: &str,
    ) -> Field {
        let schema = normal(parameter.get("schema").unwrap_or(&Value::Null));
        let core = schema.as_object().cloned().unwrap_or_default();
        let description = parameter.get("description").and_then(Value::as_str);
        let words = Words {
            description: description.map(str::to_owned),
            ..Words::default()
        };
        let hint = format!("{owner}{}", type_name(name));
        let (slot, presence) = self
            .types
            .parameter(&pointer, core, &words, required, place, &hint);
        Field {
            pointer,
            name: name.to_owned(),
            field,
            words,
            slot,
            presence,
        }
    }

    fn body(&mut self, pointer: &str, body: &Value, owner: &str) -> Body {
        let content = body.get("content").into_iter().flat_map(members).next();
        let Some((media, value)) = content else {
            return Body::Bytes;
        };
        let here = pointer::descend(pointer, &["requestBody", "content", media, "schema"]);
        let schema = value.get("schema").unwrap_or(&Value::Null);
        match media.as_str() {
            "application/json" => Body::Json(self.held(here, schema, &format!("{owner}Body"))),
            "application/x-www-form-urlencoded" => {
                Body::Form(self.held(here, schema, &format!("{owner}Body")))
            }
            "multipart/form-data" => Body::Multipart,
            _ => Body::Bytes,
        }
    }

    /// What a body holds. dropshot prints the name of an inline schema as its title.
    fn held(&mut self, pointer: String, schema: &Value, hint: &str) -> Held {
        let mut core = normal(schema);
        let inline = core.get("$ref").is_none();
        let title = core
            .as_object_mut()
            .filter(|_| inline)
            .and_then(|core| core.shift_remove("title"));
        let title = title.as_ref().and_then(Value::as_str).map(str::to_owned);
        let slot = self.types.slot(&pointer, &core, hint);
        let untitled = match &slot.ty {
            Ty::Any | Ty::Named(_) => true,
            Ty::Option(inner) => matches!(**inner, Ty::Named(_)),
            _ => false,
        };
        let name = slot.ty.name(self.types);
        let mut spelled_alike = slot.described == Described::Derived(slot.ty.clone());
        slot.ty.visit(&mut |ty| {
            spelled_alike &= !matches!(
                ty,
                Ty::Inline(_) | Ty::PlainInteger | Ty::PlainNumber | Ty::Set(_)
            );
        });
        let natural = spelled_alike
            && match &title {
                Some(title) => *title == name && !untitled,
                None => true,
            };
        if title.is_none() && !(untitled && spelled_alike) {
            self.given.push((pointer.clone(), "title", name.clone()));
        }
        if natural {
            return Held {
                ty: slot.ty,
                wrapper: None,
            };
        }
        let title = title.unwrap_or(name);
        let given = self.types.name(type_name(hint));
        self.wrappers.push(Wrapper {
            name: given.clone(),
            title,
            slot: slot.clone(),
            pointer,
        });
        Held {
            ty: slot.ty,
            wrapper: Some(given),
        }
    }

    fn answer(
        &mut self,
        pointer: &str,
        responses: &Value,
        owner: &str,
        socket: bool,
    ) -> (Answer, Failure) {
        let at = pointer::child(pointer, "responses");
        let error = match responses.get("4XX") {
            Some(error) => self.failure(&pointer::child(&at, "4XX"), error, owner),
            None => Failure::Http,
        };
        let description = |response: &Value| {
            let said = response.get("description").and_then(Value::as_str);
            said.unwrap_or_default().to_owned()
        };
        let success = members(responses).find_map(|(key, response)| match Status::read(key)? {
            Status::Code(status) => Some((key, status, response)),
            _ => None,
        });
        let Some((key, status, response)) = success else {
            let default = responses.get("default").unwrap_or(&Value::Null);
            let answer = Answer::FreeForm {
                name: format!("{owner}Answer"),
                description: description(default),
            };
            return (answer, error);
        };
        let here = pointer::child(&at, key);
        let bare = response
            .as_object()
            .is_some_and(|members| members.len() == 1);
        if socket
            && status == 101
            && bare
            && description(response) == SWITCHING
            && error == Failure::Http
        {
            return (Answer::Channel, error);
        }
        let empty = Map::new();
        let content = if is_raw(response.as_object().unwrap_or(&empty)) {
            Content::Raw
        } else {
            match response.pointer("/content/application~1json/schema") {
                Some(schema) => {
                    let below = pointer::descend(&here, &["content", "application/json", "schema"]);
                    Content::Json(self.held(below, schema, &format!("{owner}Result")))
                }
                None => Content::Empty,
            }
        };
        let headers = response
            .get("headers")
            .map(|headers| self.reply_headers(&here, headers, owner));
        let answer = Answer::Coded {
            name: format!("{owner}Ok"),
            status,
            description: description(response),
            content,
            headers,
        };
        (answer, error)
    }

    fn reply_headers(&mut self, pointer: &str, headers: &Value, owner: &str) -> Group {
        let mut names = Names::default();
        let mut fields = Vec::new();
        for (name, header) in members(headers) {
            let here = pointer::descend(pointer, &["headers", name, "schema"]);
            let required = header.get("required").is_some();
            let field = names.give(field_name(name));
            fields.push(self.parameter(
                here,
                name,
                field,
                header,
                required,
                Place::Parameter,
                owner,
            ));
        }
        Group {
            name: self.names.give(format!("{owner}ReplyHeaders")),
            fields,
        }
    }

    fn failure(&mut self, pointer: &str, response: &Value, owner: &str) -> Failure {
        let schema = response.pointer("/content/application~1json/schema");
        let schema = schema.unwrap_or(&Value::Null);
        if self.own_error && referred(schema).as_deref() == Some("Error") {
            return Failure::Http;
        }
        let known = self.errors.iter().find(|known| known.schema == *schema);
        let known = known.map(|known| (known.name.clone(), known.title.clone()));
        let wanted = referred(schema).unwrap_or_else(|| owner.to_owned());
        let wanted = type_name(&wanted);
        let nameless = referred(schema).is_none() && schema.get("title").is_none();
        let title = match &known {
            Some((_, title)) => title.clone(),
            None => nameless.then(|| format!("{wanted}Error")),
        };
        if let Some(title) = &title {
            for range in ["4XX", "5XX"] {
                let answer = pointer.replace("/4XX", &format!("/{range}"));
                let below = pointer::descend(&answer, &["content", "application/json", "schema"]);
                self.given.push((answer, "description", title.clone()));
                self.given.push((below, "title", title.clone()));
            }
        }
        if let Some((name, _)) = known {
            return Failure::Declared(name);
        }
        let here = pointer::descend(pointer, &["content", "application/json", "schema"]);
        let mut titled = schema.clone();
        if let Some(title) = &title {
            titled["title"] = Value::from(title.as_str());
        }
        let held = self.held(here, &titled, &format!("{wanted}Body"));
        let name = match wanted.as_str() {
            "Error" => "ApiError".to_owned(),
            other if other.ends_with("Error") => {
                format!("{}Failure", other.trim_end_matches("Error"))
            }
            other => format!("{other}Failure"),
        };
        let name = self.names.give(name);
        self.errors.push(ErrorType {
            name: name.clone(),
            held,
            schema: schema.clone(),
            title,
        });
        Failure::Declared(name)
    }
}

/// Whether the document's `Error` is dropshot's own, and serves as nothing but an error.
fn own_error(document: &Value) -> bool {
    let schemas = document.pointer("/components/schemas");
    let Some(error) = schemas.and_then(|all| all.get("Error")) else {
        return false;
    };
    let mut elsewhere = Vec::new();
    for (_, schema) in schemas.into_iter().flat_map(members) {
        references(schema, &mut elsewhere);
    }
    for (_, item) in document.get("paths").into_iter().flat_map(members) {
        for (_, operation) in members(item) {
            let mut plain = operation.clone();
            for range in ["4XX", "5XX"] {
                if let Some(responses) = plain["responses"].as_object_mut() {
                    responses.shift_remove(range);
                }
            }
            canonical::schemas_of(&plain, &mut |schema| references(schema, &mut elsewhere));
        }
    }
    is_native_error(error) && !elsewhere.iter().any(|name| name == "Error")
}
