//! The table of providers: one row each, and what the configuration may change about it.
//!
//! A new provider is a new row in `ROWS`. Code is wanted only when its dialect differs from all that
//! are known.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::uri::Scheme;
use http::{HeaderName, Uri};

use crate::provider::{Provider, Version, Wire};

/// The providers that one gateway process knows, by slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providers {
    rows: BTreeMap<String, Arc<Provider>>,
}

/// Why a provider of the configuration is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadProvider {
    /// The slug cannot stand in a path.
    Slug(String),
    /// The slug is the first segment of another kind of request.
    Reserved(String),
    /// The base URL of that slug is not one; says what is wrong.
    BaseUrl(String, &'static str),
    /// There is no provider of that slug.
    Unknown(String),
}

struct Row {
    slug: &'static str,
    scheme: Scheme,
    authority: &'static str,
    /// Empty, or with a leading and without a trailing slash.
    base_path: &'static str,
    version: Version,
    wire: Wire,
    credential_headers: &'static [HeaderName],
}

static BEARER: [HeaderName; 1] = [AUTHORIZATION];
static X_API_KEY_OR_BEARER: [HeaderName; 2] = [HeaderName::from_static("x-api-key"), AUTHORIZATION];

static ROWS: [Row; 2] = [
    Row {
        slug: "openai",
        scheme: Scheme::HTTPS,
        authority: "api.openai.com",
        base_path: "/v1",
        version: Version::InBase(Cow::Borrowed("v1")),
        wire: Wire::OpenAi,
        credential_headers: &BEARER,
    },
    Row {
        slug: "anthropic",
        scheme: Scheme::HTTPS,
        authority: "api.anthropic.com",
        base_path: "",
        version: Version::InPath(Cow::Borrowed("v1")),
        wire: Wire::Anthropic,
        credential_headers: &X_API_KEY_OR_BEARER,
    },
];

/// Segments that mean something else where a slug would stand.
const RESERVED: [&str; 2] = ["compat", "run"];

// === impl Providers ===

impl Providers {
    /// Those that are built in, at their public addresses.
    pub fn known() -> Self {
        let rows = ROWS
            .iter()
            .map(|row| (row.slug.to_owned(), Arc::new(row.provider())));
        Self {
            rows: rows.collect(),
        }
    }

    /// The provider of that slug.
    pub fn get(&self, slug: &str) -> Option<&Arc<Provider>> {
        self.rows.get(slug)
    }

    /// All of them, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.rows.values()
    }

    /// Replaces the base of a provider, its version segment included; an unknown slug becomes a new
    /// provider that speaks OpenAI's dialect.
    ///
    /// Paths go below the base URL as given. If it ends in a version segment, the same segment in
    /// front of a path is dropped; if it does not, a provider whose own base has none (`anthropic`)
    /// keeps the rule that its paths have one.
    pub fn with_override(mut self, slug: &str, base_url: &str) -> Result<Self, BadProvider> {
        let base =
            Base::parse(base_url).map_err(|why| BadProvider::BaseUrl(slug.to_owned(), why))?;
        let provider = match self.rows.get(slug) {
            Some(known) => {
                let version = base.version().unwrap_or_else(|| match &known.version {
                    Version::InPath(segment) => Version::InPath(segment.clone()),
                    Version::InBase(_) | Version::AsGiven => Version::AsGiven,
                });
                base.provider(known.slug.clone(), version, known.wire)
            }
            None => {
                check_slug(slug)?;
                let version = base.version().unwrap_or(Version::AsGiven);
                base.provider(Cow::Owned(slug.to_owned()), version, Wire::OpenAi)
            }
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }

    /// Has the provider of that slug speak another dialect; its key then travels as that dialect wants.
    pub fn with_wire(mut self, slug: &str, wire: Wire) -> Result<Self, BadProvider> {
        let Some(known) = self.rows.get(slug) else {
            return Err(BadProvider::Unknown(slug.to_owned()));
        };
        let provider = Provider {
            wire,
            credential_headers: wire.credential_headers(),
            ..Provider::clone(known)
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }
}

fn check_slug(slug: &str) -> Result<(), BadProvider> {
    if RESERVED.contains(&slug) {
        return Err(BadProvider::Reserved(slug.to_owned()));
    }
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (1..=64).contains(&slug.len()) && slug.bytes().all(legal) {
        true => Ok(()),
        false => Err(BadProvider::Slug(slug.to_owned())),
    }
}

// === impl Row ===

impl Row {
    fn provider(&self) -> Provider {
        Provider {
            slug: Cow::Borrowed(self.slug),
            scheme: self.scheme.clone(),
            authority: http::uri::Authority::from_static(self.authority),
            base_path: self.base_path.to_owned(),
            version: self.version.clone(),
            wire: self.wire,
            credential_headers: self.credential_headers,
        }
    }
}

// === impl Wire ===

impl Wire {
    /// The wire of that word in the configuration: `openai` or `anthropic`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "openai" => Some(Self::OpenAi),
            "anthropic" => Some(Self::Anthropic),
            _ => None,
        }
    }

    fn credential_headers(self) -> &'static [HeaderName] {
        match self {
            Self::OpenAi => &BEARER,
            Self::Anthropic => &X_API_KEY_OR_BEARER,
        }
    }
}

/// A base URL of the configuration, checked and taken apart.
struct Base {
    scheme: Scheme,
    authority: http::uri::Authority,
    path: String,
}

impl Base {
    fn parse(url: &str) -> Result<Self, &'static str> {
        if url.contains(['#', '?']) {
            return Err("leave out the query and the fragment");
        }
        let uri: Uri = url
            .parse()
            .map_err(|_| "write it like https://host.example/v1")?;
        let parts = uri.into_parts();
        let scheme = parts
            .scheme
            .filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))
            .ok_or("begin it with https:// or http://")?;
        let authority = parts.authority.ok_or("name a host")?;
        if authority.as_str().contains('@') {
            return Err("leave out user and password; a key belongs into a header");
        }
        if authority.host().is_empty() {
            return Err("name a host");
        }
        // `http` reads the port leniently: an empty or oversized one is simply not there.
        let port = authority.as_str().strip_prefix(authority.host());
        if port != Some("") && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("write a port from 1 to 65535, or none");
        }
        let path = parts
            .path_and_query
            .as_ref()
            .map_or("", |path| path.path())
            .trim_end_matches('/');
        crate::tail::check(path.as_bytes()).map_err(|_| "leave dot segments out of its path")?;
        if path.starts_with("//") {
            return Err("leave out the second slash at the beginning of its path");
        }
        Ok(Self {
            scheme,
            authority,
            path: path.to_owned(),
        })
    }

    /// The rule that follows from the path, if it ends in a version segment.
    fn version(&self) -> Option<Version> {
        let (_, last) = self.path.rsplit_once('/')?;
        let is_version = last
            .strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        is_version.then(|| Version::InBase(Cow::Owned(last.to_owned())))
    }

    fn provider(self, slug: Cow<'static, str>, version: Version, wire: Wire) -> Provider {
        Provider {
            slug,
            scheme: self.scheme,
            authority: self.authority,
            base_path: self.path,
            version,
            wire,
            credential_headers: wire.credential_headers(),
        }
    }
}

// === impl BadProvider ===

impl fmt::Display for BadProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slug(slug) => write!(
                f,
                "provider `{slug}`: a slug is 1 to 64 of a-z, 0-9 and `-`; rename it"
            ),
            Self::Reserved(slug) => write!(
                f,
                "provider `{slug}`: paths use this word for something else; rename it"
            ),
            Self::BaseUrl(slug, remedy) => {
                write!(f, "provider `{slug}`: base_url is not usable; {remedy}")
            }
            Self::Unknown(slug) => write!(
                f,
                "provider `{slug}` has no base_url and is not built in; give it one"
            ),
        }
    }
}

impl std::error::Error for BadProvider {}

#[cfg(test)]
mod tests;
