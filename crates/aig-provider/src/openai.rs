//! OpenAI's dialect: where the model, the counts and the end stand in its answers.
//!
//! Chat completions count `prompt_tokens` and `completion_tokens`, embeddings the first alone,
//! responses, audio and images `input_tokens` and `output_tokens`. A chat stream gives `usage: null`
//! in each chunk and the counts in a last one, if asked; other providers of this dialect repeat
//! growing counts in every chunk, and Groq puts them into a field of its own. The newest counts
//! therefore win.
//!
//! Tokens that OpenAI read from its cache are part of the prompt's count and are not added.

use crate::scan::{Paths, Scanner};
use crate::usage::{Tally, update};

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["type"],
    &["error"],
    &["usage", "prompt_tokens"],
    &["usage", "completion_tokens"],
    &["usage", "input_tokens"],
    &["usage", "output_tokens"],
    &["response", "model"],
    &["response", "error"],
    &["response", "usage", "input_tokens"],
    &["response", "usage", "output_tokens"],
    &["x_groq", "usage", "prompt_tokens"],
    &["x_groq", "usage", "completion_tokens"],
    &["object"],
]);
const MODEL: usize = 0;
const TYPE: usize = 1;
const ERROR: usize = 2;
const INPUT: [usize; 4] = [3, 5, 9, 11];
const OUTPUT: [usize; 4] = [4, 6, 10, 12];
const RESPONSE_MODEL: usize = 7;
const RESPONSE_ERROR: usize = 8;
const OBJECT: usize = 13;

/// The data of the event that ends a chat stream.
pub(crate) const DONE: &[u8] = b"[DONE]";

/// Reads one document: a whole answer, or the data of an event of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    tally.note_model(document.value(RESPONSE_MODEL));
    for path in INPUT {
        update(&mut tally.input, document.value(path));
    }
    for path in OUTPUT {
        update(&mut tally.output, document.value(path));
    }
    tally.error_event |= document.present(ERROR) || document.present(RESPONSE_ERROR);
    // Mistral's errors have no wrapper and say what they are.
    tally.error_event |= document.value(OBJECT) == Some(br#""error""#);

    let Some(name) = event else { return };
    // The type inside the data is what clients go by; the event's name only repeats it.
    let kind = match document.value(TYPE) {
        Some([b'"', kind @ .., b'"']) => kind,
        _ => name,
    };
    match kind {
        b"response.completed" | b"response.incomplete" => tally.finished = true,
        b"response.failed" => {
            tally.finished = true;
            tally.error_event = true;
        }
        b"transcript.text.done" | b"speech.audio.done" => tally.finished = true,
        b"image_generation.completed" | b"image_edit.completed" => tally.finished = true,
        b"error" => tally.error_event = true,
        _ => {}
    }
}
