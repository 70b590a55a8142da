// @generated from samples/errors.yml: the files of a crate, one after the other

// src/api.rs
// @generated from errors.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseDeleted, HttpResponseOk, RequestContext};
use crate::answers;

/// Errors.
#[dropshot::api_description]
pub trait ErrorsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = GET,
        path = "/native",
    }]
    async fn native(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<String>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/declared",
    }]
    async fn declared(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<String>, answers::ProblemFailure>;

    #[endpoint {
        method = DELETE,
        path = "/declared_too",
    }]
    async fn declared_too(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseDeleted, answers::ProblemFailure>;

    #[endpoint {
        method = GET,
        path = "/inline",
    }]
    async fn inline(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<String>, answers::InlineFailure>;
}

// src/types.rs
// @generated from errors.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "left", rename_all = "snake_case")]
pub enum Problem {
    Quota(u32),
    Internal,
}

// src/answers.rs
// @generated from errors.yml — do not edit

//! Answers and errors that dropshot has no type for.

use dropshot::{ErrorStatusCode, HttpError, HttpResponseError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use crate::{answers, failure, types};

/// A body that dropshot describes in place, as `InlineError`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InlineBody(pub String);
impl JsonSchema for InlineBody {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "InlineError".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::inline_body(generator)
    }
}

/// How operations fail.
#[derive(Debug)]
pub enum ProblemFailure {
    /// As the document describes it.
    Declared {
        /// A status of the 400s or 500s.
        status: ErrorStatusCode,
        /// What the answer holds.
        body: types::Problem,
    },
    /// What dropshot found wrong with a request before it reached the operation.
    Other(HttpError),
}

impl Serialize for ProblemFailure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Declared { body, .. } => body.serialize(serializer),
            Self::Other(error) => failure::native(error).serialize(serializer),
        }
    }
}

impl JsonSchema for ProblemFailure {
    fn is_referenceable() -> bool {
        <types::Problem>::is_referenceable()
    }

    fn schema_name() -> String {
        <types::Problem>::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        <types::Problem>::schema_id()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        <types::Problem>::json_schema(generator)
    }
}

impl HttpResponseError for ProblemFailure {
    fn status_code(&self) -> ErrorStatusCode {
        match self {
            Self::Declared { status, .. } => *status,
            Self::Other(error) => error.status_code,
        }
    }
}

impl std::fmt::Display for ProblemFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Declared { status, body } => write!(f, "{status}: {body:?}"),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl From<HttpError> for ProblemFailure {
    fn from(error: HttpError) -> Self {
        Self::Other(error)
    }
}

/// How operations fail.
#[derive(Debug)]
pub enum InlineFailure {
    /// As the document describes it.
    Declared {
        /// A status of the 400s or 500s.
        status: ErrorStatusCode,
        /// What the answer holds.
        body: answers::InlineBody,
    },
    /// What dropshot found wrong with a request before it reached the operation.
    Other(HttpError),
}

impl Serialize for InlineFailure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Declared { body, .. } => body.serialize(serializer),
            Self::Other(error) => failure::native(error).serialize(serializer),
        }
    }
}

impl JsonSchema for InlineFailure {
    fn is_referenceable() -> bool {
        <answers::InlineBody>::is_referenceable()
    }

    fn schema_name() -> String {
        <answers::InlineBody>::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        <answers::InlineBody>::schema_id()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        <answers::InlineBody>::json_schema(generator)
    }
}

impl HttpResponseError for InlineFailure {
    fn status_code(&self) -> ErrorStatusCode {
        match self {
            Self::Declared { status, .. } => *status,
            Self::Other(error) => error.status_code,
        }
    }
}

impl std::fmt::Display for InlineFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Declared { status, body } => write!(f, "{status}: {body:?}"),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl From<HttpError> for InlineFailure {
    fn from(error: HttpError) -> Self {
        Self::Other(error)
    }
}

// src/schemas.rs
// @generated from errors.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn inline_body(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"maxLength":99}"#)
}

