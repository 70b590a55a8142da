//! `aig gateways` and `aig logs`: the generated client on the command line.
//!
//! Works against any base URL of the API, Cloudflare's included. Administration of this instance
//! is left to `local`.

use std::num::NonZeroU64;
use std::process::ExitCode;

use aig_client::types::{ErrorResponse, Gateway, GatewayInput, LogEntry};
use aig_client::{Client, Error};
use anyhow::{Context, anyhow};
use clap::{ArgAction, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::print::table;

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
    List(Paging),
    /// Make a gateway; --id or --name is enough
    Create(Settings),
    /// Show a gateway
    Get {
        /// The gateway's id
        id: String,
    },
    /// Change a gateway; what is not said stays as it is
    Update {
        /// The gateway's id
        gateway: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Delete a gateway with its log
    Delete {
        /// The gateway's id
        id: String,
    },
}

/// Settings of a gateway.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// What stands in URLs; only at creation
    #[arg(long)]
    id: Option<String>,
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
    /// Whether requests are logged
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    log: Option<bool>,
    /// Whether requests must carry a token
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    authentication: Option<bool>,
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

/// Which part of a log.
#[derive(Debug, clap::Args)]
pub(crate) struct LogsCommand {
    /// The gateway's id
    gateway: String,
    /// Text to look for in provider, model, path, status and metadata
    #[arg(long)]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

impl GatewaysCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::List(paging) => {
                let request = client
                    .list_ai_gateways()
                    .account_id(account)
                    .page(paging.page)
                    .per_page(paging.per_page);
                let list = request.send().await.map_err(explain)?.into_inner();
                api.show(&list, || gateways(&list.result))
            }
            Self::Create(settings) => {
                let request = client
                    .create_ai_gateway()
                    .account_id(account)
                    .body(settings.input()?);
                let made = request.send().await.map_err(explain)?.into_inner();
                remarks(&made.messages);
                api.show(&made.result, || {
                    gateways(std::slice::from_ref(&made.result))
                })
            }
            Self::Get { id } => {
                let request = client.get_ai_gateway().account_id(account).gateway_id(id);
                let found = request.send().await.map_err(explain)?.into_inner();
                api.show(&found.result, || {
                    gateways(std::slice::from_ref(&found.result))
                })
            }
            Self::Update { gateway, settings } => {
                let request = client
                    .update_ai_gateway()
                    .account_id(account)
                    .gateway_id(gateway)
                    .body(settings.input()?);
                let changed = request.send().await.map_err(explain)?.into_inner();
                remarks(&changed.messages);
                api.show(&changed.result, || {
                    gateways(std::slice::from_ref(&changed.result))
                })
            }
            Self::Delete { id } => {
                let request = client
                    .delete_ai_gateway()
                    .account_id(account)
                    .gateway_id(id);
                let gone = request.send().await.map_err(explain)?.into_inner();
                api.show(&gone.result, || format!("deleted {}", gone.result.id))
            }
        }
    }
}

impl LogsCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let mut request = client
            .list_ai_gateway_logs()
            .account_id(&api.account)
            .gateway_id(self.gateway)
            .page(self.paging.page)
            .per_page(self.paging.per_page);
        if let Some(search) = self.search {
            request = request.search(search);
        }
        let list = request.send().await.map_err(explain)?.into_inner();
        api.show(&list, || logs(&list.result))
    }
}

impl Settings {
    fn input(self) -> anyhow::Result<GatewayInput> {
        let fields: [(&str, Option<Value>); 7] = [
            ("id", self.id.map(Value::from)),
            ("name", self.name.map(Value::from)),
            ("cache_ttl", self.cache_ttl.map(Value::from)),
            ("rate_limiting_limit", self.rate_limit.map(Value::from)),
            (
                "rate_limiting_interval",
                self.rate_interval.map(Value::from),
            ),
            ("log_enabled", self.log.map(Value::from)),
            ("authentication", self.authentication.map(Value::from)),
        ];
        let said: Map<_, _> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        serde_json::from_value(Value::Object(said)).context("the settings are not legal")
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

    fn show(
        &self,
        result: &impl Serialize,
        people: impl FnOnce() -> String,
    ) -> anyhow::Result<ExitCode> {
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(result)?),
            false => println!("{}", people()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn gateways(list: &[Gateway]) -> String {
    let on = |on: bool, text: String| if on { text } else { "off".to_owned() };
    let rows = list.iter().map(|g| {
        let rate = format!("{}/{} s", g.rate_limiting_limit, g.rate_limiting_interval);
        [
            g.id.clone(),
            g.name.clone(),
            on(g.authentication, "on".into()),
            on(g.log_enabled, "on".into()),
            on(g.cache_enabled, format!("{} s", g.cache_ttl)),
            on(g.rate_limiting_enabled, rate),
            g.modified_at.format("%Y-%m-%d %H:%M:%S").to_string(),
        ]
    });
    let head = [
        "id",
        "name",
        "auth",
        "log",
        "cache",
        "rate limit",
        "modified",
    ];
    table(head, rows).to_string()
}

fn logs(list: &[LogEntry]) -> String {
    let number = |n: Option<i64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let rows = list.iter().map(|l| {
        [
            l.created_at.format("%Y-%m-%d %H:%M:%S").to_string(),
            l.provider.clone(),
            l.model.clone(),
            l.status_code.to_string(),
            l.outcome.to_string(),
            format!("{} ms", l.duration),
            number(l.tokens_in),
            number(l.tokens_out),
            l.path.clone(),
        ]
    });
    let head = [
        "when", "provider", "model", "status", "outcome", "duration", "in", "out", "path",
    ];
    table(head, rows).to_string()
}

/// Remarks of the server, apart from the result.
fn remarks(messages: &[Map<String, Value>]) {
    for message in messages.iter().filter_map(|m| m.get("message")?.as_str()) {
        eprintln!("note: {message}");
    }
}

/// What the server said, in one line; its codes and words, not this client's types.
fn explain(error: Error<ErrorResponse>) -> anyhow::Error {
    match error {
        Error::ErrorResponse(answer) => {
            let status = answer.status();
            let said = answer.into_inner().errors.into_iter().map(|e| {
                let place = e.path.join(".");
                let place = if place.is_empty() {
                    place
                } else {
                    format!("{place}: ")
                };
                format!("{place}{} (code {})", e.message, e.code)
            });
            let said: Vec<_> = said.collect();
            anyhow!("{status}: {}", said.join("; "))
        }
        other => anyhow::Error::new(other).context("the request failed"),
    }
}
