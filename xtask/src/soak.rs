//! Runs the long forms of tests: those that take hours, gigabytes or a quiet machine, and are
//! ignored by `cargo test` for that. Whatever is ignored and called `soak_…` in any test binary of
//! the workspace is one, so a new one needs no entry here.
//!
//! They run one after the other, because they measure; what they measure is left to them.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;

use crate::cargo::{self, Binary};

/// Run the long forms of tests, one after the other.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask soak")]
struct Arguments {
    /// Only those whose path contains this text.
    filter: Option<String>,
    /// Print which there are, and run none.
    #[arg(long)]
    list: bool,
    /// Run them as `cargo test` builds them; quicker to build, and no measure of speed.
    #[arg(long)]
    dev: bool,
}

/// One long form.
#[derive(Debug)]
struct Long<'b> {
    binary: &'b Binary,
    /// Its path in the binary.
    test: String,
}

/// How one of them ended.
struct Ended {
    name: String,
    passed: bool,
    took: Duration,
}

/// How the names of long forms begin.
const PREFIX: &str = "soak_";

/// Runs the command; the exit code is 1 when one fails, or when there is none to run.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let arguments: Arguments = crate::words(arguments);
    let binaries = build(root, arguments.dev)?;
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for binary in &binaries {
        let tests = long_forms(&ignored(binary)?, filter);
        found.extend(tests.into_iter().map(|test| Long { binary, test }));
    }
    if found.is_empty() {
        eprintln!("no long form matches `{filter}`; --list shows all");
        return Ok(ExitCode::FAILURE);
    }
    if arguments.list {
        found.iter().for_each(|long| println!("{}", long.name()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = Vec::new();
    for (index, long) in found.iter().enumerate() {
        println!("=== {} of {}: {}", index + 1, found.len(), long.name());
        all.push(long.run()?);
    }
    Ok(summary(&all))
}

/// Has cargo build every test binary of the workspace.
fn build(root: &Path, dev: bool) -> anyhow::Result<Vec<Binary>> {
    let mut command = cargo::command();
    command.args(["test", "--workspace", "--locked", "--no-run"]);
    if !dev {
        command.arg("--release");
    }
    let mut binaries = cargo::build(root, &mut command)?;
    binaries.retain(|binary| binary.test);
    Ok(binaries)
}

/// What the binary says of its ignored tests.
fn ignored(binary: &Binary) -> anyhow::Result<String> {
    let output = Command::new(&binary.executable)
        .args(["--list", "--ignored", "--format", "terse"])
        .current_dir(&binary.folder)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be started", binary.executable.display()))?;
    if !output.status.success() {
        bail!("{} does not list its tests", binary.executable.display());
    }
    String::from_utf8(output.stdout).context("names of tests are text")
}

/// The long forms among the listed tests.
fn long_forms(listed: &str, filter: &str) -> Vec<String> {
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    tests
        .filter(|test| {
            let name = test.rsplit("::").next().unwrap_or(test);
            name.starts_with(PREFIX) && test.contains(filter)
        })
        .map(str::to_owned)
        .collect()
}

// === impl Long ===

impl Long<'_> {
    fn name(&self) -> String {
        format!("{}: {}", self.binary.name, self.test)
    }

    fn run(&self) -> anyhow::Result<Ended> {
        let begun = Instant::now();
        let status = Command::new(&self.binary.executable)
            .args(["--ignored", "--exact", &self.test, "--nocapture"])
            .current_dir(&self.binary.folder)
            .status()
            .with_context(|| format!("{} cannot be started", self.name()))?;
        Ok(Ended {
            name: self.name(),
            passed: status.success(),
            took: begun.elapsed(),
        })
    }
}

fn summary(all: &[Ended]) -> ExitCode {
    println!("\n=== summary");
    for ended in all {
        let word = if ended.passed { "ok" } else { "FAILED" };
        println!(
            "{word:>6} {:>8.1} s  {}",
            ended.took.as_secs_f64(),
            ended.name
        );
    }
    let failed = all.iter().filter(|ended| !ended.passed).count();
    println!("{} passed, {failed} failed", all.len() - failed);
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
