//! The words of the command line, and which part of the house carries each out.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command as Words, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::backup::{BackupArgs, RestoreArgs};
use crate::config::Flags;
use crate::limits::Limits;
use crate::local::{AccountCommand, KeysCommand, TokenCommand};
use crate::print::plain;
use crate::profiles::Profile;
use crate::remote::{
    AuditCommand, CustomProvidersCommand, GatewaysCommand, LogCommand, LogsCommand,
    ProviderConfigsCommand, TokensCommand,
};
use crate::{bootstrap, demo, local, offline, prices, profiles, remote, serve};

/// A self-hosted AI gateway, compatible with Cloudflare AI Gateway
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// Profile of ~/.config/aig/profiles.toml with base_url, account, and token or token_file, for
    /// commands over the API; it takes the place of their variables
    #[arg(long, env = "AIG_PROFILE", value_name = "NAME", global = true)]
    profile: Option<String>,
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
    /// Copy the databases of this instance into a directory, also while a server runs on them
    Backup {
        #[command(flatten)]
        place: local::Place,
        #[command(flatten)]
        command: BackupArgs,
    },
    /// Bring a backup into the data directory
    Restore {
        #[command(flatten)]
        place: local::Place,
        #[command(flatten)]
        command: RestoreArgs,
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
    /// Providers of the account's own and their prices, over the API
    CustomProviders {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: CustomProvidersCommand,
    },
    /// Tokens of the account, over the API
    Tokens {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: TokensCommand,
    },
    /// Who changed what in the account, over the API
    Audit {
        #[command(flatten)]
        api: remote::Api,
        #[command(flatten)]
        command: AuditCommand,
    },
    /// The log of a gateway, over the API
    Logs {
        #[command(flatten)]
        api: remote::Api,
        #[command(flatten)]
        command: LogsCommand,
    },
    /// Rows of a gateway's log and their bodies, over the API
    Log {
        #[command(flatten)]
        api: remote::Api,
        #[command(subcommand)]
        command: LogCommand,
    },
    /// What models cost, by the list prices that costs are worked out with
    Prices(prices::Prices),
    /// Completions of this command line for a shell: source <(aig completions bash)
    Completions {
        /// The shell
        #[arg(value_parser = ["bash", "zsh", "fish"])]
        shell: String,
    },
}

impl Cli {
    /// Reads the words and the environment; the error says what is wrong, or is the help.
    pub fn read(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let mut known = without_empty_variables(Self::command());
        let mut matches = known.try_get_matches_from_mut(&words)?;
        if let Some(named) = Named::of(&known, &matches)
            && let Some(profile) = named.profile(&known)?
        {
            known = with_profile(without_empty_variables(Self::command()), &profile);
            matches = known.try_get_matches_from_mut(&words)?;
        }
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
        // Before the first key is read.
        crate::harden::against_dumps()?;
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
                Command::Backup { place, command } => command.run(&place),
                Command::Restore { place, command } => command.run(&place),
                Command::Gateways { api, command } => command.run(&api).await,
                Command::ProviderConfigs { api, command } => command.run(&api).await,
                Command::CustomProviders { api, command } => command.run(&api).await,
                Command::Tokens { api, command } => command.run(&api).await,
                Command::Audit { api, command } => command.run(&api).await,
                Command::Logs { api, command } => command.run(&api).await,
                Command::Log { api, command } => command.run(&api).await,
                Command::Prices(prices) => prices.run(),
                Command::Completions { shell } => complete(&shell),
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

/// A profile that was named, and the command that it was named for.
struct Named {
    name: String,
    /// On the command line, where it would be passed over unseen if the command had no use for it.
    by_flag: bool,
    over_api: bool,
}

impl Named {
    fn of(known: &Words, matches: &ArgMatches) -> Option<Self> {
        let (mut words, mut of, mut found) = (known, matches, None);
        let mut over_api = false;
        loop {
            over_api |= is_over_api(words);
            if let Ok(Some(name)) = of.try_get_one::<String>("profile") {
                let by_flag = of.value_source("profile") == Some(ValueSource::CommandLine);
                found = Some((name.clone(), by_flag));
            }
            match of.subcommand() {
                Some((name, below)) => {
                    words = words.find_subcommand(name)?;
                    of = below;
                }
                None => break,
            }
        }
        found.map(|(name, by_flag)| Self {
            name,
            by_flag,
            over_api,
        })
    }

    /// What it says, for a command that asks for it.
    fn profile(&self, known: &Words) -> Result<Option<Profile>, clap::Error> {
        let wrong = |message: String| {
            clap::Error::raw(ErrorKind::ValueValidation, message + "\n").with_cmd(known)
        };
        if !self.over_api {
            let message = "--profile is for commands over the API, and this is none of them";
            return match self.by_flag {
                true => Err(wrong(message.to_owned())),
                false => Ok(None),
            };
        }
        let variable = |name: &str| std::env::var_os(name).map(Into::into);
        let file = profiles::path(variable)
            .ok_or_else(|| wrong("--profile: neither XDG_CONFIG_HOME nor HOME is set".into()))?;
        let warn = |text: String| eprintln!("warning: {}", plain(&text));
        Profile::read(&file, &self.name, warn)
            .map(Some)
            .map_err(|error| wrong(format!("--profile: {error:#}")))
    }
}

/// Whether the command takes what a profile says.
fn is_over_api(words: &Words) -> bool {
    words.get_arguments().any(|arg| arg.get_id() == "base_url")
}

/// What the profile says becomes the default of the commands over the API, in place of their
/// variables.
fn with_profile(words: Words, profile: &Profile) -> Words {
    words.mut_subcommands(|words| {
        if !is_over_api(&words) {
            return words;
        }
        let said = [
            ("base_url", &profile.base_url),
            ("account", &profile.account),
            ("token", &profile.token),
        ];
        said.into_iter().fold(words, |words, (arg, value)| {
            words.mut_arg(arg, |arg| {
                // Help would print a token that is a default.
                let arg = arg.env(None::<&'static str>).hide_default_value(true);
                match value {
                    Some(value) => arg.default_value(value.clone()),
                    None => arg,
                }
            })
        })
    })
}

fn complete(shell: &str) -> anyhow::Result<ExitCode> {
    let shell: clap_complete::Shell = shell.parse().map_err(anyhow::Error::msg)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "aig", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

async fn provide(listen: SocketAddr, pace: u64) -> anyhow::Result<ExitCode> {
    let mut signals = serve::Signals::listen()?;
    let provider = offline::OfflineProvider::start(listen, Duration::from_millis(pace)).await?;
    println!("http://{}", provider.address());
    signals.next().await;
    provider.stop().await;
    Ok(ExitCode::SUCCESS)
}
