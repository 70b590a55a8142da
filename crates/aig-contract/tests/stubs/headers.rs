// @generated from samples/headers.yml: the files of a crate, one after the other

// src/api.rs
// @generated from headers.yml — do not edit

//! The operations, as a trait.

use dropshot::{
    Header, HttpError, HttpResponseHeaders, HttpResponseOk, HttpResponseUpdatedNoContent,
    RequestContext,
};
use crate::{answers, parameters};

/// Headers.
#[dropshot::api_description]
pub trait HeadersApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = GET,
        path = "/with",
    }]
    async fn with_get(
        rqctx: RequestContext<Self::Context>,
        headers: Header<parameters::WithGetHeaders>,
    ) -> Result<
        HttpResponseHeaders<HttpResponseOk<String>, answers::WithGetReplyHeaders>,
        HttpError,
    >;
    #[endpoint {
        method = PUT,
        path = "/empty",
    }]
    async fn empty_put(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        HttpResponseHeaders<HttpResponseUpdatedNoContent, answers::EmptyPutReplyHeaders>,
        HttpError,
    >;
}

// src/types.rs
// @generated from headers.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(
    Clone,
    Debug,
    PartialEq,
    Copy,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Low,
    High,
}

// src/parameters.rs
// @generated from headers.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use crate::types;

/// Headers of a request for `with_get`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct WithGetHeaders {
    /// Which request.
    #[serde(rename = "X-Request-Id")]
    pub x_request_id: Uuid,
    #[serde(rename = "if-match")]
    pub if_match: Option<String>,
    #[serde(rename = "x-level")]
    pub x_level: Option<types::Level>,
    #[serde(rename = "x-depth")]
    pub x_depth: Option<u32>,
}

// src/answers.rs
// @generated from headers.yml — do not edit

//! Answers and errors that dropshot has no type for.

use schemars::JsonSchema;
use serde::Serialize;

/// Headers of the answer of `with_get`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WithGetReplyHeaders {
    /// How many.
    #[serde(rename = "x-count")]
    pub x_count: String,
    #[serde(rename = "ETag")]
    pub e_tag: Option<String>,
}

/// Headers of the answer of `empty_put`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EmptyPutReplyHeaders {
    /// How many.
    #[serde(rename = "x-count")]
    pub x_count: String,
    #[serde(rename = "ETag")]
    pub e_tag: Option<String>,
}

