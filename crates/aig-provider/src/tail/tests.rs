//! Which tails are let through, and which are not.

use super::*;

#[test]
fn dot_segments_are_refused_in_every_spelling() {
    let spellings = [
        ".",
        "..",
        "../",
        "./",
        "..%2f",
        "%2e%2e/",
        "%2E%2e",
        ".%2e",
        "%2e",
        "%252e%252e",
        "%25252e%25252e",
        "%%32%65%2e",
        "..;/",
        "..;a=b",
        "..%3b/",
        "..%3B",
        "\\..\\",
        "%5c..%5c",
        ".%00.",
        "..%00",
        "%00..",
        "..%20",
        "..%0a",
        ".%09.",
        "%c0%ae%c0%ae",
        "%c0%ae.",
        "..%c0%af",
        "..%c1%9c",
        "%25c0%25ae.",
        "..%252f",
        "..%255c",
        "..%ef%bb%bf/../",
    ];
    for spelling in spellings {
        for tail in [
            spelling.to_owned(),
            format!("a/{spelling}"),
            format!("{spelling}/a"),
            format!("v1/{spelling}/chat"),
            format!("a\\{spelling}"),
            format!("a%2f{spelling}%2Fb"),
        ] {
            assert_eq!(check(tail.as_bytes()), Err(BadTail::DotSegment), "{tail}");
        }
    }
}

#[test]
fn dots_that_are_no_segments_travel() {
    for tail in [
        "",
        "chat/completions",
        "models/gpt-4.1",
        "models/gpt-4%2e1",
        "a..b",
        "...",
        "..a/b",
        "a/..b",
        ".well-known",
        "a%2fb",
        "a%5cb",
        "%2F%2F",
        "models/@cf/meta/llama-3.1-8b",
        "a;b=..c",
        "100%",
        "%zz/%2",
        "models/gemini-2.5:generateContent",
        "a;..",
        "%u002e",
    ] {
        assert_eq!(check(tail.as_bytes()), Ok(()), "{tail}");
    }
}

#[test]
fn bytes_that_break_a_request_line_are_refused() {
    for (tail, byte) in [
        ("a b", b' '),
        ("a\r\nb", b'\r'),
        ("a\0", 0),
        ("a#b", b'#'),
        ("a?b", b'?'),
        ("a\x7f", 0x7f),
    ] {
        assert_eq!(check(tail.as_bytes()), Err(BadTail::Byte(byte)), "{tail:?}");
    }
    assert_eq!(check_query(b"a=b?c&d=../.."), Ok(()));
    assert_eq!(check_query(b"a=b\n"), Err(BadTail::Byte(b'\n')));
    assert_eq!(check_query(b"a#b"), Err(BadTail::Byte(b'#')));
}

#[test]
fn deeply_encoded_tails_take_linear_time() {
    let deep = format!("%{}2e.", "25".repeat(500_000));
    assert_eq!(check(deep.as_bytes()), Err(BadTail::DotSegment));
    // Quadratic time would take minutes for each of the two.
    let harmless = "%25".repeat(500_000);
    assert_eq!(check(harmless.as_bytes()), Ok(()));
}
