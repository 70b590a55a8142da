//! Filling a place: the permit of whoever leads, and an answer while it is gathered.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use aig_policy::cache::{CacheKey, NotStored};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::watch;

use super::{CacheStore, CachedAnswer, KEPT, Stored};

/// The duty to fill a place; others wait until it is gone. Dropping it says that nothing came of it,
/// and should happen as soon as that is known.
#[derive(Debug)]
pub struct FillPermit {
    store: CacheStore,
    key: CacheKey,
    /// Its end is what the others wait for.
    leader: watch::Sender<()>,
}

/// An answer on its way into the store. Dropping it stores nothing.
#[derive(Debug)]
pub struct Fill {
    permit: FillPermit,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Bytes of the budget that `body` has.
    held: u64,
}

// === impl FillPermit ===

impl FillPermit {
    pub(super) fn new(store: CacheStore, key: CacheKey, leader: watch::Sender<()>) -> Self {
        Self { store, key, leader }
    }

    /// How many wait for it.
    pub fn followers(&self) -> usize {
        // The store's own is one of them.
        self.leader.receiver_count().saturating_sub(1)
    }

    /// Begins to gather an answer with this head, whose body has `length` bytes if it said so. Of
    /// the headers only those are kept that say what the body is.
    pub fn begin(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> Result<Fill, NotStored> {
        let content_type = headers.get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let most = self.store.max_answer();
        if let Some(why) = NotStored::of_head(status.as_u16(), content_type, length, most) {
            return Err(why);
        }
        let kept = KEPT.iter().flat_map(|name| {
            let values = headers.get_all(name).iter();
            values.map(move |value| (name.clone(), value.clone()))
        });
        let mut fill = Fill {
            status,
            headers: kept.collect(),
            body: Vec::new(),
            held: 0,
            permit: self,
        };
        let length = usize::try_from(length.unwrap_or(0)).map_err(|_| NotStored::TooLong)?;
        fill.reserve(length)?;
        Ok(fill)
    }
}

impl Drop for FillPermit {
    fn drop(&mut self) {
        let leaders = &self.store.0.leaders;
        let mut leaders = leaders.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, and before the sender goes: whoever wakes finds the place free.
        leaders.remove(&self.key);
        // Room for a rush is not kept for ever.
        if leaders.capacity() > 1_024 && leaders.len() < leaders.capacity() / 8 {
            leaders.shrink_to_fit();
        }
    }
}

// === impl Fill ===

impl Fill {
    /// Takes the next bytes of the body. After an error the fill is of no use and should be dropped.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), NotStored> {
        let length = self.body.len() + bytes.len();
        if length as u64 > self.permit.store.max_answer() {
            return Err(NotStored::TooLong);
        }
        if length > self.body.capacity() {
            // Twice as much as before, like a vector by itself.
            self.reserve(length.max(self.body.capacity() * 2))?;
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    /// Stores the answer, which is complete and no error, and lets the others have it.
    pub fn finish(mut self, ttl: Duration, now: Instant) -> Arc<CachedAnswer> {
        // Boxed, it takes no more than it weighs.
        let body = std::mem::take(&mut self.body).into_boxed_slice();
        let answer = Arc::new(CachedAnswer {
            status: self.status,
            headers: std::mem::take(&mut self.headers),
            body: Bytes::from(body),
            stored: now,
            clean: Arc::default(),
        });
        if let Some(expires) = now.checked_add(ttl) {
            let answer = Arc::clone(&answer);
            let stored = Stored { answer, expires };
            let store = &self.permit.store.0;
            store.answers.insert(self.permit.key, stored);
        }
        answer
    }

    /// Makes room for a body of that length, if all fills together may have it.
    fn reserve(&mut self, length: usize) -> Result<(), NotStored> {
        let more = (length as u64).saturating_sub(self.held);
        let store = &self.permit.store.0;
        let gathering = store.gathering.fetch_add(more, Ordering::Relaxed);
        self.held += more;
        if gathering.saturating_add(more) > store.max_gathering {
            return Err(NotStored::NoRoom);
        }
        self.body.reserve_exact(length - self.body.len());
        Ok(())
    }
}

impl Drop for Fill {
    fn drop(&mut self) {
        let gathering = &self.permit.store.0.gathering;
        gathering.fetch_sub(self.held, Ordering::Relaxed);
    }
}
