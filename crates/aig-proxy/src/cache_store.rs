//! Holds answers, and sees to it that the same question is asked once at a time.
//!
//! Which request may use it, under which key and for how long is decided by `aig-policy`; whose
//! answer may be given to whom is settled by the key alone. Time is the monotonic clock's and an
//! argument: setting the wall clock makes no answer older or younger.
//!
//! Answers are weighed in bytes and thrown out when there is no room (S3-FIFO, `quick_cache`); one
//! whose time is over goes when it is asked for or when room is needed, whichever is first. No thread
//! and no timer is involved. What is still being gathered is bounded beside what is held.
//!
//! Whoever asks first for what is not there leads: it goes to the provider and fills the place.
//! Others with the same key wait for it, in place of going too. A [`FillPermit`] that is dropped
//! unfilled says that the leader failed. Who has waited does so no second time: it finds the
//! answer, or leads, or goes by itself, so that one slow failure after the other costs nobody more
//! than one of them.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aig_policy::cache::CacheKey;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode};
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};
use tokio::sync::watch;

use crate::clean::Clean;

mod fill;

pub use fill::{Fill, FillPermit};

/// Answers that may be given again. Cloning it is cheap and gives the same store.
#[derive(Clone, Debug)]
pub struct CacheStore(Arc<Inner>);

/// How much a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Bytes of all answers together.
    pub capacity: u64,
    /// Bytes of one answer's body, at most an eighth of the capacity.
    pub max_answer: u64,
}

/// An answer as it is given again.
#[derive(Debug)]
pub struct CachedAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    stored: Instant,
    clean: Arc<Clean>,
}

/// What was found under a key.
#[derive(Debug)]
pub enum Found {
    /// An answer that is good.
    Hit(Arc<CachedAnswer>),
    /// Nothing, so the provider is to be asked.
    Miss {
        /// Why nothing.
        why: Miss,
        /// The duty to fill the place, unless somebody else has it.
        permit: Option<FillPermit>,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Miss {
    /// None was stored, or it was thrown out.
    Absent,
    /// There was one whose time is over.
    Expired,
    /// The request that was waited for brought none.
    LeaderFailed,
}

/// How much there is in a store, and what became of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheCounts {
    /// Answers held, those included whose time is over.
    pub answers: u64,
    /// Their weight in bytes.
    pub bytes: u64,
    /// Answers thrown out for want of room since the start.
    pub evicted: u64,
    /// Bytes of answers that are being gathered.
    pub gathering: u64,
}

#[derive(Debug)]
struct Inner {
    answers: Cache<CacheKey, Stored, Weight, RandomState, CountEvicted>,
    /// Who is asking the provider; its receivers learn that the sender is gone.
    leaders: Mutex<HashMap<CacheKey, watch::Receiver<()>>>,
    max_answer: u64,
    max_gathering: u64,
    gathering: AtomicU64,
    evicted: Arc<AtomicU64>,
}

#[derive(Clone, Debug)]
struct Stored {
    answer: Arc<CachedAnswer>,
    expires: Instant,
}

/// What one look finds.
enum Look {
    Hit(Arc<CachedAnswer>),
    Lead(Miss, FillPermit),
    Follow(watch::Receiver<()>),
}

#[derive(Clone, Debug)]
struct Weight;

#[derive(Clone, Debug)]
struct CountEvicted(Arc<AtomicU64>);

/// The headers that an answer keeps: what its body is. All else speaks of the one request that it
/// was the answer to, or is for us to say.
const KEPT: [HeaderName; 2] = [CONTENT_TYPE, CONTENT_ENCODING];

// === impl CacheStore ===

impl CacheStore {
    /// A store of that size, empty.
    pub fn new(config: CacheConfig) -> Self {
        let capacity = config.capacity;
        let max_answer = config.max_answer.min(capacity / 8);
        let evicted = Arc::<AtomicU64>::default();
        // An answer lies in one shard as a whole, so each must be several of the greatest wide.
        let shards = (capacity / (max_answer.max(1) * 4)).clamp(1, 16);
        let shards = usize::try_from(shards).expect("16 is small");
        let answers = usize::try_from(capacity / CacheConfig::USUAL_ANSWER).unwrap_or(usize::MAX);
        let options = OptionsBuilder::new()
            // The cache takes the next power of two, which must not be more.
            .shards(1 << shards.ilog2())
            .estimated_items_capacity(answers.max(64))
            .weight_capacity(capacity)
            .build()
            .expect("capacity and estimate are given");
        let lifecycle = CountEvicted(Arc::clone(&evicted));
        Self(Arc::new(Inner {
            answers: Cache::with_options(options, Weight, RandomState::new(), lifecycle),
            leaders: Mutex::default(),
            max_answer,
            max_gathering: capacity / 4,
            gathering: AtomicU64::new(0),
            evicted,
        }))
    }

    /// Finds an answer, if need be after waiting for whoever is asking for it already.
    ///
    /// Dropping the future leaves the line; nobody else notices. `clock` is asked again after a wait.
    pub async fn find(&self, key: CacheKey, clock: impl Fn() -> Instant) -> Found {
        let mut leader = match self.look(key, clock()) {
            Look::Hit(answer) => return Found::Hit(answer),
            Look::Lead(why, permit) => {
                let permit = Some(permit);
                return Found::Miss { why, permit };
            }
            Look::Follow(leader) => leader,
        };
        // Nothing is ever sent: the sender's end is the message.
        while leader.changed().await.is_ok() {}
        drop(leader);
        let why = Miss::LeaderFailed;
        match self.look(key, clock()) {
            Look::Hit(answer) => Found::Hit(answer),
            Look::Lead(_, permit) => {
                let permit = Some(permit);
                Found::Miss { why, permit }
            }
            Look::Follow(_) => Found::Miss { why, permit: None },
        }
    }

    /// The longest body that is kept, in bytes.
    pub fn max_answer(&self) -> u64 {
        self.0.max_answer
    }

    /// How much there is.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            answers: self.0.answers.len() as u64,
            bytes: self.0.answers.weight(),
            evicted: self.0.evicted.load(Ordering::Relaxed),
            gathering: self.0.gathering.load(Ordering::Relaxed),
        }
    }

    fn look(&self, key: CacheKey, now: Instant) -> Look {
        let inner = &self.0;
        let why = match inner.get(&key, now) {
            Ok(answer) => return Look::Hit(answer),
            Err(why) => why,
        };
        let mut leaders = inner.leaders.lock().unwrap_or_else(PoisonError::into_inner);
        // Once more, under the lock: a leader stores first and steps down then.
        if let Ok(answer) = inner.get(&key, now) {
            return Look::Hit(answer);
        }
        if let Some(leader) = leaders.get(&key) {
            return Look::Follow(leader.clone());
        }
        let (sender, receiver) = watch::channel(());
        leaders.insert(key, receiver);
        Look::Lead(why, FillPermit::new(self.clone(), key, sender))
    }
}

// === impl Inner ===

impl Inner {
    fn get(&self, key: &CacheKey, now: Instant) -> Result<Arc<CachedAnswer>, Miss> {
        let Some(stored) = self.answers.get(key) else {
            return Err(Miss::Absent);
        };
        if now < stored.expires {
            return Ok(stored.answer);
        }
        // Only that one: another may have been stored meanwhile.
        let over = |other: &Stored| Arc::ptr_eq(&other.answer, &stored.answer);
        let _ = self.answers.remove_if(key, over);
        Err(Miss::Expired)
    }
}

// === impl CacheConfig ===

impl CacheConfig {
    /// About what most answers weigh; from it the cache plans how many it will hold.
    const USUAL_ANSWER: u64 = 16 * 1024;
}

impl Default for CacheConfig {
    /// 256 MiB, of which an answer may have 16.
    fn default() -> Self {
        Self {
            capacity: 256 << 20,
            max_answer: 16 << 20,
        }
    }
}

// === impl CachedAnswer ===

impl CachedAnswer {
    /// What an entry takes beside its texts, in bytes: the key, the answer and the places in tables.
    const OVERHEAD: usize = 512;

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers that say what the body is.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; cloning it copies nothing.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// When it was stored.
    pub fn stored(&self) -> Instant {
        self.stored
    }

    /// What of it was looked through for secrets.
    pub(crate) fn clean(&self) -> &Arc<Clean> {
        &self.clean
    }

    fn weight(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(k, v)| k.as_str().len() + v.len()).sum();
        Self::OVERHEAD + headers + self.body.len()
    }
}

// === impl Miss ===

impl Miss {
    /// The word for it in logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Expired => "expired",
            Self::LeaderFailed => "leader_failed",
        }
    }
}

impl Weighter<CacheKey, Stored> for Weight {
    fn weight(&self, _: &CacheKey, stored: &Stored) -> u64 {
        stored.answer.weight() as u64
    }
}

impl Lifecycle<CacheKey, Stored> for CountEvicted {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: CacheKey, _: Stored) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
