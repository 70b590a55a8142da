// @generated from samples/names.yml: the files of a crate, one after the other

// src/api.rs
// @generated from names.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, Path, Query, RequestContext, TypedBody};
use crate::{parameters, types};

/// Names.
#[dropshot::api_description]
pub trait NamesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/n1",
    }]
    async fn option_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Option2>,
    ) -> Result<HttpResponseOk<types::Option2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n2",
    }]
    async fn string_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::String2>,
    ) -> Result<HttpResponseOk<types::String2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n3",
    }]
    async fn vec_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Vec2>,
    ) -> Result<HttpResponseOk<types::Vec2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n4",
    }]
    async fn self_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Itself>,
    ) -> Result<HttpResponseOk<types::Itself>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n5",
    }]
    async fn type_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Type>,
    ) -> Result<HttpResponseOk<types::Type>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n6",
        operation_id = "foo-bar_put",
    }]
    async fn foo_bar_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::FooBar>,
    ) -> Result<HttpResponseOk<types::FooBar>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n7",
        operation_id = "foo_bar_put",
    }]
    async fn foo_bar_put2(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::FooBar2>,
    ) -> Result<HttpResponseOk<types::FooBar2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n8",
    }]
    async fn foo_bar_put_2(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::FooBar3>,
    ) -> Result<HttpResponseOk<types::FooBar3>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n9",
    }]
    async fn body_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Body2>,
    ) -> Result<HttpResponseOk<types::Body2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n10",
    }]
    async fn value_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Value2>,
    ) -> Result<HttpResponseOk<types::Value2>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/n11",
    }]
    async fn header_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Header>,
    ) -> Result<HttpResponseOk<types::Header>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/at/{type}/{in}",
        operation_id = "fn",
    }]
    async fn fn_(
        rqctx: RequestContext<Self::Context>,
        path: Path<parameters::FnPath>,
        query: Query<parameters::FnQuery>,
    ) -> Result<HttpResponseOk<String>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/thingGet",
        operation_id = "thingGet",
    }]
    async fn thing_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<String>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/thing_get",
        operation_id = "thing_get",
    }]
    async fn thing_get2(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<String>, HttpError>;
}

// src/types.rs
// @generated from names.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Option")]
pub struct Option2(pub String);
impl std::ops::Deref for Option2 {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Option2 {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "String")]
pub struct String2 {
    pub string: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Vec")]
pub struct Vec2(pub Vec<Option2>);
impl std::ops::Deref for Vec2 {
    type Target = Vec<Option2>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Vec<Option2>> for Vec2 {
    fn from(value: Vec<Option2>) -> Self {
        Self(value)
    }
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
#[schemars(rename = "Self")]
pub enum Itself {
    #[serde(rename = "self")]
    Itself,
    #[serde(rename = "Self")]
    Itself2,
    #[serde(rename = "super")]
    Super,
    #[serde(rename = "crate")]
    Crate,
    #[serde(rename = "2fa")]
    N2fa,
    #[serde(rename = "+1")]
    Plus1,
    #[serde(rename = "-1")]
    Minus1,
    #[serde(rename = "")]
    Empty,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "type")]
pub struct Type {
    #[serde(rename = "type")]
    pub type_: String,
    #[serde(rename = "match")]
    pub match_: String,
    #[serde(rename = "true", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub true_: Option<String>,
    #[serde(rename = "r#x", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub r_x: Option<String>,
    #[serde(rename = "2fa", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub n2fa: Option<String>,
    #[serde(rename = "@id", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub at_id: Option<String>,
    #[serde(rename = "$ref2", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub dollar_ref2: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "foo-bar")]
pub struct FooBar {
    #[serde(rename = "foo-bar")]
    pub foo_bar: String,
    #[serde(rename = "foo_bar")]
    pub foo_bar2: String,
    #[serde(rename = "fooBar")]
    pub foo_bar3: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "foo_bar")]
#[serde(rename_all = "camelCase")]
pub struct FooBar2 {
    pub some_name: String,
    pub other_name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FooBar")]
pub struct FooBar3 {
    #[serde(rename = "extra")]
    pub extra2: String,
    /// Members that have no field of their own.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
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
#[schemars(rename = "Body")]
pub enum Body2 {
    None,
    Some,
    Ok,
    Err,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Value")]
pub struct Value2(pub bool);
impl std::ops::Deref for Value2 {
    type Target = bool;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<bool> for Value2 {
    fn from(value: bool) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header(pub i32);
impl std::ops::Deref for Header {
    type Target = i32;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<i32> for Header {
    fn from(value: i32) -> Self {
        Self(value)
    }
}

// src/parameters.rs
// @generated from names.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::Deserialize;

/// What stands in the path of `fn`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct FnPath {
    #[serde(rename = "type")]
    pub type_: String,
    #[serde(rename = "in")]
    pub in_: String,
}

/// What stands in the query of `fn`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct FnQuery {
    #[serde(rename = "self")]
    pub self_: Option<String>,
    #[serde(rename = "fooBar")]
    pub foo_bar: Option<String>,
    #[serde(rename = "foo_bar")]
    pub foo_bar2: Option<String>,
    #[serde(rename = "filter[name]")]
    pub filter_name: Option<String>,
}

