//! May this request be answered from the cache, under which key, and for how long is an answer kept?
//!
//! Knows no store and no clock: [`CachePlan`] names a place, `aig-proxy` holds what is in it. Knows
//! nothing of who may call either: everybody who gets here may have an answer that the same request
//! with the same credential got before.
//!
//! Two requests are equal when the provider could not tell them apart, and both stand before the
//! same gateway. So the key is a digest (`key`) of the account and the gateway, the epoch of its
//! cache, the provider, the credential that the provider would see, method, path and query byte for
//! byte, the headers that change an answer, and the body. A key of the caller's own
//! (`cf-aig-cache-key`) takes the place of body and model and of nothing else: it shares answers
//! between different questions, but never between gateways, providers, endpoints or credentials.
//!
//! A TTL in a header does not by itself ask for the cache; a key of one's own does. To skip the cache
//! is neither to read nor to write it. What is never kept: streams, and calls that are not a question
//! to a model, such as reading the state of a batch, which is another one a minute later.
//!
//! Of answers only those are kept that are complete, not streamed, and have a status by which the
//! matter is closed ([`NotStored`]): 201 made something that lives on, 202 is a promise, 206 a part.

use std::time::Duration;

use aig_model::{Cache, Gateway, Outcome};

mod key;
mod options;

pub use key::{BodyDigest, BodyHasher, CacheKey, VARYING};
pub use options::CacheOptions;

/// How a request uses the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachePlan {
    /// Look here first, and keep an answer here.
    Use {
        /// Where.
        key: CacheKey,
        /// For how long an answer that is stored now is good.
        ttl: Duration,
    },
    /// Neither look nor keep.
    Bypass(Bypass),
}

/// A request that wants the cache and may use it; its key needs the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'r> {
    ttl: Duration,
    own_key: Option<&'r str>,
}

/// What is to be known of a request before its body has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// Grows when answers from before must not be given any more: when a provider's URL or key or a
    /// route changes, and on every update where the gateway says so.
    pub epoch: u64,
    /// The kind of path it came by, where that decides the form of the answer: the provider's own,
    /// or one that is translated.
    pub surface: &'r str,
    /// The provider's slug.
    pub provider: &'r str,
    /// The model that will be asked, where it is known beside the body; else empty.
    pub model: &'r str,
    /// The method.
    pub method: &'r str,
    /// The path below the provider, byte for byte.
    pub path: &'r str,
    /// The query, byte for byte; an empty one is not the same as none.
    pub query: Option<&'r str>,
    /// All headers, names in lower case; of these [`VARYING`] count.
    pub headers: &'r [(&'r str, &'r [u8])],
    /// By what the provider will know who asks.
    pub credential: Credential<'r>,
    /// Whether it asks for a stream.
    pub stream: bool,
    /// Whether it asks a model something, and is not about files, batches or the like.
    pub inference: bool,
    /// The length of its body, where it said so.
    pub length: Option<u64>,
}

/// By what a provider knows who asks.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'r> {
    /// By nothing.
    None,
    /// By these headers of the caller, in the order of the provider's table. They go into a digest,
    /// from which they cannot be had back.
    Client(&'r [(&'r str, &'r [u8])]),
    /// By a key that the gateway holds; all its callers share what it is answered.
    Stored {
        /// Which key.
        id: &'r str,
        /// Grows when it is replaced.
        version: u64,
    },
}

/// Why a request does not use the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bypass {
    /// The gateway has no cache and the request brought no key of its own.
    Off,
    /// The request says so.
    Skipped,
    /// The request has a TTL of zero.
    ZeroTtl,
    /// The request's own key is empty, too long, or holds what no header should.
    BadKey,
    /// It does not ask a model.
    NotInference,
    /// It asks for a stream.
    Stream,
    /// Its body is longer than what is held of one.
    TooLong,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotStored {
    /// Its status is not one by which the matter is closed well.
    Status,
    /// It is a stream.
    Stream,
    /// It is longer than what is kept of one.
    TooLong,
    /// It is an error, whatever its status says.
    Error,
    /// It broke off, or the caller left before its end.
    Incomplete,
    /// As many answers as may are being gathered already.
    NoRoom,
}

// === impl CachePlan ===

impl CachePlan {
    /// The longest body of a request that is cached, in bytes.
    pub const MAX_REQUEST: u64 = 25 * 1024 * 1024;

    /// The plan for a request whose body is at hand.
    pub fn of(
        gateway: &Gateway,
        options: CacheOptions<'_>,
        request: &Request<'_>,
        body: &BodyDigest,
    ) -> Self {
        match Wanted::of(gateway.cache, options, request) {
            Err(why) => Self::Bypass(why),
            Ok(wanted) => Self::Use {
                key: wanted.key(gateway, request, body),
                ttl: wanted.ttl,
            },
        }
    }
}

// === impl Wanted ===

impl<'r> Wanted<'r> {
    /// Whether the cache is to be used at all; to be asked before anything is done for it.
    pub fn of(
        setting: Cache,
        options: CacheOptions<'r>,
        request: &Request<'_>,
    ) -> Result<Self, Bypass> {
        let (ttl, own_key) = options.over(setting)?;
        if request.method != "POST" || !request.inference {
            return Err(Bypass::NotInference);
        }
        if request.stream {
            return Err(Bypass::Stream);
        }
        if request
            .length
            .is_some_and(|length| length > CachePlan::MAX_REQUEST)
        {
            return Err(Bypass::TooLong);
        }
        Ok(Self { ttl, own_key })
    }

    /// Whether the key depends on the body. Where it does not, nobody need wait for it.
    pub const fn needs_body(&self) -> bool {
        self.own_key.is_none()
    }

    /// How long an answer that is stored now is good.
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Where the answer is kept.
    pub fn key(&self, gateway: &Gateway, request: &Request<'_>, body: &BodyDigest) -> CacheKey {
        CacheKey::of(gateway, request, self.own_key, body)
    }
}

// === impl Bypass ===

impl Bypass {
    /// The word for it in logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Skipped => "skipped",
            Self::ZeroTtl => "zero_ttl",
            Self::BadKey => "bad_key",
            Self::NotInference => "not_inference",
            Self::Stream => "stream",
            Self::TooLong => "request_too_long",
        }
    }
}

// === impl NotStored ===

impl NotStored {
    /// What speaks against keeping an answer with this head, whose body is `length` bytes long as
    /// far as it says, where `most` are kept.
    pub fn of_head(
        status: u16,
        content_type: Option<&str>,
        length: Option<u64>,
        most: u64,
    ) -> Option<Self> {
        if !matches!(status, 200 | 203) {
            return Some(Self::Status);
        }
        if content_type.is_some_and(is_stream) {
            return Some(Self::Stream);
        }
        length
            .is_some_and(|length| length > most)
            .then_some(Self::TooLong)
    }

    /// What speaks against keeping an answer that ended so; `is_error` says that its body is an
    /// error under a good status.
    pub fn of_end(outcome: Outcome, is_error: bool) -> Option<Self> {
        match outcome {
            Outcome::Complete if is_error => Some(Self::Error),
            Outcome::Complete => None,
            _ => Some(Self::Incomplete),
        }
    }

    /// The word for it in logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Stream => "stream",
            Self::TooLong => "answer_too_long",
            Self::Error => "error",
            Self::Incomplete => "incomplete",
            Self::NoRoom => "no_room",
        }
    }
}

/// Whether a body of this type comes bit by bit.
fn is_stream(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    [
        "text/event-stream",
        "application/vnd.amazon.eventstream",
        "application/x-ndjson",
        "application/stream+json",
    ]
    .iter()
    .any(|stream| essence.eq_ignore_ascii_case(stream))
}

#[cfg(test)]
mod tests;
