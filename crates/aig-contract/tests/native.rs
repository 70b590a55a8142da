//! Server stubs for any document. Every sample document becomes the crate that is
//! committed beside it, and every foreign one the list of what dropshot cannot express.
//! `UPDATE_GOLDEN=1 cargo test -p aig-contract` writes both anew; what changed then
//! shows in the review. That the crates of the samples build, and emit what the samples
//! say, takes a compiler: `cargo xtask roundtrip crates/aig-contract/tests/samples/*`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aig_contract::document::SourceFile;
use aig_contract::native::{Document, Origin, Package};
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The documents of a folder, by name.
fn documents(name: &str) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = fs::read_dir(folder(name))
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| {
            let stem = path
                .file_stem()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            (stem, path)
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no documents in {name}");
    found
}

fn read(path: &Path) -> Document {
    let name = path
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    let text = fs::read_to_string(path).expect("readable");
    Document::read(SourceFile { path: name, text }).unwrap_or_else(|problems| panic!("{problems}"))
}

fn package(name: &str, document: &Document) -> Package {
    document
        .package(name)
        .unwrap_or_else(|error| panic!("{name} is not Rust: {error}"))
}

/// Compares a text with the committed one, or writes it.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
        return;
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed != text {
        let lines = committed.lines().zip(text.lines());
        let differs = lines.take_while(|(a, b)| a == b).count();
        panic!(
            "{} differs from line {} on:\n  committed: {}\n  generated: {}",
            path.display(),
            differs + 1,
            committed.lines().nth(differs).unwrap_or("(ends)"),
            text.lines().nth(differs).unwrap_or("(ends)"),
        );
    }
}

/// The parts of a crate that differ from document to document, in one file: what is the
/// same in all of them is in `src/native/runtime`.
fn stubs(name: &str, package: &Package) -> String {
    let preamble = format!(
        "// @generated from samples/{name}.yml: the files of a crate, one after the other\n\n"
    );
    let parts = ["api", "types", "parameters", "answers", "schemas"];
    let wanted = |path: &str| parts.iter().any(|part| path == format!("src/{part}.rs"));
    let files = package
        .files
        .iter()
        .filter(|file| wanted(&file.path))
        // A module that holds nothing says nothing.
        .filter(|file| file.text.lines().count() > 4)
        .map(|file| format!("// {}\n{}\n", file.path, file.text))
        .collect::<String>();
    preamble + &files
}

#[test]
fn samples_become_the_committed_stubs() {
    for (name, path) in documents("samples") {
        let document = read(&path);
        let package = package(&name, &document);
        golden(
            &folder("stubs").join(format!("{name}.rs")),
            &stubs(&name, &package),
        );
    }
}

#[test]
fn everything_in_the_samples_can_be_expressed() {
    for (name, path) in documents("samples") {
        let lost: Vec<String> = read(&path).lost.iter().map(ToString::to_string).collect();
        assert!(lost.is_empty(), "{name}:\n{}", lost.join("\n"));
    }
}

#[test]
fn foreign_documents_become_the_committed_lists() {
    for (name, path) in documents("foreign") {
        let document = read(&path);
        let lost: String = document
            .lost
            .iter()
            .map(|lost| format!("{lost}\n"))
            .collect();
        assert!(!lost.is_empty(), "{name} is not foreign");
        golden(&path.with_extension("lost"), &lost);
        // What is left of it are stubs all the same.
        package(&name, &document);
    }
}

#[test]
fn derives_are_the_rule() {
    let (mut derived, mut extended, mut written) = (0, 0, 0);
    for (name, path) in documents("samples") {
        let origins = package(&name, &read(&path)).origins;
        derived += origins.count(Origin::Derived);
        extended += origins.count(Origin::Extended);
        written += origins.count(Origin::Written);
    }
    assert!(derived >= 200, "{derived} derived");
    // Each of these was looked at: there is no derive that prints it.
    assert_eq!((extended, written), (21, 5));
}

#[test]
fn generation_is_the_same_every_time() {
    for (name, path) in documents("samples") {
        let files = || package(&name, &read(&path)).files;
        assert_eq!(files(), files(), "{name}");
    }
}

/// A comparison that finds nothing is worth as much as what it would have found: every
/// node that is changed or taken away is a difference, unless it says nothing.
#[test]
fn whatever_is_changed_is_a_difference() {
    let mut tried = 0;
    for (name, path) in documents("samples") {
        let document = read(&path);
        let text = fs::read_to_string(&path).expect("readable");
        let file = SourceFile {
            path: name.clone(),
            text,
        };
        let value = file.value().expect("readable");
        if value["openapi"] != "3.0.3" {
            continue;
        }
        assert_eq!(document.differences(&value), [], "{name} against itself");
        let mut pointers = Vec::new();
        leaves(&value, "", &mut pointers);
        for (index, pointer) in pointers.iter().enumerate() {
            // The version of the grammar, and shared answers that nobody refers to.
            if pointer == "/openapi" || pointer.ends_with("/style") || index % 11 != 0 {
                continue;
            }
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).expect("a node") = json!("something else entirely");
            let found = document.differences(&changed);
            let unused = pointer.starts_with("/components/responses/") && !used(&value, pointer);
            assert!(
                !found.is_empty() || unused,
                "{name}: nobody noticed {pointer}"
            );
            tried += 1;
        }
    }
    assert!(tried > 120, "{tried} changes");
}

fn used(document: &Value, pointer: &str) -> bool {
    let name = pointer.split('/').nth(3).unwrap_or_default();
    document
        .to_string()
        .matches(&format!("#/components/responses/{name}\""))
        .count()
        > 0
}

fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                leaves(member, &format!("{pointer}/{}", escape(key)), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => found.push(pointer.to_owned()),
    }
}

/// Every node of the samples replaced by something that does not belong there: the
/// answer is stubs or a list, and never a panic.
#[test]
fn no_document_makes_the_generator_panic() {
    let intruders = [
        json!(null),
        json!({}),
        json!([]),
        json!("x"),
        json!(-1.5),
        json!({"$ref": "#/components/schemas/Nowhere"}),
    ];
    let (mut tried, mut count) = (0, 0);
    for (name, path) in documents("samples") {
        let text = fs::read_to_string(&path).expect("readable");
        let value = SourceFile {
            path: name.clone(),
            text,
        }
        .value()
        .expect("readable");
        let mut pointers = Vec::new();
        nodes(&value, "", &mut pointers);
        for pointer in pointers {
            for intruder in &intruders {
                count += 1;
                if count % 97 != 0 {
                    continue;
                }
                let mut changed = value.clone();
                *changed.pointer_mut(&pointer).expect("a node") = intruder.clone();
                let file = SourceFile {
                    path: format!("{name} with {intruder} at {pointer}"),
                    text: changed.to_string(),
                };
                let path = file.path.clone();
                if let Ok(document) = Document::read(file) {
                    let made = document.package("changed");
                    assert!(made.is_ok(), "{path}: {:?}", made.err());
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried} documents");
}

fn nodes(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nodes(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                nodes(member, &format!("{pointer}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// The manifest of a generated crate asks for what this repository is built with.
#[test]
fn generated_crates_stand_on_the_versions_of_this_repository() {
    let (_, path) = documents("samples").swap_remove(0);
    let package = package("sample", &read(&path));
    let manifest = package
        .files
        .iter()
        .find(|file| file.path == "Cargo.toml")
        .expect("a manifest");
    let root =
        fs::read_to_string(folder("../../../Cargo.toml")).expect("the repository's manifest");
    let major = |line: &str| -> String {
        let version = line.split('"').nth(1).unwrap_or_default();
        let parts: Vec<&str> = version.split('.').collect();
        // Below 1.0 the second number is the one that breaks.
        parts
            .iter()
            .take(if parts[0] == "0" { 2 } else { 1 })
            .copied()
            .collect::<Vec<_>>()
            .join(".")
    };
    let (_, dependencies) = manifest
        .text
        .split_once("[dependencies]\n")
        .expect("dependencies");
    let mut seen = BTreeSet::new();
    for line in dependencies.lines().take_while(|line| !line.is_empty()) {
        let name = line.split(' ').next().expect("a name");
        let here = root
            .lines()
            .find(|known| known.starts_with(&format!("{name} = ")));
        let here = here.unwrap_or_else(|| panic!("{name} is not among the repository's"));
        assert_eq!(major(line), major(here), "{name}");
        seen.insert(name);
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
}
