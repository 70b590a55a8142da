//! Cohere's dialect, in both of its versions: where the counts and the end stand in its answers.
//!
//! `tokens` are those that the model saw, `billed_units` those that are paid for, without the ones of
//! Cohere's own templates; like everybody else's counts, the first are taken where both are given. The
//! first version streams one JSON object per line, the second streams events. No answer names the
//! model.

use crate::scan::{Paths, Scanner};
use crate::usage::{Tally, update};

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["type"],
    &["event_type"],
    &["finish_reason"],
    &["delta", "finish_reason"],
    &["message"],
    &["meta", "billed_units", "input_tokens"],
    &["meta", "tokens", "input_tokens"],
    &["usage", "billed_units", "input_tokens"],
    &["usage", "tokens", "input_tokens"],
    &["delta", "usage", "billed_units", "input_tokens"],
    &["delta", "usage", "tokens", "input_tokens"],
    &["response", "meta", "billed_units", "input_tokens"],
    &["response", "meta", "tokens", "input_tokens"],
    &["meta", "billed_units", "output_tokens"],
    &["meta", "tokens", "output_tokens"],
    &["usage", "billed_units", "output_tokens"],
    &["usage", "tokens", "output_tokens"],
    &["delta", "usage", "billed_units", "output_tokens"],
    &["delta", "usage", "tokens", "output_tokens"],
    &["response", "meta", "billed_units", "output_tokens"],
    &["response", "meta", "tokens", "output_tokens"],
]);
const TYPE: usize = 0;
const EVENT_TYPE: usize = 1;
const FINISH_REASON: [usize; 2] = [2, 3];
const MESSAGE: usize = 4;
/// Of each pair the second one counts.
const INPUT: std::ops::Range<usize> = 5..13;
const OUTPUT: std::ops::Range<usize> = 13..21;

/// Reads one document: a whole answer, an event, or a line.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    for path in INPUT {
        update(&mut tally.input, document.value(path));
    }
    for path in OUTPUT {
        update(&mut tally.output, document.value(path));
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
