//! The table is whole, readable, and the one that is documented.

use super::*;
use crate::cli::Cli;

const MAP: &str = include_str!("../../../README.md");

fn defaults() -> Vec<Limit> {
    table(&Flags::default().resolve().unwrap().0)
}

#[test]
fn the_documented_table_is_this_one() {
    let rows: Vec<String> = (defaults().iter())
        .map(|limit| format!("| {} |", limit.cells().join(" | ")))
        .collect();
    let documented: Vec<&str> = (MAP.lines())
        .skip_while(|line| *line != "## Limits")
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(
        documented == rows,
        "crates/README.md has another table of limits; it should be\n{}",
        rows.join("\n")
    );
}

#[test]
fn every_setting_of_the_table_is_one() {
    let help = Cli::read(["aig", "serve", "--help"]).unwrap_err();
    let help = help.to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in defaults() {
        if let Set::Setting(key) = limit.set {
            assert!(help.contains(&format!("(file: {key})")), "{key}");
            let flag = format!("--{} ", key.replace('_', "-"));
            assert!(help.contains(&flag), "{flag}");
        }
    }
}

#[test]
fn a_setting_is_seen_in_the_table() {
    let flags = Flags {
        write_timeout: Some(0),
        idle_timeout: Some(7),
        max_duration: Some(3600),
        first_byte_timeout: Some(8),
        header_timeout: Some(9),
        connect_timeout: Some(11),
        drain_timeout: Some(12),
        max_request_body: Some(1000),
        cache_memory: Some(1024),
        ..Flags::default()
    };
    let table = table(&flags.resolve().unwrap().0);
    let value = |key| {
        let mut found = table.iter().filter(|limit| limit.set == Set::Setting(key));
        let text = found.next().unwrap().most.text();
        assert_eq!(found.next(), None, "{key}");
        text
    };
    for (key, text) in [
        ("write_timeout", "none"),
        ("idle_timeout", "7 s"),
        ("max_duration", "3600 s"),
        ("first_byte_timeout", "8 s"),
        ("header_timeout", "9 s"),
        ("connect_timeout", "11 s"),
        ("drain_timeout", "12 s"),
        ("max_request_body", "1000 B"),
        ("cache_memory", "1 KiB"),
    ] {
        assert_eq!(value(key), text, "{key}");
    }
}

#[test]
fn numbers_are_short_for_people_and_exact_for_programs() {
    assert_eq!(Most::Bytes(64 << 10).text(), "64 KiB");
    assert_eq!(Most::Bytes((1 << 20) + 1).text(), "1048577 B");
    assert_eq!(Most::Bytes(0).text(), "0 B");
    assert_eq!(Most::Time(Duration::from_millis(1500)).text(), "1.5 s");
    let limit = defaults().into_iter();
    let limit = limit.filter(|limit| limit.set == Set::Setting("max_request_body"));
    let rows: Vec<_> = limit.map(|limit| limit.as_json()).collect();
    assert_eq!(
        rows,
        [json!({
            "name": "body of a request",
            "value": 536_870_912,
            "unit": "bytes",
            "setting": "max_request_body",
            "flag": "--max-request-body",
            "beyond": "413",
        })]
    );
}
