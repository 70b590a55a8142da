// @generated from samples/extensions.yml: the files of a crate, one after the other

// src/api.rs
// @generated from extensions.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Extensions.
#[dropshot::api_description]
pub trait ExtensionsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/marked",
    }]
    async fn marked_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Marked>,
    ) -> Result<HttpResponseOk<types::Marked>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/sized",
    }]
    async fn sized_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Sized>,
    ) -> Result<HttpResponseOk<types::Sized>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/negated",
    }]
    async fn negated_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Negated>,
    ) -> Result<HttpResponseOk<types::Negated>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/bounded",
    }]
    async fn bounded_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Bounded>,
    ) -> Result<HttpResponseOk<types::Bounded>, HttpError>;
}

// src/types.rs
// @generated from extensions.yml — do not edit

//! The schemas of the document.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;
use crate::describe;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter(pub String);
impl std::ops::Deref for Parameter {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Parameter {
    fn from(value: String) -> Self {
        Self(value)
    }
}

/// A type that somebody else has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    /// With an example.
    pub id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<String>,
}

impl JsonSchema for Marked {
    fn schema_name() -> String {
        "Marked".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::marked(generator)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sized(
    #[schemars(schema_with = "crate::schemas::sized")]
    pub BTreeMap<String, String>,
);
impl std::ops::Deref for Sized {
    type Target = BTreeMap<String, String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<BTreeMap<String, String>> for Sized {
    fn from(value: BTreeMap<String, String>) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Negated(#[schemars(schema_with = "crate::schemas::negated")] pub Value);
impl std::ops::Deref for Negated {
    type Target = Value;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Value> for Negated {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounded {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::bounded_when")]
    pub when: Option<DateTime<Utc>>,
    #[schemars(schema_with = "crate::schemas::bounded_required_default")]
    pub required_default: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "describe::Inline<BoundedEither>")]
    pub either: Option<BoundedEither>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BoundedEither {
    String(String),
    Integer(i64),
}

impl JsonSchema for BoundedEither {
    fn schema_name() -> String {
        "BoundedEither".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::bounded_either(generator)
    }
}

// src/schemas.rs
// @generated from extensions.yml — do not edit

//! Schemas that no derive prints, and defaults.

use chrono::{DateTime, Utc};
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde_json::Value;
use std::collections::BTreeMap;
use crate::{describe, types};

pub fn bounded_either(_: &mut SchemaGenerator) -> Schema {
    describe::written(
        r#"{
  "oneOf": [
    {
      "type": "string"
    },
    {
      "type": "integer",
      "format": "int64"
    }

  ]
}"#,
    )
}

pub fn bounded_required_default(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<i32>(generator, r#"{"default":5}"#)
}

pub fn bounded_when(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<DateTime<Utc>>(generator, r#"{"x-precision":"seconds"}"#)
}

pub fn marked(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<types::Parameter>();
    describe::written(
        r##"{
  "description": "A type that somebody else has.",
  "type": "object",
  "properties": {
    "id": {
      "description": "With an example.",
      "type": "string",
      "format": "uuid",
      "example": "01234567-89ab-cdef-0123-456789abcdef"
    },
    "own": {
      "type": "string",
      "x-own": {
        "a": [
          1,
          2
        ]
      }
    }
  },
  "required": [
    "id"
  ],
  "x-rust-type": {
    "crate": "other",
    "path": "other::Marked",
    "version": "1.0.0",
    "parameters": [
      {
        "$ref": "#/components/schemas/Parameter"
      }
    ]
  }
}"##,
    )
}

pub fn negated(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<Value>(generator, r#"{"not":{"type":"string"}}"#)
}

pub fn sized(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<
        BTreeMap<String, String>,
    >(generator, r#"{"minProperties":1,"maxProperties":3}"#)
}

