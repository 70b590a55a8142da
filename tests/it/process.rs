//! The house as a process of its own: signals, sudden death, and what is left afterwards.
//!
//! The process is this test binary, told to run [`child`] alone.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use aig_server::cli::Cli;
use aig_testkit::PATIENCE;
use serde_json::{Value, json};

use crate::watched::{Disk, Plan};

pub(crate) const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "a-token-that-an-infrastructure-tool-has-set";

const WORDS: &str = "AIG_TEST_WORDS";

/// A number and a data directory: at that call for its files the process dies.
pub(crate) const DIES_AT: &str = "AIG_TEST_DIES_AT";

/// What the processes of the tests here and in `command_line` run: the command line, with its words
/// in a variable.
#[test]
#[ignore = "is a part of other tests, which run it as a process of its own"]
fn child() {
    let words = std::env::var(WORDS).expect("only other tests run this one");
    // Held: its files are watched as long as it lives.
    let _disk = std::env::var(DIES_AT).ok().map(|plan| {
        let (call, directory) = plan.split_once(' ').unwrap();
        let disk = Disk::of(Path::new(directory));
        disk.at(call.parse().unwrap(), Plan::Death);
        disk
    });
    let code = Cli::main(words.split('\n'));
    assert_eq!(code, ExitCode::SUCCESS);
}

/// The command `aig` with these words, as a process whose environment says nothing to it.
pub(crate) fn aig(words: &[&str]) -> Command {
    signalled(words, &[])
}

/// The same, started by `env` with these options of its own: how signals are inherited.
pub(crate) fn signalled(words: &[&str], options: &[&str]) -> Command {
    let mut command = Command::new("env");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("AIG_") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
        .args(options)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "process::child", "--nocapture"])
        .env(
            WORDS,
            ["aig"]
                .iter()
                .chain(words)
                .copied()
                .collect::<Vec<_>>()
                .join("\n"),
        )
        .stdin(Stdio::null());
    command
}

/// A running `aig serve`.
pub(crate) struct Served {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
}

impl Served {
    /// Starts on that directory and waits until it listens.
    pub(crate) async fn start(directory: &Path, more: &[&str]) -> Self {
        Self::start_with(directory, more, &[]).await
    }

    /// The same with more variables in its environment.
    pub(crate) async fn start_with(
        directory: &Path,
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        Self::start_by(directory, more, variables, &[]).await
    }

    /// The same, started by `env` with these options of its own.
    pub(crate) async fn start_by(
        directory: &Path,
        more: &[&str],
        variables: &[(&str, &str)],
        options: &[&str],
    ) -> Self {
        let directory = directory.display().to_string();
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        words.extend(["--data-dir", &directory]);
        words.extend(more);
        let mut command = signalled(&words, options);
        command
            .env("AIG_BOOTSTRAP_ACCOUNT", ACCOUNT)
            .env("AIG_BOOTSTRAP_TOKEN", TOKEN)
            .envs(variables.iter().copied())
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

    pub(crate) fn gateways(&self, path: &str) -> String {
        format!(
            "http://{}/client/v4/accounts/{ACCOUNT}/ai-gateway/gateways{path}",
            self.address
        )
    }

    /// The URL of a gateway's provider path.
    pub(crate) fn url(&self, gateway: &str, path: &str) -> String {
        format!("http://{}/v1/{ACCOUNT}/{gateway}/{path}", self.address)
    }

    /// Makes a gateway that takes anybody's requests.
    pub(crate) async fn gateway(&self, id: &str) {
        let made = http().post(self.gateways("")).bearer_auth(TOKEN);
        let answer = made.json(&json!({"id": id})).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Every row of a gateway's log.
    pub(crate) async fn rows(&self, gateway: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        for page in 1.. {
            let url = self.gateways(&format!("/{gateway}/logs?per_page=50&page={page}"));
            let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
            let mut body: Value = answer.json().await.unwrap();
            let found = body["result"].as_array_mut().unwrap();
            if found.is_empty() {
                break;
            }
            rows.append(found);
        }
        rows
    }

    /// A line of the process's status in Linux's table, in bytes: `VmRSS` is what it holds,
    /// `VmHWM` the most that it has held.
    pub(crate) fn memory(&self, line: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap();
        let value = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
        let kibibytes = value.trim_matches([':', ' ', '\t']).trim_end_matches(" kB");
        kibibytes.parse::<u64>().unwrap() << 10
    }

    /// URL below the account's gateways on the data plane.
    pub(crate) fn data(&self, path: &str) -> String {
        format!("http://{}/v1/{ACCOUNT}/{path}", self.address)
    }

    /// What a counter or gauge without labels says.
    pub(crate) async fn metric(&self, name: &str) -> i64 {
        let url = format!("http://{}/metrics", self.address);
        metric(
            &http().get(url).send().await.unwrap().text().await.unwrap(),
            name,
        )
    }

    /// How many file descriptors the process has open.
    pub(crate) fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.process.id());
        std::fs::read_dir(path).unwrap().count()
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn signal(&self, name: &str) {
        send(name, &self.process);
    }

    pub(crate) async fn ended(mut self) -> std::process::ExitStatus {
        let waiting = tokio::task::spawn_blocking(move || self.process.wait().unwrap());
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("the process ends")
            .unwrap()
    }
}

/// The value of a counter or gauge without labels in the text of `/metrics`.
pub(crate) fn metric(text: &str, name: &str) -> i64 {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let found = lines.find(|(named, _)| *named == name);
    let (_, value) = found.unwrap_or_else(|| panic!("no {name} in {text}"));
    value.parse().unwrap()
}

impl Drop for Served {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        // Most have ended by now, and are no more to be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends the signal to the process.
pub(crate) fn send(name: &str, process: &Child) {
    let pid = process.id().to_string();
    let mut kill = Command::new("kill");
    let sent = kill.args([&format!("-{name}"), &pid]).status();
    assert!(sent.unwrap().success());
}

/// Whether the process has a handler for the signal of that number.
pub(crate) fn handles(process: &Child, signal: u32) -> bool {
    let path = format!("/proc/{}/status", process.id());
    let status = std::fs::read_to_string(path).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask >> (signal - 1) & 1 == 1
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// A signal that comes while the house is still being built is not the end of the process: it waits,
/// and the house is left in order. Regression: handlers were registered when all was built.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_the_start_is_not_lost() {
    const NUMBERS: [(&str, u32); 3] = [("HUP", 1), ("INT", 2), ("TERM", 15)];
    let directory = tempfile::tempdir().unwrap();
    for (name, _) in NUMBERS {
        drop(aig_store::Store::open(directory.path()).unwrap());
        let lock = rusqlite::Connection::open(directory.path().join("config.db")).unwrap();
        lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let path = directory.path().display().to_string();
        let words = ["serve", "--listen", "127.0.0.1:0", "--data-dir", &path];
        let mut command = signalled(&words, &["--default-signal=HUP"]);
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        aig_testkit::eventually("the handlers of a process that cannot go on", async || {
            NUMBERS
                .iter()
                .all(|(_, n)| handles(&process, *n))
                .then_some(())
        })
        .await;
        send(name, &process);
        lock.execute_batch("ROLLBACK").unwrap();
        drop(lock);
        let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
        let ended = tokio::time::timeout(PATIENCE, ended)
            .await
            .unwrap()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "{name}: {said}");
        assert!(said.contains(&format!("SIG{name}")), "{said}");
        assert!(said.ends_with("stopped\n"), "{said}");
    }
}

/// `nohup` has SIGHUP ignored, and it stays so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ignored_hangup_stays_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    let words = ["serve", "--listen", "127.0.0.1:0", "--data-dir", &path];
    let mut command = signalled(&words, &["--ignore-signal=HUP"]);
    let process = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    aig_testkit::eventually("the other handlers", async || {
        handles(&process, 15).then_some(())
    })
    .await;
    assert!(!handles(&process, 1));
    send("HUP", &process);
    send("TERM", &process);
    let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
    let ended = tokio::time::timeout(PATIENCE, ended)
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    assert!(
        said.contains("SIGTERM") && !said.contains("SIGHUP"),
        "{said}"
    );
}

#[tokio::test]
async fn an_address_in_use_is_named_with_a_remedy() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("new").display().to_string();
    let mut serve = aig(&["serve", "--listen", &address, "--data-dir", &directory]);
    let ended = tokio::task::spawn_blocking(move || serve.output().unwrap());
    let ended = ended.await.unwrap();
    assert!(!ended.status.success());
    let message = String::from_utf8_lossy(&ended.stderr);
    assert!(
        message.contains(&address) && message.contains("--listen"),
        "{message}"
    );
}
