//! `aig` as a production gateway runs: its own process on a data directory, set up over the control
//! API, with everything on that the product has; what it does not have yet is said, not assumed.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::message::Messages;
use crate::process::Process;
use crate::provider::Wanted;
use crate::target::{Log, Target};

/// A running `aig`.
pub(crate) struct Aig {
    pub(crate) process: Process,
    address: SocketAddr,
    control: SocketAddr,
    home: Home,
    /// What was switched on and works, and what is not there yet.
    pub(crate) features: Vec<(&'static str, bool)>,
}

/// Where an `aig` keeps its data, over several starts.
pub(crate) struct Home {
    binary: PathBuf,
    folder: TempDir,
}

/// What stays of a request in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Bodies,
    Rows,
    Off,
    /// Answered by the cache, with bodies in the log.
    Hit,
}

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the-token-of-a-benchmark-that-nobody-else-uses";
/// How long a start may take, and how long the last rows may take to be written.
const PATIENCE: Duration = Duration::from_secs(60);

// === impl Mode ===

impl Mode {
    pub(crate) const ALL: [Self; 4] = [Self::Bodies, Self::Rows, Self::Off, Self::Hit];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Rows => "rows",
            Self::Off => "logs off",
            Self::Hit => "cache hit",
        }
    }

    const fn gateway(self) -> &'static str {
        match self {
            Self::Bodies | Self::Rows => "logged",
            Self::Off => "silent",
            Self::Hit => "cached",
        }
    }
}

// === impl Home ===

impl Home {
    pub(crate) fn new(binary: &Path, provider: SocketAddr) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let settings = format!(
            "[providers.openai]\nbase_url = \"http://{provider}/v1\"\n\n[egress]\nallow = [\"127.0.0.0/8\"]\n"
        );
        std::fs::write(folder.path().join("aig.toml"), settings)?;
        Ok(Self {
            binary: binary.to_owned(),
            folder,
        })
    }

    /// Starts on the directory; also gives the time until it said that it was ready.
    pub(crate) fn start(self) -> anyhow::Result<(Aig, Duration)> {
        let folder = self.folder.path();
        let begun = Instant::now();
        let mut process = Process::spawn(
            Command::new(&self.binary)
                .args(["serve", "--log-format=json", "--listen=127.0.0.1:0"])
                .arg("--control-listen=127.0.0.1:0")
                .arg("--data-dir")
                .arg(folder.join("data"))
                .arg("--config")
                .arg(folder.join("aig.toml"))
                .env("AIG_BOOTSTRAP_ACCOUNT", ACCOUNT)
                .env("AIG_BOOTSTRAP_TOKEN", TOKEN)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped()),
        )?;
        let (address, control) = listening(&mut process)?;
        ensure!(
            ask(address, "GET", "/readyz", &[], "")?.status == 200,
            "aig is not ready although it listens"
        );
        let took = begun.elapsed();
        let aig = Aig {
            process,
            address,
            control,
            home: self,
            features: Vec::new(),
        };
        Ok((aig, took))
    }
}

/// Waits for the line that says where it listens.
fn listening(process: &mut Process) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let stderr = process.stderr().context("stderr is piped")?;
    let (said, heard) = mpsc::channel();
    // Reads to the end, or the process would wait for room in the pipe.
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            let address = |name: &str| event[name].as_str()?.parse().ok();
            match address("address").zip(address("control")) {
                Some(addresses) if event["message"] == "listening" => {
                    // Nobody waits any more when the start took too long.
                    let _ = said.send(addresses);
                }
                _ if event["level"] == "ERROR" || event.is_null() => eprintln!("aig: {line}"),
                _ => {}
            }
        }
    });
    heard
        .recv_timeout(PATIENCE)
        .context("aig did not start listening")
}

// === impl Aig ===

impl Aig {
    /// Kills the process; its directory stays for another start.
    pub(crate) fn kill(self) -> Home {
        self.home
    }

    /// Ends it as an operator would, so that it leaves nothing undone.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        self.process.end().context("aig, when it was asked to end")
    }

    /// Makes the gateways, and finds out what of all that is switched on really works.
    pub(crate) fn set_up(&mut self) -> anyhow::Result<()> {
        let limit = json!({
            "rate_limiting_enabled": true,
            "rate_limiting_limit": 1_000_000_000,
            "rate_limiting_interval": 60,
        });
        let mut told = String::new();
        for (name, logs, cache) in [
            ("logged", true, false),
            ("silent", false, false),
            ("cached", true, true),
        ] {
            let mut settings = limit.clone();
            settings["name"] = name.into();
            settings["authentication"] = true.into();
            settings["collect_logs"] = logs.into();
            if cache {
                settings["cache_enabled"] = true.into();
                settings["cache_ttl"] = 86_400.into();
            }
            let answer = self.api("POST", "", &settings.to_string())?;
            ensure!(answer.status < 300, "the gateway {name}: {}", answer.body);
            told.push_str(&answer.json()?["messages"].to_string());
        }
        let unenforced = |word: &str| told.to_lowercase().contains(word);
        let limited = !unenforced("rate limit") && !unenforced("rate_limit");
        let (bodies, cost) = self.logged()?;
        let cached = self.cached()?;
        self.features = vec![
            ("authentication", true),
            ("rate limit", limited),
            ("bodies in logs", bodies),
            ("cost", cost),
            ("cache", cached),
        ];
        Ok(())
    }

    /// Whether the row of a request has its bodies, and a cost.
    fn logged(&self) -> anyhow::Result<(bool, bool)> {
        let answer = self.probe(Mode::Bodies)?;
        let id = answer.header("cf-aig-log-id");
        let id = id.context("a request of a logged gateway names no row")?;
        self.settle()?;
        let row = self.api("GET", "/logged/logs?per_page=1", "")?.json()?;
        let cost = row["result"][0]["cost"].as_f64();
        let bodies = self.api("GET", &format!("/logged/logs/{id}/response"), "")?;
        let kept = bodies.status == 200 && bodies.body.contains("chatcmpl-bench");
        Ok((kept, cost.is_some_and(|cost| cost > 0.0)))
    }

    /// Whether the same question is answered from the cache.
    fn cached(&self) -> anyhow::Result<bool> {
        self.probe(Mode::Hit)?;
        let status = self.probe(Mode::Hit)?.header("cf-aig-cache-status");
        Ok(status.is_some_and(|status| status == "HIT"))
    }

    fn probe(&self, mode: Mode) -> anyhow::Result<Answer> {
        let target = self.target(mode);
        let body = format!(
            r#"{{"model":"gpt-4o-mini","user":"{}"}}"#,
            Wanted::default()
        );
        let headers: Vec<&str> = target.headers.iter().map(String::as_str).collect();
        let answer = ask(target.to, "POST", &target.path, &headers, &body)?;
        ensure!(answer.status == 200, "{}: {}", target.path, answer.body);
        Ok(answer)
    }

    /// The gateway as a target in that mode.
    pub(crate) fn target(&self, mode: Mode) -> Target {
        let mut headers = vec![
            "authorization: Bearer sk-of-the-provider".to_owned(),
            format!("cf-aig-authorization: Bearer {TOKEN}"),
        ];
        if mode == Mode::Rows {
            headers.push("cf-aig-collect-log-payload: false".to_owned());
        }
        Target {
            name: format!("aig, {}", mode.name()),
            to: self.address,
            path: format!("/v1/{ACCOUNT}/{}/openai/chat/completions", mode.gateway()),
            headers,
            pid: Some(self.process.id()),
            log: Some(Log(self.control)),
        }
    }

    /// Waits until every row is written.
    fn settle(&self) -> anyhow::Result<()> {
        Log(self.control).settle().map(drop)
    }

    fn api(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Answer> {
        let path = format!("/client/v4/accounts/{ACCOUNT}/ai-gateway/gateways{path}");
        let authorization = format!("authorization: Bearer {TOKEN}");
        ask(self.control, method, &path, &[&authorization], body)
    }
}

// === impl Log ===

impl Log {
    /// Waits until every row is written; gives the number of rows that were not.
    pub(crate) fn settle(self) -> anyhow::Result<u64> {
        let begun = Instant::now();
        loop {
            let text = ask(self.0, "GET", "/metrics", &[], "")?.body;
            let count = |name: &str| {
                let name = format!("aig_log_rows_{name}");
                let line = text.lines().find_map(|line| line.strip_prefix(&name));
                let value = line.and_then(|rest| rest.rsplit(' ').next());
                let value = value.and_then(|value| value.parse::<u64>().ok());
                value.with_context(|| format!("/metrics does not say {name}"))
            };
            let lost = count("dropped")? + count("refused")?;
            if count("offered")? == count("written")? + lost {
                return Ok(lost);
            }
            ensure!(begun.elapsed() < PATIENCE, "rows are not written in time");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An answer to a single request.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.body)?)
    }

    fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(value.trim().to_owned())
    }
}

/// Asks once, on a connection of its own.
fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> anyhow::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes())?;
    let mut messages = Messages::new(stream);
    let (head, text) = messages.head_and_text()?.context("no answer")?;
    let mut bytes = Vec::new();
    messages.body(head.body, |piece| bytes.extend_from_slice(piece))?;
    Ok(Answer {
        status: head.status,
        head: text,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
