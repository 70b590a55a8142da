//! OpenAI's dialect: where the model, the counts and the end stand in its answers.
//!
//! Chat completions count `prompt_tokens` and `completion_tokens`, embeddings the first alone,
//! responses, audio and images `input_tokens` and `output_tokens`; transcriptions of some models give
//! seconds instead. A chat stream gives `usage: null` in each chunk and the counts in a last one, if
//! asked; other providers of this dialect repeat growing counts in every chunk, Groq puts them into a
//! field of its own, Moonshot into a choice. The newest counts therefore win.
//!
//! The convention: what came from the cache is part of the prompt's count, thoughts are part of the
//! answer's. xAI counts thoughts apart, Google's own servers of this dialect do not say that they do;
//! the total tells (`counts.rs`). Perplexity counts the thoughts and the citations of its research
//! apart from everything else, the total included.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::counts::{Counts, Fields, Slot, fields};
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["type"],
    &["error"],
    &["usage"],
    &["response", "model"],
    &["response", "error"],
    &["response", "usage"],
    &["x_groq", "usage"],
    &["choices", "[]", "usage"],
    &["object"],
    &["task"],
    &["duration"],
]);
const MODEL: usize = 0;
const TYPE: usize = 1;
const ERROR: usize = 2;
const USAGE: [usize; 4] = [7, 8, 3, 6];
const RESPONSE_MODEL: usize = 4;
const RESPONSE_ERROR: usize = 5;
const OBJECT: usize = 9;
const TASK: usize = 10;
const DURATION: usize = 11;

pub(crate) const FIELDS: Fields = fields! {
    // An object with Perplexity, whose parts add up; a number with OpenRouter.
    ["cost"] => Other,
    ["num_search_queries"] => Searches,
    // Of Perplexity, and of servers that say it here instead of among the details.
    ["reasoning_tokens"] => Reasoning,
    ["citation_tokens"] => ToolInput,
    ["prompt_tokens"] => Input,
    ["input_tokens"] => Input,
    ["completion_tokens"] => Output,
    ["output_tokens"] => Output,
    ["total_tokens"] => Total,
    // Moonshot's, DeepSeek's, and LiteLLM's name for it.
    ["cached_tokens"] => CacheRead,
    ["prompt_cache_hit_tokens"] => CacheRead,
    ["cache_read_input_tokens"] => CacheRead,
    ["prompt_tokens_details", "cached_tokens"] => CacheRead,
    ["input_tokens_details", "cached_tokens"] => CacheRead,
    ["cache_creation_input_tokens"] => CacheWrite,
    ["prompt_tokens_details", "cache_write_tokens"] => CacheWrite,
    ["input_tokens_details", "cache_write_tokens"] => CacheWrite,
    ["completion_tokens_details", "reasoning_tokens"] => Reasoning,
    ["output_tokens_details", "reasoning_tokens"] => Reasoning,
    ["prompt_tokens_details", "audio_tokens"] => AudioIn,
    // Transcriptions spell it like this.
    ["input_token_details", "audio_tokens"] => AudioIn,
    ["completion_tokens_details", "audio_tokens"] => AudioOut,
    ["prompt_tokens_details", "image_tokens"] => ImageIn,
    ["input_tokens_details", "image_tokens"] => ImageIn,
    ["completion_tokens_details", "image_tokens"] => ImageOut,
    ["output_tokens_details", "image_tokens"] => ImageOut,
    ["seconds"] => AudioSeconds,
    // Mistral's.
    ["prompt_audio_seconds"] => AudioSeconds,
    // xAI's.
    ["num_sources_used"] => Searches,
    ["cost_in_usd_ticks"] => CostTicks,
};
const COST: usize = 0;
const SEARCH_QUERIES: usize = 1;
const REASONING: usize = 2;

/// The data of the event that ends a chat stream.
pub(crate) const DONE: &[u8] = b"[DONE]";

/// Reads one document: a whole answer, or the data of an event of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    tally.note_model(document.value(RESPONSE_MODEL));
    for usage in USAGE {
        take_usage(document.value(usage), &mut tally.counts);
    }
    // A transcription that says how long it is, beside its text; newer ones say it as usage, too.
    if event.is_none() && document.present(TASK) {
        let counts = &mut tally.counts;
        counts.update(Slot::AudioSeconds, document.value(DURATION));
        counts.update(
            Slot::AudioSeconds,
            document.value(DURATION).and_then(inside),
        );
        take_usage(document.value(USAGE[2]), counts);
    }
    tally.error_event |= document.present(ERROR) || document.present(RESPONSE_ERROR);
    // Mistral's errors have no wrapper and say what they are.
    tally.error_event |= document.value(OBJECT) == Some(br#""error""#);

    let Some(name) = event else { return };
    // The type inside the data is what clients go by; the event's name only repeats it.
    let kind = document.value(TYPE).and_then(inside).unwrap_or(name);
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

/// Reads one usage object.
pub(crate) fn take_usage(object: Option<&[u8]>, counts: &mut Counts) {
    let Some(usage) = counts.take(object) else {
        return;
    };
    let research = usage.present(SEARCH_QUERIES) && usage.present(REASONING);
    let cost = usage.value(COST).and_then(|raw| match raw {
        [b'{', ..] => serde_json::from_slice::<Cost<'_>>(raw).ok()?.total_cost,
        _ => serde_json::from_slice(raw).ok(),
    });
    let cost = cost.map(|cost| cost.get().as_bytes().to_vec());
    counts.thoughts_apart |= research;
    counts.update(Slot::Cost, cost.as_deref());
}

/// What Perplexity says of an answer's cost.
#[derive(Deserialize)]
struct Cost<'a> {
    #[serde(borrow)]
    total_cost: Option<&'a RawValue>,
}

/// What stands between the quotes of a text without escapes.
fn inside(raw: &[u8]) -> Option<&[u8]> {
    match raw {
        [b'"', text @ .., b'"'] => Some(text),
        _ => None,
    }
}
