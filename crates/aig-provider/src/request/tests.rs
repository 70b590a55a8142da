//! The golden requests, and what is between them.

use serde_json::json;

use super::*;
use crate::golden::golden;
use crate::{Providers, Wire};

#[test]
fn golden_requests_are_read_the_same_however_they_are_cut() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        let requests = golden(wire, ".request.json");
        assert!(!requests.is_empty(), "{wire:?}");
        for (name, body, wanted) in requests {
            for cut in 0..=body.len() {
                let mut reader = RequestReader::new();
                reader.feed(&body[..cut]);
                reader.feed(&body[cut..]);
                let reading = reader.reading();
                assert!(reading.whole && !reading.duplicate, "{name}");
                let found = json!({
                    "model": reading.model.as_deref(),
                    "stream": reading.stream,
                    "stream_options": reading.stream_options,
                });
                assert_eq!(found, wanted, "{name} cut at {cut}");
            }
        }
    }
}

#[test]
fn duplicates_of_what_is_acted_on_are_noticed_in_requests() {
    for (body, duplicate, model, stream) in [
        (
            r#"{"model":"cheap","model":"dear"}"#,
            true,
            Some("dear"),
            None,
        ),
        (
            r#"{"model":"cheap","\u006dodel":"dear"}"#,
            true,
            Some("dear"),
            None,
        ),
        (
            r#"{"stream":true,"stream":false,"model":"m"}"#,
            true,
            Some("m"),
            Some(false),
        ),
        (
            r#"{"Model":"cheap","model":"dear","STREAM":true}"#,
            false,
            Some("dear"),
            None,
        ),
        (
            r#"{"model":"a\u0062\"","stream":"true","x":1,"x":2}"#,
            false,
            Some("ab\""),
            None,
        ),
        (r#"{"model":7,"stream":null}"#, false, None, None),
    ] {
        let mut reader = RequestReader::new();
        reader.feed(body.as_bytes());
        let reading = reader.reading();
        assert!(reading.whole, "{body}");
        assert_eq!(reading.duplicate, duplicate, "{body}");
        assert_eq!(reading.model.as_deref(), model, "{body}");
        assert_eq!(reading.stream, stream, "{body}");
    }
}

#[test]
fn bodies_that_are_no_json_say_nothing_about_the_request() {
    for body in [
        "--boundary\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1",
        "model=gpt",
        "",
    ] {
        let mut reader = RequestReader::new();
        reader.feed(body.as_bytes());
        assert_eq!(reader.reading(), RequestReading::default(), "{body}");
    }
}

#[test]
fn the_models_field_has_the_name_that_the_provider_gives_it() {
    let providers = Providers::known();
    for (slug, body, model) in [
        (
            "openai",
            r#"{"model":"a","model_id":"b","version":"c"}"#,
            "a",
        ),
        (
            "elevenlabs",
            r#"{"model":"a","model_id":"b","version":"c"}"#,
            "b",
        ),
        (
            "cartesia",
            r#"{"model_id":"sonic-2","transcript":"x"}"#,
            "sonic-2",
        ),
        (
            "replicate",
            r#"{"version":"owner/name:5c7d","input":{"model":"x"}}"#,
            "owner/name:5c7d",
        ),
    ] {
        let mut reader = RequestReader::for_provider(providers.get(slug).unwrap());
        reader.feed(body.as_bytes());
        assert_eq!(reader.reading().model.as_deref(), Some(model), "{slug}");
    }
}
