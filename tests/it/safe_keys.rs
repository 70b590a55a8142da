//! What of the key-encryption key can be seen from outside of the process that holds it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::process::{aig, send};

const KEY: &str = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

/// Starts `aig serve` with the key in its environment; what it logged until it listens.
fn serve(directory: &std::path::Path) -> (Child, Vec<Value>, BufReader<std::process::ChildStderr>) {
    let place = directory.display().to_string();
    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--data-dir",
        &place,
    ];
    let mut process = aig(&words)
        .env("AIG_KEY_ENCRYPTION_KEY", KEY)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(process.stderr.take().unwrap());
    let mut said = vec![];
    loop {
        let mut line = String::new();
        assert!(
            stderr.read_line(&mut line).unwrap() > 0,
            "it ended: {said:?}"
        );
        assert!(!line.contains(KEY), "{line}");
        let event: Value = serde_json::from_str(&line).unwrap();
        let is_up = event["message"] == "listening";
        said.push(event);
        if is_up {
            return (process, said, stderr);
        }
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
    let (mut process, said, _) = serve(directory.path());
    let of = |what: &str| std::fs::read(format!("/proc/{}/{what}", process.id()));
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
    process.kill().unwrap();
    process.wait().unwrap();
    let page = include_str!("../../README.md");
    let (_, told) = page.split_once("AIG_KEY_ENCRYPTION_KEY").unwrap();
    let told: String = told.chars().take(400).collect();
    assert!(told.contains("weaker"), "{told}");
}

/// A process that dies of a signal leaves no picture of its memory, and says nothing of the key.
#[test]
fn s_12_a_crash_leaves_no_core_and_no_key_behind() {
    let directory = tempfile::tempdir().unwrap();
    let (mut process, _, stderr) = serve(directory.path());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    send("ABRT", &process);
    assert!(!process.wait().unwrap().success());
    for line in stderr.lines() {
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
