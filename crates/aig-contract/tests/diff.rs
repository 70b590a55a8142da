//! Mistakes planted in what the generated server really emits, each of them found
//! with its pointer, its line, the side that breaks and both values.

mod planted;
mod repository;

use aig_contract::canonical::{Contract, Emitted};
use aig_contract::diff::compare;
use planted::{emission, report};
use serde_json::{Value, json};

#[test]
fn baseline_is_equal() {
    let report = report(&emission());
    assert!(report.is_equal(), "{report}");
}

/// The served document says of itself what the contract says, so agreement with it
/// would prove nothing.
#[test]
fn the_effective_document_is_not_taken_for_an_emission() {
    let (_, contract) = repository::contract();
    let refused = Emitted::parse(&contract.effective).expect_err("this is the contract itself");
    let told = refused.to_string();
    assert!(
        told.starts_with("this is not what the server emits:"),
        "{told}"
    );
    assert!(
        told.contains("/servers: dropshot never emits this"),
        "{told}"
    );
}

/// Not even when all that the contract says beyond the paths is cut away.
#[test]
fn a_trimmed_effective_document_is_not_taken_for_an_emission_either() {
    let (_, contract) = repository::contract();
    let mut trimmed = contract.effective;
    let members = trimmed.as_object_mut().expect("a document is an object");
    for key in ["servers", "security", "externalDocs"] {
        members.remove(key).expect("the contract has it");
    }
    let components = members["components"].as_object_mut().expect("is an object");
    components.remove("securitySchemes");
    let refused = Emitted::parse(&trimmed).expect_err("its errors are spelled out");
    let told = |what: &str| {
        refused
            .faults
            .iter()
            .any(|fault| fault.message.contains(what))
    };
    assert!(told("dropshot never emits this status itself"), "{refused}");
    assert!(told("4XX is missing"), "{refused}");
}

#[test]
fn an_emission_is_not_taken_for_the_contract() {
    let refused = Contract::parse(&emission()).expect_err("this is the server's");
    assert!(
        refused
            .to_string()
            .contains("is a server's way of speaking"),
        "{refused}"
    );
}

/// Beyond the mistakes that were thought of: whatever is altered in an emission,
/// and be it one word, is refused or reported. What may change unseen is listed.
/// Of leaves that stand in the same kind of place a few are tried; the long form
/// tries all.
#[test]
fn nothing_in_an_emission_is_overlooked() {
    const OF_A_KIND: usize = 2;
    let mut seen = std::collections::HashMap::new();
    overlooks_nothing(|pointer| {
        let count = seen.entry(kind_of_place(pointer)).or_insert(0);
        *count += 1;
        *count <= OF_A_KIND
    });
}

#[test]
#[ignore = "takes minutes"]
fn soak_nothing_at_all_in_an_emission_is_overlooked() {
    overlooks_nothing(|_| true);
}

fn overlooks_nothing(mut chosen: impl FnMut(&str) -> bool) {
    let (_, contract) = repository::contract();
    let promised = Contract::parse(&contract.effective).expect("this is the contract");
    let original = emission();
    let unseen = |emitted: Value| {
        Emitted::parse(&emitted)
            .is_ok_and(|emitted| compare(&promised, &emitted, &contract.sources).is_equal())
    };
    let (mut altered, mut overlooked) = (0, Vec::new());
    for pointer in leaves(&original) {
        if !chosen(&pointer) {
            continue;
        }
        for (what, emitted) in [
            ("altered", with_another(&original, &pointer)),
            ("removed", without(&original, &pointer)),
        ] {
            altered += 1;
            if unseen(emitted) && !may_change(&original, &pointer, what) {
                overlooked.push(format!("{pointer} {what}"));
            }
        }
    }
    assert!(
        altered > 400,
        "an emission has more leaves than {altered} halves"
    );
    assert_eq!(overlooked, Vec::<String>::new());
}

/// The pointer without the names that the contract chose: of paths, schemas, and members of schemas;
/// and without positions in lists.
fn kind_of_place(pointer: &str) -> String {
    let mut before = ("", "");
    let mut kind = String::new();
    for word in pointer.split('/').skip(1) {
        let chosen = matches!(before.1, "paths" | "properties")
            || before.0 == "components"
            || word.bytes().all(|byte| byte.is_ascii_digit());
        kind.push('/');
        kind.push_str(if chosen { "*" } else { word });
        before = (before.1, word);
    }
    kind
}

/// By the rules: the version of the document, titles, the names that dropshot
/// gives to what it folds errors into, keywords that say what absence says, and
/// what it says of a body of any type, in whose place the declared answer stands.
fn may_change(original: &Value, pointer: &str, what: &str) -> bool {
    let any_type = pointer.find("/responses/200/").is_some_and(|at| {
        let content = format!("{}/responses/200/content/*~1*", &pointer[..at]);
        original.pointer(&content).is_some()
    });
    let folded = pointer.starts_with("/components/responses/");
    any_type
        || pointer == "/info/version"
        || pointer.ends_with("/title") && pointer != "/info/title"
        || folded && pointer.ends_with("Error/description")
        || what == "removed" && pointer.ends_with("/additionalProperties")
}

/// Every text, number, flag and empty container of a document.
fn leaves(document: &Value) -> Vec<String> {
    fn descend(value: &Value, at: &str, found: &mut Vec<String>) {
        let step = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (key, member) in members {
                    descend(member, &step(key), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    descend(item, &step(&index.to_string()), found);
                }
            }
            _ => found.push(at.to_owned()),
        }
    }
    let mut found = Vec::new();
    descend(document, "", &mut found);
    found
}

/// The document with another value of the same kind at a leaf.
fn with_another(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    let leaf = document.pointer_mut(pointer).expect("it was just seen");
    *leaf = match leaf {
        Value::String(text) => json!(format!("{text}x")),
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
        Value::Bool(flag) => json!(!*flag),
        _ => json!("x"),
    };
    document
}

/// The document without a leaf.
fn without(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    let (holder, key) = pointer.rsplit_once('/').expect("a leaf is in something");
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(holder).expect("it was just seen") {
        Value::Object(members) => drop(members.shift_remove(&key)),
        Value::Array(items) => drop(items.remove(key.parse().expect("this is an index"))),
        leaf => panic!("{leaf} holds nothing"),
    }
    document
}
