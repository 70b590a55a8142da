//! The only way out of the house: resolves and dials where the rules allow (rule R7).
//!
//! Which destinations are allowed is `aig-policy`'s. The check sits in the connector, on the address
//! that is really dialled, after resolution and on every dial: a resolver that filters would be
//! skipped for IP literals, and a check at save time would be fooled by a name that changes its
//! mind. Redirects are not followed and proxy variables of the environment are not read, because
//! nothing here does either.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aig_policy::{Destination, Forbidden, Host};
use http::Uri;
use http::uri::Authority;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub use aig_policy::EgressRules;

/// Dials a TCP connection to where the rules allow.
#[derive(Clone)]
pub(crate) struct Connector {
    rules: Arc<EgressRules>,
    timeout: Duration,
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The rules forbid every address that the name has.
    #[error("the destination is not allowed by [egress]")]
    Forbidden,
    /// The name has no address.
    #[error("the name could not be resolved")]
    Unresolved(#[source] io::Error),
    /// Nobody answered in time.
    #[error("connecting took too long")]
    TimedOut,
    /// The connection was refused or lost.
    #[error("the connection could not be made")]
    Failed(#[source] io::Error),
}

// === impl Connector ===

impl Connector {
    pub(crate) fn new(rules: EgressRules, timeout: Duration) -> Self {
        Self {
            rules: Arc::new(rules),
            timeout,
        }
    }

    async fn dial(self, uri: Uri) -> Result<TokioIo<TcpStream>, DialError> {
        let dialling = async {
            let mut last = None;
            for address in self.addresses(&uri).await? {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = Some(error),
                }
            }
            Err(DialError::Failed(last.expect("there was an address")))
        };
        let stream = tokio::time::timeout(self.timeout, dialling)
            .await
            .map_err(|_| DialError::TimedOut)??;
        let ends = stream
            .local_addr()
            .and_then(|l| Ok((l, stream.peer_addr()?)));
        let (local, peer) = ends.map_err(DialError::Failed)?;
        if self.rules.is_back_home(local, peer) {
            return Err(DialError::Forbidden);
        }
        // Small writes (one event of a stream) must not wait for the acknowledgement of the last.
        stream.set_nodelay(true).map_err(DialError::Failed)?;
        Ok(TokioIo::new(stream))
    }

    /// The addresses that a URL leads to and that may be dialled; at least one.
    async fn addresses(&self, uri: &Uri) -> Result<Vec<SocketAddr>, DialError> {
        let forbidden = |reason: Forbidden| {
            tracing::debug!(%reason, "a destination is not dialled");
            DialError::Forbidden
        };
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", Authority::as_str);
        let judged = self.rules.judge(scheme, authority);
        let Destination { host, port, tls } = judged.map_err(forbidden)?;
        let name = match host {
            Host::Address(address) => return Ok(vec![SocketAddr::new(address, port)]),
            Host::Name(name) => name,
        };
        let resolved = tokio::net::lookup_host((name, port))
            .await
            .map_err(DialError::Unresolved)?;
        let permitted = |address: &SocketAddr| self.rules.permit(address.ip(), port, tls).is_ok();
        let mut addresses: Vec<SocketAddr> = resolved.filter(permitted).collect();
        if addresses.is_empty() {
            return Err(DialError::Forbidden);
        }
        // A broken IPv6 route is the commoner fault of the two.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("rules", &self.rules)
            .finish()
    }
}

#[cfg(test)]
mod tests;
