//! `cargo xtask dist`: builds `aig` as it is shipped, by a profile: the compiler is told which code ran how
//! often under load, and puts it where it is quick to reach. `target/dist/aig` is what comes of it; every
//! other build stays as cargo makes it. The profiles are made by `cargo xtask profile`.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use clap::Parser;

use crate::cargo;

/// Where the profiles lie, one for each compiler and machine that has one.
pub(crate) const PROFILES: &str = "crates/aig-server/profiles";

/// Build the gateway as it is shipped: optimised by a profile of its code under load.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask dist")]
struct Arguments {}

/// Who compiles, and for what. A profile names functions as one compiler does for one kind of machine:
/// any other would find none of them in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// As in `1.95.0`.
    pub(crate) release: String,
    /// As in `x86_64-unknown-linux-gnu`.
    pub(crate) host: String,
    /// Of its LLVM: the 22 of `22.1.2`.
    pub(crate) llvm: String,
}

/// Runs the command, and prints where the binary is.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let Arguments {} = crate::words("dist", arguments);
    println!("{}", build(root)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds by the profile of this compiler. Where there is none that is said, and it builds without.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let profile = Compiler::of(root)?.profile(root);
    if !profile.exists() {
        eprintln!(
            "there is no {}: aig is built without, and takes a third more time for a request; \
             `cargo xtask profile` makes one",
            profile.display()
        );
        return compile(root, "dist", None);
    }
    // Cargo builds anew when the file is another one.
    compile(root, "dist", Some(naming("-Cprofile-use", &profile)?))
}

/// Builds `aig` into its own folder of `target`, where cargo's own commands leave it alone.
pub(crate) fn compile(root: &Path, folder: &str, flag: Option<String>) -> anyhow::Result<PathBuf> {
    let mut command = cargo::command();
    command
        .args(["build", "--locked", "--package=aig-server", "--bin=aig"])
        .arg(format!("--profile={folder}"))
        .arg(format!("--config=profile.{folder}.inherits=\"release\""));
    if let Some(flag) = flag {
        let set = |name| std::env::var(name).ok();
        let all = with_flag(set("CARGO_ENCODED_RUSTFLAGS"), set("RUSTFLAGS"), flag);
        command.env("CARGO_ENCODED_RUSTFLAGS", all);
    }
    cargo::executable(cargo::build(root, &mut command)?, "aig")
}

/// A flag of the compiler's that names a path.
pub(crate) fn naming(flag: &str, path: &Path) -> anyhow::Result<String> {
    let path = path
        .to_str()
        .with_context(|| format!("{} is no text, which flags are", path.display()))?;
    Ok(format!("{flag}={path}"))
}

/// The flags that somebody has set, and one more, as cargo takes them: parted by 0x1F.
fn with_flag(encoded: Option<String>, spaced: Option<String>, flag: String) -> String {
    let set = match (&encoded, &spaced) {
        (Some(encoded), _) => encoded.split('\x1f').collect(),
        (None, Some(spaced)) => spaced.split_whitespace().collect(),
        (None, None) => Vec::new(),
    };
    let all = set.into_iter().filter(|flag| !flag.is_empty());
    all.chain([&*flag]).collect::<Vec<_>>().join("\x1f")
}

// === impl Compiler ===

impl Compiler {
    /// The one that cargo would call.
    pub(crate) fn of(root: &Path) -> anyhow::Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .arg("-vV")
            .current_dir(root)
            .output()
            .context("rustc cannot be started")?;
        ensure!(output.status.success(), "rustc does not say what it is");
        let said = String::from_utf8(output.stdout).context("what rustc says of itself is text")?;
        Self::read(&said).with_context(|| format!("rustc says of itself:\n{said}"))
    }

    fn read(said: &str) -> Option<Self> {
        let word = |name: &str| {
            let mut lines = said.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        Some(Self {
            release: word("release")?.to_owned(),
            host: word("host")?.to_owned(),
            llvm: word("LLVM version")?.split('.').next()?.to_owned(),
        })
    }

    /// Where its profile is, if there is one.
    pub(crate) fn profile(&self, root: &Path) -> PathBuf {
        let Self { release, host, .. } = self;
        root.join(PROFILES)
            .join(format!("{release}-{host}.profdata"))
    }
}
