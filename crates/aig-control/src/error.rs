//! The only place of the control plane where a failure becomes a status, a code and words.
//!
//! Every failure leaves through [`Failure::response`], whether the front found it or a handler did
//! and dropshot carried it, so that equal failures are equal byte for byte. The codes are
//! Cloudflare's where it has one, else those of the framework that its API is built on.

use aig_api::declared::DeclaredError;
use aig_api::types::{ErrorResponse, ResponseInfo};
use aig_model::{CannotGive, Invalid, Permission};
use aig_store::{CustomProviderError, GatewayError, ProviderConfigError, StoreError, TokenError};
use bytes::Bytes;
use dropshot::{ErrorStatusCode, HttpError};
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Response, StatusCode};
use http_body_util::Full;

/// Why a request is not answered with what it asks for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No token, or an unknown one.
    Unauthenticated,
    /// There is no operation with this path.
    NoSuchPath,
    /// It is an operation of Cloudflare's that is not performed here.
    NotPerformed(&'static str),
    /// There are operations with this path, for other methods.
    MethodNotAllowed(Vec<Method>),
    /// The account or the gateway is not there, or is somebody else's: nobody learns which.
    NotFound,
    /// The token is this account's and lacks the permission.
    Forbidden(Permission),
    /// The token asks for a token that could do what it cannot.
    CannotGive(CannotGive),
    /// Something in the request is not as it must be.
    Invalid(Vec<Fault>),
    /// There is one like it already.
    Conflict(Fault),
    /// A URL that no request may go to.
    BadBaseUrl(Fault),
    /// The body is said to be something else than JSON. A page in a browser can send such a body to
    /// any host without asking it first.
    NotJson,
    /// The body is longer than is allowed, in bytes.
    TooLarge(u64),
    /// The body did not come in time.
    TooSlow,
    /// The store cannot do it now.
    Unavailable(String),
    /// A fault of our own; what it was stands in the log.
    Internal,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What would be right.
    pub(crate) message: String,
    /// Where it is, from the outside in; empty when it cannot be told.
    pub(crate) path: Vec<String>,
}

// === impl Fault ===

impl Fault {
    /// A fault of a field of the body.
    pub(crate) fn of_field(field: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            path: vec!["body".into(), field.into()],
        }
    }
}

// === impl Failure ===

impl Failure {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::NoSuchPath | Self::NotPerformed(_) | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forbidden(_) | Self::CannotGive(_) => StatusCode::FORBIDDEN,
            Self::Invalid(_) | Self::BadBaseUrl(_) => StatusCode::BAD_REQUEST,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(&self) -> i64 {
        match self {
            Self::Unauthenticated | Self::Forbidden(_) | Self::CannotGive(_) => 10_000,
            // Those of custom providers, as Cloudflare's documentation tells them.
            Self::BadBaseUrl(_) => 1_002,
            Self::Conflict(_) => 1_003,
            Self::NoSuchPath | Self::NotPerformed(_) => 7_000,
            Self::Invalid(_) | Self::NotJson | Self::TooLarge(_) | Self::TooSlow => 7_001,
            Self::NotFound => 7_002,
            Self::MethodNotAllowed(_) => 7_005,
            Self::Internal => 7_009,
            Self::Unavailable(_) => 7_011,
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let message = match self {
            Self::Invalid(faults) => return faults.clone(),
            Self::Conflict(fault) | Self::BadBaseUrl(fault) => return vec![fault.clone()],
            Self::Unauthenticated => "Authentication error".into(),
            Self::NotFound => "Not Found".into(),
            Self::NoSuchPath => "no operation has this path; see /openapi.json".into(),
            Self::NotPerformed(what) => {
                format!("this server does not perform {what}; nothing was read or changed")
            }
            Self::MethodNotAllowed(allowed) => {
                format!("this path takes {}", listed(allowed))
            }
            Self::Forbidden(permission) => {
                format!("the token does not have the {permission} permission")
            }
            Self::NotJson => {
                return vec![Fault {
                    message: "the content type must be application/json".into(),
                    path: vec!["header".into(), "content-type".into()],
                }];
            }
            Self::CannotGive(why) => why.to_string(),
            Self::TooLarge(limit) => format!("the body must be at most {limit} bytes long"),
            Self::TooSlow => "the body did not arrive in time; send it again".into(),
            Self::Unavailable(reason) => reason.clone(),
            Self::Internal => "the fault is the server's own; its log tells more".into(),
        };
        let path = vec![];
        vec![Fault { message, path }]
    }

    /// The body of the answer.
    pub(crate) fn envelope(&self) -> ErrorResponse {
        let code = self.code();
        ErrorResponse {
            result: None,
            success: false,
            errors: self
                .faults()
                .into_iter()
                .map(|fault| ResponseInfo {
                    code: code
                        .try_into()
                        .expect("the codes are within the contract's bounds"),
                    message: fault.message,
                    path: (!fault.path.is_empty()).then_some(fault.path),
                })
                .collect(),
            messages: vec![],
        }
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response<Full<Bytes>> {
        let mut response = render(self.status(), &self.envelope());
        if let Self::MethodNotAllowed(allowed) = self {
            let allowed = HeaderValue::try_from(listed(allowed))
                .expect("names of methods can stand in a header");
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }

    /// The failure as an error of an operation: the one it declares for the status, and where it
    /// declares none, one of dropshot's, which the front turns back.
    pub(crate) fn into_error<E>(self) -> E
    where
        E: DeclaredError<ErrorResponse> + From<HttpError>,
    {
        E::declared(self.status(), self.envelope()).unwrap_or_else(|| {
            let message = self.faults().swap_remove(0).message;
            let status = ErrorStatusCode::from_status(self.status())
                .expect("every failure has a status of an error");
            let native = HttpError {
                status_code: status,
                error_code: None,
                external_message: message.clone(),
                internal_message: message,
                headers: None,
            };
            native.into()
        })
    }
}

/// The one form that errors have, whoever found them.
pub(crate) fn render(status: StatusCode, envelope: &ErrorResponse) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(envelope).expect("the envelope is plain JSON");
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Locks pass and disks are cleared; clients that repeat by themselves should wait a little.
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // The rest of the body is not read, so the connection cannot be used again.
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

fn listed(methods: &[Method]) -> String {
    let names: Vec<_> = methods.iter().map(Method::as_str).collect();
    names.join(", ")
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Fault::of_field(invalid.field, invalid.to_string()).into()
    }
}

impl From<CannotGive> for Failure {
    fn from(why: CannotGive) -> Self {
        Self::CannotGive(why)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            // These say what to do, and nothing of the house: no path, no statement.
            StoreError::Busy
            | StoreError::Full
            | StoreError::Deadline(_)
            | StoreError::Broken
            | StoreError::Closed => Self::Unavailable(error.to_string()),
            StoreError::TooDeep => Self::Invalid(vec![Fault {
                message: error.to_string(),
                path: vec!["query".into(), "page".into()],
            }]),
            StoreError::Disk(ref source) => {
                tracing::error!(error = %source, "the disk failed");
                Self::Unavailable(error.to_string())
            }
            error => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, "the store failed");
                Self::Internal
            }
        }
    }
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::AlreadyExists { .. } => {
                Fault::of_field("id", format!("{error}; choose another id")).into()
            }
            GatewayError::Invalid(invalid) => invalid.into(),
            GatewayError::NoAccount => Self::NotFound,
            GatewayError::NotGranted => Self::Forbidden(Permission::Edit),
            GatewayError::Store(error) => error.into(),
        }
    }
}

impl From<ProviderConfigError> for Failure {
    fn from(error: ProviderConfigError) -> Self {
        match error {
            ProviderConfigError::NotFound => Self::NotFound,
            ProviderConfigError::AlreadyExists { .. } => {
                let message = format!("{error}; choose another alias, or replace that key");
                Fault::of_field("alias", message).into()
            }
            ProviderConfigError::NoProvider(_) => {
                let message = format!("{error}; make it first, or say another provider_slug");
                Fault::of_field("provider_slug", message).into()
            }
            ProviderConfigError::Unauthenticated => Self::Invalid(vec![Fault {
                message: format!("{error}; set the gateway's authentication to true first"),
                path: vec![],
            }]),
            ProviderConfigError::Unsuited(invalid) => invalid.into(),
            ProviderConfigError::NotGranted => Self::Forbidden(Permission::Edit),
            ProviderConfigError::Store(error) => error.into(),
        }
    }
}

impl From<CustomProviderError> for Failure {
    fn from(error: CustomProviderError) -> Self {
        match error {
            CustomProviderError::NotFound => Self::NotFound,
            CustomProviderError::AlreadyExists(_) => Self::Conflict(Fault::of_field(
                "slug",
                format!("{error}; choose another slug"),
            )),
            CustomProviderError::SamePrice => Self::Conflict(Fault::of_field(
                "model",
                format!("{error}; change that one, or say another model or model_rule"),
            )),
            CustomProviderError::NoProvider => {
                let message =
                    "account_provider_id must be the id of a custom provider of the account";
                Fault::of_field("account_provider_id", message).into()
            }
            CustomProviderError::TooMany(..) => Self::Invalid(vec![Fault {
                message: format!("{error}; delete some first"),
                path: vec![],
            }]),
            CustomProviderError::NotGranted => Self::Forbidden(Permission::Edit),
            CustomProviderError::Store(error) => error.into(),
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotFound => Self::NotFound,
            TokenError::FromEnvironment => Self::Invalid(vec![Fault {
                message: format!("{error}; change it there"),
                path: vec!["path".into(), "token_id".into()],
            }]),
            TokenError::CannotGive(why) => why.into(),
            TokenError::MakerGone => Self::Unauthenticated,
            TokenError::Invalid(invalid) => invalid.into(),
            TokenError::NotGranted => Self::Forbidden(Permission::TokensWrite),
            TokenError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests;
