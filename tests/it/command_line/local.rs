//! `aig account` and `aig token`, on the data directory.

use aig_testkit::House;

use super::{Running, over_api, run, say};
use crate::process::aig;

#[tokio::test]
async fn a_foreign_or_lost_pepper_is_refused_and_none_is_made() {
    let house = House::start().await;
    let account = house.account().to_string();
    let directory = house.stop().await;
    let other = directory.path().join("other");
    std::fs::write(&other, "00112233445566778899aabbccddeeff".repeat(2)).unwrap();
    let (path, other) = (
        directory.path().display().to_string(),
        other.display().to_string(),
    );
    let place = ["--data-dir", &path];
    let start = ["serve", "--listen", "127.0.0.1:0"];
    let make = ["token", "create", "--account", &account];
    for words in [&start[..], &make[..]] {
        let foreign = say(&[words, &place, &["--token-pepper-file", &other]].concat()).await;
        let fault = foreign.fault();
        assert!(
            fault.contains("not the one that the tokens were made with"),
            "{fault}"
        );
        assert!(fault.contains("--token-pepper-file"), "{fault}");
    }
    let pepper = directory.path().join("token-pepper");
    std::fs::remove_file(&pepper).unwrap();
    for words in [&start[..], &make[..]] {
        let fault = say(&[words, &place].concat()).await.fault();
        assert!(fault.contains("token-pepper is not there"), "{fault}");
        assert!(!pepper.exists());
    }
}

#[tokio::test]
async fn a_place_without_an_instance_is_named_and_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let nowhere = parent.path().join("nowhere");
    let path = nowhere.display().to_string();
    let account = "0123456789abcdef0123456789abcdef";
    for words in [
        &["account", "list"][..],
        &["account", "delete", account],
        &["token", "list", "--account", account],
        &["token", "create", "--account", account],
        &["token", "revoke", "01890a5d-ac96-774b-bcce-b302099a8057"],
    ] {
        let fault = say(&[words, &["--data-dir", &path]].concat()).await.fault();
        assert!(
            fault.contains("there is no instance in") && fault.contains(&path),
            "{fault}"
        );
        assert!(
            fault.contains("--data-dir") && fault.contains("--config"),
            "{fault}"
        );
        assert!(!nowhere.exists());
    }
    let made = say(&["account", "create", "--id", account, "--data-dir", &path])
        .await
        .fine();
    assert!(made.out.contains(account) && nowhere.exists());
}

/// The life of an account and its tokens, in the place that a settings file names, beside a server.
#[tokio::test]
async fn accounts_and_tokens_are_administered_by_the_servers_own_settings_file() {
    let parent = tempfile::tempdir().unwrap();
    let pepper = parent.path().join("pepper");
    std::fs::write(&pepper, "00112233445566778899aabbccddeeff".repeat(2)).unwrap();
    let file = parent.path().join("aig.toml");
    let directory = parent.path().join("data");
    let settings = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = {directory:?}\ntoken_pepper_file = {pepper:?}\n"
    );
    std::fs::write(&file, settings).unwrap();
    let config = file.display().to_string();
    let mut served = Running::start(aig(&["serve", "--config", &config]));
    served.listening().await;
    served.first_start().await;
    let base = served.exported("AIG_BASE_URL");

    let here = async |words: &[&str]| say(&[words, &["--config", &config]].concat()).await;
    let made = here(&["account", "create", "--name", "Second\u{1b}[2J"])
        .await
        .fine();
    let account = made.word(|word| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit()));
    let listed = here(&["account", "list"]).await.fine();
    assert_eq!(listed.row(&account)[1], r"Second\u{1b}[2J");
    let of = ["--account", &account];
    let create = ["token", "create", "--name", "mine", "--permissions", "read"];
    let token = here(&[&create[..], &of].concat()).await.fine().token();
    assert!(!directory.join("token-pepper").exists());
    let listed = here(&[&["token", "list"][..], &of].concat()).await.fine();
    assert!(!listed.out.contains(&token), "{listed:?}");
    let row = listed.row("mine");
    assert_eq!((row[2], &row[3][3..]), ("read", &token[token.len() - 4..]));

    let until = ["--expires-on", "2126-01-31T00:00:00Z", "--name", "short"];
    here(&[&["token", "create"][..], &until, &of].concat())
        .await
        .fine();
    let listed = here(&[&["token", "list"][..], &of].concat()).await.fine();
    let short = listed.row("short").join("|");
    assert!(
        short.contains("2126-01-31") && short.ends_with("active"),
        "{short}"
    );
    let over = ["--expires-on", "2026-01-31T00:00:00Z"];
    let refused = here(&[&["token", "create"][..], &over, &of].concat()).await;
    assert!(refused.fault().contains("must lie in the future"));

    let list = || run(over_api(&base, &account, &token, &["gateways", "list"]));
    aig_testkit::eventually("the server to know the token", async || {
        list().await.success.then_some(())
    })
    .await;
    here(&["token", "revoke", row[0]]).await.fine();
    aig_testkit::eventually("the server to forget the token", async || {
        (!list().await.success).then_some(())
    })
    .await;
    assert!(list().await.fault().contains("10000"));

    let again = here(&["token", "revoke", row[0]]).await.fault();
    assert!(
        again.contains("there is no token") && again.contains("aig token list"),
        "{again}"
    );
    let wrong = here(&["token", "revoke", "xyz-canary"]).await.fault();
    assert!(
        wrong.contains("not a token's id") && wrong.contains("aig token list"),
        "{wrong}"
    );
    assert!(!wrong.contains("canary"), "it may be a token: {wrong}");
    here(&["account", "delete", &account]).await.fine();
    let gone = here(&["account", "delete", &account]).await.fault();
    assert!(gone.contains("there is no account"), "{gone}");
    served.stop("TERM").await;
}
