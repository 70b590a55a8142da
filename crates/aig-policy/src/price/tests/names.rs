//! Names of models, from every side that they are called from.

use super::*;

fn find(provider: &str, model: &str) -> Result<(&'static str, Why), Unpriced> {
    PriceBook::built_in()
        .find(provider, model)
        .map(|found| (found.row.model(), found.why))
}

#[test]
fn a_name_is_found_without_what_stands_around_it() {
    for (provider, model, row, why) in [
        ("openai", "gpt-4o", "gpt-4o", Why::Name),
        ("openai", "openai/gpt-4o", "gpt-4o", Why::Inner),
        (
            "google-ai-studio",
            "models/gemini-2.5-pro",
            "gemini-2.5-pro",
            Why::Inner,
        ),
        (
            "google-ai-studio",
            "google/gemini-2.5-pro",
            "gemini-2.5-pro",
            Why::Inner,
        ),
        (
            "google-vertex-ai",
            "google/gemini-2.5-pro",
            "gemini-2.5-pro",
            Why::Inner,
        ),
        (
            "google-vertex-ai",
            "publishers/google/models/gemini-2.5-pro",
            "gemini-2.5-pro",
            Why::Inner,
        ),
        (
            "google-vertex-ai",
            "projects/p/locations/l/publishers/moonshotai/models/kimi-k2-thinking-maas",
            "moonshotai/kimi-k2-thinking-maas",
            Why::Inner,
        ),
        ("grok", "xai/grok-4.5", "grok-4.5", Why::Inner),
        (
            "perplexity-ai",
            "perplexity/llama-3.1-8b-instruct",
            "llama-3.1-8b-instruct",
            Why::Inner,
        ),
        // This one has the prefix in its name, and that row wins.
        (
            "perplexity-ai",
            "openai/gpt-5.1",
            "openai/gpt-5.1",
            Why::Name,
        ),
        (
            "fireworks",
            "mixtral-8x7b",
            "accounts/fireworks/models/mixtral-8x7b",
            Why::Inner,
        ),
        (
            "workers-ai",
            "workers-ai/@cf/meta/llama-3.2-1b-instruct",
            "@cf/meta/llama-3.2-1b-instruct",
            Why::Inner,
        ),
        (
            "openai",
            "ft:gpt-4o-2024-08-06:acme:support:9abc",
            "ft:gpt-4o-2024-08-06",
            Why::FineTuned,
        ),
    ] {
        assert_eq!(find(provider, model), Ok((row, why)), "{provider} {model}");
    }
}

#[test]
fn another_version_of_the_name_does_where_there_is_no_row_of_its_own() {
    for (provider, model, row, why) in [
        // Its own row comes first, and is another price.
        (
            "openai",
            "gpt-4o-2024-05-13",
            "gpt-4o-2024-05-13",
            Why::Name,
        ),
        ("openai", "gpt-4o-2031-02-03", "gpt-4o", Why::Undated),
        ("openai", "openai/gpt-4o-2031-02-03", "gpt-4o", Why::Undated),
        ("openai", "gpt-4o-latest", "gpt-4o", Why::Undated),
        (
            "anthropic",
            "claude-sonnet-4-5-20310101",
            "claude-sonnet-4-5",
            Why::Undated,
        ),
        (
            "anthropic",
            "claude-sonnet-4-5-latest",
            "claude-sonnet-4-5",
            Why::Undated,
        ),
        (
            "google-vertex-ai",
            "claude-sonnet-4-5@20310101",
            "claude-sonnet-4-5",
            Why::Undated,
        ),
        (
            "google-ai-studio",
            "gemini-2.5-flash-001",
            "gemini-2.5-flash",
            Why::Undated,
        ),
        (
            "mistral",
            "mistral-small-2506",
            "mistral-small",
            Why::Undated,
        ),
        (
            "mistral",
            "voxtral-small",
            "voxtral-small-latest",
            Why::Newest,
        ),
        (
            "google-vertex-ai",
            "mistral-nemo",
            "mistral-nemo@latest",
            Why::Newest,
        ),
        (
            "anthropic",
            "claude-haiku-4.5",
            "claude-haiku-4-5",
            Why::Spelling,
        ),
        (
            "anthropic",
            "anthropic/claude-haiku-4.5",
            "claude-haiku-4-5",
            Why::Spelling,
        ),
    ] {
        assert_eq!(find(provider, model), Ok((row, why)), "{provider} {model}");
    }
}

#[test]
fn a_name_without_a_date_is_the_newest_that_has_one() {
    let book = PriceBook::of(
        r#"
{"provider":"p","model":"m-2024-05-13","input":1}
{"provider":"p","model":"m-20250101","input":2}
{"provider":"p","model":"m-12-2024","input":3}
{"provider":"p","model":"m-1106","input":4}
{"provider":"p","model":"m-mini-2026-01-01","input":5}
{"provider":"p","model":"m-099","input":6}
"#,
    )
    .unwrap();
    let newest = |model| book.find("p", model).map(|f| (f.row.model(), f.why));
    assert_eq!(newest("m"), Ok(("m-20250101", Why::Newest)));
    assert_eq!(newest("m-latest"), Ok(("m-20250101", Why::Newest)));
    // Another date is not named by asking for one, and what is no date is another model.
    for other in [
        "m-2025-06-01",
        "m-098",
        "m-9999",
        "m-2025-13-01",
        "m-mini-x",
        "-2024-05-13",
    ] {
        assert_eq!(newest(other), Err(Unpriced::UnknownModel), "{other}");
    }
}

#[test]
fn bedrock_names_are_found_across_regions_and_profiles() {
    let provider = "aws-bedrock";
    let plain = "anthropic.claude-3-5-haiku-20241022-v1:0";
    for (model, row, why) in [
        (plain, plain, Why::Name),
        // Rows of a region win over the plain one: they may be dearer.
        (
            "us.anthropic.claude-haiku-5-5",
            "us.anthropic.claude-haiku-5-5",
            Why::Name,
        ),
        (
            "global.anthropic.claude-3-5-haiku-20241022-v1:0",
            plain,
            Why::Region,
        ),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-haiku-20241022-v1:0",
            plain,
            Why::Inner,
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-5-5",
            "us.anthropic.claude-haiku-5-5",
            Why::Inner,
        ),
        (
            "eu.anthropic.claude-opus-4-6-v1:0",
            "eu.anthropic.claude-opus-4-6-v1",
            Why::Undated,
        ),
    ] {
        assert_eq!(find(provider, model), Ok((row, why)), "{model}");
    }
    let opaque = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3";
    assert_eq!(find(provider, opaque), Err(Unpriced::UnknownModel));
}

#[test]
fn azure_sells_what_openai_sells() {
    let (row, why) = find("azure-openai", "gpt-4o-mini").unwrap();
    assert_eq!((row, why), ("gpt-4o-mini", Why::Name));
    let only_openai = PriceBook::built_in()
        .of_provider("openai")
        .iter()
        .find(|row| row.is_priced() && find("azure-openai", row.model()).unwrap().1 == Why::OpenAi)
        .expect("OpenAI has models that the table has no Azure row for");
    let found = PriceBook::built_in()
        .find("azure-openai", only_openai.model())
        .unwrap();
    assert_eq!(found.row.provider(), "openai");
    assert_eq!(find("groq", "gpt-4o"), Err(Unpriced::UnknownModel));
}

#[test]
fn names_of_any_shape_are_survived() {
    let long = "x-".repeat(10_000);
    for model in [
        "-",
        "@",
        "/",
        ":",
        "ft:",
        "ft::",
        "arn:",
        "models/",
        "publishers//models/",
        "-latest",
        "2024-01-01",
        "ä-ö@ü",
        "us.",
        "\u{0}",
        "-2024-01-01",
        &long,
    ] {
        for provider in [
            "openai",
            "aws-bedrock",
            "google-vertex-ai",
            "azure-openai",
            "fireworks",
        ] {
            assert!(find(provider, model).is_err(), "{provider} {model:?}");
        }
    }
}
