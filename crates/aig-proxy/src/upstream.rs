//! The only socket that leaves the house: one pooled client for every provider.
//!
//! Sends one request once and gives back the answer's head as soon as it is there. Which
//! addresses may be dialled is decided in `egress`; whether to try again, elsewhere.

use std::error::Error;
use std::time::Duration;

use aig_policy::Failure;
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::egress::{Connector, DialError, EgressRules};
use crate::line;
use crate::payload::Upload;

/// Sends requests to providers.
pub(crate) struct Upstream {
    client: Client<HttpsConnector<Connector>, Upload>,
}

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
}

impl Unanswered {
    /// The failure that it is to whoever decides what comes next.
    pub(crate) const fn as_failure(&self) -> Failure {
        match self {
            Self::Forbidden => Failure::Refused,
            Self::Unreachable => Failure::Unreachable,
            Self::TimedOut => Failure::TimedOut,
            Self::BrokeOff | Self::WentStale => Failure::BrokeOff,
        }
    }
}

impl Upstream {
    pub(crate) fn new(rules: EgressRules, connect_timeout: Duration) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector::new(rules, connect_timeout));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .http2_adaptive_window(true)
            // Some providers describe every limit of an account in a header of its own.
            .http1_max_headers(256)
            .build(connector);
        Self { client }
    }

    /// Sends the request once; gives up on the first byte of an answer after `timeout`.
    pub(crate) async fn send(
        &self,
        mut request: Request<Upload>,
        timeout: Option<Duration>,
    ) -> Result<Response<Incoming>, Unanswered> {
        let connection = capture_connection(&mut request);
        let answer = self.client.request(request);
        let answer = match timeout {
            None => answer.await,
            // Dropping the call closes its connection, so the provider stops as well.
            Some(timeout) => tokio::time::timeout(timeout, answer)
                .await
                .map_err(|_| Unanswered::TimedOut)?,
        };
        let answer = answer.map_err(|error| {
            tracing::debug!(error = &error as &dyn Error, "no answer from the provider");
            match dial_error(&error) {
                Some(DialError::Forbidden) => Unanswered::Forbidden,
                Some(_) => Unanswered::Unreachable,
                None if error.is_connect() => Unanswered::Unreachable,
                None if line::went_stale(&error) => Unanswered::WentStale,
                None => Unanswered::BrokeOff,
            }
        })?;
        // Where a body ends that says it twice is doubtful, and so is what follows it.
        if answer.headers().contains_key(header::TRANSFER_ENCODING)
            && answer.headers().contains_key(header::CONTENT_LENGTH)
            && let Some(connection) = connection.connection_metadata().as_ref()
        {
            connection.poison();
        }
        line::has_served(&answer);
        // Nobody asked for another protocol, so this is no answer to what was asked.
        match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => Err(Unanswered::BrokeOff),
            _ => Ok(answer),
        }
    }
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
