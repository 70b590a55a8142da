//! The command as people meet it: what it prints, what it refuses, and against whose API it works.
//!
//! Every command is a process of its own, so that environment, output and exit code are the real
//! ones.

mod local;
mod logs;
mod operations;
mod profiles;
mod remote;
mod starts;
mod tokens;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aig_testkit::PATIENCE;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::process::{aig, send};

/// What a command said, and whether it was content.
#[derive(Debug)]
struct Said {
    success: bool,
    out: String,
    err: String,
}

/// A command that runs until it is told to stop.
struct Running {
    process: Process,
    lines: mpsc::UnboundedReceiver<String>,
    /// What was read of them.
    said: String,
}

/// Killed when a test fails, so that nothing is left running.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Carries a command out to its end.
async fn run(mut command: Command) -> Said {
    let running = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = tokio::time::timeout(PATIENCE, running).await;
    let output = output.expect("the command ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        success: output.status.success(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

async fn say(words: &[&str]) -> Said {
    run(aig(words)).await
}

/// A command against the API at that base URL.
fn over_api(base: &str, account: &str, token: &str, words: &[&str]) -> Command {
    let mut command = aig(words);
    command
        .env("AIG_BASE_URL", base)
        .env("AIG_ACCOUNT_ID", account)
        .env("AIG_API_TOKEN", token);
    command
}

impl Said {
    fn fine(self) -> Self {
        assert!(self.success, "{self:?}");
        self
    }

    /// Its complaint, which stands on standard error.
    fn fault(self) -> String {
        assert!(!self.success, "{self:?}");
        let line = self
            .err
            .lines()
            .find(|line| line.contains("aig: ") || line.contains("error: "));
        line.unwrap_or_else(|| panic!("it does not say why: {self:?}"))
            .to_owned()
    }

    fn json(&self) -> Value {
        let (start, end) = (self.out.find('{').unwrap(), self.out.rfind('}').unwrap());
        serde_json::from_str(&self.out[start..=end]).unwrap()
    }

    fn word(&self, is: impl Fn(&str) -> bool) -> String {
        let word = self.out.split_whitespace().find(|word| is(word));
        word.unwrap_or_else(|| panic!("not there: {self:?}"))
            .to_owned()
    }

    fn token(&self) -> String {
        self.word(|word| word.starts_with("aig_"))
    }

    /// The cells of the table's line in which one is this text.
    fn row(&self, text: &str) -> Vec<&str> {
        let mut rows = self.out.lines().map(|line| {
            let cells = line.split("  ").map(str::trim);
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
        });
        let row = rows.find(|row| row.contains(&text));
        row.unwrap_or_else(|| panic!("no row with {text}: {self:?}"))
    }
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::unbounded_channel();
        let pipes: [Box<dyn Read + Send>; 2] = [
            Box::new(process.stdout.take().unwrap()),
            Box::new(process.stderr.take().unwrap()),
        ];
        for pipe in pipes {
            let sender = sender.clone();
            // Reads to the end, or the process would wait for room in the pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self {
            process: Process(process),
            lines,
            said: String::new(),
        }
    }

    fn serve(directory: &Path, more: &[&str]) -> Self {
        let directory = directory.display().to_string();
        let words = ["serve", "--listen", "127.0.0.1:0", "--data-dir", &directory];
        Self::start(aig(&[&words, more].concat()))
    }

    /// Reads on to the line that holds this text.
    async fn until(&mut self, text: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
            match line {
                Ok(Some(line)) => {
                    self.said += &line;
                    self.said += "\n";
                    if line.contains(text) {
                        return line;
                    }
                }
                _ => panic!("no line with {text:?} in:\n{}", self.said),
            }
        }
    }

    async fn listening(&mut self) -> SocketAddr {
        let line = self.until("listening").await;
        let address = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("address="));
        address
            .unwrap_or_else(|| panic!("{line:?}"))
            .parse()
            .unwrap()
    }

    /// Reads on to the end of what a first start prints. It comes by another way than the log, so
    /// either may be read first.
    async fn first_start(&mut self) {
        const LAST: &str = "aig logs my-gateway";
        if !self.said.contains(LAST) {
            self.until(LAST).await;
        }
    }

    /// The value that what was read so far says to export under that name.
    fn exported(&self, name: &str) -> String {
        let start = format!("export {name}=");
        let mut lines = self.said.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(&start));
        value
            .unwrap_or_else(|| panic!("no {name} in:\n{}", self.said))
            .to_owned()
    }

    /// Stops it with that signal, checks that it was content, and gives back all that it said.
    async fn stop(mut self, signal: &str) -> String {
        send(signal, &self.process.0);
        let mut process = self.process;
        let waiting = tokio::task::spawn_blocking(move || process.0.wait().unwrap());
        let ended = tokio::time::timeout(PATIENCE, waiting).await;
        let ended = ended.expect("the process ends").unwrap();
        while let Some(line) = self.lines.recv().await {
            self.said += &line;
            self.said += "\n";
        }
        assert!(ended.success(), "{signal}: {}", self.said);
        self.said
    }
}
