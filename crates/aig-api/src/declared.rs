//! What operations declare and dropshot has no words for: errors by status, more
//! than one status of success, bodies that are not JSON. It travels in extensions
//! of the schema of the operation's error type, where whoever reads the
//! description finds it.

use std::collections::BTreeMap;

use dropshot::{ApiEndpointResponse, Body, ErrorStatusCode, HttpError, HttpResponse};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Schema, SchemaObject};
use schemars::visit::{RemoveRefSiblings, Visitor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The body of an answer that has none.
pub type Empty = <dropshot::HttpResponseDeleted as dropshot::HttpCodedResponse>::Body;

/// An error type whose declared errors all have the same body, so that a failure
/// can be turned into an answer without knowing the operation.
pub trait DeclaredError<B>: Sized {
    /// The declared error of that status; nothing if none is declared.
    fn declared(status: StatusCode, body: B) -> Option<Self>;
}

/// The answers that an operation declares, as they are collected.
#[derive(Debug)]
pub struct Declared<'g> {
    generator: &'g mut SchemaGenerator,
    responses: Map<String, Value>,
    extensions: BTreeMap<String, Value>,
}

impl<'g> Declared<'g> {
    /// None yet.
    pub fn new(generator: &'g mut SchemaGenerator) -> Self {
        Self {
            generator,
            responses: Map::new(),
            extensions: BTreeMap::new(),
        }
    }

    /// An answer with a body.
    #[must_use]
    pub fn with_body<T: JsonSchema>(
        mut self,
        status: &str,
        description: &str,
        media: &str,
    ) -> Self {
        let content = self.content::<T>(media);
        let response = json!({ "description": description, "content": content });
        self.responses.insert(status.to_owned(), response);
        self
    }

    /// An answer without a body.
    #[must_use]
    pub fn without_body(mut self, status: &str, description: &str) -> Self {
        let response = json!({ "description": description });
        self.responses.insert(status.to_owned(), response);
        self
    }

    /// The body of the request, where dropshot would describe any bytes.
    #[must_use]
    pub fn request_body<T: JsonSchema>(mut self, media: &str) -> Self {
        let content = self.content::<T>(media);
        let body = json!({ "required": true, "content": content });
        self.extensions
            .insert("x-declared-request-body".to_owned(), body);
        self
    }

    /// Documentation, where dropshot would join its lines or take the one part
    /// for the other.
    #[must_use]
    pub fn documentation(mut self, summary: Option<&str>, description: Option<&str>) -> Self {
        let mut said = Map::new();
        for (key, text) in [("summary", summary), ("description", description)] {
            if let Some(text) = text {
                said.insert(key.to_owned(), Value::from(text));
            }
        }
        self.extensions
            .insert("x-declared-documentation".to_owned(), Value::Object(said));
        self
    }

    /// All of it, as the schema of the error type.
    #[must_use]
    pub fn schema(mut self) -> Schema {
        self.extensions.insert(
            "x-declared-responses".to_owned(),
            Value::Object(self.responses),
        );
        SchemaObject {
            extensions: self.extensions.into_iter().collect(),
            ..SchemaObject::default()
        }
        .into()
    }

    fn content<T: JsonSchema>(&mut self, media: &str) -> Value {
        let mut schema = self.generator.subschema_for::<T>();
        RemoveRefSiblings.visit_schema(&mut schema);
        let mut schema = serde_json::to_value(schema).unwrap_or(Value::Null);
        exclusive_bounds(&mut schema);
        let mut content = Map::new();
        content.insert(media.to_owned(), json!({ "schema": schema }));
        Value::Object(content)
    }
}

/// In JSON Schema an exclusive bound is a number, in OpenAPI 3.0 a flag. dropshot
/// translates what it prints itself, and this is not that.
fn exclusive_bounds(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(exclusive_bounds),
        Value::Object(members) => {
            for (exclusive, bound) in [
                ("exclusiveMinimum", "minimum"),
                ("exclusiveMaximum", "maximum"),
            ] {
                if let Some(value @ Value::Number(_)) = members.get(exclusive).cloned() {
                    members.insert(bound.to_owned(), value);
                    members.insert(exclusive.to_owned(), Value::Bool(true));
                }
            }
            members.values_mut().for_each(exclusive_bounds);
        }
        _ => {}
    }
}

/// An error that dropshot found, in the form that dropshot gives it. The request's
/// id is in the answer's header; an error type does not learn it.
#[must_use]
pub fn native(error: &HttpError) -> impl Serialize {
    dropshot::HttpErrorResponseBody {
        request_id: String::new(),
        error_code: error.error_code.clone(),
        message: error.external_message.clone(),
    }
}

/// Where the description of a piece of the contract comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// A derive on the type that serde uses.
    Derived,
    /// A type of [`crate::wire`], which writes its schema from the constants that
    /// its deserialiser checks.
    Runtime,
    /// An extension, because dropshot has no word for it.
    Carried,
}

/// An answer without a body.
///
/// # Errors
/// Never; it has the form of what dropshot wants.
pub fn empty(status: StatusCode) -> Result<http::Response<Body>, HttpError> {
    Ok(http::Response::builder()
        .status(status)
        .body(Body::empty())?)
}

/// An answer whose body is JSON.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<http::Response<Body>, HttpError> {
    let text = serde_json::to_string(body)
        .map_err(|error| HttpError::for_internal_error(error.to_string()))?;
    raw(status, dropshot::CONTENT_TYPE_JSON, text.into())
}

/// An answer whose body is of any media type.
///
/// # Errors
/// When the media type cannot be a header.
pub fn raw(
    status: StatusCode,
    media: &'static str,
    body: Body,
) -> Result<http::Response<Body>, HttpError> {
    Ok(http::Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media)
        .body(body)?)
}

/// How dropshot is told of an answer whose body is a `B`.
#[must_use]
pub fn metadata<B>(status: StatusCode, description: &str) -> ApiEndpointResponse
where
    B: Serialize + JsonSchema + Send + Sync + 'static,
{
    // dropshot's trait for bodies has no public name; its replies lead to it.
    ApiEndpointResponse {
        schema: <dropshot::HttpResponseOk<B> as HttpResponse>::response_metadata().schema,
        ..raw_metadata(status, description)
    }
}

/// How dropshot is told of an answer whose body is anything.
#[must_use]
pub fn raw_metadata(status: StatusCode, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: Some(status),
        description: Some(description.to_owned()),
        ..ApiEndpointResponse::default()
    }
}

/// How dropshot is told of an answer without a body.
#[must_use]
pub fn empty_metadata(status: StatusCode, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        schema: <dropshot::HttpResponseDeleted as HttpResponse>::response_metadata().schema,
        ..raw_metadata(status, description)
    }
}

/// A status without a name of its own.
///
/// # Panics
/// When the number is not a status; the generator takes it from the contract.
#[must_use]
pub fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).expect("the generator has read the number as a status")
}

/// A status of an error.
///
/// # Panics
/// When the number is not the status of an error; the generator takes it from the
/// contract.
#[must_use]
pub fn error_status(code: u16) -> ErrorStatusCode {
    ErrorStatusCode::from_u16(code).expect("the generator has read the number as an error's status")
}

/// Reads a value as a `T` and writes it again.
///
/// # Errors
/// When the value is not a `T`.
pub fn round_trip<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, String> {
    // Through text, so that the type is used as it is for a request.
    let read: T = serde_json::from_str(&value.to_string()).map_err(|error| error.to_string())?;
    serde_json::to_value(&read).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
