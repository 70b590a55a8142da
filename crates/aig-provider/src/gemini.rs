//! Gemini's dialect: where the model, the counts and the end stand in its answers and paths.
//!
//! A prompt's count includes what came from the cache, but not what tools put in beside it. The tokens
//! of the answer are two counts, of its text and of the thoughts before it, both billed as output. A
//! stream repeats growing counts in every event and ends with a `finishReason`; without `alt=sse` it
//! is one JSON array whose items are the events.

use crate::scan::{Paths, Scanner};
use crate::usage::{Tally, update};

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["modelVersion"],
    &["usageMetadata", "promptTokenCount"],
    &["usageMetadata", "toolUsePromptTokenCount"],
    &["usageMetadata", "candidatesTokenCount"],
    &["usageMetadata", "thoughtsTokenCount"],
    &["candidates", "[]", "finishReason"],
    &["promptFeedback", "blockReason"],
    &["error"],
]);
const MODEL: usize = 0;
const PROMPT: usize = 1;
const TOOL_USE: usize = 2;
const CANDIDATES: usize = 3;
const THOUGHTS: usize = 4;
const FINISH_REASON: usize = 5;
const BLOCK_REASON: usize = 6;
const ERROR: usize = 7;

/// Reads one document: a whole answer, an event, or an item of the array.
pub(crate) fn take(document: &Scanner, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    update(&mut tally.input, document.value(PROMPT));
    let [tool_use, _] = &mut tally.input_apart;
    update(tool_use, document.value(TOOL_USE));
    update(&mut tally.output, document.value(CANDIDATES));
    update(&mut tally.output_apart, document.value(THOUGHTS));
    tally.finished |= document.present(FINISH_REASON) || document.present(BLOCK_REASON);
    tally.error_event |= document.present(ERROR);
}

/// What follows `models/` or `tunedModels/`, up to the method behind the colon.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let mut segments = tail.split('/');
    segments.find(|segment| matches!(*segment, "models" | "tunedModels"))?;
    let name = segments.next()?;
    let model = name.split(':').next().unwrap_or(name);
    (!model.is_empty()).then_some(model)
}
