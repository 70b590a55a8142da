//! The words of the command line, and which part of the house carries each out.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, Command as Words, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Flags;
use crate::limits::Limits;
use crate::local::{AccountCommand, KeysCommand, TokenCommand};
use crate::remote::{GatewaysCommand, LogsCommand, ProviderConfigsCommand, TokensCommand};
use crate::{bootstrap, demo, local, offline, prices, remote, serve};

/// A self-hosted AI gateway, compatible with Cloudflare AI Gateway
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    #[command(after_help = bootstrap::HELP)]
    Serve(Box<Flags>),
    /// Try the gateway: no settings, no key, no network; everything is gone afterwards
    Demo(demo::Demo),
    /// Run the demo's provider alone: the OpenAI and Anthropic wires, deterministic, offline
    OfflineProvider {
        /// Address to listen on
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Milliseconds between two words of a stream
        #[arg(long, value_name = "MS", default_value_t = 20)]
        pace: u64,
    },
    /// Every limit of the process with these settings: its value, where it is set, what is beyond it
    Limits(Box<Limits>),
    /// Accounts of this instance; works on the data directory
    Account {
        #[command(flatten)]
        place: local::Place,
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Tokens of this instance; works on the data directory
    Token {
        #[command(flatten)]
        place: local::Place,
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Keys of this instance; works on the data directory
    Keys {
        #[command(flatten)]
        place: local::Place,
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Gateways, over the API of this or any other gateway, Cloudflare's included
    Gateways {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: GatewaysCommand,
    },
    /// Stored keys of providers, over the API
    ProviderConfigs {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: ProviderConfigsCommand,
    },
    /// Tokens of the account, over the API
    Tokens {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: TokensCommand,
    },
    /// The log of a gateway, over the API
    Logs {
        #[command(flatten)]
        api: remote::Api,
        #[command(flatten)]
        command: LogsCommand,
    },
    /// What models cost, by the list prices that costs are worked out with
    Prices(prices::Prices),
}

impl Cli {
    /// Reads the words and the environment; the error says what is wrong, or is the help.
    pub fn read(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut known = without_empty_variables(Self::command());
        let matches = known.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut known))
    }

    /// Reads the words, carries the command out, and tells on standard error why it cannot.
    pub fn main(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
        match Self::read(words).unwrap_or_else(|error| error.exit()).run() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("aig: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    /// Carries the command out.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            match self.command {
                Command::Serve(flags) => serve::run(&flags).await,
                Command::Demo(demo) => demo.run().await,
                Command::OfflineProvider { listen, pace } => provide(listen, pace).await,
                Command::Limits(limits) => limits.run(),
                Command::Account { place, command } => command.run(&place).await,
                Command::Token { place, command } => command.run(&place).await,
                Command::Keys { place, command } => command.run(&place).await,
                Command::Gateways { api, command } => command.run(&api).await,
                Command::ProviderConfigs { api, command } => command.run(&api).await,
                Command::Tokens { api, command } => command.run(&api).await,
                Command::Logs { api, command } => command.run(&api).await,
                Command::Prices(prices) => prices.run(),
            }
        })
    }
}

/// Forgets the variables that are set to nothing: a template that has no value for one leaves it
/// empty, and means the same as leaving it out.
fn without_empty_variables(words: Words) -> Words {
    words
        .mut_args(|arg: Arg| {
            let empty = arg
                .get_env()
                .and_then(std::env::var_os)
                .is_some_and(|value| value.is_empty());
            if empty {
                arg.env(None::<&'static str>)
            } else {
                arg
            }
        })
        .mut_subcommands(without_empty_variables)
}

async fn provide(listen: SocketAddr, pace: u64) -> anyhow::Result<ExitCode> {
    let mut signals = serve::Signals::listen()?;
    let provider = offline::OfflineProvider::start(listen, Duration::from_millis(pace)).await?;
    println!("http://{}", provider.address());
    signals.next().await;
    provider.stop().await;
    Ok(ExitCode::SUCCESS)
}
