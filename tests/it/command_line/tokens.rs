//! `aig tokens`, against this house.

use aig_testkit::House;

use super::{over_api, run};

#[tokio::test]
async fn tokens_are_administered_over_the_api() {
    let house = House::start().await;
    let (base, account) = (house.api(), house.account().to_string());
    let by = async |token: &str, words: &[&str]| {
        let words = [&["tokens"], words].concat();
        run(over_api(&base, &account, token, &words)).await
    };
    let over = async |words: &[&str]| by(house.token(), words).await;
    let groups = over(&["groups"]).await.fine();
    let id = "61696720617069207065726d2072756e";
    assert_eq!(groups.row("AI Gateway Run"), [id, "AI Gateway Run"]);

    let create = ["create", "ci", "--group", "AI Gateway Run"];
    let until = ["--expires-on", "2126-01-31T00:00:00Z"];
    let made = over(&[&create[..], &until].concat()).await.fine();
    let value = made.token();
    let told = by(&value, &["verify"]).await.fine();
    assert!(told.out.lines().any(|line| line == "active"), "{told:?}");
    let listed = over(&["list"]).await.fine();
    assert!(!listed.out.contains(&value), "{listed:?}");
    let row = listed.row("ci");
    let id = row[0].to_owned();
    assert_eq!((row[2], row[4]), ("active", "AI Gateway Run"));

    let more = ["--group", "AI Gateway Read", "--group", "AI Gateway Run"];
    let update = [&["update", &*id, "--name", "other"][..], &more].concat();
    let changed = over(&update).await.fine();
    let row = changed.row("other");
    assert_eq!(row[4], "AI Gateway Read, AI Gateway Run");
    assert!(row[3].starts_with("2126-01-31"), "{row:?}");
    over(&["update", &id, "--status", "disabled"]).await.fine();
    assert!(by(&value, &["verify"]).await.fault().contains("10000"));
    let on = over(&["update", &id, "--status", "active"]).await.fine();
    assert_eq!(on.row("other")[2], "active");

    let rolled = over(&["roll", &id, "--overlap", "60"]).await.fine().token();
    for value in [&value, &rolled] {
        by(value, &["verify"]).await.fine();
    }
    let last = over(&["roll", &id]).await.fine().token();
    for value in [&value, &rolled] {
        assert!(by(value, &["verify"]).await.fault().contains("401"));
    }
    by(&last, &["verify"]).await.fine();

    let unknown = over(&["create", "x", "--group", "Everything"])
        .await
        .fault();
    assert!(unknown.contains("aig tokens groups"), "{unknown}");
    let got = over(&["get", &id, "--json"]).await.fine().json();
    assert_eq!(got["name"], "other");
    let gone = over(&["delete", &id]).await.fine();
    assert!(gone.out.contains(&id), "{gone:?}");
    assert!(over(&["get", &id]).await.fault().contains("7002"));
}
