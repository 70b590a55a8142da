//! What a reader gets to see.

use serde_json::json;

use super::super::{Breaks, Severity, compare};
use super::{contract, emitted, report};
use crate::canonical::{Contract, Emitted, Rule};
use crate::source::Sources;

#[test]
fn severity_follows_from_who_breaks() {
    assert_eq!(Breaks::Client.severity(), Severity::Breaking);
    assert_eq!(Breaks::Both.severity(), Severity::Breaking);
    assert_eq!(Breaks::Server.severity(), Severity::Extension);
    assert_eq!(Breaks::Document.severity(), Severity::Documentation);
}

#[test]
fn a_report_says_what_where_and_by_which_rules() {
    let contract = contract(json!({"maximum": 9}), json!({}));
    let emitted = emitted(json!({"maximum": 8}), json!({}));
    let text = serde_json::to_string_pretty(&contract).expect("prints");
    let sources = Sources::read("spec/things.json", &text).expect("JSON is YAML");
    let report = compare(
        &Contract::parse(&contract).expect("this is a contract"),
        &Emitted::parse(&emitted).expect("this could be dropshot's"),
        &sources,
    );
    let line = 1 + text
        .lines()
        .position(|line| line.contains("maximum"))
        .expect("is there");
    let shown = report.to_string();
    let expected = format!(
        "1 difference between the contract and what the server emits: 1 breaking, 0 beyond the contract, 0 in documentation

/paths/~1things/put/requestBody/content/application~1json/schema/maximum
  at        spec/things.json:{line}
  verdict   the server says otherwise; breaks the client
  contract  9
  server    8
"
    );
    assert!(shown.starts_with(&expected), "{shown}");
    for rule in Rule::ALL {
        assert!(shown.contains(&format!("  {} (", rule.name())), "{shown}");
        assert!(shown.contains(rule.reason()), "{shown}");
    }

    let json = report.to_json();
    assert_eq!(json["equal"], false);
    assert_eq!(
        json["differences"],
        json!([{
            "pointer": "/paths/~1things/put/requestBody/content/application~1json/schema/maximum",
            "file": "spec/things.json",
            "line": line,
            "change": "changed",
            "breaks": "client",
            "severity": "breaking",
            "contract": 9,
            "server": 8,
        }])
    );
    assert_eq!(
        json["rules"].as_array().map(Vec::len),
        Some(Rule::ALL.len())
    );
}

#[test]
fn an_equal_report_still_says_what_it_rests_on() {
    let report = report(
        &contract(json!({}), json!({})),
        &emitted(json!({}), json!({})),
    );
    assert!(report.is_equal());
    let shown = report.to_string();
    assert!(shown.starts_with("EQUAL"), "{shown}");
    assert!(shown.contains("declared-responses (0, 1)"), "{shown}");
}
