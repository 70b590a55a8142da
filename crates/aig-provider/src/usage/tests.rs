//! The golden bodies, and what is between them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

/// The golden bodies of one wire whose names end like that, each with its reading.
fn golden(wire: Wire, end: &str) -> Vec<(String, Vec<u8>, Value)> {
    let folder = match wire {
        Wire::OpenAi => "openai",
        Wire::Anthropic => "anthropic",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(stem) = name.strip_suffix(end) else {
            continue;
        };
        if stem.ends_with(".reading") {
            continue;
        }
        let kind = end.trim_start_matches('.').split('.').next().unwrap();
        let reading = path.with_file_name(format!("{stem}.{kind}.reading.json"));
        let reading = serde_json::from_slice(&fs::read(reading).unwrap()).unwrap();
        found.push((name.to_owned(), fs::read(&path).unwrap(), reading));
    }
    assert!(!found.is_empty(), "no golden {end}");
    found
}

fn as_json(reading: &Reading) -> Value {
    json!({
        "tokens_in": reading.usage.tokens_in,
        "tokens_out": reading.usage.tokens_out,
        "model": reading.model,
        "finished": reading.finished,
        "error_event": reading.error_event,
    })
}

fn read<'a>(wire: Wire, kind: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let mut reader = ResponseReader::new(wire, Some(kind));
    pieces.into_iter().for_each(|piece| reader.feed(piece));
    reader.reading()
}

fn check_every_cut(wire: Wire, kind: &str, name: &str, body: &[u8], wanted: &Value) {
    let whole = read(wire, kind, [body]);
    assert_eq!(&as_json(&whole), wanted, "{name}");
    assert_eq!(
        read(wire, kind, body.chunks(1)),
        whole,
        "{name} byte by byte"
    );
    for cut in 0..=body.len() {
        let (before, after) = body.split_at(cut);
        assert_eq!(
            read(wire, kind, [before, after]),
            whole,
            "{name} cut at {cut}"
        );
    }
}

#[test]
fn golden_answers_are_read_the_same_however_they_are_cut() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        for (name, body, wanted) in golden(wire, ".answer.json") {
            check_every_cut(wire, "application/json", &name, &body, &wanted);
        }
    }
}

#[test]
fn golden_streams_are_read_the_same_however_they_are_cut() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        for (name, body, wanted) in golden(wire, ".stream.sse") {
            let kind = "text/event-stream; charset=utf-8";
            check_every_cut(wire, kind, &name, &body, &wanted);
            let crlf = String::from_utf8(body).unwrap().replace('\n', "\r\n");
            check_every_cut(wire, kind, &name, crlf.as_bytes(), &wanted);
        }
    }
}

#[test]
fn golden_requests_are_read_the_same_however_they_are_cut() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        for (name, body, wanted) in golden(wire, ".request.json") {
            for cut in 0..=body.len() {
                let mut reader = RequestReader::new();
                reader.feed(&body[..cut]);
                reader.feed(&body[cut..]);
                let reading = reader.reading();
                assert!(reading.whole && !reading.duplicate, "{name}");
                let found = json!({
                    "model": reading.model,
                    "stream": reading.stream,
                    "stream_options": reading.stream_options,
                });
                assert_eq!(found, wanted, "{name} cut at {cut}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_cut_off_gives_what_it_had_said() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        for (name, body, wanted) in golden(wire, ".stream.sse") {
            let mut reader = ResponseReader::new(wire, Some("text/event-stream"));
            let mut tokens = 0;
            for byte in &body {
                reader.feed(&[*byte]);
                let now = reader.reading().usage.tokens_out.unwrap_or(0);
                assert!(now >= tokens, "{name}: counts only grow");
                tokens = now;
            }
            assert_eq!(as_json(&reader.reading()), wanted, "{name}");
        }
    }
}

#[test]
fn the_last_event_counts_without_its_empty_line() {
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        for (name, body, wanted) in golden(wire, ".stream.sse") {
            let mut reader = ResponseReader::new(wire, Some("text/event-stream"));
            reader.feed(body.trim_ascii_end());
            reader.finish();
            assert_eq!(as_json(&reader.reading()), wanted, "{name}");
        }
    }
}

#[test]
fn the_first_byte_tells_the_form_and_the_header_whether_to_look() {
    let stream = b"\xef\xbb\xbf\r\n data: 1\n\ndata: {\"model\":\"m\"}\n\n";
    let document = b"\n {\"model\":\"m\"}";
    for kind in [
        "application/json",
        "text/event-stream",
        "Application/Problem+JSON; x=y",
        "text/plain",
        "",
    ] {
        assert_eq!(
            read(Wire::OpenAi, kind, [&stream[..]]).model.as_deref(),
            Some("m"),
            "{kind}"
        );
        assert_eq!(
            read(Wire::OpenAi, kind, [&document[..]]).model.as_deref(),
            Some("m"),
            "{kind}"
        );
    }
    for kind in [
        "audio/mpeg",
        "text/html",
        "application/octet-stream",
        "image/png",
        "é",
    ] {
        assert_eq!(
            read(Wire::OpenAi, kind, [&document[..]]),
            Reading::default(),
            "{kind}"
        );
    }
    let mut reader = ResponseReader::new(Wire::OpenAi, None);
    reader.feed(document);
    assert_eq!(reader.reading().model.as_deref(), Some("m"));
    let mut reader = ResponseReader::blind(Wire::OpenAi);
    reader.feed(document);
    reader.finish();
    assert_eq!(reader.reading(), Reading::default());
}

#[test]
fn counts_are_whole_numbers_or_nothing() {
    for (raw, wanted) in [
        ("12", Some(12)),
        ("0", Some(0)),
        ("10.0", Some(10)),
        ("1e3", Some(1000)),
        ("9007199254740991", Some(MOST_TOKENS)),
        ("9007199254740992", None),
        ("18446744073709551616", None),
        ("nan", None),
        ("1e400", None),
        ("-1", None),
        ("1.5", None),
        ("null", None),
        ("\"12\"", None),
        ("true", None),
        ("[12]", None),
    ] {
        let body = format!(r#"{{"usage":{{"prompt_tokens":{raw},"completion_tokens":4}}}}"#);
        let reading = read(Wire::OpenAi, "application/json", [body.as_bytes()]);
        assert_eq!(reading.usage.tokens_in, wanted, "{raw}");
        assert_eq!(reading.usage.tokens_out, Some(4), "{raw}");
    }
    let mut count = Some(3);
    update(&mut count, Some(b"null"));
    assert_eq!(count, Some(3), "what is no count changes nothing");
}

#[test]
fn prompts_too_large_to_add_up_stay_at_the_top() {
    let body = br#"{"usage":{"input_tokens":9007199254740991,"cache_read_input_tokens":1}}"#;
    let reading = read(Wire::Anthropic, "application/json", [&body[..]]);
    assert_eq!(reading.usage.tokens_in, Some(MOST_TOKENS));
}

#[test]
fn events_too_long_to_be_read_are_counted() {
    let long = format!(
        "data: {{\"usage\":{{\"prompt_tokens\":1}},\"x\":\"{}\"}}\n\ndata: [DONE]\n\n",
        "x".repeat(crate::EVENT_CAP)
    );
    let reading = read(Wire::OpenAi, "text/event-stream", [long.as_bytes()]);
    assert_eq!(reading.given_up, 1);
    assert_eq!(reading.usage.tokens_in, None);
    assert!(reading.finished, "the stream goes on after the long event");
}

#[test]
fn done_is_openais_word_alone() {
    let done = b"data: [DONE] \n\n";
    assert!(read(Wire::OpenAi, "text/event-stream", [&done[..]]).finished);
    assert!(!read(Wire::Anthropic, "text/event-stream", [&done[..]]).finished);
    assert!(
        !read(
            Wire::OpenAi,
            "text/event-stream",
            [&b"data: [DONE!!!!]\n\n"[..]]
        )
        .finished
    );
    assert!(!read(Wire::OpenAi, "text/event-stream", [&b"data: [DONE]"[..]]).finished);
}

#[test]
fn answers_that_are_no_json_say_nothing() {
    for body in ["<html>", "", "upstream connect error", "{\"usage\":", "{]"] {
        for wire in [Wire::OpenAi, Wire::Anthropic] {
            let reading = read(wire, "application/json", [body.as_bytes()]);
            assert_eq!(reading, Reading::default(), "{body}");
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
