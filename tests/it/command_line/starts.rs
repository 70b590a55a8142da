//! `aig serve` and `aig demo`: what they print, what they take from the environment, how they end.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Running, over_api, run, say};
use crate::process::{aig, signalled};

/// Regression: the store was written before the address was bound, and the token never told.
#[tokio::test]
async fn the_first_token_is_told_by_the_first_start_that_succeeds() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    for more in [
        &["--listen", &address][..],
        &["--listen", "127.0.0.1:0", "--control-listen", &address],
    ] {
        let words = ["serve", "--data-dir", &path];
        let refused = say(&[&words[..], more].concat()).await;
        assert!(!refused.out.contains("AIG_API_TOKEN"), "{refused:?}");
        assert!(refused.fault().contains(&address));
    }

    let mut served = Running::serve(directory.path(), &[]);
    let address = served.listening().await;
    served.first_start().await;
    let (account, token) = (
        served.exported("AIG_ACCOUNT_ID"),
        served.exported("AIG_API_TOKEN"),
    );
    let base = served.exported("AIG_BASE_URL");
    assert_eq!(base, format!("http://{address}/client/v4"));
    assert!(
        served
            .said
            .contains(&format!("curl http://{address}/v1/{account}/my-gateway/"))
    );
    let listed = run(over_api(&base, &account, &token, &["gateways", "list"]))
        .await
        .fine();
    assert_eq!(listed.row("default")[..3], ["default", "default", "on"]);
    served.stop("TERM").await;

    let mut again = Running::serve(directory.path(), &[]);
    again.listening().await;
    let said = again.stop("INT").await;
    assert!(!said.contains("AIG_API_TOKEN"), "{said}");
}

#[tokio::test]
async fn a_start_warns_of_metrics_that_others_can_read() {
    for (listen, apart, warned) in [
        ("0.0.0.0:0", &[][..], true),
        ("0.0.0.0:0", &["--control-listen", "127.0.0.1:0"], false),
        ("127.0.0.1:0", &[], false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display().to_string();
        let words = ["serve", "--listen", listen, "--data-dir", &path];
        let mut served = Running::start(aig(&[&words[..], apart].concat()));
        served.listening().await;
        let lines = served.said.lines();
        let warnings: Vec<_> = lines.filter(|line| line.contains("WARN")).collect();
        match warned {
            true => {
                let [warning] = warnings[..] else {
                    panic!("one warning: {warnings:?}");
                };
                assert!(warning.contains("/metrics"), "{warning}");
                assert!(warning.contains("--control-listen"), "{warning}");
            }
            false => assert_eq!(warnings, [""; 0], "{listen} {apart:?}"),
        }
        served.stop("TERM").await;
    }
}

#[tokio::test]
async fn the_log_is_coloured_for_a_terminal_only() {
    let directory = tempfile::tempdir().unwrap();
    let mut served = Running::serve(directory.path(), &[]);
    served.listening().await;
    assert!(!served.said.contains('\u{1b}'), "{:?}", served.said);
    served.stop("TERM").await;
}

#[tokio::test]
async fn empty_variables_are_as_good_as_absent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    let mut command = aig(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &path]);
    for name in [
        "CONFIG",
        "LISTEN",
        "CONTROL_LISTEN",
        "DATA_DIR",
        "PUBLIC_URL",
        "CONTROL_PUBLIC_URL",
        "PROVIDERS",
        "EGRESS_ALLOW",
        "TOKEN_PEPPER_FILE",
        "MAX_REQUEST_BODY",
        "CONNECT_TIMEOUT",
        "HEADER_TIMEOUT",
        "DRAIN_TIMEOUT",
        "LOG",
        "LOG_FORMAT",
        "BOOTSTRAP_ACCOUNT",
        "BOOTSTRAP_TOKEN",
        "BOOTSTRAP_TOKEN_FILE",
    ] {
        command.env(format!("AIG_{name}"), "");
    }
    let mut served = Running::start(command);
    served.listening().await;
    served.stop("TERM").await;
    let mut list = aig(&["account", "list", "--data-dir", &path]);
    list.env("AIG_CONFIG", "").env("AIG_TOKEN_PEPPER_FILE", "");
    run(list).await.fine();
}

/// Regression: one public URL was told for both listeners.
#[tokio::test]
async fn each_listener_has_the_origin_under_which_it_is_reached() {
    let contract = async |control: SocketAddr| {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{control}/openapi.json");
        let served: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        served["servers"][0]["url"].as_str().unwrap().to_owned()
    };
    let public = ["--public-url", "https://models.example"];
    let apart = ["--control-listen", "127.0.0.1:0"];
    let control_public = ["--control-public-url", "https://api.example"];
    for (flags, control) in [
        (&[&public[..]][..], Some("https://models.example")),
        (&[&public, &apart], None),
        (
            &[&public, &apart, &control_public],
            Some("https://api.example"),
        ),
        (&[&public, &control_public], Some("https://api.example")),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut served = Running::serve(directory.path(), &flags.concat());
        let line = served.until("listening").await;
        served.first_start().await;
        let bound = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("control="));
        let bound: SocketAddr = bound.unwrap().parse().unwrap();
        let control = control.map_or_else(|| format!("http://{bound}"), str::to_owned);
        let base = format!("{control}/client/v4");
        assert_eq!(contract(bound).await, base, "{flags:?}");
        assert_eq!(served.exported("AIG_BASE_URL"), base, "{flags:?}");
        assert!(
            served.said.contains("curl https://models.example/v1/"),
            "{}",
            served.said
        );
        served.stop("TERM").await;
    }
}

/// Regression: a terminal that was closed left the demo's directory behind.
#[tokio::test]
async fn the_demo_works_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    for (form, signal) in [(&["--json"][..], "HUP"), (&[], "TERM")] {
        let words = [&["demo", "--listen", "127.0.0.1:0", "--pace", "0"], form].concat();
        let mut command = signalled(&words, &["--default-signal=HUP"]);
        command.env("TMPDIR", temporary.path());
        let mut demo = Running::start(command);
        let (base, account, token) = match form.is_empty() {
            false => {
                let line = demo.until("base_url").await;
                let said: Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
                assert_eq!(said["gateway"], "demo");
                let word = |name: &str| said[name].as_str().unwrap().to_owned();
                (word("base_url"), word("account"), word("token"))
            }
            true => {
                demo.until("Ctrl-C").await;
                let word = |start: &str, end: &str| {
                    let from = demo.said.find(start).unwrap() + start.len();
                    demo.said[from..].split(end).next().unwrap().to_owned()
                };
                let base = word("The gateway runs at ", ",");
                (base, word("/v1/", "/demo/"), word("Bearer ", "'"))
            }
        };
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let chat =
            json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]});
        let url = format!("{base}/v1/{account}/demo/openai/chat/completions");
        let answer = http.post(url).json(&chat).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let api = format!("{base}/client/v4");
        aig_testkit::eventually("the chat in the log", async || {
            let logs = run(over_api(&api, &account, &token, &["logs", "demo"]))
                .await
                .fine();
            logs.out.contains("chat/completions").then_some(())
        })
        .await;
        demo.stop(signal).await;
        assert_eq!(
            std::fs::read_dir(temporary.path()).unwrap().count(),
            0,
            "{signal}"
        );
    }
}

#[tokio::test]
async fn limits_are_told_for_people_and_for_programs() {
    let said = say(&["limits", "--idle-timeout", "7"]).await.fine();
    let row = said.row("silence in an answer");
    assert_eq!(row[1..3], ["7 s", "idle_timeout"]);
    let rows = say(&["limits", "--json", "--write-timeout", "0"])
        .await
        .fine()
        .json();
    let row = |key: &str| {
        let rows = rows["limits"].as_array().unwrap().iter();
        rows.filter(|row| row["setting"] == key).collect::<Vec<_>>()
    };
    let [write] = row("write_timeout")[..] else {
        panic!("{rows:#}");
    };
    assert_eq!(
        (&write["value"], &write["unit"]),
        (&Value::Null, &json!("unlimited"))
    );
    assert_eq!(write["flag"], "--write-timeout");
    let [body] = row("max_request_body")[..] else {
        panic!("{rows:#}");
    };
    assert_eq!(
        (&body["value"], &body["unit"]),
        (&json!(536_870_912), &json!("bytes"))
    );
}
