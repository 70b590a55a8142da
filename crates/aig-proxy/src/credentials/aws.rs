//! Signs requests with AWS's access keys (Signature Version 4).
//!
//! The signature itself is made by AWS's own crate; what is signed is chosen here: what decides where
//! a request goes and what it means, and nothing that the transport may still change. A signature is
//! good for minutes, so every try has one of its own.

use std::time::SystemTime;

use aig_model::{AwsKeys, Secret};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};

/// Signs for one service in one region.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    credentials: Credentials,
    service: &'static str,
    region: String,
}

/// The request has a form that cannot be signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed")]
pub(crate) struct Unsigned;

/// What AWS wants signed wherever it stands.
const PREFIX: &str = "x-amz-";
/// Of a signature that was made before.
const FORMER: [HeaderName; 3] = [
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-content-sha256"),
    HeaderName::from_static("x-amz-security-token"),
];

// === impl Signer ===

impl Signer {
    pub(crate) fn new(keys: &AwsKeys, (service, region): (&'static str, &str)) -> Self {
        let token = keys.session_token.as_ref().map(Secret::expose);
        Self {
            credentials: Credentials::new(
                keys.access_key_id.clone(),
                keys.secret_access_key.expose().clone(),
                token.cloned(),
                None,
                "stored key",
            ),
            service,
            region: region.to_owned(),
        }
    }

    /// Signs a request whose body has that SHA-256, in hex. Afterwards its headers must stay as they
    /// are, but for those that are not signed.
    pub(crate) fn sign(
        &self,
        (method, target): (&Method, &Uri),
        headers: &mut HeaderMap,
        body: &str,
        now: SystemTime,
    ) -> Result<(), Unsigned> {
        for name in &FORMER {
            headers.remove(name);
        }
        let identity = self.credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| Unsigned)?
            .into();
        let signed = headers.iter().filter(|(name, _)| is_signed(name));
        let signed = signed
            .map(|(name, value)| Ok((name.as_str(), value.to_str().map_err(|_| Unsigned)?)))
            .collect::<Result<Vec<_>, Unsigned>>()?;
        let request = SignableRequest::new(
            method.as_str(),
            target.to_string(),
            signed.into_iter(),
            SignableBody::Precomputed(body.to_owned()),
        );
        let output = sign(request.map_err(|_| Unsigned)?, &params).map_err(|_| Unsigned)?;
        let (instructions, _) = output.into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unsigned)?;
            let mut value = HeaderValue::from_str(value).map_err(|_| Unsigned)?;
            value.set_sensitive(name != FORMER[0]);
            headers.insert(name, value);
        }
        Ok(())
    }
}

fn is_signed(name: &HeaderName) -> bool {
    name == header::CONTENT_TYPE || name.as_str().starts_with(PREFIX)
}

#[cfg(test)]
mod tests;
