//! The settings file: TOML, in which a name that nobody knows or a value that cannot be is refused
//! with file, line, key and an example of what can be.
//!
//! What a setting means, and what wins over it, is left to `config`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aig_provider::{BadProvider, Providers, Wire};
use anyhow::{Context, anyhow, bail};
use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::LogFormat;

/// The settings as the file says them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(super) listen: Option<Address>,
    pub(super) control_listen: Option<Address>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(super) public_url: Option<PublicUrl>,
    pub(super) control_public_url: Option<PublicUrl>,
    pub(crate) token_pepper_file: Option<PathBuf>,
    pub(crate) key_encryption_key_file: Option<PathBuf>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) max_request_body: Option<u64>,
    pub(super) cache_memory: Option<u64>,
    pub(super) prices: Option<PathBuf>,
    pub(super) connect_timeout: Option<Seconds<1>>,
    pub(super) first_byte_timeout: Option<Seconds<0>>,
    pub(super) idle_timeout: Option<Seconds<0>>,
    pub(super) max_duration: Option<Seconds<0>>,
    pub(super) write_timeout: Option<Seconds<0>>,
    pub(super) header_timeout: Option<Seconds<1>>,
    pub(super) body_timeout: Option<Seconds<1>>,
    pub(super) drain_timeout: Option<Seconds<0>>,
    pub(super) log: Option<LogFilter>,
    pub(super) log_format: Option<LogFormat>,
    #[serde(default)]
    providers: BTreeMap<Spanned<String>, ProviderFile>,
    #[serde(default)]
    egress: EgressFile,
    #[serde(skip)]
    text: Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    /// A provider that is known by itself has one.
    base_url: Option<Spanned<String>>,
    wire: Option<WireWord>,
    models: Option<Spanned<Vec<String>>>,
    ask_usage: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EgressFile {
    // As texts, because an element that cannot be is placed at its own line only from outside.
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    ca_file: Option<PathBuf>,
}

/// The file's text, for naming places in it.
#[derive(Debug, Default)]
struct Text {
    path: PathBuf,
    text: String,
}

/// Where to listen.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Address(pub(super) SocketAddr);

/// Not less than `LEAST` seconds, nor more than a day: what is longer is a slip of the pen, and
/// numbers without a bound cannot be added to the clock.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Seconds<const LEAST: u64>(pub(super) u64);

/// An origin: scheme and authority, nothing behind them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct PublicUrl(pub(super) String);

/// What the process logs, known to be readable.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct LogFilter(pub(super) String);

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct WireWord(Wire);

/// The longest file of settings that is read, in bytes.
pub(crate) const MAX_FILE: u64 = 1 << 20;

const DAY: u64 = 24 * 60 * 60;

// === impl File ===

impl File {
    /// Reads the file, if one is named.
    pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = read_text(path)
            .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
        let path = path.to_owned();
        let text = Text { path, text };
        let read = toml::from_str::<Self>(&text.text).map_err(|error| text.explain(&error))?;
        Ok(Self { text, ..read })
    }

    /// The file of further authorities.
    pub(super) const fn ca_file(&self) -> Option<&PathBuf> {
        self.egress.ca_file.as_ref()
    }

    /// The networks that may be dialled.
    pub(super) fn networks(&self) -> anyhow::Result<Vec<IpNet>> {
        let allow = self.egress.allow.iter();
        allow
            .map(|text| {
                network(text.get_ref()).map_err(|error| {
                    anyhow!(
                        "{}: egress.allow: {error}",
                        self.text.place(text.span().start)
                    )
                })
            })
            .collect()
    }

    /// The known providers with the file's over them.
    pub(super) fn providers(&self) -> anyhow::Result<Providers> {
        let mut providers = Providers::known();
        for (slug, row) in &self.providers {
            let placed = |error: BadProvider| {
                let place = match error {
                    BadProvider::BaseUrl(..) => (row.base_url.as_ref()).map_or(0..0, Spanned::span),
                    BadProvider::Model(_) => (row.models.as_ref()).map_or(0..0, Spanned::span),
                    _ => slug.span(),
                };
                anyhow!("{}: {error}", self.text.place(place.start))
            };
            match &row.base_url {
                Some(url) => {
                    providers = providers
                        .with_override(slug.get_ref(), url.get_ref())
                        .map_err(placed)?;
                }
                None if providers.get(slug.get_ref()).is_none() => bail!(
                    "{}: no provider is called {:?} by itself; give it a base_url",
                    self.text.place(slug.span().start),
                    slug.get_ref()
                ),
                None => {}
            }
            if let Some(asks) = row.ask_usage {
                providers = providers
                    .with_asked_usage(slug.get_ref(), asks)
                    .map_err(placed)?;
            }
            if let Some(WireWord(wire)) = row.wire {
                providers = providers.with_wire(slug.get_ref(), wire).map_err(placed)?;
            }
            if let Some(models) = &row.models {
                let models = models.get_ref().clone();
                providers = providers
                    .with_models(slug.get_ref(), models)
                    .map_err(placed)?;
            }
        }
        Ok(providers)
    }
}

// === impl Text ===

impl Text {
    /// `file:line`, as editors understand it.
    fn place(&self, offset: usize) -> String {
        let before = self.text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|&&b| b == b'\n').count();
        format!("{}:{line}", Path::display(&self.path))
    }

    /// A fault of the file in one line: where, what, and what would be right.
    fn explain(&self, error: &toml::de::Error) -> anyhow::Error {
        let what = error.message().trim().replace('\n', ", ");
        // A key of too many parts is refused before it is known where it began.
        let Some(span) = error.span() else {
            return anyhow!("{}: {what}", self.path.display());
        };
        let offset = span.start;
        let place = self.place(offset);
        if what.contains("unknown field") {
            return anyhow!("{place}: {what}; see `aig serve --help` for every setting");
        }
        match self.key_at(offset) {
            Some(key) => anyhow!("{place}: {key}: {what}"),
            None => anyhow!("{place}: {what}"),
        }
    }

    /// The dotted key whose value stands there; none in a file that is no TOML.
    fn key_at(&self, offset: usize) -> Option<String> {
        let document = DeTable::parse(&self.text).ok()?;
        let mut path = Vec::new();
        leads_to(document.get_ref(), offset, &mut path).then(|| path.join("."))
    }
}

/// Finds the value that stands there, and the keys that lead to it. The span of a table is its head
/// alone, so all of them are looked into.
fn leads_to<'t>(table: &'t DeTable<'_>, offset: usize, path: &mut Vec<&'t str>) -> bool {
    table.iter().any(|(key, value)| {
        path.push(key.get_ref());
        let found = match value.get_ref() {
            DeValue::Table(inner) => leads_to(inner, offset, path),
            _ => value.span().contains(&offset),
        };
        if !found {
            path.pop();
        }
        found
    })
}

// === conversions ===

impl TryFrom<String> for Address {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        address(&text).map(Self)
    }
}

impl<const LEAST: u64> TryFrom<u64> for Seconds<LEAST> {
    type Error = anyhow::Error;

    fn try_from(seconds: u64) -> anyhow::Result<Self> {
        if !(LEAST..=DAY).contains(&seconds) {
            bail!("must be {LEAST} to {DAY} seconds, which is a day; write 10");
        }
        Ok(Self(seconds))
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

impl TryFrom<String> for LogFilter {
    type Error = anyhow::Error;

    fn try_from(filter: String) -> anyhow::Result<Self> {
        match tracing_subscriber::EnvFilter::try_new(&filter) {
            Ok(_) => Ok(Self(filter)),
            Err(error) => {
                bail!("{filter:?} is no filter ({error}); write info, or aig_proxy=debug")
            }
        }
    }
}

impl TryFrom<String> for WireWord {
    type Error = anyhow::Error;

    fn try_from(word: String) -> anyhow::Result<Self> {
        match Wire::from_word(&word) {
            Some(wire) => Ok(Self(wire)),
            None => {
                let words = Wire::ALL.map(Wire::word).join(", ");
                bail!("{word:?} is no wire; write one of {words}")
            }
        }
    }
}

/// The text of a file of settings, which is small unless something else was named by mistake.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    use std::io::Read;
    let mut text = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_FILE + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        bail!("it has more than {} MiB", MAX_FILE >> 20);
    }
    String::from_utf8(text).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        anyhow!("line {line} is no text in UTF-8")
    })
}

/// An address to listen on. Names are not looked up: they may stand for several addresses.
pub(super) fn address(text: &str) -> anyhow::Result<SocketAddr> {
    text.parse().map_err(|_| {
        anyhow!("{text:?} is no IP address with a port; write 127.0.0.1:8787, or [::1]:8787")
    })
}

/// A network; a bare address is the network of itself.
pub(super) fn network(text: &str) -> anyhow::Result<IpNet> {
    let alone = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| alone()).map_err(|_| {
        anyhow!("{text:?} is no network; write 127.0.0.0/8, or 10.1.2.3 for one address")
    })
}
