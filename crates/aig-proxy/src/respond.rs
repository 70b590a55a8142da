//! The one door through which a failure of the data plane leaves: status, code, words.
//!
//! Codes are Cloudflare's, the words are ours; the shape is that of the host and the dialect that
//! was asked (`voice`). What a provider answers never passes here: it goes to the caller as it is.

use std::borrow::Cow;

use aig_policy::NotAdmitted;
use aig_policy::rate_limit::Denied;
use aig_provider::BadTail;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::Body;
use crate::credentials::NoCredential;
use crate::custom::Unusable;
use crate::run::BadRun;
use crate::unified::BadUnified;
use crate::universal::BadUniversal;
use crate::upstream::Unanswered;
use crate::voice::{Told, Voice};

/// Why the gateway answers itself.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The path is none of the data plane's.
    NoSuchPath,
    /// The path takes this method only.
    MethodNotAllowed(Method),
    /// A method that is about connections and not about resources.
    BadMethod,
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
    /// The path below the provider could lead out of the provider's own space, or is no path.
    BadPath(BadTail),
    /// The universal request cannot be read.
    BadUniversal(BadUniversal),
    /// The request to a unified endpoint can be sent nowhere.
    BadUnified(BadUnified),
    /// The run cannot be made.
    BadRun(BadRun),
    /// The account's own provider is not used.
    Unusable(Unusable),
    /// There is no key to go to the provider with.
    NoCredential(NoCredential),
    /// The request's body broke off, or its frame is broken.
    BadBody,
    /// The request's body did not come on.
    SlowBody,
    /// The request says in more than one way, or in none that is known, where its body ends.
    BadFraming,
    /// The request has come through here before.
    Loop,
    /// The gateway has had its requests.
    RateLimited(Denied),
    /// The stored key has had its requests.
    KeyLimited(Denied),
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
            Self::NoSuchPath | Self::BadRun(BadRun::Model(_)) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) | Self::BadMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::RateLimited(_) | Self::KeyLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoCredential(NoCredential::Unusable)
            | Self::Unusable(Unusable::Broken(_))
            | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            // The caller sees 400 where no usable answer came; clients know it by the code.
            Self::NoSuchGateway
            | Self::TwoTokens
            | Self::TwoHosts
            | Self::InvalidProvider
            | Self::Unusable(Unusable::Disabled(_))
            | Self::BadPath(_)
            | Self::BadUniversal(_)
            | Self::BadUnified(_)
            | Self::BadRun(_)
            | Self::NoCredential(_)
            | Self::BadBody
            | Self::BadFraming
            | Self::Unanswered(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The gateway host's code: Cloudflare's where it has one; the framework's generic ones otherwise.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::NoSuchGateway => 2001,
            Self::RateLimited(_) | Self::KeyLimited(_) => 2003,
            Self::Unanswered(_) => 2005,
            Self::InvalidProvider | Self::Unusable(Unusable::Disabled(_)) => 2008,
            Self::Unauthorized => 2009,
            Self::NoCredential(NoCredential::UnknownAlias { .. }) => 2040,
            Self::BadUnified(reason) => reason.code(),
            Self::NoSuchPath => 7000,
            Self::BadRun(_) => 7003,
            Self::MethodNotAllowed(_) | Self::BadMethod => 7005,
            Self::TwoTokens
            | Self::TwoHosts
            | Self::BadPath(_)
            | Self::BadUniversal(_)
            | Self::BadBody
            | Self::BadFraming
            | Self::SlowBody
            | Self::Loop
            | Self::NoCredential(NoCredential::Required { .. })
            | Self::TooLarge { .. } => 7001,
            Self::NoCredential(NoCredential::Unusable)
            | Self::Unusable(Unusable::Broken(_))
            | Self::Internal => 7009,
        }
    }

    const fn message(&self) -> &'static str {
        match self {
            Self::NoSuchPath => "No such path",
            Self::MethodNotAllowed(_) | Self::BadMethod => "Method not allowed",
            Self::NoSuchGateway => "No such gateway",
            Self::Unauthorized => "Unauthorized",
            Self::TwoTokens => "Two different gateway tokens in one request",
            Self::TwoHosts => "Two Host headers in one request",
            Self::InvalidProvider => "Invalid provider",
            Self::Unusable(Unusable::Disabled(_)) => "The provider is not enabled",
            Self::Unusable(Unusable::Broken(_)) => "The provider cannot be used",
            Self::BadPath(_) => "The path below the provider is not acceptable",
            Self::BadUniversal(_) => "The universal request cannot be read",
            Self::BadUnified(reason) => reason.message(),
            Self::BadRun(reason) => reason.message(),
            Self::NoCredential(NoCredential::UnknownAlias { .. }) => "No stored key of that name",
            Self::NoCredential(NoCredential::Required { .. }) => {
                "A key for the provider is required"
            }
            Self::NoCredential(NoCredential::Unusable) => "The stored key cannot be used",
            Self::BadBody => "The request's body is broken",
            Self::BadFraming => "The request's framing is ambiguous",
            Self::SlowBody => "The request's body did not arrive",
            Self::Loop => "The request goes in circles",
            Self::RateLimited(_) | Self::KeyLimited(_) => "Rate limited",
            Self::TooLarge { .. } => "The request's body is too large",
            Self::Unanswered(_) => "Failed to get response from provider",
            Self::Internal => "Internal error",
        }
    }

    fn description(&self, voice: Voice) -> Cow<'static, str> {
        let text = match self {
            Self::NoSuchPath if voice.is_api() => {
                "below /client/v4/accounts/{account}/ai/ are run, run/@cf/{author}/{model}, \
                 v1/chat/completions, v1/responses, v1/embeddings and v1/messages"
            }
            Self::NoSuchPath => {
                "requests go to /v1/{account}/{gateway}/{provider}/{path of the provider}, or to \
                 /v1/{account}/{gateway}/compat/ and chat/completions, responses, embeddings or models"
            }
            Self::MethodNotAllowed(allowed) => {
                return format!("this path takes {allowed}").into();
            }
            Self::NoSuchGateway if voice.is_api() => {
                "create it first (POST /client/v4/accounts/{account}/ai-gateway/gateways), \
                 or check the gateway in cf-aig-gateway-id"
            }
            Self::BadMethod => "CONNECT and TRACE are not passed on",
            Self::NoSuchGateway => {
                "create it first (POST /client/v4/accounts/{account}/ai-gateway/gateways), \
                 or check the gateway in the URL"
            }
            Self::Unauthorized if voice.is_api() => {
                "this path wants a token of the account with the run permission: \
                 Authorization: Bearer …"
            }
            Self::Unauthorized => {
                "this gateway wants a token with the run permission: cf-aig-authorization: Bearer …"
            }
            Self::TwoTokens => "send one token, in cf-aig-authorization",
            Self::TwoHosts => "send one",
            Self::InvalidProvider => {
                "the segment after the gateway names a provider, such as openai or anthropic, one of \
                 the [providers] in the configuration, or custom-{slug} of the account's own"
            }
            Self::BadPath(reason) => return reason.to_string().into(),
            Self::BadUniversal(reason) => return reason.to_string().into(),
            Self::BadUnified(reason) => return reason.to_string().into(),
            Self::BadRun(reason) => return reason.to_string().into(),
            Self::Unusable(reason) => return reason.to_string().into(),
            Self::NoCredential(reason) => return reason.to_string().into(),
            Self::BadBody => "it broke off, or its chunks are malformed",
            Self::SlowBody => {
                "it came too slowly, or not at all for a while; send it without long pauses"
            }
            Self::TooLarge { limit } => {
                return format!("at most {limit} bytes are forwarded").into();
            }
            Self::BadFraming => {
                "the only transfer coding is chunked, named once; better, send a content-length"
            }
            Self::Loop => {
                "it has come through a gateway twice before; look for a provider whose base URL \
                 leads back here"
            }
            Self::RateLimited(denied) => {
                return format!(
                    "this gateway has had the requests that it may have; try again in {} s",
                    denied.retry_after_secs()
                )
                .into();
            }
            Self::KeyLimited(denied) => {
                return format!(
                    "the stored key has had the requests that it may have; try again in {} s",
                    denied.retry_after_secs()
                )
                .into();
            }
            Self::Unanswered(reason) => return reason.to_string().into(),
            Self::Internal => "the fault is the gateway's own; its log tells more",
        };
        text.into()
    }

    /// The answer to the caller.
    pub(crate) fn response(&self, voice: Voice) -> Response<Body> {
        let status = self.status();
        // The API host has a code and words of its own for a token that is not good.
        let (code, message) = match self {
            Self::Unauthorized if voice.is_api() => (10_000, "Authentication error"),
            _ => (self.code(), self.message()),
        };
        let told = Told {
            status,
            code,
            message,
            description: &self.description(voice),
        };
        let mut response = Response::new(Body::fixed(voice.body(&told)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        match self {
            Self::MethodNotAllowed(allowed) => {
                let allowed = HeaderValue::from_str(allowed.as_str())
                    .expect("the name of a method is a header value");
                headers.insert(header::ALLOW, allowed);
            }
            Self::Unauthorized if voice.is_api() => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::RateLimited(denied) | Self::KeyLimited(denied) => {
                headers.insert(header::RETRY_AFTER, denied.retry_after_secs().into());
            }
            Self::BadMethod => {
                let allowed =
                    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
                headers.insert(header::ALLOW, allowed);
            }
            _ => {}
        }
        response
    }
}

impl From<BadUniversal> for Failure {
    fn from(reason: BadUniversal) -> Self {
        Self::BadUniversal(reason)
    }
}

impl From<BadUnified> for Failure {
    fn from(reason: BadUnified) -> Self {
        Self::BadUnified(reason)
    }
}

impl From<BadRun> for Failure {
    fn from(reason: BadRun) -> Self {
        Self::BadRun(reason)
    }
}

impl From<Unusable> for Failure {
    fn from(reason: Unusable) -> Self {
        Self::Unusable(reason)
    }
}

impl From<NoCredential> for Failure {
    fn from(reason: NoCredential) -> Self {
        Self::NoCredential(reason)
    }
}

impl From<Unanswered> for Failure {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::KeyLimited(denied) => Self::KeyLimited(denied),
            reason => Self::Unanswered(reason),
        }
    }
}

impl From<NotAdmitted> for Failure {
    fn from(refusal: NotAdmitted) -> Self {
        match refusal {
            NotAdmitted::NoSuchGateway => Self::NoSuchGateway,
            NotAdmitted::Unauthorized => Self::Unauthorized,
            NotAdmitted::TwoTokens => Self::TwoTokens,
        }
    }
}
