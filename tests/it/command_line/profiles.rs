//! Base URL, account and token from a profile: which wins, and what is never mixed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use aig_testkit::Provider;
use serde_json::json;

use super::{over_api, run};
use crate::process::aig;

const LIST: [&str; 2] = ["gateways", "list"];

fn write(config: &Path, text: &str) {
    let file = config.join("aig/profiles.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn with(config: &Path, mut command: Command) -> Command {
    command.env("XDG_CONFIG_HOME", config);
    command
}

#[tokio::test]
async fn a_profile_takes_the_place_of_the_variables_and_flags_win() {
    let (home, other) = (Provider::start().await, Provider::start().await);
    let empty = json!({"success": true, "result": [], "errors": [], "messages": []}).to_string();
    for server in [&home, &other] {
        server.always_answers(200, &[("content-type", "application/json")], empty.clone());
    }
    let config = tempfile::tempdir().unwrap();
    let profiles = format!(
        "[home]\nbase_url = \"{}/client/v4\"\naccount = \"acc-home\"\ntoken = \"t-home\"\n\
         [half]\nbase_url = \"{}/client/v4\"\n",
        home.url(),
        home.url(),
    );
    write(config.path(), &profiles);
    let seen = async |server: &Provider| {
        let request = server.next_request().await;
        let token = request.header("authorization").unwrap().to_owned();
        let account = request.target.split('/').nth(4).unwrap().to_owned();
        (account, token)
    };
    let expected = |account: &str, token: &str| (account.to_owned(), format!("Bearer {token}"));

    // Before and behind the command, and over the variables.
    let base = format!("{}/client/v4", other.url());
    for words in [
        ["--profile", "home", "gateways", "list"],
        ["gateways", "list", "--profile", "home"],
    ] {
        let command = over_api(&base, "acc-env", "t-env", &words);
        run(with(config.path(), command)).await.fine();
        assert_eq!(seen(&home).await, expected("acc-home", "t-home"));
    }
    let mut named = over_api(&base, "acc-env", "t-env", &LIST);
    named.env("AIG_PROFILE", "home");
    run(with(config.path(), named)).await.fine();
    assert_eq!(seen(&home).await, expected("acc-home", "t-home"));

    let flags = [
        "--profile",
        "home",
        "--account",
        "acc-flag",
        "--token",
        "t-flag",
    ];
    let command = aig(&[&LIST[..], &flags].concat());
    run(with(config.path(), command)).await.fine();
    assert_eq!(seen(&home).await, expected("acc-flag", "t-flag"));

    // A token of the environment's does not go to the address of a profile.
    let command = over_api(
        &base,
        "acc-env",
        "t-env",
        &[&LIST[..], &["--profile", "half"]].concat(),
    );
    let fault = run(with(config.path(), command)).await.fault();
    assert!(fault.contains("--account"), "{fault}");
    assert_eq!((home.requests().len(), other.requests().len()), (4, 0));
}

#[tokio::test]
async fn a_profile_that_cannot_be_meant_is_refused_and_no_token_is_shown() {
    let config = tempfile::tempdir().unwrap();
    write(
        config.path(),
        "[home]\naccount = \"a\"\ntoken = \"t-canary\"\n",
    );
    let call = |words: &[&str]| run(with(config.path(), aig(words)));
    let fault = call(&["--profile", "hoem", "gateways", "list"])
        .await
        .fault();
    assert!(
        fault.contains("no profile \"hoem\"; it has home"),
        "{fault}"
    );
    // It would be passed over unseen.
    let fault = call(&["--profile", "home", "limits"]).await.fault();
    assert!(fault.contains("this is none of them"), "{fault}");
    let help = call(&["--profile", "home", "gateways", "list", "--help"]).await;
    assert!(!format!("{help:?}").contains("canary"), "{help:?}");

    let file = config.path().join("aig/profiles.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let words = [
        "gateways",
        "list",
        "--profile",
        "home",
        "--base-url",
        "http://127.0.0.1:1",
    ];
    let said = call(&words).await;
    let warned = said.err.contains("others can read the token");
    assert!(warned && !said.err.contains("canary"), "{said:?}");
}
