//! The audit log of one account: writing entries with the changes that they tell of, and reading.
//!
//! An entry is written in the transaction of its change, so that neither is there without the
//! other: where no entry can be written nothing is changed. A change that failed leaves an entry of
//! its own afterwards, if that can be written. Entries are kept for a year and a half.

use std::time::Duration;

use aig_model::{
    AccountId, AuditAction, AuditEntry, AuditPage, AuditQuery, AuditResource, GatewayId, Timestamp,
    TokenId,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};
use uuid::Uuid;

use crate::columns;

/// How long entries are kept.
pub const KEPT: Duration = Duration::from_secs(548 * 24 * 60 * 60);

/// What an operation is about to do, as its entry will say.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) action: AuditAction,
    pub(crate) resource: AuditResource,
    pub(crate) id: Option<String>,
    pub(crate) gateway: Option<GatewayId>,
}

/// Who does it, by which operation, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Actor {
    pub(crate) account: AccountId,
    pub(crate) token: TokenId,
    pub(crate) operation: &'static str,
    pub(crate) now: Timestamp,
}

const NAME: &str = "
    SELECT name FROM token WHERE account_id = :account AND token_id = :token";

const INSERT: &str = "
    INSERT INTO audit (account_id, audit_id, at, token_id, token_name, operation, action, resource,
        resource_id, gateway_id, succeeded)
    VALUES (:account, :id, :at, :token, :token_name, :operation, :action, :resource,
        :resource_id, :gateway, :succeeded)";

const FAILED: &str = "
    UPDATE audit SET succeeded = 0 WHERE account_id = :account AND audit_id = :id";

// Two for one that is written, so that the number of those that are too old goes down.
const FORGET: &str = "
    DELETE FROM audit
    WHERE account_id = :account AND at < :oldest AND audit_number IN (
        SELECT audit_number FROM audit WHERE account_id = :account ORDER BY audit_number LIMIT 2
    )";

const NEWEST_FIRST: &str = "
    SELECT * FROM audit
    WHERE account_id = :account AND audit_number < :after AND at >= :since AND at < :before
    ORDER BY audit_number DESC
    LIMIT :limit";

const OLDEST_FIRST: &str = "
    SELECT * FROM audit
    WHERE account_id = :account AND audit_number > :after AND at >= :since AND at < :before
    ORDER BY audit_number
    LIMIT :limit";

/// The name of the token that acts; to be read before the change, which may take the token away.
pub(crate) fn actor_name(
    transaction: &Transaction<'_>,
    actor: Actor,
) -> rusqlite::Result<Option<String>> {
    transaction
        .prepare_cached(NAME)?
        .query_row(
            named_params! {
                ":account": actor.account.to_string(), ":token": actor.token.to_string(),
            },
            |row| row.get(0),
        )
        .optional()
}

/// Writes an entry.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    id: Uuid,
    actor: Actor,
    name: Option<&str>,
    target: &Target,
    succeeded: bool,
) -> rusqlite::Result<()> {
    let account = actor.account.to_string();
    transaction.prepare_cached(INSERT)?.execute(named_params! {
        ":account": account,
        ":id": id.simple().to_string(),
        ":at": actor.now.as_millis(),
        ":token": actor.token.to_string(),
        ":token_name": name.unwrap_or_default(),
        ":operation": actor.operation,
        ":action": target.action.word(),
        ":resource": target.resource.word(),
        ":resource_id": target.id,
        ":gateway": target.gateway.as_ref().map(GatewayId::as_str),
        ":succeeded": succeeded,
    })?;
    let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    transaction.prepare_cached(FORGET)?.execute(named_params! {
        ":account": account, ":oldest": actor.now.as_millis().saturating_sub(kept),
    })?;
    Ok(())
}

/// Says of an entry that what it tells of came to nothing.
pub(crate) fn failed(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: Uuid,
) -> rusqlite::Result<()> {
    transaction.prepare_cached(FAILED)?.execute(named_params! {
        ":account": account.to_string(), ":id": id.simple().to_string(),
    })?;
    Ok(())
}

/// Entries of the account, in the order in which they were written or the other one.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    query: &AuditQuery,
) -> rusqlite::Result<AuditPage> {
    let (sql, from) = match query.oldest_first {
        true => (OLDEST_FIRST, 0),
        false => (NEWEST_FIRST, i64::MAX),
    };
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut entries: Vec<(i64, AuditEntry)> = transaction
        .prepare_cached(sql)?
        .query_map(
            named_params! {
                ":account": account.to_string(),
                ":after": query.after.map_or(from, columns::integer),
                ":since": query.since.map_or(i64::MIN, Timestamp::as_millis),
                ":before": query.before.map_or(i64::MAX, Timestamp::as_millis),
                // One more tells whether others follow.
                ":limit": i64::from(query.limit) + 1,
            },
            |row| Ok((row.get("audit_number")?, entry(row)?)),
        )?
        .collect::<Result<_, _>>()?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().map(|(number, _)| number.unsigned_abs());
    Ok(AuditPage {
        next: last.filter(|_| more),
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
    })
}

// === impl Target ===

impl Target {
    pub(crate) const fn of(action: AuditAction, resource: AuditResource) -> Self {
        Self {
            action,
            resource,
            id: None,
            gateway: None,
        }
    }

    /// The same, of this id.
    pub(crate) fn named(self, id: &impl ToString) -> Self {
        let id = Some(id.to_string());
        Self { id, ..self }
    }

    /// The same, in this gateway.
    pub(crate) fn within(self, gateway: &GatewayId) -> Self {
        let gateway = Some(gateway.clone());
        Self { gateway, ..self }
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let missing = || rusqlite::Error::InvalidQuery;
    let gateway: Option<String> = row.get("gateway_id")?;
    Ok(AuditEntry {
        id: columns::parsed(row, "audit_id")?,
        at: columns::timestamp(row, "at")?,
        token: columns::parsed::<Uuid>(row, "token_id").map(TokenId)?,
        token_name: row.get("token_name")?,
        operation: row.get("operation")?,
        action: columns::word(row, "action", AuditAction::from_word)?.ok_or_else(missing)?,
        resource: columns::word(row, "resource", AuditResource::from_word)?.ok_or_else(missing)?,
        resource_id: row.get("resource_id")?,
        gateway: gateway
            .map(|_| columns::parsed(row, "gateway_id"))
            .transpose()?,
        succeeded: row.get("succeeded")?,
    })
}

#[cfg(test)]
mod tests;
