//! Workers AI's dialect: the model is the path, and answers come in Cloudflare's envelope.
//!
//! `@cf/…` goes below `…/ai/run`, whether a client repeats `run/` or not; the endpoints in OpenAI's
//! dialect (`v1/…`) go beside it, below `…/ai`. A configured base may end in `/run` or not, both mean
//! the same. Whole answers count inside the envelope's `result`, streams at the top, in the last
//! event before `[DONE]`; the counts are OpenAI's, by OpenAI's convention (`openai.rs`).

use crate::counts::Slot;
use crate::openai;
use crate::provider::Way;
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;
use crate::version::without;

/// The segment below which models are called; bases are kept without it.
pub(crate) const RUN: &str = "run";

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["result", "model"],
    &["usage"],
    &["result", "usage"],
    &["success"],
    &["error"],
    // Seconds of what was listened to.
    &["result", "transcription_info", "duration"],
]);
const MODEL: [usize; 2] = [0, 1];
const USAGE: [usize; 2] = [2, 3];
const SUCCESS: usize = 4;
const ERROR: usize = 5;
const DURATION: usize = 6;

pub(crate) fn way<'a>(tail: &'a str, way: Way<'a>) -> Way<'a> {
    let tail = without(RUN, Some(tail).filter(|tail| !tail.is_empty()));
    let below = without("v1", tail);
    let parts = match below == tail {
        true => [Some(RUN), tail, None],
        false => [Some("v1"), below, None],
    };
    Way { parts, ..way }
}

/// `@cf/{author}/{name}`, the whole rest of the path.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    without(RUN, Some(tail)).filter(|model| model.starts_with('@'))
}

/// Reads one document: a whole answer, or the data of an event.
pub(crate) fn take(document: &Scanner, tally: &mut Tally) {
    for path in MODEL {
        tally.note_model(document.value(path));
    }
    for path in USAGE {
        openai::take_usage(document.value(path), &mut tally.counts);
    }
    let seconds = document.value(DURATION);
    tally.counts.update(Slot::AudioSeconds, seconds);
    let refused = document.value(SUCCESS) == Some(b"false");
    tally.error_event |= refused || document.present(ERROR);
}
