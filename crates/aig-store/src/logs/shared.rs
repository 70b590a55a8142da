//! Which bodies were written lately, so that they are not written again: what the cache answers over
//! and over is the same question and the same answer each time, and long ones are most of a log.
//!
//! Two long answers are the same when they lie in the same memory, which is held here as long as it
//! counts, and short ones when they say the same. Questions come anew each time, and are the same when
//! their digests are. Counting the rows that share, and when their bodies go, is left to `bodies`.

use std::collections::VecDeque;

use aig_model::{Body, Transcript};
use rusqlite::Transaction;

use crate::journal::Entry;

/// Bodies that may be written again, and where they are.
#[derive(Default)]
pub(crate) struct Shared {
    /// The one that was asked for last comes last.
    lately: VecDeque<Written>,
    /// What the file said of its changes by others.
    version: Option<i64>,
}

/// The bodies of a row.
struct Written {
    incarnation: i64,
    question: Option<Question>,
    answer: Option<Body>,
    place: BodyPlace,
}

/// A request's body.
#[derive(PartialEq)]
struct Question {
    digest: [u8; 32],
    coding: Option<Box<str>>,
}

/// The block of bodies, and where in it.
pub(crate) type BodyPlace = (i64, i64);

/// Bodies below this are written again, in bytes: to count who shares them costs as much.
const LONG: usize = 4 << 10;
/// How many bytes of answers are held, for the memory that it takes.
const HELD: usize = 4 << 20;
/// How many rows' bodies are held: each is looked at.
const MOST: usize = 64;

const VERSION: &str = "PRAGMA data_version";

// === impl Shared ===

impl Shared {
    /// Rows are to be written. Another process may have deleted some meanwhile.
    pub(crate) fn begin(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut statement = transaction.prepare_cached(VERSION)?;
        let version = statement.query_row([], |row| row.get(0))?;
        if self.version.replace(version) != Some(version) {
            self.forget();
        }
        Ok(())
    }

    /// Rows were deleted, or were not written after all.
    pub(crate) fn forget(&mut self) {
        self.lately.clear();
    }

    /// No row has the bodies at these places any more.
    pub(crate) fn lose(&mut self, body: i64, places: &[i64]) {
        self.lately
            .retain(|Written { place, .. }| place.0 != body || !places.contains(&place.1));
    }

    /// Where the bodies of this row are already.
    pub(crate) fn find(&mut self, entry: &Entry) -> Option<BodyPlace> {
        let (question, answer) = coming_again(entry)?;
        let at = self.lately.iter().position(|written| {
            written.incarnation == entry.place.incarnation
                && written.question == question
                && match (&written.answer, answer) {
                    (Some(one), Some(other)) => {
                        one.coding == other.coding && in_one_place(one, other)
                    }
                    (one, other) => one.is_none() && other.is_none(),
                }
        })?;
        let written = self.lately.remove(at)?;
        let place = written.place;
        self.lately.push_back(written);
        Some(place)
    }

    fn held(&self) -> usize {
        let answers = self
            .lately
            .iter()
            .filter_map(|written| written.answer.as_ref());
        answers.map(Body::len).sum()
    }

    /// The bodies of a row were written there.
    pub(crate) fn note(&mut self, entry: &Entry, place: BodyPlace) {
        let Some((question, answer)) = coming_again(entry) else {
            return;
        };
        if answer.is_some_and(|answer| answer.len() > HELD / 4) {
            return;
        }
        self.lately.push_back(Written {
            incarnation: entry.place.incarnation,
            question,
            answer: answer.cloned(),
            place,
        });
        while self.lately.len() > MOST || self.held() > HELD {
            self.lately.pop_front();
        }
    }
}

/// The bodies of a row that may share them.
fn coming_again(entry: &Entry) -> Option<(Option<Question>, Option<&Body>)> {
    let Transcript { request, response } = &entry.row.transcript;
    if !entry.row.record.cached || entry.row.transcript.weight() < LONG {
        return None;
    }
    let question = match request {
        Some(body) => Some(Question {
            digest: **body.digest.as_ref()?,
            coding: body.coding.clone(),
        }),
        None => None,
    };
    Some((question, response.as_ref()))
}

fn in_one_place(one: &Body, other: &Body) -> bool {
    // What is short is copied for each row.
    if one.len() < LONG {
        return one.pieces() == other.pieces();
    }
    let pieces = one.pieces().iter().zip(other.pieces());
    one.pieces().len() == other.pieces().len()
        && pieces
            .map(|(one, other)| (one.as_ptr_range(), other.as_ptr_range()))
            .all(|(one, other)| one == other)
}
