//! The one thread that writes logs.
//!
//! It gathers rows for a moment and writes them in one transaction, because a transaction costs
//! more than a row. When the file cannot be written (locked, disk full), it keeps the batch and
//! tries again, while the bounded queue behind it sheds; a row that is itself at fault is left out
//! of its batch and counted. Between batches it sweeps away what deleted gateways left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aig_model::{LogQuery, LogStrategy};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::error::StoreError;
use crate::journal::{Change, Entry, Journal, JournalCounters, Message};
use crate::live::Live;
use crate::logs::{self, Scribe};
use crate::sweep::Sweep;

/// Holds the thread; its end waits for the rows that are queued.
pub(crate) struct JournalWriter {
    messages: Sender<Message>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct JournalThread {
    connection: Connection,
    messages: Receiver<Message>,
    counters: Arc<JournalCounters>,
    ending: Arc<AtomicBool>,
    scribe: Scribe,
    live: watch::Receiver<Arc<Live>>,
    sweep: Sweep,
}

/// What was gathered in one go.
#[derive(Default)]
struct Batch {
    rows: Vec<Entry>,
    change: Option<Change>,
    flushes: Vec<oneshot::Sender<()>>,
    last: bool,
}

/// The most rows of one transaction.
const ROWS: usize = 1_000;

/// The most rows that make room between two batches: rows wait to be written meanwhile.
const ROOM: u64 = 10_000;

/// How long a row waits for others to share its transaction.
const WINDOW: Duration = Duration::from_millis(200);

/// How long the thread sleeps between two looks at the queue meanwhile. Each costs as much as a few
/// rows; whoever asks for something and waits wakes it.
const TICK: Duration = Duration::from_millis(50);

/// How long the thread waits for a lock of another process, and between two attempts.
const RETRY: Duration = Duration::from_millis(200);

/// How long the end of the store waits for a file that cannot be written.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the thread sleeps without rows before it looks for something to sweep.
const IDLE: Duration = Duration::from_secs(1);

// === impl Batch ===

impl Batch {
    /// Takes a message in; whether others may follow before all is settled.
    fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Row(entry) => {
                self.rows.push(entry);
                return true;
            }
            Message::Change(change) => self.change = Some(change),
            Message::Flush(answer) => self.flushes.push(answer),
            Message::End => self.last = true,
        }
        false
    }
}

// === impl JournalWriter ===

impl JournalWriter {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        live: watch::Receiver<Arc<Live>>,
    ) -> Result<(Journal, Self), StoreError> {
        connection.busy_timeout(RETRY)?;
        let mut boot = [0; 8];
        getrandom::fill(&mut boot)?;
        let (messages, received) = channel();
        let counters = Arc::<JournalCounters>::default();
        let ending = Arc::<AtomicBool>::default();
        let mut writer = JournalThread {
            connection,
            messages: received,
            counters: Arc::clone(&counters),
            ending: Arc::clone(&ending),
            scribe: Scribe::new()?,
            live: live.clone(),
            sweep: Sweep::new(live.clone()),
        };
        let thread = thread::Builder::new()
            .name("store-journal".into())
            .spawn(move || writer.run())
            .expect("the system can start a thread while the program starts");
        let journal = Journal::new(
            messages.clone(),
            thread.thread().clone(),
            counters,
            live,
            i64::from_ne_bytes(boot),
        );
        let writer = Self {
            messages,
            ending,
            thread: Some(thread),
        };
        Ok((journal, writer))
    }
}

impl Drop for JournalWriter {
    /// Waits for the rows that are queued, but not long for a file that cannot be written.
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        // Fails only when the thread has ended already.
        let _ = self.messages.send(Message::End);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the journal's thread panicked");
            }
        }
    }
}

// === impl JournalThread ===

impl JournalThread {
    fn run(&mut self) {
        loop {
            let mut batch = self.gather();
            self.settle(&mut batch.rows);
            if let Some(change) = batch.change {
                change(&mut self.connection, &mut self.scribe);
            }
            if let Err(error) = self.make_room() {
                tracing::debug!(%error, "cannot delete the oldest logs now");
                self.scribe.forget();
            }
            for flush in batch.flushes {
                // Whoever asked may be gone.
                let _ = flush.send(());
            }
            if batch.last {
                return self.abandon();
            }
            // What a log that is gone has lost is not shared: the number of its block may be another's.
            if self.sweep.step(&mut self.connection) {
                self.scribe.forget_bodies();
            }
        }
    }

    /// Waits for a row, then for others that come soon.
    fn gather(&self) -> Batch {
        let mut batch = Batch::default();
        let wait = if self.sweep.is_busy() {
            Duration::ZERO
        } else {
            IDLE
        };
        let mut next = match self.messages.recv_timeout(wait) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return batch,
            Err(RecvTimeoutError::Disconnected) => Message::End,
        };
        let until = Instant::now() + WINDOW;
        while batch.take(next) && batch.rows.len() < ROWS {
            next = match self.next(until) {
                Some(message) => message,
                None => break,
            };
        }
        batch
    }

    /// The next message, if one comes in time. Meanwhile the thread sleeps and does not wait at the
    /// queue: there, whoever hands a row in has to wake it, which costs a request more than all else
    /// that is done for its row. It is woken by those who wait for it, and when the queue fills.
    fn next(&self, until: Instant) -> Option<Message> {
        loop {
            match self.messages.try_recv() {
                Ok(message) => return Some(message),
                Err(TryRecvError::Disconnected) => return Some(Message::End),
                Err(TryRecvError::Empty) => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.counters.pressing() {
                return None;
            }
            thread::park_timeout(left.min(TICK));
        }
    }

    /// Writes the rows, as often as it takes; gives up only when the store ends.
    fn settle(&mut self, rows: &mut [Entry]) {
        let mut stalled: Option<Instant> = None;
        let mut give_up = None;
        while let Err(error) = self.write(rows) {
            if stalled.is_none() {
                tracing::warn!(%error, "cannot write logs; trying again until it works");
                stalled = Some(Instant::now());
            }
            if self.ending.load(Ordering::Relaxed) {
                let give_up = *give_up.get_or_insert_with(|| Instant::now() + PATIENCE);
                if Instant::now() >= give_up {
                    tracing::error!(rows = rows.len(), "logs were lost: they cannot be written");
                    rows.iter()
                        .for_each(|row| self.counters.settle_dropped(row));
                    return;
                }
            }
            thread::park_timeout(RETRY);
        }
        if let Some(since) = stalled {
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "logs can be written again");
        }
    }

    /// Writes all rows that can be stored, or none.
    fn write(&mut self, rows: &mut [Entry]) -> rusqlite::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let immediate = TransactionBehavior::Immediate;
        let live = Arc::clone(&self.live.borrow());
        let transaction = self.connection.transaction_with_behavior(immediate)?;
        let written = (self.scribe)
            .write(&transaction, rows, |row| {
                live.stops_at(row.place.incarnation)
            })
            .and_then(|refused| transaction.commit().map(|()| refused));
        let refused = written.inspect_err(|_| self.scribe.forget())?;
        let mut refused = refused.into_iter().peekable();
        for (index, row) in rows.iter().enumerate() {
            match refused.next_if_eq(&index) {
                Some(_) => self.counters.settle_refused(row),
                None => self.counters.settle_written(row),
            }
        }
        Ok(())
    }

    /// Deletes the oldest rows of logs that have more than they may, some more than needed, so that
    /// it is not to be done again at once.
    fn make_room(&mut self) -> rusqlite::Result<()> {
        let live = Arc::clone(&self.live.borrow());
        for (incarnation, (most, strategy)) in &live.limits {
            let total = logs::total(&self.connection, *incarnation)?;
            let most = u64::from(*most);
            if *strategy != LogStrategy::DeleteOldest || total <= most {
                continue;
            }
            let gone = (total - most + most / 1_000).min(ROOM);
            let oldest = LogQuery {
                ascending: true,
                ..LogQuery::default()
            };
            let immediate = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(immediate)?;
            let scribe = &mut self.scribe;
            logs::trim(&transaction, scribe, *incarnation, &oldest, gone as u32)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// What came after the end was never promised a place in the file.
    fn abandon(&self) {
        for message in self.messages.try_iter() {
            if let Message::Row(entry) = message {
                self.counters.settle_dropped(&entry);
            }
        }
    }
}
