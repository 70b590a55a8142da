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

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Request, Response, StatusCode, Url};
use serde_json::Value;

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
    /// connecting after 10 seconds and on a call after 60. The proxy variables of the
    /// environment apply, but not to a loopback host: what runs on this machine is not
    /// behind a proxy, and the token is not the proxy's to see. Whoever wants something
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
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(CALL);
        if is_loopback(base_url) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(Unusable::Http)?;
        Ok(Self::new_with_client(base_url.trim_end_matches('/'), http))
    }
}

fn is_loopback(base_url: &str) -> bool {
    let Ok(url) = Url::parse(base_url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.trim_end_matches('.') == "localhost",
    }
}

/// What [`untyped`] puts into one call, and what it takes out.
struct Untyped {
    body: Option<Value>,
    answer: Option<(StatusCode, Bytes)>,
}

tokio::task_local! {
    static UNTYPED: RefCell<Untyped>;
}

/// Sends what a builder of this client has prepared, but with `body` in place of the typed one,
/// if there is any, and gives the answer back as it came, whatever its status and shape.
///
/// The overlays of the contract declare what `aig` always answers; Cloudflare answers with fewer
/// fields, and takes more. This is for callers who want to speak to both.
///
/// # Errors
/// When the request could not be made or sent, or its answer not be read to its end.
pub async fn untyped<T, E>(
    body: Option<Value>,
    call: impl Future<Output = Result<T, Error<E>>>,
) -> Result<(StatusCode, Bytes), Error<E>> {
    let answer = None;
    UNTYPED
        .scope(RefCell::new(Untyped { body, answer }), async {
            let typed = call.await;
            match UNTYPED.with(|state| state.borrow_mut().answer.take()) {
                Some(answer) => Ok(answer),
                None => Err(match typed {
                    Err(error) => error,
                    Ok(_) => Error::InvalidRequest("the call sent no request".to_owned()),
                }),
            }
        })
        .await
}

/// Does nothing outside [`untyped`].
impl ClientHooks for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let body = UNTYPED.try_with(|state| state.borrow_mut().body.take());
        if let Ok(Some(body)) = body {
            *request.body_mut() = Some(body.to_string().into());
        }
        Ok(())
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        let response = self.client.execute(request).await?;
        if UNTYPED.try_with(|_| ()).is_err() {
            return Ok(response);
        }
        let status = response.status();
        let bytes = response.bytes().await?;
        UNTYPED.with(|state| state.borrow_mut().answer = Some((status, bytes)));
        // The generated code has nothing more to read; what it makes of that is passed over.
        let mut done = http::Response::new("");
        *done.status_mut() = status;
        Ok(done.into())
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
