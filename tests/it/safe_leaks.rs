//! Secrets and opted-out bodies stand nowhere: not in files, rows, answers, counters, nor in what the
//! process says. What all tests leave behind is looked through by the kit itself; here it is shown
//! that it finds something, and what it takes to have a secret in many places.

use std::path::Path;

use aig_testkit::{House, Provider, leaks};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// What the house says when it goes, with a secret planted by `plant`.
async fn verdict<F>(plant: impl FnOnce(House) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let test = tokio::spawn(async move {
        let house = House::start().await;
        house.gateway("g", json!({})).await;
        plant(house).await;
    });
    match test.await {
        Ok(()) => String::new(),
        Err(error) => {
            let panic = error.into_panic();
            panic.downcast_ref::<String>().unwrap().clone()
        }
    }
}

/// A request that is refused before any provider is asked.
async fn refused(house: &House, agent: &str, body: String) {
    let request = house.http().post(house.url("g", "nobody/x"));
    let request = request.header("user-agent", agent).body(body);
    request.send().await.unwrap().bytes().await.unwrap();
    house.logged("g", 1).await;
}

#[tokio::test]
async fn s_08_a_secret_that_is_left_behind_is_found() {
    let clean = verdict(async |house| refused(&house, "agent", String::new()).await).await;
    assert_eq!(clean, "");
    let file = verdict(async |house| {
        let path = house.directory().join("left-behind");
        std::fs::write(path, format!("x{}x", house.token())).unwrap();
    });
    let pepper = verdict(async |house| {
        let read = |name: &str| std::fs::read(house.directory().join(name)).unwrap();
        let path = house.directory().join("left-behind");
        std::fs::write(path, read("token-pepper")).unwrap();
    });
    let row = verdict(async |house| {
        let half = &house.token()[..30];
        refused(&house, half, String::new()).await;
    });
    let answer = verdict(async |house| {
        let name: String = house.token().chars().rev().collect();
        house.gateway("other", json!({"name": name})).await;
    });
    for (place, told) in [
        ("left-behind has", file.await),
        ("left-behind has", pepper.await),
        ("the log of a gateway has", row.await),
        ("an answer of the control plane has", answer.await),
    ] {
        assert!(told.starts_with("secrets leaked:\n"), "{told}");
        assert!(told.contains(place), "{place}: {told}");
    }
}

/// A body in the log is compressed with others; what is looked through is what comes out again.
#[tokio::test]
async fn s_08_a_secret_in_a_logged_body_is_found() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let told = tokio::spawn(async move {
        let house = House::with(&provider).await;
        house.gateway("g", json!({})).await;
        let body = json!({"messages": [house.token()]}).to_string();
        let request = house.http().post(house.url("g", "openai/chat/completions"));
        let answer = request.body(body).send().await.unwrap();
        answer.bytes().await.unwrap();
        house.logged("g", 1).await;
    });
    let panic = told.await.unwrap_err().into_panic();
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.contains("the log of a gateway has"), "{told}");
}

const SAYS_A_SECRET: &str = "AIG_TEST_SAYS_A_SECRET";

/// What a test fails with that says a secret; apart, because what is said is looked through by all.
#[tokio::test]
#[ignore = "is a part of another test, which runs it as a process of its own"]
async fn says_a_secret() {
    std::env::var(SAYS_A_SECRET).expect("only another test runs this one");
    let house = House::start().await;
    tracing::trace!(token = house.token(), "planted");
}

#[test]
fn s_08_a_secret_that_the_process_says_is_found() {
    let name = "safe_leaks::says_a_secret";
    let test = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture"])
        .env(SAYS_A_SECRET, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&test.stderr);
    assert!(!test.status.success(), "{told}");
    assert!(told.contains("the process's log has"), "{told}");
}

/// A provider whose key travels in the address, and all the ways in which a call to it goes wrong.
#[tokio::test]
async fn s_10_a_key_in_an_address_stands_in_no_log_and_no_error() {
    const KEY: &str = "sk-canary-in-an-address-0123456789";
    leaks::keep(KEY);
    let provider = Provider::start().await;
    let gone = Provider::start().await;
    let nobody = gone.address();
    drop(gone);
    let there = provider.address();
    provider.hangs();
    provider.fails(500);
    provider.closes();
    provider.answers_raw("NOT HTTP AT ALL\r\n\r\n");
    provider.breaks_after(["data: {\"candidates\":[]}\n\n"]);
    provider.answers(302, &[("location", "/elsewhere?key=other")], "");
    provider.answers(
        400,
        &JSON,
        "{\"error\":{\"message\":\"API key not valid\"}}",
    );
    let models = "google-ai-studio/v1beta/models/g:generateContent";
    let calls = |tail: &str, count: usize| vec![format!("{tail}?alt=x&key={KEY}"); count];
    for (base, calls) in [
        (format!("http://{there}"), calls(models, 7)),
        // Nobody listens there; and there nobody speaks TLS.
        (format!("http://{nobody}"), calls(models, 1)),
        (format!("https://{there}"), calls(models, 1)),
        // Refused here: the host that the path names, and the provider.
        (
            format!("http://{there}"),
            [
                calls("azure-openai/x.evil.com/d/chat/completions", 1),
                calls("unknown/x", 1),
            ]
            .concat(),
        ),
    ] {
        let house = House::builder()
            .flags(|flags| flags.providers.push(format!("google-ai-studio={base}")))
            .start()
            .await;
        house.gateway("g", json!({})).await;
        for path in &calls {
            let request = house.http().post(house.url("g", path));
            let request = request.header("cf-aig-request-timeout", "200").body("{}");
            // An answer that breaks off has an error of the client's own, which names what it called.
            let answer = request.send().await.unwrap();
            let head = format!("{} {:?}", answer.status(), answer.headers());
            let body = answer.text().await.unwrap_or_default();
            for told in [head, body] {
                assert!(!told.contains("canary"), "{path}: {told}");
            }
        }
        let rows = house.logged("g", calls.len()).await;
        assert!(!json!(rows).to_string().contains("canary"), "{rows:#?}");
        let metrics = format!("http://{}/metrics", house.address());
        let metrics = house.http().get(metrics).send().await.unwrap();
        assert!(!metrics.text().await.unwrap().contains("canary"));
        // And the files and the process's log, when the house goes.
    }
    let seen = provider.requests();
    assert_eq!(seen.len(), 7, "the provider had its key: {seen:#?}");
    assert!(seen.iter().all(|request| request.target.contains(KEY)));
}

/// Bytes that nothing makes shorter, so that they stand in a file as they are or not at all; the same
/// for the same seed.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u8
    };
    (0..4096).map(|_| next()).collect()
}

/// Which files of a directory hold some stretch of these bytes.
fn holding(directory: &Path, body: &[u8]) -> Vec<String> {
    let stretch = &body[1000..1032];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        if bytes.windows(stretch.len()).any(|run| run == stretch) {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found
}

/// Not in the database of the log, not in what is still to be moved there, not in the other one: not
/// even for a moment, so both are looked at while the house runs and after it has ended.
#[tokio::test]
async fn d_13_a_body_that_is_opted_out_never_reaches_a_file() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({})).await;
    house.gateway("off", json!({"collect_logs": false})).await;
    let binary = [("content-type", "application/octet-stream")];
    let mut bodies = Vec::new();
    for (gateway, headers) in [
        ("g", &[("cf-aig-collect-log", "false")][..]),
        ("g", &[("cf-aig-collect-log-payload", "false")]),
        ("off", &[]),
        ("off", &[("cf-aig-collect-log-payload", "true")]),
        // Who does not opt out, in order to see that it could be found.
        ("g", &[]),
        ("off", &[("cf-aig-collect-log", "true")]),
    ] {
        let seed = bodies.len() as u64;
        let (question, answer) = (noise(2 * seed + 1), noise(2 * seed + 2));
        provider.answers(200, &binary, answer.clone());
        let mut request = house.http().post(house.url(gateway, "openai/audio/speech"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let told = request.body(question.clone()).send().await.unwrap();
        assert_eq!(told.bytes().await.unwrap(), answer);
        bodies.push([question, answer]);
    }
    let kept = |row: &Value| row["request_body"] == "kept" && row["response_body"] == "kept";
    let rows = house.logged("g", 2).await;
    assert_eq!(rows.iter().filter(|row| kept(row)).count(), 1);
    assert!(kept(&house.logged("off", 1).await[0]));
    let look = |directory: &Path| {
        for (at, bodies) in bodies.iter().enumerate() {
            for body in bodies {
                let files = holding(directory, body);
                assert_eq!(files.is_empty(), at < 4, "{at}: {files:?}");
            }
        }
    };
    look(house.directory());
    let directory = house.stop().await;
    look(directory.path());
}
