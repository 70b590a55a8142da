//! The documents of one answer, as they are completed: the answer itself, the data of its events, the
//! lines or items it consists of. Hands each to the file of the dialect.

use crate::counts::Fields;
use crate::scan::{Paths, Progress, Scanner};
use crate::sse::Events;
use crate::usage::Tally;
use crate::wire::Wire;
use crate::{anthropic, bedrock, cohere, gemini, openai, replicate, workers_ai};

/// The scanner with what it found; receives the data of events.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    wire: Wire,
    scanner: Scanner,
    head: Head,
    /// Among several documents: whether the next one has not begun.
    between: bool,
    pub(crate) tally: Tally,
}

/// The beginning of an event's data, for the one that is no JSON.
#[derive(Clone, Debug, Default)]
struct Head {
    bytes: [u8; 8],
    len: usize,
}

/// What stands between the lines or items of an answer, and around them.
const SEPARATORS: &[u8] = b" \t\r\n,[]";

// === impl Documents ===

impl Documents {
    pub(crate) fn new(wire: Wire) -> Self {
        Self {
            wire,
            scanner: Scanner::new(paths(wire)),
            head: Head::default(),
            between: true,
            tally: Tally::new(fields(wire)),
        }
    }

    pub(crate) fn wire(&self) -> Wire {
        self.wire
    }

    /// Reads the next piece of a body that is one document; what stands behind it is not looked at,
    /// so that it does not matter whether it comes with the document's end or later.
    pub(crate) fn one(&mut self, piece: &[u8]) {
        let before = self.scanner.progress();
        self.scanner.feed_document(piece);
        if before == Progress::Open && self.scanner.progress() == Progress::Whole {
            self.take(None);
            self.tally.finished = true;
        }
    }

    /// Reads the next piece of a body that is many documents, in lines or as items of one array.
    pub(crate) fn many(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.scanner.progress() != Progress::Broken {
            if self.between {
                let separates = |byte: &u8| SEPARATORS.contains(byte);
                let length = rest.iter().position(|byte| !separates(byte));
                let (between, behind) = rest.split_at(length.unwrap_or(rest.len()));
                self.tally.finished |= between.contains(&b']');
                self.between = behind.is_empty();
                rest = behind;
                continue;
            }
            let used = self.scanner.feed_document(rest);
            rest = &rest[used..];
            if self.scanner.progress() == Progress::Whole {
                self.take(Some(b""));
                self.forget();
                self.between = true;
            }
        }
    }

    fn take(&mut self, event: Option<&[u8]>) {
        let (document, tally) = (&self.scanner, &mut self.tally);
        match self.wire {
            Wire::OpenAi => openai::take(document, event, tally),
            Wire::Anthropic => anthropic::take(document, event, tally),
            Wire::Gemini => gemini::take(document, tally),
            Wire::Cohere => cohere::take(document, event, tally),
            Wire::Bedrock => bedrock::take(document, event, tally),
            Wire::WorkersAi => workers_ai::take(document, tally),
            Wire::Replicate => replicate::take(document, tally),
            Wire::Opaque => {}
        }
    }

    fn forget(&mut self) {
        self.scanner.reset();
        self.head.len = 0;
    }

    /// Whether the data is the word that ends a stream of this dialect.
    fn is_last_word(&self) -> bool {
        matches!(self.wire, Wire::OpenAi | Wire::WorkersAi)
            && self.head.text().trim_ascii() == openai::DONE
    }
}

/// Where the dialect's answers say what is wanted.
const fn paths(wire: Wire) -> &'static Paths {
    match wire {
        // Never fed for `Opaque`.
        Wire::OpenAi | Wire::Opaque => &openai::ANSWER,
        Wire::Anthropic => &anthropic::ANSWER,
        Wire::Gemini => &gemini::ANSWER,
        Wire::Cohere => &cohere::ANSWER,
        Wire::Bedrock => &bedrock::ANSWER,
        Wire::WorkersAi => &workers_ai::ANSWER,
        Wire::Replicate => &replicate::ANSWER,
    }
}

/// What its usage objects count.
const fn fields(wire: Wire) -> Fields {
    match wire {
        Wire::OpenAi | Wire::WorkersAi | Wire::Opaque => openai::FIELDS,
        Wire::Anthropic => anthropic::FIELDS,
        Wire::Gemini => gemini::FIELDS,
        Wire::Cohere => cohere::FIELDS,
        Wire::Bedrock => bedrock::FIELDS,
        Wire::Replicate => replicate::FIELDS,
    }
}

impl Events for Documents {
    fn data(&mut self, part: &[u8]) {
        self.head.push(part);
        self.scanner.feed(part);
    }

    fn event(&mut self, name: &[u8]) {
        if self.is_last_word() {
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
