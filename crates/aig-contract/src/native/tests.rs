//! What the stages do by themselves; whole documents are in `tests/native.rs`.

use serde_json::{Value, json};

use super::Document;
use crate::document::SourceFile;

/// A document with one operation that answers this schema.
fn with(schema: Value) -> Document {
    let error = json!({
        "description": "Error",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    });
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "One", "version": "1.0.0" },
        "paths": { "/one": { "get": {
            "operationId": "one",
            "responses": {
                "200": {
                    "description": "successful operation",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/One" } } },
                },
                "4XX": error,
                "5XX": error,
            },
        } } },
        "components": { "schemas": { "One": schema, "Error": super::project_document::native_error() } },
    });
    let file = SourceFile {
        path: "one.json".to_owned(),
        text: document.to_string(),
    };
    Document::read(file).expect("a document")
}

fn types(schema: Value) -> String {
    let package = with(schema).package("one").expect("Rust");
    let file = package
        .files
        .into_iter()
        .find(|file| file.path == "src/types.rs");
    file.expect("types").text
}

fn lost(schema: Value) -> Vec<String> {
    let lost = with(schema).lost;
    lost.iter().map(|lost| lost.pointer.clone()).collect()
}

#[test]
fn what_a_derive_prints_is_derived() {
    let code = types(json!({
        "description": "How fast.",
        "type": "object",
        "properties": {
            "maxSpeed": { "type": "integer", "format": "uint32", "minimum": 0 },
            "topSpeed": { "nullable": true, "type": "number", "format": "double" },
        },
        "required": ["maxSpeed"],
    }));
    assert!(
        code.contains("#[serde(rename_all = \"camelCase\")]\npub struct One {"),
        "{code}"
    );
    assert!(
        code.contains("pub max_speed: u32,\n    pub top_speed: Option<f64>,"),
        "{code}"
    );
    assert!(
        code.contains("JsonSchema)]") && !code.contains("schema_with"),
        "{code}"
    );
}

#[test]
fn what_no_derive_prints_is_written() {
    // A derive would print `minimum: 0`.
    let code = types(json!({
        "type": "object",
        "properties": { "count": { "type": "integer", "format": "uint32" } },
    }));
    assert!(code.contains("schema_with"), "{code}");
    // Exactly one, where an untagged enum says any.
    let code = types(json!({ "oneOf": [{ "type": "string" }, { "type": "boolean" }] }));
    assert!(
        code.contains("impl JsonSchema for One") && code.contains("untagged"),
        "{code}"
    );
}

#[test]
fn every_keyword_that_dropshot_drops_is_told() {
    let at = |key: &str| vec![format!("/components/schemas/One{key}")];
    assert_eq!(
        lost(json!({ "type": "string", "maxLength": 3 })),
        Vec::<String>::new()
    );
    assert_eq!(
        lost(json!({ "type": "string", "minimum": 3 })),
        at("/minimum")
    );
    assert_eq!(lost(json!({ "minLength": 3 })), at("/minLength"));
    assert_eq!(
        lost(json!({ "type": "object", "discriminator": {} })),
        at("/discriminator")
    );
    assert_eq!(lost(json!({ "type": "array" })), at(""));
    assert_eq!(lost(json!({ "type": "null" })), at("/type"));
    assert_eq!(
        lost(json!({ "type": "integer", "maximum": 1e30 })),
        at("/maximum")
    );
}

#[test]
fn a_server_that_says_otherwise_differs() {
    let document = with(json!({ "type": "string", "format": "uuid" }));
    let package = document.package("one").expect("Rust");
    let mut emitted: Value = serde_json::from_str(&document.file.text).expect("JSON");
    assert_eq!(document.differences(&emitted), []);
    assert_eq!(package.faults(&emitted), []);
    emitted["components"]["schemas"]["One"]["format"] = json!("date");
    let found = document.differences(&emitted);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].pointer, "/components/schemas/One/format");
    assert!(found[0].location.is_some(), "{found:?}");
    assert_eq!(package.faults(&emitted).len(), 1);
}

#[test]
fn order_and_defaults_make_no_difference() {
    let document = with(
        json!({ "type": "object", "properties": { "a": {}, "b": {} }, "required": ["a", "b"] }),
    );
    let mut emitted: Value = serde_json::from_str(&document.file.text).expect("JSON");
    let schema = &mut emitted["components"]["schemas"]["One"];
    schema["required"] = json!(["b", "a"]);
    schema["nullable"] = json!(false);
    assert_eq!(document.differences(&emitted), []);
}

/// The list of what is lost is complete: wherever the expected emission of a document is
/// not the document, a line of the list stands in the same operation or schema.
#[test]
fn nothing_is_lost_without_a_word() {
    let text = include_str!("../../tests/foreign/petshop.yml");
    let file = SourceFile {
        path: "petshop.yml".to_owned(),
        text: text.to_owned(),
    };
    let document = Document::read(file).expect("a document");
    let package = document.package("petshop").expect("Rust");
    let wanted = super::canonical::document(&document.lowered);
    let found = super::compare::differences(&wanted, &package.expected);
    assert!(found.len() > 30, "{} differences", found.len());
    let holder = |pointer: &str| {
        let steps: Vec<&str> = pointer.split('/').take(4).collect();
        steps.join("/")
    };
    for difference in found {
        let holder = holder(&difference.pointer);
        // dropshot's own error comes with the ranges that it adds, and the list of tags
        // with those that operations use: both are told at the operations.
        let added = holder == "/components/schemas/Error" || holder == "/tags";
        let told = document.lost.iter().any(|lost| {
            lost.pointer.starts_with(&holder) || difference.pointer.starts_with(&lost.pointer)
        });
        assert!(told || added, "{difference}");
    }
}
