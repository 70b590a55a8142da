//! The log over the API: order, pages, search, and who is told what.

use aig_testkit::{House, Provider};
use serde_json::{Value, json};

async fn list(house: &House, gateway: &str, query: &str) -> (u16, Value) {
    let url = house.gateways_url(&format!("/{gateway}/logs?{query}"));
    let answer = house
        .http()
        .get(url)
        .bearer_auth(house.token())
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A house with requests in its log, one a model, in this order.
async fn with_requests(provider: &Provider, models: &[&str]) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    for (n, model) in models.iter().enumerate() {
        provider.answers(200, &[("content-type", "application/json")], "{}");
        let answer = house
            .http()
            .post(house.url("g", "openai/chat/completions"))
            .header(
                "cf-aig-metadata",
                json!({"team": format!("team-{n}"), "pct": "100%"}).to_string(),
            )
            .json(&json!({"model": model}))
            .send()
            .await
            .unwrap();
        answer.bytes().await.unwrap();
        house.logged("g", n + 1).await;
    }
    house
}

fn models(body: &Value) -> Vec<&str> {
    let rows = body["result"].as_array().unwrap();
    rows.iter()
        .map(|row| row["model"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_newest_comes_first_and_pages_end() {
    let provider = Provider::start().await;
    let house = with_requests(&provider, &["a", "b", "c"]).await;
    let (_, first) = list(&house, "g", "per_page=2").await;
    assert_eq!(models(&first), ["c", "b"]);
    assert_eq!(
        first["result_info"],
        json!({"page": 1, "per_page": 2, "count": 2, "total_count": 3})
    );
    let (_, second) = list(&house, "g", "per_page=2&page=2").await;
    assert_eq!(models(&second), ["a"]);
    let (_, third) = list(&house, "g", "per_page=2&page=3").await;
    assert_eq!(
        (models(&third).len(), &third["result_info"]["total_count"]),
        (0, &json!(3))
    );
    let (_, clamped) = list(&house, "g", "per_page=1000000000").await;
    assert_eq!(clamped["result_info"]["per_page"], 50);
}

#[tokio::test]
async fn search_is_literal_and_looks_everywhere_it_says() {
    let provider = Provider::start().await;
    let house = with_requests(&provider, &["gpt-4o", "GPT-5", "claude_x"]).await;
    for (search, found) in [
        ("gpt", vec!["GPT-5", "gpt-4o"]),
        ("CLAUDE_X", vec!["claude_x"]),
        ("claude-x", vec![]),
        ("claude%x", vec![]),
        ("team-1", vec!["GPT-5"]),
        ("100%25", vec!["claude_x", "GPT-5", "gpt-4o"]),
        ("openai", vec!["claude_x", "GPT-5", "gpt-4o"]),
        ("chat/comp", vec!["claude_x", "GPT-5", "gpt-4o"]),
        ("200", vec!["claude_x", "GPT-5", "gpt-4o"]),
        ("'%20OR%201=1%20--", vec![]),
    ] {
        let (status, body) = list(&house, "g", &format!("search={search}")).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(models(&body), found, "{search}");
    }
}

#[tokio::test]
async fn the_log_of_no_gateway_is_404_and_bad_pages_are_400() {
    let house = House::start().await;
    let (status, body) = list(&house, "absent", "").await;
    assert_eq!((status, &body["errors"][0]["code"]), (404, &json!(7002)));
    for query in [
        "page=0",
        "per_page=0",
        "page=-1",
        "page=9223372036854775808",
        "per_page=x",
    ] {
        let (status, body) = list(&house, "default", query).await;
        assert_eq!(
            (status, &body["errors"][0]["code"]),
            (400, &json!(7001)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_log_goes_with_its_gateway() {
    let provider = Provider::start().await;
    let house = with_requests(&provider, &["a"]).await;
    let url = house.gateways_url("/g");
    house
        .http()
        .delete(url)
        .bearer_auth(house.token())
        .send()
        .await
        .unwrap();
    house.gateway("g", json!({})).await;
    assert_eq!(house.logs("g").await.len(), 0);
}
