//! What passes the subset check is something that progenitor can do, and what it
//! cannot do is reported and not a panic.

use std::fs;
use std::path::Path;

use aig_contract::document::SourceFile;
use aig_contract::generate::Contract;

use super::generate;

fn contract(path: &str, text: &str) -> Contract {
    let file = SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    Contract::read(&file, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn progenitor_takes_every_sample_that_the_check_lets_through() {
    let samples =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/aig-contract/tests/generate/samples");
    let mut count = 0;
    for entry in fs::read_dir(samples).expect("samples") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let name = path.display().to_string();
            let text = fs::read_to_string(&path).expect("readable");
            let made = generate(&contract(&name, &text));
            let made = made.unwrap_or_else(|error| panic!("{name}: {error:#}"));
            assert!(made.text.contains("impl Client"), "{name}");
            count += 1;
        }
    }
    assert!(count > 10, "{count} samples");
}

#[test]
fn a_panic_of_progenitors_is_an_error_with_its_words() {
    let mut contract = contract(
        "small.yml",
        "{openapi: 3.1.0, info: {title: T, version: '1'}, paths: {/a: {post: {operationId: a, \
         requestBody: {required: true, content: {application/json: {schema: {type: string}}}}, \
         responses: {'204': {description: None.}}}}}}",
    );
    // Past the check, a second media type: the one thing progenitor has a `todo!` for.
    let mut document = contract.effective.clone();
    let content = &mut document["paths"]["/a"]["post"]["requestBody"]["content"];
    content["text/plain"] = content["application/json"].clone();
    contract.openapi = serde_json::from_value(document).expect("OpenAPI");
    let error = generate(&contract).expect_err("progenitor cannot do this");
    let message = format!("{error:#}");
    assert!(
        message.starts_with("progenitor gave up on the document: not yet implemented"),
        "{message}"
    );
}
