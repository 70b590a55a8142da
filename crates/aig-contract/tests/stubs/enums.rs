// @generated from samples/enums.yml: the files of a crate, one after the other

// src/api.rs
// @generated from enums.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Enums.
#[dropshot::api_description]
pub trait EnumsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/colour",
    }]
    async fn colour_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Colour>,
    ) -> Result<HttpResponseOk<types::Colour>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/level",
    }]
    async fn level_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Level>,
    ) -> Result<HttpResponseOk<types::Level>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/only",
    }]
    async fn only_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Only>,
    ) -> Result<HttpResponseOk<types::Only>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/shout",
    }]
    async fn shout_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Shout>,
    ) -> Result<HttpResponseOk<types::Shout>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/dotted",
    }]
    async fn dotted_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Dotted>,
    ) -> Result<HttpResponseOk<types::Dotted>, HttpError>;
}

// src/types.rs
// @generated from enums.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A colour.
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
pub enum Colour {
    Red,
    Green,
    DarkBlue,
}

/// How loud, with words for some.
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
    Debug,
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody has to look.
    Error,
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
pub enum Only {
    #[serde(rename = "only")]
    Only,
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
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Shout {
    VeryLoud,
    Quiet,
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
pub enum Dotted {
    #[serde(rename = "v1.0")]
    V10,
    #[serde(rename = "v2.0")]
    V20,
    #[serde(rename = "-1")]
    Minus1,
    #[serde(rename = "a b")]
    AB,
    #[serde(rename = "self")]
    Itself,
}

