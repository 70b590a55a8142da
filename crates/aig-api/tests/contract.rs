//! The committed types against the committed document: every example goes through
//! them without loss, and what they say of themselves is complete.

use std::collections::BTreeSet;

use aig_api::{Operation, PROVENANCE};
use serde_json::Value;

mod examples;

fn effective() -> Value {
    let text = include_str!("../../../spec/effective.json");
    serde_json::from_str(text).expect("the effective document is JSON")
}

#[test]
fn every_example_comes_back_as_it_was() {
    let count = examples::round_trip(&effective(), aig_api::round_trip);
    // A walk that finds none would prove nothing; the base alone has this many.
    assert!(count >= 39, "{count} examples");
}

#[test]
fn the_types_allow_and_forbid_what_the_schemas_do() {
    let tried = examples::obey(&effective(), aig_api::round_trip);
    assert!(tried >= 100, "{tried} changes");
}

#[test]
fn every_operation_is_known_and_found_by_its_path() {
    let document = effective();
    let mut ids = BTreeSet::new();
    for operation in Operation::ALL {
        let method = operation.method().as_str().to_lowercase();
        let written = &document["paths"][operation.path()][&method];
        assert_eq!(written["operationId"], operation.id());
        ids.insert(operation.id());
        let path = operation.path().replace(['{', '}'], "");
        let found = Operation::match_path(&operation.method(), &path);
        assert!(
            matches!(found, aig_api::route::Found::Operation { operation: found, .. } if found == *operation),
            "{path}"
        );
    }
    let paths = document["paths"].as_object().expect("paths");
    let written = paths
        .values()
        .flat_map(|item| item.as_object().expect("a path item").values())
        .filter_map(|operation| operation.get("operationId")?.as_str())
        .collect();
    assert_eq!(ids, written);
}

#[test]
fn dropshot_takes_every_operation() {
    let description = aig_api::description().expect("dropshot registers everything");
    let version = dropshot::semver::Version::new(1, 0, 0);
    let printed = description
        .openapi(aig_api::TITLE, version)
        .json()
        .expect("JSON");
    let paths = printed["paths"].as_object().expect("paths");
    let operations: usize = paths
        .values()
        .map(|item| item.as_object().expect("a path item").len())
        .sum();
    assert_eq!(operations, Operation::ALL.len());
}

#[test]
fn every_piece_of_provenance_is_in_the_document() {
    let document = effective();
    assert!(!PROVENANCE.is_empty());
    for (pointer, _) in PROVENANCE {
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
