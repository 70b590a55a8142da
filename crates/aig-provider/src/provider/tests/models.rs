//! What paths say beside where they go: the model, whether to stream, the dialect.

use super::*;

#[test]
fn paths_and_queries_name_their_models() {
    let providers = Providers::known();
    for (path, wanted) in [
        (
            "google-ai-studio/v1beta/models/gemini-2.5-flash:streamGenerateContent",
            Some("gemini-2.5-flash"),
        ),
        (
            "google-ai-studio/models/gemini-2.5-flash",
            Some("gemini-2.5-flash"),
        ),
        (
            "google-ai-studio/v1beta/tunedModels/mine:generateContent",
            Some("mine"),
        ),
        ("google-ai-studio/v1/models", None),
        ("google-ai-studio/v1beta/openai/chat/completions", None),
        (
            "google-vertex-ai/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:rawPredict",
            Some("claude@1"),
        ),
        (
            "azure-openai/res/gpt-4o_Mini/chat/completions",
            Some("gpt-4o_Mini"),
        ),
        (
            "azure-openai/res/openai/deployments/dep/chat/completions",
            Some("dep"),
        ),
        ("azure-openai/res/openai/v1/responses", None),
        (
            "aws-bedrock/bedrock-runtime/us-east-1/model/anthropic.claude-3%3A0/invoke",
            Some("anthropic.claude-3:0"),
        ),
        (
            "aws-bedrock/bedrock-runtime/us-east-1/model/arn%3Aaws%2Fx/converse",
            Some("arn:aws/x"),
        ),
        (
            "aws-bedrock/bedrock-mantle/us-east-1/anthropic/v1/messages",
            None,
        ),
        (
            "workers-ai/@cf/meta/llama-3.1-8b-instruct",
            Some("@cf/meta/llama-3.1-8b-instruct"),
        ),
        ("workers-ai/run/@cf/meta/llama", Some("@cf/meta/llama")),
        ("workers-ai/v1/chat/completions", None),
        ("huggingface/bigcode/starcoder", Some("bigcode/starcoder")),
        (
            "huggingface/models/bigcode/starcoder/v1/chat/completions",
            Some("bigcode/starcoder"),
        ),
        ("huggingface/v1/chat/completions", None),
        ("huggingface/bigcode", None),
        (
            "replicate/v1/models/meta/llama/predictions",
            Some("meta/llama"),
        ),
        (
            "replicate/models/meta/llama/predictions",
            Some("meta/llama"),
        ),
        ("replicate/predictions", None),
        ("fal/fal-ai/fast-sdxl", Some("fal-ai/fast-sdxl")),
        (
            "fal/fal-ai/fast-sdxl/requests/1/status",
            Some("fal-ai/fast-sdxl"),
        ),
        ("baseten/model/abc/production/predict", Some("abc")),
        ("baseten/v1/chat/completions", None),
        ("openai/models/gpt-4o", None),
    ] {
        let (slug, tail) = path.split_once('/').unwrap();
        let model = providers.get(slug).unwrap().model_in_path(tail);
        assert_eq!(model.as_deref(), wanted, "{path}");
    }
    let deepgram = providers.get("deepgram").unwrap();
    let model = |query| deepgram.model_in_query(query).map(Cow::into_owned);
    assert_eq!(
        model(Some("a=b&model=nova%2D3&c")).as_deref(),
        Some("nova-3")
    );
    assert_eq!(model(Some("my_model=x&model=")), None);
    assert_eq!(model(None), None);
}

#[test]
fn paths_tell_the_dialect() {
    let providers = Providers::known();
    for (path, wanted) in [
        ("openai/chat/completions", Wire::OpenAi),
        ("openai/threads/t/messages", Wire::OpenAi),
        ("anthropic/messages", Wire::Anthropic),
        ("anthropic/v1/chat/completions", Wire::OpenAi),
        (
            "google-ai-studio/v1beta/models/m:generateContent",
            Wire::Gemini,
        ),
        (
            "google-ai-studio/v1beta/openai/chat/completions",
            Wire::OpenAi,
        ),
        ("google-ai-studio/v1beta/openai/embeddings", Wire::OpenAi),
        (
            "google-vertex-ai/v1/projects/p/locations/l/publishers/google/models/m:x",
            Wire::Gemini,
        ),
        (
            "google-vertex-ai/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
            Wire::Anthropic,
        ),
        (
            "google-vertex-ai/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict",
            Wire::OpenAi,
        ),
        (
            "google-vertex-ai/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
            Wire::OpenAi,
        ),
        ("azure-openai/r/d/chat/completions", Wire::OpenAi),
        (
            "aws-bedrock/bedrock-runtime/us-east-1/model/m/converse",
            Wire::Bedrock,
        ),
        (
            "aws-bedrock/bedrock-runtime/us-east-1/openai/v1/chat/completions",
            Wire::OpenAi,
        ),
        (
            "aws-bedrock/bedrock-mantle/us-east-1/anthropic/v1/messages",
            Wire::Anthropic,
        ),
        (
            "aws-bedrock/bedrock-mantle/us-east-1/v1/responses",
            Wire::OpenAi,
        ),
        ("workers-ai/@cf/a/b", Wire::WorkersAi),
        ("workers-ai/v1/embeddings", Wire::OpenAi),
        ("grok/v1/messages", Wire::Anthropic),
        ("grok/messages/count_tokens", Wire::Anthropic),
        ("openrouter/messages", Wire::Anthropic),
        ("deepseek/anthropic/v1/messages", Wire::Anthropic),
        ("cohere/v2/chat", Wire::Cohere),
        ("cohere/compatibility/v1/chat/completions", Wire::OpenAi),
        ("huggingface/owner/model", Wire::Opaque),
        ("huggingface/v1/chat/completions", Wire::OpenAi),
        ("parallel/chat/completions", Wire::OpenAi),
        ("parallel/v1/tasks/runs", Wire::Opaque),
        ("replicate/predictions", Wire::Replicate),
    ] {
        let (slug, tail) = path.split_once('/').unwrap();
        assert_eq!(providers.get(slug).unwrap().wire_at(tail), wanted, "{path}");
    }
}
