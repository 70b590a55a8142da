//! What the generated types of the samples do with values, beside what they say of
//! themselves: presence, defaults, closed objects, alternatives, parts, parameters,
//! statuses.

use aig_api::declared::DeclaredError;
use aig_api::route::Found;
use dropshot::{HttpResponse, HttpResponseError};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::de::value::{Error as Plain, MapDeserializer};
use serde_json::json;

use super::{
    all_of, bodies, defaults, formats, maps, nullable, one_of, parameters, replies, routes,
};

fn refused<T: DeserializeOwned>(value: serde_json::Value) -> String {
    match serde_json::from_value::<T>(value.clone()) {
        Ok(_) => panic!("{value} was taken"),
        Err(error) => error.to_string(),
    }
}

/// Reads parameters as they arrive: as text.
fn from_texts<T: DeserializeOwned>(texts: &[(&str, &str)]) -> Result<T, String> {
    let texts: MapDeserializer<'_, _, Plain> = MapDeserializer::new(texts.iter().copied());
    T::deserialize(texts).map_err(|error| error.to_string())
}

#[test]
fn null_is_taken_where_the_document_says_so_and_nowhere_else() {
    use nullable::types::Note;
    let note = json!({
        "must": "a", "must_or_null": null, "owner_or_null": null, "list_or_null": null,
        "may_or_null": null,
    });
    let read: Note = serde_json::from_value(note.clone()).expect("a note");
    assert_eq!(read.may_or_null, Some(None));
    assert_eq!(read.owner_may_or_null, None);
    for (member, word) in [("must", "expected a string"), ("may", "expected a string")] {
        let mut note = note.clone();
        note[member] = json!(null);
        assert!(refused::<Note>(note).contains(word), "{member}");
    }
    let mut note = note;
    note.as_object_mut()
        .expect("an object")
        .remove("must_or_null");
    assert_eq!(refused::<Note>(note), "missing field `must_or_null`");
}

#[test]
fn a_default_is_taken_only_for_what_is_absent() {
    use defaults::types::{Order, Thing, ThingColour};
    let thing: Thing = serde_json::from_value(json!({"always": "a"})).expect("a thing");
    assert!(thing.flag);
    assert_eq!(thing.count.get(), 3);
    assert_eq!(thing.order, Order::Desc);
    assert_eq!(thing.colour, ThingColour::Red);
    assert_eq!(thing.nothing, None);
    assert_eq!(thing.something.map(|value| value.get()), Some(7));
    assert!(thing.list.is_empty());
    let thing: Thing =
        serde_json::from_value(json!({"always": "a", "something": null})).expect("a thing");
    assert_eq!(thing.something, None);
    assert_eq!(refused::<Thing>(json!({})), "missing field `always`");
    assert!(refused::<Thing>(json!({"always": "a", "flag": null})).contains("null"));
}

#[test]
fn other_members_are_refused_kept_or_passed_over() {
    use maps::types::{Closed, Maps, Open, TypedRest};
    assert!(refused::<Closed>(json!({"only": true, "more": 1})).contains("unknown field `more`"));
    let open: Open = serde_json::from_value(json!({"known": "a", "b": [1]})).expect("open");
    assert_eq!(open.extra["b"], json!([1]));
    assert!(!open.extra.contains_key("known"));
    assert!(refused::<TypedRest>(json!({"other": {"x": "a"}})).contains("expected an integer"));
    let maps = json!({"numbers": {}, "places": {}, "unknown": 1});
    assert!(serde_json::from_value::<Maps>(maps).is_ok());
    let below_zero = json!({"numbers": {"a": -1}, "places": {}});
    assert!(refused::<Maps>(below_zero).starts_with("must be an integer of at least 0"));
}

#[test]
fn the_tag_names_the_alternative_and_its_fault() {
    use one_of::types::{AnswerId, Figure};
    let figure: Figure =
        serde_json::from_value(json!({"kind": "circle", "radius": 2})).expect("a circle");
    assert!(matches!(figure, Figure::Circle(_)));
    assert_eq!(
        refused::<Figure>(json!({"kind": "line"})),
        "`kind` must be one of circle, square, not \"line\""
    );
    assert_eq!(
        refused::<Figure>(json!({})),
        "`kind` must be one of circle, square"
    );
    assert_eq!(
        refused::<Figure>(json!({"kind": "circle", "radius": 0})),
        "must be a number above 0, not 0"
    );
    let id: AnswerId = serde_json::from_value(json!("a")).expect("a name");
    assert!(matches!(id, AnswerId::String(_)));
    assert_eq!(
        refused::<AnswerId>(json!("")),
        "fits none of Integer, String"
    );
}

#[test]
fn parts_are_read_together() {
    use all_of::types::Dog;
    let dog: Dog = serde_json::from_value(json!({
        "name": "Rex", "legs": 4.0, "bark": 1,
        "friend": {"name": "Bo", "legs": null, "bark": 2},
    }))
    .expect("a dog");
    let legs = dog.animal.legs.flatten().map(|legs| legs.get());
    assert_eq!(legs, Some(4));
    let friend = dog.own.friend.expect("a friend");
    assert_eq!(friend.animal.name, "Bo");
    assert_eq!(friend.animal.legs, Some(None));
    assert_eq!(refused::<Dog>(json!({"bark": 1})), "missing field `name`");
}

#[test]
fn a_value_under_a_name_keeps_its_rule() {
    use formats::types::Values;
    assert!(refused::<Values>(json!({"slug": "Upper"})).contains(r"must match ^[a-z]\w*$"));
    assert!(refused::<Values>(json!({"percent": 101})).contains("from 0 to 100"));
    assert!(refused::<Values>(json!({"share": 1})).contains("below 1"));
    assert!(refused::<Values>(json!({"above": 0})).contains("of at least 1"));
    assert!(refused::<Values>(json!({"octet": 256})).contains("from 0 to 255"));
    assert!(refused::<Values>(json!({"uuid": "a"})).contains("UUID"));
}

#[test]
fn parameters_are_read_from_text_and_refused_by_name() {
    use parameters::{GetBookHeaders, GetBookPath, GetBookQuery};
    let id = ("id", "019a8f6e-9d3c-7c51-8a53-3f6e1f0b2a10");
    let query: GetBookQuery =
        from_texts(&[id, ("type", "true"), ("rank", "2.0"), ("x", "y")]).expect("a query");
    assert_eq!(
        (query.type_, query.rank.map(|rank| rank.get())),
        (Some(true), Some(2))
    );
    let refusal = |texts: &[(&str, &str)]| from_texts::<GetBookQuery>(texts).expect_err("refused");
    assert_eq!(refusal(&[]), "missing field `id`");
    assert_eq!(
        refusal(&[id, ("rank", "0")]),
        "rank: must be an integer of at least 1, not 0"
    );
    assert_eq!(
        refusal(&[id, ("type", "yes")]),
        "type: must be true or false, not \"yes\""
    );
    assert_eq!(refusal(&[("id", "a")]), "id: must be a uuid, not \"a\"");
    assert_eq!(
        refusal(&[id, ("watts", "3")]),
        "watts: must be one of 1, 2, not 3"
    );
    let path = from_texts::<GetBookPath>(&[("shelf", "middle"), ("book_id", "1")]);
    assert!(
        path.expect_err("no such shelf")
            .starts_with("shelf: unknown variant `middle`")
    );
    let headers: GetBookHeaders = from_texts(&[("x-count", "1")]).expect("headers");
    assert_eq!(headers.x_count.get(), 1);
}

#[test]
fn absent_parameters_take_their_defaults() {
    use defaults::{PostThingHeaders, PostThingQuery};
    let query: PostThingQuery = from_texts(&[("sure", "true")]).expect("a query");
    assert_eq!(query.page.get(), 1);
    assert_eq!(query.order, defaults::types::Order::Asc);
    let headers: PostThingHeaders = from_texts(&[]).expect("headers");
    assert_eq!(headers.x_mode, "fast");
}

#[test]
fn a_failure_becomes_the_error_that_declares_its_status() {
    use replies::{GetLastJobError, StartJobError, types};
    let failure = || types::Failure {
        message: "no".to_owned(),
    };
    let declared = |status: u16| {
        let status = StatusCode::from_u16(status).expect("a status");
        StartJobError::declared(status, failure())
    };
    assert!(matches!(declared(400), Some(StartJobError::BadRequest(_))));
    assert!(matches!(declared(418), Some(StartJobError::Status418(_))));
    let Some(error @ StartJobError::ClientError(..)) = declared(429) else {
        panic!("the range declares it");
    };
    assert_eq!(error.status_code().as_u16(), 429);
    assert_eq!(json!(error), json!({"message": "no"}));
    assert!(matches!(
        declared(503),
        Some(StartJobError::ServerError(..))
    ));
    assert!(declared(200).is_none());
    let job = types::Job { id: "a".to_owned() };
    let error =
        GetLastJobError::declared(StatusCode::CONFLICT, job).expect("the default declares all");
    assert_eq!(error.status_code().as_u16(), 409);
}

#[test]
fn a_reply_has_the_status_and_the_media_type_of_its_variant() {
    use replies::{ClearJobsReply, StartJobReply, types};
    let answer = |reply: StartJobReply| reply.to_result().expect("a reply");
    let job = types::Job { id: "a".to_owned() };
    assert_eq!(answer(StartJobReply::Created(job.clone())).status(), 201);
    let reply = StartJobReply::Accepted(job);
    assert_eq!(reply.status_code(), 202);
    assert_eq!(answer(reply).headers()["content-type"], "application/json");
    assert_eq!(
        ClearJobsReply::ResetContent
            .to_result()
            .expect("a reply")
            .status(),
        205
    );
    let table = bodies::PutTextOk("a,b".to_owned().into())
        .to_result()
        .expect("a reply");
    assert_eq!(table.headers()["content-type"], "text/csv");
}

#[test]
fn a_literal_beside_a_variable_is_found_and_moved() {
    use routes::Operation;
    let Found::Operation { operation, .. } = Operation::match_path(&Method::POST, "/x/costs/today")
    else {
        panic!("there is such an operation");
    };
    assert_eq!(operation, Operation::PostCostsToday);
    assert_eq!(
        operation.registered("/x/costs/today"),
        "/-literal/-literal/x/costs/today"
    );
    // On the path of the literal, only its own methods count.
    assert_eq!(
        Operation::match_path(&Method::GET, "/x/costs/today"),
        Found::MethodNotAllowed(vec![Method::POST, Method::PATCH])
    );
    assert_eq!(routes::BASE_PATH, "/base/path");
}
