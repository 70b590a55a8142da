//! Other runs of cargo that the commands need.

#[cfg(test)]
mod tests;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

/// A binary that cargo has built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    /// The crate, or the target, that it was built from.
    pub(crate) name: String,
    pub(crate) executable: PathBuf,
    /// Where its manifest is, and where cargo would run its tests.
    pub(crate) folder: PathBuf,
    /// Whether it runs tests.
    pub(crate) test: bool,
}

/// The cargo that runs this command, if there is one: the same toolchain.
pub(crate) fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a `cargo build` or a `cargo test --no-run`; gives the binaries that it made or found made.
pub(crate) fn build(root: &Path, command: &mut Command) -> anyhow::Result<Vec<Binary>> {
    let mut building = command
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let said = building.stdout.take().context("cargo has an output")?;
    let mut binaries = Vec::new();
    for line in BufReader::new(said).lines() {
        let line = line.context("what cargo says cannot be read")?;
        binaries.extend(artifact(&line));
    }
    if !building.wait()?.success() {
        bail!("it does not build; what cargo says above is to be mended first");
    }
    Ok(binaries)
}

/// The executable of the binary called so, among those that were built.
pub(crate) fn executable(binaries: Vec<Binary>, name: &str) -> anyhow::Result<PathBuf> {
    let mut binaries = binaries.into_iter();
    let found = binaries.find(|binary| binary.name == name && !binary.test);
    let found = found.with_context(|| format!("cargo has built no `{name}`"))?;
    Ok(found.executable)
}

/// The binary that a line of cargo's report names, if it names one.
fn artifact(line: &str) -> Option<Binary> {
    let message: Value = serde_json::from_str(line).ok()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Binary {
        name: message["target"]["name"].as_str()?.to_owned(),
        executable: message["executable"].as_str()?.into(),
        folder: manifest.parent()?.to_owned(),
        test: message["profile"]["test"].as_bool()?,
    })
}
