//! Gemini's dialect: where the model, the counts and the end stand in its answers and paths.
//!
//! The convention: a prompt's count includes what came from the cache, but not what tools put in
//! beside it. The tokens of the answer are two counts, of its text and of the thoughts before it, both
//! billed as output. Lists beside the counts say how many of them are sound and images. A stream repeats growing counts in every event and ends with a `finishReason`; without `alt=sse` it
//! is one JSON array whose items are the events.

use serde::Deserialize;

use crate::counts::{Counts, Fields, Slot, fields};
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["modelVersion"],
    &["usageMetadata"],
    // Vertex AI's, for embeddings.
    &["metadata", "billableCharacterCount"],
    &["candidates", "[]", "finishReason"],
    &["promptFeedback", "blockReason"],
    &["error"],
]);
const MODEL: usize = 0;
const USAGE: usize = 1;
const CHARACTERS: usize = 2;
const FINISH_REASON: usize = 3;
const BLOCK_REASON: usize = 4;
const ERROR: usize = 5;

pub(crate) const FIELDS: Fields = fields! {
    ["promptTokensDetails"] => Other,
    ["candidatesTokensDetails"] => Other,
    ["promptTokenCount"] => Input,
    ["toolUsePromptTokenCount"] => ToolInput,
    ["candidatesTokenCount"] => Output,
    ["thoughtsTokenCount"] => Reasoning,
    ["cachedContentTokenCount"] => CacheRead,
};
const PROMPT_DETAILS: usize = 0;
const CANDIDATES_DETAILS: usize = 1;

/// Reads one document: a whole answer, an event, or an item of the array.
pub(crate) fn take(document: &Scanner, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    take_usage(document.value(USAGE), &mut tally.counts);
    let characters = document.value(CHARACTERS);
    tally.counts.update(Slot::Characters, characters);
    tally.finished |= document.present(FINISH_REASON) || document.present(BLOCK_REASON);
    tally.error_event |= document.present(ERROR);
}

fn take_usage(object: Option<&[u8]>, counts: &mut Counts) {
    counts.thoughts_apart = true;
    let Some(usage) = counts.take(object) else {
        return;
    };
    let parts = |path| by_modality(usage.value(path));
    let ([audio_in, image_in], [audio_out, image_out]) =
        (parts(PROMPT_DETAILS), parts(CANDIDATES_DETAILS));
    for (slot, count) in [
        (Slot::AudioIn, audio_in),
        (Slot::ImageIn, image_in),
        (Slot::AudioOut, audio_out),
        (Slot::ImageOut, image_out),
    ] {
        if let Some(count) = count {
            counts.set(slot, count);
        }
    }
}

/// One item of a list that takes a count apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    modality: &'a str,
    #[serde(default)]
    token_count: u64,
}

/// The tokens of sound and those of images, where the list names them.
fn by_modality(list: Option<&[u8]>) -> [Option<u64>; 2] {
    let parts: Vec<Part<'_>> = list
        .and_then(|list| serde_json::from_slice(list).ok())
        .unwrap_or_default();
    ["AUDIO", "IMAGE"].map(|modality| {
        let counts = parts.iter().filter(|part| part.modality == modality);
        counts
            .map(|part| part.token_count)
            .reduce(u64::saturating_add)
    })
}

/// What follows `models/` or `tunedModels/`, up to the method behind the colon.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let mut segments = tail.split('/');
    segments.find(|segment| matches!(*segment, "models" | "tunedModels"))?;
    let name = segments.next()?;
    let model = name.split(':').next().unwrap_or(name);
    (!model.is_empty()).then_some(model)
}
