//! The log list, through the front.

use aig_model::{Body, GatewayId, Record, Transcript};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use crate::testing::{Rig, gateways, record};

#[tokio::test]
async fn rows_are_listed_the_newest_first_under_cloudflares_names() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let default = GatewayId::default_gateway();
    let journal = rig.store.journal();
    for number in 1..=3 {
        journal.offer(record(account, &default, number));
    }
    journal.flush().await;
    let path = format!("{}/default/logs", gateways(account));
    let answer = rig.call(&token, Method::GET, &path, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.json();
    assert_eq!(
        answer["result"][0],
        serde_json::from_str::<serde_json::Value>(
            r#"{
            "id": "00000000-0000-7000-8000-000000000003", "event_id": "event",
            "created_at": "2026-01-15T10:30:00.003Z", "provider": "openai", "model": "model-3",
            "path": "chat/completions", "method": "POST", "status_code": 200, "success": true,
            "outcome": "complete", "cached": false, "step": 0, "duration": 840,
            "timings": {"total": 840, "latency": 310}, "tokens_in": 12, "tokens_out": null,
            "metadata": null, "user_agent": null, "request_content_type": null,
            "response_content_type": null, "request_size": 180, "response_size": 4096,
            "authentication": true, "cost": null, "custom_cost": false, "cost_source": null,
            "unpriced": null, "cache_status": null, "cache_reason": null, "model_type": null,
            "request_type": null, "compatibility_mode": false, "byok": false, "wholesale": false,
            "feedback": null, "score": null, "request_body": "not_kept",
            "response_body": "not_kept",
            "usage_metadata": {
                "input_tokens": 12, "output_tokens": null, "total_tokens": 12,
                "output_reasoning_tokens": null, "input_cached_tokens": null
            }
        }"#
        )
        .unwrap()
    );
    assert_eq!(answer["result"][2]["model"], "model-1");
    let info = json!({"page": 1, "per_page": 20, "count": 3, "total_count": 3});
    assert_eq!(answer["result_info"], info);

    let found = rig
        .call(
            &token,
            Method::GET,
            &format!("{path}?search=MODEL-2&per_page=51"),
            "",
        )
        .await;
    assert_eq!(found.json()["result"][0]["model"], "model-2");
    let info = json!({"page": 1, "per_page": 50, "count": 1, "total_count": 1});
    assert_eq!(found.json()["result_info"], info);
}

#[tokio::test]
async fn an_unknown_gateway_has_no_logs() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    for gateway in ["absent", "NOT-AN-ID", "%20", "a%2fb"] {
        let path = format!("{}/{gateway}/logs", gateways(account));
        let absent = rig.call(&token, Method::GET, &path, "").await;
        assert_eq!(
            (absent.status, absent.code()),
            (StatusCode::NOT_FOUND, 7002),
            "{gateway}"
        );
    }
}

#[tokio::test]
async fn one_row_is_shown_changed_and_deleted_and_its_bodies_come_raw() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let ask = async |method: Method, path: &str, body: serde_json::Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = rig.call(&token, method, path, body).await;
        (answer.status.as_u16(), answer.json())
    };
    let get = async |path: &str| ask(Method::GET, path, json!(null)).await;
    let default = GatewayId::default_gateway();
    let journal = rig.store.journal();
    let row = Record {
        response_content_type: Some("text/event-stream".into()),
        cost: Some(aig_model::Money::from_pico(23_400_000)),
        ..record(account, &default, 1)
    };
    let body = |text: &'static str| Body::try_from(Bytes::from_static(text.as_bytes())).ok();
    let transcript = Transcript {
        request: None,
        response: body("data: {}\n\n"),
    };
    journal.offer((row, transcript));
    journal.offer(record(account, &default, 2));
    journal.flush().await;
    let logs = format!("{}/default/logs", gateways(account));
    let one = format!("{logs}/00000000-0000-7000-8000-000000000001");

    let (status, shown) = get(&one).await;
    assert_eq!(status, 200);
    let shown = &shown["result"];
    assert_eq!(shown["cost"], json!(0.000_023_4));
    assert_eq!(
        (&shown["response_body"], &shown["request_body"]),
        (&json!("kept"), &json!("not_kept"))
    );
    assert_eq!(shown["response_head"], "data: {}\n\n");
    assert_eq!(shown["response_head_complete"], true);

    let raw = rig
        .call(&token, Method::GET, &format!("{one}/response"), "")
        .await;
    assert_eq!(raw.status, 200);
    assert_eq!(raw.headers["content-type"], "text/event-stream");
    assert_eq!(raw.headers["x-content-type-options"], "nosniff");
    assert_eq!(raw.body, "data: {}\n\n");
    for absent in [
        format!("{one}/request"),
        format!("{logs}/nonsense"),
        format!("{logs}/00000000-0000-7000-8000-000000000009/response"),
    ] {
        let (status, failed) = get(&absent).await;
        assert_eq!(
            (status, &failed["errors"][0]["code"]),
            (404, &json!(7002)),
            "{absent}"
        );
    }

    let patched = json!({"feedback": 1, "score": 90, "metadata": {"team": "x"}});
    let (status, answer) = ask(Method::PATCH, &one, patched).await;
    assert_eq!((status, &answer["result"]), (200, &json!({})));
    let (_, shown) = get(&one).await;
    assert_eq!(shown["result"]["feedback"], json!(1));
    assert_eq!(shown["result"]["metadata"], json!({"team": "x"}));
    for bad in [
        json!({"feedback": 2}),
        json!({"score": -1}),
        json!({"metadata": {"a": {"b": 1}}}),
    ] {
        let (status, failed) = ask(Method::PATCH, &one, bad.clone()).await;
        assert_eq!(
            (status, &failed["errors"][0]["code"]),
            (400, &json!(7001)),
            "{bad}"
        );
    }

    let query = "filters.key=feedback&filters.operator=eq&filters.value=1&meta_info=true";
    let (_, list) = get(&format!("{logs}?{query}")).await;
    assert_eq!(list["result_info"]["total_count"], 1);
    assert_eq!(list["result_info"]["max_duration"], json!(840));
    assert_eq!(list["result_info"]["min_cost"], json!(0.000_023_4));
    let (_, list) = get(&format!(
        "{logs}?min_duration=840&max_duration=840&success=true&per_page=1000"
    ))
    .await;
    assert_eq!(
        (
            &list["result_info"]["total_count"],
            &list["result_info"]["per_page"]
        ),
        (&json!(2), &json!(50))
    );
    let (status, failed) = get(&format!(
        "{logs}?filters.key=metadata.user&filters.operator=eq&filters.value=1"
    ))
    .await;
    assert_eq!(
        (status, &failed["errors"][0]["path"]),
        (400, &json!(["query", "filters"]))
    );

    let (status, gone) = ask(Method::DELETE, &format!("{logs}?{query}"), json!(null)).await;
    assert_eq!((status, gone), (200, json!({"success": true})));
    let (_, list) = get(&logs).await;
    assert_eq!(list["result_info"]["total_count"], 1);
    assert_eq!(get(&one).await.0, 404);
}
