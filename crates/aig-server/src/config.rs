//! Settings: read raw from flags, environment and file, then checked into one [`Config`].
//!
//! A flag wins over its environment variable, that over the file, that over the default; an empty
//! variable is as good as none. How the file is read is left to `file`. What a setting means is
//! documented at its flag, so that `aig serve --help` is the reference.

mod destination;
pub(crate) mod file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aig_provider::{Providers, Wire};
use aig_proxy::{
    Authorities, CacheConfig, DataPlaneConfig, EgressRules, ListenerConfig, Prices, TlsFiles,
};
use anyhow::{Context, bail};
use ipnet::IpNet;
use serde::Deserialize;

use crate::kek::KekSetting;

use self::file::{File, LogFilter, PublicUrl, Seconds, address, network};

/// The settings of a house, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where callers connect.
    pub listen: SocketAddr,
    /// Where the control plane listens, when not beside the data plane.
    pub control_listen: Option<SocketAddr>,
    /// Where the two databases and the keys of the house are.
    pub data_dir: PathBuf,
    /// The origin under which callers know the data plane, and the control plane beside it.
    pub public_url: Option<String>,
    /// The origin under which callers know the control plane, for `/openapi.json` and printed
    /// commands, when it is not the data plane's.
    pub control_public_url: Option<String>,
    /// The file that holds the token pepper, when not in the data directory.
    pub token_pepper_file: Option<PathBuf>,
    /// Where the key is that the stored keys of providers are sealed under.
    pub key_encryption_key: KekSetting,
    /// The account and the token that an infrastructure tool wants to exist.
    pub bootstrap: Option<crate::bootstrap::Bootstrap>,
    /// Certificate and key, where the listeners speak TLS.
    pub tls: Option<TlsFiles>,
    /// The data plane's settings.
    pub proxy: DataPlaneConfig,
    /// The listeners' settings.
    pub listener: ListenerConfig,
}

/// How the process writes its own log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// The settings as flags and environment variables say them.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// File of settings, in TOML; every setting below may stand in it under its name there
    #[arg(long, env = "AIG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one (file: listen) [default: 127.0.0.1:8787]
    #[arg(long, env = "AIG_LISTEN", value_name = "ADDR", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// Address for the control plane, /metrics and /openapi.json alone (file: control_listen)
    /// [default: the same as --listen]
    #[arg(long, env = "AIG_CONTROL_LISTEN", value_name = "ADDR", value_parser = address)]
    pub control_listen: Option<SocketAddr>,
    /// Directory of the databases and keys, made if absent (file: data_dir) [default: aig-data]
    #[arg(long, env = "AIG_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Origin under which callers reach this gateway (file: public_url) [default: the bound address]
    #[arg(long, env = "AIG_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Origin under which callers reach the control plane (file: control_public_url)
    /// [default: the bound address with --control-listen, else that of --public-url]
    #[arg(long, env = "AIG_CONTROL_PUBLIC_URL", value_name = "URL")]
    pub control_public_url: Option<String>,
    /// Base URL of a provider, new or known, as in `local=http://127.0.0.1:8000/v1`; may be repeated
    /// (file: providers.SLUG.base_url). A new one speaks OpenAI's wire; the word for another stands
    /// before the URL, as in `mine=anthropic:https://host.example` (file: providers.SLUG.wire). Wires:
    /// openai, anthropic, gemini, cohere, bedrock, workers-ai, replicate, opaque. A list of models in
    /// the file (file: providers.SLUG.models) is what GET compat/v1/models answers. Chat streams that
    /// count tokens only when asked are asked, unless the file says otherwise
    /// (file: providers.SLUG.ask_usage)
    #[arg(
        long = "provider",
        env = "AIG_PROVIDERS",
        value_name = "SLUG=[WIRE:]URL",
        value_delimiter = ','
    )]
    pub providers: Vec<String>,
    /// Network that may be dialled on any port and without TLS; may be repeated (file: egress.allow)
    /// [default: public addresses over HTTPS only]
    #[arg(
        long,
        env = "AIG_EGRESS_ALLOW",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = network
    )]
    pub egress_allow: Vec<IpNet>,
    /// File with the token pepper, 64 hex digits (file: token_pepper_file)
    /// [default: token-pepper in the data directory, made at the first start]
    #[arg(long, env = "AIG_TOKEN_PEPPER_FILE", value_name = "FILE")]
    pub token_pepper_file: Option<PathBuf>,
    /// File with the key-encryption key, 64 hex digits; older keys may follow, one a line (file:
    /// key_encryption_key_file) [default: key-encryption-key in the data directory, made at the
    /// first start]
    #[arg(long, env = "AIG_KEY_ENCRYPTION_KEY_FILE", value_name = "FILE")]
    pub key_encryption_key_file: Option<PathBuf>,
    /// File with the certificate chain to show, in PEM, the server's own first; with it and --tls-key
    /// every listener speaks TLS alone. Read again when it changes (file: tls_certificate)
    #[arg(long, env = "AIG_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// File with the private key of that certificate, in PEM, without a passphrase (file: tls_key)
    #[arg(long, env = "AIG_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// File with certificates, in PEM, of authorities that are trusted beside the public ones when a
    /// provider is called (file: egress.ca_file)
    #[arg(long, env = "AIG_EGRESS_CA_FILE", value_name = "FILE")]
    pub egress_ca_file: Option<PathBuf>,
    /// Longest request body that is forwarded, in bytes (file: max_request_body) [default: 536870912]
    #[arg(long, env = "AIG_MAX_REQUEST_BODY", value_name = "BYTES")]
    pub max_request_body: Option<u64>,
    /// Bytes of answers that the cache holds, all gateways together (file: cache_memory)
    /// [default: 268435456]
    #[arg(long, env = "AIG_CACHE_MEMORY", value_name = "BYTES")]
    pub cache_memory: Option<u64>,
    /// File with prices that replace and extend the built-in table, as `aig prices --table` takes it
    /// (file: prices)
    #[arg(long, env = "AIG_PRICES", value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Seconds that connecting to a provider may take (file: connect_timeout) [default: 10]
    #[arg(long, env = "AIG_CONNECT_TIMEOUT", value_name = "SECONDS")]
    pub connect_timeout: Option<u64>,
    /// Seconds that a provider may take to the first byte of its answer, where the request does not
    /// say; 0 is for ever (file: first_byte_timeout) [default: 1800]
    #[arg(long, env = "AIG_FIRST_BYTE_TIMEOUT", value_name = "SECONDS")]
    pub first_byte_timeout: Option<u64>,
    /// Seconds that a provider may be silent in the middle of an answer; 0 is for ever
    /// (file: idle_timeout) [default: 300]
    #[arg(long, env = "AIG_IDLE_TIMEOUT", value_name = "SECONDS")]
    pub idle_timeout: Option<u64>,
    /// Seconds that an answer may last from its first byte to its last; 0 is for ever
    /// (file: max_duration) [default: 0]
    #[arg(long, env = "AIG_MAX_DURATION", value_name = "SECONDS")]
    pub max_duration: Option<u64>,
    /// Seconds that a caller may take no byte of an answer while some wait for it; 0 is for ever
    /// (file: write_timeout) [default: 60]
    #[arg(long, env = "AIG_WRITE_TIMEOUT", value_name = "SECONDS")]
    pub write_timeout: Option<u64>,
    /// Seconds that a caller may take to agree on TLS, and then to send the head of a request
    /// (file: header_timeout) [default: 10]
    #[arg(long, env = "AIG_HEADER_TIMEOUT", value_name = "SECONDS")]
    pub header_timeout: Option<u64>,
    /// Seconds that a caller may pause while it sends a body (file: body_timeout) [default: 30]
    #[arg(long, env = "AIG_BODY_TIMEOUT", value_name = "SECONDS")]
    pub body_timeout: Option<u64>,
    /// Seconds that open requests may go on after a stop signal (file: drain_timeout) [default: 300]
    #[arg(long, env = "AIG_DRAIN_TIMEOUT", value_name = "SECONDS")]
    pub drain_timeout: Option<u64>,
    /// What the process logs, in the filter syntax of tracing-subscriber (file: log) [default: info]
    #[arg(long, env = "AIG_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How the process logs (file: log_format) [default: text]
    #[arg(long, env = "AIG_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// How the process logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// In the filter syntax of tracing-subscriber.
    pub filter: String,
    /// For people or for programs.
    pub format: LogFormat,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8787";
pub(crate) const DEFAULT_DATA_DIR: &str = "aig-data";
const DEFAULT_MAX_REQUEST_BODY: u64 = 512 << 20;

// === impl Flags ===

impl Flags {
    /// Reads the file, if one is named, and checks everything.
    pub fn resolve(&self) -> anyhow::Result<(Config, LogConfig)> {
        let file = File::read(self.config.as_deref())?;
        let providers = self.providers(&file)?;
        let networks = file.networks()?;
        let ca_file = self.egress_ca_file.as_ref().or(file.ca_file()).cloned();
        let public_url = origin("--public-url", &self.public_url)?.or(file.public_url);
        let control_public_url =
            origin("--control-public-url", &self.control_public_url)?.or(file.control_public_url);
        let connect = seconds("--connect-timeout", self.connect_timeout)?.or(file.connect_timeout);
        let header = seconds("--header-timeout", self.header_timeout)?.or(file.header_timeout);
        let body = seconds("--body-timeout", self.body_timeout)?.or(file.body_timeout);
        let drain = seconds("--drain-timeout", self.drain_timeout)?.or(file.drain_timeout);
        let limit = |flag, said, file: Option<Seconds<0>>, default| {
            let limit = seconds(flag, said)?.or(file).map_or(default, |s| s.0);
            anyhow::Ok((limit > 0).then(|| Duration::from_secs(limit)))
        };
        let first_byte = limit(
            "--first-byte-timeout",
            self.first_byte_timeout,
            file.first_byte_timeout,
            1800,
        )?;
        let idle = limit("--idle-timeout", self.idle_timeout, file.idle_timeout, 300)?;
        let longest = limit("--max-duration", self.max_duration, file.max_duration, 0)?;
        let write = limit(
            "--write-timeout",
            self.write_timeout,
            file.write_timeout,
            60,
        )?;
        let log = match &self.log {
            Some(filter) => Some(LogFilter::try_from(filter.clone()).context("--log")?),
            None => file.log,
        };
        let allow = match self.egress_allow.is_empty() {
            true => networks,
            false => self.egress_allow.clone(),
        };
        let egress = EgressRules {
            allow,
            ..EgressRules::default()
        };
        destination::check(&providers, &egress)?;
        let mut authorities = Authorities::default();
        if let Some(path) = ca_file {
            authorities.trust(&path).context("egress.ca_file")?;
        }
        let tls = pair(
            self.tls_certificate.clone().or(file.tls_certificate),
            self.tls_key.clone().or(file.tls_key),
        )?;
        let config = Config {
            listen: (self.listen.or(file.listen.map(|a| a.0)))
                .unwrap_or_else(|| DEFAULT_LISTEN.parse().expect("the default is an address")),
            control_listen: self.control_listen.or(file.control_listen.map(|a| a.0)),
            data_dir: (self.data_dir.clone().or(file.data_dir))
                .unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
            public_url: public_url.map(|url| url.0),
            control_public_url: control_public_url.map(|url| url.0),
            token_pepper_file: self.token_pepper_file.clone().or(file.token_pepper_file),
            key_encryption_key: KekSetting::new(
                (self.key_encryption_key_file.clone()).or(file.key_encryption_key_file),
            )?,
            bootstrap: crate::bootstrap::Bootstrap::from_environment()?,
            tls,
            proxy: DataPlaneConfig {
                providers,
                egress,
                authorities,
                max_request_body: (self.max_request_body.or(file.max_request_body))
                    .unwrap_or(DEFAULT_MAX_REQUEST_BODY),
                cache: CacheConfig {
                    capacity: (self.cache_memory.or(file.cache_memory))
                        .unwrap_or(CacheConfig::default().capacity),
                    ..CacheConfig::default()
                },
                prices: prices(self.prices.as_deref().or(file.prices.as_deref()))?,
                connect_timeout: Duration::from_secs(connect.map_or(10, |s| s.0)),
                first_byte_timeout: first_byte,
                idle_timeout: idle,
                max_duration: longest,
            },
            listener: ListenerConfig {
                header_timeout: Duration::from_secs(header.map_or(10, |s| s.0)),
                body_timeout: Duration::from_secs(body.map_or(30, |s| s.0)),
                drain: Duration::from_secs(drain.map_or(300, |s| s.0)),
                write_timeout: write,
                tls: None,
            },
        };
        let log = LogConfig {
            filter: log.map_or_else(|| "info".into(), |filter| filter.0),
            format: self.log_format.or(file.log_format).unwrap_or_default(),
        };
        Ok((config, log))
    }

    fn providers(&self, file: &File) -> anyhow::Result<Providers> {
        let mut providers = file.providers()?;
        for said in &self.providers {
            let Some((slug, url)) = said.split_once('=') else {
                bail!("--provider {said}: write SLUG=URL, as in local=http://127.0.0.1:8000/v1");
            };
            // A wire is never a scheme that can be dialled, so the two cannot be mistaken.
            let worded = url.split_once(':').and_then(|(word, rest)| {
                let wire = Wire::from_word(word)?;
                Some((wire, rest))
            });
            let url = worded.map_or(url, |(_, rest)| rest);
            providers = providers.with_override(slug, url).context("--provider")?;
            if let Some((wire, _)) = worded {
                providers = providers.with_wire(slug, wire).context("--provider")?;
            }
        }
        Ok(providers)
    }
}

/// Certificate and key are of use only together.
fn pair(certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<Option<TlsFiles>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("tls_certificate is set without tls_key; set both, or neither"),
        (None, Some(_)) => bail!("tls_key is set without tls_certificate; set both, or neither"),
    }
}

/// The built-in prices, with those of a file over them.
fn prices(file: Option<&Path>) -> anyhow::Result<Prices> {
    let Some(file) = file else {
        return Ok(Prices::built_in());
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the price table {} cannot be read", file.display()))?;
    Prices::with_own(&text).with_context(|| format!("{}", file.display()))
}

fn origin(flag: &'static str, said: &Option<String>) -> anyhow::Result<Option<PublicUrl>> {
    let checked = said.clone().map(PublicUrl::try_from).transpose();
    checked.context(flag)
}

fn seconds<const LEAST: u64>(
    flag: &'static str,
    said: Option<u64>,
) -> anyhow::Result<Option<Seconds<LEAST>>> {
    said.map(Seconds::try_from).transpose().context(flag)
}

#[cfg(test)]
mod tests;
