//! Anthropic's dialect: where the model, the counts and the end stand in its answers.
//!
//! The convention: a prompt is counted in three parts that do not overlap, `input_tokens`, and apart
//! from it what was written to the cache and what was read from it. All three were sent and are
//! billed, so the tokens of the prompt are their sum, as in OpenAI's dialect, where the count includes
//! them already. Thoughts are part of the answer's count.
//!
//! A stream begins with the prompt's parts and a first output count in `message_start`; each
//! `message_delta` brings the output so far, newer servers all counts again. Every part keeps
//! the newest number that was given for it.

use crate::counts::{Fields, fields};
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["type"],
    &["error"],
    &["usage"],
    &["message", "model"],
    &["message", "usage"],
]);
const MODEL: [usize; 2] = [0, 4];
const TYPE: usize = 1;
const ERROR: usize = 2;
const USAGE: [usize; 2] = [3, 5];

pub(crate) const FIELDS: Fields = fields! {
    ["input_tokens"] => Input,
    ["output_tokens"] => Output,
    ["cache_read_input_tokens"] => CacheRead,
    ["cache_creation_input_tokens"] => CacheWrite,
    ["cache_creation", "ephemeral_5m_input_tokens"] => CacheWrite5m,
    ["cache_creation", "ephemeral_1h_input_tokens"] => CacheWrite1h,
    ["output_tokens_details", "thinking_tokens"] => Reasoning,
    ["server_tool_use", "web_search_requests"] => Searches,
};

/// Reads one document: a whole answer, or the data of an event of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    for path in MODEL {
        tally.note_model(document.value(path));
    }
    tally.counts.cache_apart = true;
    for path in USAGE {
        tally.counts.take(document.value(path));
    }

    // The type inside the data is what clients go by; the event's name only repeats it.
    let kind = match document.value(TYPE) {
        Some([b'"', kind @ .., b'"']) => kind,
        _ => event.unwrap_or_default(),
    };
    match kind {
        b"message_stop" => tally.finished = true,
        b"error" => tally.error_event = true,
        _ => tally.error_event |= document.present(ERROR),
    }
}
