// @generated from samples/pages.yml: the files of a crate, one after the other

// src/api.rs
// @generated from pages.yml — do not edit

//! The operations, as a trait.

use dropshot::{
    EmptyScanParams, HttpError, HttpResponseOk, PaginationParams, Query, RequestContext,
    ResultsPage,
};
use crate::{parameters, types};

/// Pages.
#[dropshot::api_description]
pub trait PagesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = GET,
        path = "/things",
    }]
    async fn things_list(
        rqctx: RequestContext<Self::Context>,
        query: Query<
            PaginationParams<parameters::ThingsListScan, parameters::PageSelector>,
        >,
    ) -> Result<HttpResponseOk<ResultsPage<types::Thing>>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/all",
    }]
    async fn all_list(
        rqctx: RequestContext<Self::Context>,
        query: Query<PaginationParams<EmptyScanParams, parameters::PageSelector>>,
    ) -> Result<HttpResponseOk<ResultsPage<types::Thing>>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/search",
    }]
    async fn search(
        rqctx: RequestContext<Self::Context>,
        query: Query<parameters::SearchQuery>,
    ) -> Result<HttpResponseOk<Vec<types::Thing>>, HttpError>;
}

// src/types.rs
// @generated from pages.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    pub id: Uuid,
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
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// From the first on.
    Ascending,
    /// From the last on.
    Descending,
}

// src/parameters.rs
// @generated from pages.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use crate::types;

/// What the first page of `things_list` is asked for by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThingsListScan {
    pub sort_by: Option<types::Order>,
    /// Whose they are.
    pub owner: Uuid,
}

/// What stands in the query of `search`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SearchQuery {
    /// What to look for.
    pub q: String,
    pub exact: Option<bool>,
    pub order: Option<types::Order>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8")]
    pub depth: Option<u8>,
    /// Held on to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::search_query_least")]
    pub least: Option<i32>,
}

/// What a page token holds: where the next page starts. Put there whatever
/// finds that place again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageSelector {
    /// The last item of the page before.
    pub last_seen: String,
}

// src/schemas.rs
// @generated from pages.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn search_query_least(generator: &mut SchemaGenerator) -> Schema {
    describe::kept(
        describe::extended::<i32>(generator, r#"{"default":3,"title":"The least"}"#),
    )
}

