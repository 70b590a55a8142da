//! Administration of the whole instance: accounts and tokens.
//!
//! Not behind a grant, because whoever can call it owns the data directory: the command line and
//! the start of the server. Nothing that a request reaches may hold an [`Instance`].

use aig_model::{
    Account, AccountId, NewToken, Permissions, Timestamp, Token, TokenDigest, TokenId, TokenLife,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};
use uuid::Uuid;

use crate::error::{InstanceError, StoreError};
use crate::store::Store;
use crate::{columns, gateways};

/// Accounts and tokens of all tenants.
#[derive(Clone, Copy)]
pub struct Instance<'a> {
    store: &'a Store,
}

pub(crate) const ACCOUNTS: &str = "
    SELECT account_id, name, created_at FROM account ORDER BY created_at, account_id";

const ACCOUNT: &str = "
    SELECT account_id, name, created_at FROM account WHERE account_id = :account";

const INSERT_ACCOUNT: &str = "
    INSERT INTO account (account_id, name, created_at, default_incarnation)
    VALUES (:account, :name, :now, :incarnation)";

const DELETE_ACCOUNT: &str = "DELETE FROM account WHERE account_id = :account";

pub(crate) const TOKENS: &str = "
    SELECT token_id, account_id, name, permissions, digest, last_four, not_before, expires_on,
        disabled, created_at, modified_at
    FROM token";

const TOKENS_OF_ACCOUNT: &str = "
    SELECT token_id, account_id, name, permissions, digest, last_four, not_before, expires_on,
        disabled, created_at, modified_at
    FROM token
    WHERE account_id = :account
    ORDER BY created_at, token_id";

const OWNER: &str = "SELECT account_id FROM token WHERE digest = :digest";

const INSERT_TOKEN: &str = "
    INSERT INTO token (token_id, account_id, name, permissions, digest, last_four, not_before,
        expires_on, disabled, created_at, modified_at)
    VALUES (:token, :account, :name, :permissions, :digest, :last_four, :not_before,
        :expires_on, :disabled, :created_at, :modified_at)";

const REVOKE_TOKEN: &str = "DELETE FROM token WHERE token_id = :token RETURNING account_id";

const REVOKE_FORMER_BOOTSTRAP: &str = "
    DELETE FROM token
    WHERE bootstrap = 1 AND NOT (account_id = :account AND digest = :digest)";

const MARK_BOOTSTRAP: &str = "
    UPDATE token
    SET bootstrap = 1, permissions = :permissions, not_before = NULL, expires_on = NULL, disabled = 0
    WHERE account_id = :account AND digest = :digest
        AND (bootstrap <> 1 OR permissions <> :permissions)";

const PEPPER: &str = "SELECT digest FROM pepper";

const INSERT_PEPPER: &str = "INSERT INTO pepper (one, digest) VALUES (1, :digest)";

// === impl Instance ===

impl<'a> Instance<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Makes an account; without an id it gets a random one.
    pub async fn create_account(
        self,
        name: &str,
        id: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Account, InstanceError> {
        let account = Account {
            id: id.map_or_else(random_account, Ok)?,
            name: name.to_owned(),
            created_at: now,
        };
        self.store
            .write(move |transaction| {
                if one_account(transaction, account.id)?.is_some() {
                    return Err(InstanceError::AccountExists(account.id));
                }
                insert_account(transaction, &account)?;
                Ok(account)
            })
            .await
    }

    /// All accounts, the oldest first.
    pub async fn list_accounts(self) -> Result<Vec<Account>, StoreError> {
        self.store
            .read_config(|transaction| {
                transaction
                    .prepare_cached(ACCOUNTS)?
                    .query_map([], account)?
                    .collect()
            })
            .await
    }

    /// Deletes an account with everything in it; `None` when there is none of that id.
    pub async fn delete_account(self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.store
            .write(move |transaction| {
                let found = one_account(transaction, id)?;
                transaction
                    .prepare_cached(DELETE_ACCOUNT)?
                    .execute(named_params! { ":account": id.to_string() })?;
                Ok(found)
            })
            .await
    }

    /// Makes a token of an account. The text of the token never comes here.
    pub async fn create_token(
        self,
        account: AccountId,
        name: &str,
        permissions: Permissions,
        digest: TokenDigest,
        last_four: &str,
        now: Timestamp,
    ) -> Result<Token, InstanceError> {
        let life = TokenLife::default();
        let name = name.into();
        let new = NewToken {
            name,
            permissions,
            life,
        };
        self.add_token(account, new, digest, last_four, now).await
    }

    /// The same, with a life that may end.
    pub async fn add_token(
        self,
        account: AccountId,
        new: NewToken,
        digest: TokenDigest,
        last_four: &str,
        now: Timestamp,
    ) -> Result<Token, InstanceError> {
        let token = Token {
            life: new.life,
            ..new_token(account, &new.name, new.permissions, last_four, now)?
        };
        self.store
            .write(move |transaction| {
                if one_account(transaction, account)?.is_none() {
                    return Err(InstanceError::NoAccount(account));
                }
                if owner(transaction, digest)?.is_some() {
                    return Err(InstanceError::TokenExists);
                }
                insert_token(transaction, &token, digest)?;
                Ok(token)
            })
            .await
    }

    /// The tokens of an account, the oldest first.
    pub async fn list_tokens(self, account: AccountId) -> Result<Vec<Token>, StoreError> {
        self.store
            .read_config(move |transaction| {
                transaction
                    .prepare_cached(TOKENS_OF_ACCOUNT)?
                    .query_map(named_params! { ":account": account.to_string() }, token)?
                    .collect()
            })
            .await
    }

    /// Revokes a token; false when there is none of that id.
    pub async fn revoke_token(self, id: TokenId) -> Result<bool, StoreError> {
        self.store
            .write(move |transaction| {
                let owner: Option<String> = transaction
                    .prepare_cached(REVOKE_TOKEN)?
                    .query_row(named_params! { ":token": id.to_string() }, |row| row.get(0))
                    .optional()?;
                Ok(owner.is_some())
            })
            .await
    }

    /// Makes the first account and its first token, both or neither; `None` when there is an
    /// account already.
    pub async fn first_start(
        self,
        name: &str,
        digest: TokenDigest,
        last_four: &str,
        now: Timestamp,
    ) -> Result<Option<(Account, Token)>, InstanceError> {
        let account = Account {
            id: random_account()?,
            name: name.to_owned(),
            created_at: now,
        };
        let token = new_token(account.id, "first", Permissions::ALL, last_four, now)?;
        self.store
            .write(move |transaction| {
                if transaction.prepare_cached(ACCOUNTS)?.exists([])? {
                    return Ok(None);
                }
                insert_account(transaction, &account)?;
                insert_token(transaction, &token, digest)?;
                Ok(Some((account, token)))
            })
            .await
    }

    /// Sees to it that the account and the token that the environment sets are there, the token
    /// with all permissions. Changes nothing when they are; a token that the environment set
    /// before and does not set any more is revoked.
    pub async fn ensure_bootstrap(
        self,
        account: AccountId,
        digest: TokenDigest,
        last_four: &str,
        now: Timestamp,
    ) -> Result<(), InstanceError> {
        let token = new_token(account, "bootstrap", Permissions::ALL, last_four, now)?;
        self.store
            .write(move |transaction| {
                if one_account(transaction, account)?.is_none() {
                    let name = "bootstrap".to_owned();
                    let created_at = now;
                    let id = account;
                    insert_account(
                        transaction,
                        &Account {
                            id,
                            name,
                            created_at,
                        },
                    )?;
                }
                transaction
                    .prepare_cached(REVOKE_FORMER_BOOTSTRAP)?
                    .execute(named_params! {
                        ":account": account.to_string(),
                        ":digest": digest.0,
                    })?;
                match owner(transaction, digest)? {
                    Some(owner) if owner != account => return Err(InstanceError::TokenExists),
                    Some(_) => {}
                    None => insert_token(transaction, &token, digest)?,
                }
                transaction
                    .prepare_cached(MARK_BOOTSTRAP)?
                    .execute(named_params! {
                        ":account": account.to_string(),
                        ":digest": digest.0,
                        ":permissions": Permissions::ALL.to_string(),
                    })?;
                Ok(())
            })
            .await
    }

    /// Wraps the data keys of all stored keys with the newest key-encryption key; says how many
    /// were under another one. Requests go on meanwhile, in whichever process.
    pub async fn rotate_keys(self) -> Result<usize, StoreError> {
        let vault = self.store.vault()?;
        self.store
            .write(move |transaction| vault.rotate(transaction))
            .await
    }

    /// Whether the pepper is the one that this instance's tokens are made with; `check` is the
    /// digest of a constant under it. The first pepper that comes is the right one from then on,
    /// also in an instance whose tokens are older than the check value.
    pub async fn recognise_pepper(self, check: TokenDigest) -> Result<bool, InstanceError> {
        self.store
            .write(move |transaction| {
                let known: Option<TokenDigest> = transaction
                    .prepare_cached(PEPPER)?
                    .query_row([], columns::digest)
                    .optional()?;
                if let Some(known) = known {
                    return Ok(known == check);
                }
                transaction
                    .prepare_cached(INSERT_PEPPER)?
                    .execute(named_params! { ":digest": check.0 })?;
                Ok(true)
            })
            .await
    }
}

fn random_account() -> Result<AccountId, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(AccountId::from_bytes(bytes))
}

/// A token that is not written yet.
pub(crate) fn new_token(
    account: AccountId,
    name: &str,
    permissions: Permissions,
    last_four: &str,
    now: Timestamp,
) -> Result<Token, StoreError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    let millis = now.as_millis().unsigned_abs();
    Ok(Token {
        id: TokenId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()),
        account,
        name: name.into(),
        permissions,
        last_four: last_four.into(),
        life: TokenLife::default(),
        created_at: now,
        modified_at: now,
    })
}

fn one_account(transaction: &Transaction<'_>, id: AccountId) -> rusqlite::Result<Option<Account>> {
    transaction
        .prepare_cached(ACCOUNT)?
        .query_row(named_params! { ":account": id.to_string() }, account)
        .optional()
}

fn owner(
    transaction: &Transaction<'_>,
    digest: TokenDigest,
) -> rusqlite::Result<Option<AccountId>> {
    transaction
        .prepare_cached(OWNER)?
        .query_row(named_params! { ":digest": digest.0 }, columns::account)
        .optional()
}

fn insert_account(transaction: &Transaction<'_>, account: &Account) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(INSERT_ACCOUNT)?
        .execute(named_params! {
            ":account": account.id.to_string(),
            ":name": account.name,
            ":now": account.created_at.as_millis(),
            ":incarnation": gateways::next_incarnation(transaction)?,
        })?;
    Ok(())
}

/// Writes a token.
pub(crate) fn insert_token(
    transaction: &Transaction<'_>,
    token: &Token,
    digest: TokenDigest,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(INSERT_TOKEN)?
        .execute(named_params! {
            ":token": token.id.to_string(),
            ":account": token.account.to_string(),
            ":name": &*token.name,
            ":permissions": token.permissions.to_string(),
            ":digest": digest.0,
            ":last_four": &*token.last_four,
            ":not_before": token.life.not_before.map(Timestamp::as_millis),
            ":expires_on": token.life.expires_on.map(Timestamp::as_millis),
            ":disabled": token.life.disabled,
            ":created_at": token.created_at.as_millis(),
            ":modified_at": token.modified_at.as_millis(),
        })?;
    Ok(())
}

/// Reads an account.
pub(crate) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: columns::account(row)?,
        name: row.get("name")?,
        created_at: columns::timestamp(row, "created_at")?,
    })
}

/// Reads a token.
pub(crate) fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: columns::parsed::<Uuid>(row, "token_id").map(TokenId)?,
        account: columns::account(row)?,
        name: row.get("name")?,
        permissions: permissions(row)?,
        last_four: row.get("last_four")?,
        life: TokenLife {
            not_before: columns::maybe_timestamp(row, "not_before")?,
            expires_on: columns::maybe_timestamp(row, "expires_on")?,
            disabled: row.get("disabled")?,
        },
        created_at: columns::timestamp(row, "created_at")?,
        modified_at: columns::timestamp(row, "modified_at")?,
    })
}

/// The empty set is written as an empty text, which the words for permissions do not cover.
fn permissions(row: &Row<'_>) -> rusqlite::Result<Permissions> {
    let index = row.as_ref().column_index("permissions")?;
    match row.get_ref(index)?.as_str()? {
        "" => Ok(Permissions::default()),
        _ => columns::parsed(row, "permissions"),
    }
}

#[cfg(test)]
mod tests;
