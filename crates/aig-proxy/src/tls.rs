//! TLS: the listener's certificate and key, read from files and read again when they change, and whom
//! providers are trusted by.
//!
//! Sockets, timeouts and protocols are `listener`'s. What is offered is what rustls holds to be
//! safe: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// Where certificate and key stand, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that lead to a root.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

/// A certificate that listeners show, kept up to date with its files.
pub struct Tls {
    files: TlsFiles,
    /// The files as they were when they were first read.
    mark: Mark,
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}; the process needs the right to read it", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file holds something, but not what it is for.
    #[error("{} {what}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
        what: String,
    },
    /// The two do not belong together.
    #[error(
        "the key in {} does not fit the first certificate in {}; \
         the server's own certificate stands first, and the key is the one that it was made for",
        key.display(),
        certificate.display()
    )]
    Misfit {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

/// What is shown at the moment.
struct Shown(RwLock<Arc<CertifiedKey>>);

/// By what a file that was replaced is told from the one before, without reading it.
type Mark = [Option<(SystemTime, u64)>; 2];

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// What callers may speak, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Authorities that are trusted when a provider is called, beside the public ones.
#[derive(Clone, Debug, Default)]
pub struct Authorities(pub(crate) Vec<CertificateDer<'static>>);

// === impl Authorities ===

impl Authorities {
    /// Trusts those whose certificates, in PEM, stand in this file.
    pub fn trust(&mut self, path: &Path) -> Result<(), TlsError> {
        let found = certificates(path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &found {
            roots
                .add(certificate.clone())
                .map_err(|error| TlsError::Unusable {
                    path: path.to_owned(),
                    what: format!("has a certificate that cannot be an authority: {error}"),
                })?;
        }
        self.0.extend(found);
        Ok(())
    }
}

// === impl Tls ===

impl Tls {
    /// Reads the files.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let mark = files.mark();
        let shown = Arc::new(Shown(RwLock::new(read(&files, &provider)?)));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has suites of both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as _);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self {
            files,
            mark,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
        })
    }

    pub(crate) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Reads the files again whenever they have changed; connections that are open stay as they
    /// are. Files that cannot be used leave in place what was shown before. Never ends.
    pub async fn keep_fresh(&self) {
        let mut seen = self.mark;
        loop {
            tokio::time::sleep(LOOK).await;
            let mark = self.files.mark();
            if mark == seen {
                continue;
            }
            seen = mark;
            // The files are small and local, and this is once in weeks.
            match read(&self.files, self.acceptor.config().crypto_provider()) {
                Ok(key) => {
                    *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = key;
                    let path = self.files.certificate.display();
                    tracing::info!(certificate = %path, "the certificate was read again");
                }
                // One file after the other is replaced, so this may be well in a moment.
                Err(error) => tracing::warn!(
                    %error,
                    "the changed certificate cannot be used; the former one stays"
                ),
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish()
    }
}

// === impl Shown ===

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}

// === impl TlsFiles ===

impl TlsFiles {
    fn mark(&self) -> Mark {
        [&self.certificate, &self.key].map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.modified().ok()?, found.len()))
        })
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(&files.certificate)?;
    let text = text(&files.key)?;
    let unusable = |what: String| TlsError::Unusable {
        path: files.key.clone(),
        what,
    };
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        unusable(match error {
            pem::Error::NoItemsFound => {
                "has no private key; it must hold one in PEM, without a passphrase: \
                 -----BEGIN PRIVATE KEY-----"
                    .into()
            }
            error => format!("is no PEM: {error}"),
        })
    })?;
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(key) => Ok(Arc::new(key)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Misfit {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
        }),
        Err(rustls::Error::InvalidCertificate(error)) => Err(TlsError::Unusable {
            path: files.certificate.clone(),
            what: format!("has a first certificate that cannot be read: {error:?}"),
        }),
        Err(error) => Err(unusable(format!(
            "has a key that cannot be used: {error}; RSA of 2048 bits and more, ECDSA and Ed25519 can"
        ))),
    }
}

/// The certificates of a file in PEM; at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unusable = |what: String| TlsError::Unusable {
        path: path.to_owned(),
        what,
    };
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text(path)?).collect();
    let read = read.map_err(|error| unusable(format!("is no PEM: {error}")))?;
    if read.is_empty() {
        return Err(unusable(
            "has no certificate; it must hold some in PEM: -----BEGIN CERTIFICATE-----".into(),
        ));
    }
    Ok(read)
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests;
