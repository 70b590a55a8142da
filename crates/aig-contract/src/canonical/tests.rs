//! One test per rule: what it makes alike, and what it leaves different. What
//! travels in carriers and what is refused have files of their own.

mod carriers;
mod defaults;
mod refusals;

use serde_json::{Value, json};

use super::{Contract, DECLARED_RESPONSES, Emitted, Rule};
use crate::diff::{self, Difference};
use crate::source::Sources;

/// A contract with one operation, `GET /things/{id}`.
fn contract() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0"},
        "paths": {"/things/{id}": {"get": {
            "operationId": "getThing",
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            ],
            "responses": {
                "200": {
                    "description": "A thing.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
                "404": {"description": "No thing."},
            },
        }}},
        "components": {"schemas": {"Thing": {
            "type": "object",
            "properties": {"size": {"type": "integer", "minimum": 0}},
        }}},
    })
}

/// The same as dropshot prints it.
fn emitted() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {"/things/{id}": {"get": {
            "operationId": "getThing",
            "parameters": [
                {"in": "path", "name": "id", "required": true, "schema": {"type": "string"}},
            ],
            "responses": {
                "200": {
                    "description": "A thing.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
                "4XX": {"$ref": "#/components/responses/GetThingError"},
                "5XX": {"$ref": "#/components/responses/GetThingError"},
            },
        }}},
        "components": {
            "schemas": {"Thing": {
                "type": "object",
                "properties": {"size": {"type": "integer", "minimum": 0}},
            }},
            "responses": {"GetThingError": {
                "description": "GetThingError",
                "content": {"application/json": {"schema": {
                    DECLARED_RESPONSES: {"404": {"description": "No thing."}},
                }}},
            }},
        },
    })
}

const GET: &str = "/paths/~1things~1{id}/get";

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer has steps");
    let key = key.replace("~1", "/");
    let holder = document.pointer_mut(holder).expect("the holder is there");
    match holder {
        Value::Array(items) => items.push(value),
        holder => holder[key] = value,
    }
}

fn differences(contract: &Value, emitted: &Value) -> Vec<Difference> {
    let contract = Contract::parse(contract).expect("this is a contract");
    let emitted = Emitted::parse(emitted).expect("this could be dropshot's");
    diff::compare(&contract, &emitted, &Sources::default()).differences
}

fn pointers(contract: &Value, emitted: &Value) -> Vec<String> {
    differences(contract, emitted)
        .into_iter()
        .map(|difference| difference.pointer)
        .collect()
}

#[track_caller]
fn assert_alike(contract: &Value, emitted: &Value) {
    assert_eq!(differences(contract, emitted), []);
}

fn uses(document: &Value, rule: Rule) -> usize {
    let contract = Contract::parse(document).expect("this is a contract");
    contract
        .canonical()
        .applied
        .get(&rule)
        .copied()
        .unwrap_or(0)
}

#[test]
fn the_two_samples_are_equal() {
    assert_alike(&contract(), &emitted());
}

#[test]
fn rules_have_their_own_names_and_reasons() {
    for rule in Rule::ALL {
        assert!(!rule.reason().is_empty());
        let namesakes = Rule::ALL.iter().filter(|other| other.name() == rule.name());
        assert_eq!(namesakes.count(), 1, "{}", rule.name());
    }
}

#[test]
fn references_are_resolved_for_parameters_responses_and_bodies() {
    let mut shared = contract();
    let at = format!("{GET}/parameters");
    let parameter = shared.pointer(&at).expect("there are parameters")[0].clone();
    set(
        &mut shared,
        &at,
        json!([{"$ref": "#/components/parameters/Id"}]),
    );
    shared["components"]["parameters"] = json!({"Id": parameter});
    let response = shared.pointer(&format!("{GET}/responses/404")).cloned();
    set(
        &mut shared,
        &format!("{GET}/responses/404"),
        json!({"$ref": "#/components/responses/Gone"}),
    );
    shared["components"]["responses"] = json!({"Gone": response});
    assert_alike(&shared, &emitted());
    assert_eq!(uses(&shared, Rule::ReferencesResolved), 2);

    shared["components"]["parameters"]["Id"]["schema"]["type"] = json!("integer");
    assert_eq!(
        pointers(&shared, &emitted()),
        [format!("{GET}/parameters/{{path:id}}/schema/type")]
    );
}

#[test]
fn schemas_keep_their_names() {
    let mut inline = emitted();
    let thing = inline["components"]["schemas"]["Thing"].clone();
    let at = format!("{GET}/responses/200/content/application~1json/schema");
    set(&mut inline, &at, thing);
    assert_eq!(pointers(&contract(), &inline), [at]);
}

#[test]
fn schemas_may_contain_themselves() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let at = "/components/schemas/Thing/properties/inner";
    for document in [&mut contract, &mut emitted] {
        set(document, at, json!({"$ref": "#/components/schemas/Thing"}));
    }
    assert_alike(&contract, &emitted);
}

#[test]
fn parameters_of_the_path_belong_to_its_operations() {
    let mut shared = contract();
    let item = &mut shared["paths"]["/things/{id}"];
    item["parameters"] = item["get"]["parameters"].take();
    item["get"]
        .as_object_mut()
        .expect("is an object")
        .remove("parameters");
    assert_alike(&shared, &emitted());
    assert_eq!(uses(&shared, Rule::ParametersKeyed), 1);
}

#[test]
fn parameters_of_the_operation_win() {
    let mut shared = contract();
    let item = &mut shared["paths"]["/things/{id}"];
    item["parameters"] = json!([
        {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
    ]);
    assert_alike(&shared, &emitted());
}

#[test]
fn the_order_of_parameters_means_nothing_and_their_place_does() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let page = json!({"name": "page", "in": "query", "schema": {"type": "integer"}});
    let at = format!("{GET}/parameters");
    set(&mut contract, &format!("{at}/-"), page.clone());
    let id = emitted.pointer(&at).expect("there are parameters")[0].clone();
    set(&mut emitted, &at, json!([page, id]));
    assert_alike(&contract, &emitted);

    set(&mut emitted, &format!("{at}/0/in"), json!("header"));
    assert_eq!(
        pointers(&contract, &emitted),
        [
            format!("{at}/{{header:page}}"),
            format!("{at}/{{query:page}}")
        ]
    );
}

#[test]
fn annotations_are_dropped_where_they_annotate() {
    let mut noted = contract();
    set(&mut noted, &format!("{GET}/x-note"), json!(1));
    set(
        &mut noted,
        &format!("{GET}/externalDocs"),
        json!({"url": "https://example.com"}),
    );
    let thing = "/components/schemas/Thing";
    for (key, value) in [("title", "A"), ("example", "B"), ("x-more", "C")] {
        set(&mut noted, &format!("{thing}/{key}"), json!(value));
    }
    set(
        &mut noted,
        &format!("{GET}/responses/200/content/application~1json/examples"),
        json!({}),
    );
    assert_alike(&noted, &emitted());
    assert_eq!(uses(&noted, Rule::AnnotationsDropped), 6);
}

#[test]
fn properties_called_like_annotations_are_kept() {
    let mut noted = contract();
    for name in ["title", "example", "x-more", "externalDocs", "required"] {
        let at = format!("/components/schemas/Thing/properties/{name}");
        set(&mut noted, &at, json!({"type": "string"}));
    }
    assert_eq!(pointers(&noted, &emitted()).len(), 5);
}

#[test]
fn the_document_level_is_dropped_but_for_title_and_tags() {
    let mut secured = contract();
    secured["servers"] = json!([{"url": "https://example.com"}]);
    secured["security"] = json!([{"token": []}]);
    secured["info"]["description"] = json!("Many things.");
    secured["components"]["securitySchemes"] =
        json!({"token": {"type": "http", "scheme": "bearer"}});
    set(&mut secured, &format!("{GET}/security"), json!([]));
    assert_alike(&secured, &emitted());

    secured["info"]["title"] = json!("Other things");
    secured["tags"] = json!([{"name": "Things"}]);
    assert_eq!(
        pointers(&secured, &emitted()),
        ["/info/title", "/tags/{Things}"]
    );
}

#[test]
fn homeless_prose_is_dropped_and_no_other() {
    let mut prose = contract();
    prose["paths"]["/things/{id}"]["description"] = json!("One thing.");
    prose["paths"]["/things/{id}"]["summary"] = json!("Thing");
    assert_alike(&prose, &emitted());
    assert_eq!(uses(&prose, Rule::HomelessProseDropped), 2);

    for at in [
        format!("{GET}/description"),
        format!("{GET}/summary"),
        format!("{GET}/parameters/0/description"),
        format!("{GET}/responses/200/description"),
        format!("{GET}/responses/404/description"),
        "/components/schemas/Thing/description".to_owned(),
        "/components/schemas/Thing/properties/size/description".to_owned(),
    ] {
        let mut prose = contract();
        set(&mut prose, &at, json!("Other words."));
        let expected = at.replace("/parameters/0", "/parameters/{path:id}");
        assert_eq!(pointers(&prose, &emitted()), [expected]);
    }
}

#[test]
fn sets_have_no_order_and_lists_have() {
    let schema = |first: &str, second: &str| {
        json!({
            "type": "object",
            "required": [first, second],
            "enum": [{"a": first}, {"a": second}],
            "oneOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Other"}],
        })
    };
    let (mut contract, mut emitted) = (contract(), emitted());
    for document in [&mut contract, &mut emitted] {
        set(
            document,
            "/components/schemas/Other",
            json!({"type": "string"}),
        );
    }
    let at = "/components/schemas/Thing/properties/more";
    set(&mut contract, at, schema("a", "b"));
    let mut turned = schema("b", "a");
    turned["oneOf"]
        .as_array_mut()
        .expect("is an array")
        .reverse();
    set(&mut emitted, at, turned);
    assert_alike(&contract, &emitted);

    set(&mut contract, &format!("{at}/default"), json!(["a", "b"]));
    set(&mut emitted, &format!("{at}/default"), json!(["b", "a"]));
    set(
        &mut contract,
        &format!("{at}/oneOf"),
        json!([{"type": "string"}, {"type": "integer"}]),
    );
    set(
        &mut emitted,
        &format!("{at}/oneOf"),
        json!([{"type": "integer"}, {"type": "string"}]),
    );
    assert_eq!(
        pointers(&contract, &emitted),
        [
            format!("{at}/default"),
            format!("{at}/oneOf/00/type"),
            format!("{at}/oneOf/01/type")
        ]
    );
}

#[test]
fn whole_numbers_are_one_kind() {
    let mut printed = emitted();
    set(
        &mut printed,
        "/components/schemas/Thing/properties/size/minimum",
        json!(0.0),
    );
    assert_alike(&contract(), &printed);
    set(
        &mut printed,
        "/components/schemas/Thing/properties/size/minimum",
        json!(0.5),
    );
    assert_eq!(
        pointers(&contract(), &printed),
        ["/components/schemas/Thing/properties/size/minimum"]
    );
}

#[test]
fn only_schemas_that_an_operation_reaches_are_compared() {
    let mut more = contract();
    set(
        &mut more,
        "/components/schemas/Unused",
        json!({"type": "string"}),
    );
    assert_alike(&more, &emitted());
    assert_eq!(uses(&more, Rule::ReachableSchemas), 1);
}

#[test]
fn what_no_rule_names_is_compared() {
    let mut strange = contract();
    strange["webhooks"] = json!({"thing": {}});
    set(
        &mut strange,
        &format!("{GET}/callbacks"),
        json!({"later": {}}),
    );
    set(
        &mut strange,
        "/components/schemas/Thing/xml",
        json!({"name": "thing"}),
    );
    assert_eq!(
        pointers(&strange, &emitted()),
        [
            "/components/schemas/Thing/xml".to_owned(),
            format!("{GET}/callbacks"),
            "/webhooks".to_owned(),
        ]
    );
}
