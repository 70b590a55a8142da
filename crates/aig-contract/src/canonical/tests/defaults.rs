//! What may be left out because it says nothing, and what may not.

use serde_json::json;

use super::super::{Contract, Rule};
use super::{GET, assert_alike, contract, emitted, pointers, set, uses};

#[test]
fn values_that_absence_has_too_are_dropped() {
    let mut wordy = contract();
    let thing = "/components/schemas/Thing";
    for (at, value) in [
        (format!("{GET}/deprecated"), json!(false)),
        (format!("{GET}/tags"), json!([])),
        (format!("{GET}/parameters/0/style"), json!("simple")),
        (format!("{GET}/parameters/0/explode"), json!(false)),
        (format!("{GET}/parameters/0/deprecated"), json!(false)),
        (format!("{GET}/responses/404/content"), json!({})),
        (format!("{GET}/responses/404/headers"), json!({})),
        (format!("{thing}/nullable"), json!(false)),
        (format!("{thing}/additionalProperties"), json!(true)),
        (format!("{thing}/required"), json!([])),
        (
            format!("{thing}/properties/size/exclusiveMinimum"),
            json!(false),
        ),
    ] {
        set(&mut wordy, &at, value);
    }
    assert_alike(&wordy, &emitted());
    assert_eq!(uses(&wordy, Rule::DefaultsDropped), 11);
}

#[test]
fn values_that_absence_does_not_have_are_kept() {
    let thing = "/components/schemas/Thing";
    for (at, value) in [
        (format!("{GET}/deprecated"), json!(true)),
        (
            format!("{GET}/parameters/{{path:id}}/style"),
            json!("label"),
        ),
        (format!("{GET}/parameters/{{path:id}}/explode"), json!(true)),
        (format!("{thing}/nullable"), json!(true)),
        (format!("{thing}/additionalProperties"), json!(false)),
        (
            format!("{thing}/additionalProperties"),
            json!({"type": "string"}),
        ),
        (
            format!("{thing}/properties/size/exclusiveMinimum"),
            json!(true),
        ),
    ] {
        let mut stricter = contract();
        set(&mut stricter, &at.replace("{path:id}", "0"), value);
        assert_eq!(pointers(&stricter, &emitted()), [at]);
    }
}

#[test]
fn a_query_parameter_explodes_by_default() {
    let (mut contract, emitted) = (contract(), emitted());
    let at = format!("{GET}/parameters");
    set(
        &mut contract,
        &format!("{at}/-"),
        json!({
            "name": "tag", "in": "query", "style": "form", "explode": true, "schema": {},
        }),
    );
    let node = Contract::parse(&contract).expect("this is a contract");
    let pointer = [
        &format!("{at}/{{query:tag}}/style"),
        &format!("{at}/{{query:tag}}/explode"),
    ];
    let told: Vec<String> = pointers(&contract, &emitted);
    assert_eq!(told, [format!("{at}/{{query:tag}}")]);
    let value = node.canonical().root.to_value();
    for pointer in pointer {
        assert!(value.pointer(pointer).is_none());
    }
}
