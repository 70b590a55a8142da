//! A stream without its chunks of usage, found in the plainest way there is, to compare the streaming
//! filter with.

use serde_json::Value;

use crate::scan::{Paths, Progress, Scanner};

/// The whole stream without the events that only tell usage.
pub(super) fn without_usage(stream: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mark = MARK.iter().zip(stream).take_while(|(a, b)| a == b).count();
    let (mut passed, mut rest) = (stream[..mark].to_owned(), &stream[mark..]);
    // Behind a part of a mark the first event has a first line that nobody understands.
    let mut spoilt = mark == 1 || mark == 2;
    while !rest.is_empty() {
        let (comments, event) = if spoilt {
            (0, event_at(rest))
        } else {
            split(rest)
        };
        passed.extend_from_slice(&rest[..comments]);
        let lines = &rest[comments..comments + event];
        if spoilt || !is_usage(lines) {
            passed.extend_from_slice(lines);
        }
        rest = &rest[comments + event..];
        spoilt = false;
    }
    passed
}

/// The length of the comments in front of an event, and of the event with its empty line.
fn split(rest: &[u8]) -> (usize, usize) {
    let mut comments = 0;
    while rest[comments..].starts_with(b":") {
        comments += line(&rest[comments..]).1;
    }
    (comments, event_at(&rest[comments..]))
}

fn event_at(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() {
        let (text, whole) = line(&rest[at..]);
        at += whole;
        if text == 0 {
            break;
        }
    }
    at
}

/// The length of the first line, without and with its end.
fn line(rest: &[u8]) -> (usize, usize) {
    let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
        return (rest.len(), rest.len());
    };
    match rest[end..].starts_with(b"\r\n") {
        true => (end, end + 2),
        false => (end, end + 1),
    }
}

fn is_usage(mut lines: &[u8]) -> bool {
    let mut data = Vec::new();
    while !lines.is_empty() {
        let (text, whole) = line(lines);
        let field = &lines[..text];
        if field == b"data" || field.starts_with(b"data:") {
            let value = field.get(5..).unwrap_or_default();
            data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            data.push(b'\n');
        }
        lines = &lines[whole..];
    }
    // What is no strict JSON is read leniently, as clients are not expected to read it at all.
    const CHUNK: Paths = Paths::new(&[&["choices"], &["usage"], &["error"]]);
    let mut chunk = Scanner::new(&CHUNK);
    chunk.feed(&data);
    let choices = chunk.value(0).unwrap_or_default();
    let choices: Vec<u8> = choices
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let is_usage = chunk.progress() == Progress::Whole
        && choices == b"[]"
        && chunk.value(1).is_some_and(|usage| usage.starts_with(b"{"))
        && !chunk.present(2);
    if let Ok(strict) = serde_json::from_slice::<Value>(&data) {
        let wanted = strict["choices"].as_array().is_some_and(Vec::is_empty)
            && strict["usage"].is_object()
            && strict["error"].is_null();
        assert_eq!(is_usage, wanted);
    }
    is_usage
}
