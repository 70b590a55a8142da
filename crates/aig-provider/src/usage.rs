//! Reads the model and the token counts out of bodies that pass by, in both directions.
//!
//! A reader is fed copies of the forwarded pieces and can be asked at any time, so a stream that
//! is cut off gives what it had said until then. It never fails: what it does not understand, it
//! says nothing about. Which fields hold what is left to `openai.rs` and `anthropic.rs`.
//!
//! Compressed bodies are not read; whoever wants usage asks the provider for identity encoding.

use aig_model::Usage;

use crate::provider::Wire;
use crate::scan::{Paths, Progress, Scanner};
use crate::sse::{Events, SseReader};
use crate::{anthropic, openai};

/// What an answer has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Tokens as the provider counted them.
    pub usage: Usage,
    /// The model that answered.
    pub model: Option<String>,
    /// Whether the answer said that it is complete: the last event of a stream, the end of a JSON
    /// document. `false` says nothing about a body that is neither.
    pub finished: bool,
    /// Whether the answer is or contains an error of the provider.
    pub error_event: bool,
    /// How many events were too long to be read; if any, the counts may be incomplete.
    pub given_up: u64,
}

/// Reads one answer.
#[derive(Clone, Debug)]
pub struct ResponseReader {
    form: Form,
    documents: Documents,
}

/// What a request has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestReading {
    /// The model that is asked for.
    pub model: Option<String>,
    /// Whether the answer is to be streamed, if the request says so or not.
    pub stream: Option<bool>,
    /// Whether it has `stream_options` other than `null`.
    pub stream_options: bool,
    /// Whether one of these fields stands there twice; the last one is what was read.
    pub duplicate: bool,
    /// Whether the body so far is a complete JSON document.
    pub whole: bool,
}

/// Reads one request's body; the fields are the same on both wires.
#[derive(Clone, Debug)]
pub struct RequestReader {
    document: Scanner,
}

/// What the wire's file notes while it looks at the documents of one answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Of the prompt, without what is counted apart below.
    pub(crate) input: Option<u64>,
    /// Of the prompt, written to or read from the provider's cache and not part of `input`.
    pub(crate) input_apart: [Option<u64>; 2],
    pub(crate) output: Option<u64>,
    pub(crate) model: Option<String>,
    pub(crate) finished: bool,
    pub(crate) error_event: bool,
}

#[derive(Clone, Debug)]
enum Form {
    /// Nothing that can be read.
    Blind,
    /// The first byte will tell.
    Unknown,
    Json,
    Events(SseReader),
}

/// The scanner with what it found; receives the data of events.
#[derive(Clone, Debug)]
struct Documents {
    wire: Wire,
    scanner: Scanner,
    head: Head,
    tally: Tally,
}

/// The beginning of an event's data, for the one that is no JSON.
#[derive(Clone, Debug, Default)]
struct Head {
    bytes: [u8; 8],
    len: usize,
}

const REQUEST: Paths = Paths::new(&[&["model"], &["stream"], &["stream_options"]]);
const MODEL: usize = 0;
const STREAM: usize = 1;
const STREAM_OPTIONS: usize = 2;

// === impl ResponseReader ===

impl ResponseReader {
    /// A reader for an answer of that content type, by the dialect of who sends it.
    ///
    /// Whether a body is one document or a stream of events is taken from its first byte, not from
    /// the header: some providers send event streams as `application/json`, and errors as
    /// `text/event-stream`. The header only says whether to look at all.
    pub fn new(wire: Wire, content_type: Option<&str>) -> Self {
        let form = match content_type.map(is_text_we_read) {
            Some(false) => Form::Blind,
            Some(true) | None => Form::Unknown,
        };
        Self::of(wire, form)
    }

    /// A reader that looks at nothing, for bodies that are compressed.
    pub fn blind(wire: Wire) -> Self {
        Self::of(wire, Form::Blind)
    }

    fn of(wire: Wire, form: Form) -> Self {
        let paths = match wire {
            Wire::OpenAi => openai::ANSWER,
            Wire::Anthropic => anthropic::ANSWER,
        };
        Self {
            form,
            documents: Documents {
                wire,
                scanner: Scanner::new(paths),
                head: Head::default(),
                tally: Tally::default(),
            },
        }
    }

    /// Reads the next piece of the body.
    pub fn feed(&mut self, piece: &[u8]) {
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
                b'{' | b'[' => Form::Json,
                _ => Form::Events(SseReader::new()),
            };
        }
        match &mut self.form {
            Form::Blind | Form::Unknown => {}
            Form::Json => self.documents.json(piece),
            Form::Events(reader) => reader.feed(piece, &mut self.documents),
        }
    }

    /// The body ended cleanly; an event whose closing empty line is missing counts too.
    pub fn finish(&mut self) {
        if let Form::Events(reader) = &mut self.form {
            reader.finish(&mut self.documents);
        }
    }

    /// What the answer has said so far.
    pub fn reading(&self) -> Reading {
        let tally = &self.documents.tally;
        Reading {
            usage: Usage {
                tokens_in: tally.tokens_in(),
                tokens_out: tally.output,
            },
            model: tally.model.clone(),
            finished: tally.finished,
            error_event: tally.error_event,
            given_up: match &self.form {
                Form::Events(reader) => reader.given_up(),
                Form::Blind | Form::Unknown | Form::Json => 0,
            },
        }
    }
}

/// JSON and event streams, by whatever name; anything without a subtype in between is not.
fn is_text_we_read(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let ends_with = |end: &str| {
        let from = essence.len().saturating_sub(end.len());
        essence.as_bytes()[from..].eq_ignore_ascii_case(end.as_bytes())
    };
    ends_with("json") || ends_with("event-stream") || ends_with("text/plain") || essence.is_empty()
}

// === impl Documents ===

impl Documents {
    fn json(&mut self, piece: &[u8]) {
        let before = self.scanner.progress();
        self.scanner.feed(piece);
        if before == Progress::Open && self.scanner.progress() == Progress::Whole {
            self.take(None);
            self.tally.finished = true;
        }
    }

    fn take(&mut self, event: Option<&[u8]>) {
        match self.wire {
            Wire::OpenAi => openai::take(&self.scanner, event, &mut self.tally),
            Wire::Anthropic => anthropic::take(&self.scanner, event, &mut self.tally),
        }
    }

    fn forget(&mut self) {
        self.scanner.reset();
        self.head.len = 0;
    }
}

impl Events for Documents {
    fn data(&mut self, part: &[u8]) {
        self.head.push(part);
        self.scanner.feed(part);
    }

    fn event(&mut self, name: &[u8]) {
        if self.wire == Wire::OpenAi && self.head.text().trim_ascii() == openai::DONE {
            self.tally.finished = true;
        } else if self.scanner.progress() == Progress::Whole {
            self.take(Some(name));
        }
        self.forget();
    }

    fn given_up(&mut self) {
        self.forget();
    }
}

// === impl Head ===

impl Head {
    fn push(&mut self, part: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let taken = room.len().min(part.len());
        room[..taken].copy_from_slice(&part[..taken]);
        // Counted on, so that longer data is nothing that fits in here.
        self.len = self.len.saturating_add(part.len());
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

// === impl Tally ===

impl Tally {
    /// The whole prompt, whatever part of it came from the provider's cache.
    fn tokens_in(&self) -> Option<u64> {
        [self.input]
            .into_iter()
            .chain(self.input_apart)
            .flatten()
            .reduce(|sum, part| MOST_TOKENS.min(sum + part))
    }

    /// The first name that is said stays: later events of a stream repeat it or leave it empty.
    pub(crate) fn note_model(&mut self, raw: Option<&[u8]>) {
        if self.model.is_none() {
            self.model = raw.and_then(text).filter(|model| !model.is_empty());
        }
    }
}

/// The largest count that is believed: beyond it JSON's numbers stop being exact, and nobody has
/// sent that many tokens.
const MOST_TOKENS: u64 = (1 << 53) - 1;

/// Replaces a count by a newer one; whatever is no count changes nothing.
pub(crate) fn update(count: &mut Option<u64>, raw: Option<&[u8]>) {
    let Some(raw) = raw.and_then(|raw| std::str::from_utf8(raw).ok()) else {
        return;
    };
    let newer = raw.parse::<u64>().ok().or_else(|| {
        // `10.0` and `1e3` are whole numbers, too. Larger ones than can be are cut off by the cast.
        let number = raw.parse::<f64>().ok()?;
        (number.fract() == 0.0 && number >= 0.0).then_some(number as u64)
    });
    if let Some(newer) = newer.filter(|newer| *newer <= MOST_TOKENS) {
        *count = Some(newer);
    }
}

/// The text of a JSON string; `None` for any other value.
fn text(raw: &[u8]) -> Option<String> {
    serde_json::from_slice(raw).ok()
}

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
            document: Scanner::new(REQUEST),
        }
    }

    /// Reads the next piece of the body.
    pub fn feed(&mut self, piece: &[u8]) {
        self.document.feed(piece);
    }

    /// What the request has said so far.
    pub fn reading(&self) -> RequestReading {
        RequestReading {
            model: self.document.value(MODEL).and_then(text),
            stream: match self.document.value(STREAM) {
                Some(b"true") => Some(true),
                Some(b"false") => Some(false),
                _ => None,
            },
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
