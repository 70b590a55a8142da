//! The server's own words: printed by its binary, or saved from there.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::cargo;

/// What was printed earlier.
pub(super) fn read(path: &Path) -> anyhow::Result<Value> {
    let text =
        std::fs::read(path).with_context(|| format!("{} is not readable", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// What the control plane registers, as its binary prints it.
pub(super) fn ask_the_server(root: &Path) -> anyhow::Result<Value> {
    let mut command = cargo::command();
    command
        .args([
            "run",
            "--quiet",
            "-p",
            "aig-control",
            "--bin",
            "emit-openapi",
        ])
        .current_dir(root);
    printed(&mut command)
}

/// The JSON that a command prints. Its complaints go where ours go.
pub(super) fn printed(command: &mut Command) -> anyhow::Result<Value> {
    let shown = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ");
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{shown}` does not start"))?;
    if !output.status.success() {
        bail!(
            "the server does not build or does not describe itself, so there is nothing to compare: `{shown}` ended with {}; what it says above is to be mended first",
            output.status
        );
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`{shown}` printed something other than one JSON document"))
}
