//! Reads the whole configuration as one value, and publishes it.
//!
//! Whole, because a request must see one moment of it; and as a value, because the data plane
//! must go on when the disk does not.

use std::sync::Arc;

use aig_model::{
    Account, AccountId, CustomEntry, Gateway, GatewayId, LogRetention, LogStrategy, Snapshot,
    StoredKey, Timestamp, Token, TokenDigest, TokenId,
};
use rusqlite::{Connection, Row, Transaction};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::live::Live;
use crate::vault::Vault;
use crate::{columns, custom_providers, gateways, instance, provider_configs, tokens};

/// Where the newest configuration is put for others to see.
pub(crate) struct Publisher {
    snapshots: watch::Sender<Arc<Snapshot>>,
    live: watch::Sender<Arc<Live>>,
    generation: u64,
    /// What opens the stored keys; a process that serves nobody has none.
    vault: Option<Arc<Vault>>,
}

/// All of the configuration.
struct Reading {
    accounts: Vec<Account>,
    gateways: Vec<Gateway>,
    tokens: Vec<(TokenDigest, Token)>,
    former: Vec<(TokenDigest, TokenId, Timestamp)>,
    keys: Vec<(AccountId, GatewayId, StoredKey)>,
    custom_providers: Vec<CustomEntry>,
    live: Live,
}

const ISSUED: &str = "SELECT incarnation FROM issued";

const INCARNATIONS: &str = "
    SELECT account_id, gateway_id, incarnation, log_management, log_management_strategy
    FROM gateway_or_default";

// === impl Publisher ===

impl Publisher {
    /// Reads the configuration for the first time.
    pub(crate) fn start(
        connection: &mut Connection,
        vault: Option<Arc<Vault>>,
    ) -> Result<Self, StoreError> {
        let mut publisher = Self {
            snapshots: watch::Sender::default(),
            live: watch::Sender::default(),
            generation: 0,
            vault,
        };
        publisher.publish(connection)?;
        Ok(publisher)
    }

    /// Reads the configuration anew and shows it to everybody.
    pub(crate) fn publish(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let reading = Reading::take(&connection.transaction()?, self.vault.as_deref())?;
        self.generation += 1;
        // Before the snapshot: whoever finds a gateway there may record a request through it.
        self.live.send_if_modified(|live| {
            let changed = **live != reading.live;
            if changed {
                *live = Arc::new(reading.live);
            }
            changed
        });
        let snapshot = Snapshot::new(
            self.generation,
            reading.accounts,
            reading.gateways,
            reading.tokens,
        );
        let snapshot = snapshot
            .with_keys(reading.keys)
            .with_custom_providers(reading.custom_providers)
            .with_former(reading.former);
        self.snapshots.send_replace(Arc::new(snapshot));
        Ok(())
    }

    /// The snapshots, as they come.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// The incarnations, as they come.
    pub(crate) fn live(&self) -> watch::Receiver<Arc<Live>> {
        self.live.subscribe()
    }
}

// === impl Reading ===

impl Reading {
    fn take(transaction: &Transaction<'_>, vault: Option<&Vault>) -> rusqlite::Result<Self> {
        let mut live = Live {
            issued: transaction.query_row(ISSUED, [], |row| row.get(0))?,
            ..Live::default()
        };
        let mut statement = transaction.prepare_cached(INCARNATIONS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let incarnation = row.get("incarnation")?;
            let word = columns::word(row, "log_management_strategy", LogStrategy::from_word)?;
            let retention = LogRetention::new(row.get("log_management")?, word);
            if let Some(limit) = columns::legal(row, retention)?.limit() {
                live.limits.insert(incarnation, limit);
            }
            live.gateways
                .entry(columns::account(row)?)
                .or_default()
                .insert(columns::parsed(row, "gateway_id")?, incarnation);
        }
        Ok(Self {
            accounts: all(transaction, instance::ACCOUNTS, instance::account)?,
            gateways: all(transaction, gateways::WRITTEN, gateways::gateway)?,
            tokens: all(transaction, instance::TOKENS, |row| {
                Ok((columns::digest(row)?, instance::token(row)?))
            })?,
            former: tokens::former(transaction)?,
            keys: match vault {
                Some(vault) => provider_configs::opened(transaction, vault)?,
                None => vec![],
            },
            custom_providers: custom_providers::opened(transaction, vault)?,
            live,
        })
    }
}

fn all<T>(
    transaction: &Transaction<'_>,
    sql: &'static str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    transaction
        .prepare_cached(sql)?
        .query_map([], read)?
        .collect()
}

#[cfg(test)]
mod tests;
