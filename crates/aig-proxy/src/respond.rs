//! The one door through which a failure of the data plane leaves: status, code, words.
//!
//! Codes are Cloudflare's, the words are ours; the shape is the gateway host's, whose array of
//! errors is called `error` (singular), as clients tell it from the API host by that. What a
//! provider answers never passes here: it goes to the caller as it is.

use aig_provider::BadTail;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::Body;
use crate::universal::BadUniversal;
use crate::upstream::Unanswered;

/// Why the gateway answers itself.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The path is none of the data plane's.
    NoSuchPath,
    /// There is no such gateway, and the caller may know.
    NoSuchGateway,
    /// The token is missing or wrong.
    Unauthorized,
    /// Two different gateway tokens in one request.
    TwoTokens,
    /// Two `Host` headers in one request.
    TwoHosts,
    /// No provider of that name.
    InvalidProvider,
    /// Translating between dialects is not done.
    NoTranslation,
    /// The path below the provider could lead out of the provider's own space, or is no path.
    BadPath(BadTail),
    /// The universal request cannot be read.
    BadUniversal(BadUniversal),
    /// The request's body broke off, or its frame is broken.
    BadBody,
    /// The request's body did not come on.
    SlowBody,
    /// The request's body is longer than is allowed.
    TooLarge { limit: u64 },
    /// No usable answer came from the provider.
    Unanswered(Unanswered),
    /// A fault of the gateway's own.
    Internal,
}

impl Failure {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            // The caller sees 400 where no usable answer came; clients know it by the code.
            Self::NoSuchGateway
            | Self::TwoTokens
            | Self::TwoHosts
            | Self::InvalidProvider
            | Self::NoTranslation
            | Self::BadPath(_)
            | Self::BadUniversal(_)
            | Self::BadBody
            | Self::Unanswered(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// Cloudflare's code where it has one; the framework's generic ones otherwise.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::NoSuchGateway => 2001,
            Self::Unanswered(_) => 2005,
            Self::InvalidProvider | Self::NoTranslation => 2008,
            Self::Unauthorized => 2009,
            Self::NoSuchPath => 7000,
            Self::TwoTokens
            | Self::TwoHosts
            | Self::BadPath(_)
            | Self::BadUniversal(_)
            | Self::BadBody
            | Self::SlowBody
            | Self::TooLarge { .. } => 7001,
            Self::Internal => 7009,
        }
    }

    fn message(&self) -> &'static str {
        match self {
            Self::NoSuchPath => "No such path",
            Self::NoSuchGateway => "No such gateway",
            Self::Unauthorized => "Unauthorized",
            Self::TwoTokens => "Two different gateway tokens in one request",
            Self::TwoHosts => "Two Host headers in one request",
            Self::InvalidProvider => "Invalid provider",
            Self::NoTranslation => "The OpenAI-compatible endpoint is not available",
            Self::BadPath(_) => "The path below the provider is not acceptable",
            Self::BadUniversal(_) => "The universal request cannot be read",
            Self::BadBody => "The request's body is broken",
            Self::SlowBody => "The request's body did not arrive",
            Self::TooLarge { .. } => "The request's body is too large",
            Self::Unanswered(_) => "Failed to get response from provider",
            Self::Internal => "Internal error",
        }
    }

    fn description(&self) -> String {
        match self {
            Self::NoSuchPath => {
                "requests go to /v1/{account}/{gateway}/{provider}/{path of the provider}".into()
            }
            Self::NoSuchGateway => {
                "create it first (POST /client/v4/accounts/{account}/ai-gateway/gateways), \
                 or check the gateway in the URL"
                    .into()
            }
            Self::Unauthorized => {
                "this gateway wants a token with the run permission: cf-aig-authorization: Bearer …"
                    .into()
            }
            Self::TwoTokens => "send one token, in cf-aig-authorization".into(),
            Self::TwoHosts => "send one".into(),
            Self::InvalidProvider => {
                "the segment after the gateway names a provider, such as openai or anthropic, or one \
                 of the [providers] in the configuration"
                    .into()
            }
            Self::NoTranslation => {
                "name the provider after the gateway and use its own format, as in \
                 /v1/{account}/{gateway}/openai/chat/completions"
                    .into()
            }
            Self::BadPath(reason) => reason.to_string(),
            Self::BadUniversal(reason) => reason.to_string(),
            Self::BadBody => "it broke off, or its chunks are malformed".into(),
            Self::SlowBody => {
                "nothing more of it came for a while; send it without long pauses".into()
            }
            Self::TooLarge { limit } => format!("at most {limit} bytes are forwarded"),
            Self::Unanswered(reason) => reason.to_string(),
            Self::Internal => "the fault is the gateway's own; its log tells more".into(),
        }
    }

    /// The answer to the caller.
    pub(crate) fn response(&self) -> Response<Body> {
        let (status, code, message) = (self.status(), self.code(), self.message());
        let body = json!({
            "success": false,
            "result": [],
            "messages": [],
            "error": [{"code": code, "message": message}],
            "name": "AiGatewayError",
            "httpCode": status.as_u16(),
            "internalCode": code,
            "message": message,
            "description": self.description(),
        });
        let mut response = Response::new(Body::fixed(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        response
    }
}
