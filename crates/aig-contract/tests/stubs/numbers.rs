// @generated from samples/numbers.yml: the files of a crate, one after the other

// src/api.rs
// @generated from numbers.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Numbers.
#[dropshot::api_description]
pub trait NumbersApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/integers",
    }]
    async fn integers_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Integers>,
    ) -> Result<HttpResponseOk<types::Integers>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/numbers",
    }]
    async fn numbers_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Numbers>,
    ) -> Result<HttpResponseOk<types::Numbers>, HttpError>;
}

// src/types.rs
// @generated from numbers.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use crate::describe;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Integers {
    pub int8: i8,
    pub int16: i16,
    pub int32: i32,
    pub int64: i64,
    pub uint8: u8,
    pub uint16: u16,
    pub uint32: u32,
    pub uint64: u64,
    pub uint: usize,
    pub int: isize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NonZeroU32")]
    pub positive: Option<NonZeroU32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 5, max = 10))]
    pub bounded: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32", range(min = -5, max = -1))]
    pub negative: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "describe::PlainInteger")]
    pub plain: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::integers_many")]
    pub many: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::integers_choice")]
    pub choice: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::integers_own")]
    pub own: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    pub float: f32,
    pub double: f64,
    #[schemars(with = "describe::PlainNumber")]
    pub plain: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.5))]
    pub at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::numbers_above")]
    pub above: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::numbers_step")]
    pub step: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub flag: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::numbers_truth")]
    pub truth: Option<bool>,
}

// src/schemas.rs
// @generated from numbers.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn integers_choice(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<describe::PlainInteger>(generator, r#"{"enum":[1,2,3]}"#)
}

pub fn integers_many(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<describe::PlainInteger>(generator, r#"{"multipleOf":5}"#)
}

pub fn integers_own(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<describe::PlainInteger>(generator, r#"{"format":"weekday"}"#)
}

pub fn numbers_above(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<describe::PlainNumber>(generator, r#"{"exclusiveMinimum":0}"#)
}

pub fn numbers_step(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<describe::PlainNumber>(generator, r#"{"multipleOf":0.25}"#)
}

pub fn numbers_truth(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<bool>(generator, r#"{"enum":[true]}"#)
}

