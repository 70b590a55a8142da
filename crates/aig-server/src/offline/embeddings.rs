//! `POST /v1/embeddings` as OpenAI answers it: a direction per input, as numbers or as base64.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::reply::{self, Paced};
use super::service::Asked;
use super::text;

/// Short enough to be looked at.
pub(super) const DIMENSIONS: u64 = 32;
const MOST_DIMENSIONS: u64 = 4096;

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let input = asked.required("input")?;
    let inputs = match input {
        Value::String(_) => vec![input],
        // One list of token numbers is one input.
        Value::Array(tokens) if tokens.first().is_some_and(Value::is_number) => vec![input],
        Value::Array(inputs) if !inputs.is_empty() => inputs.iter().collect(),
        _ => return Err(Refusal::missing(asked.dialect, "input")),
    };
    let dimensions = match asked.field("dimensions").map(Value::as_u64) {
        None => DIMENSIONS,
        Some(Some(dimensions @ 1..=MOST_DIMENSIONS)) => dimensions,
        Some(_) => {
            let message = format!("Invalid value for 'dimensions': use 1 to {MOST_DIMENSIONS}.");
            return Err(Refusal {
                param: Some("dimensions"),
                ..Refusal::new(StatusCode::BAD_REQUEST, message)
            });
        }
    };
    let as_base64 = asked
        .field("encoding_format")
        .is_some_and(|format| format == "base64");
    let data = inputs.iter().enumerate().map(|(index, input)| {
        let direction = direction(input, dimensions);
        let embedding = match as_base64 {
            true => {
                let bytes: Vec<u8> = direction
                    .iter()
                    .flat_map(|part| part.to_le_bytes())
                    .collect();
                json!(base64(&bytes))
            }
            false => json!(direction),
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let tokens: usize = inputs.iter().map(|input| tokens(input)).sum();
    let body = json!({
        // OpenAI sends no id here; other clients of this wire insist on one.
        "id": format!("embd-{}", asked.id),
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": asked.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    });
    Ok(reply::document(StatusCode::OK, &body))
}

fn tokens(input: &Value) -> usize {
    match input {
        Value::Array(numbers) => numbers.len(),
        other => text::tokens(other),
    }
}

/// A direction of length one that follows from the input alone.
pub(super) fn direction(input: &Value, dimensions: u64) -> Vec<f32> {
    let seed = input.to_string();
    let parts: Vec<f64> = (0..dimensions)
        .map(|place| {
            let digest = text::digest(format!("{place} {seed}").as_bytes());
            // The upper bits are the well mixed ones.
            (digest >> 40) as f64 / f64::from(1 << 23) - 1.0
        })
        .collect();
    let length = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    match length > 0.0 {
        true => parts.iter().map(|part| (part / length) as f32).collect(),
        false => parts.iter().map(|_| 0.0).collect(),
    }
}

/// The standard alphabet, padded.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, place| {
            bits << 8 | u32::from(group.get(place).copied().unwrap_or(0))
        });
        for place in 0..4 {
            match place <= group.len() {
                true => text.push(char::from(
                    ALPHABET[(bits >> (18 - 6 * place) & 63) as usize],
                )),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
