//! Each kind of narrowing is caught, each kind of extension passes, and the list
//! of exceptions cannot outlive its causes.

use serde_json::{Value, json};

use super::{Exceptions, Problem, compare};
use crate::canonical::Contract;
use crate::document::SourceFile;
use crate::source::Sources;

const PUT: &str = "/paths/~1things~1{id}/put";
const INPUT: &str = "/components/schemas/Input";
const THING: &str = "/components/schemas/Thing";

fn base() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{id}": {"put": {
            "operationId": "putThing",
            "parameters": [
                {"in": "path", "name": "id", "required": true, "schema": {"type": "string"}},
                {"in": "query", "name": "dry", "schema": {"type": "boolean"}},
            ],
            "requestBody": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}},
            },
            "responses": {
                "200": {
                    "description": "Done.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
                "401": {"description": "Who are you?"},
            },
        }}},
        "components": {"schemas": {
            "Input": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "size": {"type": "integer", "maximum": 9},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "size": {"type": "integer"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                },
            },
        }},
    })
}

/// The base with one member set, or removed.
fn edited(pointer: &str, value: Option<Value>) -> Value {
    let mut document = base();
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer has steps");
    let key = crate::pointer::unescape(key);
    match (
        document.pointer_mut(holder).expect("the holder is there"),
        value,
    ) {
        (Value::Object(members), Some(value)) => {
            members.insert(key, value);
        }
        (Value::Object(members), None) => {
            members.remove(&key).expect("there is something to remove");
        }
        (Value::Array(items), Some(value)) => items.push(value),
        (Value::Array(items), None) => {
            items.remove(key.parse().expect("an index"));
        }
        (leaf, _) => panic!("{leaf} holds nothing"),
    }
    document
}

fn problems(effective: &Value, exceptions: &Exceptions) -> Vec<Problem> {
    let contract = |document| Contract::parse(document).expect("this is a contract");
    compare(
        &contract(&base()),
        &contract(effective),
        exceptions,
        &Sources::default(),
    )
}

fn exceptions(text: &str) -> Result<Exceptions, Vec<Problem>> {
    Exceptions::read(&SourceFile {
        path: "spec/exceptions.yml".to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn a_document_stands_on_itself() {
    assert_eq!(problems(&base(), &Exceptions::default()), []);
}

#[test]
fn narrowings_of_requests_are_caught() {
    let field = json!({"in": "query", "name": "why", "required": true, "schema": {}});
    for (at, value) in [
        (format!("{INPUT}/properties/name/minLength"), Some(json!(1))),
        (
            format!("{INPUT}/properties/name/pattern"),
            Some(json!("^a")),
        ),
        (
            format!("{INPUT}/properties/name/format"),
            Some(json!("uuid")),
        ),
        (format!("{INPUT}/properties/size/minimum"), Some(json!(0))),
        (format!("{INPUT}/properties/size/maximum"), Some(json!(8))),
        (
            format!("{INPUT}/properties/size/type"),
            Some(json!("string")),
        ),
        (format!("{INPUT}/properties/kind/enum/1"), None),
        (format!("{INPUT}/properties/size"), None),
        (format!("{INPUT}/required/1"), Some(json!("size"))),
        (format!("{INPUT}/additionalProperties"), Some(json!(false))),
        (format!("{PUT}/parameters/-"), Some(field)),
        (format!("{PUT}/parameters/1"), None),
        (format!("{PUT}/parameters/1/required"), Some(json!(true))),
        (
            format!("{PUT}/parameters/1/schema/type"),
            Some(json!("integer")),
        ),
        (format!("{PUT}/requestBody/required"), Some(json!(true))),
        (format!("{PUT}/requestBody"), None),
        (format!("{PUT}/requestBody/content/application~1json"), None),
        (PUT.to_owned(), None),
        ("/paths/~1things~1{id}".to_owned(), None),
    ] {
        let found = problems(&edited(&at, value), &Exceptions::default());
        assert!(
            matches!(found.as_slice(), [Problem::Narrowed(_)]),
            "{at}: {found:?}"
        );
    }
}

#[test]
fn broken_promises_of_responses_are_caught() {
    for (at, value) in [
        (
            format!("{THING}/properties/name/nullable"),
            Some(json!(true)),
        ),
        (
            format!("{THING}/properties/size/type"),
            Some(json!("number")),
        ),
        (format!("{THING}/properties/kind/enum/-"), Some(json!("c"))),
        (format!("{THING}/properties/kind/enum"), None),
        (format!("{THING}/properties/size"), None),
        (format!("{THING}/required"), None),
        (format!("{PUT}/responses/200"), None),
        (
            format!("{PUT}/responses/200/content/application~1json"),
            None,
        ),
        (format!("{PUT}/responses/401"), None),
        (
            format!("{PUT}/responses/204"),
            Some(json!({"description": "Nothing."})),
        ),
    ] {
        let found = problems(&edited(&at, value), &Exceptions::default());
        assert!(
            matches!(found.as_slice(), [Problem::Narrowed(_)]),
            "{at}: {found:?}"
        );
    }
}

#[test]
fn extensions_pass() {
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    for (at, value) in [
        (format!("{INPUT}/required"), None),
        (
            format!("{INPUT}/properties/name/nullable"),
            Some(json!(true)),
        ),
        (format!("{INPUT}/properties/size/maximum"), None),
        (
            format!("{INPUT}/properties/size/type"),
            Some(json!("number")),
        ),
        (format!("{INPUT}/properties/kind/enum/-"), Some(json!("c"))),
        (
            format!("{INPUT}/properties/colour"),
            Some(json!({"type": "string"})),
        ),
        (format!("{INPUT}/properties/size/default"), Some(json!(1))),
        (format!("{INPUT}/description"), Some(json!("What to put."))),
        (
            format!("{PUT}/parameters/-"),
            Some(json!({"in": "query", "name": "why", "schema": {}})),
        ),
        (format!("{THING}/required/-"), Some(json!("size"))),
        (
            format!("{THING}/properties/colour"),
            Some(json!({"type": "string"})),
        ),
        (format!("{THING}/properties/size/minimum"), Some(json!(0))),
        (format!("{THING}/properties/kind/enum/1"), None),
        (
            format!("{PUT}/responses/409"),
            Some(json!({"description": "Taken."})),
        ),
        (
            format!("{PUT}/responses/5XX"),
            Some(json!({"description": "Oh."})),
        ),
        (
            format!("{PUT}/responses/default"),
            Some(json!({"description": "Oh."})),
        ),
        (
            format!("{PUT}/responses/401/content"),
            Some(json!({"application/json": {"schema": thing}})),
        ),
        (format!("{PUT}/summary"), Some(json!("Put"))),
        (
            "/paths/~1other".to_owned(),
            Some(json!({"get": {"responses": {}}})),
        ),
    ] {
        let found = problems(&edited(&at, value), &Exceptions::default());
        assert_eq!(found, [], "{at}");
    }
}

#[test]
fn another_name_for_a_path_parameter_passes() {
    let mut renamed = base();
    let mut item = renamed["paths"]["/things/{id}"].take();
    item["put"]["parameters"][0]["name"] = json!("thing_id");
    renamed["paths"] = json!({"/things/{thing_id}": item});
    assert_eq!(problems(&renamed, &Exceptions::default()), []);
}

#[test]
fn a_reviewed_exception_excuses_its_place_and_no_other() {
    let list = exceptions(&format!(
        "exceptions:\n- pointer: {INPUT}/properties/name/minLength\n  reason: Names are read.\n"
    ))
    .expect("the list is readable");
    let narrower = edited(
        &format!("{INPUT}/properties/name/minLength"),
        Some(json!(1)),
    );
    assert_eq!(problems(&narrower, &list), []);

    let mut worse = narrower;
    worse["components"]["schemas"]["Input"]["properties"]["name"]["maxLength"] = json!(9);
    let found = problems(&worse, &list);
    assert!(matches!(found.as_slice(), [Problem::Narrowed(difference)]
        if difference.pointer == format!("{INPUT}/properties/name/maxLength")));
}

#[test]
fn a_stale_exception_is_a_problem_with_its_line() {
    let list = exceptions(
        "# Reviewed.\nexceptions:\n- pointer: /paths/~1gone\n  reason: It was so once.\n",
    )
    .expect("the list is readable");
    let found = problems(&base(), &list);
    let [problem @ Problem::Stale(_)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(
        problem
            .to_string()
            .starts_with("spec/exceptions.yml:3: /paths/~1gone: this exception excuses nothing"),
        "{problem}"
    );
}

#[test]
fn a_narrowing_is_told_with_line_and_both_values() {
    let effective = edited(&format!("{INPUT}/properties/size/maximum"), Some(json!(8)));
    let text = serde_json::to_string_pretty(&effective).expect("prints");
    let sources = Sources::read("spec/overlays/10.yml", &text).expect("JSON is YAML");
    let contract = |document| Contract::parse(document).expect("this is a contract");
    let found = compare(
        &contract(&base()),
        &contract(&effective),
        &Exceptions::default(),
        &sources,
    );
    let line = 1 + text
        .lines()
        .position(|line| line.contains("maximum"))
        .expect("is there");
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [format!(
            "spec/overlays/10.yml:{line}: {INPUT}/properties/size/maximum: this narrows the base, which says 9, to 8; change the overlay, or add the pointer with a reason to the list of exceptions"
        )]
    );
}

#[test]
fn lists_that_cannot_be_reviewed_are_refused() {
    for (text, told) in [
        ("[]", "this must be an object"),
        ("exceptions: none", "`exceptions` must be a list"),
        ("exceptions: []\nmore: 1", "there is no `more` here"),
        ("exceptions:\n- /a", "an exception is an object"),
        (
            "exceptions:\n- pointer: a\n  reason: b",
            "`pointer` must be a JSON pointer",
        ),
        ("exceptions:\n- pointer: /a", "`reason` must say why"),
        (
            "exceptions:\n- pointer: /a\n  reason: ' '",
            "`reason` must say why",
        ),
        (
            "exceptions:\n- pointer: /a\n  reason: b\n  until: c",
            "there is no `until` here",
        ),
        (
            "exceptions:\n- pointer: /a\n  reason: b\n- pointer: /a\n  reason: c",
            "stands in the list already",
        ),
        ("exceptions: [", "not readable"),
    ] {
        let refused = exceptions(text).expect_err(text);
        let shown: Vec<_> = refused.iter().map(ToString::to_string).collect();
        assert!(
            shown.iter().any(|line| line.contains(told)),
            "{text}: {shown:?}"
        );
    }
}
