//! `cargo xtask roundtrip`: from documents to dropshot servers and back. Each document
//! becomes the crate that `cargo xtask stubs` would write, all of them are built in
//! one scratch workspace with the dependencies of this one, and what each emits is
//! compared with the document it came from.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aig_contract::native::{Difference, Document, Origin, Package};
use anyhow::{Context, bail};
use clap::Parser;
use serde_json::Value;

use crate::stubs::{self, counted};
use crate::write::{read, write_if_changed};

/// Where the scratch workspace is.
const SCRATCH: &str = "target/roundtrip";

/// The binary that prints what each server emits.
const EMIT: &str = "roundtrip-emit";

/// Make dropshot servers of documents, and compare what they emit.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask roundtrip")]
struct Arguments {
    /// Documents of OpenAPI 3.0 or 3.1, in YAML or JSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// List every schema that is not derived.
    #[arg(long)]
    origins: bool,
}

/// A document on its way.
struct Trip {
    file: PathBuf,
    document: Document,
    package: Package,
    generated: Duration,
}

/// How a trip ended.
enum Verdict {
    /// What came back is what was sent.
    Equal,
    /// All but what dropshot cannot express came back.
    InPart,
    /// Something came back otherwise, or not at all.
    Differs(String),
}

/// Runs the command; the exit code is 1 unless every document came back.
pub(crate) fn run(root: &Path, arguments: Vec<String>) -> anyhow::Result<ExitCode> {
    let arguments: Arguments = crate::words(arguments);
    let mut failed = false;
    let mut trips = Vec::new();
    let mut names = BTreeSet::new();
    for file in &arguments.files {
        match prepare(file, &mut names) {
            Ok(trip) => trips.push(trip),
            Err(error) => {
                println!("{}: UNREADABLE\n{error:#}\n", file.display());
                failed = true;
            }
        }
    }
    let scratch = root.join(SCRATCH);
    let started = Instant::now();
    let built = build(root, &scratch, &trips)?;
    let built_in = started.elapsed();
    let mut equal = 0;
    for trip in &trips {
        let verdict = match built
            .broken
            .iter()
            .find(|(name, _)| *name == trip.package.name)
        {
            Some((_, complaint)) => {
                Verdict::Differs(format!("the stubs do not compile:\n{complaint}"))
            }
            None => trip.verdict(&built.emit)?,
        };
        equal += usize::from(matches!(verdict, Verdict::Equal));
        failed |= !matches!(verdict, Verdict::Equal);
        print!("{}", trip.report(&verdict, arguments.origins));
    }
    println!(
        "{equal} of {} EQUAL; built in {:.1} s",
        counted(arguments.files.len(), "document"),
        built_in.as_secs_f64()
    );
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn prepare(file: &Path, names: &mut BTreeSet<String>) -> anyhow::Result<Trip> {
    let started = Instant::now();
    let document = stubs::document(file)?;
    let stem = file.file_stem().context("a document is a file")?;
    let wanted = stubs::crate_name(&format!("stubs-{}", stem.to_string_lossy()));
    let mut name = wanted.clone();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    let package = document.package(&name)?;
    Ok(Trip {
        file: file.to_owned(),
        document,
        package,
        generated: started.elapsed(),
    })
}

/// What was built.
struct Built {
    emit: PathBuf,
    /// Crates that do not compile, and what the compiler says.
    broken: Vec<(String, String)>,
}

fn build(root: &Path, scratch: &Path, trips: &[Trip]) -> anyhow::Result<Built> {
    let lock = read(&root.join("Cargo.lock"))?.context("the repository has a Cargo.lock")?;
    if read(&scratch.join("Cargo.lock"))?.is_none() {
        write_if_changed(&scratch.join("Cargo.lock"), &lock)?;
    }
    for trip in trips {
        let folder = scratch.join("crates").join(&trip.package.name);
        // Not formatted: nobody reads these.
        stubs::write(root, &trip.package, &folder, false)?;
        let manifest = folder.join("Cargo.toml");
        let text = read(&manifest)?.unwrap_or_default();
        // A member of this workspace, not the root of its own.
        let text = text
            .split("# On its own")
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned()
            + "\n";
        write_if_changed(&manifest, &text)?;
    }
    let all: Vec<&str> = trips
        .iter()
        .map(|trip| trip.package.name.as_str())
        .collect();
    let mut broken = Vec::new();
    if !collect(root, scratch, &all)?.status.success() {
        for name in &all {
            let output = cargo(root, scratch, name, &["--lib", "--examples"])?;
            if !output.status.success() {
                let words = String::from_utf8_lossy(&output.stderr).into_owned();
                broken.push(((*name).to_owned(), words));
            }
        }
        if broken.is_empty() {
            bail!(
                "the scratch workspace in {SCRATCH} does not build, although each of its crates does"
            );
        }
        let whole: Vec<&str> = all
            .into_iter()
            .filter(|name| broken.iter().all(|(other, _)| other != name))
            .collect();
        let output = collect(root, scratch, &whole)?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(Built {
        emit: root.join("target/debug").join(EMIT),
        broken,
    })
}

/// Builds one binary that links these crates.
fn collect(root: &Path, scratch: &Path, names: &[&str]) -> anyhow::Result<std::process::Output> {
    let (mut members, mut dependencies, mut arms) = (String::new(), String::new(), String::new());
    for name in names {
        // Writing into a string does not fail.
        let _ = writeln!(members, "    \"crates/{name}\",");
        let _ = writeln!(dependencies, "{name} = {{ path = \"../crates/{name}\" }}");
        let library = name.replace('-', "_");
        let _ = writeln!(arms, "        \"{name}\" => {library}::openapi()?,");
    }
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\n    \"emit\",\n{members}]\n\n\
         # As in the repository, so that its dependencies are built once.\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n"
    );
    let manifest = format!(
        "[package]\nname = \"{EMIT}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nserde_json = \"1\"\n{dependencies}"
    );
    let main = format!(
        "//! Prints the document of the server that is named.\n\n\
         fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let name = std::env::args().nth(1).unwrap_or_default();\n    \
         let document: serde_json::Value = match name.as_str() {{\n{arms}        \
         _ => return Err(format!(\"there is no {{name}}\").into()),\n    }};\n    \
         println!(\"{{document}}\");\n    Ok(())\n}}\n"
    );
    write_if_changed(&scratch.join("Cargo.toml"), &workspace)?;
    write_if_changed(&scratch.join("emit/Cargo.toml"), &manifest)?;
    write_if_changed(&scratch.join("emit/src/main.rs"), &main)?;
    let output = cargo(root, scratch, EMIT, &["--bin", EMIT])?;
    match names.first() {
        // What starts a server is the same in all of them but for names.
        Some(name) if output.status.success() => cargo(root, scratch, name, &["--examples"]),
        _ => Ok(output),
    }
}

fn cargo(
    root: &Path,
    scratch: &Path,
    package: &str,
    targets: &[&str],
) -> anyhow::Result<std::process::Output> {
    let mut command = crate::cargo::command();
    command.args(["build", "--quiet", "--color", "never", "-p", package]);
    command
        .args(targets)
        .current_dir(scratch)
        .env("CARGO_TARGET_DIR", root.join("target"))
        // Of no use to crates that are written anew, and large.
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .output()
        .context("cargo does not start")
}

impl Trip {
    fn verdict(&self, emit: &Path) -> anyhow::Result<Verdict> {
        let output = Command::new(emit)
            .arg(&self.package.name)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not start", emit.display()))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Ok(Verdict::Differs(format!(
                "dropshot refuses the stubs:\n{words}"
            )));
        }
        let emitted: Value = serde_json::from_slice(&output.stdout)
            .context("a server printed something other than a document")?;
        let faults = self.package.faults(&emitted);
        let differences = self.document.differences(&emitted);
        let shown = |list: &[Difference]| {
            let lines: Vec<String> = list
                .iter()
                .map(|difference| format!("  {difference}"))
                .collect();
            lines.join("\n")
        };
        Ok(if !faults.is_empty() {
            Verdict::Differs(shown(&faults))
        } else if self.document.lost.is_empty() && !differences.is_empty() {
            Verdict::Differs(shown(&differences))
        } else if self.document.lost.is_empty() {
            Verdict::Equal
        } else {
            Verdict::InPart
        })
    }

    fn report(&self, verdict: &Verdict, origins: bool) -> String {
        let mut out = format!("{}: ", self.file.display());
        let lost: Vec<String> = self
            .document
            .lost
            .iter()
            .map(|lost| format!("  {lost}"))
            .collect();
        let list = |out: &mut String| {
            if !lost.is_empty() {
                let _ = writeln!(
                    out,
                    "{} that dropshot cannot express:\n{}",
                    counted(lost.len(), "thing"),
                    lost.join("\n")
                );
            }
        };
        match verdict {
            Verdict::Equal => out.push_str("EQUAL\n"),
            Verdict::InPart => {
                out.push_str("IN PART, equal but for ");
                list(&mut out);
            }
            Verdict::Differs(how) => {
                let _ = writeln!(out, "DIFFERS\n{}", how.trim_end());
                list(&mut out);
            }
        }
        let _ = writeln!(
            out,
            "  {}; generated in {:.0} ms",
            stubs::origins(&self.package),
            self.generated.as_secs_f64() * 1e3
        );
        if origins {
            for (origin, words) in [
                (Origin::Extended, "keywords added"),
                (Origin::Written, "written by hand"),
            ] {
                for pointer in self.package.origins.of(origin) {
                    let _ = writeln!(out, "    {words}: {pointer}");
                }
            }
        }
        out
    }
}
