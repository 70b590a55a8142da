//! Sentences of serde and serde_json, and what is made of them.

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Thing {
    name: Option<String>,
    on: Option<bool>,
    list: Option<Vec<u8>>,
    map: Option<std::collections::BTreeMap<String, u8>>,
    kind: Option<Kind>,
    needed: (),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    One,
    Two,
    Three,
}

#[test]
fn the_real_sentences_become_sentences_about_the_field() {
    for (text, expected) in [
        ("7", "x must be an object, not 7"),
        ("\"s\"", "x must be an object, not \"s\""),
        ("null", "x must be an object, not null"),
        (r#"{"name":7}"#, "x must be a string, not 7"),
        (r#"{"name":-1.5}"#, "x must be a string, not -1.5"),
        (r#"{"name":true}"#, "x must be a string, not true"),
        (r#"{"name":[1]}"#, "x must be a string, not a list"),
        (r#"{"name":{}}"#, "x must be a string, not an object"),
        (r#"{"on":"true"}"#, "x must be a boolean, not \"true\""),
        (r#"{"list":{}}"#, "x must be a list, not an object"),
        (r#"{"map":[]}"#, "x must be an object, not a list"),
        (
            r#"{"on":"a, expected b at line 1 column 2"}"#,
            "x must be a boolean, not \"a, expected b at line 1 column 2\"",
        ),
        (
            r#"{"kind":"four"}"#,
            "x must be one of `one`, `two`, `three`, not four",
        ),
        (r#"{"on":true,"on":true}"#, "x must be given only once"),
        ("{}", "x must be given"),
    ] {
        let said = serde_json::from_str::<Thing>(text).unwrap_err().to_string();
        assert_eq!(reworded("x", without_position(&said)), expected, "{said}");
    }
}

#[test]
fn sentences_that_are_about_the_field_already_stay() {
    assert_eq!(reworded("x", "must be even"), "x must be even");
    assert_eq!(
        reworded("x", "number out of range"),
        "x: number out of range"
    );
}

#[test]
fn only_a_position_at_the_end_is_taken_off() {
    assert_eq!(without_position("bad at line 1 column 22"), "bad");
    for said in [
        "bad",
        "bad at line 1",
        "bad at line x column 2",
        "bad at line 1 column 2\"",
        "bad at line 1 column ",
    ] {
        assert_eq!(without_position(said), said);
    }
}
