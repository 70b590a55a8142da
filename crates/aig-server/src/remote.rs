//! `aig gateways`, `aig provider-configs`, `aig custom-providers`, `aig tokens`, `aig audit`,
//! `aig logs` and `aig log`: the generated client on the command line.
//!
//! Works against any base URL of the API, Cloudflare's included: answers are taken as they come,
//! since Cloudflare's lack fields that ours always have. What is sent is left to `body`, how
//! answers look to `tables`; administration of this instance to `local`.

mod audit;
mod body;
mod custom_providers;
mod logs;
mod provider_configs;
mod tables;
mod tokens;

use std::num::NonZeroU64;
use std::process::ExitCode;

use aig_client::types::GatewayInput;
use aig_client::{Client, Error};
use anyhow::{anyhow, bail};
use bytes::Bytes;
use clap::{ArgAction, Subcommand, value_parser};
use http::StatusCode;
use serde_json::Value;

use crate::print::{json, plain};

/// Which API is spoken to, and as whom.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Api {
    /// Base URL of the API; Cloudflare's is https://api.cloudflare.com/client/v4
    #[arg(
        long,
        env = "AIG_BASE_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8787/client/v4",
        global = true
    )]
    base_url: String,
    /// Account to act in
    #[arg(
        long,
        env = "AIG_ACCOUNT_ID",
        value_name = "ID",
        global = true,
        default_value = ""
    )]
    account: String,
    /// API token; better in the environment than on the command line, where others can see it
    #[arg(
        long,
        env = "AIG_API_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        global = true,
        default_value = ""
    )]
    token: String,
    /// Print JSON for programs instead of tables for people
    #[arg(long, global = true)]
    json: bool,
}

/// What can be done with gateways.
#[derive(Debug, Subcommand)]
pub(crate) enum GatewaysCommand {
    /// List the gateways of the account
    List {
        /// Text to look for in ids and names
        #[arg(long)]
        search: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Print the base URL of a provider behind a gateway
    Url {
        /// The gateway's id
        id: String,
        /// The provider's slug
        provider: String,
    },
    /// Make a gateway; --id or --name is enough, Cloudflare wants --id
    Create {
        /// What stands in URLs
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Show a gateway
    Get {
        /// The gateway's id
        id: String,
    },
    /// Change a gateway; what is not said stays as it is
    Update {
        /// The gateway's id
        id: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Delete a gateway with its log
    Delete {
        /// The gateway's id
        id: String,
    },
}

/// Which entries of the audit log are shown.
pub(crate) use audit::AuditCommand;
/// What can be done with custom providers.
pub(crate) use custom_providers::CustomProvidersCommand;
/// What can be done with a log, and with rows of it.
pub(crate) use logs::{LogCommand, LogsCommand};
/// What can be done with stored keys.
pub(crate) use provider_configs::ProviderConfigsCommand;
/// What can be done with tokens.
pub(crate) use tokens::TokensCommand;

/// Settings of a gateway.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Settings {
    /// For display
    #[arg(long)]
    name: Option<String>,
    /// Keep answers for this many seconds; 0 turns caching off
    #[arg(long, value_name = "SECONDS")]
    cache_ttl: Option<u32>,
    /// Requests per interval; 0 turns the limit off
    #[arg(long, value_name = "REQUESTS")]
    rate_limit: Option<u32>,
    /// The rate limit's interval in seconds
    #[arg(long, value_name = "SECONDS")]
    rate_interval: Option<u32>,
    /// Try a provider so often, 1 to 5, the first try included; 1 turns retries off
    #[arg(long, value_name = "TRIES", value_parser = value_parser!(u8).range(1..=5))]
    retry_max_attempts: Option<u8>,
    /// The pause before a retry, up to 60000
    #[arg(long, value_name = "MILLISECONDS", value_parser = value_parser!(u32).range(..=60_000))]
    retry_delay: Option<u32>,
    /// How the pauses grow from one retry to the next
    #[arg(long, value_name = "GROWTH", value_parser = ["constant", "linear", "exponential"])]
    retry_backoff: Option<String>,
    /// Whether requests are logged
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    log: Option<bool>,
    /// Whether requests must carry a token
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    authentication: Option<bool>,
    /// Whether requests without a key for the provider are refused
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    byok_only: Option<bool>,
}

/// Which page.
#[derive(Debug, clap::Args)]
pub(crate) struct Paging {
    /// Page number, from 1
    #[arg(long, default_value = "1")]
    page: NonZeroU64,
    /// Entries per page
    #[arg(long, default_value = "20")]
    per_page: NonZeroU64,
}

/// Makes a table for people of things of one kind.
type Table = fn(&[Value]) -> String;

impl GatewaysCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        // What the builders of the client are given where the body is ours: see `body`.
        let unread = GatewayInput::default();
        match self {
            Self::List { search, paging } => {
                let mut call = client
                    .list_ai_gateways()
                    .account_id(account)
                    .page(paging.page)
                    .per_page(paging.per_page);
                if let Some(search) = search {
                    call = call.search(search);
                }
                let list = answer(None, call.send()).await?;
                api.show_list(&list, tables::gateways)
            }
            Self::Create { id, settings } => {
                let body = body::create(id, &settings)?;
                let call = client.create_ai_gateway().account_id(account).body(unread);
                let made = answer(Some(body), call.send()).await?;
                remarks(&made);
                api.show_one(&made, tables::gateways)
            }
            Self::Get { id } => {
                let call = client.get_ai_gateway().account_id(account).gateway_id(id);
                api.show_one(&answer(None, call.send()).await?, tables::gateways)
            }
            Self::Url { id, provider } => {
                let call = client
                    .get_ai_gateway_url()
                    .account_id(account)
                    .gateway_id(id)
                    .provider(provider);
                let told = answer(None, call.send()).await?;
                api.show(&told["result"], tables::text(&told["result"]))
            }
            Self::Update { id, settings } => {
                body::says_something(&settings)?;
                let call = client.get_ai_gateway().account_id(account).gateway_id(&id);
                let read = answer(None, call.send()).await?;
                let body = body::update(&read["result"], &settings)?;
                let call = client
                    .update_ai_gateway()
                    .account_id(account)
                    .gateway_id(id)
                    .body(unread);
                let changed = answer(Some(body), call.send()).await?;
                remarks(&changed);
                api.show_one(&changed, tables::gateways)
            }
            Self::Delete { id } => {
                let call = client
                    .delete_ai_gateway()
                    .account_id(account)
                    .gateway_id(&id);
                api.show_deleted(&answer(None, call.send()).await?, &id)
            }
        }
    }
}

impl Api {
    fn client(&self) -> anyhow::Result<Client> {
        let missing = |flag: &str, variable: &str| anyhow!("say {flag}, or set {variable}");
        if self.account.is_empty() {
            return Err(missing("--account", "AIG_ACCOUNT_ID"));
        }
        if self.token.is_empty() {
            return Err(missing("--token", "AIG_API_TOKEN"));
        }
        Ok(Client::with_token(&self.base_url, &self.token)?)
    }

    /// Shows a list, with the envelope that tells programs where its pages are.
    fn show_list(&self, answer: &Value, table: Table) -> anyhow::Result<ExitCode> {
        self.show(answer, table(rows(answer)))
    }

    /// Shows the one thing that an answer is about, in the table that a list of such would be.
    fn show_one(&self, answer: &Value, table: Table) -> anyhow::Result<ExitCode> {
        let one = &answer["result"];
        self.show(one, table(std::slice::from_ref(one)))
    }

    fn show_deleted(&self, answer: &Value, id: &str) -> anyhow::Result<ExitCode> {
        self.show(&answer["result"], format!("deleted {}", plain(id)))
    }

    fn show(&self, result: &Value, people: String) -> anyhow::Result<ExitCode> {
        match self.json {
            true => println!("{}", json(result)),
            false => println!("{people}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn rows(list: &Value) -> &[Value] {
    list["result"].as_array().map_or(&[], Vec::as_slice)
}

/// The envelope of an answer, when the server did what it was asked to.
async fn answer<T, E>(
    body: Option<Value>,
    call: impl Future<Output = Result<T, Error<E>>>,
) -> anyhow::Result<Value> {
    let (status, bytes) = aig_client::untyped(body, call).await.map_err(unsent)?;
    told(status, &bytes)
}

/// The bytes of an answer that is no envelope when the server did what it was asked to.
async fn raw<T, E>(call: impl Future<Output = Result<T, Error<E>>>) -> anyhow::Result<Bytes> {
    let (status, bytes) = aig_client::untyped(None, call).await.map_err(unsent)?;
    if !status.is_success() {
        told(status, &bytes)?;
    }
    Ok(bytes)
}

/// What an envelope tells; an error unless the server did what it was asked to.
fn told(status: StatusCode, bytes: &[u8]) -> anyhow::Result<Value> {
    let Ok(envelope) = serde_json::from_slice::<Value>(bytes) else {
        bail!(
            "{status}: the answer is not JSON; is --base-url that of the API, /client/v4 included?"
        );
    };
    if status.is_success() && envelope["success"] != false {
        return Ok(envelope);
    }
    let errors = envelope["errors"].as_array();
    let said: Vec<_> = errors.into_iter().flatten().map(one_error).collect();
    match said.is_empty() {
        true => bail!("{status}: the server does not say why"),
        false => bail!("{status}: {}", said.join("; ")),
    }
}

/// What the server said, in one line; its codes and words, not this client's types.
fn one_error(error: &Value) -> String {
    let place = error["path"].as_array().into_iter().flatten();
    let place: Vec<_> = place.map(tables::text).collect();
    let place = match place.is_empty() {
        true => String::new(),
        false => format!("{}: ", place.join(".")),
    };
    let (message, code) = (
        tables::text(&error["message"]),
        tables::text(&error["code"]),
    );
    plain(&format!("{place}{message} (code {code})"))
}

/// Why there is no answer: the cause itself, which the client's own words would only repeat.
fn unsent<E>(error: Error<E>) -> anyhow::Error {
    match error {
        Error::CommunicationError(cause) | Error::ResponseBodyError(cause) => {
            anyhow::Error::new(cause).context("the request failed")
        }
        Error::InvalidRequest(why) => anyhow!("the request cannot be sent: {why}"),
        // Only what comes before an answer gets here, which these two are.
        _ => anyhow!("the request failed"),
    }
}

/// Remarks of the server, apart from the result.
fn remarks(answer: &Value) {
    let messages = answer["messages"].as_array().into_iter().flatten();
    for message in messages.filter_map(|m| m["message"].as_str()) {
        eprintln!("note: {}", plain(message));
    }
}
