//! `cargo xtask regen`: everything that is derived from `spec/`, derived again.
//! What it means to derive is `aig_contract`'s business and the client is
//! progenitor's; here are the disk, the formatter and the two guards: the base
//! document must be the one that was accepted, and with `--check` nothing may be
//! stale.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use aig_contract::document::SourceFile;
use aig_contract::generate::{Contract, GeneratedFile, sha256};
use anyhow::{Context, bail};
use clap::Parser;
use similar::TextDiff;

use crate::client;
use crate::contract_diff::base_problems;
use crate::write::{read, rustfmt, write_if_changed};

/// The base document, byte for byte as it was received.
pub(crate) const BASE: &str = "spec/cloudflare-ai-gateway-openapi.yml";

/// The digest of the base document that was accepted.
const BASE_DIGEST: &str = "spec/base.sha256";

/// Where overlays are, applied in the order of their names.
const OVERLAYS: &str = "spec/overlays";

/// Derive everything that is derived from spec/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask regen")]
struct Arguments {
    /// Write nothing, and fail if a file is stale.
    #[arg(long)]
    check: bool,
    /// Take the base document as it is now, although it is not the one on record.
    #[arg(long)]
    accept_new_base: bool,
}

/// Runs the command; the exit code is 1 when the contract has problems or, with
/// `--check`, when a file is stale.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let arguments: Arguments = crate::words(arguments);
    let files = match derive(root, arguments.accept_new_base) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error:#}");
            return Ok(ExitCode::FAILURE);
        }
    };
    if arguments.check {
        return Ok(match stale(root, &files)? {
            None => ExitCode::SUCCESS,
            Some(report) => {
                eprintln!("{report}");
                ExitCode::FAILURE
            }
        });
    }
    for file in &files {
        if write_if_changed(&root.join(&file.path), &file.text)? {
            println!("wrote {}", file.path);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Base and overlays, in the order of application.
pub(crate) fn sources(root: &Path) -> anyhow::Result<(SourceFile, Vec<SourceFile>)> {
    let source = |path: String| -> anyhow::Result<SourceFile> {
        let text = read(&root.join(&path))?.with_context(|| format!("there is no {path}"))?;
        Ok(SourceFile { path, text })
    };
    let folder = root.join(OVERLAYS);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {OVERLAYS}"))? {
        let name = entry?.file_name();
        let name = name.to_str().context("the name of an overlay is no text")?;
        if name.ends_with(".yml") || name.ends_with(".yaml") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let overlays: Result<_, _> = names
        .into_iter()
        .map(|name| source(format!("{OVERLAYS}/{name}")))
        .collect();
    Ok((source(BASE.to_owned())?, overlays?))
}

/// Everything that is derived, formatted.
fn derive(root: &Path, accept_new_base: bool) -> anyhow::Result<Vec<GeneratedFile>> {
    let (base, overlays) = sources(root)?;
    let digest = accepted(root, &base, accept_new_base)?;
    let contract = Contract::read(&base, &overlays)?;
    let narrowed = base_problems(root, &base, &contract)?;
    if !narrowed.is_empty() {
        let list: Vec<_> = narrowed.iter().map(ToString::to_string).collect();
        bail!("the overlays narrow the base:\n{}", list.join("\n"));
    }
    let mut files = contract.files()?;
    files.push(client::generate(&contract)?);
    for file in files.iter_mut().filter(|file| file.path.ends_with(".rs")) {
        file.text = rustfmt(root, &file.text).with_context(|| file.path.clone())?;
    }
    files.push(digest);
    Ok(files)
}

/// The record of the base document, if it is the accepted one.
fn accepted(root: &Path, base: &SourceFile, accept_new: bool) -> anyhow::Result<GeneratedFile> {
    let digest = format!("{}  {BASE}\n", sha256(&base.text));
    let on_record = read(&root.join(BASE_DIGEST))?;
    if on_record.as_deref() != Some(&digest) && !accept_new {
        bail!(
            "{BASE}: this is not the document of {BASE_DIGEST}; undo the change (additions go into {OVERLAYS}), or run `cargo xtask regen --accept-new-base`"
        );
    }
    Ok(GeneratedFile {
        path: BASE_DIGEST.to_owned(),
        text: digest,
    })
}

/// The first file that is not what it should be, and where it starts to differ.
fn stale(root: &Path, files: &[GeneratedFile]) -> anyhow::Result<Option<String>> {
    for file in files {
        let found = read(&root.join(&file.path))?;
        let Some(found) = found else {
            return Ok(Some(format!(
                "{} is missing; run `cargo xtask regen`",
                file.path
            )));
        };
        if found == file.text {
            continue;
        }
        let diff = TextDiff::from_lines(&found, &file.text);
        let mut unified = diff.unified_diff();
        let first = unified.context_radius(3).iter_hunks().next();
        let hunk = first.map(|hunk| hunk.to_string()).unwrap_or_default();
        return Ok(Some(format!(
            "{} is stale; run `cargo xtask regen`\n{hunk}",
            file.path
        )));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
