//! The one thread that changes the configuration.
//!
//! A change is a job in a bounded queue: dropping the request that asked for it cancels nothing
//! half-way, and two changes never meet. It is answered after its commit was synced and the
//! snapshot shows it. Between jobs the thread looks whether another process changed the file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aig_model::Snapshot;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::error::StoreError;
use crate::live::Live;
use crate::snapshot::Publisher;
use crate::vault::Vault;

/// Takes changes to the writer's thread.
pub(crate) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    read_only: ReadOnly,
}

/// Whether the configuration takes no changes any more, because a sync failed.
#[derive(Clone, Debug, Default)]
pub struct ReadOnly(Arc<AtomicBool>);

impl ReadOnly {
    /// Whether it is so by now.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The newest configuration, as it comes.
pub(crate) struct Published {
    /// For everybody.
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    /// For the logs.
    pub(crate) live: watch::Receiver<Arc<Live>>,
}

type Job = Box<dyn FnOnce(&mut WriterThread) + Send>;

struct WriterThread {
    connection: Connection,
    publisher: Publisher,
    /// What `PRAGMA data_version` said last; it moves when another connection commits.
    data_version: i64,
    /// The last publication failed, and the snapshot is older than the file.
    stale: bool,
    /// A sync failed; see [`StoreError::Broken`].
    broken: ReadOnly,
}

/// How many changes may wait. More would wait longer than anybody wants to.
pub const QUEUE: usize = 256;

/// How long a change may wait for its turn and for locks of other processes: long enough for a
/// command that writes or a backup, short enough for whoever waits for the answer.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// How often the thread looks for changes of other processes.
const LOOK: Duration = Duration::from_secs(1);

// === impl Writer ===

impl Writer {
    /// Reads the configuration for the first time and starts the thread.
    ///
    /// With a vault the snapshots hold the stored keys, opened; without one they hold none.
    pub(crate) fn start(
        mut connection: Connection,
        vault: Option<Arc<Vault>>,
    ) -> Result<(Self, Published), StoreError> {
        // Before the reading: a change in between is seen at the first look.
        let data_version = data_version(&connection)?;
        let publisher = Publisher::start(&mut connection, vault)?;
        let published = Published {
            snapshots: publisher.snapshots(),
            live: publisher.live(),
        };
        let (jobs, queue) = sync_channel(QUEUE);
        let mut writer = WriterThread {
            connection,
            publisher,
            data_version,
            stale: false,
            broken: ReadOnly::default(),
        };
        let read_only = writer.broken.clone();
        let thread = thread::Builder::new()
            .name("store-config".into())
            .spawn(move || writer.run(&queue))
            .expect("the system can start a thread while the program starts");
        let writer = Self {
            jobs: Some(jobs),
            thread: Some(thread),
            read_only,
        };
        Ok((writer, published))
    }

    /// Whether a sync has failed.
    pub(crate) fn read_only(&self) -> ReadOnly {
        self.read_only.clone()
    }

    /// Makes a change; returns when it is synced and in the snapshot.
    pub(crate) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_within(PATIENCE, change).await
    }

    async fn write_within<T, E>(
        &self,
        patience: Duration,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.submit_within(patience, change, move |result| {
            // Whoever asked may be gone; the change stands all the same.
            let _ = answer.send(result);
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Queues a change; `done` is called on the writer's thread.
    pub(crate) fn submit<T, E>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        done: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        E: From<StoreError>,
    {
        self.submit_within(PATIENCE, change, done)
    }

    /// Queues a change of what no snapshot holds, so that none is made.
    pub(crate) fn submit_aside<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let deadline = Instant::now() + PATIENCE;
        self.queue(Box::new(move |writer| {
            done(writer.commit(deadline, change));
        }))
    }

    fn submit_within<T, E>(
        &self,
        patience: Duration,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        done: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        E: From<StoreError>,
    {
        let deadline = Instant::now() + patience;
        self.queue(Box::new(move |writer| {
            done(writer.transact(deadline, change))
        }))
    }

    fn queue(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().expect("only dropping takes the queue");
        jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Drop for Writer {
    /// Lets the queued changes finish and waits for the thread.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // It catches the panics of its jobs, so there is none to pass on.
            let _ = thread.join();
        }
    }
}

// === impl WriterThread ===

impl WriterThread {
    fn run(&mut self, queue: &Receiver<Job>) {
        let mut looked = Instant::now();
        loop {
            match queue.recv_timeout(LOOK.saturating_sub(looked.elapsed())) {
                Ok(job) => self.perform(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if looked.elapsed() >= LOOK {
                self.look();
                looked = Instant::now();
            }
        }
    }

    /// A job that panics loses its own change (the transaction is rolled back) and nothing else.
    fn perform(&mut self, job: Job) {
        if catch_unwind(AssertUnwindSafe(|| job(self))).is_err() {
            tracing::error!("a change of the configuration panicked and was rolled back");
            self.stale = true;
        }
    }

    fn transact<T, E>(
        &mut self,
        deadline: Instant,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let before = self.connection.total_changes();
        let value = self.commit(deadline, change)?;
        if self.connection.total_changes() != before {
            self.publish();
        }
        Ok(value)
    }

    fn commit<T, E>(
        &mut self,
        deadline: Instant,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        if self.broken.is_set() {
            return Err(StoreError::Broken.into());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(StoreError::Busy.into());
        }
        let transaction = self
            .connection
            .busy_timeout(left)
            .and_then(|()| {
                self.connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
            })
            .map_err(StoreError::from)?;
        let value = change(&transaction)?;
        if let Err(error) = transaction.commit().map_err(StoreError::from) {
            if error.is_failed_sync() {
                tracing::error!(%error, "a sync failed: the configuration is read-only now");
                self.broken.0.store(true, Ordering::Relaxed);
            }
            return Err(error.into());
        }
        Ok(value)
    }

    /// Reads the file again if another process changed it, or if the last reading failed.
    fn look(&mut self) {
        match data_version(&self.connection) {
            Ok(version) if version == self.data_version && !self.stale => {}
            Ok(version) => {
                self.data_version = version;
                self.publish();
            }
            Err(error) => tracing::warn!(%error, "cannot look for changes of the configuration"),
        }
    }

    /// The data plane goes on with the last snapshot when this fails, and the next look retries.
    fn publish(&mut self) {
        self.stale = match self.publisher.publish(&mut self.connection) {
            Ok(()) => false,
            Err(error) => {
                tracing::error!(%error, "cannot read the configuration; the last one stays in use");
                true
            }
        };
    }
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
