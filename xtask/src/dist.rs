//! `cargo xtask dist`: builds `aig` as it is shipped, profile-guided (PGO): the compiler is told which code
//! ran how often under load, and puts it where it is quick to reach. `target/dist/aig` is what comes of it;
//! every other build stays as cargo makes it. The profiles are made by `cargo xtask profile`.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use clap::Parser;

use crate::cargo;

/// Where the profiles lie, one for each compiler and machine that has one.
pub(crate) const PROFILES: &str = "crates/aig-server/pgo";

/// Build the gateway as it is shipped: profile-guided, by counts of what of it runs under load. Flags in
/// RUSTFLAGS stay, those in cargo's configuration files do not.
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
    let Arguments {} = crate::words(arguments);
    println!("{}", build(root)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds by the profile of this compiler. Where there is none that is said, and it builds without; one of
/// other code is an error.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let profile = Compiler::of(root)?.profile(root);
    if !profile.exists() {
        eprintln!(
            "there is no {}: aig is built without, and a request takes a fifth to two fifths more CPU; \
             `cargo xtask profile` makes one",
            profile.display()
        );
        return compile(root, "dist", None);
    }
    // Cargo builds anew when the file is another one.
    let aig = compile(root, "dist", Some(naming("-Cprofile-use", &profile)?))?;
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} is not readable", path.display()))
    };
    let (found, all) = fit(&read(&profile)?, &read(&aig)?);
    // Some are always compiled into their callers.
    ensure!(
        found * 2 > all,
        "{} is of other code: of its {all} functions of ours, {} has {found}. What a crate depends on, and \
         every version, is in the names of its functions. `cargo xtask profile` makes the profile anew",
        profile.display(),
        aig.display()
    );
    Ok(aig)
}

/// How many functions of this workspace a profile has that are in a binary, too, and how many it has.
fn fit(profile: &[u8], binary: &[u8]) -> (usize, usize) {
    let counted = functions(profile);
    let found = counted.intersection(&functions(binary)).count();
    (found, counted.len())
}

/// The names of this workspace's functions, hashes included, among other bytes.
fn functions(bytes: &[u8]) -> HashSet<&[u8]> {
    let in_names = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$".contains(byte);
    let words = bytes.split(|byte| !in_names(byte));
    let names = words.filter_map(|word| {
        let from = find(word, b"_ZN")?;
        let hash = from + find(&word[from..], b"17h")?;
        word.get(from..hash + b"17h0123456789abcdefE".len())
    });
    names.filter(|name| find(name, b"aig_").is_some()).collect()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Builds `aig` in a profile of cargo's with that name, which is a folder of `target`, too, and which its
/// own commands do not know.
pub(crate) fn compile(root: &Path, profile: &str, flag: Option<String>) -> anyhow::Result<PathBuf> {
    let mut command = cargo::command();
    command
        .args(["build", "--locked", "--package=aig-server", "--bin=aig"])
        .arg(format!("--profile={profile}"))
        .arg(format!("--config=profile.{profile}.inherits=\"release\""));
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

/// The flags of the environment, which outrank those of cargo's configuration, and one more, as cargo
/// takes them: parted by 0x1F.
fn with_flag(encoded: Option<String>, spaced: Option<String>, flag: String) -> String {
    let set = match (&encoded, &spaced) {
        (Some(encoded), _) => encoded.split('\x1f').collect(),
        (None, Some(spaced)) => spaced.split_whitespace().collect(),
        (None, None) => Vec::new(),
    };
    let all = set.into_iter().filter(|flag| !flag.is_empty());
    all.chain([&*flag]).collect::<Vec<_>>().join("\x1f")
}

/// What the compiler prints when it is asked that.
pub(crate) fn ask(root: &Path, question: &str) -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = succeed(Command::new(rustc).arg(question).current_dir(root))?;
    String::from_utf8(said).context("what rustc says is no text")
}

/// Runs a command that has to succeed; gives what it prints. Its complaints go where ours go.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{program} cannot be started"))?;
    ensure!(
        output.status.success(),
        "{program} ended with {}",
        output.status
    );
    Ok(output.stdout)
}

// === impl Compiler ===

impl Compiler {
    /// The pinned one.
    pub(crate) fn of(root: &Path) -> anyhow::Result<Self> {
        let said = ask(root, "-vV")?;
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
