//! What kind of model a path asks, for the log; by the path's words alone, like `inference`.
//!
//! The last word that says it counts: names of deployments and resources stand in front of it, and
//! those of voices and the wish for a stream behind it say nothing. Where a path leaves it open, as
//! where the model's name alone would tell, nothing is said.

use crate::bedrock;
use crate::provider::Provider;
use crate::wire::Wire;

/// What a model makes, or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// Text, and whatever models of conversation make beside it.
    TextGeneration,
    /// Vectors.
    Embeddings,
    /// Pictures.
    ImageGeneration,
    /// Films.
    VideoGeneration,
    /// Speech from text.
    TextToSpeech,
    /// Text from speech.
    SpeechToText,
    /// An order of documents.
    Reranking,
    /// A verdict on a text.
    Moderation,
}

use ModelKind::{
    Embeddings, ImageGeneration, Moderation, Reranking, SpeechToText, TextGeneration, TextToSpeech,
    VideoGeneration,
};

/// Words of paths, and the kind of model that is asked where one stands.
const WORDS: [(&str, ModelKind); 34] = [
    ("completions", TextGeneration),
    ("messages", TextGeneration),
    ("responses", TextGeneration),
    ("chat", TextGeneration),
    ("converse", TextGeneration),
    ("converse-stream", TextGeneration),
    ("generateContent", TextGeneration),
    ("streamGenerateContent", TextGeneration),
    ("countTokens", TextGeneration),
    // Models of other makers on Vertex AI, in their own dialects.
    ("rawPredict", TextGeneration),
    ("streamRawPredict", TextGeneration),
    ("embeddings", Embeddings),
    ("embed", Embeddings),
    ("embedContent", Embeddings),
    ("batchEmbedContents", Embeddings),
    ("multimodalembeddings", Embeddings),
    ("feature-extraction", Embeddings),
    ("images", ImageGeneration),
    ("text-to-image", ImageGeneration),
    ("videos", VideoGeneration),
    ("text-to-video", VideoGeneration),
    ("predictLongRunning", VideoGeneration),
    ("speech", TextToSpeech),
    ("speak", TextToSpeech),
    ("text-to-speech", TextToSpeech),
    ("text-to-dialogue", TextToSpeech),
    ("tts", TextToSpeech),
    ("transcriptions", SpeechToText),
    ("translations", SpeechToText),
    ("speech-to-text", SpeechToText),
    ("listen", SpeechToText),
    ("stt", SpeechToText),
    ("rerank", Reranking),
    ("moderations", Moderation),
];

// === impl ModelKind ===

impl ModelKind {
    /// The word for it in logs and in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            TextGeneration => "text-generation",
            Embeddings => "embeddings",
            ImageGeneration => "image-generation",
            VideoGeneration => "video-generation",
            TextToSpeech => "text-to-speech",
            SpeechToText => "speech-to-text",
            Reranking => "reranking",
            Moderation => "moderation",
        }
    }
}

// === impl Provider ===

impl Provider {
    /// The kind of model that is asked at that tail, where the path says it.
    pub fn model_kind_at(&self, raw_tail: &str) -> Option<ModelKind> {
        if !self.infers_at(raw_tail) {
            return None;
        }
        let tail = raw_tail.trim_start_matches('/');
        if self.wire == Wire::Bedrock
            && let Some(model) = bedrock::model_in_path(tail)
            && tail.contains("/invoke")
        {
            return of_invoked(model);
        }
        let mut words = tail.rsplit(['/', ':']);
        words.find_map(|word| {
            let mut known = WORDS.iter();
            known.find_map(|(known, kind)| (*known == word).then_some(*kind))
        })
    }
}

/// Bedrock's invocations are alike for models of all kinds; some say in their names what they are.
fn of_invoked(model: &str) -> Option<ModelKind> {
    let has = |part| model.contains(part);
    if has("embed") {
        Some(Embeddings)
    } else if has("rerank") {
        Some(Reranking)
    } else {
        has("anthropic.").then_some(TextGeneration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Providers;

    #[test]
    fn paths_say_what_kind_of_model_is_asked() {
        let providers = Providers::known();
        for (provider, tail, kind) in [
            ("openai", "chat/completions", Some(TextGeneration)),
            ("openai", "/v1/responses", Some(TextGeneration)),
            ("openai", "v1/embeddings", Some(Embeddings)),
            ("openai", "images/generations", Some(ImageGeneration)),
            ("openai", "audio/speech", Some(TextToSpeech)),
            ("openai", "audio/transcriptions", Some(SpeechToText)),
            ("openai", "moderations", Some(Moderation)),
            ("openai", "videos", Some(VideoGeneration)),
            ("openai", "files", None),
            ("openai", "models", None),
            ("openai", "", None),
            ("anthropic", "v1/messages", Some(TextGeneration)),
            (
                "anthropic",
                "v1/messages/count_tokens",
                Some(TextGeneration),
            ),
            ("anthropic", "v1/messages/batches", None),
            ("cohere", "v2/chat", Some(TextGeneration)),
            ("cohere", "v2/embed", Some(Embeddings)),
            ("cohere", "v2/rerank", Some(Reranking)),
            (
                "google-ai-studio",
                "v1beta/models/g:streamGenerateContent",
                Some(TextGeneration),
            ),
            (
                "google-ai-studio",
                "v1/models/g:embedContent",
                Some(Embeddings),
            ),
            // What a resource or a deployment is called does not count.
            (
                "azure-openai",
                "speech/embeddings/chat/completions",
                Some(TextGeneration),
            ),
            (
                "elevenlabs",
                "v1/text-to-speech/voice/stream",
                Some(TextToSpeech),
            ),
            ("deepgram", "v1/listen", Some(SpeechToText)),
            (
                "aws-bedrock",
                "bedrock-runtime/us-east-1/model/amazon.nova/converse",
                Some(TextGeneration),
            ),
            (
                "aws-bedrock",
                "bedrock-runtime/us-east-1/model/amazon.titan-embed-text-v2/invoke",
                Some(Embeddings),
            ),
            (
                "aws-bedrock",
                "bedrock-runtime/us-east-1/model/us.anthropic.claude/invoke-with-response-stream",
                Some(TextGeneration),
            ),
            (
                "aws-bedrock",
                "bedrock-runtime/us-east-1/model/stability.sd3/invoke",
                None,
            ),
            ("workers-ai", "@cf/meta/llama-3.1-8b-instruct", None),
            ("workers-ai", "v1/chat/completions", Some(TextGeneration)),
        ] {
            let provider = providers.get(provider).unwrap();
            assert_eq!(provider.model_kind_at(tail), kind, "{tail}");
        }
    }

    #[test]
    fn every_word_stands_once() {
        for (at, (word, _)) in WORDS.iter().enumerate() {
            let before = &WORDS[..at];
            assert!(before.iter().all(|(other, _)| other != word), "{word}");
        }
    }
}
