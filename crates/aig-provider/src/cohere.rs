//! Cohere's dialect, in both of its versions: where the counts and the end stand in its answers.
//!
//! `tokens` are those that the model saw, `billed_units` those that are paid for, without the ones of
//! Cohere's own templates; like everybody else's counts, the first are taken where both are given. The
//! first version streams one JSON object per line, the second streams events. No answer names the
//! model. What came from the cache is part of the prompt's count, thoughts are part of the answer's.

use crate::counts::{Fields, fields};
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["type"],
    &["event_type"],
    &["finish_reason"],
    &["delta", "finish_reason"],
    &["message"],
    &["meta"],
    &["usage"],
    &["delta", "usage"],
    &["response", "meta"],
]);
const TYPE: usize = 0;
const EVENT_TYPE: usize = 1;
const FINISH_REASON: [usize; 2] = [2, 3];
const MESSAGE: usize = 4;
const USAGE: [usize; 4] = [5, 6, 7, 8];

pub(crate) const FIELDS: Fields = fields! {
    ["billed_units", "input_tokens"] => Input,
    ["billed_units", "output_tokens"] => Output,
    ["tokens", "input_tokens"] => Input,
    ["tokens", "output_tokens"] => Output,
    ["cached_tokens"] => CacheRead,
    ["billed_units", "images"] => Images,
    ["billed_units", "search_units"] => Searches,
};

/// Reads one document: a whole answer, an event, or a line.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    for path in USAGE {
        tally.counts.take(document.value(path));
    }
    let failed = FINISH_REASON.into_iter().any(|path| {
        matches!(
            document.value(path),
            Some(br#""ERROR""# | br#""ERROR_TOXIC""# | br#""error""# | br#""TIMEOUT""#)
        )
    });
    // A refusal is its message as a text; an answer's message is an object.
    let refused = event.is_none() && matches!(document.value(MESSAGE), Some([b'"', ..]));
    tally.error_event |= failed || refused;

    let kind = |path| match document.value(path) {
        Some([b'"', kind @ .., b'"']) => Some(kind),
        _ => None,
    };
    let kind = kind(TYPE).or(kind(EVENT_TYPE)).or(event);
    tally.finished |= matches!(kind, Some(b"message-end" | b"stream-end"));
}
