// @generated from samples/bodies.yml: the files of a crate, one after the other

// src/api.rs
// @generated from bodies.yml — do not edit

//! The operations, as a trait.

use dropshot::{
    Body, FreeformBody, HttpError, HttpResponseOk, HttpResponseUpdatedNoContent,
    MultipartBody, RequestContext, TypedBody, UntypedBody,
};
use serde_json::Value;
use std::collections::BTreeMap;
use crate::{answers, types};

/// Bodies.
#[dropshot::api_description]
pub trait BodiesApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/bytes",
    }]
    async fn bytes_put(
        rqctx: RequestContext<Self::Context>,
        body: UntypedBody,
    ) -> Result<HttpResponseUpdatedNoContent, HttpError>;

    #[endpoint {
        method = POST,
        path = "/form",
        content_type = "application/x-www-form-urlencoded",
    }]
    async fn form_post(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Form>,
    ) -> Result<HttpResponseOk<types::Form>, HttpError>;

    #[endpoint {
        method = POST,
        path = "/parts",
        content_type = "multipart/form-data",
    }]
    async fn parts_post(
        rqctx: RequestContext<Self::Context>,
        body: MultipartBody,
    ) -> Result<HttpResponseUpdatedNoContent, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/list",
    }]
    async fn list_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<Vec<String>>,
    ) -> Result<HttpResponseOk<Vec<types::Form>>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/map",
    }]
    async fn map_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<BTreeMap<String, u32>>,
    ) -> Result<HttpResponseOk<BTreeMap<String, types::Form>>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/set",
    }]
    async fn set_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<answers::SetGetResult>, HttpError>;

    #[endpoint {
        method = PUT,
        path = "/value",
    }]
    async fn value_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<Value>,
    ) -> Result<HttpResponseOk<Value>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/null",
    }]
    async fn null_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<()>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/maybe",
    }]
    async fn maybe_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<Option<types::Form>>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/named",
    }]
    async fn named_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<answers::NamedGetResult>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/file",
    }]
    async fn file_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<FreeformBody>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/free",
    }]
    async fn free_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<http::Response<Body>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/told",
    }]
    async fn told_get(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<answers::ToldGetAnswer, HttpError>;
}

// src/types.rs
// @generated from bodies.yml — do not edit

//! The schemas of the document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    pub name: String,
}

// src/answers.rs
// @generated from bodies.yml — do not edit

//! Answers and errors that dropshot has no type for.

use dropshot::{Body, HttpError, HttpResponse};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A body that dropshot describes in place, as `Set_of_String`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetGetResult(pub BTreeSet<String>);
impl JsonSchema for SetGetResult {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "Set_of_String".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::set_get_result(generator)
    }
}

/// A body that dropshot describes in place, as `MyOwnTitle`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamedGetResult(pub String);
impl JsonSchema for NamedGetResult {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "MyOwnTitle".to_owned()
    }

    fn json_schema(
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> schemars::schema::Schema {
        crate::schemas::named_get_result(generator)
    }
}

/// How `told_get` answers.
#[derive(Debug)]
pub struct ToldGetAnswer(pub http::Response<Body>);
impl HttpResponse for ToldGetAnswer {
    fn to_result(self) -> Result<http::Response<Body>, HttpError> {
        Ok(self.0)
    }

    fn response_metadata() -> dropshot::ApiEndpointResponse {
        dropshot::ApiEndpointResponse {
            success: None,
            description: Some("Whatever it is.".to_owned()),
            ..dropshot::ApiEndpointResponse::default()
        }
    }

    fn status_code(&self) -> StatusCode {
        self.0.status()
    }
}

// src/schemas.rs
// @generated from bodies.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use std::collections::BTreeSet;
use crate::describe;

pub fn named_get_result(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"maxLength":5}"#)
}

pub fn set_get_result(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<BTreeSet<String>>()
}

