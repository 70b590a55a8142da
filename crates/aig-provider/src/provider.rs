//! One provider: a row of data, and the questions put to it: where a request goes, in which dialect
//! it is answered, which model its address names.
//!
//! The tail of a path is never decoded or normalised. Only its beginning may change, by the row's
//! rule for the version segment and by what its file takes out of it to fill the base's slots; the
//! rest of it and the query arrive as the caller wrote them.

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName};

use crate::base::{Base, Slots};
use crate::bedrock;
use crate::endpoint::{self, Endpoint};
use crate::shape::Shape;
use crate::tail::{self, BadTail};
use crate::version::Version;
use crate::wire::Wire;

/// A provider that requests can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub(crate) slug: Cow<'static, str>,
    pub(crate) aliases: &'static [&'static str],
    /// The one that most requests go to, and others that some go to instead; never empty. The
    /// configuration replaces all of them by one.
    pub(crate) bases: Vec<Base>,
    /// What some clients spell out in front of the version, as it stands in the base.
    pub(crate) lead: &'static str,
    pub(crate) version: Version,
    pub(crate) shape: Shape,
    pub(crate) wire: Wire,
    pub(crate) endpoints: &'static [(Endpoint, &'static str)],
    pub(crate) credential: Credential,
    /// The field of a body that names the model.
    pub(crate) model_field: &'static str,
    pub(crate) asks_usage: bool,
    /// The models that it is known to have, by its own names; most rows know none.
    pub(crate) models: Vec<String>,
}

/// Where a provider's key travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The headers that can hold it, the one that a stored key goes into first.
    pub(crate) headers: &'static [HeaderName],
    /// What stands in front of the key in the first of them, its space included.
    pub(crate) scheme: &'static str,
    /// The parameter of a query that can hold it, too.
    pub(crate) parameter: Option<&'static str>,
}

/// What of a request decides where it goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The account that the request is made for; some bases name it.
    pub account: Option<&'a str>,
    /// The path after the provider's slug, as it stood in the request line.
    pub tail: &'a str,
    /// The query, as it stood there, too.
    pub query: Option<&'a str>,
    /// The headers; one provider lets one of them name the target, within limits.
    pub headers: Option<&'a HeaderMap>,
}

/// What a provider's rule makes of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way<'a> {
    /// Which of the bases; if it is not there, the first.
    pub(crate) base: usize,
    pub(crate) slots: Slots<'a>,
    /// What goes below the base, each with a slash in front.
    pub(crate) parts: [Option<&'a str>; 3],
    pub(crate) query: Option<&'a str>,
}

// === impl Provider ===

impl Provider {
    /// The name that stands in paths, logs and the configuration.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The dialect of its bodies, where a path does not tell otherwise (see `wire_at`).
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// The dialect in which a request to that tail is asked and answered.
    ///
    /// Many providers offer the endpoints of another one beside their own.
    pub fn wire_at(&self, raw_tail: &str) -> Wire {
        endpoint::wire_at(self, raw_tail.trim_start_matches('/'))
    }

    /// The base that most requests go below, as configured; slots are in braces.
    pub fn base_url(&self) -> String {
        self.base().to_string()
    }

    /// The headers that can hold its key, the one that a stored key goes into first.
    pub fn credential_headers(&self) -> &'static [HeaderName] {
        self.credential.headers
    }

    /// What stands in front of a key in the first of these headers: `"Bearer "`, `"Token "`, `""`.
    pub fn credential_scheme(&self) -> &'static str {
        self.credential.scheme
    }

    /// The parameter of a query that can hold its key, for clients that cannot set headers.
    pub fn credential_parameter(&self) -> Option<&'static str> {
        self.credential.parameter
    }

    /// The service and the region that a request to that tail is signed for, where the provider
    /// takes AWS's signatures.
    pub fn signing_scope<'a>(&self, raw_tail: &'a str) -> Option<(&'static str, &'a str)> {
        match self.shape {
            Shape::Bedrock => bedrock::signing_scope(raw_tail),
            _ => None,
        }
    }

    /// Whether its chat streams count tokens only when `stream_options` asks them to.
    ///
    /// Some providers count unasked, and one of them refuses the question.
    pub fn asks_usage(&self) -> bool {
        self.asks_usage
    }

    /// Whether the configuration says which models it has.
    pub fn names_models(&self) -> bool {
        !self.models.is_empty()
    }

    /// The tail under which it offers an endpoint in the endpoint's own dialect, if it does.
    pub fn tail_of(&self, endpoint: Endpoint) -> Option<&'static str> {
        endpoint::tail_of(self, endpoint)
    }

    /// The model that the path names, percent escapes undone; `None` if paths do not name it.
    pub fn model_in_path<'a>(&self, raw_tail: &'a str) -> Option<Cow<'a, str>> {
        let tail = raw_tail.trim_start_matches('/');
        let model = self.shape.model_in_path(self, tail)?;
        Some(tail::unescaped(model)).filter(|model| !model.is_empty())
    }

    /// The model that the query names, as speech providers and sockets have it.
    pub fn model_in_query<'a>(&self, query: Option<&'a str>) -> Option<Cow<'a, str>> {
        let pairs = query?.split('&');
        let model = pairs
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == "model").then_some(value))?;
        Some(tail::unescaped(model)).filter(|model| !model.is_empty())
    }

    /// Where a call goes.
    ///
    /// Slashes in front of the tail are dropped: they come from joining a base that ends in one, and
    /// a path that begins with two could be taken for another authority.
    pub fn target_of(&self, call: &Call<'_>) -> Result<Uri, BadTail> {
        tail::check(call.tail.as_bytes())?;
        if let Some(query) = call.query {
            tail::check_query(query.as_bytes())?;
        }
        let call = Call {
            tail: call.tail.trim_start_matches('/'),
            ..*call
        };
        let way = self.shape.way(self, &call)?;
        let base = self.bases.get(way.base).unwrap_or(self.base());
        let slots = Slots {
            account: call.account,
            ..way.slots
        };

        let below = base.path_for(&slots)?;
        // Room for the slashes, too, and for a version.
        let length = below.len() + call.tail.len() + way.query.map_or(0, str::len) + 32;
        let mut path = String::with_capacity(length);
        path.push_str(&below);
        for part in way.parts.into_iter().flatten() {
            path.push('/');
            path.push_str(part);
        }
        if path.is_empty() {
            path.push('/');
        }
        if let Some(query) = way.query {
            path.push('?');
            path.push_str(query);
        }
        if path.len() >= usize::from(u16::MAX) {
            return Err(BadTail::TooLong);
        }

        let path = PathAndQuery::try_from(path).map_err(|_| {
            let tail: String = way.parts.into_iter().flatten().collect();
            BadTail::Byte(tail::illegal(&tail, way.query.unwrap_or_default()))
        })?;
        Uri::builder()
            .scheme(base.scheme.clone())
            .authority(base.authority(&slots)?)
            .path_and_query(path)
            .build()
            .map_err(|_| BadTail::TooLong)
    }

    /// The base that most requests go below.
    pub(crate) fn base(&self) -> &Base {
        self.bases
            .first()
            .expect("a provider is made with a base and never loses it")
    }

    /// The version segment to put in front, and what is left of the tail.
    pub(crate) fn split<'a>(&'a self, tail: &'a str) -> (Option<&'a str>, Option<&'a str>) {
        self.version.split(self.without_lead(tail))
    }

    /// The tail without the part of the base that some clients repeat, if the version follows it.
    fn without_lead<'a>(&self, tail: &'a str) -> &'a str {
        let repeated = || {
            let rest = tail.strip_prefix(self.lead)?.strip_prefix('/')?;
            let below = rest.strip_prefix(self.version.segment()?)?;
            (below.is_empty() || below.starts_with('/')).then_some(rest)
        };
        match self.lead {
            "" => tail,
            _ => repeated().unwrap_or(tail),
        }
    }
}

#[cfg(test)]
mod tests;
