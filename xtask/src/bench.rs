//! `cargo xtask bench`: builds the gateway as it is shipped and its measuring devices, and hands over to
//! `aig-bench`, which this binary does not link: it is measured from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::{cargo, dist};

/// Builds, then runs with these words; `--help` lists them.
pub(crate) fn run(root: &Path, words: Vec<String>) -> anyhow::Result<ExitCode> {
    let bench = build(root)?;
    let mut command = Command::new(&bench);
    command.arg("run");
    let spared = |word: &String| word.starts_with("--aig") || word == "--help" || word == "-h";
    if !words.iter().any(spared) {
        command.arg("--aig").arg(dist::build(root)?);
    }
    let status = command
        .args(words)
        .status()
        .with_context(|| format!("{} cannot be started", bench.display()))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Builds the measuring devices, without a profile.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let mut command = cargo::command();
    command.args(["build", "--release", "--locked", "--package=aig-bench"]);
    cargo::executable(cargo::build(root, &mut command)?, "aig-bench")
}
