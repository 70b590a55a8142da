//! Reads the model and the wish for a stream out of a request's body as it passes by.
//!
//! Like the reader of answers it is fed copies of the forwarded pieces, can be asked at any time, and
//! never fails. Bodies that are no JSON say nothing. It also finds where a question for token counts
//! would go (`ask_usage`), because one look at a long body is dear enough.

use aig_model::CompactString;

use crate::provider::Provider;
use crate::scan::{Paths, Progress, Scanner};
use crate::usage::text;

/// What a request has said so far, all at once, for those who check it.
#[cfg(any(test, fuzzing))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestReading {
    /// The model that is asked for.
    pub model: Option<CompactString>,
    /// Whether the answer is to be streamed, if the request says so or not.
    pub stream: Option<bool>,
    /// Whether it has `stream_options` other than `null`.
    pub stream_options: bool,
    /// Whether one of these fields stands there twice; the last one is what was read.
    pub duplicate: bool,
    /// Whether the body so far is a complete JSON document.
    pub whole: bool,
}

/// Reads one request's body; the fields are the same on nearly all wires.
#[derive(Clone, Debug)]
pub struct RequestReader {
    document: Scanner,
}

const REQUEST: Paths = Paths::new(&[&["model"], &["stream"], &["stream_options"]]);
const BY_ID: Paths = Paths::new(&[&["model_id"], &["stream"], &["stream_options"]]);
const BY_VERSION: Paths = Paths::new(&[&["version"], &["stream"], &["stream_options"]]);
const MODEL: usize = 0;
const STREAM: usize = 1;
const STREAM_OPTIONS: usize = 2;

// === impl RequestReader ===

impl Default for RequestReader {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestReader {
    /// A reader at the beginning of a body.
    pub fn new() -> Self {
        Self {
            document: Scanner::new(&REQUEST),
        }
    }

    /// The same for a body to that provider, whose field for the model may have another name.
    pub fn for_provider(provider: &Provider) -> Self {
        let paths = match provider.model_field {
            "model_id" => &BY_ID,
            "version" => &BY_VERSION,
            _ => &REQUEST,
        };
        Self {
            document: Scanner::new(paths),
        }
    }

    /// Reads the next piece of the body. If it ends a request for a stream that says nothing of token
    /// counts, tells where in the piece `USAGE_QUESTION` would go.
    pub fn feed(&mut self, piece: &[u8]) -> Option<usize> {
        let open = self.document.progress() == Progress::Open;
        let end = self.document.feed_document(piece);
        let ends = open && self.document.progress() == Progress::Whole;
        // The document ends with the last byte that was read, which is its brace.
        let place = end.checked_sub(1).filter(|_| ends && self.lacks_question());
        self.document.end_with(&piece[end..]);
        place
    }

    /// Whether a stream is asked for, and its token counts are not.
    fn lacks_question(&self) -> bool {
        // Servers disagree about which one of two counts.
        self.stream() == Some(true)
            && !self.document.duplicate(STREAM)
            && self.document.span(STREAM_OPTIONS).is_none()
    }

    /// The model that is asked for.
    pub fn model(&self) -> Option<CompactString> {
        self.document.value(MODEL).and_then(text)
    }

    /// Whether the answer is to be streamed, if the request says so or not.
    pub fn stream(&self) -> Option<bool> {
        match self.document.value(STREAM) {
            Some(b"true") => Some(true),
            Some(b"false") => Some(false),
            _ => None,
        }
    }

    /// What the request has said so far.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn reading(&self) -> RequestReading {
        RequestReading {
            model: self.model(),
            stream: self.stream(),
            stream_options: self.document.present(STREAM_OPTIONS),
            duplicate: [MODEL, STREAM, STREAM_OPTIONS]
                .into_iter()
                .any(|path| self.document.duplicate(path)),
            whole: self.document.progress() == Progress::Whole,
        }
    }
}

#[cfg(test)]
mod tests;
