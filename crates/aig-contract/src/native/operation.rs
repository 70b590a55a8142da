//! Operations in dropshot's words: extractors, answers and errors.

use serde_json::Value;

use super::definition::{Field, Slot};
use super::ty::Ty;

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    /// The name of the trait's method.
    pub(super) method_name: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) tags: Vec<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    /// Whether it becomes a web socket.
    pub(super) socket: bool,
    /// Whether it answers in pages.
    pub(super) paginated: bool,
    pub(super) path_parameters: Option<Group>,
    pub(super) query: Option<Group>,
    pub(super) headers: Option<Group>,
    pub(super) body: Option<Body>,
    pub(super) answer: Answer,
    pub(super) error: Failure,
}

/// Parameters that are extracted together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Held),
    Form(Held),
    Bytes,
    Multipart,
}

/// What a body holds: a type, or a wrapper that prints another schema or title.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub(super) ty: Ty,
    pub(super) wrapper: Option<String>,
}

/// A wrapper.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) slot: Slot,
    pub(super) pointer: String,
}

/// How an operation answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// With a status of its own choice.
    FreeForm { name: String, description: String },
    Coded {
        /// The name of its type, should it need one.
        name: String,
        status: u16,
        description: String,
        content: Content,
        headers: Option<Group>,
    },
    /// By becoming a web socket, in dropshot's own way.
    Channel,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Empty,
    Json(Held),
    /// Anything.
    Raw,
}

/// How an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// With dropshot's own error.
    Http,
    /// With an error type of that name.
    Declared(String),
}

/// An error type.
#[derive(Clone, Debug)]
pub(super) struct ErrorType {
    pub(super) name: String,
    pub(super) held: Held,
    pub(super) schema: Value,
    /// The name that it has here and not in the document.
    pub(super) title: Option<String>,
}
