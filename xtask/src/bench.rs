//! `cargo xtask bench`: builds the gateway and its measuring devices as they are shipped, and hands
//! over to `aig-bench`, which this binary does not link: it is measured from outside.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};

/// Builds, then runs with these words; `--help` lists them.
pub(crate) fn run(root: &Path, words: Vec<String>) -> anyhow::Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--package=aig-server",
            "--package=aig-bench",
        ])
        .current_dir(root)
        .status()
        .context("cargo cannot be started")?;
    ensure!(built.success(), "the gateway does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let bench = root.join(target).join("release/aig-bench");
    let status = Command::new(&bench)
        .arg("run")
        .args(words)
        .status()
        .with_context(|| format!("{} cannot be started", bench.display()))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
