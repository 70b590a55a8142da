//! `aig account`, `aig token` and `aig keys`: administration of an instance, on its data directory.
//!
//! They work while a server runs on the same directory; it notices within seconds. What a tenant
//! may do stands in the API instead.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use aig_model::{AccountId, NewToken, Permissions, Timestamp, TokenId, TokenLife, TokenStatus};
use aig_store::Store;
use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Subcommand;

use crate::config::DEFAULT_DATA_DIR;
use crate::config::file::File;
use crate::house::{fresh_token, open};
use crate::kek::KekSetting;
use crate::keys;
use crate::print::{moment, table};

/// Where the instance is: as for `aig serve`, by flag, environment or file.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Place {
    /// The file of settings that `aig serve` runs with; data_dir, token_pepper_file and
    /// key_encryption_key_file are read
    #[arg(long, env = "AIG_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Directory of the databases and keys [default: aig-data]
    #[arg(long, env = "AIG_DATA_DIR", value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// File with the token pepper, if it is not in the data directory
    #[arg(
        long,
        env = "AIG_TOKEN_PEPPER_FILE",
        value_name = "FILE",
        global = true
    )]
    token_pepper_file: Option<PathBuf>,
    /// File with the key-encryption key, if it is not in the data directory
    #[arg(
        long,
        env = "AIG_KEY_ENCRYPTION_KEY_FILE",
        value_name = "FILE",
        global = true
    )]
    key_encryption_key_file: Option<PathBuf>,
}

/// A place, found.
pub(crate) struct Found {
    pub(crate) data_dir: PathBuf,
    pub(crate) token_pepper_file: Option<PathBuf>,
    pub(crate) key_encryption_key_file: Option<PathBuf>,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; prints its id
    Create {
        /// A name for people
        #[arg(long, default_value = "account")]
        name: String,
        /// The id, 32 hex digits; a random one by default
        #[arg(long)]
        id: Option<AccountId>,
    },
    /// List all accounts
    List,
    /// Delete an account with all its gateways, tokens and logs
    Delete {
        /// The account's id
        id: AccountId,
    },
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; prints it, this once
    Create {
        /// The account in which it is good
        #[arg(long, env = "AIG_ACCOUNT_ID")]
        account: AccountId,
        /// A name for people
        #[arg(long, default_value = "token")]
        name: String,
        /// What it may do: read (see gateways and logs), edit (change gateways), run (send
        /// requests), tokens-read (see tokens and the audit log), tokens-write (manage tokens)
        #[arg(long, default_value = "read,edit,run")]
        permissions: Permissions,
        /// From when on it is refused, such as 2030-01-31T00:00:00Z; never by default
        #[arg(long, value_name = "TIME")]
        expires_on: Option<DateTime<Utc>>,
    },
    /// List the tokens of an account
    List {
        /// The account
        #[arg(long, env = "AIG_ACCOUNT_ID")]
        account: AccountId,
    },
    /// Revoke a token; a running server refuses it within 5 seconds
    Revoke {
        /// The token's id, as `aig token list` prints it
        id: String,
    },
}

/// What can be done with the keys of the house.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Change the key-encryption key; a running server follows, and no request notices
    Rotate,
}

/// The file that every instance has, as `aig-store` calls it.
const CONFIG_DATABASE: &str = "config.db";

impl AccountCommand {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let found = place.find()?;
        // An account may be made before the first start; whatever else is asked for is a mistake
        // about the place where nothing is.
        let store = match self {
            Self::Create { .. } => open(&found.data_dir)?,
            _ => found.existing()?,
        };
        let instance = store.instance();
        match self {
            Self::Create { name, id } => {
                let account = instance.create_account(&name, id, now()).await?;
                println!("{}", account.id);
            }
            Self::List => {
                let accounts = instance.list_accounts().await?;
                let rows = accounts
                    .into_iter()
                    .map(|a| [a.id.to_string(), a.name, moment(a.created_at)]);
                println!("{}", table(["account", "name", "created"], rows));
            }
            Self::Delete { id } => {
                if instance.delete_account(id).await?.is_none() {
                    bail!("there is no account {id}; `aig account list` shows all");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl TokenCommand {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let found = place.find()?;
        let store = found.existing()?;
        let instance = store.instance();
        match self {
            Self::Create {
                account,
                name,
                permissions,
                expires_on,
            } => {
                let new = NewToken {
                    name: name.into(),
                    permissions,
                    life: TokenLife {
                        expires_on: expires_on
                            .map(|end| Timestamp::from_millis(end.timestamp_millis())),
                        ..TokenLife::default()
                    },
                };
                new.check(now())?;
                let pepper = found.token_pepper_file.as_deref();
                let identity = keys::identity(&store, &found.data_dir, pepper).await?;
                let token = fresh_token()?;
                let digest = identity.digest(&token);
                let last_four = token.last_four();
                instance
                    .add_token(account, new, digest, last_four, now())
                    .await?;
                println!("{}", token.expose());
            }
            Self::List { account } => {
                let tokens = instance.list_tokens(account).await?;
                let rows = tokens.into_iter().map(|t| {
                    [
                        t.id.to_string(),
                        t.name.to_string(),
                        t.permissions.to_string(),
                        format!("…{}", t.last_four),
                        moment(t.created_at),
                        t.life.expires_on.map_or("never".to_owned(), moment),
                        word(t.life.status(now())).to_owned(),
                    ]
                });
                let head = [
                    "token",
                    "name",
                    "permissions",
                    "ends in",
                    "created",
                    "expires",
                    "status",
                ];
                println!("{}", table(head, rows));
            }
            Self::Revoke { id } => {
                // Not said again: it may be the token itself.
                let Ok(id) = id.parse() else {
                    bail!("that is not a token's id; `aig token list` shows the ids of an account");
                };
                if !instance.revoke_token(TokenId(id)).await? {
                    bail!("there is no token {id}; `aig token list` shows those of an account");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl KeysCommand {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let found = place.find()?;
        found.is_there()?;
        let setting = KekSetting::new(found.key_encryption_key_file)?;
        match self {
            Self::Rotate => {
                let count = setting.rotate(&found.data_dir).await?;
                println!("{count} stored keys are wrapped with the new key");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Place {
    pub(crate) fn find(&self) -> anyhow::Result<Found> {
        let file = File::read(self.config.as_deref())?;
        Ok(Found {
            data_dir: (self.data_dir.clone().or(file.data_dir))
                .unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
            token_pepper_file: self.token_pepper_file.clone().or(file.token_pepper_file),
            key_encryption_key_file: (self.key_encryption_key_file.clone())
                .or(file.key_encryption_key_file),
        })
    }
}

impl Found {
    /// The store of an instance that is there; none is made.
    fn existing(&self) -> anyhow::Result<Store> {
        self.is_there()?;
        open(&self.data_dir)
    }

    /// Refuses a place where no instance is.
    pub(crate) fn is_there(&self) -> anyhow::Result<()> {
        if !self.data_dir.join(CONFIG_DATABASE).is_file() {
            bail!(
                "there is no instance in {}; name its directory with --data-dir, or the settings \
                 file that it runs with with --config",
                self.data_dir.display()
            );
        }
        Ok(())
    }
}

const fn word(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => "active",
        TokenStatus::Disabled => "disabled",
        TokenStatus::Expired => "expired",
    }
}

fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}
