//! The command `aig`: reads the words of the command line and hands them on.

use std::process::ExitCode;

use aig_server::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("aig: {error:#}");
            ExitCode::FAILURE
        }
    }
}
