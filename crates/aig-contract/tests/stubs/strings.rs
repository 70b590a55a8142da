// @generated from samples/strings.yml: the files of a crate, one after the other

// src/api.rs
// @generated from strings.yml — do not edit

//! The operations, as a trait.

use dropshot::{HttpError, HttpResponseOk, Path, Query, RequestContext, TypedBody};
use crate::{parameters, types};

/// Strings.
#[dropshot::api_description]
pub trait StringsApi {
    /// What every operation can reach.
    type Context;
    #[endpoint {
        method = PUT,
        path = "/strings",
    }]
    async fn strings_put(
        rqctx: RequestContext<Self::Context>,
        body: TypedBody<types::Strings>,
    ) -> Result<HttpResponseOk<types::Strings>, HttpError>;

    #[endpoint {
        method = GET,
        path = "/at/{when}/{id}",
    }]
    async fn strings_get(
        rqctx: RequestContext<Self::Context>,
        path: Path<parameters::StringsGetPath>,
        query: Query<parameters::StringsGetQuery>,
    ) -> Result<HttpResponseOk<String>, HttpError>;
}

// src/types.rs
// @generated from strings.yml — do not edit

//! The schemas of the document.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Strings {
    pub uuid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DateTime<Utc>")]
    pub date_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NaiveDate")]
    pub date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NaiveDateTime")]
    pub partial_date_time: Option<NaiveDateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "IpAddr")]
    pub ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Ipv4Addr")]
    pub ipv4: Option<Ipv4Addr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Ipv6Addr")]
    pub ipv6: Option<Ipv6Addr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", url)]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", email)]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::strings_byte")]
    pub byte: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::strings_binary")]
    pub binary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::strings_password")]
    pub password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::strings_hostname")]
    pub hostname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schemas::strings_utf8pathbuf")]
    pub utf8pathbuf: Option<String>,
    pub plain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 5))]
    pub short: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "char")]
    pub letter: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^a\"b\\\\d+$"))]
    pub patterned: Option<String>,
    pub listed: Vec<Ipv4Addr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "()")]
    pub null_only: Option<()>,
}

// src/parameters.rs
// @generated from strings.yml — do not edit

//! What operations are asked by: paths, queries, headers.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::IpAddr;
use uuid::Uuid;

/// What stands in the path of `strings_get`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct StringsGetPath {
    pub when: DateTime<Utc>,
    pub id: Uuid,
}

/// What stands in the query of `strings_get`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct StringsGetQuery {
    pub address: Option<IpAddr>,
}

// src/schemas.rs
// @generated from strings.yml — do not edit

//! Schemas that no derive prints, and defaults.

use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use crate::describe;

pub fn strings_binary(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"format":"binary"}"#)
}

pub fn strings_byte(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"format":"byte"}"#)
}

pub fn strings_hostname(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"format":"hostname"}"#)
}

pub fn strings_password(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"format":"password"}"#)
}

pub fn strings_utf8pathbuf(generator: &mut SchemaGenerator) -> Schema {
    describe::extended::<String>(generator, r#"{"format":"Utf8PathBuf"}"#)
}

