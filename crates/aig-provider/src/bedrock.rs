//! Bedrock's dialect: two services in the path, signed requests, and counts in many places.
//!
//! `bedrock-runtime/{region}/…` and `bedrock-mantle/{region}/…` go to the host of that service in that
//! region. What a client signed names that host and the path behind the region, so both arrive as
//! they were signed; `signed` tells which headers the signature covers and nobody may touch.
//!
//! The convention: what was read from the cache and written to it stands beside the prompt's count,
//! but where a model answers in OpenAI's form. Thoughts are part of the answer's count.
//!
//! `Converse` counts alike for all models. `InvokeModel` answers in each model's own form, with the
//! counts in headers as well. Streams are binary frames (`event_stream.rs`); those of `InvokeModel`
//! hold the model's own chunks in Base64, the last one with the counts of the service.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::base::{self, Slots};
use crate::counts::{Counts, Fields, Slot, fields};
use crate::provider::Way;
use crate::scan::{Paths, Scanner};
use crate::tail::BadTail;
use crate::usage::Tally;
use crate::version::apart;
use crate::wire::Wire;

const RUNTIME: &str = "bedrock-runtime";
const MANTLE: &str = "bedrock-mantle";

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["bytes"],
    &["type"],
    &["model"],
    &["message", "model"],
    &["usage"],
    &["metadata", "usage"],
    &["message", "usage"],
    &["amazon-bedrock-invocationMetrics"],
    // Llama's and Titan's own.
    &["prompt_token_count"],
    &["generation_token_count"],
    &["inputTextTokenCount"],
    &["results", "[]", "tokenCount"],
]);
const BYTES: usize = 0;
const TYPE: usize = 1;
const MODEL: [usize; 2] = [2, 3];
/// Comes with the last chunk of a stream.
const INVOCATION: usize = 7;
const USAGE: [usize; 4] = [4, 5, 6, INVOCATION];
const INPUT: [usize; 2] = [8, 10];
const OUTPUT: [usize; 2] = [9, 11];

pub(crate) const FIELDS: Fields = fields! {
    ["prompt_tokens"] => Input,
    ["cacheDetails"] => Other,
    ["inputTokens"] => Input,
    ["inputTokenCount"] => Input,
    ["input_tokens"] => Input,
    ["outputTokens"] => Output,
    ["outputTokenCount"] => Output,
    ["output_tokens"] => Output,
    ["completion_tokens"] => Output,
    ["cacheReadInputTokens"] => CacheRead,
    ["cacheReadInputTokenCount"] => CacheRead,
    ["cache_read_input_tokens"] => CacheRead,
    ["prompt_tokens_details", "cached_tokens"] => CacheRead,
    ["cacheWriteInputTokens"] => CacheWrite,
    ["cacheWriteInputTokenCount"] => CacheWrite,
    ["cache_creation_input_tokens"] => CacheWrite,
    ["cache_creation", "ephemeral_5m_input_tokens"] => CacheWrite5m,
    ["cache_creation", "ephemeral_1h_input_tokens"] => CacheWrite1h,
    ["output_tokens_details", "thinking_tokens"] => Reasoning,
    ["completion_tokens_details", "reasoning_tokens"] => Reasoning,
};
const PROMPT_TOKENS: usize = 0;
const CACHE_DETAILS: usize = 1;

const HEADERS: [(&str, Slot); 4] = [
    ("x-amzn-bedrock-input-token-count", Slot::Input),
    ("x-amzn-bedrock-output-token-count", Slot::Output),
    (
        "x-amzn-bedrock-cache-read-input-token-count",
        Slot::CacheRead,
    ),
    (
        "x-amzn-bedrock-cache-write-input-token-count",
        Slot::CacheWrite,
    ),
];
const ERROR_HEADER: &str = "x-amzn-errortype";

// === where requests go ===

pub(crate) fn way<'a>(tail: &'a str, way: Way<'a>) -> Result<Way<'a>, BadTail> {
    let (service, below) = apart(tail);
    let (region, rest) = apart(below.unwrap_or_default());
    let slots = Slots {
        service: Some(service).filter(|service| [RUNTIME, MANTLE].contains(service)),
        region: Some(region),
        ..way.slots
    };
    slots.checked(base::Slot::Service)?;
    slots.checked(base::Slot::Region)?;
    Ok(Way {
        base: usize::from(service == MANTLE),
        slots,
        parts: [rest, None, None],
        ..way
    })
}

/// What a signature of AWS's says of itself besides the key: the service, as AWS calls it in
/// signatures, and the region.
pub(crate) fn signing_scope(tail: &str) -> Option<(&'static str, &str)> {
    let (service, below) = apart(tail.trim_start_matches('/'));
    let service = match service {
        RUNTIME => "bedrock",
        MANTLE => MANTLE,
        _ => return None,
    };
    let (region, _) = apart(below?);
    base::is_label(region).then_some((service, region))
}

/// `{service}/{region}/model/{id}/…`
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let mut segments = tail.split('/').skip(2);
    (segments.next() == Some("model")).then_some(())?;
    segments.next()
}

/// The dialect of a path: both services offer those of other providers beside Bedrock's own.
pub(crate) fn wire_at(tail: &str) -> Wire {
    let below = tail.splitn(3, '/').nth(2).unwrap_or_default();
    let ends_with = |end: &str| {
        below
            .strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    if ends_with("v1/messages") || ends_with("v1/messages/count_tokens") {
        Wire::Anthropic
    } else if ends_with("v1/chat/completions") || ends_with("v1/responses") {
        Wire::OpenAi
    } else {
        Wire::Bedrock
    }
}

/// Whether the caller signed a header, so that the signature breaks when it is changed or taken out.
///
/// Knows AWS's scheme, whose `Authorization` lists the names.
pub fn signed(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get_all(AUTHORIZATION).iter().any(|value| {
        let list = Some(value)
            .filter(|value| value.as_bytes().starts_with(b"AWS4-"))
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once("SignedHeaders="))
            .map(|(_, list)| list.split([',', ' ']).next().unwrap_or_default());
        list.is_some_and(|list| list.split(';').any(|signed| signed == name.as_str()))
    })
}

// === what answers say ===

/// Reads what the headers of an answer say.
pub(crate) fn take_headers(headers: &HeaderMap, tally: &mut Tally) {
    tally.counts.cache_apart = true;
    for (name, slot) in HEADERS {
        let value = headers.get(name).map(http::HeaderValue::as_bytes);
        tally.counts.update(slot, value);
    }
    tally.error_event |= headers.contains_key(ERROR_HEADER);
}

/// Reads one document: a whole answer, or the payload of a frame of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    if let Some([b'"', coded @ .., b'"']) = document.value(BYTES) {
        let mut chunk = Scanner::new(&ANSWER);
        chunk.feed(&decoded(coded));
        if !chunk.present(BYTES) {
            take(&chunk, event, tally);
        }
        return;
    }
    for path in MODEL {
        tally.note_model(document.value(path));
    }
    for path in INPUT {
        tally.counts.update(Slot::Input, document.value(path));
    }
    for path in OUTPUT {
        tally.counts.update(Slot::Output, document.value(path));
    }
    for path in USAGE {
        take_usage(document.value(path), &mut tally.counts);
    }
    let Some(event) = event else { return };
    tally.finished |= matches!(event, b"messageStop" | b"metadata");
    tally.finished |= document.present(INVOCATION);
    tally.finished |= document.value(TYPE) == Some(br#""message_stop""#);
    tally.error_event |= event == crate::event_stream::EXCEPTION;
}

fn take_usage(object: Option<&[u8]>, counts: &mut Counts) {
    let Some(usage) = counts.take(object) else {
        return;
    };
    let included = usage.present(PROMPT_TOKENS);
    let by_age: Vec<Written<'_>> = usage
        .value(CACHE_DETAILS)
        .and_then(|list| serde_json::from_slice(list).ok())
        .unwrap_or_default();
    let for_an_hour = by_age.iter().filter(|written| written.ttl == "1h");
    let for_an_hour = for_an_hour.map(|written| written.input_tokens);
    if let Some(count) = for_an_hour.reduce(u64::saturating_add) {
        counts.set(Slot::CacheWrite1h, count);
    }
    counts.cache_apart = !included;
}

/// What a conversation wrote to the cache, by how long it is kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    ttl: &'a str,
    input_tokens: u64,
}

/// Base64 in the standard alphabet; what is not of it is passed over.
fn decoded(coded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(coded.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in coded {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
