//! Settings: read raw from flags, environment and file, then checked into one [`Config`].
//!
//! A flag wins over its environment variable, that over the file, that over the default. The file
//! is TOML; a name that nobody knows or a value that cannot be is refused with its line. What a
//! setting means is documented at its flag, so that `aig serve --help` is the reference.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aig_provider::{Providers, Wire};
use aig_proxy::{DataPlaneConfig, EgressRules, ListenerConfig};
use anyhow::{Context, bail};
use ipnet::IpNet;
use serde::Deserialize;

/// The settings of a house, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where callers connect.
    pub listen: SocketAddr,
    /// Where the control plane listens, when not beside the data plane.
    pub control_listen: Option<SocketAddr>,
    /// Where the two databases and the keys of the house are.
    pub data_dir: PathBuf,
    /// The origin under which callers know this house, for `/openapi.json` and printed commands.
    pub public_url: Option<String>,
    /// The file that holds the token pepper, when not in the data directory.
    pub token_pepper_file: Option<PathBuf>,
    /// The account and the token that an infrastructure tool wants to exist.
    pub bootstrap: Option<crate::bootstrap::Bootstrap>,
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
    #[arg(long, env = "AIG_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address for the control plane, /metrics and /openapi.json alone (file: control_listen)
    /// [default: the same as --listen]
    #[arg(long, env = "AIG_CONTROL_LISTEN", value_name = "ADDR")]
    pub control_listen: Option<SocketAddr>,
    /// Directory of the databases and keys, made if absent (file: data_dir) [default: aig-data]
    #[arg(long, env = "AIG_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Origin under which callers reach this gateway (file: public_url) [default: the bound address]
    #[arg(long, env = "AIG_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Base URL of a provider, new or known; may be repeated (file: providers.SLUG.base_url)
    #[arg(
        long = "provider",
        env = "AIG_PROVIDERS",
        value_name = "SLUG=URL",
        value_delimiter = ','
    )]
    pub providers: Vec<String>,
    /// Network that may be dialled on any port and without TLS; may be repeated (file: egress.allow)
    /// [default: public addresses over HTTPS only]
    #[arg(
        long,
        env = "AIG_EGRESS_ALLOW",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub egress_allow: Vec<IpNet>,
    /// File with the token pepper, 64 hex digits (file: token_pepper_file)
    /// [default: token-pepper in the data directory, made at the first start]
    #[arg(long, env = "AIG_TOKEN_PEPPER_FILE", value_name = "FILE")]
    pub token_pepper_file: Option<PathBuf>,
    /// Longest request body that is forwarded, in bytes (file: max_request_body) [default: 536870912]
    #[arg(long, env = "AIG_MAX_REQUEST_BODY", value_name = "BYTES")]
    pub max_request_body: Option<u64>,
    /// Seconds that connecting to a provider may take (file: connect_timeout) [default: 10]
    #[arg(long, env = "AIG_CONNECT_TIMEOUT", value_name = "SECONDS")]
    pub connect_timeout: Option<u64>,
    /// Seconds that a caller may take to send the head of a request (file: header_timeout) [default: 10]
    #[arg(long, env = "AIG_HEADER_TIMEOUT", value_name = "SECONDS")]
    pub header_timeout: Option<u64>,
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

/// The settings as the file says them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    control_listen: Option<SocketAddr>,
    data_dir: Option<PathBuf>,
    public_url: Option<PublicUrl>,
    token_pepper_file: Option<PathBuf>,
    max_request_body: Option<u64>,
    connect_timeout: Option<Seconds>,
    header_timeout: Option<Seconds>,
    drain_timeout: Option<u64>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    #[serde(default)]
    providers: BTreeMap<String, toml::Spanned<ProviderFile>>,
    #[serde(default)]
    egress: EgressFile,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    base_url: String,
    wire: Option<WireWord>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EgressFile {
    #[serde(default)]
    allow: Vec<IpNet>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireWord {
    OpenAi,
    Anthropic,
}

/// At least one second: none at all would refuse everything.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
struct Seconds(u64);

/// An origin: scheme and authority, nothing behind them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct PublicUrl(String);

/// How the process logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// In the filter syntax of tracing-subscriber.
    pub filter: String,
    /// For people or for programs.
    pub format: LogFormat,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8787";
const DEFAULT_DATA_DIR: &str = "aig-data";
const DEFAULT_MAX_REQUEST_BODY: u64 = 512 << 20;

// === impl Flags ===

impl Flags {
    /// Reads the file, if one is named, and checks everything.
    pub fn resolve(&self) -> anyhow::Result<(Config, LogConfig)> {
        let (file, text) = self.file()?;
        let seconds = |flag: Option<u64>, file: Option<u64>, default| {
            Duration::from_secs(flag.or(file).unwrap_or(default))
        };
        let at_least_one = |name: &str, flag: Option<u64>| {
            flag.map(|n| Seconds::try_from(n).with_context(|| format!("--{name}")))
                .transpose()
                .map(|s| s.map(|s| s.0))
        };
        let connect = at_least_one("connect-timeout", self.connect_timeout)?;
        let header = at_least_one("header-timeout", self.header_timeout)?;
        let public_url = match &self.public_url {
            Some(url) => Some(PublicUrl::try_from(url.clone()).context("--public-url")?.0),
            None => file.public_url.map(|url| url.0),
        };
        let mut allow = self.egress_allow.clone();
        if allow.is_empty() {
            allow = file.egress.allow;
        }
        let config = Config {
            listen: (self.listen.or(file.listen))
                .unwrap_or_else(|| DEFAULT_LISTEN.parse().expect("the default is an address")),
            control_listen: self.control_listen.or(file.control_listen),
            data_dir: (self.data_dir.clone().or(file.data_dir))
                .unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
            public_url,
            token_pepper_file: self.token_pepper_file.clone().or(file.token_pepper_file),
            bootstrap: crate::bootstrap::Bootstrap::from_environment()?,
            proxy: DataPlaneConfig {
                providers: self.providers(&file.providers, &text)?,
                egress: EgressRules { allow },
                max_request_body: (self.max_request_body.or(file.max_request_body))
                    .unwrap_or(DEFAULT_MAX_REQUEST_BODY),
                connect_timeout: seconds(connect, file.connect_timeout.map(|s| s.0), 10),
            },
            listener: ListenerConfig {
                header_timeout: seconds(header, file.header_timeout.map(|s| s.0), 10),
                drain: seconds(self.drain_timeout, file.drain_timeout, 300),
            },
        };
        let log = LogConfig {
            filter: self
                .log
                .clone()
                .or(file.log)
                .unwrap_or_else(|| "info".into()),
            format: self.log_format.or(file.log_format).unwrap_or_default(),
        };
        Ok((config, log))
    }

    fn file(&self) -> anyhow::Result<(File, Text)> {
        let Some(path) = &self.config else {
            return Ok((File::default(), Text::default()));
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
        let text = Text {
            path: path.clone(),
            text,
        };
        let file = toml::from_str(&text.text).map_err(|error| text.explain(&error))?;
        Ok((file, text))
    }

    fn providers(
        &self,
        file: &BTreeMap<String, toml::Spanned<ProviderFile>>,
        text: &Text,
    ) -> anyhow::Result<Providers> {
        let mut providers = Providers::known();
        for (slug, entry) in file {
            let row = entry.get_ref();
            let placed = |error: &dyn std::fmt::Display| {
                anyhow::anyhow!("{}: {error}", text.place(entry.span().start))
            };
            providers = providers
                .with_override(slug, &row.base_url)
                .map_err(|error| placed(&error))?;
            if let Some(wire) = row.wire {
                providers = providers
                    .with_wire(slug, wire.into())
                    .map_err(|error| placed(&error))?;
            }
        }
        for pair in &self.providers {
            let Some((slug, url)) = pair.split_once('=') else {
                bail!("--provider {pair}: write SLUG=URL, as in local=http://127.0.0.1:8000/v1");
            };
            providers = providers.with_override(slug, url).context("--provider")?;
        }
        Ok(providers)
    }
}

/// The file's text, for naming places in it.
#[derive(Debug, Default)]
struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    /// `file:line`, as editors understand it.
    fn place(&self, offset: usize) -> String {
        let before = self.text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|&&b| b == b'\n').count();
        format!("{}:{line}", Path::display(&self.path))
    }

    /// A fault of the file in one line: where, what, and what would be right.
    fn explain(&self, error: &toml::de::Error) -> anyhow::Error {
        let place = self.place(error.span().map_or(0, |span| span.start));
        let what = error.message().trim().replace('\n', ", ");
        let remedy = if what.contains("unknown field") {
            "; see `aig serve --help` for every setting"
        } else {
            ""
        };
        anyhow::anyhow!("{place}: {what}{remedy}")
    }
}

// === conversions ===

impl From<WireWord> for Wire {
    fn from(word: WireWord) -> Self {
        match word {
            WireWord::OpenAi => Self::OpenAi,
            WireWord::Anthropic => Self::Anthropic,
        }
    }
}

impl TryFrom<u64> for Seconds {
    type Error = anyhow::Error;

    fn try_from(seconds: u64) -> anyhow::Result<Self> {
        match seconds {
            0 => bail!("must be at least 1 second"),
            seconds => Ok(Self(seconds)),
        }
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = anyhow::Error;

    fn try_from(url: String) -> anyhow::Result<Self> {
        let uri: http::Uri = url.parse().context("must be a URL")?;
        let bare = uri.path() == "/" && uri.query().is_none() && !url.ends_with('/');
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        if !bare || !web || uri.authority().is_none() {
            bail!(
                "must be an origin such as https://gateway.example, without a path or a slash at its end"
            );
        }
        Ok(Self(url))
    }
}

#[cfg(test)]
mod tests;
