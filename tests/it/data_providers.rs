//! Providers behind one gateway, each on its own wire and by the paths that real clients use,
//! against the offline provider.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aig_server::offline::OfflineProvider;
use aig_testkit::House;
use serde_json::{Value, json};

async fn offline() -> (OfflineProvider, House) {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let provider = OfflineProvider::start(loopback, Duration::ZERO)
        .await
        .unwrap();
    let bases = provider.bases();
    let house = House::builder()
        .flags(|flags| {
            flags.providers = bases
                .iter()
                .map(|(slug, base)| format!("{slug}={base}"))
                .collect();
        })
        .start()
        .await;
    house.gateway("g", json!({})).await;
    (provider, house)
}

#[tokio::test]
async fn every_wire_answers_and_is_counted() {
    let (provider, house) = offline().await;
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "two words"}]});
    let gemini = json!({"contents": [{"parts": [{"text": "two words"}]}]});
    let calls = [
        ("openai/chat/completions", &chat, "m"),
        ("openai/v1/chat/completions", &chat, "m"),
        ("groq/chat/completions", &chat, "m"),
        ("groq/openai/v1/chat/completions", &chat, "m"),
        ("mistral/v1/chat/completions", &chat, "m"),
        ("cohere/v2/chat", &chat, "m"),
        (
            "google-ai-studio/v1/models/gemini-x:generateContent",
            &gemini,
            "gemini-x",
        ),
        (
            "google-ai-studio/v1beta/models/gemini-x:generateContent",
            &gemini,
            "gemini-x",
        ),
        ("workers-ai/@cf/meta/llama", &chat, "@cf/meta/llama"),
        ("workers-ai/run/@cf/meta/llama", &chat, "@cf/meta/llama"),
    ];
    for (n, (path, body, model)) in calls.into_iter().enumerate() {
        let answer = house
            .http()
            .post(house.url("g", path))
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        let rows = house.logged("g", n + 1).await;
        let row = &rows[0];
        assert_eq!(row["model"], model, "{path}");
        for tokens in ["tokens_in", "tokens_out"] {
            assert!(
                row[tokens].as_u64().is_some_and(|n| n > 0),
                "{path}: {tokens} in {row}"
            );
        }
    }
    provider.stop().await;
}

#[tokio::test]
async fn faults_can_be_asked_for_and_are_told_as_they_are() {
    let (provider, house) = offline().await;
    let ask = async |model: &str| {
        let body = json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "a b c d"}]});
        let url = house.url("g", "openai/chat/completions");
        house.http().post(url).json(&body).send().await.unwrap()
    };
    let refused = ask("fault-429").await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    refused.bytes().await.unwrap();
    let cut = ask("fault-cut").await;
    assert!(cut.bytes().await.is_err(), "a cut stream has no clean end");
    let closed = ask("fault-close").await;
    assert_eq!(closed.status(), 400);
    let body: Value = closed.json().await.unwrap();
    assert_eq!(body["error"][0]["code"], 2005);
    let rows = house.logged("g", 3).await;
    let outcomes: Vec<_> = rows
        .iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["unanswered", "upstream_broke", "complete"]);
    provider.stop().await;
}

/// N-11: what stands in a slot of a template is matched before anything is resolved or dialled.
#[tokio::test]
async fn n_11_template_slots_are_matched_strictly() {
    let house = House::start().await;
    house.gateway("g", json!({})).await;
    for path in [
        "azure-openai/evil.com%2F/d/chat/completions",
        "azure-openai/x.evil.com/d/chat/completions",
        "azure-openai/a@b/d/chat/completions",
        "aws-bedrock/bedrock-runtime/eu_west/model/m/invoke",
        "aws-bedrock/bedrock-runtime/evil.com/model/m/invoke",
        &format!("azure-openai/{}/d/chat/completions", "a".repeat(300)),
    ] {
        let url = format!("http://{}/v1/{}/g/{path}", house.address(), house.account());
        let answer = house.http().post(url).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"][0]["code"], 7001, "{path}: {body}");
    }
}
