//! What 3.0 says in other words; what it cannot say is shown by the bad documents
//! in `tests/generate`.

use serde_json::{Value, json};

use super::lower;

/// A schema as it comes out of a document.
fn schema(version: &str, schema: Value) -> Value {
    let document = json!({
        "openapi": version,
        "info": {"title": "T", "version": "1"},
        "paths": {},
        "components": {"schemas": {"A": schema}},
    });
    let lowered = lower(&document).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(lowered["openapi"], "3.0.3");
    lowered["components"]["schemas"]["A"].clone()
}

/// `from` says in 3.1 what `to` says in 3.0, to the order of keys.
#[track_caller]
fn says(from: Value, to: &Value) {
    assert_eq!(schema("3.1.0", from).to_string(), to.to_string());
}

#[test]
fn null_becomes_nullable() {
    says(
        json!({"type": ["string", "null"], "maxLength": 3}),
        &json!({"type": "string", "nullable": true, "maxLength": 3}),
    );
    says(json!({"type": ["string"]}), &json!({"type": "string"}));
    says(
        json!({"description": "D", "anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}),
        &json!({"description": "D", "allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true}),
    );
    says(
        json!({"oneOf": [{"type": "integer", "minimum": 1}, {"const": null}]}),
        &json!({"type": "integer", "nullable": true, "minimum": 1}),
    );
    says(
        json!({"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        &json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": true}),
    );
}

#[test]
fn a_choice_of_types_becomes_a_choice_of_schemas() {
    says(
        json!({"type": ["string", "integer", "null"], "description": "D"}),
        &json!({
            "anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true, "description": "D",
        }),
    );
}

#[test]
fn constants_and_enumerations_name_their_type() {
    says(
        json!({"const": "a"}),
        &json!({"type": "string", "enum": ["a"]}),
    );
    says(
        json!({"const": true}),
        &json!({"type": "boolean", "enum": [true]}),
    );
    // 3.0.3 wants null among the values, and says so in its text.
    says(
        json!({"enum": ["a", null]}),
        &json!({"type": "string", "nullable": true, "enum": ["a", null]}),
    );
}

#[test]
fn exclusive_bounds_become_flags_or_the_next_integer() {
    says(
        json!({"type": "number", "exclusiveMinimum": 0.5}),
        &json!({"type": "number", "minimum": 0.5, "exclusiveMinimum": true}),
    );
    says(
        json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}),
        &json!({"type": "integer", "minimum": 1, "maximum": 9}),
    );
    // The tighter of two bounds wins.
    says(
        json!({"type": "integer", "minimum": 5, "exclusiveMinimum": 1}),
        &json!({"type": "integer", "minimum": 5}),
    );
    says(
        json!({"type": "integer", "exclusiveMinimum": 5, "minimum": 1}),
        &json!({"type": "integer", "minimum": 6}),
    );
    says(
        json!({"type": "integer", "maximum": 10.0}),
        &json!({"type": "integer", "maximum": 10}),
    );
}

#[test]
fn siblings_of_a_reference_move_around_it() {
    says(
        json!({"$ref": "#/components/schemas/A", "description": "D"}),
        &json!({"allOf": [{"$ref": "#/components/schemas/A"}], "description": "D"}),
    );
    says(
        json!({"$ref": "#/components/schemas/A"}),
        &json!({"$ref": "#/components/schemas/A"}),
    );
}

#[test]
fn examples_and_encodings_get_their_old_names() {
    says(
        json!({"type": "string", "examples": ["a", "b"]}),
        &json!({"type": "string", "example": "a"}),
    );
    says(
        json!({"type": "string", "contentEncoding": "base64"}),
        &json!({"type": "string", "format": "byte"}),
    );
    says(
        json!({"type": "string", "contentMediaType": "application/octet-stream"}),
        &json!({"type": "string", "format": "binary"}),
    );
    says(json!(true), &json!({}));
    says(json!(false), &json!({"not": {}}));
}

#[test]
fn a_mapping_refers_to_schemas() {
    says(
        json!({"discriminator": {"propertyName": "k", "mapping": {"a": "A"}}}),
        &json!({"discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/A"}}}),
    );
}

#[test]
fn data_is_not_entered() {
    let looks_like_a_schema = json!({"type": ["string", "null"], "const": 1, "unknown": true});
    for key in ["default", "example", "x-own"] {
        let held = json!({"type": "object", key: looks_like_a_schema});
        says(held.clone(), &held);
    }
    let held = json!({"type": "object", "enum": [looks_like_a_schema]});
    says(held.clone(), &held);
}

#[test]
fn a_document_of_3_0_stays_as_it_is() {
    let old = json!({
        "type": "number", "nullable": true, "minimum": 0, "exclusiveMinimum": true,
    });
    assert_eq!(schema("3.0.1", old.clone()), old);
}
