//! Asks a chat stream for its token counts on the caller's behalf, by one member more in the request.
//!
//! OpenAI counts the tokens of a stream only when `stream_options` asks for it. Where a request has
//! `"stream": true` and no `stream_options`, not even `null`, the question goes right before the brace
//! that ends the body; every other byte stays as it was. All that must be known stands before that
//! brace, so nothing is held back and nothing is buffered, however the body comes. The place is found by
//! who reads the body anyway, `request`.
//!
//! The body grows by `USAGE_QUESTION.len()` bytes, or it does not, and only its end tells. Whoever
//! streams it therefore cannot announce its length; whoever has the whole body asks before
//! announcing it. Signed bodies must stay as they are. What the question brings into the answer,
//! `usage_filter` takes out again.

use crate::provider::Provider;
#[cfg(any(test, fuzzing))]
use crate::request::RequestReader;

/// What goes in front of the brace that ends the body.
pub const USAGE_QUESTION: &[u8] = br#","stream_options":{"include_usage":true}"#;

/// The whole body with the question in it; `None` if it stays as it is. What checks compare with.
#[cfg(any(test, fuzzing))]
pub(crate) fn ask_usage(body: &[u8]) -> Option<Vec<u8>> {
    let at = RequestReader::new().feed(body)?;
    Some([&body[..at], USAGE_QUESTION, &body[at..]].concat())
}

// === impl Provider ===

impl Provider {
    /// Whether a stream from that tail counts its tokens only when `stream_options` asks it to: one
    /// of chat completions, of a provider that has to be asked.
    pub fn asks_usage_at(&self, raw_tail: &str) -> bool {
        let before = raw_tail.strip_suffix("chat/completions");
        self.asks_usage && before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }
}

#[cfg(test)]
mod tests;
