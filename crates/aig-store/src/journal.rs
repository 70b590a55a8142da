//! Where log rows are handed in: a queue bounded in bytes, and what is counted of it.
//!
//! Handing in never waits: what does not fit is dropped and counted, because a log must not slow
//! the traffic it tells of. Every row offered gets a number, dropped ones too, so that loss can
//! also be counted from the rows that were written. Writing is left to `journal_writer`.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::thread::Thread;

use aig_model::{Body, BodyFate, Row, Transcript};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::error::StoreError;
use crate::live::Live;
use crate::logs::{Place, Scribe};
use crate::readers::{self, Readers};

/// Takes log rows. Clones hand in to the same queue.
#[derive(Clone)]
pub struct Journal {
    desk: Arc<Desk>,
}

/// What became of the rows. At rest, `offered` is the sum of `written`, `dropped` and `refused`.
#[derive(Debug, Default)]
pub struct JournalCounters {
    offered: AtomicU64,
    written: AtomicU64,
    dropped: AtomicU64,
    refused: AtomicU64,
    shed: AtomicU64,
    queued_bytes: AtomicU64,
    queued_rows: AtomicU64,
}

/// What goes to the writer.
pub(crate) enum Message {
    /// A row to write.
    Row(Entry),
    /// Something else that changes the log, in its turn.
    Change(Change),
    /// Answer when everything before this is settled.
    Flush(oneshot::Sender<()>),
    /// The last message.
    End,
}

/// A change of rows that are written; it answers for itself.
pub(crate) type Change = Box<dyn FnOnce(&mut Connection, &mut Scribe) + Send>;

/// A row in the queue.
pub(crate) struct Entry {
    /// As the request made it: what is handed from one thread to another is not copied.
    pub(crate) row: Box<Row>,
    /// Whether the row lacks nothing any more.
    pub(crate) whole: bool,
    pub(crate) place: Place,
    pub(crate) weight: u64,
    /// Its bodies were given up, because they did not fit into the queue.
    pub(crate) shed: bool,
}

struct Desk {
    messages: Sender<Message>,
    /// Reads the messages, but not at once.
    writer: Thread,
    counters: Arc<JournalCounters>,
    live: watch::Receiver<Arc<Live>>,
    boot: i64,
}

// === impl Journal ===

impl Journal {
    /// How many bytes may wait to be written.
    pub const CAPACITY: u64 = 16 << 20;

    /// With so many bytes in the queue they are written at once: rows that wait for others hold
    /// memory, and would take the room of those that come.
    pub(crate) const PRESSING: u64 = Self::CAPACITY / 4;

    /// So are that many rows: more in one transaction are hardly cheaper. A row is small, and what
    /// the allocator once gave for many of them it keeps.
    pub(crate) const PRESSING_ROWS: u64 = 500;

    pub(crate) fn new(
        messages: Sender<Message>,
        writer: Thread,
        counters: Arc<JournalCounters>,
        live: watch::Receiver<Arc<Live>>,
        boot: i64,
    ) -> Self {
        Self {
            desk: Arc::new(Desk {
                messages,
                writer,
                counters,
                live,
                boot,
            }),
        }
    }

    /// Hands in a row, or drops and counts it; bodies for which there is no room are shed first, and
    /// the row says so. Never blocks. What the row lacks is made out by the
    /// writer, or here while rows wait for it.
    pub fn offer(&self, row: impl Into<Box<Row>>) {
        self.take_in(row.into());
    }

    fn take_in(&self, mut row: Box<Row>) {
        let desk = &*self.desk;
        let counters = &*desk.counters;
        // A writer that falls behind is given no more work than it has to have.
        let whole = counters.waits(2);
        if whole {
            complete(&mut row);
        }
        let seq = counters.offered.fetch_add(1, Ordering::Relaxed);
        // Looked up now, not when it is written: meanwhile the id may be another gateway's.
        let of_row = row.weight() as u64;
        let Row {
            record, transcript, ..
        } = &mut *row;
        let incarnation = desk.live.borrow().of(record.account, &record.gateway);
        let Some(incarnation) = incarnation else {
            // Its gateway was deleted while the request was on its way.
            counters.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let mut weight = of_row + transcript.weight() as u64;
        let mut room = BODIES;
        if weight == of_row {
            room = Journal::CAPACITY;
        }
        let mut without = false;
        let mut taken = counters.take(weight, room);
        if taken.is_none() && room == BODIES {
            without = true;
            shed(&mut transcript.request, &mut record.request_body);
            shed(&mut transcript.response, &mut record.response_body);
            weight = of_row;
            taken = counters.take(weight, Journal::CAPACITY);
        }
        let Some(presses) = taken else {
            counters.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        kept(&transcript.request, &mut record.request_body);
        kept(&transcript.response, &mut record.response_body);
        let place = Place {
            incarnation,
            boot: desk.boot,
            seq,
        };
        let entry = Entry {
            row,
            whole,
            place,
            weight,
            shed: without,
        };
        if desk.messages.send(Message::Row(entry)).is_err() {
            counters.settle(weight, &counters.dropped);
        } else if presses {
            desk.writer.unpark();
        }
    }

    /// Returns when every row handed in before has been written, or refused.
    pub async fn flush(&self) {
        let (answer, answered) = oneshot::channel();
        if self.desk.messages.send(Message::Flush(answer)).is_ok() {
            self.desk.writer.unpark();
            // An answer that cannot come means that the writer has ended, and settled all.
            let _ = answered.await;
        }
    }

    /// Changes rows that are written. What waits before it is written first. What takes longer than
    /// a read may is undone: rows wait meanwhile.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>, &mut Scribe) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let change: Change = Box::new(move |connection, scribe| {
            let changed = readers::bounded(connection, Readers::DEADLINE, |connection| {
                let immediate = TransactionBehavior::Immediate;
                let transaction = connection.transaction_with_behavior(immediate)?;
                let changed = change(&transaction, scribe)?;
                transaction.commit()?;
                Ok(changed)
            });
            if changed.is_err() {
                scribe.forget();
            }
            // Whoever asked may be gone.
            let _ = answer.send(changed);
        });
        let sent = self.desk.messages.send(Message::Change(change));
        sent.map_err(|_| StoreError::Closed)?;
        self.desk.writer.unpark();
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// What became of the rows.
    pub fn counters(&self) -> &JournalCounters {
        &self.desk.counters
    }
}

/// How much of the queue rows with bodies may fill: the last quarter is for rows alone, so that a
/// writer that stalls loses bodies long before it loses rows.
const BODIES: u64 = Journal::CAPACITY / 4 * 3;

fn shed(body: &mut Option<Body>, fate: &mut BodyFate) {
    if body.take().is_some() {
        *fate = BodyFate::Shed;
    }
}

const fn kept(body: &Option<Body>, fate: &mut BodyFate) {
    if body.is_some() {
        *fate = BodyFate::Kept;
    }
}

/// Makes a row whole. What it lacks is made out of what others sent, and no fault in that may end the
/// thread that writes, or a request: the row then goes without it, and without its bodies.
fn complete(row: &mut Row) {
    if panic::catch_unwind(AssertUnwindSafe(|| row.complete())).is_err() {
        tracing::error!(id = %row.record.id, "a row could not be made whole; this is a fault of the program");
        row.transcript = Transcript::EMPTY;
        row.record.request_body = BodyFate::NotKept;
        row.record.response_body = BodyFate::NotKept;
    }
}

// === impl Entry ===

impl Entry {
    /// Makes out what the row still lacks.
    pub(crate) fn complete(&mut self) {
        if !mem::replace(&mut self.whole, true) {
            complete(&mut self.row);
        }
    }
}

// === impl JournalCounters ===

impl JournalCounters {
    /// Rows handed in.
    pub fn offered(&self) -> u64 {
        self.offered.load(Ordering::Relaxed)
    }

    /// Rows written.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Rows that did not fit into the queue, or were still in it when the store had to end.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Rows that cannot be stored, or whose gateway is gone.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Rows that were written without their bodies, because those did not fit into the queue.
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// Bytes that wait to be written.
    pub fn queued_bytes(&self) -> u64 {
        self.queued_bytes.load(Ordering::Relaxed)
    }

    /// Whether what waits is to be written at once.
    pub(crate) fn pressing(&self) -> bool {
        self.waits(1)
    }

    /// Whether that part of what makes the queue press waits: 2 is half of it.
    fn waits(&self, part: u64) -> bool {
        self.queued_bytes() >= Journal::PRESSING / part
            || self.queued_rows.load(Ordering::Relaxed) >= Journal::PRESSING_ROWS / part
    }

    /// Takes in a row of that many bytes, if there is room for it; whether it makes the queue press.
    fn take(&self, weight: u64, room: u64) -> Option<bool> {
        let before = self
            .queued_bytes
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |queued| {
                queued.checked_add(weight).filter(|sum| *sum <= room)
            });
        let bytes = before.ok()?;
        let rows = self.queued_rows.fetch_add(1, Ordering::Relaxed);
        // Each mark is passed by one row, whoever passes the other meanwhile.
        let by_bytes = bytes < Journal::PRESSING && bytes + weight >= Journal::PRESSING;
        Some(by_bytes || rows + 1 == Journal::PRESSING_ROWS)
    }

    fn settle(&self, weight: u64, as_what: &AtomicU64) {
        self.queued_bytes.fetch_sub(weight, Ordering::Relaxed);
        self.queued_rows.fetch_sub(1, Ordering::Relaxed);
        as_what.fetch_add(1, Ordering::Relaxed);
    }

    /// The row stands in the file.
    pub(crate) fn settle_written(&self, entry: &Entry) {
        self.settle(entry.weight, &self.written);
        self.shed.fetch_add(entry.shed.into(), Ordering::Relaxed);
    }

    /// The row cannot be stored.
    pub(crate) fn settle_refused(&self, entry: &Entry) {
        self.settle(entry.weight, &self.refused);
    }

    /// There was no time left to write the row.
    pub(crate) fn settle_dropped(&self, entry: &Entry) {
        self.settle(entry.weight, &self.dropped);
    }
}

#[cfg(test)]
mod tests;
