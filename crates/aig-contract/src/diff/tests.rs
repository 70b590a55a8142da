//! Who breaks: each kind of difference, in requests and in responses.

mod report;

use serde_json::{Value, json};

use super::{Breaks, Change, Difference, Report, compare};
use crate::canonical::{Contract, DECLARED_RESPONSES, Emitted};
use crate::source::Sources;

use Breaks::{Both, Client, Document, Server};

/// A document with `PUT /things`, whose request is one schema and whose response another.
fn contract(request: Value, response: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"put": {
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": request}},
            },
            "responses": {"200": {
                "description": "Done.",
                "content": {"application/json": {"schema": response}},
            }},
        }}},
        "components": {"schemas": {}},
    })
}

/// The same as dropshot prints it.
fn emitted(request: Value, response: Value) -> Value {
    let mut document = contract(request, response);
    let range = json!({"$ref": "#/components/responses/E"});
    let responses = &mut document["paths"]["/things"]["put"]["responses"];
    responses["4XX"] = range.clone();
    responses["5XX"] = range;
    document["components"]["responses"] = json!({"E": {
        "description": "E",
        "content": {"application/json": {"schema": {DECLARED_RESPONSES: {}}}},
    }});
    document
}

fn report(contract: &Value, emitted: &Value) -> Report {
    compare(
        &Contract::parse(contract).expect("this is a contract"),
        &Emitted::parse(emitted).expect("this could be dropshot's"),
        &Sources::default(),
    )
}

#[track_caller]
fn only(report: &Report) -> &Difference {
    let [difference] = report.differences.as_slice() else {
        panic!("one difference is wanted: {report}");
    };
    difference
}

/// Who breaks when the server has `is` where the contract has `was`.
#[track_caller]
fn breaks(was: &Value, is: &Value) -> [Breaks; 3] {
    let none = json!({});
    let one = |pair: (Value, Value)| only(&report(&pair.0, &pair.1)).breaks;
    let request = one((
        contract(was.clone(), none.clone()),
        emitted(is.clone(), none.clone()),
    ));
    let response = one((
        contract(none.clone(), was.clone()),
        emitted(none, is.clone()),
    ));
    let shared = json!({"$ref": "#/components/schemas/Thing"});
    let mut ours = contract(shared.clone(), shared.clone());
    let mut theirs = emitted(shared.clone(), shared);
    ours["components"]["schemas"]["Thing"] = was.clone();
    theirs["components"]["schemas"]["Thing"] = is.clone();
    [request, response, one((ours, theirs))]
}

#[test]
fn fewer_messages_break_requests_and_more_break_responses() {
    let text = json!({"type": "string"});
    for (wide, narrow) in [
        (json!({"type": "number"}), json!({"type": "integer"})),
        (json!({}), text.clone()),
        (
            text.clone(),
            json!({"type": "string", "format": "date-time"}),
        ),
        (text.clone(), json!({"type": "string", "pattern": "^a"})),
        (text.clone(), json!({"type": "string", "minLength": 1})),
        (text.clone(), json!({"type": "string", "enum": ["a"]})),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!({"type": "string", "enum": ["a"]}),
        ),
        (json!({"type": "string", "nullable": true}), text.clone()),
        (json!({"maximum": 9}), json!({"maximum": 8})),
        (json!({"minimum": 1}), json!({"minimum": 2})),
        (json!({"maxItems": 9}), json!({"maxItems": 8})),
        (
            json!({"type": "array"}),
            json!({"type": "array", "uniqueItems": true}),
        ),
        (
            json!({"type": "array"}),
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        (
            json!({"type": "array", "items": {}}),
            json!({"type": "array", "items": text}),
        ),
        (
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": false}),
        ),
        (
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "additionalProperties": false}),
        ),
        (
            json!({"properties": {"a": {}}}),
            json!({"properties": {"a": {}}, "required": ["a"]}),
        ),
        (
            json!({"properties": {"a": {}, "b": {}}, "required": ["a"]}),
            json!({"properties": {"a": {}, "b": {}}, "required": ["a", "b"]}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "array"}]}),
            json!({"oneOf": [{"type": "string"}]}),
        ),
        (
            json!({"allOf": [{"type": "string"}]}),
            json!({"allOf": [{"type": "string"}, {"maxLength": 1}]}),
        ),
        (json!({}), json!({"not": {"type": "string"}})),
        (
            json!({"properties": {"a": {}}}),
            json!({"properties": {"a": {"type": "string"}}}),
        ),
    ] {
        assert_eq!(
            breaks(&wide, &narrow),
            [Client, Server, Both],
            "{wide} to {narrow}"
        );
        assert_eq!(
            breaks(&narrow, &wide),
            [Server, Client, Both],
            "{narrow} to {wide}"
        );
    }
}

#[test]
fn what_overlaps_in_part_breaks_both() {
    for (was, is) in [
        (json!({"type": "string"}), json!({"type": "integer"})),
        (json!({"format": "date"}), json!({"format": "date-time"})),
        (json!({"pattern": "a"}), json!({"pattern": "b"})),
        (
            json!({}),
            json!({"discriminator": {"propertyName": "kind"}}),
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "unheardOf": 1}),
        ),
    ] {
        assert_eq!(breaks(&was, &is), [Both, Both, Both], "{was} to {is}");
    }
}

#[test]
fn fields_are_missed_by_clients_whichever_way_they_go() {
    let (without, with) = (json!({}), json!({"properties": {"a": {"type": "string"}}}));
    assert_eq!(breaks(&with, &without), [Client, Client, Client]);
    assert_eq!(breaks(&without, &with), [Server, Server, Server]);
}

#[test]
fn prose_breaks_nobody() {
    for key in ["description", "deprecated"] {
        let value = if key == "deprecated" {
            json!(true)
        } else {
            json!("Other words.")
        };
        assert_eq!(
            breaks(&json!({}), &json!({key: value})),
            [Document, Document, Document]
        );
    }
}

#[test]
fn a_default_is_a_promise_about_requests() {
    let (one, two) = (json!({"default": 1}), json!({"default": 2}));
    assert_eq!(breaks(&one, &two), [Client, Document, Client]);
    assert_eq!(breaks(&one, &json!({})), [Client, Document, Client]);
    assert_eq!(breaks(&json!({}), &one), [Server, Document, Server]);
}

#[test]
fn another_schema_by_name_is_one_difference() {
    let mut ours = contract(json!({}), json!({"$ref": "#/components/schemas/One"}));
    let mut theirs = emitted(json!({}), json!({"$ref": "#/components/schemas/Two"}));
    ours["components"]["schemas"]["One"] = json!({"type": "object"});
    theirs["components"]["schemas"]["Two"] = json!({"type": "object"});
    let report = report(&ours, &theirs);
    let difference = only(&report);
    assert_eq!(
        difference.pointer,
        "/paths/~1things/put/responses/200/content/application~1json/schema/$ref"
    );
    assert_eq!(difference.breaks, Both);
}

/// Adds a parameter to the one operation of a document.
fn with_parameter(mut document: Value, parameter: Value) -> Value {
    document["paths"]["/things"]["put"]["parameters"] = json!([parameter]);
    document
}

#[test]
fn parameters_break_as_requests() {
    let plain = || contract(json!({}), json!({}));
    let server = || emitted(json!({}), json!({}));
    let page = |required: bool| json!({"in": "query", "name": "page", "required": required, "schema": {"type": "integer"}});
    for (ours, theirs, expected) in [
        (with_parameter(plain(), page(false)), server(), Client),
        (with_parameter(plain(), page(true)), server(), Client),
        (plain(), with_parameter(server(), page(false)), Server),
        (plain(), with_parameter(server(), page(true)), Client),
        (
            with_parameter(plain(), page(false)),
            with_parameter(server(), page(true)),
            Client,
        ),
        (
            with_parameter(plain(), page(true)),
            with_parameter(server(), page(false)),
            Server,
        ),
    ] {
        assert_eq!(only(&report(&ours, &theirs)).breaks, expected);
    }
    let narrower =
        json!({"in": "query", "name": "page", "schema": {"type": "integer", "minimum": 1}});
    let report = report(
        &with_parameter(plain(), page(false)),
        &with_parameter(server(), narrower),
    );
    assert_eq!(only(&report).breaks, Client);
}

#[test]
fn bodies_and_operations_are_offers() {
    let at = |document: &mut Value, edit: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let operation = &mut document["paths"]["/things"]["put"];
        edit(operation.as_object_mut().expect("is an object"));
    };
    let (ours, theirs) = (
        contract(json!({}), json!({})),
        emitted(json!({}), json!({})),
    );

    let mut bodiless = theirs.clone();
    at(&mut bodiless, &|operation| {
        drop(operation.remove("requestBody"))
    });
    assert_eq!(only(&report(&ours, &bodiless)).breaks, Client);

    let mut bodiless = ours.clone();
    at(&mut bodiless, &|operation| {
        drop(operation.remove("requestBody"))
    });
    assert_eq!(
        only(&report(&bodiless, &theirs)).breaks,
        Client,
        "the body is required"
    );

    let mut optional = ours.clone();
    at(&mut optional, &|operation| {
        operation["requestBody"]["required"] = json!(false)
    });
    assert_eq!(only(&report(&optional, &theirs)).breaks, Client);

    let mut more = theirs.clone();
    more["paths"]["/things"]["get"] = more["paths"]["/things"]["put"].clone();
    assert_eq!(only(&report(&ours, &more)).breaks, Server);
    let mut more = ours.clone();
    more["paths"]["/things"]["get"] = more["paths"]["/things"]["put"].clone();
    assert_eq!(only(&report(&more, &theirs)).breaks, Client);
}

#[test]
fn statuses_bodies_and_headers_of_responses() {
    let (ours, theirs) = (
        contract(json!({}), json!({})),
        emitted(json!({}), json!({})),
    );
    let carrier = "/components/responses/E/content/application~1json/schema/x-declared-responses";
    let edited = |document: &Value, pointer: &str, key: &str, value: Value| {
        let mut document = document.clone();
        document.pointer_mut(pointer).expect("is there")[key] = value;
        document
    };
    let responses = "/paths/~1things/put/responses";
    let ok = format!("{responses}/200");
    let conflict = json!({"description": "Taken."});
    let header = json!({"Retry-After": {"schema": {"type": "integer"}}});
    for (ours, theirs, change, breaks) in [
        (
            edited(&ours, responses, "409", conflict.clone()),
            theirs.clone(),
            Change::Missing,
            Client,
        ),
        (
            ours.clone(),
            edited(&theirs, carrier, "409", conflict),
            Change::Added,
            Client,
        ),
        (
            ours.clone(),
            edited(&theirs, &ok, "content", json!({})),
            Change::Missing,
            Client,
        ),
        (
            edited(&ours, &ok, "content", json!({})),
            theirs.clone(),
            Change::Added,
            Server,
        ),
        (
            edited(&ours, &ok, "headers", header.clone()),
            theirs.clone(),
            Change::Missing,
            Client,
        ),
        (
            ours.clone(),
            edited(&theirs, &ok, "headers", header),
            Change::Added,
            Server,
        ),
        (
            ours.clone(),
            edited(&theirs, &ok, "description", json!("Ready.")),
            Change::Changed,
            Document,
        ),
    ] {
        let report = report(&ours, &theirs);
        let difference = only(&report);
        assert_eq!(
            (difference.change, difference.breaks),
            (change, breaks),
            "{difference}"
        );
    }
}

#[test]
fn renamed_path_parameters_are_one_difference_and_what_hangs_below_is_still_compared() {
    let id = |name: &str| json!({"in": "path", "name": name, "required": true, "schema": {"type": "string"}});
    let (mut ours, mut theirs) = (
        contract(json!({}), json!({})),
        emitted(json!({}), json!({})),
    );
    for (document, path, name) in [
        (&mut ours, "/t/{id}/u", "id"),
        (&mut theirs, "/t/{thing}/u", "thing"),
    ] {
        let mut item = document["paths"]["/things"].take();
        item["put"]["parameters"] = json!([id(name)]);
        document["paths"] = json!({path: item});
    }
    let renamed = report(&ours, &theirs);
    let difference = only(&renamed);
    assert_eq!(difference.pointer, "/paths/~1t~1{id}~1u");
    assert_eq!(difference.contract, Some(json!("/t/{id}/u")));
    assert_eq!(difference.server, Some(json!("/t/{thing}/u")));
    assert_eq!(difference.breaks, Document);

    theirs["paths"]["/t/{thing}/u"]["put"]["parameters"][0]["schema"]["type"] = json!("integer");
    let pointers: Vec<_> = report(&ours, &theirs)
        .differences
        .into_iter()
        .map(|difference| difference.pointer)
        .collect();
    assert_eq!(
        pointers,
        [
            "/paths/~1t~1{id}~1u",
            "/paths/~1t~1{id}~1u/put/parameters/{path:id}/schema/type"
        ]
    );
}
