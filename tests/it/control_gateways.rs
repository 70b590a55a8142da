//! Gateways over the API: what makes one, what an update keeps, how lists end.

use aig_testkit::{House, Provider};
use http::StatusCode;
use serde_json::{Value, json};

/// A call of the API with the house's token: status and body.
async fn call(
    house: &House,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (StatusCode, Value) {
    let method = method.parse().unwrap();
    let mut request = house
        .http()
        .request(method, house.gateways_url(path))
        .bearer_auth(house.token());
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn create(house: &House, body: Value) -> (StatusCode, Value) {
    call(house, "POST", "", Some(&body)).await
}

async fn update(house: &House, id: &str, body: Value) -> (StatusCode, Value) {
    call(house, "PUT", &format!("/{id}"), Some(&body)).await
}

/// The body of a refusal: its code, its place and its words.
fn refusal((status, body): (StatusCode, Value)) -> (u16, u64, Vec<String>, String) {
    let error = &body["errors"][0];
    let path = error["path"].as_array().map_or(vec![], |path| {
        path.iter()
            .map(|p| p.as_str().unwrap().to_owned())
            .collect()
    });
    (
        status.as_u16(),
        error["code"]
            .as_u64()
            .unwrap_or_else(|| panic!("not refused: {body}")),
        path,
        error["message"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_name_alone_makes_a_gateway() {
    let house = House::start().await;
    let (status, body) = create(&house, json!({"name": "Example Title"})).await;
    assert_eq!(status, 200, "{body}");
    let made = &body["result"];
    assert_eq!(made["id"], "example-title");
    assert_eq!(made["slug"], "example-title");
    assert_eq!(made["name"], "Example Title");
    for off in [
        "cache_enabled",
        "rate_limiting_enabled",
        "authentication",
        "is_default",
    ] {
        assert_eq!(made[off], false, "{off}");
    }
    for on in ["log_enabled", "collect_logs"] {
        assert_eq!(made[on], true, "{on}");
    }
    assert_eq!(
        (&body["errors"], &body["messages"]),
        (&json!([]), &json!([]))
    );
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let (_, got) = call(&house, "GET", "/example-title", None).await;
    assert_eq!(&got["result"], made);
}

#[tokio::test]
async fn an_id_alone_makes_a_gateway_and_wins_over_the_name() {
    let house = House::start().await;
    let (_, body) = create(&house, json!({"id": "chosen"})).await;
    assert_eq!(
        (&body["result"]["id"], &body["result"]["name"]),
        (&json!("chosen"), &json!("chosen"))
    );
    let (_, body) = create(&house, json!({"id": "other", "name": "A Name"})).await;
    assert_eq!(
        (&body["result"]["id"], &body["result"]["name"]),
        (&json!("other"), &json!("A Name"))
    );
}

#[tokio::test]
async fn the_same_name_twice_gets_a_number_and_the_same_id_twice_is_refused() {
    let house = House::start().await;
    for id in ["twin", "twin-2", "twin-3"] {
        let (_, body) = create(&house, json!({"name": "Twin"})).await;
        assert_eq!(body["result"]["id"], id);
    }
    let (status, code, path, _) = refusal(create(&house, json!({"id": "twin"})).await);
    assert_eq!(
        (status, code, path),
        (400, 7001, vec!["body".into(), "id".into()])
    );
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let house = House::start().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"name": "ü".repeat(256)}), "name"),
        (json!({"id": "No Good"}), "id"),
        (json!({"id": "a".repeat(65)}), "id"),
        (json!({"name": "x", "cache_ttl": -1}), "cache_ttl"),
        (
            json!({"name": "x", "cache_ttl": 2_147_483_648_u64}),
            "cache_ttl",
        ),
        (json!({"name": "x", "cache_ttl": 1.5}), "cache_ttl"),
        (json!({"name": "x", "cache_ttl": "10"}), "cache_ttl"),
        (
            json!({"name": "x", "cache_enabled": "true"}),
            "cache_enabled",
        ),
        (
            json!({"name": "x", "cache_enabled": true, "cache_ttl": 0}),
            "cache_ttl",
        ),
        (
            json!({"name": "x", "rate_limiting_enabled": true}),
            "rate_limiting_limit",
        ),
        (
            json!({"name": "x", "log_enabled": true, "collect_logs": false}),
            "collect_logs",
        ),
        (
            json!({"name": "x", "retry_max_attempts": 0}),
            "retry_max_attempts",
        ),
        (
            json!({"name": "x", "retry_max_attempts": 6}),
            "retry_max_attempts",
        ),
        (
            json!({"name": "x", "retry_max_attempts": 2.5}),
            "retry_max_attempts",
        ),
        (json!({"name": "x", "retry_delay": -1}), "retry_delay"),
        (json!({"name": "x", "retry_delay": 60_001}), "retry_delay"),
        (
            json!({"name": "x", "retry_backoff": "jitter"}),
            "retry_backoff",
        ),
        (json!({"name": "x", "retry_backoff": 2}), "retry_backoff"),
        (
            json!({"name": "x", "guardrails": {"prompt": {"S1": "BLOCK"}, "response": {}}}),
            "guardrails",
        ),
        (
            json!({"name": "x", "cache_invalidate_on_update": "yes"}),
            "cache_invalidate_on_update",
        ),
        (
            json!({"name": "x", "rate_limiting_technique": "leaky"}),
            "rate_limiting_technique",
        ),
    ] {
        let (status, code, path, message) = refusal(create(&house, body.clone()).await);
        assert_eq!((status, code), (400, 7001), "{body}: {message}");
        assert_eq!(path, ["body", field], "{body}: {message}");
    }
    let (_, list) = call(&house, "GET", "", None).await;
    assert_eq!(
        list["result_info"]["total_count"], 1,
        "nothing was stored but the default"
    );
}

#[tokio::test]
async fn a_name_has_at_most_255_characters() {
    let house = House::start().await;
    let longest = "ü".repeat(255);
    let (status, body) = create(&house, json!({"id": "x", "name": longest})).await;
    assert_eq!(
        (status.as_u16(), &body["result"]["name"]),
        (200, &json!(longest))
    );
    let longer = json!({"name": "ü".repeat(256)});
    let (status, code, path, message) = refusal(update(&house, "x", longer).await);
    assert_eq!((status, code), (400, 7001));
    assert_eq!(path, ["body", "name"]);
    assert_eq!(message, "name must have 1 to 255 characters, not 256");
    let (_, body) = call(&house, "GET", "/x", None).await;
    assert_eq!(body["result"]["name"], longest);
}

#[tokio::test]
async fn what_real_clients_send_is_taken() {
    let house = House::start().await;
    let body = json!({
        "id": "sdk",
        "cache_invalidate_on_update": false,
        "cache_ttl": null,
        "collect_logs": true,
        "rate_limiting_interval": null,
        "rate_limiting_limit": 0,
        "rate_limiting_technique": "fixed",
        "zdr": false,
        "guardrails": null,
        "workers_ai_billing_mode": "postpaid",
        "a_name_that_nobody_knows": {"x": 1},
    });
    let (status, body) = create(&house, body).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        (
            &body["result"]["cache_ttl"],
            &body["result"]["cache_enabled"]
        ),
        (&json!(0), &json!(false))
    );
    let (status, body) = update(&house, "sdk", json!({"cache_ttl": 10.0})).await;
    assert_eq!(
        (status.as_u16(), &body["result"]["cache_ttl"]),
        (200, &json!(10))
    );
    let (_, body) = update(&house, "sdk", json!({"cache_ttl": 2_147_483_647})).await;
    assert_eq!(body["result"]["cache_ttl"], 2_147_483_647);
}

#[tokio::test]
async fn limits_and_the_cache_take_effect_with_the_answer_that_takes_them() {
    let provider = Provider::start().await;
    let json = [("content-type", "application/json")];
    provider.always_answers(200, &json, "{}");
    let house = House::with(&provider).await;
    let settings = json!({"name": "x", "cache_enabled": true, "cache_invalidate_on_update": true,
        "rate_limiting_limit": 2, "rate_limiting_interval": 86_400,
        "rate_limiting_technique": "sliding"});
    let (_, body) = create(&house, settings).await;
    let made = &body["result"];
    assert_eq!(
        (&made["cache_enabled"], &made["cache_ttl"]),
        (&json!(true), &json!(300))
    );
    assert_eq!(made["rate_limiting_technique"], "sliding");
    assert_eq!(body["messages"], json!([]), "nothing waits");
    let ask = async |body: &'static str| {
        let url = house.url("x", "openai/chat/completions");
        let answer = house.http().post(url).body(body).send().await.unwrap();
        let told = answer.headers().get("cf-aig-cache-status");
        let told = told.map_or("", |told| told.to_str().unwrap()).to_owned();
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        (status, told)
    };
    assert_eq!(ask("1").await, (200, "MISS".into()));
    assert_eq!(ask("1").await, (200, "HIT".into()));
    let (status, _) = update(&house, "x", json!({"name": "y"})).await;
    assert_eq!(status, 200);
    assert_eq!(
        ask("1").await,
        (200, "MISS".into()),
        "the update emptied it"
    );
    assert_eq!(ask("1").await, (200, "HIT".into()));
    assert_eq!(ask("2").await, (429, String::new()));
    let rows = house.logged("x", 5).await;
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["status_code"]),
        (&json!("refused"), &json!(429))
    );
    assert_eq!(
        (&rows[1]["cached"], &rows[2]["cached"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_null_switches_off() {
    let house = House::start().await;
    house
        .gateway("x", json!({"name": "X", "cache_ttl": 60, "rate_limiting_limit": 5, "rate_limiting_interval": 10}))
        .await;
    let (_, body) = update(&house, "x", json!({"log_enabled": false})).await;
    let now = &body["result"];
    assert_eq!(
        (&now["cache_ttl"], &now["name"], &now["collect_logs"]),
        (&json!(60), &json!("X"), &json!(false))
    );
    let (_, body) = update(
        &house,
        "x",
        json!({"cache_ttl": null, "rate_limiting_limit": null}),
    )
    .await;
    let now = &body["result"];
    assert_eq!(
        (&now["cache_enabled"], &now["cache_ttl"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(now["rate_limiting_enabled"], false);
    let (_, body) = update(&house, "x", json!({})).await;
    assert_eq!(body["result"]["name"], "X");
}

/// The three settings of a gateway that are about retries.
fn retries(gateway: &Value) -> Value {
    json!([
        gateway["retry_max_attempts"],
        gateway["retry_delay"],
        gateway["retry_backoff"]
    ])
}

#[tokio::test]
async fn retries_are_set_changed_and_taken_back_one_by_one() {
    let house = House::start().await;
    let unsaid = json!([null, null, null]);
    assert_eq!(retries(&house.gateway("silent", json!({})).await), unsaid);
    let (_, default) = call(&house, "GET", "/default", None).await;
    assert_eq!(retries(&default["result"]), unsaid);

    let said = json!({
        "id": "x", "retry_max_attempts": 5, "retry_delay": 60_000, "retry_backoff": "exponential",
    });
    let (status, body) = create(&house, said).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        retries(&body["result"]),
        json!([5, 60_000, "exponential"]),
        "{body}"
    );
    assert_eq!(body["messages"], json!([]), "it is performed");
    for (change, expected) in [
        (json!({"cache_ttl": 10}), json!([5, 60_000, "exponential"])),
        (
            json!({"retry_max_attempts": 1, "retry_delay": 0}),
            json!([1, 0, "exponential"]),
        ),
        (
            json!({"retry_backoff": null, "retry_delay": 10.0}),
            json!([1, 10, null]),
        ),
        (
            json!({"retry_max_attempts": null, "retry_backoff": "linear"}),
            json!([null, 10, "linear"]),
        ),
        (json!({"retry_delay": null}), json!([null, null, "linear"])),
    ] {
        let (status, body) = update(&house, "x", change.clone()).await;
        assert_eq!(status, 200, "{change}: {body}");
        assert_eq!(retries(&body["result"]), expected, "{change}");
        let (_, read) = call(&house, "GET", "/x", None).await;
        assert_eq!(read["result"], body["result"], "{change}");
    }
    for (field, value) in [
        ("retry_max_attempts", json!(6)),
        ("retry_delay", json!(60_001)),
        ("retry_backoff", json!("Linear")),
    ] {
        let (status, code, path, message) =
            refusal(update(&house, "x", json!({ field: value })).await);
        assert_eq!((status, code), (400, 7001), "{field}: {message}");
        assert_eq!(path, ["body", field], "{message}");
    }
    let (_, after) = call(&house, "GET", "/x", None).await;
    assert_eq!(retries(&after["result"]), json!([null, null, "linear"]));
}

#[tokio::test]
async fn a_restart_keeps_what_was_said_about_retries() {
    let house = House::start().await;
    let said = json!({"retry_max_attempts": 3, "retry_delay": 0, "retry_backoff": "constant"});
    house.gateway("whole", said).await;
    house.gateway("part", json!({"retry_delay": 250})).await;
    let (status, _) = update(&house, "default", json!({"retry_max_attempts": 2})).await;
    assert_eq!(status, 200);
    let directory = house.stop().await;

    let house = House::builder().directory(directory).start().await;
    for (id, expected) in [
        ("whole", json!([3, 0, "constant"])),
        ("part", json!([null, 250, null])),
        ("default", json!([2, null, null])),
    ] {
        let (_, read) = call(&house, "GET", &format!("/{id}"), None).await;
        assert_eq!(retries(&read["result"]), expected, "{id}");
    }
}

#[tokio::test]
async fn an_update_with_a_bad_field_changes_nothing() {
    let house = House::start().await;
    house.gateway("x", json!({"cache_ttl": 60})).await;
    let (_, before) = call(&house, "GET", "/x", None).await;
    let (status, code, path, _) =
        refusal(update(&house, "x", json!({"name": "New", "cache_ttl": -5})).await);
    assert_eq!(
        (status, code, path),
        (400, 7001, vec!["body".into(), "cache_ttl".into()])
    );
    let (_, after) = call(&house, "GET", "/x", None).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn renaming_keeps_the_id() {
    let house = House::start().await;
    house.gateway("stable", json!({"name": "Before"})).await;
    let (_, body) = update(&house, "stable", json!({"name": "After"})).await;
    let now = &body["result"];
    assert_eq!(
        (&now["id"], &now["slug"], &now["name"]),
        (&json!("stable"), &json!("stable"), &json!("After"))
    );
}

#[tokio::test]
async fn off_remembers_its_ttl() {
    let house = House::start().await;
    let made = house
        .gateway("x", json!({"cache_enabled": false, "cache_ttl": 10}))
        .await;
    assert_eq!(
        (&made["cache_enabled"], &made["cache_ttl"]),
        (&json!(false), &json!(10))
    );
    let (_, body) = update(&house, "x", json!({"cache_enabled": true})).await;
    assert_eq!(
        (
            &body["result"]["cache_enabled"],
            &body["result"]["cache_ttl"]
        ),
        (&json!(true), &json!(10))
    );
}

#[tokio::test]
async fn a_deleted_gateway_is_gone_and_answered_once_more() {
    let house = House::start().await;
    let made = house.gateway("x", json!({})).await;
    let (status, body) = call(&house, "DELETE", "/x", None).await;
    assert_eq!((status.as_u16(), &body["result"]), (200, &made));
    for method in ["GET", "DELETE"] {
        let (status, code, ..) = refusal(call(&house, method, "/x", None).await);
        assert_eq!((status, code), (404, 7002), "{method}");
    }
    let (status, code, ..) = refusal(update(&house, "x", json!({})).await);
    assert_eq!((status, code), (404, 7002));
}

#[tokio::test]
async fn the_default_gateway_is_there_from_the_start_and_again_after_deletion() {
    let house = House::start().await;
    let (_, first) = call(&house, "GET", "/default", None).await;
    assert_eq!(
        (
            &first["result"]["is_default"],
            &first["result"]["authentication"]
        ),
        (&json!(true), &json!(true))
    );
    let (_, list) = call(&house, "GET", "", None).await;
    assert_eq!(list["result"][0]["id"], "default");

    let (_, changed) = update(&house, "default", json!({"authentication": false})).await;
    assert_eq!(changed["result"]["authentication"], false);
    let (status, _) = call(&house, "DELETE", "/default", None).await;
    assert_eq!(status, 200);
    let (_, again) = call(&house, "GET", "/default", None).await;
    assert_eq!(again["result"]["authentication"], true);
}

#[tokio::test]
async fn lists_have_pages_that_end() {
    let house = House::start().await;
    for n in 0..5 {
        house.gateway(&format!("g{n}"), json!({})).await;
    }
    let mut seen = Vec::new();
    for page in 1.. {
        let (_, body) = call(&house, "GET", &format!("?page={page}&per_page=2"), None).await;
        assert_eq!(body["result_info"]["total_count"], 6);
        assert_eq!(body["result_info"]["page"], page);
        let ids = body["result"].as_array().unwrap();
        if ids.is_empty() {
            break;
        }
        seen.extend(ids.iter().map(|g| g["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ["default", "g0", "g1", "g2", "g3", "g4"]);

    let (_, clamped) = call(&house, "GET", "?per_page=100000", None).await;
    assert_eq!(clamped["result_info"]["per_page"], 100);
    for query in ["page=0", "page=-62149", "page=x", "per_page=0", "page=1.5"] {
        let name = query.split('=').next().unwrap();
        let (status, code, path, message) =
            refusal(call(&house, "GET", &format!("?{query}"), None).await);
        assert_eq!((status, code), (400, 7001), "{query}");
        assert_eq!(path, ["query", name], "{query}: {message}");
    }
}
