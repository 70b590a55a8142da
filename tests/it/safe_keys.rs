//! What of the key-encryption key can be seen from outside of the process that holds it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};

use serde_json::Value;

use crate::process::{aig, send};

const KEY: &str = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

/// A running `aig serve` with the key in its environment; ends with its test.
struct Running {
    process: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(directory: &Path) -> Self {
        let place = directory.display().to_string();
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        words.extend(["--data-dir", &place]);
        let mut command = aig(&words);
        command.env("AIG_KEY_ENCRYPTION_KEY", KEY);
        command.current_dir(directory);
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        Self { process, stderr }
    }

    /// What it says until it listens.
    fn said(&mut self) -> Vec<Value> {
        let mut said: Vec<Value> = vec![];
        while said
            .last()
            .is_none_or(|event| event["message"] != "listening")
        {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended: {said:?}");
            assert!(!line.contains(KEY), "{line}");
            said.push(serde_json::from_str(&line).unwrap());
        }
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// No flag takes the key, so it stands in no list of processes. The environment does take it, with a
/// warning, and the documentation says what is weaker about it.
#[test]
fn s_16_the_key_encryption_key_is_no_argument_and_in_the_environment_with_a_warning() {
    let flag = ["serve", "--key-encryption-key", KEY];
    let refused = aig(&flag).output().unwrap();
    assert!(!refused.status.success());
    let directory = tempfile::tempdir().unwrap();
    let mut running = Running::start(directory.path());
    let said = running.said();
    let of = |what: &str| std::fs::read(format!("/proc/{}/{what}", running.process.id()));
    let words = of("cmdline").unwrap();
    assert!(!String::from_utf8_lossy(&words).contains(KEY));
    // Other users never read it, and since the process is closed to others, only root does.
    if let Err(error) = of("environ") {
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    }
    let warned = said.iter().any(|event| {
        let message = event["message"].as_str().unwrap_or_default();
        event["level"] == "WARN" && message.contains("a file is stronger")
    });
    assert!(warned, "{said:?}");
    let page = include_str!("../../README.md");
    let (_, told) = page.split_once("AIG_KEY_ENCRYPTION_KEY").unwrap();
    let told: String = told.chars().take(400).collect();
    assert!(told.contains("weaker"), "{told}");
}

/// A process that dies of a signal leaves no picture of its memory, and says nothing of the key.
#[test]
fn s_12_a_crash_leaves_no_core_and_no_key_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut running = Running::start(directory.path());
    running.said();
    let process = &mut running.process;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    send("ABRT", process);
    assert!(!process.wait().unwrap().success());
    for line in running.stderr.by_ref().lines() {
        assert!(!line.unwrap().contains(KEY));
    }
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with("core"), "{name}");
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(KEY.len()).any(|run| run == KEY.as_bytes()),
            "{name}"
        );
    }
}
