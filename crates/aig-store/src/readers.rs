//! Threads that read, with connections of their own, so that no read delays a write.
//!
//! Each read is one transaction, sees one moment of its file, and has a deadline: a search through
//! a big log must not hold a thread for as long as it likes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction};
use tokio::sync::oneshot;

use crate::error::StoreError;

/// Takes reads of one file to its threads.
pub(crate) struct Readers {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
    /// In nanoseconds.
    deadline: AtomicU64,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// How many reads may wait.
pub const QUEUE: usize = 256;

/// How many steps of SQLite's machine go by between two looks at the clock.
const STEPS: std::ffi::c_int = 4_096;

impl Readers {
    /// How long a read may take, its turn in the queue included.
    pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

    /// Starts a thread for each connection.
    pub(crate) fn start(
        name: &str,
        connections: impl IntoIterator<Item = Connection>,
        deadline: Duration,
    ) -> Self {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let threads = connections
            .into_iter()
            .map(|mut connection| {
                let queue = Arc::clone(&queue);
                thread::Builder::new()
                    .name(name.into())
                    .spawn(move || {
                        while let Some(job) = next(&queue) {
                            if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
                                tracing::error!("a read of the store panicked");
                            }
                        }
                    })
                    .expect("the system can start a thread while the program starts")
            })
            .collect();
        Self {
            jobs: Some(jobs),
            threads,
            deadline: AtomicU64::new(nanoseconds(deadline)),
        }
    }

    /// Gives reads that are asked for from now on another deadline.
    pub(crate) fn set_deadline(&self, deadline: Duration) {
        self.deadline
            .store(nanoseconds(deadline), Ordering::Relaxed);
    }

    /// Reads something.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let allowed = Duration::from_nanos(self.deadline.load(Ordering::Relaxed));
        let ends = Instant::now() + allowed;
        let job: Job = Box::new(move |connection| {
            // Nobody waits for the answer any more: spare the disk.
            if !answer.is_closed() {
                let _ = answer.send(
                    read_until(connection, ends, read).map_err(|error| in_time(error, allowed)),
                );
            }
        });
        let jobs = self.jobs.as_ref().expect("only dropping takes the queue");
        jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Readers {
    /// Lets the queued reads finish and waits for the threads.
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // Each catches the panics of its jobs, so there is none to pass on.
            let _ = thread.join();
        }
    }
}

/// The lock is held while waiting: one thread waits for a job, the others for the lock.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

fn read_until<T>(
    connection: &mut Connection,
    ends: Instant,
    read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    // It may have waited for its turn all that time, and a read of few steps sees no clock.
    if Instant::now() >= ends {
        let interrupted = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
        return Err(rusqlite::Error::SqliteFailure(interrupted, None));
    }
    connection.busy_timeout(ends.saturating_duration_since(Instant::now()))?;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= ends))?;
    read(&connection.transaction()?)
}

/// Does something with a connection that has no deadline of its own, for so long at most.
pub(crate) fn bounded<T>(
    connection: &mut Connection,
    allowed: Duration,
    work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let ends = Instant::now() + allowed;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= ends))?;
    let done = work(connection);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    done.map_err(|error| in_time(error, allowed))
}

fn in_time(error: rusqlite::Error, allowed: Duration) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => StoreError::Deadline(allowed),
        _ => error.into(),
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
