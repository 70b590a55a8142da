//! What the offline provider says, and how it counts: fixed rules, so that tests can foretell them.
//!
//! One token is one word between white space. A prompt has as many tokens as all texts in it have
//! words, system prompts included; tools, images and the like count nothing. An answer has as many
//! as it has words. Ids are a digest of the request's bytes.

use serde_json::Value;

/// The most words of a prompt that are repeated in the answer.
const REPEATED: usize = 24;

/// An answer, a word per piece; joined together they are the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) pieces: Vec<String>,
    /// Whether the limit of the request cut it short.
    pub(super) cut: bool,
}

// === impl Answer ===

impl Answer {
    /// The answer to a prompt, no longer than `limit` words.
    pub(super) fn to(prompt: &str, limit: Option<u64>) -> Self {
        let said: Vec<&str> = prompt.split_whitespace().take(REPEATED).collect();
        let text = format!(
            "You said: \u{201c}{}\u{201d}. This answer comes from the offline provider: no model was asked, \
             and every word of it was made on this machine.",
            said.join(" ")
        );
        let mut pieces: Vec<String> = text
            .split_whitespace()
            .enumerate()
            .map(|(place, word)| match place {
                0 => word.to_owned(),
                _ => format!(" {word}"),
            })
            .collect();
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        let cut = limit < pieces.len();
        pieces.truncate(limit);
        Self { pieces, cut }
    }

    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    pub(super) fn tokens(&self) -> usize {
        self.pieces.len()
    }
}

/// Tokens of all texts in there.
pub(super) fn tokens(content: &Value) -> usize {
    match content {
        Value::String(text) => text.split_whitespace().count(),
        Value::Array(parts) => parts.iter().map(tokens).sum(),
        Value::Object(part) => ["text", "content", "parts"]
            .iter()
            .filter_map(|field| part.get(*field))
            .map(tokens)
            .sum(),
        _ => 0,
    }
}

/// All texts in there, in order, with a space between two.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> = parts
                .iter()
                .map(text)
                .filter(|text| !text.is_empty())
                .collect();
            texts.join(" ")
        }
        Value::Object(part) => ["text", "content", "parts"]
            .iter()
            .find_map(|field| part.get(*field))
            .map(text)
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// The text of the last message of the user, or of the last one at all.
pub(super) fn question(messages: &Value) -> String {
    let Value::Array(all) = messages else {
        return text(messages);
    };
    let by_user = |message: &&Value| message.get("role").is_some_and(|role| role == "user");
    let asked = all.iter().rev().find(by_user).or(all.last());
    asked.map(text).unwrap_or_default()
}

/// FNV-1a: short, stable over versions, and nothing here needs more.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
