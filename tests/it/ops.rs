//! What operators ask: health, metrics, the contract; and which listener answers what.

use aig_testkit::{House, Provider};
use serde_json::Value;

#[tokio::test]
async fn health_and_readiness_answer() {
    let house = House::start().await;
    for path in ["healthz", "readyz"] {
        let url = format!("http://{}/{path}", house.address());
        let answer = house.http().get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["status"], "ok");
        let post = house.http().post(&url).send().await.unwrap();
        assert_eq!(
            (post.status().as_u16(), &post.headers()["allow"]),
            (405, &"GET, HEAD".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn unknown_paths_get_the_envelope() {
    let house = House::start().await;
    for path in ["", "nothing", "client/v5", "v2/x"] {
        let url = format!("http://{}/{path}", house.address());
        let answer = house.http().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["success"], &body["errors"][0]["code"]),
            (&false.into(), &7000.into())
        );
    }
}

#[tokio::test]
async fn the_contract_is_served_with_the_servers_own_origin() {
    let house = House::start().await;
    let url = format!("http://{}/openapi.json", house.address());
    let served: Value = house
        .http()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let origin = format!("http://{}/client/v4", house.address());
    assert_eq!(served["servers"][0]["url"], origin);
    let mut expected: Value =
        serde_json::from_str(include_str!("../../spec/effective.json")).unwrap();
    expected["servers"] = served["servers"].clone();
    assert_eq!(served, expected);
}

#[tokio::test]
async fn a_public_url_stands_in_the_contract() {
    let house = House::builder()
        .flags(|flags| flags.public_url = Some("https://gateway.example".into()))
        .start()
        .await;
    let url = format!("http://{}/openapi.json", house.address());
    let served: Value = house
        .http()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        served["servers"][0]["url"],
        "https://gateway.example/client/v4"
    );
}

#[tokio::test]
async fn the_control_side_can_have_a_listener_of_its_own() {
    let provider = Provider::start().await;
    let house = House::builder()
        .provider(&provider)
        .flags(|flags| flags.control_listen = Some("127.0.0.1:0".parse().unwrap()))
        .start()
        .await;
    let (data, control) = (house.address(), house.running().control_address());
    assert_ne!(data, control);
    let status = async |address, path: &str| {
        let url = format!("http://{address}/{path}");
        house
            .http()
            .get(url)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let gateways = format!("client/v4/accounts/{}/ai-gateway/gateways", house.account());
    let model = format!("v1/{}/default/openai/models", house.account());
    for path in ["metrics", "openapi.json", &gateways] {
        assert_eq!(status(data, path).await, 404, "{path} on the data side");
        assert_ne!(
            status(control, path).await,
            404,
            "{path} on the control side"
        );
    }
    assert_eq!(status(data, &model).await, 401);
    assert_eq!(status(control, &model).await, 404);
    for address in [data, control] {
        assert_eq!(status(address, "healthz").await, 200);
    }
}

#[tokio::test]
async fn metrics_count_requests_and_rows_and_hold_no_secret() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", serde_json::json!({})).await;
    provider.answers(200, &[("content-type", "application/json")], "{}");
    let url = house.url("g", "openai/chat/completions");
    house
        .http()
        .post(url)
        .bearer_auth("provider-key-canary")
        .body("{}")
        .send()
        .await
        .unwrap();
    house.logged("g", 1).await;
    let refused = house.url("g", "no-such-provider/x");
    house.http().get(refused).send().await.unwrap();

    let url = format!("http://{}/metrics", house.address());
    let answer = house.http().get(url).send().await.unwrap();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text().await.unwrap();
    for line in [
        "aig_requests_total{outcome=\"complete\"} 1",
        "aig_requests_total{outcome=\"refused\"} 1",
        "aig_failures_total{code=\"2008\"} 1",
        "aig_log_rows_dropped_total 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for secret in [
        "provider-key-canary",
        house.token(),
        &house.account().to_string(),
    ] {
        assert!(!text.contains(secret));
    }
}
