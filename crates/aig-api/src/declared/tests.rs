//! What the carriers hold.

use dropshot::{ClientErrorStatusCode, HttpError};
use schemars::JsonSchema;
use schemars::r#gen::{SchemaGenerator, SchemaSettings};
use serde_json::{Value, json};

use super::{Declared, json as json_reply, native, raw, round_trip};
use crate::wire::{Inline, Number, NumberRule};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only described")]
struct Thing {
    name: String,
}

#[derive(Clone, Copy)]
enum Above {}

impl NumberRule for Above {
    const MIN: Option<f64> = Some(0.5);
    const ABOVE: bool = true;
}

fn printed(declare: impl FnOnce(Declared<'_>) -> Declared<'_>) -> (Value, Vec<String>) {
    let mut generator = SchemaGenerator::new(SchemaSettings::openapi3());
    let schema = declare(Declared::new(&mut generator)).schema();
    let definitions = generator.definitions().keys().cloned().collect();
    (serde_json::to_value(schema).expect("JSON"), definitions)
}

#[test]
fn responses_are_carried_by_status_and_their_schemas_are_shared() {
    let (schema, definitions) = printed(|declared| {
        declared
            .with_body::<Thing>("404", "No thing.", "application/json")
            .without_body("409", "Not now.")
    });
    assert_eq!(
        schema["x-declared-responses"],
        json!({
            "404": {
                "description": "No thing.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            },
            "409": {"description": "Not now."},
        })
    );
    assert_eq!(definitions, ["Thing"]);
}

#[test]
fn a_schema_in_place_speaks_openapi_and_not_json_schema() {
    let (schema, definitions) = printed(|declared| {
        declared
            .with_body::<Number<Above>>("400", "A.", "application/json")
            .with_body::<Inline<Thing>>("404", "B.", "application/json")
    });
    let at = |status: &str| {
        schema["x-declared-responses"][status]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(
        at("400"),
        json!({"type": "number", "minimum": 0.5, "exclusiveMinimum": true})
    );
    assert_eq!(at("404")["properties"]["name"], json!({"type": "string"}));
    assert!(definitions.is_empty(), "{definitions:?}");
}

#[test]
fn what_else_dropshot_cannot_say_travels_beside() {
    let (schema, _) = printed(|declared| {
        declared
            .request_body::<String>("text/plain")
            .documentation(None, Some("a\nb"))
    });
    assert_eq!(
        schema["x-declared-request-body"],
        json!({"required": true, "content": {"text/plain": {"schema": {"type": "string"}}}})
    );
    assert_eq!(
        schema["x-declared-documentation"],
        json!({"description": "a\nb"})
    );
}

#[test]
fn an_error_of_dropshots_keeps_its_form() {
    let error = HttpError::for_client_error(
        Some("Code".to_owned()),
        ClientErrorStatusCode::BAD_REQUEST,
        "what was wrong".to_owned(),
    );
    assert_eq!(
        json!(native(&error)),
        json!({"request_id": "", "error_code": "Code", "message": "what was wrong"})
    );
}

#[test]
fn replies_carry_their_media_type() {
    let reply = json_reply(http::StatusCode::CREATED, &json!({"a": 1})).expect("JSON");
    assert_eq!(reply.status(), 201);
    assert_eq!(reply.headers()["content-type"], "application/json");
    let reply = raw(http::StatusCode::OK, "text/csv", "a,b".to_owned().into()).expect("a reply");
    assert_eq!(reply.headers()["content-type"], "text/csv");
}

#[test]
fn a_round_trip_shows_what_a_type_makes_of_a_value() {
    assert_eq!(round_trip::<Number>(json!(10.0)), Ok(json!(10)));
    assert!(round_trip::<bool>(json!("true")).is_err());
}
