//! The store as its callers hold it: opening, scopes, ports, the end.
//!
//! What a scope can do with gateways and logs is said in the files of those names; here it is
//! only sent to the thread that does it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aig_model::{
    AccountId, AuditAction, AuditResource, Gateway, GatewayChange, GatewayId, Grant, LogPatch,
    LogQuery, NewGateway, Page, PageRequest, Permission, Record, Snapshot, Timestamp,
};
use rusqlite::Transaction;
use tokio::sync::watch;
use uuid::Uuid;

use crate::audit::{Actor, Target};
use crate::directory::Directory;
use crate::error::{GatewayError, StoreError};
use crate::instance::Instance;
use crate::journal::Journal;
use crate::journal_writer::JournalWriter;
use crate::logs::{LogPage, Side, StoredBody};
use crate::readers::Readers;
use crate::vault::Vault;
use crate::writer::{ReadOnly, Writer};
use crate::{gateways, logs};

/// The configuration and the logs of one data directory. Clones are handles to the same store.
///
/// Dropping the last one waits until what is queued is written; for logs that cannot be written,
/// only a short while.
#[derive(Clone)]
pub struct Store {
    house: Arc<House>,
}

/// One account of the store, for whoever holds a grant for it. The only way to gateways and logs.
#[derive(Clone, Copy)]
pub struct AccountScope<'a> {
    store: &'a Store,
    grant: Grant,
    /// By which operation, and when: what the audit log says of changes.
    operation: &'static str,
    now: Timestamp,
}

/// What belongs to the store. Dropped in this order: changes first, then the rest.
struct House {
    writer: Writer,
    vault: Option<Arc<Vault>>,
    config_readers: Readers,
    logs_readers: Readers,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Accounts whose `default` is being written right now.
    defaults: Arc<Mutex<HashSet<AccountId>>>,
    journal: Journal,
    queries: Queries,
    /// Held for its end: it waits for the last rows.
    _journal_writer: JournalWriter,
}

/// Counts what is asked of the store: reads, and changes of the configuration. Rows of the log are
/// not among them; the journal counts those.
#[derive(Clone, Debug, Default)]
pub struct Queries(Arc<AtomicU64>);

/// How many threads read each of the files.
const READERS: usize = 2;

// === impl Store ===

impl Store {
    /// Opens the store in a directory, which is made when it is not there.
    ///
    /// The stored keys of providers stay sealed: no snapshot holds one, and none can be stored.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_in(directory, None)
    }

    /// Opens the store, and with the keys in the vault the stored keys of providers. Refuses keys
    /// that those were not sealed with, and then changes nothing.
    pub fn open_with(directory: &Path, vault: Vault) -> Result<Self, StoreError> {
        Self::open_in(directory, Some(Arc::new(vault)))
    }

    fn open_in(directory: &Path, vault: Option<Arc<Vault>>) -> Result<Self, StoreError> {
        let directory = Directory::prepare(directory)?;
        let mut connection = directory.config_writer()?;
        if let Some(vault) = &vault {
            vault.recognise(&mut connection)?;
        }
        let (writer, published) = Writer::start(connection, vault.clone())?;
        let (journal, journal_writer) =
            JournalWriter::start(directory.logs_writer()?, published.live)?;
        let readers = |open: fn(&Directory) -> _| {
            (0..READERS)
                .map(|_| open(&directory))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            house: Arc::new(House {
                writer,
                vault,
                config_readers: Readers::start(
                    "store-read",
                    readers(Directory::config_reader)?,
                    Readers::DEADLINE,
                ),
                logs_readers: Readers::start(
                    "store-read-logs",
                    readers(Directory::logs_reader)?,
                    Readers::DEADLINE,
                ),
                snapshots: published.snapshots,
                defaults: Arc::default(),
                journal,
                queries: Queries::default(),
                _journal_writer: journal_writer,
            }),
        })
    }

    /// The configuration, as it changes. A change that was acknowledged is in the newest value.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.house.snapshots.clone()
    }

    /// What the holder of a grant may reach. Whoever changes something says by which operation,
    /// with [`AccountScope::acting`].
    pub const fn scope(&self, grant: Grant) -> AccountScope<'_> {
        AccountScope {
            store: self,
            grant,
            operation: "",
            now: Timestamp::from_millis(0),
        }
    }

    /// Accounts and tokens, for the command line and the start of the server only.
    pub const fn instance(&self) -> Instance<'_> {
        Instance::new(self)
    }

    /// Where log rows are handed in.
    pub fn journal(&self) -> Journal {
        self.house.journal.clone()
    }

    /// Gives searches and other reads of the log that begin from now on less time than
    /// [`READ_TIME`](crate::limits::READ_TIME), for whoever cannot wait so long.
    pub fn limit_log_reads(&self, time: Duration) {
        let time = time.min(Readers::DEADLINE);
        self.house.logs_readers.set_deadline(time);
    }

    /// What was asked of the store so far, and will be.
    pub fn queries(&self) -> Queries {
        self.house.queries.clone()
    }

    /// Whether the configuration has become read-only, now and later.
    pub fn read_only(&self) -> ReadOnly {
        self.house.writer.read_only()
    }

    /// Writes the implicit `default` gateway of an account, which is in use now. Returns at once;
    /// a failure is retried at the next use, because the snapshot still calls it unwritten.
    pub fn ensure_default(&self, account: AccountId) {
        let defaults = Arc::clone(&self.house.defaults);
        if !lock(&defaults).insert(account) {
            return;
        }
        self.house.queries.add();
        let queued = self.house.writer.submit(
            move |transaction| Ok(gateways::write_default(transaction, account)?),
            move |result: Result<(), StoreError>| {
                lock(&defaults).remove(&account);
                if let Err(error) = result {
                    tracing::warn!(%account, %error, "cannot write the default gateway");
                }
            },
        );
        if queued.is_err() {
            lock(&self.house.defaults).remove(&account);
        }
    }

    pub(crate) fn vault(&self) -> Result<Arc<Vault>, StoreError> {
        self.house.vault.clone().ok_or(StoreError::NoKey)
    }

    pub(crate) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.house.queries.add();
        self.house.writer.write(change).await
    }

    /// Changes what no snapshot holds.
    pub(crate) async fn write_aside<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.submit_aside(change, move |result| {
            // Whoever asked may be gone; the change stands all the same.
            let _ = answer.send(result);
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The same, without waiting for it.
    pub(crate) fn submit_aside<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.house.queries.add();
        self.house.writer.submit_aside(change, done)
    }

    pub(crate) async fn read_config<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.house.queries.add();
        self.house.config_readers.read(read).await
    }
}

// === impl Queries ===

impl Queries {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn lock(defaults: &Mutex<HashSet<AccountId>>) -> std::sync::MutexGuard<'_, HashSet<AccountId>> {
    defaults.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl AccountScope ===

impl<'a> AccountScope<'a> {
    pub(crate) const fn store(self) -> &'a Store {
        self.store
    }

    /// The same, changing things by that operation of the contract, at that time.
    #[must_use]
    pub const fn acting(self, operation: &'static str, now: Timestamp) -> Self {
        Self {
            operation,
            now,
            ..self
        }
    }

    /// Who changes something, for the audit log.
    pub(crate) const fn actor(self) -> Actor {
        Actor {
            account: self.grant.account(),
            token: self.grant.token(),
            operation: self.operation,
            now: self.now,
        }
    }

    pub(crate) const fn grant(self) -> Grant {
        self.grant
    }

    /// The account that is acted in.
    pub const fn account(self) -> AccountId {
        self.grant.account()
    }

    /// The account's gateways, the oldest first; with `search` only those that contain that text,
    /// letter case of ASCII aside, in id or name.
    pub async fn gateways(
        self,
        request: PageRequest,
        search: Option<&str>,
    ) -> Result<Page<Gateway>, StoreError> {
        let account = self.grant.account();
        let search = search.filter(|text| !text.is_empty()).map(str::to_owned);
        self.store
            .read_config(move |transaction| {
                gateways::page(transaction, account, request, search.as_deref())
            })
            .await
    }

    /// One gateway.
    pub async fn gateway(self, id: &GatewayId) -> Result<Option<Gateway>, StoreError> {
        let (account, id) = (self.grant.account(), id.clone());
        self.store
            .read_config(move |transaction| gateways::one(transaction, account, &id))
            .await
    }

    /// Makes a gateway.
    pub async fn create_gateway(
        self,
        new: NewGateway,
        now: Timestamp,
    ) -> Result<Gateway, GatewayError> {
        let account = self.editable()?;
        let target = Target::of(AuditAction::Create, AuditResource::Gateway);
        let named = |made: &Gateway| Some(made.id.to_string());
        self.change(target, named, move |transaction| {
            gateways::create(transaction, account, new, now)
        })
        .await
    }

    /// Changes a gateway; `None` when there is none of that id.
    pub async fn update_gateway(
        self,
        id: &GatewayId,
        change: GatewayChange,
        now: Timestamp,
    ) -> Result<Option<Gateway>, GatewayError> {
        let (account, id) = (self.editable()?, id.clone());
        let target = Target::of(AuditAction::Update, AuditResource::Gateway).named(&id);
        self.change(target, found, move |transaction| {
            gateways::update(transaction, account, &id, change, now)
        })
        .await
    }

    /// Deletes a gateway and answers it as it was; `None` when there is none of that id. Its log
    /// rows are out of sight at once and off the disk soon.
    pub async fn delete_gateway(self, id: &GatewayId) -> Result<Option<Gateway>, GatewayError> {
        let (account, id) = (self.editable()?, id.clone());
        let target = Target::of(AuditAction::Delete, AuditResource::Gateway).named(&id);
        self.change(target, found, move |transaction| {
            Ok(gateways::delete(transaction, account, &id)?)
        })
        .await
    }

    /// Log rows of a gateway, the newest first; with `search` only those that contain that text,
    /// letter case of ASCII aside, in provider, model, path, status or metadata. `None` when
    /// there is no such gateway.
    pub async fn logs(
        self,
        id: &GatewayId,
        request: PageRequest,
        search: Option<&str>,
    ) -> Result<Option<Page<Record>>, StoreError> {
        let query = LogQuery {
            search: search.map(str::to_owned),
            ..LogQuery::default()
        };
        let found = self.find_logs(id, request, query, false).await?;
        Ok(found.map(|found| found.page))
    }

    /// The rows of a gateway's log that a query finds; with `extents` also the least and greatest
    /// numbers among all of them. `None` when there is no such gateway.
    pub async fn find_logs(
        self,
        id: &GatewayId,
        request: PageRequest,
        query: LogQuery,
        extents: bool,
    ) -> Result<Option<LogPage>, StoreError> {
        let Some(log) = self.log_of(id).await? else {
            return Ok(None);
        };
        self.read_logs(move |transaction| logs::page(transaction, log, request, &query, extents))
            .await
            .map(Some)
    }

    /// One row; `None` when there is no such row or gateway.
    pub async fn log(self, id: &GatewayId, row: Uuid) -> Result<Option<Record>, StoreError> {
        let Some(log) = self.log_of(id).await? else {
            return Ok(None);
        };
        self.read_logs(move |transaction| logs::one(transaction, log, row))
            .await
    }

    /// A body of a row; `None` when there is no such row or gateway, or the body is not kept.
    pub async fn log_body(
        self,
        id: &GatewayId,
        row: Uuid,
        side: Side,
    ) -> Result<Option<StoredBody>, StoreError> {
        let Some(log) = self.log_of(id).await? else {
            return Ok(None);
        };
        self.read_logs(move |transaction| logs::body(transaction, log, row, side))
            .await
    }

    /// Changes a row; answers whether there is one.
    pub async fn patch_log(
        self,
        id: &GatewayId,
        row: Uuid,
        patch: LogPatch,
    ) -> Result<bool, GatewayError> {
        self.editable()?;
        let Some(log) = self.log_of(id).await? else {
            return Ok(false);
        };
        let target = Target::of(AuditAction::Update, AuditResource::Log)
            .named(&row)
            .within(id);
        let patched = self.change_log(
            target,
            |patched| *patched,
            move |transaction, scribe| logs::patch(transaction, scribe, log, row, &patch),
        );
        Ok(patched.await?)
    }

    /// Deletes the first `limit` rows that a query finds, with their bodies, and answers how many
    /// there were; `None` when there is no such gateway.
    pub async fn delete_logs(
        self,
        id: &GatewayId,
        query: LogQuery,
        limit: u32,
    ) -> Result<Option<u64>, GatewayError> {
        self.editable()?;
        let Some(log) = self.log_of(id).await? else {
            return Ok(None);
        };
        let target = Target::of(AuditAction::Delete, AuditResource::Log).within(id);
        let gone = self.change_log(
            target,
            |_| true,
            move |transaction, scribe| logs::delete(transaction, scribe, log, &query, limit),
        );
        Ok(Some(gone.await?))
    }

    /// The log of a gateway that exists.
    async fn log_of(self, id: &GatewayId) -> Result<Option<(AccountId, i64)>, StoreError> {
        let (account, gateway) = (self.grant.account(), id.clone());
        let read = move |transaction: &Transaction<'_>| {
            gateways::incarnation(transaction, account, &gateway)
        };
        let incarnation = self.store.read_config(read).await?;
        Ok(incarnation.map(|incarnation| (account, incarnation)))
    }

    async fn read_logs<T: Send + 'static>(
        self,
        read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.house.queries.add();
        self.store.house.logs_readers.read(read).await
    }

    /// Changing takes a grant for changing: the permission is asked for here once more, so that a
    /// mistake in a table of permissions cannot turn a reader into a writer.
    pub(crate) fn editable(self) -> Result<AccountId, GatewayError> {
        match self.grant.permission() {
            Permission::Edit => Ok(self.grant.account()),
            _ => Err(GatewayError::NotGranted),
        }
    }
}

/// Of an update or a deletion: the gateway's id, if there was one.
fn found(gateway: &Option<Gateway>) -> Option<String> {
    gateway.as_ref().map(|gateway| gateway.id.to_string())
}

#[cfg(test)]
mod tests;
