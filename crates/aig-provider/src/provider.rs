//! One provider: a row of data, and the one question put to it, where a request goes.
//!
//! The tail of a path is never decoded or normalised. Only its beginning may change, by the row's
//! rule for the version segment; the rest of it and the query arrive as the caller wrote them.

use std::borrow::Cow;

use http::HeaderName;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::tail::{self, BadTail};

/// A provider that requests can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub(crate) slug: Cow<'static, str>,
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// Empty, or with a leading and without a trailing slash.
    pub(crate) base_path: String,
    pub(crate) version: Version,
    pub(crate) wire: Wire,
    pub(crate) credential_headers: &'static [HeaderName],
}

/// The dialect that a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Chat completions, responses and embeddings as OpenAI defined them.
    OpenAi,
    /// Messages as Anthropic defined them.
    Anthropic,
}

/// What happens to a version segment at the beginning of a path.
///
/// Callers spell one endpoint in several ways, since some clients bring the version along and some
/// expect it in the base URL; joining as text would double it or leave it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// The path goes below the base as it came.
    AsGiven,
    /// The base ends in this segment; the same segment in front of a path is dropped.
    InBase(Cow<'static, str>),
    /// The base has none; a path gets this segment if it does not begin with it, once.
    InPath(Cow<'static, str>),
}

// === impl Provider ===

impl Provider {
    /// The name that stands in paths, logs and the configuration.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The dialect of its bodies.
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Host and port that it is reached at; also the value of `Host`.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The rule for the version segment.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The headers that can hold its key, the one that a stored key goes into first.
    pub fn credential_headers(&self) -> &'static [HeaderName] {
        self.credential_headers
    }

    /// Where a request for `raw_tail` goes: the path after the slug, as it stood in the request line.
    ///
    /// Slashes in front of the tail are dropped: they come from joining a base that ends in one, and
    /// a path that begins with two could be taken for another authority.
    pub fn target(&self, raw_tail: &str, query: Option<&str>) -> Result<Uri, BadTail> {
        tail::check(raw_tail.as_bytes())?;
        let (version, tail) = self.version.split(raw_tail.trim_start_matches('/'));

        let room = self.base_path.len() + raw_tail.len() + query.map_or(0, str::len) + 16;
        let mut path = String::with_capacity(room);
        path.push_str(&self.base_path);
        for part in [version, tail].into_iter().flatten() {
            path.push('/');
            path.push_str(part);
        }
        if path.is_empty() {
            path.push('/');
        }
        if let Some(query) = query {
            tail::check_query(query.as_bytes())?;
            path.push('?');
            path.push_str(query);
        }
        if path.len() >= usize::from(u16::MAX) {
            return Err(BadTail::TooLong);
        }

        let path = PathAndQuery::try_from(path)
            .map_err(|_| BadTail::Byte(tail::illegal(raw_tail, query.unwrap_or_default())))?;
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|_| BadTail::TooLong)
    }
}

// === impl Version ===

impl Version {
    /// The version segment to put in front, and what is left of the tail.
    ///
    /// An empty tail is `None`, so that the base itself is reached without a slash behind it.
    fn split<'a>(&'a self, tail: &'a str) -> (Option<&'a str>, Option<&'a str>) {
        let (segment, put) = match self {
            Self::AsGiven => return (None, Some(tail).filter(|tail| !tail.is_empty())),
            Self::InBase(segment) => (segment, None),
            Self::InPath(segment) => (segment, Some(&**segment)),
        };
        let mut tail = Some(tail).filter(|tail| !tail.is_empty());
        while let Some(rest) = tail.and_then(|tail| tail.strip_prefix(&**segment)) {
            match rest.strip_prefix('/') {
                Some(below) => tail = Some(below),
                None if rest.is_empty() => tail = None,
                // `v1beta` is another segment, not `v1` with something behind it.
                None => break,
            }
        }
        (put, tail)
    }
}

#[cfg(test)]
mod tests;
