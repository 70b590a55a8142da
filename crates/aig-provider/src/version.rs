//! The version segment at the beginning of a path: who has it, who wants it, and how often.
//!
//! Callers spell one endpoint in several ways, since some clients bring the version along and some
//! expect it in the base URL; joining as text would double it or leave it out.

use std::borrow::Cow;

/// What happens to a version segment at the beginning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// The path goes below the base as it came.
    AsGiven,
    /// The base ends in this segment; the same segment in front of a path is dropped.
    InBase(Cow<'static, str>),
    /// The base has none; a path gets this segment if it does not begin with it, once.
    InPath(Cow<'static, str>),
    /// The base has none, and there are several; a path without any of them gets this one.
    Any(Cow<'static, str>),
    /// The provider knows none; this segment in front of a path is dropped.
    Nowhere(Cow<'static, str>),
}

/// A path taken apart by the rule: the version segment to put in front, and what comes below it.
///
/// An empty tail is `None`, so that the base itself is reached without a slash behind it.
pub(crate) type Parted<'a> = (Option<&'a str>, Option<&'a str>);

// === impl Version ===

impl Version {
    pub(crate) fn split<'a>(&'a self, tail: &'a str) -> Parted<'a> {
        let tail = Some(tail).filter(|tail| !tail.is_empty());
        match self {
            Self::AsGiven => (None, tail),
            Self::InBase(segment) | Self::Nowhere(segment) => (None, without(segment, tail)),
            Self::InPath(segment) => (Some(segment), without(segment, tail)),
            Self::Any(default) => any(default, tail),
        }
    }

    /// What is left of the rule where the configured base has no version in it: what the base brought
    /// along is then nobody's, what paths bring along is still theirs.
    pub(crate) fn below_another_base(&self) -> Self {
        match self {
            Self::InBase(_) | Self::AsGiven => Self::AsGiven,
            Self::InPath(_) | Self::Any(_) | Self::Nowhere(_) => self.clone(),
        }
    }

    /// The segment that the rule is about.
    pub(crate) fn segment(&self) -> Option<&str> {
        match self {
            Self::AsGiven => None,
            Self::InBase(segment)
            | Self::InPath(segment)
            | Self::Any(segment)
            | Self::Nowhere(segment) => Some(segment),
        }
    }
}

/// Whether a segment is the name of a version: `v1`, `v1beta`, `v1p1beta1`.
pub(crate) fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else {
        return false;
    };
    rest.starts_with(|first: char| first.is_ascii_digit())
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// The path without that segment in front, however often it stands there.
pub(crate) fn without<'a>(segment: &str, tail: Option<&'a str>) -> Option<&'a str> {
    let mut tail = tail;
    while let Some(rest) = tail.and_then(|tail| tail.strip_prefix(segment)) {
        match rest.strip_prefix('/') {
            Some(below) => tail = Some(below),
            None if rest.is_empty() => tail = None,
            // `v1beta` is another segment, not `v1` with something behind it.
            None => break,
        }
    }
    tail
}

/// Of several versions in a row the last one is meant: it comes from the client, those before it
/// from a base URL. A version in second place belongs to what is in front of it (`upload/v1beta/…`).
fn any<'a>(default: &'a str, tail: Option<&'a str>) -> Parted<'a> {
    let Some(mut path) = tail else {
        return (Some(default), None);
    };
    let (mut first, mut below) = apart(path);
    while is_version(first) {
        match below.map(apart) {
            Some((second, rest)) if is_version(second) => {
                path = below.unwrap_or(path);
                (first, below) = (second, rest);
            }
            _ => return (None, Some(path)),
        }
    }
    match below.map(apart) {
        Some((second, Some(_))) if is_version(second) => (None, Some(path)),
        _ => (Some(default), Some(path)),
    }
}

/// The first segment, and what follows its slash.
pub(crate) fn apart(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}
