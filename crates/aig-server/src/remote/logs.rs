//! `aig logs` and `aig log`: the log of a gateway, and single rows of it, over the API.
//!
//! Bodies come out byte for byte, for files and programs; only a terminal is spared what it would
//! act on, because callers and providers chose what stands in them.

use std::io::{IsTerminal, Write};
use std::num::NonZeroU64;
use std::process::ExitCode;

use aig_client::types::LogPatch;
use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::{Api, Paging, answer, raw, tables};
use crate::print::plain;

/// Which part of a log.
#[derive(Debug, clap::Args)]
pub(crate) struct LogsCommand {
    /// The gateway's id
    gateway: String,
    /// Text to look for in provider, model, path, status and metadata
    #[arg(long)]
    search: Option<String>,
    #[command(flatten)]
    conditions: Conditions,
    #[command(flatten)]
    paging: Paging,
}

/// Conditions that all have to hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Conditions {
    /// Only rows of which this is true: a key, an operator (eq, neq, contains, lt, gt) and a value,
    /// as in 'model contains gpt'; can be said more than once
    #[arg(long = "filter", value_name = "'KEY OPERATOR VALUE'", value_parser = condition)]
    filters: Vec<Value>,
}

/// What can be done with rows of a log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Show a row
    Get(Row),
    /// Print the body of the request, as it came
    Request(Row),
    /// Print the body of the answer, as it came
    Response(Row),
    /// Change what somebody thinks of a row; what is not said stays as it is
    Patch {
        #[command(flatten)]
        row: Row,
        /// 1 for praise, -1 for blame, null to take it back
        #[arg(long, value_name = "NUMBER", value_parser = number, allow_hyphen_values = true)]
        feedback: Option<Value>,
        /// The answer's mark; null takes it back
        #[arg(long, value_name = "NUMBER", value_parser = number, allow_hyphen_values = true)]
        score: Option<Value>,
        /// A JSON object of texts, numbers and truth values, which replaces the metadata; null
        /// takes it back
        #[arg(long, value_name = "JSON", value_parser = metadata)]
        metadata: Option<Value>,
    },
    /// Delete rows with their bodies
    Delete {
        /// The gateway's id
        gateway: String,
        /// The row's id
        #[arg(conflicts_with_all = ["filters", "all"])]
        id: Option<String>,
        #[command(flatten)]
        conditions: Conditions,
        /// Every row, where no filter says which
        #[arg(long, conflicts_with = "filters")]
        all: bool,
        /// The most rows to delete, the oldest first
        #[arg(long, value_name = "ROWS")]
        limit: Option<NonZeroU64>,
    },
}

/// Which row.
#[derive(Debug, clap::Args)]
pub(crate) struct Row {
    /// The gateway's id
    gateway: String,
    /// The row's id, as the header cf-aig-log-id of the answer has it
    id: String,
}

impl LogsCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let mut call = client
            .list_ai_gateway_logs()
            .account_id(&api.account)
            .gateway_id(self.gateway)
            .page(self.paging.page)
            .per_page(self.paging.per_page);
        if let Some(search) = self.search {
            call = call.search(search);
        }
        if let Some(filters) = self.conditions.text() {
            call = call.filters(filters);
        }
        let list = answer(None, call.send()).await?;
        api.show_list(&list, tables::logs)
    }
}

impl LogCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::Get(Row { gateway, id }) => {
                let call = client
                    .get_ai_gateway_log()
                    .account_id(account)
                    .gateway_id(gateway)
                    .id(id);
                let row = &answer(None, call.send()).await?["result"];
                api.show(row, tables::log(row))
            }
            Self::Request(Row { gateway, id }) => {
                let call = client
                    .get_ai_gateway_log_request()
                    .account_id(account)
                    .gateway_id(gateway)
                    .id(id);
                put(&raw(call.send()).await?)
            }
            Self::Response(Row { gateway, id }) => {
                let call = client
                    .get_ai_gateway_log_response()
                    .account_id(account)
                    .gateway_id(gateway)
                    .id(id);
                put(&raw(call.send()).await?)
            }
            Self::Patch {
                row: Row { gateway, id },
                feedback,
                score,
                metadata,
            } => {
                let said = [
                    ("feedback", feedback),
                    ("score", score),
                    ("metadata", metadata),
                ];
                let said = said.into_iter();
                let body: Map<_, _> = said
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                    .collect();
                if body.is_empty() {
                    bail!("say what is to change: --feedback, --score or --metadata");
                }
                let call = client
                    .patch_ai_gateway_log()
                    .account_id(account)
                    .gateway_id(gateway)
                    .id(&id)
                    // Ours is sent in its place.
                    .body(LogPatch::default());
                let changed = answer(Some(Value::Object(body)), call.send()).await?;
                api.show(&changed["result"], format!("changed {}", plain(&id)))
            }
            Self::Delete {
                gateway,
                id,
                mut conditions,
                all,
                limit,
            } => {
                let one = id.map(|id| json!({"key": "id", "operator": "eq", "value": [id]}));
                conditions.filters.extend(one);
                let filters = conditions.text();
                if filters.is_none() && !all {
                    bail!("say which rows: an id, --filter, or --all");
                }
                let mut call = client
                    .delete_ai_gateway_logs()
                    .account_id(account)
                    .gateway_id(&gateway);
                if let Some(filters) = filters {
                    call = call.filters(filters);
                }
                if let Some(limit) = limit {
                    call = call.limit(limit);
                }
                let gone = answer(None, call.send()).await?;
                api.show(
                    &gone,
                    format!("deleted from the log of {}", plain(&gateway)),
                )
            }
        }
    }
}

impl Conditions {
    /// As the API takes them; `None` when there are none.
    fn text(&self) -> Option<String> {
        (!self.filters.is_empty()).then(|| Value::from(self.filters.clone()).to_string())
    }
}

/// Writes a body to standard output.
fn put(body: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let written = match out.is_terminal() {
        true => writeln!(out, "{}", shown(body)),
        false => out.write_all(body).and_then(|()| out.flush()),
    };
    written.context("the body cannot be written to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// The body as a terminal may have it: its lines, without what would move the cursor.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let lines: Vec<_> = text.split('\n').map(plain).collect();
    lines.join("\n")
}

/// A condition in three words. A value that is written as a number or a truth value is one.
fn condition(text: &str) -> Result<Value, String> {
    let mut words = text.trim().splitn(3, char::is_whitespace);
    let (Some(key), Some(operator), Some(value)) = (words.next(), words.next(), words.next())
    else {
        return Err("a filter is a key, an operator and a value, with spaces between".into());
    };
    let value = value.trim_start();
    let read = serde_json::from_str(value).ok();
    let value = read
        .filter(|read: &Value| !read.is_object() && !read.is_array())
        .unwrap_or_else(|| value.into());
    Ok(json!({"key": key, "operator": operator, "value": [value]}))
}

fn number(text: &str) -> Result<Value, String> {
    let read = serde_json::from_str(text).ok();
    read.filter(|read: &Value| read.is_number() || read.is_null())
        .ok_or_else(|| "it must be a number, or null".into())
}

fn metadata(text: &str) -> Result<Value, String> {
    let read = serde_json::from_str(text).ok();
    read.filter(|read: &Value| read.is_object() || read.is_null())
        .ok_or_else(|| "it must be a JSON object, or null".into())
}

#[cfg(test)]
mod tests;
