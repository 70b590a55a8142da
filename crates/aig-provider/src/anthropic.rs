//! Anthropic's dialect: where the model, the counts and the end stand in its answers.
//!
//! A prompt is counted in three parts that do not overlap: `input_tokens`, and apart from it what was
//! written to the cache and what was read from it. All three were sent and are billed, so the tokens
//! of the prompt are their sum, as in OpenAI's dialect, where the count includes them already.
//!
//! A stream begins with the prompt's parts and a first output count in `message_start`; each
//! `message_delta` brings the output so far, newer servers all counts again. Every part keeps
//! the newest number that was given for it.

use crate::scan::{Paths, Scanner};
use crate::usage::{Tally, update};

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["type"],
    &["error"],
    &["usage", "input_tokens"],
    &["usage", "cache_creation_input_tokens"],
    &["usage", "cache_read_input_tokens"],
    &["usage", "output_tokens"],
    &["message", "model"],
    &["message", "usage", "input_tokens"],
    &["message", "usage", "cache_creation_input_tokens"],
    &["message", "usage", "cache_read_input_tokens"],
    &["message", "usage", "output_tokens"],
]);
const MODEL: usize = 0;
const TYPE: usize = 1;
const ERROR: usize = 2;
const INPUT: [usize; 2] = [3, 8];
const CACHE_WRITTEN: [usize; 2] = [4, 9];
const CACHE_READ: [usize; 2] = [5, 10];
const OUTPUT: [usize; 2] = [6, 11];
const MESSAGE_MODEL: usize = 7;

/// Reads one document: a whole answer, or the data of an event of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    tally.note_model(document.value(MESSAGE_MODEL));
    let [written, read] = &mut tally.input_apart;
    for (count, paths) in [
        (&mut tally.input, INPUT),
        (written, CACHE_WRITTEN),
        (read, CACHE_READ),
        (&mut tally.output, OUTPUT),
    ] {
        for path in paths {
            update(count, document.value(path));
        }
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
