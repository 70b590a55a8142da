//! What is not taken for a contract, or for the words of a server.

use serde_json::json;

use super::super::{Contract, DECLARED_RESPONSES, Emitted, Rule};
use super::{GET, contract, emitted, set, uses};

#[test]
fn lowered_version_is_wanted_on_both_sides() {
    let mut newer = contract();
    set(&mut newer, "/openapi", json!("3.1.0"));
    let refused = Contract::parse(&newer).expect_err("3.1 has not been lowered");
    assert_eq!(
        refused.to_string(),
        "this is not the effective document:\n  /openapi: must be 3.0.3, is 3.1.0"
    );
    assert_eq!(uses(&contract(), Rule::LoweredVersion), 1);
}

#[test]
fn a_reference_into_the_void_is_a_fault() {
    let mut lost = contract();
    let at = format!("{GET}/parameters");
    set(
        &mut lost,
        &at,
        json!([{"$ref": "#/components/parameters/Id"}]),
    );
    let refused = Contract::parse(&lost).expect_err("there is no such parameter");
    assert!(
        refused
            .to_string()
            .contains("refers to #/components/parameters/Id, which is not in this document")
    );

    let mut lost = contract();
    lost["components"]["schemas"] = json!({});
    let refused = Contract::parse(&lost).expect_err("there is no such schema");
    assert!(
        refused
            .to_string()
            .contains("/components/schemas/Thing: is referred to but not there")
    );
}

#[test]
fn references_in_a_circle_are_a_fault() {
    let mut circle = contract();
    set(
        &mut circle,
        &format!("{GET}/responses/404"),
        json!({"$ref": "#/components/responses/A"}),
    );
    circle["components"]["responses"] = json!({
        "A": {"$ref": "#/components/responses/B"},
        "B": {"$ref": "#/components/responses/A"},
    });
    let refused = Contract::parse(&circle).expect_err("A is B is A");
    assert!(refused.to_string().contains("goes in a circle"));
}

#[test]
fn a_contract_is_not_what_a_server_emits() {
    let refused = Emitted::parse(&contract()).expect_err("this is the contract");
    let text = refused.to_string();
    assert!(
        text.starts_with("this is not what the server emits:"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "{GET}/responses/404: dropshot never emits this status itself"
        )),
        "{text}"
    );
}

#[test]
fn what_a_server_emits_is_not_a_contract() {
    let refused = Contract::parse(&emitted()).expect_err("this is a print of dropshot's");
    assert!(
        refused
            .to_string()
            .starts_with("this is not the effective document:"),
        "{refused}"
    );
    assert!(
        refused.to_string().contains(DECLARED_RESPONSES),
        "{refused}"
    );
}

/// Each of these alone gives a foreign hand away.
#[test]
fn every_foreign_trait_is_refused() {
    let error = json!({"description": "No.", "content": {"application/json": {"schema": {}}}});
    for (at, value) in [
        ("/openapi".to_owned(), json!("3.0.2")),
        (
            "/servers".to_owned(),
            json!([{"url": "https://example.com"}]),
        ),
        ("/security".to_owned(), json!([{"token": []}])),
        (
            "/externalDocs".to_owned(),
            json!({"url": "https://example.com"}),
        ),
        (
            "/components/securitySchemes".to_owned(),
            json!({"token": {}}),
        ),
        ("/components/parameters".to_owned(), json!({"Id": {}})),
        (
            "/paths/~1things~1{id}/parameters".to_owned(),
            json!([{"name": "id"}]),
        ),
        (format!("{GET}/security"), json!([{"token": []}])),
        (format!("{GET}/x-note"), json!(1)),
        (format!("{GET}/parameters/0/example"), json!("a")),
        (format!("{GET}/parameters/0/in"), json!("cookie")),
        (
            format!("{GET}/responses/200/content/application~1json/examples"),
            json!({"a": {}}),
        ),
        (
            format!("{GET}/responses/200/content/text~1plain"),
            json!({"schema": {}}),
        ),
        (format!("{GET}/responses/404"), error.clone()),
        (format!("{GET}/responses/default"), error.clone()),
        (
            format!("{GET}/responses/202"),
            json!({"description": "Later."}),
        ),
        (format!("{GET}/responses/4XX"), error.clone()),
        ("/components/responses/GetThingError".to_owned(), error),
    ] {
        let mut foreign = emitted();
        set(&mut foreign, &at, value);
        let refused = Emitted::parse(&foreign).err();
        assert!(refused.is_some(), "{at} was let in");
    }
}

#[test]
fn missing_carriers_are_refused_by_name() {
    let mut bare = emitted();
    let schema = "/components/responses/GetThingError/content/application~1json/schema";
    set(&mut bare, schema, json!({"type": "object"}));
    let refused = Emitted::parse(&bare).expect_err("nothing is carried");
    assert!(
        refused
            .to_string()
            .contains(&format!("{GET}/responses/4XX: its schema does not carry")),
        "{refused}"
    );

    let mut silent = emitted();
    let responses = silent
        .pointer_mut(&format!("{GET}/responses"))
        .expect("is there");
    responses
        .as_object_mut()
        .expect("is an object")
        .remove("5XX");
    let refused = Emitted::parse(&silent).expect_err("a range is missing");
    assert!(refused.to_string().contains("5XX is missing"), "{refused}");
}
