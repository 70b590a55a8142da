//! The log list, through the front.

use aig_model::GatewayId;
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
        json!({
            "id": "00000000-0000-7000-8000-000000000003", "event_id": "event",
            "created_at": "2026-01-15T10:30:00.003Z", "provider": "openai", "model": "model-3",
            "path": "chat/completions", "method": "POST", "status_code": 200, "success": true,
            "outcome": "complete", "cached": false, "step": 0, "duration": 840,
            "timings": {"total": 840, "latency": 310}, "tokens_in": 12, "tokens_out": null,
            "metadata": null, "user_agent": null, "request_content_type": null,
            "response_content_type": null, "request_size": 180, "response_size": 4096,
            "authentication": true,
        })
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
