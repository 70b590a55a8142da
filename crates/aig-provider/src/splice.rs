//! Changes the name of the model in a request's body, and not one byte beside it.
//!
//! Bodies are not taken apart and written again: numbers like `1.0` and those of twenty digits, the
//! order of keys and white space would not survive. The name's place is found by the scanner, and the
//! new one is put there. What names the model twice is refused, since readers disagree about which
//! one counts: what is decided here must be what the provider reads.

use std::fmt;
use std::ops::Range;

use serde::de::IgnoredAny;

use crate::scan::{Paths, Scanner};

/// The model that a body names, and where in the body the name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedModel {
    name: String,
    place: Range<usize>,
}

/// Why a body stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSpliced {
    /// It is no JSON in UTF-8, or has something behind it.
    NotJson,
    /// It is no object, or one without a `model`.
    NoModel,
    /// The model is no text.
    ModelIsNoText,
    /// This field stands there twice.
    Duplicate(&'static str),
}

const BODY: Paths = Paths::new(&[&["model"], &["stream"]]);
const MODEL: usize = 0;
const STREAM: usize = 1;

// === impl NamedModel ===

impl NamedModel {
    /// Finds the model in a body.
    ///
    /// A `stream` that is there twice is refused as well: it decides how the answer is read.
    pub fn find(body: &[u8]) -> Result<Self, NotSpliced> {
        // The scanner skips what it does not want; this one looks at every byte, and does not recurse.
        // Only what is no text it passes over, too: `mod\xecel` is the model to whoever drops such bytes.
        let text = str::from_utf8(body).map_err(|_| NotSpliced::NotJson)?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| NotSpliced::NotJson)?;
        let mut document = Scanner::new(&BODY);
        document.feed(body);
        for (path, name) in [(MODEL, "model"), (STREAM, "stream")] {
            if document.duplicate(path) {
                return Err(NotSpliced::Duplicate(name));
            }
        }
        let span = document.span(MODEL).ok_or(NotSpliced::NoModel)?;
        let at = |at: u64| usize::try_from(at).map_err(|_| NotSpliced::NotJson);
        let place = at(span.start)?..at(span.end)?;
        let name = body.get(place.clone()).ok_or(NotSpliced::NoModel)?;
        let name = serde_json::from_slice(name).map_err(|_| NotSpliced::ModelIsNoText)?;
        Ok(Self { name, place })
    }

    /// The name, escapes undone.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The body in which it was found, with `new` as its model.
    pub fn replaced(&self, body: &[u8], new: &str) -> Vec<u8> {
        let new = serde_json::Value::from(new).to_string();
        let (before, behind) = (&body[..self.place.start], &body[self.place.end..]);
        [before, new.as_bytes(), behind].concat()
    }
}

// === impl NotSpliced ===

impl fmt::Display for NotSpliced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("the body is not one JSON document; send one"),
            Self::NoModel => f.write_str("the body has no `model`; name one"),
            Self::ModelIsNoText => f.write_str("the body's `model` is no text; send its name"),
            Self::Duplicate(field) => {
                write!(f, "the body names `{field}` twice; name it once")
            }
        }
    }
}

impl std::error::Error for NotSpliced {}

#[cfg(test)]
mod tests;
