//! Who is asked, where the question stands, and that nothing else changes.

use super::*;
use crate::Providers;

fn asked(body: &str) -> Option<String> {
    let whole = ask_usage(body.as_bytes());
    // The same in pieces: what is put in, and where.
    for size in [1, 2, 3, 7] {
        let (mut ask, mut pieces, mut places) = (RequestReader::new(), Vec::new(), 0);
        for piece in body.as_bytes().chunks(size) {
            match ask.feed(piece) {
                Some(at) => {
                    pieces.extend([&piece[..at], USAGE_QUESTION, &piece[at..]].concat());
                    places += 1;
                }
                None => pieces.extend_from_slice(piece),
            }
        }
        assert_eq!(places, usize::from(whole.is_some()), "{body}");
        assert_eq!(
            pieces,
            whole.clone().unwrap_or_else(|| body.into()),
            "{body}"
        );
    }
    whole.map(|body| String::from_utf8(body).unwrap())
}

#[test]
fn a_stream_without_options_is_asked_and_nothing_else_changes() {
    for (before, behind) in [
        (r#"{"model":"m","stream":true"#, "}"),
        (
            "\u{20}{ \"stream\" : true , \"n\":1.0,\"big\":12345678901234567890123 \n",
            "}\r\n",
        ),
        (
            r#"{"\u0073tream":true,"a":{"stream_options":{}},"m":["}","stream_options"]"#,
            "}",
        ),
        (
            r#"{"stream":true,"Stream_options":1,"streams":false"#,
            "}\n\n",
        ),
    ] {
        let wanted = format!(r#"{before},"stream_options":{{"include_usage":true}}{behind}"#);
        assert_eq!(asked(&format!("{before}{behind}")), Some(wanted));
    }
}

#[test]
fn the_callers_own_options_stay_alone() {
    for body in [
        r#"{"stream":true,"stream_options":{"include_usage":false}}"#,
        r#"{"stream_options":{},"stream":true}"#,
        r#"{"stream":true,"stream_options":null}"#,
        r#"{"stream":true,"stream_\u006fptions":null}"#,
        &format!(
            r#"{{"stream":true,"stream_options":"{}"}}"#,
            "x".repeat(20_000)
        ),
    ] {
        assert_eq!(asked(body), None);
    }
}

#[test]
fn what_is_no_stream_is_not_asked() {
    for body in [
        r#"{"stream":false}"#,
        r#"{"stream":"true"}"#,
        r#"{"stream":1}"#,
        r#"{"stream":true,"stream":false}"#,
        r#"{"stream":false,"stream":true}"#,
        r#"{"x":{"stream":true}}"#,
        r#"[{"stream":true}]"#,
        "{}",
        "",
        "true",
        r#"{"stream":true"#,
        r#"{"stream":true,}"#,
        r#"{"stream":true]"#,
        r#"data {"stream":true}"#,
    ] {
        assert_eq!(asked(body), None, "{body}");
    }
}

#[test]
fn only_chat_streams_of_providers_that_have_to_be_asked() {
    let providers = Providers::known();
    let asks = |slug: &str, tail: &str| providers.get(slug).unwrap().asks_usage_at(tail);
    assert!(asks("openai", "chat/completions"));
    assert!(asks("openai", "v1/chat/completions"));
    assert!(!asks("openai", "v1/responses"));
    assert!(!asks("openai", "achat/completions"));
    assert!(!asks("openai", "chat/completions/x"));
    assert!(!asks("mistral", "v1/chat/completions"));
}
