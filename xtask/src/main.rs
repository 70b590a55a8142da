//! The project's own commands, one file each. They never link a generated crate:
//! a broken generated file must not keep anybody from generating it again.

mod bench;
mod cargo;
mod client;
mod contract_diff;
mod dist;
mod profile;
mod regen;
mod roundtrip;
mod soak;
mod stubs;
mod tidy;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

const HELP: &str = "\
Commands:
  cargo xtask regen [--check] [--accept-new-base]
      Derive everything that is derived from spec/. --check writes nothing and
      fails on the first stale file.
  cargo xtask contract-diff [--format text|json]
      Compare what the server emits with the contract.
  cargo xtask dist
      Build the gateway as it is shipped, profile-guided: target/dist/aig.
  cargo xtask profile
      Make the profile anew that guides it, from the load of the bench.
  cargo xtask bench [--quick] [--json FILE] [--only NAMES] [--url URL] …
      Measure the gateway against a bare reverse proxy; --help lists the rest.
  cargo xtask stubs FILE --out DIR
      Write a dropshot server for any OpenAPI document, as a crate that builds.
  cargo xtask roundtrip FILE...
      Make dropshot servers of documents and compare what they emit with them.
  cargo xtask soak [FILTER] [--list] [--dev]
      Run the long forms of tests, one after the other.
  cargo xtask tidy
      Check the order of the house: rooms, headers, generated files,
      and a profile for the pinned compiler.
";

fn main() -> anyhow::Result<ExitCode> {
    let root = root()?;
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    match command.as_str() {
        "regen" => regen::run(&root, arguments.collect()),
        "contract-diff" => contract_diff::run(&root, arguments.collect()),
        "dist" => dist::run(&root, arguments.collect()),
        "profile" => profile::run(&root, arguments.collect()),
        "bench" => bench::run(&root, arguments.collect()),
        "roundtrip" => roundtrip::run(&root, arguments.collect()),
        "stubs" => stubs::run(&root, arguments.collect()),
        "soak" => soak::run(&root, arguments.collect()),
        "tidy" => tidy::run(&root),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => {
            eprint!("there is no command `{unknown}`\n\n{HELP}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The words behind a command, as it understands them. Those that it does not, and a question for help,
/// end the process with what clap has to say.
fn words<A: Parser>(words: Vec<String>) -> A {
    let name = A::command().get_name().to_owned();
    A::parse_from(std::iter::once(name).chain(words))
}

/// The repository, whose `xtask` folder this was built from.
fn root() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .parent()
        .context("xtask is in a folder of the repository")?;
    Ok(root.to_owned())
}
