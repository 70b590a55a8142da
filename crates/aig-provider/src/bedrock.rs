//! Bedrock's dialect: two services in the path, signed requests, and counts in many places.
//!
//! `bedrock-runtime/{region}/…` and `bedrock-mantle/{region}/…` go to the host of that service in that
//! region. What a client signed names that host and the path behind the region, so both arrive as
//! they were signed; `signed` tells which headers the signature covers and nobody may touch.
//!
//! `Converse` counts alike for all models. `InvokeModel` answers in each model's own form, with the
//! counts in headers as well. Streams are binary frames (`event_stream.rs`); those of `InvokeModel`
//! hold the model's own chunks in Base64, the last one with the counts of the service.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use crate::base::{Slot, Slots};
use crate::provider::Way;
use crate::scan::{Paths, Scanner};
use crate::tail::BadTail;
use crate::usage::{Tally, update};
use crate::version::apart;
use crate::wire::Wire;

const RUNTIME: &str = "bedrock-runtime";
const MANTLE: &str = "bedrock-mantle";

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["bytes"],
    &["type"],
    &["model"],
    &["message", "model"],
    &["usage", "inputTokens"],
    &["usage", "cacheWriteInputTokens"],
    &["usage", "cacheReadInputTokens"],
    &["usage", "outputTokens"],
    &["metadata", "usage", "inputTokens"],
    &["metadata", "usage", "cacheWriteInputTokenCount"],
    &["metadata", "usage", "cacheReadInputTokenCount"],
    &["metadata", "usage", "outputTokens"],
    &["usage", "input_tokens"],
    &["usage", "cache_creation_input_tokens"],
    &["usage", "cache_read_input_tokens"],
    &["usage", "output_tokens"],
    &["message", "usage", "input_tokens"],
    &["message", "usage", "cache_creation_input_tokens"],
    &["message", "usage", "cache_read_input_tokens"],
    &["message", "usage", "output_tokens"],
    &["usage", "prompt_tokens"],
    &["usage", "completion_tokens"],
    &["prompt_token_count"],
    &["generation_token_count"],
    &["inputTextTokenCount"],
    &["results", "[]", "tokenCount"],
    &["amazon-bedrock-invocationMetrics", "inputTokenCount"],
    &["amazon-bedrock-invocationMetrics", "outputTokenCount"],
    &["usage", "cacheWriteInputTokenCount"],
    &["usage", "cacheReadInputTokenCount"],
]);
const BYTES: usize = 0;
const TYPE: usize = 1;
const MODEL: [usize; 2] = [2, 3];
const INPUT: [usize; 8] = [4, 8, 12, 16, 20, 22, 24, 26];
const CACHE_WRITTEN: [usize; 5] = [5, 9, 13, 17, 28];
const CACHE_READ: [usize; 5] = [6, 10, 14, 18, 29];
const OUTPUT: [usize; 8] = [7, 11, 15, 19, 21, 23, 25, 27];
/// Comes with the last chunk of a stream.
const INVOCATION: usize = 27;

const INPUT_HEADER: &str = "x-amzn-bedrock-input-token-count";
const OUTPUT_HEADER: &str = "x-amzn-bedrock-output-token-count";
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
    slots.checked(Slot::Service)?;
    slots.checked(Slot::Region)?;
    Ok(Way {
        base: usize::from(service == MANTLE),
        slots,
        parts: [rest, None, None],
        ..way
    })
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
        let list = value
            .to_str()
            .ok()
            .filter(|value| value.starts_with("AWS4-"))
            .and_then(|value| value.split_once("SignedHeaders="))
            .map(|(_, list)| list.split([',', ' ']).next().unwrap_or_default());
        list.is_some_and(|list| list.split(';').any(|signed| signed == name.as_str()))
    })
}

// === what answers say ===

/// Reads what the headers of an answer say.
pub(crate) fn take_headers(headers: &HeaderMap, tally: &mut Tally) {
    let value = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
    update(&mut tally.input, value(INPUT_HEADER));
    update(&mut tally.output, value(OUTPUT_HEADER));
    tally.error_event |= headers.contains_key(ERROR_HEADER);
}

/// Reads one document: a whole answer, or the payload of a frame of that name.
pub(crate) fn take(document: &Scanner, event: Option<&[u8]>, tally: &mut Tally) {
    if let Some([b'"', coded @ .., b'"']) = document.value(BYTES) {
        let mut chunk = Scanner::new(ANSWER);
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
        update(&mut tally.input, document.value(path));
    }
    for path in OUTPUT {
        update(&mut tally.output, document.value(path));
    }
    let [written, read] = &mut tally.input_apart;
    for (count, paths) in [(written, CACHE_WRITTEN), (read, CACHE_READ)] {
        for path in paths {
            update(count, document.value(path));
        }
    }
    let Some(event) = event else { return };
    tally.finished |= matches!(event, b"messageStop" | b"metadata");
    tally.finished |= document.present(INVOCATION);
    tally.finished |= document.value(TYPE) == Some(br#""message_stop""#);
    tally.error_event |= event == crate::event_stream::EXCEPTION;
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
