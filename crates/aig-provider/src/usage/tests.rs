//! The golden bodies, and what is between them.

use serde_json::{Value, json};

use super::*;
use crate::counts::MOST;
use crate::golden::golden;

const SSE: &str = "text/event-stream; charset=utf-8";

/// What a file's name says about the stream in it.
const STREAMS: [(&str, &str); 4] = [
    (".stream.sse", SSE),
    (".stream.ndjson", "application/stream+json"),
    (".stream.json", "application/json"),
    (".stream.frames", "application/vnd.amazon.eventstream"),
];

/// Every golden stream: its dialect, its type, its name, its bytes, and what it says.
fn streams() -> Vec<(Wire, &'static str, String, Vec<u8>, Value)> {
    let mut all = Vec::new();
    for wire in Wire::ALL {
        for (end, kind) in STREAMS {
            for (name, body, wanted) in golden(wire, end) {
                all.push((wire, kind, name, body, wanted));
            }
        }
    }
    for (end, _) in STREAMS {
        let found = all.iter().any(|stream| stream.2.ends_with(end));
        assert!(found, "no golden {end}");
    }
    all
}

/// A reading as the golden files spell it: what every answer can say always, the rest where it is said.
fn as_json(reading: &Reading) -> Value {
    let usage = reading.usage;
    let mut json = json!({
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "model": reading.model.as_deref(),
        "finished": reading.finished,
        "error_event": reading.error_event,
    });
    for (name, count) in [
        ("cache_read_tokens", usage.cache_read_tokens),
        ("cache_write_tokens", usage.cache_write_tokens),
        ("cache_write_1h_tokens", usage.cache_write_1h_tokens),
        ("reasoning_tokens", usage.reasoning_tokens),
        ("audio_in_tokens", usage.audio_in_tokens),
        ("audio_out_tokens", usage.audio_out_tokens),
        ("image_in_tokens", usage.image_in_tokens),
        ("image_out_tokens", usage.image_out_tokens),
        ("images", usage.images),
        ("characters", usage.characters),
        ("audio_ms", usage.audio_ms),
        ("compute_ms", usage.compute_ms),
        ("searches", usage.searches),
        ("stated_cost", usage.stated_cost),
    ] {
        if let Some(count) = count {
            json[name] = count.into();
        }
    }
    json
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
    for wire in Wire::ALL {
        let answers = golden(wire, ".answer.json");
        assert_eq!(answers.is_empty(), wire == Wire::Opaque, "{wire:?}");
        for (name, body, wanted) in answers {
            check_every_cut(wire, "application/json", &name, &body, &wanted);
        }
    }
}

#[test]
fn p_04_golden_streams_are_read_the_same_however_they_are_cut() {
    for (wire, kind, name, body, wanted) in streams() {
        check_every_cut(wire, kind, &name, &body, &wanted);
        if kind == SSE {
            let crlf = String::from_utf8(body).unwrap().replace('\n', "\r\n");
            check_every_cut(wire, kind, &name, crlf.as_bytes(), &wanted);
            let commented = format!(": hello\r\n\r\n{}", crlf.replace("data: ", ":\r\ndata:"));
            for size in [1, 2, 7, commented.len()] {
                let reading = read(wire, kind, commented.as_bytes().chunks(size));
                assert_eq!(as_json(&reading), wanted, "{name} with comments");
            }
        }
    }
}

#[test]
fn a_stream_that_is_cut_off_gives_what_it_had_said() {
    for (wire, kind, name, body, wanted) in streams() {
        let mut reader = ResponseReader::new(wire, Some(kind));
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

#[test]
fn the_last_event_counts_without_its_empty_line() {
    for (wire, kind, name, body, wanted) in streams() {
        if kind == SSE {
            let mut reader = ResponseReader::new(wire, Some(kind));
            reader.feed(body.trim_ascii_end());
            reader.finish();
            assert_eq!(as_json(&reader.reading()), wanted, "{name}");
        }
    }
}

#[test]
fn headers_count_where_the_body_does_not() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("x-amzn-bedrock-input-token-count", "7".parse().unwrap());
    headers.insert("x-amzn-bedrock-output-token-count", "11".parse().unwrap());
    let reader = ResponseReader::answering(Wire::Bedrock, &headers);
    assert_eq!(reader.reading().usage.tokens_in, Some(7));
    assert_eq!(reader.reading().usage.tokens_out, Some(11));
    let reader = ResponseReader::answering(Wire::OpenAi, &headers);
    assert_eq!(
        reader.reading(),
        Reading::default(),
        "no other wire has them"
    );

    headers.insert(
        "x-amzn-bedrock-cache-read-input-token-count",
        "5".parse().unwrap(),
    );
    let usage = ResponseReader::answering(Wire::Bedrock, &headers)
        .reading()
        .usage;
    assert_eq!(
        (usage.tokens_in, usage.cache_read_tokens),
        (Some(12), Some(5))
    );
    headers.remove("x-amzn-bedrock-cache-read-input-token-count");

    headers.insert("content-encoding", "zstd".parse().unwrap());
    headers.insert("x-amzn-errortype", "ThrottlingException".parse().unwrap());
    let mut reader = ResponseReader::answering(Wire::Bedrock, &headers);
    reader.feed(br#"{"usage":{"inputTokens":1}}"#);
    assert_eq!(
        reader.reading().usage.tokens_in,
        Some(7),
        "a coding that is not known is not read"
    );
    assert!(reader.reading().error_event);

    headers.insert("content-encoding", "identity".parse().unwrap());
    let mut reader = ResponseReader::answering(Wire::Bedrock, &headers);
    reader.feed(br#"{"usage":{"inputTokens":1}}"#);
    assert_eq!(
        reader.reading().usage.tokens_in,
        Some(1),
        "the body knows better"
    );
}

#[test]
fn speech_is_counted_in_characters_by_headers() {
    for name in ["character-cost", "dg-char-count"] {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "audio/mpeg".parse().unwrap());
        headers.insert(name, "42".parse().unwrap());
        let reader = ResponseReader::answering(Wire::Opaque, &headers);
        assert_eq!(reader.reading().usage.characters, Some(42), "{name}");
        let reader = ResponseReader::answering(Wire::OpenAi, &headers);
        assert_eq!(reader.reading().usage.characters, None, "{name}");
    }
}

#[test]
fn where_cached_tokens_stand_is_said_with_the_counts() {
    let counted = |wire, body: &[u8]| read(wire, "application/json", [body]).cache_apart;
    assert!(counted(Wire::Anthropic, br#"{"usage":{"input_tokens":1}}"#));
    assert!(counted(Wire::Bedrock, br#"{"usage":{"inputTokens":1}}"#));
    assert!(!counted(Wire::Bedrock, br#"{"usage":{"prompt_tokens":1}}"#));
    assert!(!counted(Wire::OpenAi, br#"{"usage":{"prompt_tokens":1}}"#));
}

#[test]
fn nothing_is_read_from_an_opaque_provider() {
    let body = br#"{"usage":{"prompt_tokens":1},"error":"x"}"#;
    assert_eq!(
        read(Wire::Opaque, "application/json", [&body[..]]),
        Reading::default()
    );
}

#[test]
fn lines_and_items_are_read_to_the_first_that_is_broken() {
    let lines = b"{\"meta\":{\"tokens\":{\"input_tokens\":1}}}\r\n\r\n{\"meta\" 1}\n{\"meta\":{\"tokens\":{\"input_tokens\":9}}}";
    let reading = read(Wire::Cohere, "application/stream+json", [&lines[..]]);
    assert_eq!(reading.usage.tokens_in, Some(1));
    assert!(!reading.finished);
    let items =
        br#"[{"usageMetadata":{"promptTokenCount":3}},{"usageMetadata":{"promptTokenCount":4}}"#;
    let reading = read(Wire::Gemini, "application/json", [&items[..]]);
    assert_eq!(
        (reading.usage.tokens_in, reading.finished),
        (Some(4), false)
    );
    // Other dialects have no arrays of answers.
    let reading = read(
        Wire::OpenAi,
        "application/json",
        [&br#"[{"model":"m"}]"#[..]],
    );
    assert_eq!((reading.model, reading.finished), (None, true));
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
        ("9007199254740991", Some(MOST)),
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
}

#[test]
fn prompts_too_large_to_add_up_stay_at_the_top() {
    let body = br#"{"usage":{"input_tokens":9007199254740991,"cache_read_input_tokens":1}}"#;
    let reading = read(Wire::Anthropic, "application/json", [&body[..]]);
    assert_eq!(reading.usage.tokens_in, Some(MOST));
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
