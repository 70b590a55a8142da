//! `aig provider-configs`: stored keys of providers, over the API.
//!
//! A key is never an argument, which other users of the machine could read: it comes from a file or
//! over standard input.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Api, Paging, answer, tables};

/// What can be done with stored keys.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderConfigsCommand {
    /// List the keys that a gateway holds, without the keys themselves
    List {
        /// The gateway's id
        gateway: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Store a key
    Create {
        /// The gateway's id
        gateway: String,
        /// The provider's slug
        provider: String,
        /// The key's name among those of the provider
        #[arg(long, default_value = "default")]
        alias: String,
        /// Whether requests that name no key use this one
        #[arg(long = "default", value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
        is_default: bool,
        /// How many requests may go with it in each period [default: as many as come]
        #[arg(long, value_name = "REQUESTS")]
        rate_limit: Option<u32>,
        /// The period in seconds [default: 60]
        #[arg(long, value_name = "SECONDS", requires = "rate_limit")]
        rate_limit_period: Option<u32>,
        #[command(flatten)]
        secret: SecretFile,
    },
    /// Replace a key
    Rotate {
        /// The gateway's id
        gateway: String,
        /// The key's id, as the list shows it
        id: String,
        #[command(flatten)]
        secret: SecretFile,
    },
    /// Delete a key
    Delete {
        /// The gateway's id
        gateway: String,
        /// The key's id, as the list shows it
        id: String,
    },
}

/// Where the key stands.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretFile {
    /// File that holds the key [default: standard input]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl ProviderConfigsCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::List { gateway, paging } => {
                let call = client
                    .list_provider_configs()
                    .account_id(account)
                    .gateway_id(gateway)
                    .page(paging.page)
                    .per_page(paging.per_page);
                let list = answer(None, call.send()).await?;
                api.show_list(&list, tables::provider_configs)
            }
            Self::Create {
                gateway,
                provider,
                alias,
                is_default,
                rate_limit,
                rate_limit_period,
                secret,
            } => {
                let secret = secret.read()?;
                let body = json!({
                    "provider_slug": provider,
                    "alias": alias,
                    "default_config": is_default,
                    "rate_limit": rate_limit,
                    "rate_limit_period": rate_limit_period,
                    "secret": *secret,
                });
                let call = client
                    .create_provider_config()
                    .account_id(account)
                    .gateway_id(gateway)
                    // Ours is sent in its place; the builder only wants one that could be.
                    .body_map(|unread| unread.provider_slug("x").alias("x"));
                let kept = answer(Some(body), call.send()).await?;
                api.show_one(&kept, tables::provider_configs)
            }
            Self::Rotate {
                gateway,
                id,
                secret,
            } => {
                let body = json!({ "secret": *secret.read()? });
                let call = client
                    .rotate_provider_config()
                    .account_id(account)
                    .gateway_id(gateway)
                    .provider_config_id(id)
                    .body_map(|unread| unread.secret("x"));
                let kept = answer(Some(body), call.send()).await?;
                api.show_one(&kept, tables::provider_configs)
            }
            Self::Delete { gateway, id } => {
                let call = client
                    .delete_provider_config()
                    .account_id(account)
                    .gateway_id(gateway)
                    .provider_config_id(&id);
                api.show_deleted(&answer(None, call.send()).await?, &id)
            }
        }
    }
}

impl SecretFile {
    fn read(&self) -> anyhow::Result<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::new());
        match &self.secret_file {
            Some(path) => {
                std::fs::File::open(path)
                    .and_then(|mut file| file.read_to_string(&mut text))
                    .with_context(|| format!("the key in {} cannot be read", path.display()))?;
            }
            None => {
                std::io::stdin()
                    .read_to_string(&mut text)
                    .context("the key cannot be read from standard input")?;
            }
        }
        Ok(Zeroizing::new(text.trim_end().to_owned()))
    }
}
