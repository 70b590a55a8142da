//! Whether a path asks a model something, and whether it asks for a stream; by its words alone.
//!
//! Paths of providers are many and grow, so what is told apart is what is known to be something else:
//! things that are made, read and changed, and whose next reading is another one. A path that nobody
//! knows is taken for a question.

use crate::provider::Provider;

/// Segments of paths to things that live on.
const THINGS: [&str; 24] = [
    "assistants",
    "batch",
    "batches",
    "batchPredictionJobs",
    "cachedContents",
    "cancel",
    "client_secrets",
    "containers",
    "conversations",
    "datasets",
    "evals",
    "files",
    "fine_tuning",
    "fine-tuning",
    "fine_tunes",
    "jobs",
    "model-invocation-job",
    "organization",
    "predictions",
    "sessions",
    "threads",
    "uploads",
    "vector_stores",
    "voices",
];

// === impl Provider ===

impl Provider {
    /// Whether that tail asks a model something, so that the same question may have the same answer.
    pub fn infers_at(&self, raw_tail: &str) -> bool {
        !words(raw_tail).any(|word| THINGS.contains(&word))
    }

    /// Whether that tail asks for a stream by itself, whatever the body says.
    pub fn streams_at(&self, raw_tail: &str) -> bool {
        let last = words(raw_tail).last().unwrap_or_default().as_bytes();
        last.windows(STREAM.len())
            .any(|run| run.eq_ignore_ascii_case(STREAM))
    }
}

const STREAM: &[u8] = b"stream";

/// The segments of a tail, with what Google writes behind a colon as one of its own.
fn words(tail: &str) -> impl Iterator<Item = &str> {
    tail.split(['/', ':']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::Providers;

    #[test]
    fn questions_and_things_are_told_apart() {
        let providers = Providers::known();
        let openai = providers.get("openai").unwrap();
        for (tail, infers) in [
            ("v1/chat/completions", true),
            ("responses", true),
            ("embeddings", true),
            ("images/generations", true),
            ("v1beta/models/gemini-2.5-flash:generateContent", true),
            ("model/anthropic.claude-3/invoke", true),
            ("text-to-speech/abc", true),
            ("v1/batches", false),
            ("v1/files", false),
            ("responses/r_1/cancel", false),
            ("v1/messages/batches", false),
            ("v1/predictions", false),
        ] {
            assert_eq!(openai.infers_at(tail), infers, "{tail}");
        }
    }

    #[test]
    fn paths_that_stream_by_themselves_are_known() {
        let providers = Providers::known();
        let openai = providers.get("openai").unwrap();
        for (tail, streams) in [
            ("models/g:streamGenerateContent", true),
            ("model/m/converse-stream", true),
            ("model/m/invoke-with-response-stream", true),
            ("text-to-speech/v/stream", true),
            ("stream/of/consciousness", false),
            ("models/g:generateContent", false),
        ] {
            assert_eq!(openai.streams_at(tail), streams, "{tail}");
        }
    }
}
