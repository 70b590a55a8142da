//! The only way out of the house: which addresses may be dialled (rule R7).
//!
//! The check sits in the connector, on the address that is really dialled, after resolution and
//! on every dial: a resolver that filters would be skipped for IP literals, and a check at save
//! time would be fooled by a name that changes its mind. Redirects are not followed and proxy
//! variables of the environment are not read, because nothing here does either.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::TlsError;

/// Which destinations are allowed beyond public addresses over HTTPS.
#[derive(Clone, Debug, Default)]
pub struct EgressRules {
    /// Networks that may be dialled on any port and without TLS, be they private or public.
    pub allow: Vec<IpNet>,
    /// Authorities that are trusted beside the public ones.
    pub authorities: Vec<CertificateDer<'static>>,
}

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

// === impl EgressRules ===

impl EgressRules {
    /// Trusts the authorities whose certificates, in PEM, stand in this file.
    pub fn trust(&mut self, path: &Path) -> Result<(), TlsError> {
        let found = crate::tls::certificates(path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &found {
            roots
                .add(certificate.clone())
                .map_err(|error| TlsError::Unusable {
                    path: path.to_owned(),
                    what: format!("has a certificate that cannot be an authority: {error}"),
                })?;
        }
        self.authorities.extend(found);
        Ok(())
    }

    /// Whether this address may be dialled on this port, with or without TLS.
    ///
    /// Public addresses only by HTTPS on its own port; what an administrator allows, in any way.
    pub(crate) fn permit(&self, address: IpAddr, port: u16, tls: bool) -> bool {
        let address = address.to_canonical();
        self.allow.iter().any(|net| net.contains(&address))
            || (tls && port == 443 && is_public(address))
    }
}

/// Networks that are nobody's on the public internet, or that lead back into private ones.
/// Source: the IANA special-purpose registries for IPv4 and IPv6.
const NOT_PUBLIC: [&str; 30] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

fn is_public(address: IpAddr) -> bool {
    static NETS: std::sync::LazyLock<Vec<IpNet>> = std::sync::LazyLock::new(|| {
        let parse = |net: &&str| net.parse().expect("the table holds networks only");
        NOT_PUBLIC.iter().map(parse).collect()
    });
    !NETS.iter().any(|net| net.contains(&address))
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
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let dialling = async {
            let resolved = tokio::net::lookup_host((host, port))
                .await
                .map_err(DialError::Unresolved)?;
            let mut addresses: Vec<SocketAddr> = resolved
                .filter(|a| self.rules.permit(a.ip(), port, tls))
                .collect();
            if addresses.is_empty() {
                return Err(DialError::Forbidden);
            }
            // A broken IPv6 route is the commoner fault of the two.
            addresses.sort_by_key(SocketAddr::is_ipv6);
            let mut last = None;
            for address in addresses {
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
        // Small writes (one event of a stream) must not wait for the acknowledgement of the last.
        stream.set_nodelay(true).map_err(DialError::Failed)?;
        Ok(TokioIo::new(stream))
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
