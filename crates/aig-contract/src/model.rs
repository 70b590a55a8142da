//! The contract in our own words: operations, types and the rules that values
//! obey. This is all that the stub emitter sees; it knows nothing of references,
//! media types or the shape of an OpenAPI document. Names are made here too, so
//! that the emitter only has to print them.
//!
//! What a schema becomes, in short: an object is a struct, a string enumeration
//! an enum, everything else that has a name of its own a struct of one field.
//! A schema without a name that needs a type gets one from where it stands, and
//! is still written in place when the server describes itself ([`Shape::Inline`]).

mod build;
mod combination;
pub(crate) mod documentation;
pub(crate) mod names;
mod operation;
mod provenance;
mod recursion;
mod route;
mod shape;
mod types;

use std::collections::BTreeMap;

pub use build::build;
pub use provenance::{Provenance, provenance};
pub use route::RESERVED_SEGMENT;
pub use types::{
    Alternative, Discriminator, Extra, Field, Formatted, IntegerFormat, Kind, Rule, RuleKind,
    Schema, Shape, TypeDef, Variant,
};

pub(crate) use operation::is_json;
pub(crate) use route::is_variable;
pub(crate) use shape::whole;

/// A whole contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The document's title, as it stands.
    pub title: String,
    /// The document's version, as it stands.
    pub version: String,
    /// The path of the first server, without a final slash.
    pub base_path: String,
    /// The name of the trait.
    pub trait_name: String,
    /// The declared tags, and those that operations use undeclared.
    pub tags: Vec<Tag>,
    /// The operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// The types, in the order of the document.
    pub types: Vec<TypeDef>,
    /// The rules of values, in the order of the document.
    pub rules: Vec<Rule>,
    /// Schemas by pointer, for everything that has an example.
    pub examples: BTreeMap<String, Schema>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub description: Option<String>,
    /// Whether the document lists it.
    pub declared: bool,
}

/// An operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// JSON pointer to it.
    pub pointer: String,
    /// The `operationId`, as it stands.
    pub id: String,
    /// The name of the trait's method.
    pub method_name: String,
    /// The name of its variant, and the start of the names of its types.
    pub type_name: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path, as in the document.
    pub path: String,
    /// The path as the server's router gets it.
    pub registered_path: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The first line of its documentation.
    pub summary: Option<String>,
    /// The rest of its documentation.
    pub description: Option<String>,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// What stands in the path.
    pub path_parameters: Vec<Parameter>,
    /// What stands in the query.
    pub query_parameters: Vec<Parameter>,
    /// What stands in headers.
    pub header_parameters: Vec<Parameter>,
    /// The body of the request.
    pub body: Option<Body>,
    /// The answers of success, the primary one first; never empty.
    pub replies: Vec<Reply>,
    /// The declared errors.
    pub errors: Vec<Reply>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// JSON pointer to it.
    pub pointer: String,
    /// Its name on the wire.
    pub name: String,
    /// The name of the field.
    pub field: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// What it is for.
    pub description: Option<String>,
    /// What it looks like.
    pub schema: Schema,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// JSON pointer to its schema.
    pub pointer: String,
    /// JSON, or bytes of this media type.
    pub media: Media,
    /// What it holds.
    pub schema: Schema,
}

/// A declared answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// JSON pointer to the response.
    pub pointer: String,
    /// The status, as the document spells it.
    pub status: Status,
    /// The name of its variant.
    pub variant: String,
    /// What it means.
    pub description: String,
    /// What it holds; nothing if empty.
    pub content: Option<(Media, Schema)>,
}

/// The statuses of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// One.
    Code(u16),
    /// A hundred of them: `4XX`.
    Range(u8),
    /// Whatever is not declared otherwise.
    Default,
}

/// The form of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`.
    Json,
    /// Anything else: bytes to us.
    Other(String),
}

impl Api {
    /// The type of that name.
    #[must_use]
    pub fn type_named(&self, name: &str) -> Option<&TypeDef> {
        self.types.iter().find(|known| known.name == name)
    }
}

impl Operation {
    /// The one schema that all declared errors share.
    #[must_use]
    pub fn uniform_error(&self) -> Option<&Schema> {
        let mut bodies = self.errors.iter().map(|error| match &error.content {
            Some((Media::Json, schema)) => Some(schema),
            _ => None,
        });
        let first = bodies.next()??;
        bodies
            .all(|body| {
                body.is_some_and(|body| {
                    body.shape == first.shape && body.nullable == first.nullable
                })
            })
            .then_some(first)
    }
}
