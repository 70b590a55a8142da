//! What the words of a condition mean, and what a terminal is shown.

use super::*;

#[test]
fn a_condition_is_three_words_and_its_value_may_have_more() {
    let read = |text: &str| condition(text).unwrap();
    let model = json!({"key": "model", "operator": "contains", "value": ["gpt 4"]});
    assert_eq!(read("model contains gpt 4"), model);
    assert_eq!(read("duration gt 100")["value"], json!([100]));
    assert_eq!(read("cached eq  true")["value"], json!([true]));
    assert_eq!(read("cost eq null")["value"], json!([null]));
    assert_eq!(read("model eq \"100\"")["value"], json!(["100"]));
    assert_eq!(read("metadata.value eq [1]")["value"], json!(["[1]"]));
    for short in ["", "model", "model eq"] {
        assert!(condition(short).is_err(), "{short}");
    }
}

#[test]
fn marks_are_numbers_and_metadata_is_an_object() {
    assert_eq!(number("-1").unwrap(), json!(-1));
    assert_eq!(number("null").unwrap(), Value::Null);
    assert!(number("good").is_err() && number("[1]").is_err());
    assert_eq!(metadata(r#"{"a":1}"#).unwrap(), json!({"a": 1}));
    assert!(metadata("1").is_err() && metadata("{").is_err());
}

#[test]
fn a_terminal_is_shown_lines_and_nothing_that_moves_it() {
    let shown = shown(b"data: 1\n\x1b[2J\xff\r\n");
    assert_eq!(shown, "data: 1\n\\u{1b}[2J\u{fffd}\\r\n");
}
