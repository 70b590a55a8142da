//! The command `aig`: hands the words of the command line on.

use std::process::ExitCode;

use aig_server::cli::Cli;

fn main() -> ExitCode {
    Cli::main(std::env::args_os())
}
