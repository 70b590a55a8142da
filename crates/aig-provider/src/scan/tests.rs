//! The scanner against whole documents, cut ones, and a slow reference.

use super::*;

mod items;

const PATHS: Paths = Paths::new(&[
    &["model"],
    &["stream"],
    &["usage", "in"],
    &["response", "usage", "in"],
    &["response", "model"],
    &["error"],
]);
const MODEL: usize = 0;
const STREAM: usize = 1;
const USAGE_IN: usize = 2;
const RESPONSE_IN: usize = 3;
const ERROR: usize = 5;

/// All that can be asked of a scanner.
type Findings = (Progress, Vec<(Option<Vec<u8>>, bool, bool)>);

fn findings(scanner: &Scanner) -> Findings {
    let values = (0..PATHS.keys.len()).map(|path| {
        let value = scanner.value(path).map(<[u8]>::to_vec);
        (value, scanner.present(path), scanner.duplicate(path))
    });
    (scanner.progress(), values.collect())
}

fn scan(document: &str) -> Scanner {
    let mut scanner = Scanner::new(&PATHS);
    scanner.feed(document.as_bytes());
    scanner
}

fn value(document: &str, path: usize) -> Option<String> {
    let scanner = scan(document);
    scanner
        .value(path)
        .map(|raw| String::from_utf8(raw.to_vec()).unwrap())
}

const DOCUMENTS: [&str; 14] = [
    r#"{"model":"gpt","stream":true,"usage":{"in":12,"out":{"in":3}}}"#,
    r#" { "messages" : [ { "role":"user", "content":"a \"model\": \\" } ] , "model" : "x" } "#,
    r#"{"\u006dodel":"x","\u0073tr\u0065am":false,"m\u00f6del":1,"mod\/el":2,"mo\ndel":3}"#,
    r#"{"response":{"id":"r","usage":{"in":1.0e2},"output":[{"usage":{"in":7}}],"model":"m"}}"#,
    r#"{"usage":null,"error":{"message":"no","codes":[1,2,{"a":"}"}]},"model":"äö\ud83d\ude00"}"#,
    r#"{"model":"a","model":"b","usage":{"in":1,"in":2},"usage":{"out":3}}"#,
    r#"{}"#,
    r#"[{"model":"x"},{"stream":true}]"#,
    r#""model""#,
    r#"{"usage":[{"in":1}],"response":"usage","model":["a","b"]}"#,
    r#"{"model":"a","stream":true} x"#,
    r#"{"model":"a" "stream":true}"#,
    r#"{"model":"a","stream":tr"#,
    "{\"a\":\"\\\\\",\"b\":\"\\\"\",\"c\":\"x\\\\\\\"y\",\r\n\t\"model\":\"end\\\\\"}",
];

#[test]
fn pieces_cut_anywhere_give_the_same() {
    for document in DOCUMENTS {
        let whole = findings(&scan(document));
        let bytes = document.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut scanner = Scanner::new(&PATHS);
                scanner.feed(&bytes[..first]);
                scanner.feed(&bytes[first..second]);
                scanner.feed(&bytes[second..]);
                assert_eq!(
                    findings(&scanner),
                    whole,
                    "{document} cut at {first}, {second}"
                );
            }
        }
        let mut scanner = Scanner::new(&PATHS);
        for byte in bytes {
            scanner.feed(&[*byte]);
        }
        assert_eq!(findings(&scanner), whole, "{document} byte by byte");
    }
}

#[test]
fn a_scanner_that_was_used_before_gives_the_same() {
    for before in DOCUMENTS {
        for document in DOCUMENTS {
            let mut scanner = scan(before);
            scanner.reset();
            scanner.feed(document.as_bytes());
            assert_eq!(
                findings(&scanner),
                findings(&scan(document)),
                "{document} after {before}"
            );
        }
    }
}

#[test]
fn wanted_values_are_found_where_they_belong() {
    assert_eq!(value(DOCUMENTS[0], MODEL).as_deref(), Some(r#""gpt""#));
    assert_eq!(value(DOCUMENTS[0], STREAM).as_deref(), Some("true"));
    assert_eq!(value(DOCUMENTS[0], USAGE_IN).as_deref(), Some("12"));
    assert_eq!(value(DOCUMENTS[1], MODEL).as_deref(), Some(r#""x""#));
    assert_eq!(value(DOCUMENTS[3], RESPONSE_IN).as_deref(), Some("1.0e2"));
    assert_eq!(value(DOCUMENTS[3], USAGE_IN), None);
    assert_eq!(
        value(DOCUMENTS[7], MODEL),
        None,
        "only objects have wanted values"
    );
    assert_eq!(
        value(DOCUMENTS[9], USAGE_IN),
        None,
        "a list is not the object on the way"
    );
    assert_eq!(value(DOCUMENTS[9], MODEL).as_deref(), Some(r#"["a","b"]"#));
}

#[test]
fn keys_are_compared_without_escapes_and_by_case() {
    assert_eq!(value(DOCUMENTS[2], MODEL).as_deref(), Some(r#""x""#));
    assert_eq!(value(DOCUMENTS[2], STREAM).as_deref(), Some("false"));
    for document in [
        r#"{"Model":1}"#,
        r#"{"MODEL":1}"#,
        r#"{"model ":1}"#,
        r#"{"mo\u212Ael":1}"#,
    ] {
        assert_eq!(value(document, MODEL), None, "{document}");
        assert_eq!(scan(document).progress(), Progress::Whole);
    }
    let long = format!(r#"{{"model{}":1,"model":2}}"#, "x".repeat(10_000));
    assert_eq!(value(&long, MODEL).as_deref(), Some("2"));
    assert!(!scan(&long).duplicate(MODEL));
}

#[test]
fn the_last_of_a_duplicate_counts_and_is_noticed() {
    let scanner = scan(DOCUMENTS[5]);
    assert_eq!(scanner.value(MODEL), Some(&br#""b""#[..]));
    assert!(scanner.duplicate(MODEL));
    assert_eq!(scanner.value(USAGE_IN), None, "the second object has none");
    assert!(scanner.duplicate(USAGE_IN));
    assert!(!scanner.duplicate(STREAM));

    let escaped = scan(r#"{"model":"cheap","\u006dodel":"dear"}"#);
    assert!(escaped.duplicate(MODEL));
    assert_eq!(escaped.value(MODEL), Some(&br#""dear""#[..]));

    assert!(!scan(r#"{"a":{"model":1},"model":2,"b":[{"model":3}]}"#).duplicate(MODEL));
}

#[test]
fn null_and_half_values_are_not_present() {
    assert!(!scan(r#"{"error":null}"#).present(ERROR));
    assert!(scan(r#"{"error":{}}"#).present(ERROR));
    assert!(scan(r#"{"error":"x"}"#).present(ERROR));
    assert!(!scan(r#"{"error":{"a":1"#).present(ERROR));
    assert_eq!(value(r#"{"model":"gp"#, MODEL), None);
    assert_eq!(
        value(r#"{"usage":{"in":12"#, USAGE_IN),
        None,
        "the number may go on"
    );
}

#[test]
fn values_over_the_cap_are_present_without_bytes() {
    for (length, kept) in [
        (VALUE_CAP - 2, true),
        (VALUE_CAP - 1, false),
        (10 * VALUE_CAP, false),
    ] {
        let document = format!(r#"{{"model":"{}","stream":true}}"#, "x".repeat(length));
        for piece in [document.len(), 1000, 7] {
            let mut scanner = Scanner::new(&PATHS);
            document
                .as_bytes()
                .chunks(piece)
                .for_each(|piece| scanner.feed(piece));
            assert_eq!(scanner.value(MODEL).is_some(), kept, "{length}");
            assert!(scanner.present(MODEL));
            assert_eq!(scanner.value(STREAM), Some(&b"true"[..]));
            assert!(scanner.values[MODEL].bytes.capacity() <= 2 * VALUE_CAP);
        }
    }
}

#[test]
fn depth_costs_nothing() {
    let deep = 100_000;
    let document = format!(
        r#"{{"a":{}{},"model":"x"}}"#,
        r#"{"a":["#.repeat(deep),
        "]}".repeat(deep)
    );
    assert_eq!(value(&document, MODEL).as_deref(), Some(r#""x""#));
    let captured = format!(
        r#"{{"model":{}{},"stream":1}}"#,
        "[".repeat(deep),
        "]".repeat(deep)
    );
    assert_eq!(value(&captured, STREAM).as_deref(), Some("1"));
}

#[test]
fn what_is_no_document_is_given_up() {
    for broken in [
        "}",
        "]",
        ",",
        ":",
        "x",
        "{x",
        "{,",
        "{\"a\"}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 2}",
        "{\"a\":1]",
        "{\"a\":[1}}x",
        "{} {}",
        "{\"\\x\":1}",
        "{\"\\u00g0\":1}",
        "{\"a\":1,,",
        "\u{feff}{}",
        "{\"a\":'b'}",
        "{'a':1}",
        "{\"a\":+1}",
        "{\"usage\":{1}}",
        "\0",
        "--boundary\r\nx",
        "data: {}",
    ] {
        let scanner = scan(broken);
        assert_eq!(scanner.progress(), Progress::Broken, "{broken}");
    }
    let mut scanner = scan("{x");
    scanner.feed(b"{\"model\":\"m\"}");
    assert_eq!(scanner.progress(), Progress::Broken, "for good");
    scanner.reset();
    scanner.feed(b"{}");
    assert_eq!(scanner.progress(), Progress::Whole);
}

#[test]
fn what_was_read_before_the_break_stays() {
    let scanner = scan(r#"{"model":"m","stream":true,!"#);
    assert_eq!(scanner.progress(), Progress::Broken);
    assert_eq!(scanner.value(MODEL), Some(&br#""m""#[..]));
}

/// A small linear generator: the same bytes in every run.
struct Chance(u32);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as usize % limit
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// Appends a valid value, with keys that are wanted more often than not.
    fn value(&mut self, depth: usize, into: &mut String) {
        let keys = [
            "model",
            "usage",
            "in",
            "response",
            "\\u006dodel",
            "x",
            "Model",
            "m\\n",
            "é",
        ];
        let plain = [
            "null",
            "true",
            "-1.5e3",
            "0",
            r#""""#,
            r#""a\"b""#,
            r#""\\\\""#,
            r#""{[}]""#,
            r#""\ud83d\ude00""#,
        ];
        match self.below(if depth == 0 { 1 } else { 4 }) {
            0 if depth < 4 => {
                into.push('{');
                for entry in 0..self.below(5) {
                    into.push_str(if entry > 0 { "," } else { "" });
                    into.push_str(&format!(
                        "{}\"{}\" :",
                        self.one_of(&["", " ", "\n"]),
                        self.one_of(&keys)
                    ));
                    self.value(depth + 1, into);
                }
                into.push('}');
            }
            1 if depth < 4 => {
                into.push('[');
                for entry in 0..self.below(3) {
                    into.push_str(if entry > 0 { ", " } else { "" });
                    self.value(depth + 1, into);
                }
                into.push(']');
            }
            _ => into.push_str(self.one_of(&plain)),
        }
    }
}

#[test]
fn what_a_strict_reader_sees_the_scanner_sees() {
    let mut chance = Chance(7);
    let (mut with_model, mut with_usage, mut duplicates) = (0, 0, 0);
    for _ in 0..20_000 {
        let mut document = String::new();
        chance.value(0, &mut document);
        let scanner = scan(&document);
        assert_eq!(scanner.progress(), Progress::Whole, "{document}");
        let strict: serde_json::Value = serde_json::from_str(&document).unwrap();
        for (path, wanted) in PATHS.keys.iter().enumerate() {
            let wanted = wanted.iter().try_fold(&strict, |value, key| value.get(key));
            let found = scanner
                .value(path)
                .map(|raw| serde_json::from_slice(raw).unwrap());
            assert_eq!(found.as_ref(), wanted, "{document}");
        }
        with_model += usize::from(scanner.present(MODEL));
        with_usage += usize::from(scanner.present(USAGE_IN));
        duplicates += usize::from(scanner.duplicate(MODEL));
    }
    assert!(
        with_model > 1000 && with_usage > 100 && duplicates > 100,
        "{with_model}, {with_usage}, {duplicates}"
    );
}

#[test]
fn damaged_documents_are_survived_and_read_the_same_in_pieces() {
    let mut chance = Chance(11);
    let (mut broken, mut valid) = (0, 0);
    for _ in 0..20_000 {
        let mut document = String::new();
        chance.value(0, &mut document);
        let mut document = document.into_bytes();
        for _ in 0..1 + chance.below(3) {
            let at = chance.below(document.len());
            let byte = b"{}[]\",:\\u0 x\xff"[chance.below(13)];
            match chance.below(3) {
                0 => document[at] = byte,
                1 => document.insert(at, byte),
                _ => document.truncate(at + 1),
            }
        }
        let mut whole = Scanner::new(&PATHS);
        whole.feed(&document);
        let mut cut = Scanner::new(&PATHS);
        document
            .chunks(1 + chance.below(3))
            .for_each(|piece| cut.feed(piece));
        assert_eq!(
            findings(&cut),
            findings(&whole),
            "{}",
            document.escape_ascii()
        );
        broken += usize::from(whole.progress() == Progress::Broken);
        let strict = serde_json::from_slice::<serde_json::Value>(&document);
        // A number or a word alone has no end that a piece could show.
        if strict.is_ok_and(|value| value.is_object() || value.is_array() || value.is_string()) {
            valid += 1;
            assert_eq!(
                whole.progress(),
                Progress::Whole,
                "{}",
                document.escape_ascii()
            );
        }
    }
    assert!(broken > 1000 && valid > 1000, "{broken}, {valid}");
}

/// By hand: `cargo test --release -p aig-provider -- --ignored --nocapture speed`.
#[test]
#[ignore = "measures, proves nothing"]
fn speed_of_a_chat_body() {
    let message = r#"{"role":"user","content":"A line of prose with \"quotes\" and\nbreaks, as prompts have them; forty words or so."},"#;
    let body = format!(
        r#"{{"model":"gpt","messages":[{}{{}}],"stream":true}}"#,
        message.repeat(100_000 / message.len())
    );
    let numbers = format!(
        r#"{{"data":[{}0],"model":"m"}}"#,
        "-0.01234567,".repeat(8_000)
    );
    let long = format!(r#"{{"image":"{}","model":"m"}}"#, "QUJD".repeat(25_000));
    for (name, body) in [
        ("messages", body),
        ("numbers", numbers),
        ("one string", long),
    ] {
        let mut scanner = Scanner::new(&PATHS);
        let begin = std::time::Instant::now();
        let rounds = 2_000;
        for _ in 0..rounds {
            scanner.reset();
            body.as_bytes()
                .chunks(16 * 1024)
                .for_each(|piece| scanner.feed(piece));
            assert_eq!(scanner.progress(), Progress::Whole);
        }
        let bytes = (rounds * body.len()) as f64;
        let speed = bytes / begin.elapsed().as_secs_f64() / 1e6;
        println!("{name}: {} bytes, {speed:.0} MB/s", body.len());
    }
}
