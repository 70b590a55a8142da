//! Reads the model and the token counts out of answers that pass by.
//!
//! A reader is fed copies of the forwarded pieces and can be asked at any time, so a stream that
//! is cut off gives what it had said until then. It never fails: what it does not understand, it
//! says nothing about. Here the form of a body is told apart: one document, many, events, frames.
//! Which fields hold what is left to the dialects' files.
//!
//! Compressed bodies are decoded on the way (`coding`), as far as their coding is known.

use aig_model::{CompactString, Usage};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use crate::bedrock;
use crate::coding::{Coded, Decoder};
use crate::counts::{Counts, Fields, Slot};
use crate::documents::Documents;
use crate::event_stream::EventStreamReader;
use crate::sse::SseReader;
use crate::wire::Wire;

/// What an answer has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What the provider counted.
    pub usage: Usage,
    /// Whether the provider counts the tokens of its cache beside those of the prompt. In `usage`
    /// they are part of the prompt either way; prices that ignore caches must know.
    pub cache_apart: bool,
    /// The model that answered.
    pub model: Option<CompactString>,
    /// Whether the answer said that it is complete: the last event of a stream, the end of a JSON
    /// document. `false` says nothing about a body that is neither.
    pub finished: bool,
    /// Whether the answer is or contains an error of the provider.
    pub error_event: bool,
    /// How many events were too long to be read; if any, the counts may be incomplete.
    pub given_up: u64,
}

/// Reads one answer.
#[derive(Debug)]
pub struct ResponseReader {
    coding: Option<Decoder>,
    form: Form,
    documents: Documents,
}

/// What the wire's file notes while it looks at the documents of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) model: Option<CompactString>,
    pub(crate) finished: bool,
    pub(crate) error_event: bool,
}

#[derive(Clone, Debug)]
enum Form {
    /// Nothing that can be read.
    Blind,
    /// The first byte will tell.
    Unknown,
    /// One document.
    Json,
    /// Many documents, in lines or as items of an array.
    Many,
    Events(SseReader),
    Frames(EventStreamReader),
}

// === impl ResponseReader ===

impl ResponseReader {
    /// A reader for an answer of that content type, by the dialect of who sends it.
    ///
    /// Whether a body is one document or a stream of events is taken from its first byte, not from
    /// the header: some providers send event streams as `application/json`, and errors as
    /// `text/event-stream`. The header only says whether to look at all.
    pub fn new(wire: Wire, content_type: Option<&str>) -> Self {
        let form = match content_type.map(essence) {
            _ if wire == Wire::Opaque => Form::Blind,
            Some(kind) if is(kind, FRAMES) => Form::Frames(EventStreamReader::new()),
            Some(kind) if LINES.iter().any(|lines| is(kind, lines)) => Form::Many,
            Some(kind) if !is_text_we_read(kind) => Form::Blind,
            Some(_) | None => Form::Unknown,
        };
        Self::of(wire, form)
    }

    /// A reader that looks at nothing, for bodies that cannot be read.
    pub fn blind(wire: Wire) -> Self {
        Self::of(wire, Form::Blind)
    }

    /// A reader for an answer with these headers, which say how it is coded, too: blind where that is
    /// not known, and beginning with what the headers count themselves.
    pub fn answering(wire: Wire, headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE);
        // A type that is no text is none that is read, either.
        let content_type = content_type.map(|kind| kind.to_str().unwrap_or("?"));
        let mut reader = match Coded::by(headers) {
            Coded::Plain => Self::new(wire, content_type),
            Coded::By(decoder) => {
                let reader = Self::new(wire, content_type);
                let seen = !matches!(reader.form, Form::Blind);
                Self {
                    coding: Some(decoder).filter(|_| seen),
                    ..reader
                }
            }
            Coded::Unknown => Self::blind(wire),
        };
        let tally = &mut reader.documents.tally;
        match wire {
            Wire::Bedrock => bedrock::take_headers(headers, tally),
            Wire::Opaque => {
                for name in CHARACTER_HEADERS {
                    let value = headers.get(name).map(HeaderValue::as_bytes);
                    tally.counts.update(Slot::Characters, value);
                }
            }
            _ => {}
        }
        reader
    }

    fn of(wire: Wire, form: Form) -> Self {
        Self {
            coding: None,
            form,
            documents: Documents::new(wire),
        }
    }

    /// Reads the next piece of the body, as it came.
    pub fn feed(&mut self, piece: &[u8]) {
        match self.coding.take() {
            None => self.read(piece),
            Some(mut coding) => {
                coding.decode(piece, |part| self.read(part));
                self.coding = Some(coding);
            }
        }
    }

    fn read(&mut self, piece: &[u8]) {
        let mut piece = piece;
        if let Form::Unknown = self.form {
            // White space and a byte order mark mean nothing in front of either form.
            let skipped =
                |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf);
            let Some(first) = piece.iter().position(|byte| !skipped(byte)) else {
                return;
            };
            piece = &piece[first..];
            self.form = match piece[0] {
                // Gemini streams one array when nobody asks for events.
                b'[' if self.documents.wire() == Wire::Gemini => Form::Many,
                b'{' | b'[' => Form::Json,
                _ => Form::Events(SseReader::new()),
            };
        }
        match &mut self.form {
            Form::Blind | Form::Unknown => {}
            Form::Json => self.documents.one(piece),
            Form::Many => self.documents.many(piece),
            Form::Events(reader) => reader.feed(piece, &mut self.documents),
            Form::Frames(reader) => reader.feed(piece, &mut self.documents),
        }
    }

    /// The body ended cleanly; an event whose closing empty line is missing counts too.
    pub fn finish(&mut self) {
        if let Form::Events(reader) = &mut self.form {
            reader.finish(&mut self.documents);
        }
    }

    /// Whether a stream has said so far that its provider failed: an event, a line or a frame of it is
    /// the dialect's own for that. A body that is one document says such things by its status.
    pub fn broke_off(&self) -> bool {
        let streams = match self.form {
            Form::Many | Form::Events(_) | Form::Frames(_) => true,
            Form::Blind | Form::Unknown | Form::Json => false,
        };
        streams && self.documents.tally.error_event
    }

    /// What the answer has said, once nothing more of it is read.
    pub fn into_reading(mut self) -> Reading {
        let model = self.documents.tally.model.take();
        Reading {
            model,
            ..self.reading()
        }
    }

    /// What the answer has said so far.
    pub fn reading(&self) -> Reading {
        let tally = &self.documents.tally;
        Reading {
            usage: tally.counts.usage(),
            cache_apart: tally.counts.cache_apart,
            model: tally.model.clone(),
            finished: tally.finished,
            error_event: tally.error_event,
            given_up: match &self.form {
                Form::Events(reader) => reader.given_up(),
                Form::Frames(reader) => reader.given_up(),
                Form::Blind | Form::Unknown | Form::Json | Form::Many => 0,
            },
        }
    }
}

/// How providers of speech count what was read aloud: ElevenLabs and Deepgram.
const CHARACTER_HEADERS: [&str; 2] = ["character-cost", "dg-char-count"];
/// The type of binary frames.
const FRAMES: &str = "application/vnd.amazon.eventstream";
/// The types of one document per line.
const LINES: [&str; 4] = [
    "application/stream+json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

/// A content type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
}

fn is(essence: &str, wanted: &str) -> bool {
    essence.eq_ignore_ascii_case(wanted)
}

/// Whether a body of that type is one JSON document, unless its first byte says otherwise.
pub(crate) fn is_one_document(content_type: &str) -> bool {
    let kind = essence(content_type);
    ends_with(kind, "json") && !LINES.iter().any(|lines| is(kind, lines))
}

fn ends_with(essence: &str, end: &str) -> bool {
    let from = essence.len().saturating_sub(end.len());
    essence.as_bytes()[from..].eq_ignore_ascii_case(end.as_bytes())
}

/// JSON and event streams, by whatever name; anything without a subtype in between is not.
fn is_text_we_read(essence: &str) -> bool {
    let kinds = ["json", "event-stream", "text/plain"];
    kinds.iter().any(|end| ends_with(essence, end)) || essence.is_empty()
}

// === impl Tally ===

impl Tally {
    /// Before the first document.
    pub(crate) fn new(fields: Fields) -> Self {
        Self {
            counts: Counts::new(fields),
            model: None,
            finished: false,
            error_event: false,
        }
    }

    /// The first name that is said stays: later events of a stream repeat it or leave it empty.
    pub(crate) fn note_model(&mut self, raw: Option<&[u8]>) {
        if self.model.is_none() {
            self.model = raw.and_then(text).filter(|model| !model.is_empty());
        }
    }
}

/// The text of a JSON string; `None` for any other value.
pub(crate) fn text(raw: &[u8]) -> Option<CompactString> {
    // Nearly all are words without an escape, which stand there as they are.
    if let [b'"', word @ .., b'"'] = raw
        && word
            .iter()
            .all(|byte| matches!(byte, 0x20..=0x7f) && !matches!(byte, b'"' | b'\\'))
    {
        return CompactString::from_utf8(word).ok();
    }
    let text = serde_json::from_slice::<String>(raw);
    text.map(CompactString::from).ok()
}

#[cfg(test)]
mod tests;
