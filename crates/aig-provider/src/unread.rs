//! An answer that is read later: a short one that is one JSON document, of which nobody has to know
//! at once what it says. Reading is left to [`ResponseReader`]; here is decided what can wait, and it
//! is kept until then.

use std::fmt;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::usage::{Reading, ResponseReader, is_one_document};
use crate::wire::Wire;

/// The body of an answer, as far as it has come.
pub struct Unread {
    wire: Wire,
    bytes: Vec<u8>,
}

// === impl Unread ===

impl Unread {
    /// The longest answer that is kept to be read later, in bytes. A longer one costs more to keep than
    /// to read.
    pub const MOST: usize = 32 << 10;

    /// Room for an answer with these headers and of that length; `None` for one that should be read as
    /// it passes: it may be long, or be no single document, or its headers say something, too.
    pub fn of(wire: Wire, headers: &HeaderMap, length: Option<u64>) -> Option<Self> {
        let length = usize::try_from(length?).ok()?;
        let plain = !headers.contains_key(CONTENT_ENCODING);
        let counts_in_headers = matches!(wire, Wire::Bedrock | Wire::Opaque);
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let waits = length <= Self::MOST && plain && !counts_in_headers && is_one_document(kind);
        waits.then(|| Self {
            wire,
            bytes: Vec::with_capacity(length),
        })
    }

    /// Keeps the next piece. Gives back a reader, who has read it, when this is not what was expected.
    pub fn keep(&mut self, piece: &[u8]) -> Option<Box<ResponseReader>> {
        let begins = match self.bytes.first().or(piece.first()) {
            // What else there may be is told apart by its first byte, and may say that it broke off.
            Some(first) => *first == b'{',
            None => true,
        };
        if begins && self.bytes.len() + piece.len() <= Self::MOST {
            self.bytes.extend_from_slice(piece);
            return None;
        }
        let mut reader = Box::new(self.reader());
        reader.feed(&self.bytes);
        reader.feed(piece);
        Some(reader)
    }

    /// How many bytes are kept, or will be.
    pub fn weight(&self) -> usize {
        self.bytes.capacity()
    }

    /// What the answer says.
    pub fn read(&self) -> Reading {
        let mut reader = self.reader();
        reader.feed(&self.bytes);
        reader.finish();
        reader.into_reading()
    }

    fn reader(&self) -> ResponseReader {
        ResponseReader::new(self.wire, Some("application/json"))
    }
}

impl fmt::Debug for Unread {
    /// Without the answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("wire", &self.wire)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    const ANSWER: &[u8] = br#"{"model":"m","usage":{"prompt_tokens":9,"completion_tokens":4}}"#;

    #[test]
    fn what_is_read_later_says_the_same_however_it_was_split() {
        let json = headers(&[("content-type", "application/json; charset=utf-8")]);
        let mut at_once = ResponseReader::answering(Wire::OpenAi, &json);
        at_once.feed(ANSWER);
        let at_once = at_once.into_reading();
        assert_eq!(at_once.usage.tokens_in, Some(9));
        for size in 1..=ANSWER.len() {
            let mut unread = Unread::of(Wire::OpenAi, &json, Some(ANSWER.len() as u64)).unwrap();
            for piece in ANSWER.chunks(size) {
                assert!(unread.keep(piece).is_none());
            }
            assert_eq!(unread.read(), at_once, "{size}");
        }
    }

    #[test]
    fn only_a_short_plain_document_waits() {
        let json = [("content-type", "application/json")];
        let waits = |wire, pairs: &[_], length| Unread::of(wire, &headers(pairs), length).is_some();
        assert!(waits(Wire::OpenAi, &json, Some(Unread::MOST as u64)));
        assert!(!waits(Wire::OpenAi, &json, Some(Unread::MOST as u64 + 1)));
        assert!(!waits(Wire::OpenAi, &json, None));
        assert!(!waits(Wire::Bedrock, &json, Some(9)));
        assert!(!waits(Wire::Opaque, &json, Some(9)));
        assert!(!waits(Wire::OpenAi, &[], Some(9)));
        for kind in [
            "text/event-stream",
            "application/x-ndjson",
            "application/jsonl",
            "image/png",
        ] {
            assert!(
                !waits(Wire::OpenAi, &[("content-type", kind)], Some(9)),
                "{kind}"
            );
        }
        let coded = [json[0], ("content-encoding", "gzip")];
        assert!(!waits(Wire::OpenAi, &coded, Some(9)));
    }

    #[test]
    fn what_turns_out_to_be_something_else_is_read_as_it_passes() {
        let json = headers(&[("content-type", "application/json")]);
        let events = b"event: error\ndata: {\"error\":{\"message\":\"m\"}}\n\n";
        let mut unread = Unread::of(Wire::Anthropic, &json, Some(events.len() as u64)).unwrap();
        let mut reader = unread.keep(&events[..9]).unwrap();
        reader.feed(&events[9..]);
        assert!(reader.broke_off());
        // Longer than it said that it is.
        let mut unread = Unread::of(Wire::OpenAi, &json, Some(1)).unwrap();
        assert!(unread.keep(&ANSWER[..20]).is_none());
        let filler = vec![b' '; Unread::MOST];
        let mut reader = unread.keep(&filler).unwrap();
        reader.feed(&ANSWER[20..]);
        assert_eq!(reader.into_reading().usage.tokens_in, Some(9));
    }
}
