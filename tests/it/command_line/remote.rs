//! `aig gateways` and `aig logs`, against this house and against Cloudflare's answers.

use std::process::Command;

use aig_testkit::{House, Provider};
use serde_json::{Value, json};

use super::{Running, over_api, run};
use crate::process::aig;

#[tokio::test]
async fn gateways_and_logs_are_administered_over_the_api() {
    let house = House::start().await;
    let (base, account) = (house.api(), house.account().to_string());
    let over = async |words: &[&str]| run(over_api(&base, &account, house.token(), words)).await;
    let made = over(&[
        "gateways",
        "create",
        "--id",
        "g",
        "--name",
        "G",
        "--cache-ttl",
        "60",
    ])
    .await
    .fine();
    assert_eq!(made.row("g")[..6], ["g", "G", "off", "on", "60 s", "off"]);
    assert_eq!(made.err, "", "nothing to remark");
    let set = [
        "gateways",
        "update",
        "g",
        "--rate-limit",
        "5",
        "--rate-interval",
        "10",
    ];
    let changed = over(&[&set[..], &["--log", "false", "--authentication", "true"]].concat())
        .await
        .fine();
    assert_eq!(
        changed.row("g")[..6],
        ["g", "G", "on", "off", "60 s", "5/10 s"]
    );
    let off = over(&[
        "gateways",
        "update",
        "g",
        "--cache-ttl",
        "0",
        "--log",
        "true",
    ])
    .await
    .fine();
    assert_eq!(off.row("g")[..6], ["g", "G", "on", "on", "off", "5/10 s"]);
    let on = over(&["gateways", "update", "g", "--cache-ttl", "9"])
        .await
        .fine();
    assert_eq!(on.row("g")[4], "9 s");
    let got = over(&["gateways", "get", "g", "--json"])
        .await
        .fine()
        .json();
    assert_eq!(
        (&got["name"], &got["authentication"]),
        (&json!("G"), &json!(true))
    );
    let listed = over(&["gateways", "list", "--json", "--per-page", "1"])
        .await
        .fine()
        .json();
    assert_eq!(listed["result_info"]["per_page"], 1);

    // An anonymous caller is refused, and that leaves a row.
    let url = house.url("g", "no-such-provider/x");
    house
        .http()
        .get(url)
        .header("user-agent", "x")
        .send()
        .await
        .unwrap();
    house.logged("g", 1).await;
    let logs = over(&["logs", "g"]).await.fine();
    assert_eq!(logs.row("no-such-provider")[2..4], ["-", "401"], "{logs:?}");

    let gone = over(&["gateways", "delete", "g"]).await.fine();
    assert!(gone.out.contains("deleted g"), "{gone:?}");
    let absent = over(&["gateways", "get", "g"]).await.fault();
    assert!(
        absent.contains("404") && absent.contains("(code 7002)"),
        "{absent}"
    );
}

#[tokio::test]
async fn an_update_says_what_is_to_change() {
    let nowhere = "http://127.0.0.1:1/client/v4";
    let update = |words: &[&'static str]| {
        let words = [&["gateways", "update", "g"], words].concat();
        run(over_api(nowhere, "a", "t", &words))
    };
    let nothing = update(&[]).await.fault();
    assert!(nothing.contains("say what is to change"), "{nothing}");
    let id = update(&["--id", "h"]).await.fault();
    assert!(id.contains("unexpected argument '--id'"), "{id}");
}

/// What Cloudflare answered to the same requests, shortened in no field that stands for one.
fn cloudflare_gateway() -> Value {
    json!({
        "id": "cf", "cache_invalidate_on_update": true, "cache_ttl": 300, "collect_logs": true,
        "created_at": "2026-03-01T10:00:00.000Z", "modified_at": "2026-03-02T11:12:13.456Z",
        "rate_limiting_interval": 60, "rate_limiting_limit": 100,
        "rate_limiting_technique": "sliding", "authentication": true, "logpush": false,
        "log_management": 100_000, "log_management_strategy": "DELETE_OLDEST",
        "logpush_public_key": null, "dlp": null, "internal_id": "7f2c", "is_default": false,
        "store_id": null, "zdr": false,
    })
}

fn cloudflare(result: Value) -> Value {
    json!({"success": true, "result": result, "errors": [], "messages": []})
}

/// Regression: answers without the fields that only `aig` has were refused.
#[tokio::test]
async fn it_works_against_cloudflares_answers() {
    let fake = Provider::start().await;
    let base = format!("{}/client/v4", fake.url());
    let over = async |words: &[&str]| run(over_api(&base, "acc", "cf-token", words)).await;
    let gateways = "/client/v4/accounts/acc/ai-gateway/gateways";

    let list = json!({"success": true, "result": [cloudflare_gateway()],
        "result_info": {"page": 1, "per_page": 20, "count": 1, "total_count": 1}});
    fake.answers_json(&list);
    let listed = over(&["gateways", "list"]).await.fine();
    let row = [
        "cf",
        "-",
        "on",
        "on",
        "300 s",
        "100/60 s",
        "2026-03-02 11:12:13",
    ];
    assert_eq!(listed.row("cf"), row);
    let request = fake.next_request().await;
    assert_eq!(request.target, format!("{gateways}?page=1&per_page=20"));
    assert_eq!(request.header("authorization"), Some("Bearer cf-token"));

    let log = json!({
        "id": "01JADMCQQQBWH3NXZ5GCRN98DP", "cached": false, "cost": 0.0001, "custom_cost": false,
        "created_at": "2026-03-02T11:12:13.456Z", "duration": 812, "metadata": "{\"user\":\"x\"}",
        "model": "gpt-4o-mini", "model_type": "", "path": "chat/completions",
        "provider": "openai", "request_content_type": "application/json", "request_type": "",
        "response_content_type": "application/json", "status_code": 200, "step": 0,
        "success": true, "tokens_in": 12, "tokens_out": 34,
    });
    fake.answers_json(&cloudflare(json!([log])));
    let logs = over(&["logs", "cf", "--search", "a b"]).await.fine();
    let row = [
        "2026-03-02 11:12:13",
        "openai",
        "gpt-4o-mini",
        "200",
        "success",
        "812 ms",
        "12",
        "34",
        "chat/completions",
    ];
    assert_eq!(logs.row("openai"), row);
    let request = fake.next_request().await;
    assert!(
        request
            .target
            .ends_with("/cf/logs?page=1&per_page=20&search=a+b"),
        "{}",
        request.target
    );

    // The answers come as they are, so that programs see Cloudflare's own fields.
    fake.answers_json(&cloudflare(cloudflare_gateway()));
    let got = over(&["gateways", "get", "cf", "--json"]).await.fine();
    assert_eq!(got.json(), cloudflare_gateway());
    fake.next_request().await;

    fake.answers_json(&cloudflare(cloudflare_gateway()));
    over(&["gateways", "create", "--id", "cf"]).await.fine();
    let request = fake.next_request().await;
    assert_eq!((&*request.method, &*request.target), ("POST", gateways));
    let required = json!({
        "id": "cf", "cache_invalidate_on_update": false, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0,
    });
    assert_eq!(request.json(), required);

    fake.answers_json(&cloudflare(cloudflare_gateway()));
    fake.answers_json(&cloudflare(cloudflare_gateway()));
    over(&["gateways", "update", "cf", "--cache-ttl", "0"])
        .await
        .fine();
    assert_eq!(fake.next_request().await.method, "GET");
    let request = fake.next_request().await;
    assert_eq!(
        (&*request.method, request.target.clone()),
        ("PUT", format!("{gateways}/cf"))
    );
    assert_eq!(
        request
            .headers
            .iter()
            .filter(|(n, _)| n == "content-length")
            .count(),
        1
    );
    let whole = json!({
        "cache_invalidate_on_update": true, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 60, "rate_limiting_limit": 100,
        "rate_limiting_technique": "sliding", "authentication": true, "logpush": false,
        "log_management": 100_000, "log_management_strategy": "DELETE_OLDEST", "zdr": false,
    });
    assert_eq!(request.json(), whole);

    fake.answers_json(&cloudflare(cloudflare_gateway()));
    let gone = over(&["gateways", "delete", "cf"]).await.fine();
    assert!(gone.out.contains("deleted cf"), "{gone:?}");
}

#[tokio::test]
async fn what_a_server_refuses_is_told_in_one_safe_line() {
    let fake = Provider::start().await;
    let base = format!("{}/client/v4", fake.url());
    let get = || run(over_api(&base, "acc", "t", &["gateways", "get", "g"]));
    let body = json!({"success": false, "errors": [
        {"code": 7001, "message": "no\u{1b}[2J", "path": ["body", "id"]}, {"code": 9, "message": "x"},
    ]});
    for status in [400, 409] {
        fake.answers(status, &[], body.to_string());
        let fault = get().await.fault();
        let said = r"body.id: no\u{1b}[2J (code 7001); x (code 9)";
        assert!(
            fault.contains(&status.to_string()) && fault.ends_with(said),
            "{fault}"
        );
    }
    // Cloudflare has been seen to refuse with status 200.
    fake.answers_json(
        &json!({"success": false, "errors": [{"code": 7002, "message": "Not Found"}]}),
    );
    assert!(get().await.fault().ends_with("Not Found (code 7002)"));
    fake.answers(
        502,
        &[("content-type", "text/html")],
        "<html>bad gateway</html>",
    );
    let page = get().await.fault();
    assert!(page.contains("502") && page.contains("not JSON"), "{page}");
    fake.answers(404, &[], "{}");
    assert!(get().await.fault().contains("404"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_once() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/client/v4", closed.local_addr().unwrap());
    drop(closed);
    let fault = run(over_api(&base, "a", "t", &["gateways", "list"]))
        .await
        .fault();
    for part in ["the request failed", &base, "Connection refused"] {
        assert_eq!(fault.matches(part).count(), 1, "{part}: {fault}");
    }
}

/// Regression: with a proxy in the environment the demo could not make its gateway.
#[tokio::test]
async fn a_proxy_is_not_asked_for_what_is_on_this_machine() {
    let proxy = Provider::start().await;
    let proxied = |mut command: Command| {
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
            command.env(name, proxy.url());
        }
        command
    };
    let house = House::start().await;
    let account = house.account().to_string();
    let list = over_api(&house.api(), &account, house.token(), &["gateways", "list"]);
    run(proxied(list)).await.fine();
    let mut demo = Running::start(proxied(aig(&["demo", "--json", "--listen", "127.0.0.1:0"])));
    demo.until("base_url").await;
    demo.stop("INT").await;
    assert_eq!(proxy.connections(), 0);

    // What is elsewhere goes through it: the environment is not overruled.
    proxy.answers_json(&cloudflare(json!([])));
    let list = over_api(
        "http://gateway.invalid/client/v4",
        "a",
        "t",
        &["gateways", "list"],
    );
    run(proxied(list)).await.fine();
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn keys_are_stored_from_a_file_and_never_printed() {
    let house = House::start().await;
    let account = house.account().to_string();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("key");
    std::fs::write(&file, "sk-canary-0123456789-wxyz\n").unwrap();
    let file = file.display().to_string();
    let api = house.api();
    let call = |words: &[&str]| run(over_api(&api, &account, house.token(), words));
    let command = "provider-configs";
    let create = [
        command,
        "create",
        "default",
        "openai",
        "--secret-file",
        &file,
    ];
    let made = call(&[&create[..], &["--json"]].concat()).await.fine();
    let config = made.json();
    assert_eq!(config["secret_preview"], "…wxyz");
    let id = config["id"].as_str().unwrap().to_owned();
    let listed = call(&[command, "list", "default"]).await.fine();
    assert_eq!(
        listed.row("openai")[..3],
        [id.as_str(), "openai", "default"]
    );
    let rotate = [command, "rotate", "default", &id, "--secret-file", &file];
    let turned = call(&rotate).await.fine();
    let again = call(&create).await.fault();
    assert!(again.contains("body.alias"), "{again}");
    let gone = call(&[command, "delete", "default", &id]).await.fine();
    assert!(gone.out.contains(&format!("deleted {id}")), "{gone:?}");
    for said in [made, listed, turned, gone] {
        assert!(!said.out.contains("canary") && !said.err.contains("canary"));
    }
    let url = call(&["gateways", "url", "default", "openai"]).await.fine();
    assert!(
        url.out.contains(&format!("/v1/{account}/default/openai")),
        "{url:?}"
    );
    let found = call(&["gateways", "list", "--search", "nothing"])
        .await
        .fine();
    assert!(!found.out.contains("default"), "{found:?}");
}

#[tokio::test]
async fn custom_providers_and_their_prices_are_administered() {
    let house = House::start().await;
    let account = house.account().to_string();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("headers.json");
    std::fs::write(&file, "{\"x-key\": \"canary\"}\n").unwrap();
    let file = file.display().to_string();
    let api = house.api();
    let call = |words: &[&str]| {
        let words = [&["custom-providers"], words].concat();
        run(over_api(&api, &account, house.token(), &words))
    };
    let base = "https://api.acme.example/v1";
    let create = ["create", "acme", base, "--headers-file", &file];
    let made = call(&[&create[..], &["--json"]].concat()).await.fine();
    let provider = made.json();
    assert_eq!(
        (&provider["slug"], &provider["enable"]),
        (&"acme".into(), &true.into())
    );
    let id = provider["id"].as_str().unwrap().to_owned();
    let listed = call(&["list", "--search", "acm"]).await.fine();
    assert_eq!(
        listed.row("custom-acme")[..3],
        [id.as_str(), "custom-acme", "acme"]
    );
    let again = call(&create).await.fault();
    assert!(
        again.contains("body.slug") && again.contains("1003"),
        "{again}"
    );
    let cost = [
        "costs", "create", &id, "large", "--input", "3", "--output", "15", "--json",
    ];
    let cost = call(&cost).await.fine().json();
    let cost_id = cost["id"].as_str().unwrap().to_owned();
    let costs = call(&["costs", "list", "--provider", &id]).await.fine();
    assert!(costs.out.contains("\"input_tokens\":3"), "{costs:?}");
    let turned = call(&["costs", "update", &cost_id, "--enable", "false", "--json"])
        .await
        .fine();
    assert_eq!(turned.json()["enable"], false);
    call(&["costs", "get", &cost_id]).await.fine();
    call(&["costs", "delete", &cost_id]).await.fine();
    let moved = call(&["update", &id, "--url", "https://b.example"])
        .await
        .fine();
    assert!(
        moved.err.contains("headers of the provider were deleted"),
        "{moved:?}"
    );
    let nothing = call(&["update", &id]).await.fault();
    assert!(nothing.contains("--help"), "{nothing}");
    call(&["get", &id]).await.fine();
    let gone = call(&["delete", &id]).await.fine();
    assert!(gone.out.contains(&format!("deleted {id}")), "{gone:?}");
    for said in [made, listed, moved] {
        assert!(!said.out.contains("canary") && !said.err.contains("canary"));
    }
}
