//! The only place that writes into the repository, and the only one that formats.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Writes a file, and the folders it stands in, unless it already holds the text. Says
/// whether it did.
#[allow(clippy::disallowed_methods, reason = "everybody else comes here")]
pub(crate) fn write_if_changed(path: &Path, text: &str) -> anyhow::Result<bool> {
    if read(path)?.as_deref() == Some(text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// The text of a file, or nothing if there is none.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Rust as the toolchain of the repository formats it.
pub(crate) fn rustfmt(root: &Path, text: &str) -> anyhow::Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt; install it with `rustup component add rustfmt`")?;
    let mut stdin = child.stdin.take().context("rustfmt reads from a pipe")?;
    // From a thread of its own: both pipes are smaller than the text.
    let output = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output();
        // A formatter that has given up also closes its end; its status tells more.
        drop(writer.join());
        output
    })
    .context("cannot read what rustfmt wrote")?;
    if !output.status.success() {
        bail!("rustfmt refused a generated file; see above");
    }
    String::from_utf8(output.stdout).context("rustfmt wrote something that is no text")
}
