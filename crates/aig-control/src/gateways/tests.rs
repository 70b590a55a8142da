//! The operations on gateways, through the front.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::testing::{Rig, gateways};

#[tokio::test]
async fn a_gateway_lives_from_post_to_delete() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    let one = format!("{list}/example-title");

    let made = rig
        .call(&token, Method::POST, &list, r#"{"name":"Example Title"}"#)
        .await;
    assert_eq!(made.status, StatusCode::OK);
    let expected = json!({
        "result": {
            "id": "example-title", "name": "Example Title", "slug": "example-title",
            "cache_enabled": false, "cache_ttl": 0,
            "rate_limiting_enabled": false, "rate_limiting_limit": 0, "rate_limiting_interval": 0,
            "log_enabled": true, "collect_logs": true,
            "created_at": "1970-01-01T00:00:01Z", "modified_at": "1970-01-01T00:00:01Z",
            "authentication": false, "is_default": false,
            "byok_only": false, "workers_ai_billing_mode": "postpaid",
            "rate_limiting_technique": "fixed", "cache_invalidate_on_update": false,
            "retry_max_attempts": null, "retry_delay": null, "retry_backoff": null, "log_management": null,
            "log_management_strategy": null,
        },
        "success": true, "errors": [], "messages": [],
    });
    assert_eq!(made.json(), expected);
    assert_eq!(rig.call(&token, Method::GET, &one, "").await, made);

    let renamed = rig
        .call(&token, Method::PUT, &one, r#"{"name":"Other"}"#)
        .await;
    assert_eq!(renamed.json()["result"]["name"], "Other");
    assert_eq!(renamed.json()["result"]["id"], "example-title");

    let listed = rig.call(&token, Method::GET, &list, "").await.json();
    assert_eq!(listed["result"][1], renamed.json()["result"]);
    assert_eq!(listed["result"][0]["id"], "default");
    let info = json!({"page": 1, "per_page": 20, "count": 2, "total_count": 2});
    assert_eq!(listed["result_info"], info);

    let deleted = rig.call(&token, Method::DELETE, &one, "").await;
    assert_eq!(deleted.json()["result"], renamed.json()["result"]);
    for method in [Method::GET, Method::DELETE] {
        let absent = rig.call(&token, method, &one, "").await;
        assert_eq!(
            (absent.status, absent.code()),
            (StatusCode::NOT_FOUND, 7002)
        );
    }
    let absent = rig.call(&token, Method::PUT, &one, "{}").await;
    assert_eq!(
        (absent.status, absent.code()),
        (StatusCode::NOT_FOUND, 7002)
    );
}

#[tokio::test]
async fn the_sdks_words_make_a_gateway_too() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    let body = json!({
        "id": "sdk", "cache_invalidate_on_update": false, "cache_ttl": null, "collect_logs": false,
        "rate_limiting_interval": 10.0, "rate_limiting_limit": 1e2, "is_default": false,
        "a_name_that_nobody_knows": {"x": [1]},
    });
    let made = rig
        .call(&token, Method::POST, &list, body.to_string())
        .await;
    let gateway = &made.json()["result"];
    assert_eq!(made.status, StatusCode::OK, "{gateway}");
    assert_eq!(
        (&gateway["id"], &gateway["name"]),
        (&json!("sdk"), &json!("sdk"))
    );
    assert_eq!(
        gateway["cache_ttl"], 0,
        "an integer is answered where null was sent"
    );
    assert_eq!(gateway["log_enabled"], false);
    assert_eq!(gateway["rate_limiting_enabled"], true);
    assert_eq!(
        (
            &gateway["rate_limiting_limit"],
            &gateway["rate_limiting_interval"]
        ),
        (&json!(100), &json!(10))
    );
    let update = json!({
        "cache_invalidate_on_update": false, "cache_ttl": 60, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0,
    });
    let path = format!("{list}/sdk");
    let updated = rig
        .call(&token, Method::PUT, &path, update.to_string())
        .await;
    let gateway = &updated.json()["result"];
    assert_eq!(
        updated.status,
        StatusCode::OK,
        "a PUT needs no name: {gateway}"
    );
    assert_eq!(
        (&gateway["cache_enabled"], &gateway["cache_ttl"]),
        (&json!(true), &json!(60))
    );
    assert_eq!(gateway["rate_limiting_enabled"], false);
    assert_eq!(
        (&gateway["name"], &gateway["log_enabled"]),
        (&json!("sdk"), &json!(true))
    );
}

#[tokio::test]
async fn what_is_said_about_retries_is_shown_kept_and_taken_back() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    let path = format!("{list}/x");
    let retries = |answer: &Value| {
        let gateway = &answer["result"];
        json!([
            gateway["retry_max_attempts"],
            gateway["retry_delay"],
            gateway["retry_backoff"]
        ])
    };
    let body = r#"{"id":"x","retry_max_attempts":3.0,"retry_backoff":"exponential"}"#;
    let made = rig.call(&token, Method::POST, &list, body).await.json();
    assert_eq!(retries(&made), json!([3, null, "exponential"]));
    assert_eq!(made["messages"], json!([]), "nothing is left undone");
    for (body, expected) in [
        (r#"{"retry_delay":0}"#, json!([3, 0, "exponential"])),
        (r#"{"name":"X"}"#, json!([3, 0, "exponential"])),
        (
            r#"{"retry_delay":60000,"retry_backoff":null}"#,
            json!([3, 60_000, null]),
        ),
        (
            r#"{"retry_max_attempts":null,"retry_delay":null}"#,
            json!([null, null, null]),
        ),
    ] {
        let updated = rig.call(&token, Method::PUT, &path, body).await.json();
        assert_eq!(retries(&updated), expected, "{body}");
        let read = rig.call(&token, Method::GET, &path, "").await.json();
        assert_eq!(retries(&read), expected, "{body}");
    }
}

#[tokio::test]
async fn limits_and_the_cache_are_taken_without_a_remark() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    let body = r#"{"id":"x","cache_enabled":true,"cache_invalidate_on_update":true,
        "rate_limiting_limit":1,"rate_limiting_interval":1,"rate_limiting_technique":"sliding"}"#;
    let made = rig.call(&token, Method::POST, &list, body).await.json();
    assert_eq!(made["messages"], json!([]));
    assert_eq!(made["result"]["cache_ttl"], 300, "the TTL that applies");
    assert_eq!(made["result"]["cache_invalidate_on_update"], true);
    assert_eq!(made["result"]["rate_limiting_technique"], "sliding");
    let path = format!("{list}/x");
    let kept = rig.call(&token, Method::PUT, &path, "{}").await.json();
    assert_eq!(kept["result"]["rate_limiting_technique"], "sliding");
    assert_eq!(kept["result"]["cache_invalidate_on_update"], true);
    let off = r#"{"cache_enabled":false,"rate_limiting_enabled":null,
        "rate_limiting_technique":null,"cache_invalidate_on_update":null}"#;
    let off = rig.call(&token, Method::PUT, &path, off).await.json();
    assert_eq!(off["result"]["rate_limiting_limit"], 1);
    assert_eq!(off["result"]["rate_limiting_technique"], "fixed");
    assert_eq!(off["result"]["cache_invalidate_on_update"], false);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_field() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    rig.call(&token, Method::POST, &list, r#"{"id":"taken"}"#)
        .await;
    for (body, path, part) in [
        ("{}", "body.name", "name must be given, or else id"),
        (r#"{"id":"taken"}"#, "body.id", "taken exists already"),
        (r#"{"id":"default"}"#, "body.id", "default exists already"),
        (
            r#"{"id":"x","cache_enabled":true,"cache_ttl":0}"#,
            "body.cache_ttl",
            "at least 1",
        ),
        (
            r#"{"id":"x","rate_limiting_enabled":true}"#,
            "body.rate_limiting_limit",
            "rate_limiting_limit must be at least 1",
        ),
        (
            r#"{"id":"x","log_enabled":true,"collect_logs":false}"#,
            "body.collect_logs",
            "the same as log_enabled",
        ),
        (
            r#"{"id":"x","retry_max_attempts":6}"#,
            "body.retry_max_attempts",
            "an integer from 1 to 5, not 6",
        ),
        (
            r#"{"id":"x","retry_max_attempts":0}"#,
            "body.retry_max_attempts",
            "an integer from 1 to 5, not 0",
        ),
        (
            r#"{"id":"x","retry_delay":60001}"#,
            "body.retry_delay",
            "an integer from 0 to 60000, not 60001",
        ),
        (
            r#"{"id":"x","retry_backoff":"jitter"}"#,
            "body.retry_backoff",
            "exponential",
        ),
        (
            r#"{"id":"x","zdr":true}"#,
            "body.zdr",
            "zdr is not performed yet",
        ),
    ] {
        let refused = rig.call(&token, Method::POST, &list, body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::BAD_REQUEST, 7001),
            "{body}"
        );
        assert_eq!(refused.path(), path, "{body}");
        assert!(
            refused.message().contains(part),
            "{body}: {}",
            refused.message()
        );
    }
    let listed = rig.call(&token, Method::GET, &list, "").await.json();
    assert_eq!(listed["result_info"]["total_count"], 2, "nothing was made");
}

#[tokio::test]
async fn an_update_passes_over_the_id_and_refuses_what_a_create_refuses() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let path = format!("{}/default", gateways(account));
    let body = r#"{"id":"another","name":"Mine","created_at":"2001-01-01T00:00:00Z"}"#;
    let updated = rig.call(&token, Method::PUT, &path, body).await;
    let gateway = &updated.json()["result"];
    assert_eq!(
        (&gateway["id"], &gateway["name"]),
        (&json!("default"), &json!("Mine"))
    );
    assert_eq!(gateway["created_at"], "1970-01-01T00:00:00Z");
    assert_eq!(
        (&gateway["is_default"], &gateway["authentication"]),
        (&json!(true), &json!(true))
    );
    let refused = rig
        .call(&token, Method::PUT, &path, r#"{"dlp":{"enabled":true}}"#)
        .await;
    assert_eq!((refused.code(), refused.path()), (7001, "body.dlp".into()));
}

#[tokio::test]
async fn lists_have_pages_and_end_with_an_empty_one() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    for _ in 0..4 {
        rig.call(&token, Method::POST, &list, r#"{"name":"n"}"#)
            .await;
    }
    let mut seen = vec![];
    for page in 1.. {
        let path = format!("{list}?page={page}&per_page=2");
        let answer = rig.call(&token, Method::GET, &path, "").await.json();
        let result = answer["result"].as_array().unwrap();
        assert_eq!(answer["result_info"]["total_count"], 5);
        assert_eq!(answer["result_info"]["count"], result.len());
        if result.is_empty() {
            assert_eq!(page, 4);
            break;
        }
        seen.extend(result.iter().map(|g| g["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ["default", "n", "n-2", "n-3", "n-4"]);
    let clamped = rig
        .call(&token, Method::GET, &format!("{list}?per_page=1000"), "")
        .await;
    assert_eq!(clamped.json()["result_info"]["per_page"], 100);
}

#[tokio::test]
async fn the_base_url_of_a_provider_is_told_for_gateways_and_providers_that_are_there() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let ask = |below: &str| {
        let (rig, token) = (&rig, &token);
        let path = format!("{}/{below}", gateways(account));
        async move { rig.call(token, Method::GET, &path, "").await }
    };
    for provider in ["openai", "compat"] {
        let told = ask(&format!("default/url/{provider}")).await;
        let expected = format!("https://gateway.example/v1/{account}/default/{provider}");
        assert_eq!(told.json()["result"], expected);
    }
    let absent = ask("absent/url/openai").await;
    assert_eq!(
        (absent.status, absent.code()),
        (StatusCode::NOT_FOUND, 7_002)
    );
    for provider in ["nobody", "open%61i%2fx", "%2e%2e"] {
        let refused = ask(&format!("default/url/{provider}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{provider}");
    }
}
