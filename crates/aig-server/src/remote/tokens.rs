//! `aig tokens`: who may use an account and manage it, over the API.
//!
//! Permission groups are asked for by name and found in the server's own list, so that the same
//! words work against Cloudflare.

use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Api, Paging, answer, rows, tables};
use crate::print::plain;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// List the tokens of the account, without their values
    List {
        /// Show expired tokens too
        #[arg(long)]
        expired: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make a token; prints its value, this once
    Create {
        /// A name for people
        name: String,
        /// What it may do, by the name of a permission group, such as "AI Gateway Run"; repeatable
        #[arg(long = "group", value_name = "NAME", required = true)]
        groups: Vec<String>,
        #[command(flatten)]
        life: Life,
    },
    /// Show a token, without its value
    Get {
        /// The token's id
        id: String,
    },
    /// Change a token; what is not said stays as it is
    Update {
        /// The token's id
        id: String,
        /// A name for people
        #[arg(long)]
        name: Option<String>,
        /// What it may do instead, by the name of a permission group; repeatable
        #[arg(long = "group", value_name = "NAME")]
        groups: Vec<String>,
        /// Whether it is good or switched off
        #[arg(long, value_parser = ["active", "disabled"])]
        status: Option<String>,
        #[command(flatten)]
        life: Life,
    },
    /// Give a token a new value; prints it, this once
    Roll {
        /// The token's id
        id: String,
        /// For how many seconds the former value is good beside the new one
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        overlap: u32,
    },
    /// Delete a token; it is refused at once
    Delete {
        /// The token's id
        id: String,
    },
    /// Ask whether the token that is used is good
    Verify {
        /// In whichever account it is, without naming one
        #[arg(long)]
        anywhere: bool,
    },
    /// List what tokens may be allowed to do
    Groups,
}

/// When a token is good.
#[derive(Debug, clap::Args)]
pub(crate) struct Life {
    /// From when on it is good, such as 2030-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    not_before: Option<DateTime<Utc>>,
    /// From when on it is refused
    #[arg(long, value_name = "TIME")]
    expires_on: Option<DateTime<Utc>>,
}

impl TokensCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let account = &api.account;
        match self {
            Self::List { expired, paging } => {
                let call = client
                    .list_tokens()
                    .account_id(account)
                    .include_expired(expired)
                    .page(paging.page)
                    .per_page(paging.per_page);
                let list = answer(None, call.send()).await?;
                api.show_list(&list, tables::tokens)
            }
            Self::Create { name, groups, life } => {
                let mut body = json!({ "name": name, "policies": api.policies(&groups).await? });
                life.say(&mut body);
                let call = client
                    .create_token()
                    .account_id(account)
                    // Ours is sent in its place; the builder only wants one that could be.
                    .body_map(|unread| unread.name("x").policies(vec![]));
                let made = answer(Some(body), call.send()).await?;
                let value = tables::text(&made["result"]["value"]);
                api.show(&made["result"], value)
            }
            Self::Get { id } => {
                let call = client.get_token().account_id(account).token_id(id);
                api.show_one(&answer(None, call.send()).await?, tables::tokens)
            }
            Self::Update {
                id,
                name,
                groups,
                status,
                life,
            } => {
                // Cloudflare wants the whole token.
                let call = client.get_token().account_id(account).token_id(&id);
                let read = answer(None, call.send()).await?;
                let settings = ["name", "policies", "status", "not_before", "expires_on"];
                let kept = settings.map(|name| (name.to_owned(), read["result"][name].clone()));
                let kept = kept.into_iter().filter(|(_, value)| !value.is_null());
                let mut body = Value::Object(kept.collect());
                if let Some(name) = name {
                    body["name"] = json!(name);
                }
                if let Some(status) = status {
                    body["status"] = json!(status);
                }
                if !groups.is_empty() {
                    body["policies"] = api.policies(&groups).await?;
                }
                life.say(&mut body);
                let call = client
                    .update_token()
                    .account_id(account)
                    .token_id(id)
                    .body_map(|unread| unread);
                api.show_one(&answer(Some(body), call.send()).await?, tables::tokens)
            }
            Self::Roll { id, overlap } => {
                let body = match overlap {
                    0 => json!({}),
                    seconds => json!({ "overlap_seconds": seconds }),
                };
                let call = client
                    .roll_token()
                    .account_id(account)
                    .token_id(id)
                    .body_map(|unread| unread);
                let rolled = answer(Some(body), call.send()).await?;
                api.show(&rolled["result"], tables::text(&rolled["result"]))
            }
            Self::Delete { id } => {
                let call = client.delete_token().account_id(account).token_id(&id);
                api.show_deleted(&answer(None, call.send()).await?, &id)
            }
            Self::Verify { anywhere } => {
                let told = match anywhere {
                    true => answer(None, client.verify_token().send()).await?,
                    false => {
                        let call = client.verify_account_token().account_id(account);
                        answer(None, call.send()).await?
                    }
                };
                let status = tables::text(&told["result"]["status"]);
                api.show(&told["result"], plain(&status))
            }
            Self::Groups => {
                let groups = api.groups().await?;
                api.show_list(&groups, tables::permission_groups)
            }
        }
    }
}

impl Life {
    fn say(&self, body: &mut Value) {
        let times = [
            ("not_before", self.not_before),
            ("expires_on", self.expires_on),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                body[name] = json!(time);
            }
        }
    }
}

impl Api {
    async fn groups(&self) -> anyhow::Result<Value> {
        let client = self.client()?;
        let call = client.list_token_permission_groups();
        answer(None, call.account_id(&self.account).send()).await
    }

    /// The policy that allows what the groups of these names stand for, in the account.
    async fn policies(&self, names: &[String]) -> anyhow::Result<Value> {
        let offered = self.groups().await?;
        let mut groups = vec![];
        for name in names {
            let found = rows(&offered).iter().find(|group| group["name"] == **name);
            let Some(group) = found else {
                bail!(
                    "there is no permission group {:?}; `aig tokens groups` lists them",
                    plain(name)
                );
            };
            groups.push(json!({ "id": group["id"] }));
        }
        let resource = format!("com.cloudflare.api.account.{}", self.account);
        Ok(json!([{
            "effect": "allow",
            "permission_groups": groups,
            "resources": { resource: "*" },
        }]))
    }
}
