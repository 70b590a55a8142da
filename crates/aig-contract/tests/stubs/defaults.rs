// @generated from samples/defaults.yml: the files of a crate, one after the other

// src/api.rs
// @generated from defaults.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Defaults.
#[dropshot::api_description]
pub trait DefaultsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/defaults",
    }]
    async fn defaults_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Defaults>,
    ) -> Result<HttpResponseOk<types::Defaults>, HttpError>;
}

// src/types.rs
// @generated from defaults.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
pub enum Mode {
    Fast,
    Slow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    pub depth: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Defaults {
    #[serde(default)]
    pub off: bool,
    #[serde(default = "crate::schemas::default_defaults_on")]
    pub on: bool,
    #[serde(default = "crate::schemas::default_defaults_count")]
    pub count: u32,
    #[serde(default = "crate::schemas::default_defaults_rate")]
    pub rate: f64,
    #[serde(default = "crate::schemas::default_defaults_words")]
    pub words: String,
    #[serde(default)]
    pub empty: Vec<String>,
    #[serde(default)]
    pub nothing: Option<String>,
    #[serde(default = "crate::schemas::default_defaults_something")]
    pub something: Option<String>,
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    #[serde(default = "crate::schemas::default_defaults_mode")]
    pub mode: Mode,
    /// With words.
    #[serde(default = "crate::schemas::default_defaults_described")]
    pub described: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::defaults_inner")]
    pub inner: Option<Inner>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::defaults_list")]
    pub list: Option<Vec<i32>>,
}

// src/schemas.rs
// @generated from defaults.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::{describe, types};

pub fn defaults_inner(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<types::Inner>();
    describe::written(
        r##"{
  "allOf": [
    {
      "$ref": "#/components/schemas/Inner"
    }

  ],
  "default": {
    "depth": 3
  }
}"##,
    )
}

pub fn defaults_list(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<Vec<i32>>(generator, r#"{"default":[1,2]}"#)
}

/// What stands for an absent member: `true`.
pub fn default_defaults_on() -> bool {
    true
}

/// What stands for an absent member: `7`.
pub fn default_defaults_count() -> u32 {
    7
}

/// What stands for an absent member: `0.5`.
pub fn default_defaults_rate() -> f64 {
    serde_json::from_str(r#"0.5"#)
        .expect("the generator has compared the default with its type")
}

/// What stands for an absent member: `"none"`.
pub fn default_defaults_words() -> String {
    "none".to_owned()
}

/// What stands for an absent member: `"some"`.
pub fn default_defaults_something() -> Option<String> {
    serde_json::from_str(r#""some""#)
        .expect("the generator has compared the default with its type")
}

/// What stands for an absent member: `"fast"`.
pub fn default_defaults_mode() -> types::Mode {
    serde_json::from_str(r#""fast""#)
        .expect("the generator has compared the default with its type")
}

/// What stands for an absent member: `"slow"`.
pub fn default_defaults_described() -> types::Mode {
    serde_json::from_str(r#""slow""#)
        .expect("the generator has compared the default with its type")
}

