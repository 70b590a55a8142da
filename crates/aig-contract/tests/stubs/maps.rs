// @generated from samples/maps.yml: the files of a crate, one after the other

// src/api.rs
// @generated from maps.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Maps.
#[dropshot::api_description]
pub trait MapsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/maps",
    }]
    async fn maps_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Maps>,
    ) -> Result<HttpResponseOk<types::Maps>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/sets",
    }]
    async fn sets_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Sets>,
    ) -> Result<HttpResponseOk<types::Sets>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/open",
    }]
    async fn open_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Open>,
    ) -> Result<HttpResponseOk<types::Open>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/closed",
    }]
    async fn closed_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Closed>,
    ) -> Result<HttpResponseOk<types::Closed>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/typed",
    }]
    async fn typed_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Typed>,
    ) -> Result<HttpResponseOk<types::Typed>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/typed_rule",
    }]
    async fn typed_rule_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::TypedRule>,
    ) -> Result<HttpResponseOk<types::TypedRule>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/scores",
    }]
    async fn scores_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Scores>,
    ) -> Result<HttpResponseOk<types::Scores>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/anything",
    }]
    async fn anything_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Anything>,
    ) -> Result<HttpResponseOk<types::Anything>, HttpError>;
}

// src/types.rs
// @generated from maps.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema
)]
pub struct Item {
    pub id: Uuid,
    pub rank: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    pub value: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Maps {
    pub counts: BTreeMap<String, u64>,
    /// Each under a name.
    pub items: BTreeMap<String, Item>,
    pub maybe: BTreeMap<String, Option<String>>,
    pub free: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sets {
    pub names: BTreeSet<String>,
    pub items: BTreeSet<Item>,
    #[schemars(with = "BTreeSet<Measure>")]
    pub measures: Vec<Measure>,
    pub three: [bool; 3],
    #[schemars(length(min = 1, max = 9))]
    pub some: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Open {
    pub known: bool,
    /// Members that have no field of their own.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    pub known: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Typed {
    pub known: String,
    /// Members that have no field of their own.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Item>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TypedRule {
    pub known: String,
    /// Members that have no field of their own.
    #[serde(flatten)]
    #[schemars(schema_with = "crate::schemas::typed_rule_extra")]
    pub extra: BTreeMap<String, String>,
}

/// Nothing but a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scores(pub BTreeMap<String, i32>);
impl std::ops::Deref for Scores {
    type Target = BTreeMap<String, i32>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<BTreeMap<String, i32>> for Scores {
    fn from(value: BTreeMap<String, i32>) -> Self {
        Self(value)
    }
}

/// Any value at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Anything(pub Value);
impl std::ops::Deref for Anything {
    type Target = Value;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Value> for Anything {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

// src/schemas.rs
// @generated from maps.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn typed_rule_extra(generator: &mut SchemaGenerator) -> Schema {
    describe::members(
        describe::extended::<String>(generator, r#"{"minLength":1,"maxLength":5}"#),
    )
}

