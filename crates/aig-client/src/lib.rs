#![doc = include_str!("../README.md")]

#[allow(
    missing_docs,
    nonstandard_style,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags
)]
mod generated;

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

pub use generated::*;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a whole call may take.
const CALL: Duration = Duration::from_secs(60);

/// Why a client could not be made.
#[derive(Debug)]
pub enum Unusable {
    /// The token holds signs that no header may hold.
    Token,
    /// The HTTP client could not be set up.
    Http(reqwest::Error),
}

impl Client {
    /// A client of the API at `base_url`, which ends where the paths of the contract
    /// begin, as in `https://api.cloudflare.com/client/v4`.
    ///
    /// It follows no redirect, because the token would go with it; it gives up on
    /// connecting after 10 seconds and on a call after 60. Whoever wants something
    /// else brings an HTTP client of their own to [`Client::new_with_client`].
    ///
    /// # Errors
    /// When the token cannot stand in a header, or the HTTP client cannot be set up.
    pub fn with_token(base_url: &str, token: &str) -> Result<Self, Unusable> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Unusable::Token)?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .build()
            .map_err(Unusable::Http)?;
        Ok(Self::new_with_client(base_url.trim_end_matches('/'), http))
    }
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token => f.write_str(
                "the token holds signs that cannot be sent; copy it again, without line breaks",
            ),
            Self::Http(_) => f.write_str("cannot set up an HTTP client"),
        }
    }
}

impl std::error::Error for Unusable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Token => None,
            Self::Http(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests;
