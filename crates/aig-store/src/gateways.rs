//! Gateways of one account: reading, creating, changing, deleting.
//!
//! The gateway `default` exists in every account by itself. Reads find it in the view
//! `gateway_or_default`; an update or the first use writes the row, deleting takes the row away.

use aig_model::{
    AccountId, Backoff, Cache, Gateway, GatewayChange, GatewayId, Invalid, LogRetention,
    LogStrategy, NewGateway, Page, PageRequest, RateLimit, RetrySetting, Technique, Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::GatewayError;
use crate::pages::List;
use crate::{columns, provider_configs};

// Wherever whole gateways are read it is `*`: the schema says which columns they have, and
// `gateway` below, which takes each by its name, what they mean.

/// The gateways of all accounts that have a row.
pub(crate) const WRITTEN: &str = "SELECT * FROM gateway ORDER BY account_id, gateway_id";

const PAGE: &str = "
    SELECT * FROM gateway_or_default
    WHERE account_id = :account
        AND (:search IS NULL OR instr(lower(gateway_id), lower(:search)) > 0
            OR instr(lower(name), lower(:search)) > 0)
    ORDER BY created_at, gateway_id
    LIMIT :limit OFFSET :offset";

const COUNT: &str = "
    SELECT count(*) FROM gateway_or_default
    WHERE account_id = :account
        AND (:search IS NULL OR instr(lower(gateway_id), lower(:search)) > 0
            OR instr(lower(name), lower(:search)) > 0)";

const LIST: List = List {
    count: COUNT,
    page: PAGE,
};

const ONE: &str = "
    SELECT * FROM gateway_or_default
    WHERE account_id = :account AND gateway_id = :gateway";

const INCARNATION: &str = "
    SELECT incarnation FROM gateway_or_default
    WHERE account_id = :account AND gateway_id = :gateway";

const ACCOUNT: &str = "SELECT 1 FROM account WHERE account_id = :account";

const NEXT_INCARNATION: &str =
    "UPDATE issued SET incarnation = incarnation + 1 RETURNING incarnation";

/// Makes room for a gateway; its settings are written by `UPDATE`, which knows them all.
const INSERT: &str = "
    INSERT INTO gateway (account_id, gateway_id, incarnation, name, collect_logs, authentication,
        created_at, modified_at)
    VALUES (:account, :gateway, :incarnation, :gateway, 1, 0, 0, 0)";

const IS_WRITTEN: &str = "
    SELECT 1 FROM gateway WHERE account_id = :account AND gateway_id = :gateway";

const UPDATE: &str = "
    UPDATE gateway
    SET name = :name, cache_enabled = :cache_enabled, cache_ttl = :cache_ttl,
        rate_limiting_enabled = :rate_limiting_enabled,
        rate_limiting_limit = :rate_limiting_limit,
        rate_limiting_interval = :rate_limiting_interval,
        retry_max_attempts = :retry_max_attempts, retry_delay = :retry_delay,
        retry_backoff = :retry_backoff,
        rate_limiting_technique = :rate_limiting_technique,
        cache_invalidate_on_update = :cache_invalidate_on_update, cache_epoch = :cache_epoch,
        log_management = :log_management, log_management_strategy = :log_management_strategy,
        collect_logs = :collect_logs, authentication = :authentication, byok_only = :byok_only,
        created_at = :created_at, modified_at = :modified_at
    WHERE account_id = :account AND gateway_id = :gateway";

const RENEW_EPOCH: &str = "
    UPDATE gateway SET cache_epoch = :epoch
    WHERE account_id = :account AND gateway_id = :gateway";

const DELETE: &str = "DELETE FROM gateway WHERE account_id = :account AND gateway_id = :gateway";

/// Gives the `default` that exists from now on a log of its own.
const RENEW_DEFAULT: &str = "
    UPDATE account SET default_incarnation = :incarnation WHERE account_id = :account";

/// A page of the list, in the order in which the gateways came into being.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    request: PageRequest,
    search: Option<&str>,
) -> rusqlite::Result<Page<Gateway>> {
    let account = account.to_string();
    let parameters = named_params! { ":account": account, ":search": search };
    LIST.read(transaction, request, parameters, gateway)
}

/// One gateway.
pub(crate) fn one(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: &GatewayId,
) -> rusqlite::Result<Option<Gateway>> {
    transaction
        .prepare_cached(ONE)?
        .query_row(
            named_params! { ":account": account.to_string(), ":gateway": id.as_str() },
            gateway,
        )
        .optional()
}

/// The number under which the log rows of a gateway stand.
pub(crate) fn incarnation(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: &GatewayId,
) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached(INCARNATION)?
        .query_row(
            named_params! { ":account": account.to_string(), ":gateway": id.as_str() },
            |row| row.get(0),
        )
        .optional()
}

/// Makes a gateway. An id that the caller chose must be free; one made from the name is numbered
/// until it is.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    account: AccountId,
    new: NewGateway,
    now: Timestamp,
) -> Result<Gateway, GatewayError> {
    let exists = transaction
        .prepare_cached(ACCOUNT)?
        .exists(named_params! { ":account": account.to_string() })?;
    if !exists {
        return Err(GatewayError::NoAccount);
    }
    let id = match (new.id, &new.settings.name) {
        (Some(id), _) if incarnation(transaction, account, &id)?.is_some() => {
            return Err(GatewayError::AlreadyExists { id });
        }
        (Some(id), _) => id,
        (None, Some(name)) => free(transaction, account, GatewayId::from_name(name))?,
        (None, None) => {
            return Err(Invalid::new("name", "must be given, or else id").into());
        }
    };
    let incarnation = next_incarnation(transaction)?;
    let gateway = Gateway {
        cache_epoch: incarnation.cast_unsigned(),
        ..Gateway::new(account, id, now).changed(new.settings, now)?
    };
    insert(transaction, &gateway, incarnation)?;
    Ok(gateway)
}

/// Changes a gateway; `None` when there is none of that id.
pub(crate) fn update(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: &GatewayId,
    change: GatewayChange,
    now: Timestamp,
) -> Result<Option<Gateway>, GatewayError> {
    let Some(gateway) = one(transaction, account, id)? else {
        return Ok(None);
    };
    let invalidated_before = gateway.cache_invalidate_on_update;
    let mut gateway = gateway.changed(change, now)?;
    if !gateway.authentication && provider_configs::any(transaction, account, id)? {
        return Err(Invalid::new(
            "authentication",
            "must be true while the gateway holds a stored key, which anybody could spend; \
             delete its provider configs first",
        )
        .into());
    }
    // Nothing that was kept of the implicit `default`, whose epoch is 0, is there for one that is written.
    if invalidated_before || gateway.cache_invalidate_on_update || gateway.cache_epoch == 0 {
        gateway.cache_epoch = next_incarnation(transaction)?.cast_unsigned();
    }
    if id.is_default() {
        write_default(transaction, account)?;
    }
    write(transaction, &gateway)?;
    Ok(Some(gateway))
}

/// Deletes a gateway and answers it as it was; `None` when there is none of that id.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: &GatewayId,
) -> rusqlite::Result<Option<Gateway>> {
    let Some(gateway) = one(transaction, account, id)? else {
        return Ok(None);
    };
    transaction
        .prepare_cached(DELETE)?
        .execute(named_params! { ":account": account.to_string(), ":gateway": id.as_str() })?;
    if id.is_default() {
        let incarnation = next_incarnation(transaction)?;
        transaction
            .prepare_cached(RENEW_DEFAULT)?
            .execute(named_params! {
                ":account": account.to_string(),
                ":incarnation": incarnation,
            })?;
    }
    Ok(Some(gateway))
}

/// Writes the implicit `default` of an account, if the account exists and has no row for it yet.
pub(crate) fn write_default(
    transaction: &Transaction<'_>,
    account: AccountId,
) -> rusqlite::Result<()> {
    let id = GatewayId::default_gateway();
    let is_written = transaction
        .prepare_cached(IS_WRITTEN)?
        .exists(named_params! { ":account": account.to_string(), ":gateway": id.as_str() })?;
    if is_written {
        return Ok(());
    }
    // Exactly as it is shown, and under the number that its log rows have already.
    let shown = one(transaction, account, &id)?.zip(incarnation(transaction, account, &id)?);
    match shown {
        Some((default, incarnation)) => {
            let default = Gateway {
                cache_epoch: incarnation.cast_unsigned(),
                ..default
            };
            insert(transaction, &default, incarnation)
        }
        None => Ok(()),
    }
}

/// Makes all answers that were kept for a gateway unfindable.
pub(crate) fn drop_cached(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: &GatewayId,
) -> rusqlite::Result<()> {
    let epoch = next_incarnation(transaction)?;
    transaction
        .prepare_cached(RENEW_EPOCH)?
        .execute(named_params! {
            ":account": account.to_string(), ":gateway": id.as_str(), ":epoch": epoch,
        })?;
    Ok(())
}

/// A number that no gateway ever had.
pub(crate) fn next_incarnation(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached(NEXT_INCARNATION)?
        .query_row([], |row| row.get(0))
}

fn free(
    transaction: &Transaction<'_>,
    account: AccountId,
    wanted: GatewayId,
) -> rusqlite::Result<GatewayId> {
    let mut id = wanted.clone();
    let mut number = 1;
    while incarnation(transaction, account, &id)?.is_some() {
        number += 1;
        id = wanted.numbered(number);
    }
    Ok(id)
}

fn insert(
    transaction: &Transaction<'_>,
    gateway: &Gateway,
    incarnation: i64,
) -> rusqlite::Result<()> {
    transaction.prepare_cached(INSERT)?.execute(named_params! {
        ":account": gateway.account.to_string(),
        ":gateway": gateway.id.as_str(),
        ":incarnation": incarnation,
    })?;
    write(transaction, gateway)
}

fn write(transaction: &Transaction<'_>, gateway: &Gateway) -> rusqlite::Result<()> {
    let (cache_enabled, cache_ttl) = gateway.cache.parts();
    let (limiting_enabled, limit, interval) = gateway.rate_limit.parts();
    let (attempts, _, backoff) = gateway.retry.parts();
    let (most_logs, log_strategy) = gateway.log_retention.parts();
    transaction.prepare_cached(UPDATE)?.execute(named_params! {
        ":account": gateway.account.to_string(),
        ":gateway": gateway.id.as_str(),
        ":name": gateway.name,
        ":cache_enabled": cache_enabled,
        ":cache_ttl": cache_ttl,
        ":rate_limiting_enabled": limiting_enabled,
        ":rate_limiting_limit": limit,
        ":rate_limiting_interval": interval,
        ":retry_max_attempts": attempts,
        ":retry_delay": gateway.retry.delay_ms().map(columns::integer),
        ":retry_backoff": backoff.map(Backoff::as_str),
        ":rate_limiting_technique": gateway.technique.as_str(),
        ":cache_invalidate_on_update": gateway.cache_invalidate_on_update,
        ":cache_epoch": gateway.cache_epoch.cast_signed(),
        ":log_management": most_logs,
        ":log_management_strategy": log_strategy.map(LogStrategy::as_str),
        ":collect_logs": gateway.collect_logs,
        ":authentication": gateway.authentication,
        ":byok_only": gateway.byok_only,
        ":created_at": gateway.created_at.as_millis(),
        ":modified_at": gateway.modified_at.as_millis(),
    })?;
    Ok(())
}

/// Reads a gateway.
pub(crate) fn gateway(row: &Row<'_>) -> rusqlite::Result<Gateway> {
    let cache = Cache::new(row.get("cache_enabled")?, row.get("cache_ttl")?);
    let rate_limit = RateLimit::new(
        row.get("rate_limiting_enabled")?,
        row.get("rate_limiting_limit")?,
        row.get("rate_limiting_interval")?,
    );
    let retry = RetrySetting::exact(
        row.get::<_, Option<u32>>("retry_max_attempts")?
            .map(u64::from),
        row.get::<_, Option<u32>>("retry_delay")?.map(u64::from),
        columns::word(row, "retry_backoff", Backoff::from_word)?,
    );
    let retention = LogRetention::new(
        row.get("log_management")?,
        columns::word(row, "log_management_strategy", LogStrategy::from_word)?,
    );
    Ok(Gateway {
        account: columns::account(row)?,
        id: columns::parsed(row, "gateway_id")?,
        name: row.get("name")?,
        cache: columns::legal(row, cache)?,
        cache_invalidate_on_update: row.get("cache_invalidate_on_update")?,
        cache_epoch: row.get::<_, i64>("cache_epoch")?.cast_unsigned(),
        rate_limit: columns::legal(row, rate_limit)?,
        technique: columns::word(row, "rate_limiting_technique", Technique::from_word)?
            .unwrap_or_default(),
        retry: columns::legal(row, retry)?,
        log_retention: columns::legal(row, retention)?,
        collect_logs: row.get("collect_logs")?,
        authentication: row.get("authentication")?,
        byok_only: row.get("byok_only")?,
        created_at: columns::timestamp(row, "created_at")?,
        modified_at: columns::timestamp(row, "modified_at")?,
    })
}

#[cfg(test)]
mod tests;
