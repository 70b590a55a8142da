//! `cargo xtask profile`: makes the profile by which `cargo xtask dist` builds. An `aig` that counts what of
//! it runs is put under the load of the bench, and LLVM's `llvm-profdata` writes its counts down.
//!
//! What never ran is left out: such code is built as if there were no profile, and not for size.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use serde_json::Value;

use crate::bench;
use crate::dist::{self, Compiler};

/// Make the profile anew by which `cargo xtask dist` builds: after a change of the compiler, of what a
/// request runs through, or of the libraries below it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask profile")]
struct Arguments {}

/// Chat completions over HTTP/1: all modes at rates and at full speed, bodies of three lengths, streams.
const LOAD: [&str; 4] = [
    "--only=cpu,chunks,throughput",
    "--rounds=1",
    "--seconds=1",
    "--json=-",
];

/// Runs the command, and prints where the profile is.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let Arguments {} = crate::words(arguments);
    let compiler = Compiler::of(root)?;
    // Looked for first: the rest takes minutes.
    let merge = profdata(root, &compiler)?;
    let counts = root.join("target/counts");
    count(root, &counts)?;
    let merged = counts.join("merged.profdata");
    let mut command = Command::new(merge);
    command.args(["merge", "--sparse", "--output"]);
    dist::succeed(command.args([&merged, &counts]))?;
    let profile = compiler.profile(root);
    std::fs::create_dir_all(root.join(dist::PROFILES))
        .and_then(|()| std::fs::rename(&merged, &profile))
        .with_context(|| format!("{} cannot be written", profile.display()))?;
    std::fs::remove_dir_all(&counts)?;
    println!("{}", profile.display());
    Ok(ExitCode::SUCCESS)
}

/// Has an `aig` that counts be asked by the bench; what it counted it leaves in the folder when it ends.
fn count(root: &Path, counts: &Path) -> anyhow::Result<()> {
    let flag = dist::naming("-Cprofile-generate", counts)?;
    let aig = dist::compile(root, "counting", Some(flag))?;
    let bench = bench::build(root)?;
    // Programs that took part in the build have counted too.
    empty(counts)?;
    let mut command = Command::new(bench);
    command.arg("run").args(LOAD).arg("--aig").arg(aig);
    command.env("LLVM_PROFILE_FILE", counts.join("%p.profraw"));
    ensure!(
        is_complete(&dist::succeed(&mut command)?),
        "not all of the gateway was asked; `cargo xtask bench` says what is off"
    );
    Ok(())
}

/// Whether all that the bench switches on has worked: it leaves out what does not.
fn is_complete(report: &[u8]) -> bool {
    let report: Value = serde_json::from_slice(report).unwrap_or_default();
    let features = report["features"].as_array();
    features.is_some_and(|all| !all.is_empty() && all.iter().all(|feature| feature[1] == true))
}

fn empty(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// The `llvm-profdata` of the compiler's LLVM; those of others write what it cannot read.
fn profdata(root: &Path, compiler: &Compiler) -> anyhow::Result<PathBuf> {
    let major = &compiler.llvm;
    if let Some(named) = std::env::var_os("LLVM_PROFDATA") {
        let named = PathBuf::from(named);
        let found = version(&named);
        ensure!(
            found.as_ref() == Some(major),
            "LLVM_PROFDATA names {}, which is no llvm-profdata of LLVM {major}, rustc's",
            named.display()
        );
        return Ok(named);
    }
    let sysroot = PathBuf::from(dist::ask(root, "--print=sysroot")?.trim_end());
    let component = sysroot
        .join("lib/rustlib")
        .join(&compiler.host)
        .join("bin/llvm-profdata");
    let all = [
        component,
        format!("llvm-profdata-{major}").into(),
        "llvm-profdata".into(),
    ];
    let Some(found) = all
        .into_iter()
        .find(|tool| version(tool).as_ref() == Some(major))
    else {
        bail!(
            "there is no llvm-profdata of LLVM {major}, rustc's; \
             `rustup component add llvm-tools` brings it, or a package llvm-{major}, \
             or LLVM_PROFDATA names one"
        );
    };
    Ok(found)
}

/// The major version of a tool of LLVM, if it is there and is one.
fn version(tool: &Path) -> Option<String> {
    let output = Command::new(tool)
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// From what it prints.
fn major(said: &str) -> Option<String> {
    let (_, version) = said.split_once("LLVM version ")?;
    Some(version.split('.').next()?.to_owned())
}
