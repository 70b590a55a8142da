//! Changes a service account of Google's for an access token (RFC 7523, as Google documents it in
//! "Using OAuth 2.0 for server to server applications").
//!
//! The claims are signed with the account's key; the key itself never leaves. How long a token is
//! kept, and that one request at a time asks for it, is left to `tokens`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aig_model::{Secret, ServiceAccount};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A token, and how long it is good from when it was asked for.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: Arc<Secret<String>>,
    pub(crate) lifetime: Duration,
}

/// Why there is no token. Says nothing of the key, of hosts, or of what the endpoint said freely:
/// callers read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoToken {
    /// The endpoint is nobody's whom the key may be shown to.
    #[error(
        "no access token: the stored service account's token_uri is not Google's, and [egress] allow \
         does not have its address"
    )]
    Untrusted,
    /// The private key is none.
    #[error("no access token: the stored service account's private key is not an RSA key")]
    BadKey,
    /// The endpoint does not take the account.
    #[error("no access token: the stored service account was refused ({0}); store another key")]
    Refused(&'static str),
    /// Nobody answers there, or with nothing of use.
    #[error("no access token: the token endpoint could not be reached, or did not answer in time")]
    Unreachable,
    /// The answer is none of such an endpoint.
    #[error("no access token: what the token endpoint answered holds none")]
    Malformed,
}

/// What a token may be used for: all that the account may do.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
/// How long the claims are good; Google allows no more.
const CLAIMED: u64 = 3600;
/// How long a token is good where the endpoint does not say.
const USUAL: u64 = 3600;
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 10;
/// What an endpoint may say of a refusal (RFC 6749 section 5.2); anything else is not repeated.
const REASONS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// The claims, signed: what is handed in for a token.
pub(crate) fn assertion(
    account: &ServiceAccount,
    now: SystemTime,
) -> Result<Zeroizing<String>, NoToken> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut head = json!({"alg": "RS256", "typ": "JWT"});
    if let Some(id) = &account.private_key_id {
        head["kid"] = json!(id);
    }
    let claims = json!({
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now + CLAIMED,
    });
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut text = Zeroizing::new(format!("{}.{}", coded(&head), coded(&claims)));
    let key = KeyPair::from_pkcs8(account.private_key()).map_err(|_| NoToken::BadKey)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .map_err(|_| NoToken::BadKey)?;
    text.push('.');
    text.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Ok(text)
}

/// The request to the token endpoint.
pub(crate) fn request(
    account: &ServiceAccount,
    now: SystemTime,
) -> Result<Request<Bytes>, NoToken> {
    let target: Uri = (account.token_uri.parse()).map_err(|_| NoToken::Untrusted)?;
    let assertion = assertion(account, now)?;
    let body = format!("grant_type={GRANT}&assertion={}", *assertion);
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, form);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    Ok(request)
}

/// Reads the endpoint's answer.
pub(crate) async fn granted<B>(answer: Response<B>) -> Result<Granted, NoToken>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(NoToken::Unreachable);
    }
    let body = Box::pin(Limited::new(answer.into_body(), MAX_ANSWER).collect()).await;
    let body = match body {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(NoToken::Malformed);
        }
        Err(_) => return Err(NoToken::Unreachable),
    };
    let mut told: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        let said = told["error"].as_str();
        let reason = REASONS.into_iter().find(|reason| said == Some(reason));
        return Err(NoToken::Refused(reason.unwrap_or("it did not say why")));
    }
    let lifetime = told["expires_in"].as_u64().unwrap_or(USUAL);
    // Indexing would panic for what is no object.
    match told.get_mut("access_token").map(Value::take) {
        Some(Value::String(token)) if is_token(&token) => Ok(Granted {
            token: Arc::new(Secret::new(token)),
            lifetime: Duration::from_secs(lifetime.min(24 * 3600)),
        }),
        _ => Err(NoToken::Malformed),
    }
}

/// Whether a text can stand in a header as a key.
fn is_token(text: &str) -> bool {
    (1..=8192).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
