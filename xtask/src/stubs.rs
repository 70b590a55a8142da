//! `cargo xtask stubs`: a dropshot server for any OpenAPI document, as a crate that
//! builds at once. What it looks like is `aig_contract::native`'s business; here are
//! the disk and the formatter.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aig_contract::document::SourceFile;
use aig_contract::native::{Document, Origin, Package};
use anyhow::Context;
use clap::Parser;

use crate::write::{read, rustfmt, write_if_changed};

/// Write a dropshot server for an OpenAPI document.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask stubs")]
struct Arguments {
    /// A document of OpenAPI 3.0 or 3.1, in YAML or JSON.
    file: PathBuf,
    /// The folder of the crate, which need not be there yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The name of the crate; that of the folder, if none is given.
    #[arg(long)]
    name: Option<String>,
}

/// Runs the command. What dropshot cannot express is told, and no failure: the crate
/// is there and builds.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let arguments: Arguments = crate::words(arguments);
    let document = document(&arguments.file)?;
    let name = match &arguments.name {
        Some(name) => crate_name(name),
        None => {
            let folder = arguments
                .out
                .file_name()
                .context("`--out` names no folder")?;
            crate_name(&folder.to_string_lossy())
        }
    };
    let package = document.package(&name)?;
    let changed = write(root, &package, &arguments.out, true)?;
    for lost in &document.lost {
        eprintln!("{lost}");
    }
    println!(
        "wrote {changed} of {} files to {}; {}",
        package.files.len(),
        arguments.out.display(),
        origins(&package)
    );
    if !document.lost.is_empty() {
        println!(
            "{} dropshot cannot express, see above; the stubs have the nearest to it",
            counted(document.lost.len(), "thing")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a document.
pub(crate) fn document(file: &Path) -> anyhow::Result<Document> {
    let text = read(file)?.with_context(|| format!("there is no {}", file.display()))?;
    let source = SourceFile {
        path: file.to_string_lossy().into_owned(),
        text,
    };
    Ok(Document::read(source)?)
}

/// Writes a crate, and says how many of its files were not there already.
pub(crate) fn write(
    root: &Path,
    package: &Package,
    folder: &Path,
    format: bool,
) -> anyhow::Result<usize> {
    let mut changed = 0;
    for file in &package.files {
        let text = if format && file.path.ends_with(".rs") {
            rustfmt(root, &file.text).with_context(|| file.path.clone())?
        } else {
            file.text.clone()
        };
        changed += usize::from(write_if_changed(&folder.join(&file.path), &text)?);
    }
    Ok(changed)
}

/// Where schemas come from, in numbers.
pub(crate) fn origins(package: &Package) -> String {
    let count = |origin| package.origins.count(origin);
    format!(
        "{} derived, {} derived with keywords added, {} written by hand",
        counted(count(Origin::Derived), "schema"),
        count(Origin::Extended),
        count(Origin::Written)
    )
}

/// A name that cargo takes, and that none of the crates has which the stubs stand on.
pub(crate) fn crate_name(words: &str) -> String {
    /// What cannot be a crate, or is one already.
    const TAKEN: [&str; 45] = [
        "alloc", "as", "async", "await", "break", "chrono", "const", "continue", "core", "crate",
        "dropshot", "dyn", "else", "enum", "extern", "fn", "for", "gen", "http", "if", "impl",
        "in", "let", "loop", "match", "mod", "move", "mut", "pub", "regress", "return", "schemars",
        "self", "semver", "serde", "static", "std", "struct", "super", "test", "trait", "try",
        "type", "use", "uuid",
    ];
    let plain: String = words
        .chars()
        .map(|sign| {
            if sign.is_ascii_alphanumeric() {
                sign.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let plain = plain.trim_matches('-');
    if !plain.starts_with(|sign: char| sign.is_ascii_lowercase()) {
        format!("api-{plain}").trim_end_matches('-').to_owned()
    } else if TAKEN.contains(&plain) {
        format!("{plain}-api")
    } else {
        plain.to_owned()
    }
}

/// A number and what is counted.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests;
