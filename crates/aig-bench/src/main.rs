//! `aig-bench`: what the gateway costs, measured against a bare reverse proxy.
//!
//! One binary, four roles, each a process of its own so that nobody's CPU is counted for another:
//! `provider` answers at once, `floor` is the proxy that does nothing but forward, `load` asks, and
//! `run` starts them all with a gateway between them and prints ratios. `cargo xtask bench` builds
//! what is needed and calls `run`.

mod experiments;
mod floor;
mod gateway;
mod load;
mod message;
mod numbers;
mod process;
mod provider;
mod report;
mod run;
mod target;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "aig-bench", about = "Measures a gateway against a bare proxy")]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Starts everything, measures in turn and prints ratios.
    Run(run::Options),
    /// Answers what the `user` of a request asks for; prints where it listens.
    Provider(provider::Options),
    /// Forwards everything to one address; prints where it listens.
    Floor(floor::Options),
    /// Sends requests and prints what became of them.
    Load(load::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().role {
        Role::Run(options) => run::run(&options),
        Role::Provider(options) => provider::run(&options),
        Role::Floor(options) => floor::run(&options),
        Role::Load(options) => load::run(&options),
    }
}
