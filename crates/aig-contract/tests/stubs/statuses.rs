// @generated from samples/statuses.yml: the files of a crate, one after the other

// src/api.rs
// @generated from statuses.yml — do not edit

//! The operations, as a trait.

use dropshot::{
    HttpError, HttpResponseAccepted, HttpResponseCreated, HttpResponseDeleted,
    HttpResponseFound, HttpResponseHeaders, HttpResponseOk, HttpResponseSeeOther,
    HttpResponseTemporaryRedirect, HttpResponseUpdatedNoContent, RequestContext,
    TypedBody,
};
use crate::{answers, types};

/// Statuses.
#[dropshot::api_description]
pub trait StatusesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = POST,
        path = "/created",
    }]
    async fn created(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Thing>,
    ) -> Result<HttpResponseCreated<types::Thing>, HttpError>;

    #[endpoint {
        method = POST,
        path = "/accepted",
    }]
    async fn accepted(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseAccepted<types::Thing>, HttpError>;

    #[endpoint {
        method = DELETE,
        path = "/deleted",
    }]
    async fn deleted(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseDeleted, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/updated",
    }]
    async fn updated(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseUpdatedNoContent, HttpError>;

    #[endpoint {
        method = GET,
        path = "/found",
    }]
    async fn found(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseFound, HttpError>;

    #[endpoint {
        method = GET,
        path = "/other",
    }]
    async fn other(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseSeeOther, HttpError>;

    #[endpoint {
        method = GET,
        path = "/temporary",
    }]
    async fn temporary(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseTemporaryRedirect, HttpError>;

    #[endpoint {
        method = GET,
        path = "/gone_elsewhere",
    }]
    async fn gone_elsewhere(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        HttpResponseHeaders<
            answers::GoneElsewhereOk,
            answers::GoneElsewhereReplyHeaders,
        >,
        HttpError,
    >;
    #[endpoint {
        method = GET,
        path = "/own",
    }]
    async fn own(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<answers::OwnOk, HttpError>;

    #[endpoint {
        method = HEAD,
        path = "/own_empty",
    }]
    async fn own_empty(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<answers::OwnEmptyOk, HttpError>;

    #[endpoint {
        method = GET,
        path = "/multi",
    }]
    async fn multi(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<answers::MultiOk, HttpError>;

    #[endpoint {
        method = GET,
        path = "/partial",
    }]
    async fn partial(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<answers::PartialOk, HttpError>;

    #[endpoint {
        method = OPTIONS,
        path = "/options",
    }]
    async fn options(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<types::Thing>, HttpError>;

    #[endpoint {
        method = PATCH,
        path = "/patch",
    }]
    async fn patch(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Thing>,
    ) -> Result<HttpResponseOk<types::Thing>, HttpError>;
}

// src/types.rs
// @generated from statuses.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    pub id: Uuid,
}

// src/answers.rs
// @generated from statuses.yml — do not edit

//! Answers and errors that dropshot has no type for.

use dropshot::{Body, HttpCodedResponse, HttpError, HttpResponse};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use crate::types;

/// Headers of the answer of `gone_elsewhere`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct GoneElsewhereReplyHeaders {
    /// HTTP "Location" header
    pub location: String,
}

/// How `gone_elsewhere` answers.
#[derive(Clone, Copy, Debug)]
pub struct GoneElsewhereOk;
impl HttpCodedResponse for GoneElsewhereOk {
    type Body = <dropshot::HttpResponseDeleted as HttpCodedResponse>::Body;
    const STATUS_CODE: StatusCode = StatusCode::PERMANENT_REDIRECT;
    const DESCRIPTION: &'static str = "For good.";
}

impl From<GoneElsewhereOk> for Result<http::Response<Body>, HttpError> {
    fn from(_: GoneElsewhereOk) -> Self {
        Ok(
            http::Response::builder()
                .status(StatusCode::PERMANENT_REDIRECT)
                .body(Body::empty())?,
        )
    }
}

/// How `own` answers.
#[derive(Clone, Debug)]
pub struct OwnOk(pub types::Thing);
impl HttpCodedResponse for OwnOk {
    type Body = types::Thing;
    const STATUS_CODE: StatusCode = StatusCode::OK;
    const DESCRIPTION: &'static str = "The thing itself.";
}

impl From<OwnOk> for Result<http::Response<Body>, HttpError> {
    fn from(answer: OwnOk) -> Self {
        OwnOk::for_object(answer.0)
    }
}

/// How `own_empty` answers.
#[derive(Clone, Copy, Debug)]
pub struct OwnEmptyOk;
impl HttpCodedResponse for OwnEmptyOk {
    type Body = <dropshot::HttpResponseDeleted as HttpCodedResponse>::Body;
    const STATUS_CODE: StatusCode = StatusCode::OK;
    const DESCRIPTION: &'static str = "It is there.";
}

impl From<OwnEmptyOk> for Result<http::Response<Body>, HttpError> {
    fn from(_: OwnEmptyOk) -> Self {
        Ok(http::Response::builder().status(StatusCode::OK).body(Body::empty())?)
    }
}

/// How `multi` answers.
#[derive(Clone, Debug)]
pub struct MultiOk(pub Vec<i32>);
impl HttpCodedResponse for MultiOk {
    type Body = Vec<i32>;
    const STATUS_CODE: StatusCode = StatusCode::MULTI_STATUS;
    const DESCRIPTION: &'static str = "One by one.";
}

impl From<MultiOk> for Result<http::Response<Body>, HttpError> {
    fn from(answer: MultiOk) -> Self {
        MultiOk::for_object(answer.0)
    }
}

/// How `partial` answers.
#[derive(Debug)]
pub struct PartialOk(pub http::Response<Body>);
impl HttpResponse for PartialOk {
    fn to_result(self) -> Result<http::Response<Body>, HttpError> {
        Ok(self.0)
    }

    fn response_metadata() -> dropshot::ApiEndpointResponse {
        dropshot::ApiEndpointResponse {
            success: Some(StatusCode::PARTIAL_CONTENT),
            description: Some("A part of it.".to_owned()),
            ..dropshot::ApiEndpointResponse::default()
        }
    }

    fn status_code(&self) -> StatusCode {
        self.0.status()
    }
}

