//! How the server is asked, what becomes of bad answers, and what the command
//! makes of the contract of this repository. That planted mistakes are found is
//! shown where an emission is at hand, in the tests of `aig-contract`.

use std::path::{Path, PathBuf};
use std::process::Command;

use aig_contract::document::SourceFile;
use aig_contract::generate::Contract;
use serde_json::json;

use super::emission::{printed, read};
use super::{Outcome, base_problems, compare, provenance, run};
use crate::regen;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn contract() -> (SourceFile, Contract) {
    let (base, overlays) = regen::sources(&root()).expect("the contract is in the repository");
    let contract = Contract::read(&base, &overlays).expect("the contract has no problems");
    (base, contract)
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn what_the_server_prints_is_read() {
    let value = printed(&mut shell(r#"echo '{"openapi": "3.0.3"}'"#)).expect("this is JSON");
    assert_eq!(value, json!({"openapi": "3.0.3"}));
}

#[test]
fn a_server_that_does_not_build_is_told_clearly() {
    // It prints something all the same; a failed build must win over that.
    let error = printed(&mut shell("echo '{}'; exit 101")).expect_err("this failed");
    let told = error.to_string();
    assert!(told.starts_with("the server does not build"), "{told}");
    assert!(told.contains("exit status: 101"), "{told}");
}

#[test]
fn an_answer_that_is_not_json_is_told_clearly() {
    for script in ["echo hello", "true", "echo '{}{}'"] {
        let error = printed(&mut shell(script)).expect_err(script);
        assert!(
            error.to_string().contains("other than one JSON document"),
            "{error}"
        );
    }
    let error = printed(&mut Command::new("/nowhere/cargo")).expect_err("there is no such program");
    assert!(error.to_string().contains("does not start"), "{error}");
}

#[test]
fn the_served_document_is_not_taken_for_the_server() {
    let file = root().join("spec/effective.json");
    let file = file.to_str().expect("the path is a text").to_owned();
    let error = run(&root(), vec!["--emitted".to_owned(), file]).expect_err("this is the contract");
    assert!(
        error
            .to_string()
            .starts_with("this is not what the server emits"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let error = read(Path::new("/nowhere/emitted.json")).expect_err("there is no such file");
    assert_eq!(error.to_string(), "/nowhere/emitted.json is not readable");
}

#[test]
fn overlays_of_this_repository_stand_on_the_base() {
    let (base, contract) = contract();
    let problems = base_problems(&root(), &base, &contract).expect("the list is there");
    assert_eq!(problems, []);
}

#[test]
fn every_type_of_the_contract_has_a_provenance() {
    let (_, contract) = contract();
    let told = provenance(&contract);
    let derived = &told[0].members;
    for definition in &contract.api.types {
        let somewhere = told
            .iter()
            .any(|source| source.members.contains(&definition.pointer));
        assert!(somewhere, "{}", definition.pointer);
    }
    assert!(
        derived.len() >= contract.api.types.len() / 2,
        "derives are the rule"
    );
}

/// A server without any operation: everything is missing, and nothing else is told.
#[test]
fn a_report_for_programs_holds_all_parts() {
    let (base, contract) = contract();
    let empty = json!({
        "openapi": "3.0.3",
        "info": {"title": contract.api.title, "version": "1.0.0"},
        "tags": contract.effective["tags"],
        "paths": {},
    });
    let outcome = Outcome {
        base: base_problems(&root(), &base, &contract).expect("the list is there"),
        report: compare(&contract, &empty).expect("a server may be empty"),
    };
    assert!(!outcome.is_clean());
    let json = outcome.to_json();
    assert_eq!(json["equal"], false);
    assert_eq!(json["base"], json!([]));
    let differences = json["differences"].as_array().expect("this is a list");
    assert_eq!(differences.len(), contract.api.operations.len());
    let mut from_base = 0;
    for difference in differences {
        assert_eq!(difference["change"], "missing");
        assert_eq!(difference["breaks"], "client");
        let file = difference["file"].as_str().expect("every place has a file");
        assert!(
            file == regen::BASE || file.starts_with("spec/overlays/"),
            "{file}"
        );
        from_base += usize::from(file == regen::BASE);
    }
    // The base has these operations, overlays have added the others.
    assert_eq!(from_base, 6);
    for part in ["rules", "carried", "provenance"] {
        assert!(json[part].is_array(), "{part}");
    }
    let text = outcome.to_string();
    assert!(
        text.starts_with(&format!("{} differences", differences.len())),
        "{text}"
    );
}
