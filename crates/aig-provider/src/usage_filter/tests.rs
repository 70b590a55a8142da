//! What is taken out, what stays, and what waits.

use super::*;
use crate::golden::golden;
use crate::wire::Wire;

const CHAT: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
const ANSWER: &str = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn filtered<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut filter = UsageFilter::new();
    let mut passed = Vec::new();
    for piece in pieces {
        passed.extend_from_slice(&filter.feed(Bytes::copy_from_slice(piece)));
        assert!(filter.held.len() <= HELD_MOST);
    }
    passed.extend_from_slice(&filter.finish());
    passed
}

/// Whole, cut at every byte, and byte by byte.
fn check(stream: &str, wanted: &str) {
    let bytes = stream.as_bytes();
    for cut in 0..=bytes.len() {
        let (before, after) = bytes.split_at(cut);
        let passed = filtered([before, after]);
        assert_eq!(
            String::from_utf8_lossy(&passed),
            wanted,
            "{stream:?} cut at {cut}"
        );
    }
    let passed = filtered(bytes.chunks(1));
    assert_eq!(
        String::from_utf8_lossy(&passed),
        wanted,
        "{stream:?} byte by byte"
    );
}

#[test]
fn the_extra_event_goes_and_nothing_else_however_the_stream_is_cut() {
    for line_end in ["\n", "\r\n", "\r"] {
        let with = |text: String| text.replace('\n', line_end);
        let stream = with(format!(": hello\n\n{CHAT}{CHAT}{ANSWER}{DONE}"));
        check(&stream, &with(format!(": hello\n\n{CHAT}{CHAT}{DONE}")));
    }
    let mixed = format!("{CHAT}{}{DONE}", ANSWER.replace('\n', "\r\n"));
    check(&mixed, &format!("{CHAT}{DONE}"));
}

#[test]
fn the_whole_event_goes_and_the_comments_before_it_stay() {
    let spread =
        "event: chunk\nid: 7\ndata: {\"choices\" : [ ] ,\ndata:\"usage\": {\"a\":1}}\n: c\n\n";
    for (stream, wanted) in [
        (
            format!(": ping\n: pong\n{ANSWER}{DONE}"),
            format!(": ping\n: pong\n{DONE}"),
        ),
        (format!("{CHAT}{spread}{DONE}"), format!("{CHAT}{DONE}")),
        (format!("\u{feff}{ANSWER}{DONE}"), format!("\u{feff}{DONE}")),
        (format!("{CHAT}{}", ANSWER.trim_end()), CHAT.to_owned()),
        (format!("{CHAT}{}\n", ANSWER.trim_end()), CHAT.to_owned()),
        (
            format!("\n\n\n{ANSWER}\n\n{ANSWER}{DONE}"),
            format!("\n\n\n\n\n{DONE}"),
        ),
    ] {
        check(&stream, &wanted);
    }
}

#[test]
fn what_only_looks_like_it_stays() {
    for event in [
        // Usage beside the last words, as some servers send it.
        "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
        // The first event of Azure.
        "data: {\"choices\":[],\"prompt_filter_results\":[{}]}\n\n",
        "data: {\"choices\":[],\"usage\":null}\n\n",
        "data: {\"choices\":[],\"usage\":{\"a\":1},\"error\":{\"message\":\"no\"}}\n\n",
        "data: {\"usage\":{\"a\":1}}\n\n",
        "data: {\"choices\":null,\"usage\":{\"a\":1}}\n\n",
        "data: {\"choices\":{},\"usage\":{\"a\":1}}\n\n",
        "data: {\"x\":{\"choices\":[],\"usage\":{\"a\":1}}}\n\n",
        "data: {\"choices\":[],\"usage\":{\"a\":1}} x\n\n",
        "data: {\"choices\":[],\"usage\":{\"a\":1}\n\n",
        "datax: {\"choices\":[],\"usage\":{\"a\":1}}\n\n",
        ": data: {\"choices\":[],\"usage\":{\"a\":1}}\n\n",
        "data\ndata\n\n",
        "event: x\n\n",
        "id: 7\nretry: 1\n\n",
        "{\"choices\":[],\"usage\":{\"a\":1}}\n\n",
        "data: 12\n\n",
    ] {
        let stream = format!("{CHAT}{event}{DONE}");
        check(&stream, &stream);
        check(event, event);
    }
    let half_a_mark = [&b"\xef\xbb"[..], ANSWER.as_bytes()].concat();
    assert_eq!(filtered(half_a_mark.chunks(1)), half_a_mark);
}

#[test]
fn nothing_waits_but_what_may_be_the_beginning_of_the_event() {
    let mut filter = UsageFilter::new();
    let mut feed = |piece: &'static str| filter.feed(Bytes::from_static(piece.as_bytes()));
    assert_eq!(feed(": ping"), ": ping");
    assert_eq!(feed("\n\n"), "\n\n");
    assert_eq!(feed(CHAT), CHAT);
    assert_eq!(feed("data: {\"id\":\"c\",\"choices\":["), "");
    assert_eq!(
        feed("{\"delta"),
        "data: {\"id\":\"c\",\"choices\":[{\"delta"
    );
    assert_eq!(feed("\":\"the rest"), "\":\"the rest");
    assert_eq!(feed("\"}]}\n\ndata: [DONE]"), "\"}]}\n\ndata: [DONE]");
    assert_eq!(feed("\n\n"), "\n\n");
    assert_eq!(feed(ANSWER), "");
    assert_eq!(filter.removed(), 1);
}

#[test]
fn a_piece_that_passes_is_not_copied() {
    let piece = Bytes::from(CHAT.repeat(3));
    let passed = UsageFilter::new().feed(piece.clone());
    assert_eq!(passed.as_ptr_range(), piece.as_ptr_range());
    let piece = Bytes::from(format!("{CHAT}{ANSWER}"));
    let passed = UsageFilter::new().feed(piece.clone());
    assert_eq!(
        (passed.as_ptr(), passed.len()),
        (piece.as_ptr(), CHAT.len())
    );
}

#[test]
fn an_event_too_long_to_wait_for_passes() {
    let long = format!(
        "data: {{\"x\":\"{}\",\"choices\":[],\"usage\":{{\"a\":1}}}}\n\n{DONE}",
        "x".repeat(HELD_MOST)
    );
    assert_eq!(filtered(long.as_bytes().chunks(100)), long.as_bytes());
    let endless = "id: x\n".repeat(HELD_MOST);
    assert_eq!(
        filtered(endless.as_bytes().chunks(1000)),
        endless.as_bytes()
    );
}

#[test]
fn golden_streams_lose_the_chunk_of_usage_alone() {
    let mut lost = 0;
    for wire in Wire::ALL {
        for (name, body, _) in golden(wire, ".stream.sse") {
            let text = std::str::from_utf8(&body).unwrap();
            let is_answer =
                |event: &&str| event.contains(r#""choices":[],"#) && event.contains(r#""usage":{"#);
            let kept: String = text
                .split_inclusive("\n\n")
                .filter(|event| !is_answer(event))
                .collect();
            lost += u32::from(kept != text);
            check(text, &kept);
            assert!(kept == text || wire == Wire::OpenAi, "{name}");
        }
    }
    assert!(lost >= 2, "{lost} golden streams have the chunk");
}
