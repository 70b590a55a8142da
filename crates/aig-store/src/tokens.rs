//! Tokens of one account: listing, making, changing, rolling, deleting.
//!
//! Whoever makes, changes or rolls a token does so with another one, which is read in the same
//! transaction: what it may give is asked of what it is at that moment. The text of a token never
//! comes here. Tokens of the whole instance are left to `instance`.

use aig_model::{
    AccountId, NewToken, Page, PageRequest, Timestamp, Token, TokenChange, TokenDigest, TokenId,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};
use uuid::Uuid;

use crate::error::TokenError;
use crate::pages::List;
use crate::{columns, instance};

/// How a list of tokens is to look.
#[derive(Clone, Copy, Debug)]
pub struct TokenList {
    /// Which page.
    pub page: PageRequest,
    /// The newest first.
    pub newest_first: bool,
    /// With those that are expired at that moment, or without them.
    pub expired: bool,
    /// That moment.
    pub now: Timestamp,
}

/// The new value of a token, and what becomes of the former one.
#[derive(Clone, Debug)]
pub struct NewValue {
    /// Under which it is found.
    pub digest: TokenDigest,
    /// By which a holder can recognise it.
    pub last_four: String,
    /// Until when the former value is good; `None` ends it at once.
    pub former_until: Option<Timestamp>,
}

/// Who makes or changes a token, and when.
#[derive(Clone, Copy)]
pub(crate) struct Maker {
    pub(crate) account: AccountId,
    pub(crate) token: TokenId,
    pub(crate) now: Timestamp,
}

const OLDEST_FIRST: &str = "
    SELECT * FROM token
    WHERE account_id = :account AND (:expired OR expires_on IS NULL OR expires_on > :now)
    ORDER BY created_at, token_id
    LIMIT :limit OFFSET :offset";

const NEWEST_FIRST: &str = "
    SELECT * FROM token
    WHERE account_id = :account AND (:expired OR expires_on IS NULL OR expires_on > :now)
    ORDER BY created_at DESC, token_id DESC
    LIMIT :limit OFFSET :offset";

const COUNT: &str = "
    SELECT count(*) FROM token
    WHERE account_id = :account AND (:expired OR expires_on IS NULL OR expires_on > :now)";

const ONE: &str = "SELECT * FROM token WHERE account_id = :account AND token_id = :token";

const CHANGE: &str = "
    UPDATE token
    SET name = :name, permissions = :permissions, not_before = :not_before,
        expires_on = :expires_on, disabled = :disabled, modified_at = :modified_at
    WHERE account_id = :account AND token_id = :token";

const ROLL: &str = "
    UPDATE token
    SET former_digest = CASE WHEN :former_until IS NULL THEN NULL ELSE digest END,
        former_until = :former_until,
        digest = :digest, last_four = :last_four, modified_at = :now
    WHERE account_id = :account AND token_id = :token";

const DELETE: &str = "DELETE FROM token WHERE account_id = :account AND token_id = :token";

/// Former values of all tokens.
const FORMER: &str = "
    SELECT token_id, account_id, former_digest AS digest, former_until
    FROM token WHERE former_digest IS NOT NULL";

/// A page of the account's tokens.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    list: TokenList,
) -> rusqlite::Result<Page<Token>> {
    let (owner, now) = (account.to_string(), list.now.as_millis());
    let statements = List {
        count: COUNT,
        page: match list.newest_first {
            true => NEWEST_FIRST,
            false => OLDEST_FIRST,
        },
    };
    let parameters = named_params! { ":account": owner, ":expired": list.expired, ":now": now };
    statements.read(transaction, list.page, parameters, instance::token)
}

/// One token.
pub(crate) fn one(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: TokenId,
) -> rusqlite::Result<Option<Token>> {
    let found = found(transaction, account, id)?;
    Ok(found.map(|found| found.token))
}

/// Makes a token that can do no more than its maker.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    maker: Maker,
    new: NewToken,
    digest: TokenDigest,
    last_four: &str,
) -> Result<Token, TokenError> {
    new.check(maker.now)?;
    let token = Token {
        life: new.life,
        ..instance::new_token(
            maker.account,
            &new.name,
            new.permissions,
            last_four,
            maker.now,
        )?
    };
    maker.read(transaction)?.may_give(&token)?;
    instance::insert_token(transaction, &token, digest)?;
    Ok(token)
}

/// Changes a token. What comes of it must be what the maker could have made, unless it is less
/// than before: a token may be switched off by a weaker one.
pub(crate) fn update(
    transaction: &Transaction<'_>,
    maker: Maker,
    id: TokenId,
    change: TokenChange,
) -> Result<Token, TokenError> {
    let before = changeable(transaction, maker, id)?;
    let after = change.applied(&before, maker.now)?;
    let only_switched_off = after.life.disabled
        && after.permissions == before.permissions
        && (after.life.not_before, after.life.expires_on)
            == (before.life.not_before, before.life.expires_on);
    if !only_switched_off {
        maker.read(transaction)?.may_give(&after)?;
    }
    transaction.prepare_cached(CHANGE)?.execute(named_params! {
        ":account": maker.account.to_string(),
        ":token": id.to_string(),
        ":name": &*after.name,
        ":permissions": after.permissions.to_string(),
        ":not_before": after.life.not_before.map(Timestamp::as_millis),
        ":expires_on": after.life.expires_on.map(Timestamp::as_millis),
        ":disabled": after.life.disabled,
        ":modified_at": after.modified_at.as_millis(),
    })?;
    Ok(after)
}

/// Gives a token a new value. Whoever learns it can do what the token can, so the maker must be
/// able to do that already.
pub(crate) fn roll(
    transaction: &Transaction<'_>,
    maker: Maker,
    id: TokenId,
    value: &NewValue,
) -> Result<Token, TokenError> {
    let before = changeable(transaction, maker, id)?;
    maker.read(transaction)?.may_give(&before)?;
    transaction.prepare_cached(ROLL)?.execute(named_params! {
        ":account": maker.account.to_string(),
        ":token": id.to_string(),
        ":digest": value.digest.0,
        ":last_four": value.last_four,
        ":former_until": value.former_until.map(Timestamp::as_millis),
        ":now": maker.now.as_millis(),
    })?;
    Ok(Token {
        last_four: value.last_four.as_str().into(),
        modified_at: maker.now,
        ..before
    })
}

/// Deletes a token; it is refused from then on.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    maker: Maker,
    id: TokenId,
) -> Result<Token, TokenError> {
    let gone = changeable(transaction, maker, id)?;
    transaction.prepare_cached(DELETE)?.execute(named_params! {
        ":account": maker.account.to_string(), ":token": id.to_string(),
    })?;
    Ok(gone)
}

/// The former values of tokens, with the moments at which they end.
pub(crate) fn former(
    transaction: &Transaction<'_>,
) -> rusqlite::Result<Vec<(TokenDigest, TokenId, Timestamp)>> {
    let read = |row: &Row<'_>| {
        Ok((
            columns::digest(row)?,
            columns::parsed::<Uuid>(row, "token_id").map(TokenId)?,
            columns::timestamp(row, "former_until")?,
        ))
    };
    transaction
        .prepare_cached(FORMER)?
        .query_map([], read)?
        .collect()
}

// === impl Maker ===

impl Maker {
    /// The token that acts, as it is now: it may have been changed or revoked on the way.
    fn read(self, transaction: &Transaction<'_>) -> Result<Token, TokenError> {
        let token = one(transaction, self.account, self.token)?.ok_or(TokenError::MakerGone)?;
        match token.life.is_good(self.now) {
            true => Ok(token),
            false => Err(TokenError::MakerGone),
        }
    }
}

struct Found {
    token: Token,
    is_bootstrap: bool,
}

fn found(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: TokenId,
) -> rusqlite::Result<Option<Found>> {
    transaction
        .prepare_cached(ONE)?
        .query_row(
            named_params! { ":account": account.to_string(), ":token": id.to_string() },
            |row| {
                Ok(Found {
                    token: instance::token(row)?,
                    is_bootstrap: row.get("bootstrap")?,
                })
            },
        )
        .optional()
}

/// A token that can be changed here: that of the environment comes back as it is set there.
fn changeable(
    transaction: &Transaction<'_>,
    maker: Maker,
    id: TokenId,
) -> Result<Token, TokenError> {
    let found = found(transaction, maker.account, id)?.ok_or(TokenError::NotFound)?;
    match found.is_bootstrap {
        true => Err(TokenError::FromEnvironment),
        false => Ok(found.token),
    }
}

#[cfg(test)]
mod tests;
