//! Prints how the server describes itself: the document of the API that is really registered.
//!
//! `cargo xtask contract-diff` holds it against the contract. It takes no arguments, opens no
//! socket, and never reads the contract itself.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("emit-openapi: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print() -> io::Result<()> {
    let document = aig_control::emitted()?;
    // Not `println!`, which panics when the reader has had enough.
    writeln!(io::stdout().lock(), "{document}")
}
