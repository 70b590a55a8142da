// @generated from samples/references.yml: the files of a crate, one after the other

// src/api.rs
// @generated from references.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// References.
#[dropshot::api_description]
pub trait ReferencesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/holder",
    }]
    async fn holder_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Holder>,
    ) -> Result<HttpResponseOk<types::Holder>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/alias",
    }]
    async fn alias_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Alias>,
    ) -> Result<HttpResponseOk<types::Alias>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/described",
    }]
    async fn described_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Described>,
    ) -> Result<HttpResponseOk<types::Described>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/together",
    }]
    async fn together_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Together>,
    ) -> Result<HttpResponseOk<types::Together>, HttpError>;
}

// src/types.rs
// @generated from references.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use crate::describe;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Other {
    pub size: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    pub plain: Part,
    /// With words.
    pub described: Part,
    pub maybe: Option<Part>,
    /// With words, or null.
    pub maybe_described: Option<Part>,
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "describe::Nullable<Part>")]
    pub must_or_null: Option<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Part")]
    pub may: Option<Part>,
    pub list: Vec<Part>,
    pub sparse: Vec<Option<Part>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alias(pub Part);
impl std::ops::Deref for Alias {
    type Target = Part;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Part> for Alias {
    fn from(value: Part) -> Self {
        Self(value)
    }
}

/// Another name for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Described(pub Part);
impl std::ops::Deref for Described {
    type Target = Part;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Part> for Described {
    fn from(value: Part) -> Self {
        Self(value)
    }
}

/// Both at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Together {
    #[serde(flatten)]
    pub part: Part,
    #[serde(flatten)]
    pub other: Other,
}

impl JsonSchema for Together {
    fn schema_name() -> String {
        "Together".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::together(generator)
    }
}

// src/schemas.rs
// @generated from references.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::{describe, types};

pub fn together(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<types::Part>();
    generator.subschema_for::<types::Other>();
    describe::written(
        r##"{
  "description": "Both at once.",
  "allOf": [
    {
      "$ref": "#/components/schemas/Part"
    },
    {
      "$ref": "#/components/schemas/Other"
    }

  ]
}"##,
    )
}

