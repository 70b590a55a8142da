//! Certificates of today, for TLS in tests: made at the start, trusted by nobody but the test.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// An authority, and a certificate of its for this machine, as files and in use.
pub struct Certificates {
    directory: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    /// A new authority and a first certificate.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("there is randomness");
        let authority =
            CertifiedIssuer::self_signed(params, key).expect("the parameters are those of a CA");
        let made = Self {
            directory: tempfile::tempdir().expect("there is room for a directory"),
            authority,
        };
        std::fs::write(made.authority_file(), made.authority.pem()).expect("files can be written");
        made.renew();
        made
    }

    /// Writes a new certificate and key over the former ones.
    pub fn renew(&self) {
        let names = ["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string()];
        let params = CertificateParams::new(names).expect("these are names");
        let key = KeyPair::generate().expect("there is randomness");
        let signed = params
            .signed_by(&key, &self.authority)
            .expect("the authority signs what it is given");
        std::fs::write(self.certificate_file(), signed.pem()).expect("files can be written");
        std::fs::write(self.key_file(), key.serialize_pem()).expect("files can be written");
    }

    /// The file of the certificate.
    pub fn certificate_file(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// The file of its key.
    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// The file of the authority's certificate.
    pub fn authority_file(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// The authority's certificate in PEM.
    pub fn authority_pem(&self) -> String {
        self.authority.pem()
    }

    /// The certificate as it is now.
    pub fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.certificate_file()).expect("the file was written here")
    }

    /// A server's side of TLS that offers these protocols.
    pub fn acceptor(&self, protocols: &[&str]) -> TlsAcceptor {
        let key = PrivateKeyDer::from_pem_file(self.key_file()).expect("the file was written here");
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate()], key)
            .expect("key and certificate fit");
        config.alpn_protocols = wire_names(protocols);
        TlsAcceptor::from(Arc::new(config))
    }

    /// A client's side of TLS that trusts the authority alone and asks for these protocols.
    pub fn client_config(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.authority.der().clone())
            .expect("the authority is one");
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = wire_names(protocols);
        config
    }

    /// Connects and agrees on TLS; fails the test when that cannot be done.
    pub async fn connect(&self, address: SocketAddr, protocols: &[&str]) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(address).await.expect("somebody listens");
        let connector = TlsConnector::from(Arc::new(self.client_config(protocols)));
        let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
        connector
            .connect(name, stream)
            .await
            .expect("both sides agree on TLS")
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn wire_names(protocols: &[&str]) -> Vec<Vec<u8>> {
    let names = protocols.iter();
    names.map(|name| name.as_bytes().to_vec()).collect()
}
