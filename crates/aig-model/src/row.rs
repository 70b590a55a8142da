//! A row on its way to the log: what its request knows of it, and what can be made out later.
//!
//! A request is over when its answer is; whoever waits for it need not wait for its row. What the
//! answer's counts are, and what they cost, is made out where rows are written, many in a row, which
//! takes a fraction of the time that it takes in the middle of something else.

use std::fmt;

use crate::{Record, Transcript};

/// A row that is to be written.
pub struct Row<R: ?Sized = dyn Rest> {
    /// The facts.
    pub record: Record,
    /// The bodies that are to be kept.
    pub transcript: Transcript,
    /// What is missing yet.
    pub rest: R,
}

/// What a row lacks when its request is over.
pub trait Rest: Send {
    /// How many bytes it takes, for queues that are bounded in bytes.
    fn weight(&self) -> usize;

    /// Writes into the row what was missing. Called once, before the row is written, on a thread
    /// that may take its time.
    fn complete(&mut self, record: &mut Record, transcript: &mut Transcript);
}

// === impl Row ===

impl<R: Rest + ?Sized> Row<R> {
    /// How many bytes it takes without its bodies.
    pub fn weight(&self) -> usize {
        self.record.weight() + self.rest.weight()
    }

    /// Makes it whole.
    pub fn complete(&mut self) {
        self.rest.complete(&mut self.record, &mut self.transcript);
    }
}

impl From<(Record, Transcript)> for Box<Row> {
    /// A row that lacks nothing.
    fn from((record, transcript): (Record, Transcript)) -> Self {
        Box::new(Row {
            record,
            transcript,
            rest: Whole,
        })
    }
}

impl From<Record> for Box<Row> {
    fn from(record: Record) -> Self {
        Self::from((record, Transcript::EMPTY))
    }
}

impl<R: ?Sized> fmt::Debug for Row<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("record", &self.record)
            .field("transcript", &self.transcript)
            .finish_non_exhaustive()
    }
}

/// Nothing is missing.
struct Whole;

impl Rest for Whole {
    fn weight(&self) -> usize {
        0
    }

    fn complete(&mut self, _: &mut Record, _: &mut Transcript) {}
}
