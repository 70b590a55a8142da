//! The name changes, nothing else does, and what is ambiguous is refused.

use super::*;
use crate::RequestReader;

fn spliced(body: &str, new: &str) -> Result<String, NotSpliced> {
    let model = NamedModel::find(body.as_bytes())?;
    Ok(String::from_utf8(model.replaced(body.as_bytes(), new)).unwrap())
}

#[test]
fn only_the_name_changes() {
    for (before, after) in [
        (
            r#"{"model":"openai/gpt-5","stream":true}"#,
            r#"{"model":"NEW","stream":true}"#,
        ),
        (
            "\r\n{ \"a\" : 1.0 ,\t\"model\" :\n \"x\" , \"n\":12345678901234567890123, \"e\":1e400 } \n",
            "\r\n{ \"a\" : 1.0 ,\t\"model\" :\n \"NEW\" , \"n\":12345678901234567890123, \"e\":1e400 } \n",
        ),
        (
            r#"{"\u006dodel":"a\"b\\","x":{"model":"inner"}}"#,
            r#"{"\u006dodel":"NEW","x":{"model":"inner"}}"#,
        ),
        (
            r#"{"messages":[{"model":"x","content":"\"model\":\"y\""}],"model":""}"#,
            r#"{"messages":[{"model":"x","content":"\"model\":\"y\""}],"model":"NEW"}"#,
        ),
        (
            r#"{"Model":"a","MODEL":"b","model":"c"}"#,
            r#"{"Model":"a","MODEL":"b","model":"NEW"}"#,
        ),
        (
            r#"{"a":"\ud800 ü 😀","model":"ü"}"#,
            r#"{"a":"\ud800 ü 😀","model":"NEW"}"#,
        ),
    ] {
        assert_eq!(spliced(before, "NEW").as_deref(), Ok(after));
    }
    let long = format!(r#"{{"model":"{}","a":1}}"#, "x".repeat(100_000));
    assert_eq!(spliced(&long, "n").as_deref(), Ok(r#"{"model":"n","a":1}"#));
}

#[test]
fn the_old_name_is_read_with_its_escapes_undone() {
    for (body, name) in [
        (r#"{"model":"openai\/gpt-5"}"#, "openai/gpt-5"),
        (r#"{"model":"\u006fpenai/x"}"#, "openai/x"),
        (r#"{"model":"ü/@cf"}"#, "ü/@cf"),
    ] {
        assert_eq!(NamedModel::find(body.as_bytes()).unwrap().name(), name);
    }
    let half = NamedModel::find(br#"{"model":"\ud800"}"#);
    assert_eq!(half, Err(NotSpliced::ModelIsNoText));
}

#[test]
fn the_new_name_is_escaped() {
    for new in ["a\"b\\c\n", "ü/@cf:1", ""] {
        let body = spliced(r#"{"model":"x","stream":true}"#, new).unwrap();
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["model"], new);
        assert_eq!(read["stream"], true);
    }
}

#[test]
fn p_07_what_names_a_field_twice_is_refused() {
    for body in [
        r#"{"model":"cheap","model":"dear"}"#,
        r#"{"model":"cheap","\u006dodel":"dear"}"#,
        r#"{"model":"cheap","x":1,"model":null}"#,
    ] {
        assert_eq!(
            spliced(body, "n"),
            Err(NotSpliced::Duplicate("model")),
            "{body}"
        );
    }
    for body in [
        r#"{"model":"m","stream":true,"stream":false}"#,
        r#"{"model":"m","stream":true,"s\u0074ream":true}"#,
    ] {
        assert_eq!(
            spliced(body, "n"),
            Err(NotSpliced::Duplicate("stream")),
            "{body}"
        );
    }
    assert!(
        NotSpliced::Duplicate("model")
            .to_string()
            .contains("`model`")
    );
}

#[test]
fn p_09_what_is_no_document_with_a_model_is_refused() {
    for body in [
        "",
        " ",
        "{",
        "{]",
        r#"{"model":"x"} x"#,
        r#"{"model":"x"}{}"#,
        r#"{"model":"x",}"#,
        r#"{"a":[},"model":"x"}"#,
        r#"{"model":"x","a":tru}"#,
        r#"{"model":"x","a":01}"#,
        "{'model':'x'}",
        "\u{feff}{\"model\":\"x\"}",
        r#"{"model":"x","a":"\q"}"#,
    ] {
        assert_eq!(spliced(body, "n"), Err(NotSpliced::NotJson), "{body}");
    }
    let no_text = b"{\"model\":\"x\",\"mod\xecel\":\"y\"}";
    assert_eq!(NamedModel::find(no_text).err(), Some(NotSpliced::NotJson));
    for body in [
        "{}",
        "[]",
        "1",
        r#""model""#,
        r#"[{"model":"x"}]"#,
        r#"{"Model":"x"}"#,
    ] {
        assert_eq!(spliced(body, "n"), Err(NotSpliced::NoModel), "{body}");
    }
    for body in [
        r#"{"model":null}"#,
        r#"{"model":1}"#,
        r#"{"model":["x"]}"#,
        r#"{"model":{"a":1}}"#,
    ] {
        assert_eq!(spliced(body, "n"), Err(NotSpliced::ModelIsNoText), "{body}");
    }
    // Deep, wide and long ones cost time in proportion and no stack.
    let deep = format!(
        r#"{{"a":{}{},"model":"x"}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(spliced(&deep, "n").unwrap().ends_with(r#""model":"n"}"#));
    let wide: String = (0..100_000).map(|key| format!(r#""k{key}":1,"#)).collect();
    assert!(spliced(&format!(r#"{{{wide}"model":"x"}}"#), "n").is_ok());
}

/// A small generator, so that the bodies are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }

    fn value(&mut self, depth: usize) -> String {
        match self.roll(if depth > 3 { 5 } else { 7 }) {
            0 => "null".to_owned(),
            1 => "-1.50e+10".to_owned(),
            2 => "true".to_owned(),
            3 => r#""m\u006fdel\",\"stream\":""#.to_owned(),
            4 => r#""}{][ \\""#.to_owned(),
            5 => {
                let items: Vec<_> = (0..self.roll(4)).map(|_| self.value(depth + 1)).collect();
                format!("[{}]", items.join(" , "))
            }
            _ => self.object(depth + 1),
        }
    }

    fn object(&mut self, depth: usize) -> String {
        let keys = [
            "model",
            "stream",
            "Model",
            "x",
            "messages",
            "\\u006dodel",
            "",
            "streams",
        ];
        let pairs: Vec<_> = (0..self.roll(6))
            .map(|_| format!("\"{}\" :{}", keys[self.roll(keys.len())], self.value(depth)))
            .collect();
        format!("{{{}}}", pairs.join(","))
    }
}

#[test]
fn p_08_what_was_decided_is_what_a_strict_reader_finds() {
    let mut dice = Dice(1);
    let mut changed = 0;
    for _ in 0..20_000 {
        let body = dice.object(0);
        let mut reader = RequestReader::new();
        reader.feed(body.as_bytes());
        let reading = reader.reading();
        let strict: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(reading.model.as_deref(), strict["model"].as_str(), "{body}");
        assert_eq!(reading.stream, strict["stream"].as_bool(), "{body}");
        match spliced(&body, "NEW") {
            Ok(after) => {
                changed += 1;
                let after: serde_json::Value = serde_json::from_str(&after).unwrap();
                let mut wanted = strict;
                wanted["model"] = "NEW".into();
                assert_eq!(after, wanted, "{body}");
            }
            Err(NotSpliced::Duplicate(_)) => assert!(reading.duplicate, "{body}"),
            Err(NotSpliced::NoModel) => assert!(strict.get("model").is_none(), "{body}"),
            Err(NotSpliced::ModelIsNoText) => assert!(!strict["model"].is_string(), "{body}"),
            Err(NotSpliced::NotJson) => panic!("{body}"),
        }
    }
    assert!(changed > 500, "{changed}");
}
