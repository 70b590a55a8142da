// @generated from samples/recursion.yml: the files of a crate, one after the other

// src/api.rs
// @generated from recursion.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, RequestContext, TypedBody};
use crate::types;

/// Recursion.
#[dropshot::api_description]
pub trait RecursionApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/tree",
    }]
    async fn tree_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Tree>,
    ) -> Result<HttpResponseOk<types::Tree>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/chain",
    }]
    async fn chain_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Chain>,
    ) -> Result<HttpResponseOk<types::Chain>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/expression",
    }]
    async fn expression_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Expression>,
    ) -> Result<HttpResponseOk<types::Expression>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/node",
    }]
    async fn node_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Node>,
    ) -> Result<HttpResponseOk<types::Node>, HttpError>;
}

// src/types.rs
// @generated from recursion.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    pub left: Option<Box<Tree>>,
    pub children: Vec<Tree>,
    pub named: BTreeMap<String, Tree>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Link")]
    pub next: Option<Box<Link>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    pub chain: Box<Chain>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    Not(Box<Expression>),
    Both { left: Box<Expression>, right: Box<Expression> },
    Value(bool),
}

#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema
)]
pub struct Node {
    pub seen: BTreeSet<Node>,
    pub id: String,
}

