//! What must hold for any bytes, as one function for each thing that reads bytes from outside.
//!
//! The functions are this crate's door for fuzzers, and all of it: what they look at stays private.
//! They exist in tests and where a fuzzer sets `cfg(fuzzing)`, and in nothing that is shipped. The
//! targets and the corpora are in `tests/fuzz`; the tests here run the same functions over those
//! corpora and over mutations of them.

mod members;
mod strict_filter;
mod strict_sse;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use serde::de::IgnoredAny;
use serde_json::Value;

use self::members::Members;
use self::strict_filter::without_usage;
use self::strict_sse::events_of;
use crate::ask_usage::ask_usage as ask;
use crate::coding::Coded;
use crate::counts::MOST;
use crate::request::RequestReading;
use crate::{
    EVENT_CAP, Events, HELD_MOST, NamedModel, NotSpliced, RequestReader, ResponseReader, SseReader,
    USAGE_QUESTION, UsageFilter, VALUE_CAP, Wire,
};

/// The bytes in pieces whose sizes follow from the bytes.
fn pieces(data: &[u8]) -> Vec<&[u8]> {
    let mut seed = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (mut rest, mut pieces) = (data, Vec::new());
    while !rest.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let size = 1 + (seed >> 33) as usize % 17;
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The same bytes whole, in pieces, and one by one.
fn cuts(data: &[u8]) -> [Vec<&[u8]>; 3] {
    [vec![data], pieces(data), data.chunks(1).collect()]
}

// === events ===

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    open: Vec<u8>,
    events: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Events for Seen {
    fn data(&mut self, part: &[u8]) {
        self.open.extend_from_slice(part);
    }

    fn event(&mut self, name: &[u8]) {
        self.events
            .push((name.to_owned(), std::mem::take(&mut self.open)));
    }

    fn given_up(&mut self) {
        self.open.clear();
    }
}

/// However a stream is cut, its events are those that a reader of the whole text finds.
pub fn sse(data: &[u8]) {
    if data.len() > EVENT_CAP {
        return;
    }
    let wanted = events_of(data);
    for pieces in cuts(data) {
        let (mut reader, mut seen) = (SseReader::new(), Seen::default());
        for piece in pieces {
            reader.feed(piece, &mut seen);
            assert!(seen.events.len() <= wanted.len(), "an event out of nothing");
        }
        reader.finish(&mut seen);
        assert_eq!(seen.events, wanted);
        assert_eq!(reader.given_up(), 0);
    }
}

// === codings ===

/// However a coded body is cut, the same is read, up to where it is broken.
pub fn coding(data: &[u8]) {
    for name in ["gzip", "deflate", "br"] {
        let [whole, pieces, bytes] = cuts(data).map(|pieces| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
            let Coded::By(mut decoder) = Coded::by(&headers) else {
                panic!("{name} is not known");
            };
            let mut read = Vec::new();
            for piece in pieces {
                decoder.decode(piece, |part| read.extend_from_slice(part));
            }
            read
        });
        for other in [pieces, bytes] {
            assert!(
                other.starts_with(&whole) || whole.starts_with(&other),
                "{name}"
            );
        }
    }
}

// === requests ===

/// However a request is cut, it says the same, and what a strict reader finds in it.
pub fn request(data: &[u8]) {
    let read = |pieces: Vec<&[u8]>| {
        let mut reader = RequestReader::new();
        pieces.into_iter().for_each(|piece| _ = reader.feed(piece));
        reader.reading()
    };
    let [whole, pieces, bytes] = cuts(data).map(read);
    assert_eq!(pieces, whole);
    assert_eq!(bytes, whole);

    let Ok(strict @ Value::Object(_)) = serde_json::from_slice::<Value>(data) else {
        if serde_json::from_slice::<Value>(data).is_ok() {
            let nothing = RequestReading {
                whole: whole.whole,
                ..RequestReading::default()
            };
            assert_eq!(whole, nothing, "only an object has members");
        }
        return;
    };
    let members = Members::of(data).expect("it was read above");
    let twice = ["model", "stream", "stream_options"];
    assert!(whole.whole);
    assert_eq!(
        whole.duplicate,
        twice.into_iter().any(|name| members.count(name) > 1)
    );
    if data.len() <= VALUE_CAP {
        assert_eq!(whole.model.as_deref(), strict["model"].as_str());
    }
    assert_eq!(whole.stream, strict["stream"].as_bool());
    assert_eq!(whole.stream_options, !strict["stream_options"].is_null());
}

/// Another model's name takes the place of the one that was there, and nothing else changes; what is
/// refused, is refused for a reason.
pub fn splice(data: &[u8]) {
    let new = ["m", "a\"b\\c\n", "ü/@cf:1", ""][data.len() % 4];
    let literal = Value::from(new).to_string();
    let spliced = NamedModel::find(data).map(|named| named.replaced(data, new));
    let valid =
        str::from_utf8(data).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    assert_eq!(spliced == Err(NotSpliced::NotJson), !valid);
    if !valid {
        return;
    }
    let Some(members) = Members::of(data) else {
        return;
    };
    match spliced {
        Ok(after) => {
            assert!(members.count("model") == 1 && members.count("stream") < 2);
            assert!(differ_in_one_text(data, &after, literal.as_bytes()));
            let mut reader = RequestReader::new();
            reader.feed(&after);
            assert_eq!(reader.reading().model.as_deref(), Some(new));
            // Texts that are no Unicode can be passed on, but not read.
            if let Ok(mut wanted) = serde_json::from_slice::<Value>(data) {
                wanted["model"] = new.into();
                assert_eq!(serde_json::from_slice::<Value>(&after).ok(), Some(wanted));
            }
        }
        Err(NotSpliced::Duplicate(field)) => assert!(members.count(field) > 1),
        Err(NotSpliced::NoModel) => assert_eq!(members.count("model"), 0),
        Err(NotSpliced::ModelIsNoText) => {
            assert_eq!(members.count("model"), 1);
            if let Ok(strict) = serde_json::from_slice::<Value>(data) {
                assert!(!strict["model"].is_string());
            }
        }
        Err(NotSpliced::NotJson) => unreachable!("was compared above"),
    }
}

/// Whether `after` is `before` with `literal` in the place of one text.
fn differ_in_one_text(before: &[u8], after: &[u8], literal: &[u8]) -> bool {
    (0..after.len()).any(|at| {
        let (head, rest) = after.split_at(at);
        let Some(tail) = rest.strip_prefix(literal) else {
            return false;
        };
        let old = before
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail));
        old.is_some_and(|old| matches!(old, [b'"', .., b'"']))
    })
}

/// The question for usage is one member more, wherever the body is cut, for streams that have no
/// options and for nothing else.
pub fn ask_usage(data: &[u8]) {
    let whole = ask(data);
    let wanted = whole.clone().unwrap_or_else(|| data.to_owned());
    for pieces in cuts(data) {
        let (mut ask, mut body) = (RequestReader::new(), Vec::new());
        for piece in pieces {
            let (before, after) = piece.split_at(ask.feed(piece).unwrap_or(piece.len()));
            body.extend_from_slice(before);
            if before.len() < piece.len() {
                body.extend_from_slice(USAGE_QUESTION);
            }
            body.extend_from_slice(after);
        }
        assert_eq!(body, wanted);
    }
    let (Ok(strict), Some(members)) = (serde_json::from_slice::<Value>(data), Members::of(data))
    else {
        return;
    };
    let streams = strict["stream"] == true && members.count("stream") == 1;
    assert_eq!(
        whole.is_some(),
        streams && members.count("stream_options") == 0
    );
    if let Some(whole) = whole {
        let mut asked = strict;
        asked["stream_options"] = serde_json::json!({ "include_usage": true });
        assert_eq!(serde_json::from_slice::<Value>(&whole).ok(), Some(asked));
    }
}

// === answers ===

/// However a stream is cut, what is taken out of it are the whole chunks of usage, and nothing else.
pub fn usage_filter(data: &[u8]) {
    if data.len() > HELD_MOST {
        return;
    }
    let wanted = without_usage(data);
    for pieces in cuts(data) {
        let (mut filter, mut passed) = (UsageFilter::new(), Vec::new());
        for piece in pieces {
            passed.extend_from_slice(&filter.feed(Bytes::copy_from_slice(piece)));
            assert!(wanted.starts_with(&passed), "out of order, or too early");
        }
        passed.extend_from_slice(&filter.finish());
        assert!(passed == wanted, "{}", passed.escape_ascii());
    }
}

/// However an answer is cut, it says the same; a whole document says what a strict reader finds.
pub fn answer(data: &[u8]) {
    for wire in Wire::ALL {
        for kind in [
            "application/json",
            "application/x-ndjson",
            "application/vnd.amazon.eventstream",
        ] {
            let read = |pieces: Vec<&[u8]>| {
                let mut reader = ResponseReader::new(wire, Some(kind));
                pieces.into_iter().for_each(|piece| reader.feed(piece));
                let before = reader.reading();
                reader.finish();
                (before, reader.reading())
            };
            let [whole, pieces, bytes] = cuts(data).map(read);
            assert_eq!(pieces, whole, "{wire:?}, {kind}");
            assert_eq!(bytes, whole, "{wire:?}, {kind}");
            let usage = whole.1.usage;
            assert!(
                usage.tokens_in.max(usage.tokens_out) <= Some(MOST),
                "{wire:?}, {kind}"
            );
        }
    }
    let Ok(strict @ Value::Object(_)) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let mut reader = ResponseReader::new(Wire::OpenAi, Some("application/json"));
    reader.feed(data);
    let reading = reader.reading();
    assert!(reading.finished, "a document that is whole is complete");
    let name = strict["model"].as_str().filter(|name| !name.is_empty());
    if data.len() <= VALUE_CAP
        && let Some(name) = name
    {
        assert_eq!(reading.model.as_deref(), Some(name));
    }
    if !strict["error"].is_null() {
        assert!(reading.error_event);
    }
    let usage = &strict["usage"];
    let alone = ["response", "x_groq"]
        .into_iter()
        .all(|other| strict[other].is_null());
    if data.len() <= VALUE_CAP && alone && usage["input_tokens"].is_null() {
        let count = usage["prompt_tokens"]
            .as_u64()
            .filter(|count| *count <= MOST);
        if count.is_some() {
            assert_eq!(reading.usage.tokens_in, count);
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn any_stream_has_the_same_events_however_it_is_cut() {
        replay("sse", super::sse);
    }

    #[test]
    fn any_coded_body_is_read_the_same_however_it_is_cut() {
        replay("coding", super::coding);
    }

    #[test]
    fn any_request_says_the_same_however_it_is_cut() {
        replay("request", super::request);
    }

    #[test]
    fn a_splice_changes_the_models_place_alone() {
        replay("splice", super::splice);
    }

    #[test]
    fn any_stream_is_asked_for_usage_and_nothing_else_is() {
        replay("ask_usage", super::ask_usage);
    }

    #[test]
    fn any_stream_loses_its_usage_chunk_alone() {
        replay("usage_filter", super::usage_filter);
    }

    #[test]
    fn any_answer_says_the_same_however_it_is_cut() {
        replay("answer", super::answer);
    }
}
