//! `aig custom-providers`: providers of the account's own and their prices, over the API.
//!
//! Headers are never an argument, which other users of the machine could read: their values may be
//! keys. They come from a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{ArgAction, Args, Subcommand};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::body::without_nulls;
use super::{Api, Paging, answer, remarks, tables};

/// What can be done with custom providers.
#[derive(Debug, Subcommand)]
pub(crate) enum CustomProvidersCommand {
    /// List the custom providers of the account
    List {
        /// Text to look for in ids, names and slugs
        #[arg(long)]
        search: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make a provider, which requests call custom-SLUG
    Create {
        /// What stands in URLs behind `custom-`
        slug: String,
        /// Where requests go
        url: String,
        /// For display [default: the slug]
        #[arg(long)]
        name: Option<String>,
        /// Whether requests are sent there
        #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
        enable: bool,
        #[command(flatten)]
        headers: Headers,
    },
    /// Show a provider
    Get {
        /// The provider's id, as the list shows it
        id: String,
    },
    /// Change a provider; another slug or base URL deletes the keys that are stored for it
    Update {
        /// The provider's id, as the list shows it
        id: String,
        /// What stands in URLs behind `custom-`
        #[arg(long)]
        slug: Option<String>,
        /// Where requests go
        #[arg(long)]
        url: Option<String>,
        /// For display
        #[arg(long)]
        name: Option<String>,
        /// Whether requests are sent there
        #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
        enable: Option<bool>,
        #[command(flatten)]
        headers: Headers,
    },
    /// Delete a provider with its prices and the keys that are stored for it
    Delete {
        /// The provider's id, as the list shows it
        id: String,
    },
    /// What models of custom providers cost
    #[command(subcommand)]
    Costs(CostsCommand),
}

/// What can be done with prices.
#[derive(Debug, Subcommand)]
pub(crate) enum CostsCommand {
    /// List the prices of the account's custom providers
    List {
        /// Only those of the provider with this id
        #[arg(long, value_name = "ID")]
        provider: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Say what a model costs, in US dollars for a million tokens
    Create {
        /// The provider's id, as its list shows it
        provider: String,
        /// The name of a model
        model: String,
        /// How it is compared with the model of a request
        #[arg(long, value_parser = ["equals", "starts-with", "contains"], default_value = "equals")]
        rule: String,
        #[command(flatten)]
        prices: Prices,
    },
    /// Show a price
    Get {
        /// The price's id, as the list shows it
        id: String,
    },
    /// Change a price; prices that are said replace all that there were
    Update {
        /// The price's id, as the list shows it
        id: String,
        /// The name of a model
        #[arg(long)]
        model: Option<String>,
        /// Whether it applies
        #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
        enable: Option<bool>,
        #[command(flatten)]
        prices: Prices,
    },
    /// Delete a price
    Delete {
        /// The price's id, as the list shows it
        id: String,
    },
}

/// Where the headers stand.
#[derive(Debug, Args)]
pub(crate) struct Headers {
    /// File with the headers that every request gets, as a JSON object
    #[arg(long, value_name = "FILE")]
    headers_file: Option<PathBuf>,
}

/// US dollars for a million tokens.
#[derive(Debug, Args)]
pub(crate) struct Prices {
    /// Of the prompt
    #[arg(long, value_name = "DOLLARS")]
    input: Option<f64>,
    /// Of the answer
    #[arg(long, value_name = "DOLLARS")]
    output: Option<f64>,
    /// Of the prompt, from the provider's cache
    #[arg(long, value_name = "DOLLARS")]
    cached: Option<f64>,
}

impl CustomProvidersCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::List { search, paging } => {
                let mut call = client
                    .list_custom_providers()
                    .account_id(account)
                    .page(paging.page)
                    .per_page(paging.per_page);
                if let Some(search) = search {
                    call = call.search(search);
                }
                let list = answer(None, call.send()).await?;
                api.show_list(&list, tables::custom_providers)
            }
            Self::Create {
                slug,
                url,
                name,
                enable,
                headers,
            } => {
                let name = name.unwrap_or_else(|| slug.clone());
                let mut body =
                    json!({"name": name, "slug": slug, "base_url": url, "enable": enable});
                headers.put(&mut body)?;
                let call = client
                    .create_custom_provider()
                    .account_id(account)
                    // Ours is sent in its place; the builder only wants one that could be.
                    .body_map(|unread| unread.name("x").slug("x").base_url("x"));
                api.show_custom(&answer(Some(body), call.send()).await?)
            }
            Self::Get { id } => {
                let call = client
                    .get_custom_provider()
                    .account_id(account)
                    .custom_provider_id(id);
                api.show_custom(&answer(None, call.send()).await?)
            }
            Self::Update {
                id,
                slug,
                url,
                name,
                enable,
                headers,
            } => {
                let said = json!({"name": name, "slug": slug, "base_url": url, "enable": enable});
                let mut body = Value::Object(without_nulls(said));
                headers.put(&mut body)?;
                says_something(&body)?;
                let call = client
                    .update_custom_provider()
                    .account_id(account)
                    .custom_provider_id(id)
                    .body_map(|unread| unread);
                api.show_custom(&answer(Some(body), call.send()).await?)
            }
            Self::Delete { id } => {
                let call = client
                    .delete_custom_provider()
                    .account_id(account)
                    .custom_provider_id(&id);
                let gone = answer(None, call.send()).await?;
                remarks(&gone);
                api.show_deleted(&gone, &id)
            }
            Self::Costs(command) => command.run(api).await,
        }
    }
}

impl CostsCommand {
    async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::List { provider, paging } => {
                let mut call = client
                    .list_custom_provider_costs()
                    .account_id(account)
                    .page(paging.page)
                    .per_page(paging.per_page);
                if let Some(provider) = provider {
                    call = call.account_provider_id(provider);
                }
                let list = answer(None, call.send()).await?;
                api.show_list(&list, tables::custom_costs)
            }
            Self::Create {
                provider,
                model,
                rule,
                prices,
            } => {
                let mut body =
                    json!({"account_provider_id": provider, "model": model, "model_rule": rule});
                prices.put(&mut body);
                let call = client
                    .create_custom_provider_cost()
                    .account_id(account)
                    .body_map(|unread| unread.account_provider_id("x").model("x"));
                api.show_one(
                    &answer(Some(body), call.send()).await?,
                    tables::custom_costs,
                )
            }
            Self::Get { id } => {
                let call = client
                    .get_custom_provider_cost()
                    .account_id(account)
                    .custom_provider_cost_id(id);
                api.show_one(&answer(None, call.send()).await?, tables::custom_costs)
            }
            Self::Update {
                id,
                model,
                enable,
                prices,
            } => {
                let said = json!({"model": model, "enable": enable});
                let mut body = Value::Object(without_nulls(said));
                prices.put(&mut body);
                says_something(&body)?;
                let call = client
                    .update_custom_provider_cost()
                    .account_id(account)
                    .custom_provider_cost_id(id)
                    .body_map(|unread| unread);
                api.show_one(
                    &answer(Some(body), call.send()).await?,
                    tables::custom_costs,
                )
            }
            Self::Delete { id } => {
                let call = client
                    .delete_custom_provider_cost()
                    .account_id(account)
                    .custom_provider_cost_id(&id);
                api.show_deleted(&answer(None, call.send()).await?, &id)
            }
        }
    }
}

impl Api {
    fn show_custom(&self, answer: &Value) -> anyhow::Result<ExitCode> {
        remarks(answer);
        self.show_one(answer, tables::custom_providers)
    }
}

impl Headers {
    fn put(&self, body: &mut Value) -> anyhow::Result<()> {
        if let Some(path) = &self.headers_file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the headers in {} cannot be read", path.display()))?;
            let text = Zeroizing::new(text);
            body["headers"] = json!(text.trim());
        }
        Ok(())
    }
}

impl Prices {
    fn put(&self, body: &mut Value) {
        let said = without_nulls(json!({
            "input_tokens": self.input,
            "output_tokens": self.output,
            "input_cached_tokens": self.cached,
        }));
        if !said.is_empty() {
            body["token_pricing"] = said.into();
        }
    }
}

fn says_something(body: &Value) -> anyhow::Result<()> {
    if *body == json!({}) {
        bail!("say what is to be different; --help lists what can be");
    }
    Ok(())
}
