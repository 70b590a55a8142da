//! Commands that work on the data directory while a server runs there, and what a restart keeps.

use aig_model::{Permissions, Timestamp, TokenText};
use aig_server::keys;
use aig_store::Store;
use aig_testkit::{House, eventually};

async fn status(house: &House, token: &str) -> u16 {
    let request = house.http().get(house.gateways_url("")).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_made_or_revoked_by_another_process_is_noticed() {
    let house = House::start().await;
    // Another process is another `Store` on the same directory: nothing is shared in memory.
    let other = Store::open(house.directory()).unwrap();
    let identity = keys::identity(&other, house.directory(), None)
        .await
        .unwrap();
    let token = TokenText::from_random([42; 32]);
    let made = other
        .instance()
        .create_token(
            house.account(),
            "t",
            Permissions::ALL,
            identity.digest(&token),
            token.last_four(),
            Timestamp::default(),
        )
        .await
        .unwrap();
    eventually("the new token to be taken", async || {
        (status(&house, token.expose()).await == 200).then_some(())
    })
    .await;
    assert!(other.instance().revoke_token(made.id).await.unwrap());
    eventually("the revoked token to be refused", async || {
        (status(&house, token.expose()).await == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_restart_keeps_gateways_tokens_and_logs() {
    let house = House::start().await;
    house
        .gateway("kept", serde_json::json!({"name": "Kept", "cache_ttl": 60}))
        .await;
    let url = house.url("kept", "no-such-provider/x");
    house.http().get(url).send().await.unwrap();
    house.logged("kept", 1).await;
    let token = house.token().to_owned();
    let directory = house.stop().await;

    let house = House::builder().directory(directory).start().await;
    assert_eq!(status(&house, &token).await, 200);
    assert_eq!(house.logs("kept").await.len(), 1);
    let url = house.gateways_url("/kept");
    let answer = house
        .http()
        .get(url)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(
        (&body["result"]["name"], &body["result"]["cache_ttl"]),
        (&"Kept".into(), &60.into())
    );
}

#[tokio::test]
async fn only_the_owner_can_read_the_directory() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let store = Store::open(&directory).unwrap();
    keys::identity(&store, &directory, None).await.unwrap();
    drop(store);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("token-pepper")), 0o600);
}
