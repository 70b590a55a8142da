// @generated from samples/newer.yml: the files of a crate, one after the other

// src/api.rs
// @generated from newer.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, Path, Query, RequestContext, TypedBody};
use crate::{parameters, types};

/// Newer.
#[dropshot::api_description]
pub trait NewerApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/things/{id}",
    }]
    async fn thing_put(
        rqctx: RequestContext<Self::Context>,
        path: Path<parameters::ThingPutPath>,
        query: Query<parameters::ThingPutQuery>,
        body: TypedBody<types::Thing>,
    ) -> Result<HttpResponseOk<types::Thing>, HttpError>;
}

// src/types.rs
// @generated from newer.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use crate::describe;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    pub name: Option<String>,
    #[schemars(with = "describe::Inline<ThingKind>")]
    pub kind: ThingKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32", range(min = 1))]
    pub count: Option<i32>,
    pub part: Option<Part>,
}

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
pub enum ThingKind {
    #[serde(rename = "thing")]
    Thing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    pub size: u16,
}

// src/parameters.rs
// @generated from newer.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

/// What stands in the path of `thing_put`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ThingPutPath {
    pub id: Uuid,
}

/// What stands in the query of `thing_put`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ThingPutQuery {
    pub depth: Option<u8>,
}

