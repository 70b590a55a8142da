//! Every sample document becomes the code that is committed beside it, and every
//! bad one the list of problems. `UPDATE_GOLDEN=1 cargo test -p aig-contract`
//! writes both anew; what changed then shows in the review. That the code of the
//! samples compiles, and describes what the sample says, is tested where the
//! runtime is: in `aig-api`.

use std::fs;
use std::path::{Path, PathBuf};

use aig_contract::document::SourceFile;
use aig_contract::generate::{Contract, STUBS};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/generate")
        .join(name)
}

/// The sample documents of a folder, by name.
fn samples(name: &str) -> Vec<(PathBuf, SourceFile)> {
    let mut samples: Vec<_> = fs::read_dir(folder(name))
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| {
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path).expect("readable");
            (path, SourceFile { path: name, text })
        })
        .collect();
    samples.sort();
    assert!(!samples.is_empty(), "no samples in {name}");
    samples
}

/// Compares a text with the committed one, or writes it.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, text).expect("writable");
        return;
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed != text {
        let differs = committed
            .lines()
            .zip(text.lines())
            .position(|(a, b)| a != b)
            .unwrap_or_else(|| committed.lines().count().min(text.lines().count()));
        panic!(
            "{} differs from line {} on:\n  committed: {}\n  generated: {}",
            path.display(),
            differs + 1,
            committed.lines().nth(differs).unwrap_or("(ends)"),
            text.lines().nth(differs).unwrap_or("(ends)"),
        );
    }
}

#[test]
fn samples_become_the_committed_code() {
    for (path, sample) in samples("samples") {
        let contract = Contract::read(&sample, &[])
            .unwrap_or_else(|problems| panic!("{}:\n{problems}", sample.path));
        let files = contract.files().expect("Rust");
        let stubs = files.iter().find(|file| file.path == STUBS).expect("stubs");
        golden(&path.with_extension("rs"), &stubs.text);
    }
}

#[test]
fn generation_is_the_same_every_time() {
    for (_, sample) in samples("samples") {
        let read = || {
            Contract::read(&sample, &[])
                .expect("no problems")
                .files()
                .expect("Rust")
        };
        assert_eq!(read(), read(), "{}", sample.path);
    }
}

#[test]
fn bad_documents_become_the_committed_problems() {
    for (path, sample) in samples("bad") {
        // A bad overlay is shown on the base beside it.
        let base = path.with_extension("base");
        let read = if base.exists() {
            let text = fs::read_to_string(&base).expect("readable");
            let name = base
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            Contract::read(
                &SourceFile { path: name, text },
                std::slice::from_ref(&sample),
            )
        } else {
            Contract::read(&sample, &[])
        };
        let problems = read
            .err()
            .unwrap_or_else(|| panic!("{} is not bad", sample.path));
        golden(&path.with_extension("problems"), &format!("{problems}\n"));
    }
}

/// Every node of every sample replaced by something that does not belong there: the
/// answer is code or a list of problems, and never a panic. `EVERY_NODE=1` takes all
/// nodes, otherwise a part of them has to do.
#[test]
fn no_document_makes_the_generator_panic() {
    let stride = if std::env::var_os("EVERY_NODE").is_some() {
        1
    } else {
        29
    };
    let intruders = [
        serde_json::json!(null),
        serde_json::json!({}),
        serde_json::json!([]),
        serde_json::json!("x"),
        serde_json::json!(-1.5),
        serde_json::json!([{"$ref": "#/components/schemas/Nowhere"}]),
    ];
    let (mut tried, mut count) = (0, 0);
    for (_, sample) in samples("samples") {
        let document = sample.value().expect("readable");
        let mut pointers = Vec::new();
        nodes(&document, "", &mut pointers);
        for pointer in pointers {
            for intruder in &intruders {
                count += 1;
                if count % stride != 0 {
                    continue;
                }
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).expect("a node") = intruder.clone();
                let file = SourceFile {
                    path: format!("{} with {intruder} at {pointer}", sample.path),
                    text: changed.to_string(),
                };
                if let Ok(contract) = Contract::read(&file, &[]) {
                    let files = contract.files();
                    assert!(files.is_ok(), "{}: {:?}", file.path, files.err());
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried} documents");
}

fn nodes(value: &serde_json::Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nodes(item, &format!("{pointer}/{index}"), found);
            }
        }
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                nodes(member, &format!("{pointer}/{key}"), found);
            }
        }
        _ => {}
    }
}
