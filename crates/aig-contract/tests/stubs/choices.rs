// @generated from samples/choices.yml: the files of a crate, one after the other

// src/api.rs
// @generated from choices.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Choices.
#[dropshot::api_description]
pub trait ChoicesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/external",
    }]
    async fn external_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::External>,
    ) -> Result<HttpResponseOk<types::External>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/internal",
    }]
    async fn internal_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Internal>,
    ) -> Result<HttpResponseOk<types::Internal>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/adjacent",
    }]
    async fn adjacent_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Adjacent>,
    ) -> Result<HttpResponseOk<types::Adjacent>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/untagged",
    }]
    async fn untagged_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Untagged>,
    ) -> Result<HttpResponseOk<types::Untagged>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/either",
    }]
    async fn either_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Either>,
    ) -> Result<HttpResponseOk<types::Either>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/closed",
    }]
    async fn closed_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Closed>,
    ) -> Result<HttpResponseOk<types::Closed>, HttpError>;
}

// src/types.rs
// @generated from choices.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Circle {
    pub radius: f64,
}

/// The name of the one member tells which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum External {
    Nothing,
    Everything,
    Circle(Circle),
    /// With members of its own.
    Square { side: u32, words: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Internal {
    /// Nothing more.
    Empty,
    FullOfIt { amount: i64, unit: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Adjacent {
    Id(Uuid),
    Circle(Circle),
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    #[schemars(title = "number")]
    Number(i64),
    /// In words.
    String(String),
    Circle(Circle),
}

/// Exactly one, which no derive says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Either {
    Id(Uuid),
    Name(Circle),
}

impl JsonSchema for Either {
    fn schema_name() -> String {
        "Either".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::either(generator)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "tag", rename_all = "snake_case", deny_unknown_fields)]
pub enum Closed {
    A { x: bool },
    B { y: bool },
}

// src/schemas.rs
// @generated from choices.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::{describe, types};

pub fn either(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<types::Circle>();
    describe::written(
        r##"{
  "description": "Exactly one, which no derive says.",
  "oneOf": [
    {
      "title": "id",
      "allOf": [
        {
          "type": "string",
          "format": "uuid"
        }
      ]
    },
    {
      "title": "name",
      "allOf": [
        {
          "$ref": "#/components/schemas/Circle"
        }
      ]
    }

  ]
}"##,
    )
}

