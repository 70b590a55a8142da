//! The command on a real folder, without a compiler.

use std::fs;
use std::process::ExitCode;

use super::*;
use crate::root;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: {title: Things, version: 1.0.0}
paths:
  /things:
    get:
      operationId: thing_list
      responses:
        '204': {description: successful deletion}
        4XX: {$ref: '#/components/responses/Error'}
        5XX: {$ref: '#/components/responses/Error'}
components:
  responses:
    Error:
      description: Error
      content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
  schemas:
    Error:
      description: Error information from a response.
      type: object
      properties:
        error_code: {type: string}
        message: {type: string}
        request_id: {type: string}
      required: [message, request_id]
"##;

#[test]
fn a_crate_is_written_once() {
    let root = root().expect("the repository");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("things.yml");
    fs::write(&file, DOCUMENT).expect("writable");
    let out = folder.path().join("Things of 2");
    let arguments = || {
        vec![
            file.display().to_string(),
            "--out".to_owned(),
            out.display().to_string(),
        ]
    };
    let code = run(&root, arguments()).expect("a crate");
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    let manifest = fs::read_to_string(out.join("Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("name = \"things-of-2\""), "{manifest}");
    let api = fs::read_to_string(out.join("src/api.rs")).expect("a trait");
    assert!(api.contains("pub trait ThingsApi {"), "{api}");
    assert!(
        api.contains("-> Result<HttpResponseDeleted, HttpError>;"),
        "{api}"
    );
    let skeleton = fs::read_to_string(out.join("src/skeleton.rs")).expect("a skeleton");
    assert!(
        skeleton.contains("impl ThingsApi for Skeleton") && skeleton.contains("NOT_IMPLEMENTED"),
        "{skeleton}"
    );
    assert!(out.join("src/bin/emit.rs").exists() && out.join("README.md").exists());
    let document = document(&file).expect("a document");
    let package = document.package("things-of-2").expect("Rust");
    assert_eq!(write(&root, &package, &out, true).expect("writable"), 0);
}

#[test]
fn names_are_such_as_cargo_takes() {
    assert_eq!(crate_name("My API.v2"), "my-api-v2");
    assert_eq!(crate_name("2fa"), "api-2fa");
    assert_eq!(crate_name("…"), "api");
    assert_eq!(crate_name("try"), "try-api");
    assert_eq!(crate_name("serde"), "serde-api");
    assert_eq!(counted(1, "thing"), "1 thing");
    assert_eq!(counted(2, "thing"), "2 things");
}
