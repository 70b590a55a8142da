// @generated from samples/newtypes.yml: the files of a crate, one after the other

// src/api.rs
// @generated from newtypes.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, Path, Query, RequestContext, TypedBody};
use crate::{parameters, types};

/// Newtypes.
#[dropshot::api_description]
pub trait NewtypesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/name",
    }]
    async fn name_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Name>,
    ) -> Result<HttpResponseOk<types::Name>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/age",
    }]
    async fn age_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Age>,
    ) -> Result<HttpResponseOk<types::Age>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/share",
    }]
    async fn share_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Share>,
    ) -> Result<HttpResponseOk<types::Share>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/price",
    }]
    async fn price_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Price>,
    ) -> Result<HttpResponseOk<types::Price>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/email",
    }]
    async fn email_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Email>,
    ) -> Result<HttpResponseOk<types::Email>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/link",
    }]
    async fn link_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Link>,
    ) -> Result<HttpResponseOk<types::Link>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/hash",
    }]
    async fn hash_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Hash>,
    ) -> Result<HttpResponseOk<types::Hash>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/two",
    }]
    async fn two_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Two>,
    ) -> Result<HttpResponseOk<types::Two>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/maybe",
    }]
    async fn maybe_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Maybe>,
    ) -> Result<HttpResponseOk<types::Maybe>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/plain",
    }]
    async fn plain_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Plain>,
    ) -> Result<HttpResponseOk<types::Plain>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/named/{name}",
    }]
    async fn named_get(
        rqctx: RequestContext<Self::Context>,
        path: Path<parameters::NamedGetPath>,
        query: Query<parameters::NamedGetQuery>,
    ) -> Result<HttpResponseOk<types::Name>, HttpError>;
}

// src/types.rs
// @generated from newtypes.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lower case, not an id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "A name")]
#[serde(try_from = "String")]
pub struct Name(
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = "^(?![0-9a-f]{8}-)[a-z]([a-zA-Z0-9-]*[a-zA-Z0-9]+)?$")
    )]
    String,
);
impl TryFrom<String> for Name {
    type Error = crate::check::Invalid;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        static PATTERN: std::sync::LazyLock<crate::check::Pattern> = std::sync::LazyLock::new(||
        crate::check::Pattern::new(
            "^(?![0-9a-f]{8}-)[a-z]([a-zA-Z0-9-]*[a-zA-Z0-9]+)?$",
        ));
        crate::check::text(&value, Some(1), Some(63), Some(&PATTERN))?;
        Ok(Self(value))
    }
}

impl From<Name> for String {
    fn from(value: Name) -> Self {
        value.0
    }
}

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// In years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8")]
pub struct Age(#[schemars(range(min = 0, max = 150))] u8);
impl TryFrom<u8> for Age {
    type Error = crate::check::Invalid;
    fn try_from(value: u8) -> Result<Self, Self::Error> {
        crate::check::range(&value, Some(0), Some(150))?;
        Ok(Self(value))
    }
}

impl From<Age> for u8 {
    fn from(value: Age) -> Self {
        value.0
    }
}

impl std::ops::Deref for Age {
    type Target = u8;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share(#[schemars(range(min = 0, max = 1))] pub f64);
impl std::ops::Deref for Share {
    type Target = f64;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<f64> for Share {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

/// More than nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price(#[schemars(schema_with = "crate::schemas::price")] pub f64);
impl std::ops::Deref for Price {
    type Target = f64;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<f64> for Price {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Email(#[schemars(email)] pub String);
impl std::ops::Deref for Email {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Email {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link(#[schemars(url)] pub String);
impl std::ops::Deref for Link {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Link {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Hash(#[schemars(schema_with = "crate::schemas::hash")] String);
impl TryFrom<String> for Hash {
    type Error = crate::check::Invalid;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        crate::check::text(&value, Some(64), Some(64), None)?;
        Ok(Self(value))
    }
}

impl From<Hash> for String {
    fn from(value: Hash) -> Self {
        value.0
    }
}

impl std::ops::Deref for Hash {
    type Target = str;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Two(#[schemars(length(min = 2))] pub Vec<String>);
impl std::ops::Deref for Two {
    type Target = Vec<String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Vec<String>> for Two {
    fn from(value: Vec<String>) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Maybe(pub Option<String>);
impl std::ops::Deref for Maybe {
    type Target = Option<String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Option<String>> for Maybe {
    fn from(value: Option<String>) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plain(pub String);
impl std::ops::Deref for Plain {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Plain {
    fn from(value: String) -> Self {
        Self(value)
    }
}

// src/parameters.rs
// @generated from newtypes.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::Deserialize;
use crate::types;

/// What stands in the path of `named_get`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct NamedGetPath {
    pub name: types::Name,
}

/// What stands in the query of `named_get`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct NamedGetQuery {
    pub age: Option<types::Age>,
}

// src/schemas.rs
// @generated from newtypes.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn hash(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<
        String,
    >(
        generator,
        r#"{
  "format": "hex string (32 bytes)",
  "minLength": 64,
  "maxLength": 64
}"#,
    )
}

pub fn price(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<f64>(generator, r#"{"exclusiveMinimum":0}"#)
}

