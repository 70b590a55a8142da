//! Which pepper is taken, which is refused, and when one is made.

use std::os::unix::fs::PermissionsExt;

use aig_model::{Permissions, Timestamp};

use super::*;

const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

async fn refusal(store: &Store, dir: &Path, file: Option<&Path>) -> String {
    match identity(store, dir, file).await {
        Ok(_) => panic!("the pepper was taken"),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn the_pepper_is_made_once_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let token = TokenText::from_random([1; 32]);
    let first = identity(&store, dir.path(), None).await.unwrap();
    let second = identity(&store, dir.path(), None).await.unwrap();
    assert_eq!(first.digest(&token), second.digest(&token));
    let mode = dir.path().join(FILE).metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let drafts = std::fs::read_dir(dir.path())
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("token-pepper.")
        })
        .count();
    assert_eq!(drafts, 0, "no draft is left");
}

#[tokio::test]
async fn another_pepper_is_refused_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    identity(&store, dir.path(), None).await.unwrap();
    let other = dir.path().join("other");
    std::fs::write(&other, OTHER).unwrap();
    let message = refusal(&store, dir.path(), Some(&other)).await;
    assert!(
        message.contains("not the one that the tokens were made with"),
        "{message}"
    );
    assert!(message.contains("--token-pepper-file"), "{message}");
    identity(&store, dir.path(), None)
        .await
        .expect("the first one still is");
}

#[tokio::test]
async fn a_lost_pepper_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    identity(&store, dir.path(), None).await.unwrap();
    let path = dir.path().join(FILE);
    let kept = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let message = refusal(&store, dir.path(), None).await;
    assert!(message.contains("is not there"), "{message}");
    assert!(message.contains("--token-pepper-file"), "{message}");
    assert!(
        !path.exists(),
        "nothing stands where the lost one is looked for"
    );
    std::fs::write(&path, kept).unwrap();
    identity(&store, dir.path(), None)
        .await
        .expect("it was put back");
}

#[tokio::test]
async fn no_pepper_is_made_beside_tokens_that_are_older_than_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let digest = Identity::new(parse(OTHER).unwrap()).digest(&TokenText::from_random([2; 32]));
    let now = Timestamp::default();
    let account = store
        .instance()
        .create_account("a", None, now)
        .await
        .unwrap();
    let all = Permissions::ALL;
    let made = store
        .instance()
        .create_token(account.id, "t", all, digest, "last", now);
    made.await.unwrap();
    let message = refusal(&store, dir.path(), None).await;
    assert!(message.contains("is not there"), "{message}");
    assert!(!dir.path().join(FILE).exists());
}

#[test]
fn weak_peppers_are_refused() {
    for text in [
        "",
        " ",
        "00",
        &"0".repeat(64),
        &"g".repeat(64),
        &"ab".repeat(33),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains("openssl rand"), "{message}");
    }
}

#[tokio::test]
async fn s_13_an_empty_or_short_pepper_refuses_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let file = dir.path().join("mine");
    for text in ["", "x", " \n", "00", &"ab".repeat(31)] {
        std::fs::write(&file, text).unwrap();
        let message = refusal(&store, dir.path(), Some(&file)).await;
        assert!(message.contains("64 hex digits"), "{text:?}: {message}");
        assert!(text.len() < 4 || !message.contains(text), "{message}");
    }
}
