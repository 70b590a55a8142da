//! Stored keys of the gateways of one account: listing, storing, replacing, deleting.
//!
//! A key comes in as text and is sealed before it is written; it leaves again only in the snapshot.
//! A gateway that anybody may use holds none: ids in URLs are no secrets.

use std::fmt;
use std::sync::Arc;

use aig_model::{
    AccountId, CUSTOM_PREFIX, GatewayId, KeyLimit, NewProviderConfig, Page, PageRequest,
    ProviderConfig, ProviderConfigId, ProviderSecret, Secret, StoredKey, Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::{ProviderConfigError, StoreError};
use crate::pages::List;
use crate::seal::{Place, Sealed, Unopened};
use crate::vault::Vault;
use crate::{columns, custom_providers, gateways, ids};

/// The stored keys of all accounts. Within a gateway in the order in which they were stored.
const ALL: &str = "
    SELECT account_id, gateway_id, provider_config_id, provider, alias, default_config, version,
        rate_limit, rate_limit_period, wrapped, sealed
    FROM provider_config ORDER BY account_id, gateway_id, rowid";

const EXIST: &str = "SELECT account_id FROM provider_config ORDER BY account_id, gateway_id, rowid";

const PAGE: &str = "
    SELECT * FROM provider_config
    WHERE account_id = :account AND gateway_id = :gateway
    ORDER BY rowid
    LIMIT :limit OFFSET :offset";

const COUNT: &str = "
    SELECT count(*) FROM provider_config
    WHERE account_id = :account AND gateway_id = :gateway";

const LIST: List = List {
    count: COUNT,
    page: PAGE,
};

const ONE: &str = "
    SELECT * FROM provider_config
    WHERE account_id = :account AND gateway_id = :gateway AND provider_config_id = :id";

const NAMED: &str = "
    SELECT 1 FROM provider_config
    WHERE account_id = :account AND gateway_id = :gateway
        AND provider = :provider AND alias = :alias";

const ANY: &str = "
    SELECT 1 FROM provider_config WHERE account_id = :account AND gateway_id = :gateway";

const NO_DEFAULT: &str = "
    UPDATE provider_config SET default_config = 0
    WHERE account_id = :account AND gateway_id = :gateway AND provider = :provider
        AND default_config = 1";

const INSERT: &str = "
    INSERT INTO provider_config (account_id, gateway_id, provider_config_id, provider, alias,
        default_config, preview, version, rate_limit, rate_limit_period, wrapped, sealed,
        modified_at)
    VALUES (:account, :gateway, :id, :provider, :alias,
        :default, :preview, :version, :rate_limit, :rate_limit_period, :wrapped, :sealed,
        :now)";

const REPLACE: &str = "
    UPDATE provider_config
    SET preview = :preview, version = :version, wrapped = :wrapped, sealed = :sealed,
        modified_at = :now
    WHERE account_id = :account AND gateway_id = :gateway AND provider_config_id = :id";

const REWRAP: &str = "
    UPDATE provider_config SET wrapped = :wrapped
    WHERE account_id = :account AND gateway_id = :gateway AND provider_config_id = :id";

const DELETE: &str = "
    DELETE FROM provider_config
    WHERE account_id = :account AND gateway_id = :gateway AND provider_config_id = :id";

/// A sealed record with everything that its place is made of.
pub(crate) struct SealedRow {
    account: AccountId,
    gateway: GatewayId,
    provider: String,
    alias: String,
    is_default: bool,
    id: String,
    version: u32,
    limit: KeyLimit,
    pub(crate) wrapped: Vec<u8>,
    sealed: Vec<u8>,
}

/// A page of a gateway's keys; `None` when there is no such gateway.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    gateway: &GatewayId,
    request: PageRequest,
) -> rusqlite::Result<Option<Page<ProviderConfig>>> {
    if gateways::one(transaction, account, gateway)?.is_none() {
        return Ok(None);
    }
    let account = account.to_string();
    let parameters = named_params! { ":account": account, ":gateway": gateway.as_str() };
    LIST.read(transaction, request, parameters, config)
        .map(Some)
}

/// Stores a key.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    vault: &Vault,
    (account, gateway): (AccountId, &GatewayId),
    new: &NewProviderConfig,
    now: Timestamp,
) -> Result<ProviderConfig, ProviderConfigError> {
    let holder = gateways::one(transaction, account, gateway)?;
    let holder = holder.ok_or(ProviderConfigError::NotFound)?;
    if !holder.authentication {
        return Err(ProviderConfigError::Unauthenticated);
    }
    if let Some(slug) = new.provider().strip_prefix(CUSTOM_PREFIX)
        && !custom_providers::exists(transaction, account, slug)?
    {
        return Err(ProviderConfigError::NoProvider(new.provider().to_owned()));
    }
    if gateway.is_default() {
        gateways::write_default(transaction, account)?;
    }
    let (owner, name) = (account.to_string(), gateway.as_str());
    let exists = transaction.prepare_cached(NAMED)?.exists(named_params! {
        ":account": owner, ":gateway": name, ":provider": new.provider(), ":alias": new.alias(),
    })?;
    if exists {
        return Err(ProviderConfigError::AlreadyExists {
            provider: new.provider().to_owned(),
            alias: new.alias().to_owned(),
        });
    }
    if new.is_default() {
        transaction
            .prepare_cached(NO_DEFAULT)?
            .execute(named_params! {
                ":account": owner, ":gateway": name, ":provider": new.provider(),
            })?;
    }
    let made = ProviderConfig {
        id: ProviderConfigId(ids::fresh()?),
        account,
        gateway: gateway.clone(),
        provider: new.provider().to_owned(),
        alias: new.alias().to_owned(),
        is_default: new.is_default(),
        preview: new.secret().preview(),
        version: 1,
        limit: new.limit(),
        modified_at: now,
    };
    let sealed = seal(transaction, vault, &made, new.secret())?;
    transaction.prepare_cached(INSERT)?.execute(named_params! {
        ":account": owner,
        ":gateway": name,
        ":id": made.id.0.to_string(),
        ":provider": made.provider,
        ":alias": made.alias,
        ":default": made.is_default,
        ":preview": made.preview,
        ":version": made.version,
        ":rate_limit": made.limit.requests(),
        ":rate_limit_period": made.limit.period().get(),
        ":wrapped": sealed.wrapped,
        ":sealed": sealed.sealed,
        ":now": now.as_millis(),
    })?;
    gateways::drop_cached(transaction, account, gateway)?;
    Ok(made)
}

/// Replaces a key.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    vault: &Vault,
    (account, gateway): (AccountId, &GatewayId),
    id: ProviderConfigId,
    secret: &ProviderSecret,
    now: Timestamp,
) -> Result<ProviderConfig, ProviderConfigError> {
    let found = one(transaction, account, gateway, id)?.ok_or(ProviderConfigError::NotFound)?;
    secret.suits(&found.provider)?;
    let made = ProviderConfig {
        version: found.version.saturating_add(1),
        preview: secret.preview(),
        modified_at: now,
        ..found
    };
    let sealed = seal(transaction, vault, &made, secret)?;
    transaction
        .prepare_cached(REPLACE)?
        .execute(named_params! {
            ":account": account.to_string(),
            ":gateway": gateway.as_str(),
            ":id": id.0.to_string(),
            ":preview": made.preview,
            ":version": made.version,
            ":wrapped": sealed.wrapped,
            ":sealed": sealed.sealed,
            ":now": now.as_millis(),
        })?;
    gateways::drop_cached(transaction, account, gateway)?;
    Ok(made)
}

/// Deletes a key and answers what is known of it otherwise.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    (account, gateway): (AccountId, &GatewayId),
    id: ProviderConfigId,
) -> Result<ProviderConfig, ProviderConfigError> {
    let found = one(transaction, account, gateway, id)?.ok_or(ProviderConfigError::NotFound)?;
    transaction.prepare_cached(DELETE)?.execute(named_params! {
        ":account": account.to_string(),
        ":gateway": gateway.as_str(),
        ":id": id.0.to_string(),
    })?;
    gateways::drop_cached(transaction, account, gateway)?;
    Ok(found)
}

/// Whether a gateway holds a key.
pub(crate) fn any(
    transaction: &Transaction<'_>,
    account: AccountId,
    gateway: &GatewayId,
) -> rusqlite::Result<bool> {
    transaction.prepare_cached(ANY)?.exists(named_params! {
        ":account": account.to_string(), ":gateway": gateway.as_str(),
    })
}

/// Whether anybody holds a key.
pub(crate) fn exist(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.prepare_cached(EXIST)?.exists([])
}

/// Every sealed record.
pub(crate) fn wrapped(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<SealedRow>> {
    transaction
        .prepare_cached(ALL)?
        .query_map([], sealed_row)?
        .collect()
}

/// Writes a record's data key, wrapped anew.
pub(crate) fn rewrap(
    transaction: &Transaction<'_>,
    row: &SealedRow,
    wrapped: &[u8],
) -> rusqlite::Result<()> {
    transaction.prepare_cached(REWRAP)?.execute(named_params! {
        ":account": row.account.to_string(),
        ":gateway": row.gateway.as_str(),
        ":id": row.id,
        ":wrapped": wrapped,
    })?;
    Ok(())
}

/// Every key, opened for those who send requests. One that does not open is there without its
/// text: a request that wants it must fail, not go out without.
pub(crate) fn opened(
    transaction: &Transaction<'_>,
    vault: &Vault,
) -> rusqlite::Result<Vec<(AccountId, GatewayId, StoredKey)>> {
    let mut ring = vault.ring();
    let mut is_fresh = false;
    let rows = wrapped(transaction)?.into_iter().map(|row| {
        let mut opened = row.open(&ring);
        if matches!(opened, Err(Unopened::UnknownKey(_))) && !is_fresh {
            // Somebody rotated.
            is_fresh = true;
            ring = vault.reload();
            opened = row.open(&ring);
        }
        if let Err(reason) = &opened {
            tracing::error!(account = %row.account, config = %row, %reason, "a stored key does not open");
        }
        let key = StoredKey {
            id: row.id,
            version: row.version,
            secret: opened.ok().map(Arc::new),
            provider: row.provider,
            alias: row.alias,
            is_default: row.is_default,
            limit: row.limit,
        };
        (row.account, row.gateway, key)
    });
    Ok(rows.collect())
}

fn one(
    transaction: &Transaction<'_>,
    account: AccountId,
    gateway: &GatewayId,
    id: ProviderConfigId,
) -> rusqlite::Result<Option<ProviderConfig>> {
    transaction
        .prepare_cached(ONE)?
        .query_row(
            named_params! {
                ":account": account.to_string(),
                ":gateway": gateway.as_str(),
                ":id": id.0.to_string(),
            },
            config,
        )
        .optional()
}

fn seal(
    transaction: &Transaction<'_>,
    vault: &Vault,
    config: &ProviderConfig,
    secret: &ProviderSecret,
) -> Result<Sealed, StoreError> {
    let place = Place {
        account: config.account,
        gateway: &config.gateway,
        provider: &config.provider,
        alias: &config.alias,
        secret: &config.id.0.to_string(),
        version: config.version,
    };
    let sealed = vault.current(transaction, |key| key.seal(&place, secret.expose()))?;
    Ok(sealed?)
}

fn config(row: &Row<'_>) -> rusqlite::Result<ProviderConfig> {
    Ok(ProviderConfig {
        id: columns::parsed(row, "provider_config_id").map(ProviderConfigId)?,
        account: columns::account(row)?,
        gateway: columns::parsed(row, "gateway_id")?,
        provider: row.get("provider")?,
        alias: row.get("alias")?,
        is_default: row.get("default_config")?,
        preview: row.get("preview")?,
        version: row.get("version")?,
        limit: limit(row)?,
        modified_at: columns::timestamp(row, "modified_at")?,
    })
}

fn limit(row: &Row<'_>) -> rusqlite::Result<KeyLimit> {
    let limit = KeyLimit::new(row.get("rate_limit")?, row.get("rate_limit_period")?);
    columns::legal(row, limit)
}

fn sealed_row(row: &Row<'_>) -> rusqlite::Result<SealedRow> {
    Ok(SealedRow {
        account: columns::account(row)?,
        gateway: columns::parsed(row, "gateway_id")?,
        provider: row.get("provider")?,
        alias: row.get("alias")?,
        is_default: row.get("default_config")?,
        id: row.get("provider_config_id")?,
        version: row.get("version")?,
        limit: limit(row)?,
        wrapped: row.get("wrapped")?,
        sealed: row.get("sealed")?,
    })
}

// === impl SealedRow ===

impl SealedRow {
    /// Where the record belongs, by the columns beside it.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            account: self.account,
            gateway: &self.gateway,
            provider: &self.provider,
            alias: &self.alias,
            secret: &self.id,
            version: self.version,
        }
    }

    fn open(&self, ring: &crate::seal::KeyRing) -> Result<Secret<String>, Unopened> {
        let sealed = Sealed {
            wrapped: self.wrapped.clone(),
            sealed: self.sealed.clone(),
        };
        ring.open(&self.place(), &sealed)
    }
}

impl fmt::Display for SealedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&aig_model::secret_name(
            &self.gateway,
            &self.provider,
            &self.alias,
        ))
    }
}

#[cfg(test)]
mod tests;
