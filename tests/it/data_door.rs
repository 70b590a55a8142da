//! The door of the data plane: who passes, who learns what, what is taken off at the door.

use aig_model::TokenText;
use aig_testkit::{House, Provider, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a chat request with those headers; status, code and body of the answer.
async fn knock(house: &House, gateway: &str, headers: &[(&str, &str)]) -> (u16, u64, String) {
    let mut request = house
        .http()
        .post(house.url(gateway, "openai/chat/completions"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body("{}").send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let value: Value = serde_json::from_str(&body).unwrap();
    (
        status,
        value["error"][0]["code"].as_u64().unwrap_or(0),
        body,
    )
}

fn token(value: &str) -> [(&str, &str); 1] {
    [("cf-aig-authorization", value)]
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn an_open_gateway_takes_anybody_and_a_closed_one_a_run_token() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    let house = House::with(&provider).await;
    house.gateway("open", json!({})).await;
    house
        .gateway("closed", json!({"authentication": true}))
        .await;
    let run = bearer(house.another_token("run").await.expose());
    let read = bearer(house.another_token("read,edit").await.expose());

    for (gateway, headers, expected) in [
        ("open", &[][..], 200),
        ("open", &token("Bearer nonsense"), 200),
        ("open", &token(&read), 200),
        ("open", &token(&run), 200),
        ("closed", &token(&run), 200),
        ("closed", &[], 401),
        ("closed", &token(&read), 401),
        ("closed", &token("Bearer nonsense"), 401),
        ("closed", &token("Bearer undefined"), 401),
    ] {
        let (status, code, body) = knock(&house, gateway, headers).await;
        assert_eq!(status, expected, "{gateway} {headers:?}: {body}");
        assert_eq!(code, if expected == 401 { 2009 } else { 0 });
    }
    assert_eq!(
        provider.requests().len(),
        5,
        "who is refused costs the provider nothing"
    );
    // Without the scheme word, as some of Cloudflare's own samples send it.
    let bare = run.trim_start_matches("Bearer ");
    assert_eq!(knock(&house, "closed", &token(bare)).await.0, 200);
}

#[tokio::test]
async fn only_a_token_of_the_account_learns_that_a_gateway_is_absent() {
    let house = House::start().await;
    let other = house.another_account().await;
    let foreign = bearer(house.token_of(other, "read,edit,run").await.expose());
    let own = bearer(house.token());

    let (status, code, _) = knock(&house, "absent", &token(&own)).await;
    assert_eq!((status, code), (400, 2001));
    for headers in [&[][..], &token(&foreign), &token("Bearer nonsense")] {
        let absent = knock(&house, "absent", headers).await;
        let existing = knock(&house, "default", headers).await;
        assert_eq!((absent.0, absent.1), (401, 2009));
        assert_eq!(absent.2, existing.2, "the two must not differ");
    }
}

/// The row that a refusal leaves is the gateway's, so its id would tell that there is one.
#[tokio::test]
async fn headers_do_not_tell_either_that_a_gateway_is_there() {
    let house = House::start().await;
    let mut seen = Vec::new();
    for gateway in ["absent", "default"] {
        let url = house.url(gateway, "openai/chat/completions");
        let answer = house.http().post(url).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let mut names: Vec<_> = answer.headers().keys().map(|n| n.to_string()).collect();
        names.sort();
        seen.push(names);
    }
    assert_eq!(seen[0], seen[1]);
    house.logged("default", 1).await;
}

#[tokio::test]
async fn errors_have_the_shape_that_clients_branch_on() {
    let house = House::start().await;
    let (_, _, body) = knock(&house, "absent", &[("cf-aig-authorization", house.token())]).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["success"], &body["name"]),
        (&json!(false), &json!("AiGatewayError"))
    );
    assert_eq!(
        (&body["internalCode"], &body["httpCode"]),
        (&json!(2001), &json!(400))
    );
    assert!(body.get("errors").is_none(), "the plural is the API host's");
}

/// How many rows for the account's `default` stand in the file.
fn written_defaults(house: &House) -> u32 {
    let config = rusqlite::Connection::open(house.directory().join("config.db")).unwrap();
    config
        .query_row(
            "SELECT count(*) FROM gateway WHERE account_id = ?1 AND gateway_id = 'default'",
            [house.account().to_string()],
            |row| row.get(0),
        )
        .unwrap()
}

#[tokio::test]
async fn the_default_gateway_is_written_at_its_first_use() {
    let provider = Provider::start().await;
    provider.always_answers(200, &[("content-type", "application/json")], "{}");
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    assert_eq!(knock(&house, "g", &[]).await.0, 200);
    // A refused request is no use of it, and neither is looking at it.
    assert_eq!(knock(&house, "default", &[]).await.0, 401);
    house.logged("default", 1).await;
    assert_eq!(written_defaults(&house), 0, "nobody has used it yet");

    let own = bearer(house.token());
    for _ in 0..2 {
        let answer = knock(&house, "default", &[("cf-aig-authorization", &own)]).await;
        assert_eq!(answer.0, 200);
    }
    eventually("the row of the default gateway", async || {
        (written_defaults(&house) == 1).then_some(())
    })
    .await;
    let rows = house.logged("default", 3).await;
    assert_eq!(rows[0]["status_code"], 200);
}

#[tokio::test]
async fn a_new_gateway_works_at_once_and_a_deleted_one_no_more() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    for _ in 0..5 {
        house.gateway("g", json!({})).await;
        provider.answers(200, &[("content-type", "application/json")], "{}");
        assert_eq!(knock(&house, "g", &[]).await.0, 200);
        let url = house.gateways_url("/g");
        house
            .http()
            .delete(url)
            .bearer_auth(house.token())
            .send()
            .await
            .unwrap();
        assert_eq!(knock(&house, "g", &[]).await.0, 401);
    }
}

#[tokio::test]
async fn the_gateways_token_never_reaches_a_provider() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    let token = house.token().to_owned();
    for (path, headers) in [
        ("openai/x", vec![("cf-aig-authorization", bearer(&token))]),
        ("openai/x", vec![("authorization", bearer(&token))]),
        ("anthropic/v1/messages", vec![("x-api-key", token.clone())]),
        (
            "anthropic/v1/messages",
            vec![
                ("authorization", bearer(&token)),
                ("x-api-key", token.clone()),
            ],
        ),
        // Another house's token, or one that was revoked, beside the good one.
        (
            "openai/x",
            vec![
                ("cf-aig-authorization", bearer(&token)),
                (
                    "authorization",
                    bearer(TokenText::from_random([8; 32]).expose()),
                ),
            ],
        ),
    ] {
        provider.answers(200, &[("content-type", "application/json")], "{}");
        let mut request = house.http().post(house.url("g", path));
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        assert_eq!(
            request.body("{}").send().await.unwrap().status(),
            200,
            "{headers:?}"
        );
        let received = provider.next_request().await;
        let head = String::from_utf8_lossy(&received.head);
        assert!(!head.contains("aig_"), "{head}");
    }
}

#[tokio::test]
async fn a_providers_key_passes_and_an_empty_one_does_not() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    provider.answers(200, &[("content-type", "application/json")], "{}");
    let request = house
        .http()
        .post(house.url("g", "anthropic/v1/messages"))
        .header("cf-aig-authorization", bearer(house.token()))
        .header("authorization", "Bearer sk-provider")
        .header("x-api-key", "");
    request.body("{}").send().await.unwrap();
    let received = provider.next_request().await;
    assert_eq!(received.header("authorization"), Some("Bearer sk-provider"));
    assert_eq!(received.header("x-api-key"), None);
}

#[tokio::test]
async fn a_07_two_different_tokens_are_refused() {
    let house = House::start().await;
    house.gateway("g", json!({})).await;
    let one = bearer(house.token());
    let two = bearer(house.another_token("run").await.expose());
    let headers = [("cf-aig-authorization", &*one), ("authorization", &*two)];
    let (status, code, _) = knock(&house, "g", &headers).await;
    assert_eq!((status, code), (400, 7001));
}

#[tokio::test]
async fn unknown_providers_and_other_forms_are_named() {
    let house = House::start().await;
    house.gateway("g", json!({})).await;
    for (path, status, code) in [
        ("g/no-such-provider/chat", 400, 2008),
        ("g/OpenAI/chat", 400, 2008),
        ("g/compat/nothing", 404, 7000),
        ("g", 400, 7001),
        ("g/", 400, 7001),
    ] {
        let url = format!("http://{}/v1/{}/{path}", house.address(), house.account());
        let answer = house.http().post(url).body("[]").send().await.unwrap();
        let seen = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (seen, &body["error"][0]["code"]),
            (status, &json!(code)),
            "{path}"
        );
    }
}

/// Written on the socket by hand: HTTP libraries tidy such paths up before they send them.
#[tokio::test]
async fn paths_that_could_leave_the_providers_own_are_refused() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    for tail in [
        "../x",
        "..",
        "a/../../x",
        "%2e%2e/x",
        "%2E./x",
        ".%2e%2fx",
        "..%2fx",
        "%252e%252e/x",
        "..;/x",
        "..%5cx",
        "./x",
    ] {
        let mut stream = TcpStream::connect(house.address()).await.unwrap();
        let head = format!(
            "GET /v1/{}/g/openai/{tail} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            house.account()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{tail}: {answer}");
        assert!(answer.contains("\"code\":7001"), "{tail}: {answer}");
    }
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn refused_requests_leave_a_row_too() {
    let house = House::start().await;
    house.gateway("g", json!({"authentication": true})).await;
    knock(&house, "g", &[]).await;
    let rows = house.logged("g", 1).await;
    assert_eq!(
        (&rows[0]["status_code"], &rows[0]["outcome"]),
        (&json!(401), &json!("refused"))
    );
    assert_eq!(rows[0]["success"], false);
}

#[tokio::test]
async fn n_08_addresses_that_are_not_allowed_are_not_dialled() {
    let provider = Provider::start().await;
    let house = House::builder().provider(&provider).closed().start().await;
    house.gateway("g", json!({})).await;
    let (status, code, body) = knock(&house, "g", &[]).await;
    assert_eq!((status, code), (400, 2005));
    assert!(body.contains("configuration allows"), "{body}");
    assert!(!body.contains(&provider.address().to_string()), "{body}");
    assert!(provider.requests().is_empty());
    let rows = house.logged("g", 1).await;
    assert_eq!(rows[0]["outcome"], "unanswered");
}
