//! Where in a stream the last words may be said, and when they count as said.

use super::*;

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = lines.iter().map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, http::HeaderValue::from_static(value))
    });
    pairs.collect()
}

fn events() -> Farewell {
    Farewell::of(
        Wire::OpenAi,
        &headers(&[("content-type", "text/event-stream")]),
    )
}

/// Whether there are last words behind these bytes, however they were cut.
fn said_behind(stream: &str) -> bool {
    let whole = {
        let mut farewell = events();
        farewell.forwarded(stream.as_bytes());
        farewell.say().is_some()
    };
    for size in 1..4 {
        let mut farewell = events();
        for piece in stream.as_bytes().chunks(size) {
            farewell.forwarded(piece);
        }
        assert_eq!(farewell.say().is_some(), whole, "{stream:?} by {size}");
    }
    whole
}

#[test]
fn u_02_words_are_said_between_events_only() {
    for between in [
        "",
        "data: {}\n\n",
        "data: {}\r\n\r\n",
        "data: {}\r\r",
        "data: {}\r\n\n",
        "data: {}\n\r\n",
        ": ping\n\n",
        "data: {}\n\n\n",
        "event: a\ndata: {}\n\nevent: b\ndata: {}\n\n",
    ] {
        assert!(said_behind(between), "{between:?}");
    }
    for within in [
        "d",
        "data: {\"half\": ",
        "data: {}",
        "data: {}\n",
        "data: {}\r\n",
        "data: {}\r",
        "data: [DONE]",
        "event: message_start\n",
        "data: {}\n\ndata: {",
        "data: {}\r\n\r\nevent: x\r\n",
        "a\nb\n",
        "\r\n",
    ] {
        assert!(!said_behind(within), "{within:?}");
    }
}

#[test]
fn u_02_words_are_for_plain_event_streams_without_a_length() {
    let can = |wire, lines: &[_]| Farewell::of(wire, &headers(lines)).say().is_some();
    let events = ("content-type", "Text/Event-Stream; charset=utf-8");
    assert!(can(Wire::OpenAi, &[events]));
    assert!(can(
        Wire::Anthropic,
        &[events, ("content-encoding", "identity")]
    ));
    assert!(!can(Wire::OpenAi, &[events, ("content-encoding", "gzip")]));
    assert!(!can(Wire::OpenAi, &[events, ("content-length", "10")]));
    assert!(!can(Wire::OpenAi, &[("content-type", "application/json")]));
    assert!(!can(Wire::OpenAi, &[]));
    assert!(!can(Wire::Opaque, &[events]));
}

#[test]
fn words_are_sent_when_the_last_part_of_them_is_dropped() {
    let (mut bytes, mut said) = events().say().unwrap();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let first = bytes.split_to(10);
    assert!(said.poll_sent(&mut cx).is_pending());
    drop(bytes);
    assert!(said.poll_sent(&mut cx).is_pending());
    drop(first);
    assert!(said.poll_sent(&mut cx).is_ready());
}

#[test]
fn words_are_said_once() {
    let mut farewell = events();
    assert!(farewell.say().is_some());
    assert!(farewell.say().is_none());
}
