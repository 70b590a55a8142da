//! A write is synced before it is acknowledged: seen at the calls that SQLite makes for its files,
//! not taken from a setting.
//!
//! The one proof watches the order of calls; the other takes the sync away, and then nothing may
//! be acknowledged, whoever would be faster.

use aig_testkit::House;
use serde_json::{Value, json};

use crate::watched::{Call, Watched};

/// A house, and a look at the write-ahead log of its configuration.
async fn house() -> (House, Watched) {
    let directory = tempfile::tempdir().unwrap();
    let watched = Watched::new(&directory.path().join("config.db-wal"));
    (House::builder().directory(directory).start().await, watched)
}

/// A call of the API with the house's token: status and body.
async fn call(house: &House, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = house
        .http()
        .request(method.parse().unwrap(), house.gateways_url(path))
        .bearer_auth(house.token())
        .json(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn when_a_write_is_acknowledged_all_of_it_is_synced() {
    let (house, watched) = house().await;
    let settings = json!({"name": "x", "cache_ttl": 60});
    for (method, path) in [
        ("POST", ""),
        ("PUT", "/x"),
        ("DELETE", "/x"),
        ("POST", ""),
        // Writes the implicit gateway first.
        ("PUT", "/default"),
        ("DELETE", "/default"),
    ] {
        watched.take();
        let (status, body) = call(&house, method, path, &settings).await;
        assert_eq!(status, 200, "{method} {path}: {body}");
        let calls = watched.take();
        assert!(calls.contains(&Call::Write), "{method} {path}: {calls:?}");
        assert_eq!(
            calls.last(),
            Some(&Call::Sync),
            "{method} {path}: something was not synced when the answer came: {calls:?}"
        );
    }
}

#[tokio::test]
async fn d_07_nothing_is_acknowledged_on_top_of_a_sync_that_failed() {
    let (house, watched) = house().await;
    // The first write of a log syncs its header, whatever the settings are.
    house.gateway("before", json!({})).await;
    assert_eq!(read_only(&house).await, 0);
    watched.fail_syncs(true);
    watched.take();
    let (status, body) = call(&house, "POST", "", &json!({"id": "lost"})).await;
    assert_eq!((status, &body["errors"][0]["code"]), (503, &json!(7011)));
    let calls = watched.take();
    assert_eq!(
        (calls.contains(&Call::Write), calls.contains(&Call::Sync)),
        (true, true),
        "it was the sync that failed: {calls:?}"
    );
    assert_eq!(call(&house, "GET", "/lost", &Value::Null).await.0, 404);

    // What the kernel dropped no later sync brings back: nothing more is written on top of it.
    watched.fail_syncs(false);
    let (status, _) = call(&house, "PUT", "/before", &json!({"name": "n"})).await;
    assert_eq!(status, 503);
    assert_eq!(watched.take(), [], "not even tried");
    assert_eq!(call(&house, "GET", "/before", &Value::Null).await.0, 200);
    assert_eq!(read_only(&house).await, 1, "and the process says so");
}

/// What `/metrics` says of the configuration.
async fn read_only(house: &House) -> i64 {
    let url = format!("http://{}/metrics", house.address());
    let text = house.http().get(url).send().await.unwrap().text().await;
    crate::process::metric(&text.unwrap(), "aig_store_read_only")
}
