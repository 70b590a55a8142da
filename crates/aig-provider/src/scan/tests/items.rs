//! Items of arrays, places of values, and the end of a document.

use super::*;

#[test]
fn paths_lead_through_the_items_of_arrays() {
    const ITEMS: Paths = Paths::new(&[
        &["a", "[]", "b"],
        &["a", "[]", "c", "[]"],
        &["[]", "d"],
        &["e", "b"],
    ]);
    for (document, wanted) in [
        (r#"{"a":[{"b":1},{"b":2}]}"#, [Some("2"), None, None, None]),
        (
            r#"{"a":[{"b":1},{"x":2}],"e":{"b":7}}"#,
            [Some("1"), None, None, Some("7")],
        ),
        (
            r#"{"a":[],"e":{"b":[{"b":3}]}}"#,
            [None, None, None, Some(r#"[{"b":3}]"#)],
        ),
        (
            r#"{"a":[1,"x",null,[{"b":5}],{"b":[6]}]}"#,
            [Some("[6]"), None, None, None],
        ),
        (r#"{"a":{"b":1},"e":[{"b":2}]}"#, [None; 4]),
        (
            r#"{"a":[{"c":[]},{"c":[1,{"b":9}, "z" ]}]}"#,
            [None, Some(r#""z""#), None, None],
        ),
        (
            r#"[{"d":1},{"d":2,"a":[{"b":1}]}]"#,
            [None, None, Some("2"), None],
        ),
        (r#"{"[]":{"d":1},"a":{"[]":{"b":1}}}"#, [None; 4]),
        (r#"{"a":[{"b":1]}"#, [Some("1"), None, None, None]),
        (r#"{"a":[{"b":1}}"#, [Some("1"), None, None, None]),
    ] {
        let check = |pieces: &[&[u8]]| {
            let mut scanner = Scanner::new(&ITEMS);
            pieces.iter().for_each(|piece| scanner.feed(piece));
            for (path, wanted) in wanted.iter().enumerate() {
                let found = scanner
                    .value(path)
                    .map(|raw| std::str::from_utf8(raw).unwrap());
                assert_eq!(found, *wanted, "{document} path {path}");
            }
            scanner.progress()
        };
        let bytes = document.as_bytes();
        let progress = check(&[bytes]);
        let valid = serde_json::from_str::<serde_json::Value>(document).is_ok();
        assert_eq!(progress == Progress::Whole, valid, "{document}");
        for cut in 0..=bytes.len() {
            assert_eq!(
                check(&[&bytes[..cut], &bytes[cut..]]),
                progress,
                "{document} at {cut}"
            );
        }
    }
}

#[test]
fn spans_tell_where_a_value_stands_whole_or_too_long() {
    let long = "x".repeat(VALUE_CAP);
    let document = format!(r#" {{"stream" : true ,"model": "{long}" }}"#);
    for cut in [0, 1, 12, 20, document.len() - 5, document.len()] {
        let mut scanner = Scanner::new(&PATHS);
        scanner.feed(&document.as_bytes()[..cut]);
        scanner.feed(&document.as_bytes()[cut..]);
        let at = |path| {
            scanner
                .span(path)
                .map(|span| &document[span.start as usize..span.end as usize])
        };
        assert_eq!(at(STREAM), Some("true"));
        assert_eq!(at(MODEL).map(str::len), Some(VALUE_CAP + 2));
        assert_eq!(scanner.value(MODEL), None);
        assert_eq!(at(ERROR), None);
    }
}

#[test]
fn a_document_ends_where_it_ends() {
    let mut scanner = Scanner::new(&PATHS);
    let lines = b"{\"model\":\"a\"}\n{\"model\":\"b\"}";
    let end = scanner.feed_document(lines);
    assert_eq!((end, scanner.progress()), (13, Progress::Whole));
    scanner.reset();
    assert_eq!(scanner.feed_document(&lines[end..]), lines.len() - end);
    assert_eq!(scanner.value(MODEL), Some(&b"\"b\""[..]));
}
