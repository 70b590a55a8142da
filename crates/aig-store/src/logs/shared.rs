//! Which bodies were written lately, so that they are not written again: what the cache answers over
//! and over is the same question and the same answer each time, and long ones are most of a log.
//!
//! Two long answers are the same when they lie in the same memory, which is held here as long as it
//! counts; questions come anew each time and are compared, and so are short answers. Counting the
//! rows that share, and when their bodies go, is left to `bodies`.

use std::collections::VecDeque;

use aig_model::{Body, Transcript};
use bytes::Bytes;
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
    transcript: Transcript,
    place: BodyPlace,
}

/// The block of bodies, and where in it.
pub(crate) type BodyPlace = (i64, i64);

/// Bodies below this are written again, in bytes: to count who shares them costs as much.
const LONG: usize = 4 << 10;
/// How many bytes of bodies are held, for the memory that it takes.
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
        if !may_come_again(entry) {
            return None;
        }
        let at = self.lately.iter().position(|written| {
            let Transcript { request, response } = &entry.row.transcript;
            written.incarnation == entry.place.incarnation
                && same(&written.transcript.response, response, in_one_place)
                && same(&written.transcript.request, request, equal)
        })?;
        let written = self.lately.remove(at)?;
        let place = written.place;
        self.lately.push_back(written);
        Some(place)
    }

    fn held(&self) -> usize {
        let bodies = self.lately.iter();
        bodies.map(|written| written.transcript.weight()).sum()
    }

    /// The bodies of a row were written there.
    pub(crate) fn note(&mut self, entry: &Entry, place: BodyPlace) {
        let transcript = &entry.row.transcript;
        if !may_come_again(entry) || transcript.weight() > HELD / 4 {
            return;
        }
        let transcript = Transcript {
            // The buffer that it came in is longer.
            request: transcript.request.as_ref().map(copied),
            response: transcript.response.clone(),
        };
        self.lately.push_back(Written {
            incarnation: entry.place.incarnation,
            transcript,
            place,
        });
        while self.lately.len() > MOST || self.held() > HELD {
            self.lately.pop_front();
        }
    }
}

fn may_come_again(entry: &Entry) -> bool {
    entry.row.record.cached && entry.row.transcript.weight() >= LONG
}

fn copied(body: &Body) -> Body {
    // As long as the body was, which was not too long.
    let mut whole = Body::try_from(body.pieces().concat()).unwrap_or_default();
    whole.coding = body.coding.clone();
    whole
}

fn same(one: &Option<Body>, other: &Option<Body>, bytes: fn(&Body, &Body) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.coding == other.coding && bytes(one, other)
        }
        (one, other) => one.is_none() && other.is_none(),
    }
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

/// Whether a body in one piece is what another is in some; both are of the same length.
fn equal(whole: &Body, pieces: &Body) -> bool {
    let mut rest: &[u8] = whole.pieces().first().map_or(&[], Bytes::as_ref);
    pieces.pieces().iter().all(|piece| {
        let (head, tail) = rest.split_at(piece.len().min(rest.len()));
        rest = tail;
        head == piece
    })
}
