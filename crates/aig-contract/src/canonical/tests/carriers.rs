//! What dropshot cannot say comes back from where it was carried, and a carrier
//! cannot say more than that.

use serde_json::json;

use super::super::{
    DECLARED_DISCRIMINATOR, DECLARED_DOCUMENTATION, DECLARED_PARAMETER, DECLARED_REQUEST_BODY,
    DECLARED_RESPONSES, Emitted, Rule,
};
use super::{GET, assert_alike, contract, emitted, pointers, set};
use crate::RESERVED_SEGMENT;

#[test]
fn declared_responses_replace_the_ranges() {
    let emitted = emitted();
    let parsed = Emitted::parse(&emitted).expect("this could be dropshot's");
    let carried: Vec<_> = parsed
        .carried()
        .iter()
        .map(|one| one.pointer.clone())
        .collect();
    assert_eq!(carried, [format!("{GET}/responses/404")]);
    assert_eq!(parsed.canonical().applied[&Rule::DeclaredResponses], 1);
}

#[test]
fn declared_responses_may_hold_further_successes() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let accepted = json!({"description": "Later."});
    set(
        &mut contract,
        &format!("{GET}/responses/202"),
        accepted.clone(),
    );
    assert_eq!(
        pointers(&contract, &emitted),
        [format!("{GET}/responses/202")]
    );
    let at = "/components/responses/GetThingError/content/application~1json/schema";
    set(
        &mut emitted,
        &format!("{at}/{DECLARED_RESPONSES}/202"),
        accepted,
    );
    assert_alike(&contract, &emitted);
}

#[test]
fn declared_responses_may_hold_ranges_and_a_default() {
    let (mut contract, mut emitted) = (contract(), emitted());
    for status in ["4XX", "5XX", "default"] {
        let other = json!({"description": format!("{status}, whatever it is.")});
        set(
            &mut contract,
            &format!("{GET}/responses/{status}"),
            other.clone(),
        );
        assert_eq!(
            pointers(&contract, &emitted),
            [format!("{GET}/responses/{status}")]
        );
        set(
            &mut emitted,
            &format!("{CARRIER}/{DECLARED_RESPONSES}/{status}"),
            other,
        );
        assert_alike(&contract, &emitted);
    }
}

#[test]
fn declared_responses_may_not_contradict_what_dropshot_says() {
    let mut emitted = emitted();
    let at = format!(
        "/components/responses/GetThingError/content/application~1json/schema/{DECLARED_RESPONSES}"
    );
    set(
        &mut emitted,
        &format!("{at}/200"),
        json!({"description": "A thing."}),
    );
    let refused = Emitted::parse(&emitted).expect_err("two answers for one status");
    assert!(
        refused
            .to_string()
            .contains(&format!("{at}/200: dropshot says this status itself")),
        "{refused}"
    );
}

#[test]
fn declared_responses_may_name_the_type_of_a_free_body() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let at = format!("{GET}/responses/200/content");
    let stream = json!({"text/event-stream": {"schema": {"type": "string"}}});
    set(&mut contract, &at, stream.clone());
    set(&mut emitted, &at, json!({"*/*": {"schema": {}}}));
    let carrier = format!(
        "/components/responses/GetThingError/content/application~1json/schema/{DECLARED_RESPONSES}"
    );
    set(
        &mut emitted,
        &format!("{carrier}/200"),
        json!({"description": "A thing.", "content": stream}),
    );
    assert_alike(&contract, &emitted);
}

#[test]
fn schemas_in_declared_responses_are_reached() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let body = json!({
        "description": "No thing.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Oops"}}},
    });
    set(&mut contract, &format!("{GET}/responses/404"), body.clone());
    set(
        &mut contract,
        "/components/schemas/Oops",
        json!({"type": "string"}),
    );
    let carrier = format!(
        "/components/responses/GetThingError/content/application~1json/schema/{DECLARED_RESPONSES}"
    );
    set(&mut emitted, &format!("{carrier}/404"), body);
    set(
        &mut emitted,
        "/components/schemas/Oops",
        json!({"type": "integer"}),
    );
    assert_eq!(
        pointers(&contract, &emitted),
        ["/components/schemas/Oops/type"]
    );
}

#[test]
fn a_deprecated_parameter_is_restored_and_nothing_else_about_it() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let at = format!("{GET}/parameters");
    let page = json!({"name": "page", "in": "query", "schema": {"type": "integer"}});
    for document in [&mut contract, &mut emitted] {
        set(document, &format!("{at}/-"), page.clone());
    }
    set(&mut contract, &format!("{at}/1/deprecated"), json!(true));
    assert_eq!(
        pointers(&contract, &emitted),
        [format!("{at}/{{query:page}}/deprecated")]
    );
    let carrier = format!("{at}/1/schema/{DECLARED_PARAMETER}");
    set(&mut emitted, &carrier, json!({"deprecated": true}));
    assert_alike(&contract, &emitted);

    set(&mut emitted, &format!("{carrier}/required"), json!(true));
    let refused = Emitted::parse(&emitted).expect_err("a carrier must not say what dropshot says");
    assert!(
        refused
            .to_string()
            .contains(&format!("{carrier}/required: may hold only"))
    );
}

const CARRIER: &str = "/components/responses/GetThingError/content/application~1json/schema";

#[test]
fn a_discriminator_is_restored_beside_its_alternatives() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let at = "/components/schemas/Thing/properties/more";
    let choice = json!({"oneOf": [{"type": "object"}]});
    let discriminator = json!({"propertyName": "kind"});
    for document in [&mut contract, &mut emitted] {
        set(document, at, choice.clone());
    }
    set(
        &mut contract,
        &format!("{at}/discriminator"),
        discriminator.clone(),
    );
    assert_eq!(
        pointers(&contract, &emitted),
        [format!("{at}/discriminator")]
    );
    let carrier = format!("{at}/{DECLARED_DISCRIMINATOR}");
    set(&mut emitted, &carrier, discriminator);
    assert_alike(&contract, &emitted);

    set(&mut emitted, &carrier, json!({"propertyName": "sort"}));
    assert_eq!(
        pointers(&contract, &emitted),
        [format!("{at}/discriminator")]
    );

    let lonely = json!({DECLARED_DISCRIMINATOR: {"propertyName": "kind"}});
    set(&mut emitted, at, lonely);
    let refused = Emitted::parse(&emitted).expect_err("there is nothing to tell apart");
    assert!(refused.to_string().contains("no alternatives"), "{refused}");
}

#[test]
fn a_request_body_that_is_not_json_is_named_by_its_carrier() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let body =
        |media: &str| json!({"required": true, "content": {media: {"schema": {"type": "string"}}}});
    set(
        &mut contract,
        &format!("{GET}/requestBody"),
        body("text/csv"),
    );
    set(
        &mut emitted,
        &format!("{CARRIER}/{DECLARED_REQUEST_BODY}"),
        body("text/csv"),
    );
    set(
        &mut emitted,
        &format!("{GET}/requestBody"),
        body("application/octet-stream"),
    );
    assert_alike(&contract, &emitted);
    let parsed = Emitted::parse(&emitted).expect("this could be dropshot's");
    assert!(
        parsed
            .carried()
            .iter()
            .any(|one| one.pointer == format!("{GET}/requestBody"))
    );

    set(
        &mut emitted,
        &format!("{GET}/requestBody"),
        body("application/json"),
    );
    let refused = Emitted::parse(&emitted).expect_err("dropshot can say this itself");
    assert!(
        refused
            .to_string()
            .contains("dropshot says what this body holds"),
        "{refused}"
    );
}

#[test]
fn documentation_may_be_arranged_by_its_carrier_and_not_reworded() {
    let (mut contract, mut emitted) = (contract(), emitted());
    let words = json!({"summary": "Get", "description": "A thing.\n\n- one\n- two"});
    for (key, text) in words.as_object().expect("is an object") {
        set(&mut contract, &format!("{GET}/{key}"), text.clone());
    }
    set(&mut emitted, &format!("{GET}/summary"), json!("Get"));
    set(
        &mut emitted,
        &format!("{GET}/description"),
        json!("A thing.\n\n- one - two"),
    );
    assert_eq!(
        pointers(&contract, &emitted),
        [format!("{GET}/description")]
    );
    set(
        &mut emitted,
        &format!("{CARRIER}/{DECLARED_DOCUMENTATION}"),
        words,
    );
    assert_alike(&contract, &emitted);

    set(
        &mut emitted,
        &format!("{GET}/description"),
        json!("Another thing.\n\n- one - two"),
    );
    let refused = Emitted::parse(&emitted).expect_err("these are other words");
    assert!(
        refused
            .to_string()
            .contains("not the words that dropshot says"),
        "{refused}"
    );
}

#[test]
fn a_path_under_the_reserved_segment_is_mapped_back() {
    let (mut contract, mut emitted) = (contract(), emitted());
    for (document, path) in [
        (&mut contract, "/things/costs".to_owned()),
        (
            &mut emitted,
            format!("/{RESERVED_SEGMENT}/{RESERVED_SEGMENT}/things/costs"),
        ),
    ] {
        let mut item = document["paths"]["/things/{id}"].clone();
        item["get"]["parameters"] = json!([]);
        document["paths"][path] = item;
    }
    assert_alike(&contract, &emitted);

    let item = emitted["paths"]["/things/{id}"].clone();
    emitted["paths"]["/things/costs"] = item;
    let refused = Emitted::parse(&emitted).expect_err("two paths for one");
    assert!(
        refused
            .to_string()
            .contains("stands for /things/costs, which is there already")
    );
}
