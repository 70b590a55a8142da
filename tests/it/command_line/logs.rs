//! `aig logs` and `aig log`: rows and bodies on the command line.

use aig_testkit::{House, Provider};
use serde_json::{Value, json};

use super::{over_api, run};

#[tokio::test]
async fn rows_and_bodies_are_read_changed_and_deleted_over_the_api() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    let text = "{\"said\": \"\u{1b}[2J\u{1f980}\"}\n";
    let send = async |model: &str| {
        provider.answers(200, &[("content-type", "application/json")], text);
        let url = house.url("g", "openai/chat/completions");
        let request = house.http().post(url).json(&json!({"model": model}));
        let answer = request.send().await.unwrap();
        let id = answer.headers()["cf-aig-log-id"]
            .to_str()
            .unwrap()
            .to_owned();
        answer.bytes().await.unwrap();
        id
    };
    let (id, other) = (send("gpt 4").await, send("o3").await);
    house.logged("g", 2).await;
    let (base, account) = (house.api(), house.account().to_string());
    let over = async |words: &[&str]| run(over_api(&base, &account, house.token(), words)).await;

    let row = over(&["log", "get", "g", &id]).await.fine();
    assert_eq!(row.row("id"), ["id", &*id], "{row:?}");
    assert_eq!(row.row("model"), ["model", "gpt 4"]);
    // What came stands in the row's own text, and moves no terminal.
    assert!(
        row.out.contains("\\u{1b}[2J") && !row.out.contains('\u{1b}'),
        "{row:?}"
    );
    let row = over(&["log", "get", "g", &id, "--json"]).await.fine();
    assert_eq!(row.json()["status_code"], 200);
    let body = over(&["log", "request", "g", &id]).await.fine();
    assert!(body.out.contains("{\"model\":\"gpt 4\"}"), "{body:?}");
    let body = over(&["log", "response", "g", &id]).await.fine();
    assert!(body.out.contains(text), "byte for byte: {body:?}");

    let listed = over(&["logs", "g", "--filter", "model contains GPT 4"])
        .await
        .fine();
    assert!(
        !listed.out.contains("o3") && listed.out.contains("gpt 4"),
        "{listed:?}"
    );
    let words = ["log", "patch", "g", &id];
    let marks = [
        "--feedback",
        "-1",
        "--score",
        "7.5",
        "--metadata",
        "{\"a\": true}",
    ];
    over(&[&words[..], &marks].concat()).await.fine();
    over(&[&words[..], &["--score", "null"]].concat())
        .await
        .fine();
    let row = over(&["log", "get", "g", &id, "--json"])
        .await
        .fine()
        .json();
    assert_eq!(
        (row["feedback"].as_f64(), &row["score"], &row["metadata"]),
        (Some(-1.0), &Value::Null, &json!({"a": true}))
    );

    let nothing = over(&["log", "delete", "g"]).await.fault();
    assert!(nothing.contains("an id, --filter, or --all"), "{nothing}");
    over(&["log", "delete", "g", &id]).await.fine();
    let left = house.logs("g").await;
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(other)));
    let gone = over(&["log", "response", "g", &id]).await.fault();
    assert!(
        gone.contains("404") && gone.contains("(code 7002)"),
        "{gone}"
    );
    over(&["log", "delete", "g", "--filter", "status eq 1"])
        .await
        .fault();
    over(&["log", "delete", "g", "--filter", "model eq x"])
        .await
        .fine();
    assert_eq!(house.logs("g").await.len(), 1);
    over(&["log", "delete", "g", "--all", "--limit", "5"])
        .await
        .fine();
    assert_eq!(house.logs("g").await.len(), 0);
}

#[tokio::test]
async fn what_is_said_of_a_row_is_read_before_anything_is_sent() {
    let nowhere = "http://127.0.0.1:1/client/v4";
    let say = async |words: &[&str]| run(over_api(nowhere, "a", "t", words)).await.fault();
    let nothing = say(&["log", "patch", "g", "id"]).await;
    assert!(nothing.contains("say what is to change"), "{nothing}");
    let score = say(&["log", "patch", "g", "id", "--score", "good"]).await;
    assert!(score.contains("must be a number"), "{score}");
    let filter = say(&["logs", "g", "--filter", "model"]).await;
    assert!(
        filter.contains("a key, an operator and a value"),
        "{filter}"
    );
    let both = say(&["log", "delete", "g", "id", "--all"]).await;
    assert!(both.contains("cannot be used with"), "{both}");
}
