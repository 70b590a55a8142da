// @generated from samples/sockets.yml: the files of a crate, one after the other

// src/api.rs
// @generated from sockets.yml — do not edit

//! The operations, as a trait.

use dropshot::{
    Body, HttpError, Path, Query, RequestContext, WebsocketChannelResult,
    WebsocketConnection, WebsocketUpgrade,
};
use crate::{answers, parameters};

/// Sockets.
#[dropshot::api_description]
pub trait SocketsApi {
    /// What every operation can reach.
    type Context;
    #[channel {
        protocol = WEBSOCKETS,
        path = "/channel/{id}",
    }]
    async fn channel(
        rqctx: RequestContext<Self::Context>,
        path: Path<parameters::ChannelPath>,
        query: Query<parameters::ChannelQuery>,
        connection: WebsocketConnection,
    ) -> WebsocketChannelResult;

    #[endpoint {
        method = GET,
        path = "/told",
    }]
    async fn told(
        rqctx: RequestContext<Self::Context>,
        upgrade: WebsocketUpgrade,
    ) -> Result<answers::ToldOk, HttpError>;

    #[endpoint {
        method = GET,
        path = "/hand",
    }]
    async fn by_hand(
        rqctx: RequestContext<Self::Context>,
        upgrade: WebsocketUpgrade,
    ) -> Result<http::Response<Body>, HttpError>;
}

// src/parameters.rs
// @generated from sockets.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

/// What stands in the path of `channel`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ChannelPath {
    pub id: Uuid,
}

/// What stands in the query of `channel`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ChannelQuery {
    pub since: Option<u64>,
}

// src/answers.rs
// @generated from sockets.yml — do not edit

//! Answers and errors that dropshot has no type for.

use dropshot::{Body, HttpError, HttpResponse};
use http::StatusCode;

/// How `told` answers.
#[derive(Debug)]
pub struct ToldOk(pub http::Response<Body>);
impl HttpResponse for ToldOk {
    fn to_result(self) -> Result<http::Response<Body>, HttpError> {
        Ok(self.0)
    }

    fn response_metadata() -> dropshot::ApiEndpointResponse {
        dropshot::ApiEndpointResponse {
            schema: <dropshot::HttpResponseDeleted as HttpResponse>::response_metadata()
                .schema,
            success: Some(StatusCode::SWITCHING_PROTOCOLS),
            description: Some("Switching over".to_owned()),
            ..dropshot::ApiEndpointResponse::default()
        }
    }

    fn status_code(&self) -> StatusCode {
        self.0.status()
    }
}

