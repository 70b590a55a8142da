//! `cargo xtask contract-diff`: does the server emit the contract?
//!
//! The contract is read from `spec/`, base and overlays, as `regen` reads it. The
//! server's side is what `aig-control` registers, printed by its own binary in a
//! process of its own: nothing of the server is linked here, so that a broken
//! generated file cannot stop the tools that mend it. What the two texts mean and
//! how they are compared is left to `aig_contract`.

mod emission;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aig_contract::base_check::{self, EXCEPTIONS, Problem};
use aig_contract::canonical::{self, Emitted};
use aig_contract::diff::{self, Provenance, Report};
use aig_contract::document::SourceFile;
use aig_contract::generate::Contract;
use aig_contract::model;
use anyhow::Context;
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};

use crate::regen;
use crate::write::read;

/// Compare what the server emits with the contract.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask contract-diff")]
struct Arguments {
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Take the server's description from this file instead of asking the server.
    #[arg(long, value_name = "FILE")]
    emitted: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// All that stands between the base, the contract and the server.
struct Outcome {
    /// Where overlays narrow the base and nothing excuses it.
    base: Vec<Problem>,
    /// Where the server departs from the contract.
    report: Report,
}

/// Runs the command; the exit code is 1 on any difference.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let arguments: Arguments = crate::words(arguments);
    let (base, overlays) = regen::sources(root)?;
    let contract = Contract::read(&base, &overlays)?;
    let emitted = match &arguments.emitted {
        Some(file) => emission::read(file)?,
        None => emission::ask_the_server(root)?,
    };
    let outcome = Outcome {
        base: base_problems(root, &base, &contract)?,
        report: compare(&contract, &emitted)?,
    };
    // Not `print!`, which panics when the reader has had enough.
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Text => write!(out, "{outcome}"),
        Format::Json => writeln!(out, "{:#}", outcome.to_json()),
    }
    .context("the report cannot be printed")?;
    Ok(if outcome.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where the overlays narrow the base, but for the reviewed exceptions.
pub(crate) fn base_problems(
    root: &Path,
    base: &SourceFile,
    contract: &Contract,
) -> anyhow::Result<Vec<Problem>> {
    let exceptions = SourceFile {
        path: EXCEPTIONS.to_owned(),
        text: read(&root.join(EXCEPTIONS))?.with_context(|| {
            format!("there is no {EXCEPTIONS}; an empty list is written `exceptions: []`")
        })?,
    };
    Ok(base_check::check(base, contract, &exceptions))
}

fn compare(contract: &Contract, emitted: &Value) -> anyhow::Result<Report> {
    let promised = canonical::Contract::parse(&contract.effective)?;
    let emitted = Emitted::parse(emitted)?;
    let mut report = diff::compare(&promised, &emitted, &contract.sources);
    report.provenance = provenance(contract);
    Ok(report)
}

/// Where the server's schemas come from, as the generator wrote them. What is
/// carried is left out: the report counts that in the emission itself.
fn provenance(contract: &Contract) -> Vec<Provenance> {
    let list = model::provenance(&contract.api);
    [
        (
            model::Provenance::Derived,
            "derived from the types that serde uses",
        ),
        (
            model::Provenance::Runtime,
            "written by hand in the runtime, from the constants that its deserialisers check",
        ),
    ]
    .into_iter()
    .map(|(wanted, source)| Provenance {
        source: source.to_owned(),
        members: list
            .iter()
            .filter(|(_, source)| *source == wanted)
            .map(|(pointer, _)| pointer.clone())
            .collect(),
    })
    .collect()
}

impl Outcome {
    fn is_clean(&self) -> bool {
        self.base.is_empty() && self.report.is_equal()
    }

    fn to_json(&self) -> Value {
        let mut value = self.report.to_json();
        value["base"] = self
            .base
            .iter()
            .map(|problem| json!(problem.to_string()))
            .collect();
        value
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.base {
            writeln!(f, "{problem}")?;
        }
        self.report.fmt(f)
    }
}
