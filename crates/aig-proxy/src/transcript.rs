//! Bodies for the log, kept while they pass.
//!
//! A body is kept in the pieces in which it came, uncopied, but for small ones, which would hold on to
//! far greater buffers. Each has a bound, and those of all open requests together have one ([`Room`]):
//! beyond either nothing of the body is kept, and the row says so. The caller's key does not go
//! into the log, not even where a provider gives it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aig_model::{Body, BodyFate};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use memchr::memmem::Finder;
use smallvec::SmallVec;

use crate::headers;
use crate::record::clipped;

/// What the bodies of all open requests may take together.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    taken: AtomicUsize,
}

/// A body on its way into the log.
#[derive(Debug)]
pub(crate) struct Capture {
    room: Arc<Room>,
    body: Body,
    small: BytesMut,
    fate: BodyFate,
    /// Bytes of the room that it has.
    held: usize,
}

/// The bodies of all open requests together, in bytes.
pub const OPEN_BODIES: usize = 64 << 20;

/// Pieces below this are copied together, in bytes.
const SMALL: usize = 1 << 10;
/// How long a piece made of small ones is at least, in bytes, but for the last.
const JOINED: usize = 8 << 10;

/// The shortest key that is looked for. Shorter ones are no secrets, and words have as many letters.
const SECRET: usize = 8;
/// What stands in a key's place.
const REDACTED: &[u8] = b"[redacted]";

// === impl Room ===

impl Room {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { most, taken })
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed);
        let fits = taken.saturating_add(bytes) <= self.most;
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

// === impl Capture ===

impl Capture {
    /// Nothing came by yet.
    pub(crate) fn new(room: &Arc<Room>) -> Self {
        Self {
            room: Arc::clone(room),
            body: Body::default(),
            small: BytesMut::new(),
            fate: BodyFate::Kept,
            held: 0,
        }
    }

    /// What codes the body, as these headers say.
    pub(crate) fn coded(&mut self, headers: &HeaderMap) {
        let coding = headers::text(headers, header::CONTENT_ENCODING);
        let coding = coding.filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        self.body.coding = coding.map(|coding| clipped(coding).into());
    }

    /// A piece comes by.
    pub(crate) fn push(&mut self, piece: &Bytes) {
        if self.fate != BodyFate::Kept {
            return;
        }
        if self.body.len() + self.small.len() + piece.len() > Body::MAX {
            return self.give_up(BodyFate::TooLarge);
        }
        if !self.room.take(piece.len()) {
            return self.give_up(BodyFate::Shed);
        }
        self.held += piece.len();
        if piece.len() < SMALL {
            self.small.extend_from_slice(piece);
            if self.small.len() < JOINED {
                return;
            }
            return self.join();
        }
        self.join();
        self.keep(piece.clone());
    }

    /// The body, which may still have secrets in it, and what became of it. Nothing is as good as no
    /// body.
    pub(crate) fn finish(mut self) -> (Option<Body>, BodyFate) {
        self.join();
        let body = std::mem::take(&mut self.body);
        match self.fate {
            BodyFate::Kept if body.is_empty() => (None, BodyFate::NotKept),
            BodyFate::Kept => (Some(body), BodyFate::Kept),
            fate => (None, fate),
        }
    }

    fn join(&mut self) {
        if !self.small.is_empty() {
            let joined = self.small.split().freeze();
            self.keep(joined);
        }
    }

    fn keep(&mut self, piece: Bytes) {
        if self.body.push(piece).is_err() {
            self.give_up(BodyFate::TooLarge);
        }
    }

    fn give_up(&mut self, fate: BodyFate) {
        self.fate = fate;
        self.body = Body::default();
        self.small = BytesMut::new();
        self.room.give_back(std::mem::take(&mut self.held));
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.room.give_back(self.held);
    }
}

/// What to look for, of these secrets.
pub(crate) fn sought(secrets: &[Bytes]) -> SmallVec<[Finder<'_>; 2]> {
    let secrets = secrets.iter().filter(|secret| secret.len() >= SECRET);
    secrets.map(Finder::new).collect()
}

/// Takes every one of these secrets out of a body; says whether there was one, which there hardly ever is.
pub(crate) fn hide(body: &mut Body, secrets: &[Finder<'_>]) -> bool {
    if !secrets.iter().any(|secret| has(body, secret)) {
        return false;
    }
    let mut text = body.pieces().concat();
    for secret in secrets {
        text = replaced(&text, secret);
    }
    let coding = body.coding.take();
    // It may have become longer than a body may be, by keys of eight letters in ten million.
    *body = Body::try_from(Bytes::from(text)).unwrap_or_default();
    body.coding = coding;
    true
}

/// Whether a secret stands in a body, be it across the edges of pieces.
fn has(body: &Body, secret: &Finder<'_>) -> bool {
    let most = secret.needle().len() - 1;
    let pieces = body.pieces();
    if let [whole] = pieces {
        return secret.find(whole).is_some();
    }
    let mut before: Vec<u8> = Vec::new();
    pieces.iter().any(|piece| {
        if secret.find(piece).is_some() {
            return true;
        }
        // What of the pieces so far may be its beginning, with what may be its end.
        let head = &piece[..piece.len().min(most)];
        let edge = [&before[..], head].concat();
        let found = secret.find(&edge).is_some();
        let seen = if piece.len() > most {
            &piece[..]
        } else {
            &edge[..]
        };
        before = seen[seen.len().saturating_sub(most)..].to_vec();
        found
    })
}

fn replaced(text: &[u8], secret: &Finder<'_>) -> Vec<u8> {
    let mut clean = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in secret.find_iter(text) {
        clean.extend_from_slice(&text[from..at]);
        clean.extend_from_slice(REDACTED);
        from = at + secret.needle().len();
    }
    clean.extend_from_slice(&text[from..]);
    clean
}

#[cfg(test)]
mod tests;
