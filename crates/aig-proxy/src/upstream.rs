//! The only socket that leaves the house: one pooled client for every provider.
//!
//! Sends one request once and gives back the answer's head as soon as it is there. Which
//! addresses may be dialled is decided in `egress`; whether to try again, elsewhere.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aig_policy::Failure;
use aig_policy::rate_limit::Denied;
use http::{Request, Response, StatusCode};
use hyper::client::conn::{http1, http2};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};

use crate::Authorities;
use crate::credentials::NoToken;
use crate::egress::{Connector, DialError, EgressRules};
use crate::payload::Upload;
use crate::pool::{Download, Pool, Unsent};

/// Sends requests to providers.
pub(crate) struct Upstream {
    pool: Pool,
    first_byte_timeout: Option<Duration>,
}

/// The longest head of an answer, in bytes, and the most of an HTTP/1 body that is read ahead of the
/// caller: with a quarter of it a long answer takes four times the calls to the system. Only who is sent
/// much at once and reads nothing of it holds so much.
pub const ANSWER_HEAD: usize = 128 << 10;
/// The most headers of an answer. It is hyper's own number, which is the faster for not being set:
/// room for any other is found anew for every answer, and written once before it is used.
pub const ANSWER_HEADERS: usize = 100;
/// Bytes of an answer that an HTTP/2 provider may send ahead of the caller. A window that adapts
/// itself to the line grows to 16 MiB, and a caller that reads nothing would have all of it filled.
pub const ANSWER_WINDOW: u32 = 64 << 10;
/// The same of all answers of a connection together: so many that callers who read nothing do not
/// hold up those of others, which share the connection.
pub const PROVIDER_WINDOW: u32 = ANSWER_WINDOW * 256;
/// Bytes of a request that are kept ready for an HTTP/2 provider beyond what it has room for.
pub const REQUEST_BUFFER: usize = 64 << 10;

/// Why there is no answer. Says nothing of hosts and addresses: callers read it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// The rules of the house forbid the destination.
    #[error("the provider's address is not among those that the configuration allows")]
    Forbidden,
    /// No connection could be made.
    #[error("the provider could not be reached")]
    Unreachable,
    /// The first byte of an answer did not come in time.
    #[error("the provider did not answer in time")]
    TimedOut,
    /// The connection ended, or what came over it was not HTTP, before there was an answer.
    #[error("the provider broke off before it answered")]
    BrokeOff,
    /// The same, on a connection that had lain idle since it last served.
    #[error("the provider broke off before it answered")]
    WentStale,
    /// There is no token for the stored key.
    #[error(transparent)]
    NoToken(#[from] NoToken),
    /// The stored key cannot sign the request.
    #[error("the request cannot be signed with the stored key")]
    Unsigned,
    /// The stored key has had its requests.
    #[error("the stored key has had the requests that it may have")]
    KeyLimited(Denied),
}

impl Unanswered {
    /// The failure that it is to whoever decides what comes next.
    pub(crate) const fn as_failure(&self) -> Failure {
        match self {
            Self::Forbidden => Failure::Refused,
            Self::Unreachable => Failure::Unreachable,
            Self::TimedOut => Failure::TimedOut,
            Self::BrokeOff | Self::WentStale => Failure::BrokeOff,
            Self::NoToken(NoToken::Unreachable) => Failure::Unreachable,
            Self::NoToken(_) | Self::Unsigned | Self::KeyLimited(_) => Failure::NoKey,
        }
    }

    fn of(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Unreachable(error) => {
                tracing::debug!(error = &*error as &dyn Error, "a provider is not reached");
                match dial_error(&*error) {
                    Some(DialError::Forbidden) => Self::Forbidden,
                    _ => Self::Unreachable,
                }
            }
            Unsent::Broke { error, served } => {
                tracing::debug!(error = &error as &dyn Error, "no answer from the provider");
                match served && is_closed(&error) {
                    true => Self::WentStale,
                    false => Self::BrokeOff,
                }
            }
        }
    }
}

impl Upstream {
    pub(crate) fn new(
        rules: EgressRules,
        authorities: &Authorities,
        connect_timeout: Duration,
        first_byte_timeout: Option<Duration>,
    ) -> Self {
        let tls = trusting(authorities);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector::new(rules, connect_timeout));
        let mut http1 = http1::Builder::new();
        http1.max_buf_size(ANSWER_HEAD);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(ANSWER_WINDOW)
            .initial_connection_window_size(PROVIDER_WINDOW)
            .max_send_buf_size(REQUEST_BUFFER)
            .max_header_list_size(ANSWER_HEAD as u32);
        Self {
            pool: Pool::new(connector, http1, http2),
            first_byte_timeout,
        }
    }

    /// Sends the request once; gives up on the first byte of an answer after `timeout`, or after
    /// the instance's own.
    pub(crate) async fn send(
        &self,
        request: Box<Request<Upload>>,
        timeout: Option<Duration>,
    ) -> Result<Response<Download>, Unanswered> {
        let answer = self.pool.send(request);
        let answer = match timeout.or(self.first_byte_timeout) {
            None => answer.await,
            // Dropping the call closes its connection, so the provider stops as well.
            Some(timeout) => tokio::time::timeout(timeout, answer)
                .await
                .map_err(|_| Unanswered::TimedOut)?,
        };
        let answer = answer.map_err(Unanswered::of)?;
        // Nobody asked for another protocol, so this is no answer to what was asked.
        match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => Err(Unanswered::BrokeOff),
            _ => Ok(answer),
        }
    }
}

/// The client's side of TLS: public authorities, and those that an administrator adds.
fn trusting(authorities: &Authorities) -> ClientConfig {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(authorities.0.iter().cloned());
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has suites of both versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Whether the connection was closed, which a provider may do with one that lies idle in the moment in
/// which a request is on its way. What was no HTTP is something else: it was said for this request.
fn is_closed(error: &hyper::Error) -> bool {
    let broken = (error.source()).is_some_and(|source| source.is::<std::io::Error>());
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || broken
}

/// The connector's own error, wherever in the chain it stands.
fn dial_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e DialError> {
    let mut link = Some(error);
    while let Some(error) = link {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // hyper-rustls hands errors on inside an io::Error, which is not their `source`.
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && let Some(found) = io.get_ref().and_then(|inner| inner.downcast_ref())
        {
            return Some(found);
        }
        link = error.source();
    }
    None
}
