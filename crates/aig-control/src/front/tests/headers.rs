//! Which headers of a caller get past the door, and that no others have any effect.

use http::StatusCode;
use http::header::CONNECTION;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn headers_of_the_front_that_a_caller_sends_have_no_voice() {
    let mut rig = Rig::new().await;
    let (ours, token) = rig.tenant().await;
    let (theirs, _) = rig.tenant().await;
    let their_token = rig.store.instance().list_tokens(theirs).await.unwrap()[0].id;
    let mut plain = request(&token, Method::GET, &gateways(ours), "");
    let expected = rig.send(plain.clone()).await;
    for value in [their_token.to_string(), "x".into()] {
        plain.headers_mut().append(TOKEN, value.parse().unwrap());
        plain.headers_mut().append(SECRET, value.parse().unwrap());
    }
    let connection = format!("{SECRET}, {TOKEN}, content-type");
    plain
        .headers_mut()
        .insert(CONNECTION, connection.parse().unwrap());
    assert_eq!(rig.send(plain).await, expected);
    assert_eq!(expected.status, StatusCode::OK);
}

#[tokio::test]
async fn headers_in_any_number_do_no_harm() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let body = r#"{"id":"x"}"#;
    let mut many = request(&token, Method::POST, &gateways(account), body);
    let headers = many.headers_mut();
    headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
    for number in 0..300 {
        let name: HeaderName = format!("x-{number}").parse().unwrap();
        headers.insert(name, "x".parse().unwrap());
        headers.append(CONTENT_TYPE, "text/plain".parse().unwrap());
    }
    let answer = rig.send(many).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[test]
fn every_header_that_the_contract_declares_is_sent_inside() {
    let not_sent = |contract: &Value| {
        let named = declared_headers(contract);
        let sent = |name: &String| READ_INSIDE.iter().any(|read| read.as_str() == name);
        named
            .into_iter()
            .filter(|name| !sent(name))
            .collect::<Vec<_>>()
    };
    let mut contract = serde_json::from_str(&crate::document("http://x")).unwrap();
    assert_eq!(not_sent(&contract), [""; 0]);
    // One that is planted is found.
    let list = Operation::ListAiGateways.path();
    let parameters = contract["paths"][list]["get"]["parameters"].as_array_mut();
    parameters
        .unwrap()
        .push(json!({"name": "X-New", "in": "header"}));
    assert_eq!(not_sent(&contract), ["x-new"]);
}

/// Names of header parameters anywhere in a contract.
fn declared_headers(contract: &Value) -> Vec<String> {
    match contract {
        Value::Object(members) if contract["in"] == "header" => {
            let name = members.get("name").and_then(Value::as_str);
            name.map(str::to_ascii_lowercase).into_iter().collect()
        }
        Value::Object(members) => members.values().flat_map(declared_headers).collect(),
        Value::Array(items) => items.iter().flat_map(declared_headers).collect(),
        _ => vec![],
    }
}
