//! The table of providers: one row each, and what the configuration may change about it.
//!
//! The rows themselves stand in `rows.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::base::Base;
use crate::endpoint::{self, Endpoint};
use crate::provider::Provider;
use crate::rows::ROWS;
use crate::shape::Shape;
use crate::version::Version;
use crate::wire::Wire;

/// The providers that one gateway process knows, by slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providers {
    rows: BTreeMap<String, Arc<Provider>>,
}

/// A model that is known by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model<'a> {
    /// As the unified endpoints take it: `{slug}/{name}`.
    pub id: String,
    /// The slug of the provider that has it.
    pub owned_by: &'a str,
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
    /// One of the models of that slug has no name.
    Model(String),
}

/// Segments that mean something else where a slug would stand.
const RESERVED: [&str; 2] = ["compat", "run"];
/// In front of the slugs of providers that accounts make for themselves.
const CUSTOM: &str = "custom-";

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

    /// The models that are known by name and can be asked for at the endpoints in OpenAI's dialect.
    ///
    /// A provider may have many more: only those that the configuration names are known here.
    pub fn models(&self) -> impl Iterator<Item = Model<'_>> {
        let unified = [Endpoint::Chat, Endpoint::Responses, Endpoint::Embeddings];
        let reachable =
            move |row: &&Arc<Provider>| unified.iter().any(|e| row.tail_of(*e).is_some());
        self.iter().filter(reachable).flat_map(|row| {
            row.models.iter().map(|name| Model {
                id: format!("{}/{name}", row.slug()),
                owned_by: row.slug(),
            })
        })
    }

    /// The provider that a name in front of a model means: a slug, or a name from the vocabulary of
    /// authors (`google`, `xai`). A slug wins over another one's alias.
    pub fn by_author(&self, name: &str) -> Option<&Arc<Provider>> {
        let called_so = || self.iter().find(|row| row.aliases.contains(&name));
        self.get(name).or_else(called_so)
    }

    /// Takes `openai/gpt-5` apart, at the first slash, into the provider and what it calls the model.
    ///
    /// `@cf/…` is Workers AI's own spelling and stays as it is.
    pub fn by_model_prefix<'m>(&self, model: &'m str) -> Option<(&Arc<Provider>, &'m str)> {
        if model.starts_with('@') {
            return Some((self.get("workers-ai")?, model));
        }
        let (author, name) = model.split_once('/')?;
        Some((self.by_author(author)?, name)).filter(|_| !name.is_empty())
    }

    /// Replaces the base of a provider, its version segment included; an unknown slug becomes a new
    /// provider that speaks OpenAI's dialect.
    ///
    /// Paths go below the base URL as given. If it ends in a version segment, the same segment in
    /// front of a path is dropped; if it does not, a provider whose own base has none (`anthropic`)
    /// keeps the rule that its paths have one. A provider that goes to several hosts goes to this one
    /// alone; slots such as `{region}` may stand in it to tell them apart.
    pub fn with_override(mut self, slug: &str, base_url: &str) -> Result<Self, BadProvider> {
        let known = self.rows.get(slug);
        let shape = known.map_or(Shape::Plain, |known| known.shape);
        let base = Base::parse(base_url, shape.slots())
            .map_err(|why| BadProvider::BaseUrl(slug.to_owned(), why))?;
        let base = shape.settled(base);
        let version = base.version().unwrap_or_else(|| match known {
            Some(known) => known.version.below_another_base(),
            None => Version::AsGiven,
        });
        // A bare host in place of a base with a version, or of nothing known: the version is wanted.
        let endpoints = match known.map(|known| (&known.version, known.endpoints)) {
            Some((Version::InBase(_), _)) | None
                if version == Version::AsGiven && base.path().is_empty() =>
            {
                &endpoint::OPENAI_WITH_VERSION[..]
            }
            Some((_, endpoints)) => endpoints,
            None => &endpoint::OPENAI[..],
        };
        let provider = match known {
            Some(known) => Provider {
                bases: vec![base],
                version,
                endpoints,
                ..Provider::clone(known)
            },
            None => {
                check_slug(slug)?;
                Provider {
                    slug: Cow::Owned(slug.to_owned()),
                    aliases: &[],
                    bases: vec![base],
                    lead: "",
                    version,
                    shape,
                    wire: Wire::OpenAi,
                    endpoints,
                    credential: Wire::OpenAi.credential(),
                    model_field: "model",
                    asks_usage: true,
                    models: Vec::new(),
                }
            }
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }

    /// Says whether that provider's chat streams are to be asked for their counts.
    pub fn with_asked_usage(mut self, slug: &str, asks_usage: bool) -> Result<Self, BadProvider> {
        let Some(known) = self.rows.get(slug) else {
            return Err(BadProvider::Unknown(slug.to_owned()));
        };
        let provider = Provider {
            asks_usage,
            ..Provider::clone(known)
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }

    /// Says which models that provider has, by its own names; they replace those said before.
    pub fn with_models(mut self, slug: &str, models: Vec<String>) -> Result<Self, BadProvider> {
        let Some(known) = self.rows.get(slug) else {
            return Err(BadProvider::Unknown(slug.to_owned()));
        };
        if models.iter().any(|name| name.trim().is_empty()) {
            return Err(BadProvider::Model(slug.to_owned()));
        }
        let provider = Provider {
            models,
            ..Provider::clone(known)
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }

    /// Has the provider of that slug speak another dialect; its key then travels as that dialect wants.
    pub fn with_wire(mut self, slug: &str, wire: Wire) -> Result<Self, BadProvider> {
        let Some(known) = self.rows.get(slug) else {
            return Err(BadProvider::Unknown(slug.to_owned()));
        };
        let endpoints = match wire {
            same if same == known.wire => known.endpoints,
            Wire::OpenAi => &endpoint::OPENAI[..],
            Wire::Anthropic => &endpoint::ANTHROPIC[..],
            _ => &[],
        };
        let provider = Provider {
            wire,
            endpoints,
            credential: wire.credential(),
            ..Provider::clone(known)
        };
        self.rows.insert(slug.to_owned(), Arc::new(provider));
        Ok(self)
    }
}

fn check_slug(slug: &str) -> Result<(), BadProvider> {
    if RESERVED.contains(&slug) || slug.starts_with(CUSTOM) {
        return Err(BadProvider::Reserved(slug.to_owned()));
    }
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (1..=64).contains(&slug.len()) && slug.bytes().all(legal) {
        true => Ok(()),
        false => Err(BadProvider::Slug(slug.to_owned())),
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
            Self::Model(slug) => write!(
                f,
                "provider `{slug}`: one of its models has no name; name it or leave it out"
            ),
        }
    }
}

impl std::error::Error for BadProvider {}

#[cfg(test)]
mod tests;
