//! Changes by the holder of a grant, each with its entry in the audit log; and reading the entries.
//!
//! All of them go through here: what is to be changed otherwise would leave no trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aig_model::{AuditPage, AuditQuery};
use rusqlite::Transaction;
use uuid::Uuid;

use crate::audit::{self, Target};
use crate::error::StoreError;
use crate::ids;
use crate::logs::Scribe;
use crate::store::AccountScope;

impl AccountScope<'_> {
    /// Entries of the account's audit log.
    pub async fn audit_log(self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| audit::page(transaction, account, &query))
            .await
    }

    /// Makes a change and writes its entry, both or neither. `named` tells the id of what was
    /// changed, or that nothing was. A change that fails leaves an entry, too, if it can; one that a
    /// busy store did not even begin leaves none, or its entries would keep the store busy.
    pub(crate) async fn change<T, E>(
        self,
        target: Target,
        named: impl Fn(&T) -> Option<String> + Send + 'static,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (actor, id) = (self.actor(), ids::fresh()?);
        let failed = target.clone();
        let begun = Arc::new(AtomicBool::new(false));
        let beginning = Arc::clone(&begun);
        let changed = self.store().write(move |transaction| {
            beginning.store(true, Ordering::Relaxed);
            let name = audit::actor_name(transaction, actor).map_err(StoreError::from)?;
            let changed = change(transaction)?;
            let named = named(&changed);
            let succeeded = named.is_some();
            let target = Target {
                id: named.or(target.id),
                ..target
            };
            audit::write(transaction, id, actor, name.as_deref(), &target, succeeded)
                .map_err(StoreError::from)?;
            Ok(changed)
        });
        let changed = changed.await;
        if changed.is_err() && begun.load(Ordering::Relaxed) {
            self.note_failure(id, failed);
        }
        changed
    }

    /// Changes the log, whose file is another one than that of the audit log: the entry comes first,
    /// and says afterwards if nothing came of it.
    pub(crate) async fn change_log<T: Send + 'static>(
        self,
        target: Target,
        done: impl FnOnce(&T) -> bool,
        change: impl FnOnce(&Transaction<'_>, &mut Scribe) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (actor, id) = (self.actor(), ids::fresh()?);
        let announced = self.store().write_aside(move |transaction| {
            let name = audit::actor_name(transaction, actor)?;
            audit::write(transaction, id, actor, name.as_deref(), &target, true)?;
            Ok(())
        });
        announced.await?;
        self.store().queries().add();
        let changed = self.store().journal().change(change).await;
        if !changed.as_ref().is_ok_and(done) {
            let account = self.account();
            let retracted = self.store().submit_aside(
                move |transaction| Ok(audit::failed(transaction, account, id)?),
                warn,
            );
            retracted.unwrap_or_else(|error| warn(Err(error)));
        }
        changed
    }

    fn note_failure(self, id: Uuid, target: Target) {
        let actor = self.actor();
        let written = self.store().submit_aside(
            move |transaction| {
                let name = audit::actor_name(transaction, actor)?;
                audit::write(transaction, id, actor, name.as_deref(), &target, false)?;
                Ok(())
            },
            warn,
        );
        written.unwrap_or_else(|error| warn(Err(error)));
    }
}

/// Nothing was changed, so nothing is lost but the trace of a try.
fn warn(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::warn!(%error, "cannot write to the audit log that a change failed");
    }
}
