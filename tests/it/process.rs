//! The house as a process of its own: signals, sudden death, and what is left afterwards.
//!
//! The process is this test binary, told to run [`child`] alone.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aig_server::cli::Cli;
use aig_testkit::{PATIENCE, Provider};
use clap::Parser;
use futures_util::StreamExt;
use serde_json::{Value, json};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "a-token-that-an-infrastructure-tool-has-set";

/// What the processes of the tests below run: the command line, with its words in a variable.
#[test]
#[ignore = "is a part of the other tests here, which run it as a process of its own"]
fn child() {
    let words = std::env::var("AIG_TEST_WORDS").expect("only the other tests run this one");
    let code = Cli::parse_from(words.split('\n')).run();
    assert_eq!(
        code.expect("the command ends without an error"),
        ExitCode::SUCCESS
    );
}

/// A running `aig serve`.
struct Served {
    process: Child,
    address: SocketAddr,
}

impl Served {
    /// Starts on that directory and waits until it listens.
    async fn start(directory: &Path, more: &[&str]) -> Self {
        let directory = directory.display().to_string();
        let mut words = vec![
            "aig",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ];
        words.extend(["--data-dir", &directory]);
        words.extend(more);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", "process::child", "--nocapture"])
            .env("AIG_TEST_WORDS", words.join("\n"))
            .env("AIG_BOOTSTRAP_ACCOUNT", ACCOUNT)
            .env("AIG_BOOTSTRAP_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let (said, listening) = tokio::sync::oneshot::channel();
        // Reads to the end, or the process would wait for room in the pipe.
        std::thread::spawn(move || {
            let mut said = Some(said);
            for line in stderr.lines().map_while(Result::ok) {
                assert!(!line.contains(TOKEN), "the log holds the token: {line}");
                let event: Value = serde_json::from_str(&line).unwrap_or_default();
                if event["message"] == "listening"
                    && let Some(said) = said.take()
                {
                    let address = event["address"].as_str().unwrap().parse().unwrap();
                    let _ = said.send(address);
                }
            }
        });
        let address = tokio::time::timeout(PATIENCE, listening)
            .await
            .unwrap()
            .unwrap();
        Self { process, address }
    }

    fn gateways(&self, path: &str) -> String {
        format!(
            "http://{}/client/v4/accounts/{ACCOUNT}/ai-gateway/gateways{path}",
            self.address
        )
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    async fn ended(mut self) -> std::process::ExitStatus {
        let waiting = tokio::task::spawn_blocking(move || self.process.wait().unwrap());
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("the process ends")
            .unwrap()
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

async fn ids(served: &Served) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for page in 1.. {
        let url = served.gateways(&format!("?per_page=100&page={page}"));
        let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let rows = body["result"].as_array().unwrap();
        if rows.is_empty() {
            break;
        }
        all.extend(rows.iter().map(|g| g["id"].as_str().unwrap().to_owned()));
    }
    all
}

/// Killed in the middle of writes, fifty times over: what was acknowledged is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_acknowledged_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let mut attempted = BTreeSet::from(["default".to_owned()]);
    for round in 0..50 {
        let served = Served::start(directory.path(), &[]).await;
        let there = ids(&served).await;
        let lost: Vec<_> = acknowledged
            .lock()
            .unwrap()
            .difference(&there)
            .cloned()
            .collect();
        assert!(
            lost.is_empty(),
            "round {round}: acknowledged and lost: {lost:?}"
        );
        let unasked: Vec<_> = there.difference(&attempted).collect();
        assert!(
            unasked.is_empty(),
            "round {round}: nobody asked for {unasked:?}"
        );

        // Killed when this many are acknowledged, while three other writers are in the middle.
        let enough = 1 + round % 7;
        let count = Arc::new(AtomicUsize::new(0));
        let (done, mut kill) = tokio::sync::mpsc::unbounded_channel();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4 {
            let names: Vec<_> = (0..100)
                .map(|n| format!("r{round}-w{writer}-n{n}"))
                .collect();
            attempted.extend(names.iter().cloned());
            let (url, count, done) = (served.gateways(""), Arc::clone(&count), done.clone());
            let acknowledged = Arc::clone(&acknowledged);
            writers.spawn(async move {
                let http = http();
                for name in names {
                    let request = http
                        .post(&url)
                        .bearer_auth(TOKEN)
                        .json(&json!({"id": name}));
                    match request.send().await {
                        Ok(answer) if answer.status() == 200 => {
                            acknowledged.lock().unwrap().insert(name);
                            if count.fetch_add(1, Ordering::Relaxed) + 1 >= enough {
                                let _ = done.send(());
                            }
                        }
                        _ => break,
                    }
                }
            });
        }
        tokio::time::timeout(PATIENCE, kill.recv())
            .await
            .unwrap()
            .unwrap();
        served.signal("KILL");
        while writers.join_next().await.is_some() {}
        served.ended().await;
    }
    let database = rusqlite::Connection::open(directory.path().join("config.db")).unwrap();
    let verdict: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    assert!(acknowledged.lock().unwrap().len() >= 50);
}

/// Asked to stop, the house takes nothing new, lets open streams end, writes their rows, exits 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_an_open_stream_end() {
    let provider = Provider::start().await;
    let directory = tempfile::tempdir().unwrap();
    let openai = format!("openai=http://{}/v1", provider.address());
    let settings = ["--provider", &openai, "--egress-allow", "127.0.0.0/8"];
    let served = Served::start(directory.path(), &settings).await;
    let made = http()
        .post(served.gateways(""))
        .bearer_auth(TOKEN)
        .json(&json!({"id": "g"}));
    assert_eq!(made.send().await.unwrap().status(), 200);

    let gates = provider.streams(["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"]);
    let url = format!(
        "http://{}/v1/{ACCOUNT}/g/openai/chat/completions",
        served.address
    );
    let answer = http().post(url).body("{}").send().await.unwrap();
    let mut stream = answer.bytes_stream();
    gates.release_one();
    assert!(
        stream
            .next()
            .await
            .unwrap()
            .unwrap()
            .starts_with(b"data: {")
    );

    served.signal("TERM");
    let address = served.address;
    aig_testkit::eventually("the door to close", async || {
        tokio::net::TcpStream::connect(address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    gates.release_all();
    assert_eq!(
        &stream.next().await.unwrap().unwrap()[..],
        b"data: [DONE]\n\n"
    );
    assert!(stream.next().await.is_none(), "the stream ends cleanly");
    assert!(served.ended().await.success());

    let served = Served::start(directory.path(), &[]).await;
    let url = served.gateways("/g/logs");
    let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["result"][0]["outcome"], "complete", "{body}");
    served.signal("TERM");
    assert!(served.ended().await.success());
}

/// A stream that does not end is cut when the drain deadline runs out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_drain_has_a_deadline() {
    let provider = Provider::start().await;
    let directory = tempfile::tempdir().unwrap();
    let openai = format!("openai=http://{}/v1", provider.address());
    let settings = [
        "--provider",
        &openai,
        "--egress-allow",
        "127.0.0.0/8",
        "--drain-timeout",
        "0",
    ];
    let served = Served::start(directory.path(), &settings).await;
    let made = http()
        .post(served.gateways(""))
        .bearer_auth(TOKEN)
        .json(&json!({"id": "g"}));
    assert_eq!(made.send().await.unwrap().status(), 200);
    let gates = provider.streams(["data: 1\n\n", "data: 2\n\n"]);
    let url = format!(
        "http://{}/v1/{ACCOUNT}/g/openai/chat/completions",
        served.address
    );
    let answer = http().post(url).body("{}").send().await.unwrap();
    let mut stream = answer.bytes_stream();
    gates.release_one();
    stream.next().await.unwrap().unwrap();
    served.signal("TERM");
    let end = stream.next().await;
    assert!(
        matches!(end, Some(Err(_))),
        "the stream must break, not end: {end:?}"
    );
    assert!(served.ended().await.success());
}

#[tokio::test]
async fn an_address_in_use_is_named_with_a_remedy() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let words = [
        "aig",
        "serve",
        "--log",
        "off",
        "--listen",
        &address,
        "--data-dir",
    ];
    let directory = directory.path().join("new").display().to_string();
    let cli = Cli::parse_from(words.into_iter().chain([&*directory]));
    let error = tokio::task::spawn_blocking(|| cli.run())
        .await
        .unwrap()
        .unwrap_err();
    let message = format!("{error:#}");
    assert!(
        message.contains(&address) && message.contains("--listen"),
        "{message}"
    );
}
