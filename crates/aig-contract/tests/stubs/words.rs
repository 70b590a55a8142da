// @generated from samples/words.yml: the files of a crate, one after the other

// src/api.rs
// @generated from words.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext};
use crate::types;

/// Words.
#[dropshot::api_description {
    tag_config = {
        allow_other_tags = true,
        tags = {
            "told" = {
                description = "Tags with words.",
                external_docs = {
                    description = "More words",
                    url = "https://example.com/told"
                },
            },
            "untold" = {}
        },
    },
}]
pub trait WordsApi {
    /// What every operation can reach.
    type Context;
    /// A summary, on a line of its own
    ///
    /// A paragraph that goes on for more than a line would hold, so that it is folded in the code, with `code`, *stress*
    /// and a [link](https://example.com/a/b).
    ///
    /// Another paragraph: <b>bold</b> & "quoted".
    #[endpoint {
        method = GET,
        path = "/one",
        tags = ["told", "untold"],
        deprecated = true,
    }]
    async fn one(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<types::Told>, HttpError>;

    /// Only a summary
    #[endpoint {
        method = GET,
        path = "/two",
        tags = ["untold"],
    }]
    async fn two(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<types::Told>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/three",
    }]
    async fn three(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<types::Told>, HttpError>;
}

// src/types.rs
// @generated from words.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// First paragraph.
///
/// - a list
/// - of two
///
/// ```text
/// let code = 1;
/// ```
///
/// # A heading
/// indented
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(
    description = "First paragraph.\n\n- a list\n- of two\n\n```\nlet code = 1;\n```\n\n# A heading\n    indented"
)]
#[schemars(title = "A title")]
pub struct Told {
    /// No longer.
    #[deprecated]
    pub old: String,
    /// Only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::told_read")]
    pub read: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::told_written")]
    pub written: Option<String>,
    /// * starred
    #[schemars(description = "* starred")]
    #[schemars(title = "Its own title")]
    pub titled: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Old")]
    pub older: Option<Old>,
    /// \# like a heading
    #[schemars(description = "# like a heading")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub hash: Option<bool>,
}

/// Nobody uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[deprecated]
pub struct Old(pub String);
impl std::ops::Deref for Old {
    type Target = String;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Old {
    fn from(value: String) -> Self {
        Self(value)
    }
}

// src/schemas.rs
// @generated from words.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn told_read(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"readOnly":true}"#)
}

pub fn told_written(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"writeOnly":true}"#)
}

