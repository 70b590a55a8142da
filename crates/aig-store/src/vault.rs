//! Holds the key-encryption keys while the process runs, and changes them while it runs.
//!
//! A rotation is made by another process: it puts a new key before the old one where the keys come
//! from, wraps every data key anew in one transaction, and takes the old key away. Whoever meets a
//! record of a key that it does not know reads the keys again. Which key new secrets are wrapped
//! with stands in the file, as the maker of the canary, so that no record under the old key can
//! appear behind a rotation's back.

use std::error::Error;
use std::fmt::Display;
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};

use crate::error::StoreError;
use crate::seal::{Kek, KeyRing, Place, RewrapError, Unopened, wrapping_key};
use crate::{custom_providers, provider_configs};

/// Where the key-encryption keys come from, and those that came last.
pub struct Vault {
    ring: RwLock<Arc<KeyRing>>,
    source: Source,
}

type Source = Box<dyn Fn() -> Result<KeyRing, Box<dyn Error + Send + Sync>> + Send + Sync>;

const CANARY: &str = "SELECT record FROM canary";

const INSERT_CANARY: &str = "INSERT INTO canary (one, record) VALUES (1, :record)";

const UPDATE_CANARY: &str = "UPDATE canary SET record = :record";

// === impl Vault ===

impl Vault {
    /// Reads the keys for the first time; `source` is asked again when a key is not among them.
    pub fn new(
        source: impl Fn() -> Result<KeyRing, Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self {
            ring: RwLock::new(Arc::new(source()?)),
            source: Box::new(source),
        })
    }

    /// The keys that came last.
    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys again; those that came last stay when that fails.
    pub(crate) fn reload(&self) -> Arc<KeyRing> {
        match (self.source)() {
            Ok(ring) => {
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
            }
            Err(error) => tracing::error!(error, "cannot read the key-encryption keys again"),
        }
        self.ring()
    }

    /// Refuses keys that the file's secrets were not sealed with. The first keys that come are the
    /// right ones from then on.
    pub(crate) fn recognise(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match canary(&transaction)? {
            Some(record) => self.maker_of(&record, |_, _| ())?,
            None if provider_configs::exist(&transaction)?
                || custom_providers::any_sealed(&transaction)? =>
            {
                return Err(StoreError::WrongKey);
            }
            None => {
                let record = self.ring().newest().canary()?;
                transaction.execute(INSERT_CANARY, named_params! { ":record": record })?;
                transaction.commit()?;
            }
        }
        Ok(())
    }

    /// Hands over the key that new secrets are wrapped with.
    pub(crate) fn current<T>(
        &self,
        transaction: &Transaction<'_>,
        act: impl FnOnce(&Kek) -> T,
    ) -> Result<T, StoreError> {
        let record = canary(transaction)?.ok_or(StoreError::WrongKey)?;
        self.maker_of(&record, |_, key| act(key))
    }

    /// Wraps every data key with the newest key; says how many were under another one.
    pub(crate) fn rotate(&self, transaction: &Transaction<'_>) -> Result<usize, StoreError> {
        let ring = self.reload();
        let newest = ring.newest();
        let anew = |place: &Place<'_>, wrapped: &[u8], what: &dyn Display| {
            if wrapping_key(wrapped).is_ok_and(|id| id == newest.id()) {
                return Ok(None);
            }
            let wrapped = ring.rewrap(newest, place, wrapped);
            wrapped.map(Some).map_err(|error| match error {
                RewrapError::Random(error) => StoreError::from(error),
                RewrapError::Unopened(reason) => StoreError::Unopened {
                    what: what.to_string(),
                    why: reason.to_string(),
                },
            })
        };
        let mut wrapped_anew = 0;
        for record in provider_configs::wrapped(transaction)? {
            if let Some(wrapped) = anew(&record.place(), &record.wrapped, &record)? {
                provider_configs::rewrap(transaction, &record, &wrapped)?;
                wrapped_anew += 1;
            }
        }
        for record in custom_providers::wrapped(transaction)? {
            if let Some(wrapped) = anew(&record.place(), &record.wrapped, &record)? {
                custom_providers::rewrap(transaction, &record, &wrapped)?;
                wrapped_anew += 1;
            }
        }
        let record = canary(transaction)?.ok_or(StoreError::WrongKey)?;
        let made_by_newest = ring.maker_of(&record).map(|key| key.id() == newest.id());
        if !made_by_newest.map_err(|_| StoreError::WrongKey)? {
            let record = newest.canary()?;
            transaction.execute(UPDATE_CANARY, named_params! { ":record": record })?;
        }
        Ok(wrapped_anew)
    }

    fn maker_of<T>(
        &self,
        canary: &[u8],
        act: impl FnOnce(&KeyRing, &Kek) -> T,
    ) -> Result<T, StoreError> {
        let mut ring = self.ring();
        if matches!(ring.maker_of(canary), Err(Unopened::UnknownKey(_))) {
            ring = self.reload();
        }
        let key = ring.maker_of(canary).map_err(|reason| {
            tracing::error!(%reason, "the canary of the stored keys does not open");
            StoreError::WrongKey
        })?;
        Ok(act(&ring, key))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Vault").field(&self.ring()).finish()
    }
}

fn canary(transaction: &Transaction<'_>) -> rusqlite::Result<Option<Vec<u8>>> {
    transaction
        .prepare_cached(CANARY)?
        .query_row([], |row| row.get(0))
        .optional()
}

#[cfg(test)]
mod tests;
