//! The key of an answer: a digest of all that makes two requests equal. Of the body there is BLAKE3,
//! which takes a third of SHA-256's time of a long one, and bodies are what takes time.
//!
//! Every part goes in with its length before it, and lists with their number, so that no byte can
//! wander from one part into the next: two requests with the same key are the same request. What is
//! absent is told apart from what is empty.

use std::fmt;

use aig_model::Gateway;
use sha2::{Digest, Sha256};

use super::{Credential, Request};

/// Where an answer is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey([u8; 32]);

/// A request's body as far as the key depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyDigest([u8; 32]);

/// Makes a [`BodyDigest`] from a body that comes in pieces.
#[derive(Clone, Debug, Default)]
pub struct BodyHasher(blake3::Hasher);

/// About how many bytes the parts of a key have.
const USUAL: usize = 1 << 10;

/// Raised when the parts of a key or their order change: old keys then mean nothing.
const FORMAT: &str = "aig cache 2";

/// The headers of a request that change what is answered, of all providers together.
///
/// One list for all: which dialect stands behind a custom provider or a translated path is not
/// known here, and a header that a provider does not know does no harm but that the same
/// question is asked once more. Headers that are not here change the answer of no provider that is
/// documented to; who has one that does is free to put it into a key of his own. In the order of
/// letters, because it is searched for each header of a request.
pub const VARYING: [&str; 20] = [
    "accept",
    "accept-language",
    "anthropic-beta",
    "anthropic-version",
    "cartesia-version",
    "content-encoding",
    "content-type",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "parallel-beta",
    "prefer",
    "x-amzn-bedrock-guardrailidentifier",
    "x-amzn-bedrock-guardrailversion",
    "x-amzn-bedrock-performanceconfig-latency",
    "x-amzn-bedrock-service-tier",
    "x-amzn-bedrock-trace",
    "x-fal-target-url",
    "x-goog-user-project",
    "x-use-cache",
];

// === impl CacheKey ===

impl CacheKey {
    pub(super) fn of(
        gateway: &Gateway,
        request: &Request<'_>,
        own_key: Option<&str>,
        body: &BodyDigest,
    ) -> Self {
        let mut parts = Parts(Vec::with_capacity(USUAL));
        parts.text(FORMAT);
        parts.text(&gateway.account.to_string());
        parts.text(gateway.id.as_str());
        // A gateway that was deleted and made anew has the same id and begins with no answers.
        parts.number(gateway.created_at.as_millis().cast_unsigned());
        parts.number(request.epoch);
        parts.text(request.surface);
        parts.text(request.provider);
        parts.text(request.method);
        parts.text(request.path);
        parts.optional(request.query);
        parts.credential(request.credential);
        parts.headers(request.headers);
        match own_key {
            Some(key) => {
                parts.text("key");
                parts.text(key);
            }
            None => {
                parts.text("body");
                parts.text(request.model);
                parts.bytes(&body.0);
            }
        }
        Self(Sha256::digest(&parts.0).into())
    }

    /// A key from its bytes, for those who keep answers elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

// === impl BodyDigest ===

impl BodyDigest {
    /// Of a body that is at hand as a whole.
    pub fn of(body: &[u8]) -> Self {
        Self(blake3::hash(body).into())
    }

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

// === impl BodyHasher ===

impl BodyHasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> BodyDigest {
        BodyDigest(self.0.finalize().into())
    }
}

/// Takes the parts of a key in. They are put together first: there are dozens of a few bytes each.
struct Parts(Vec<u8>);

// === impl Parts ===

impl Parts {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.number(text.is_some().into());
        self.text(text.unwrap_or_default());
    }

    fn pairs<'p>(&mut self, pairs: impl Iterator<Item = (&'p str, &'p [u8])> + Clone) {
        self.number(pairs.clone().count() as u64);
        for (name, value) in pairs {
            self.text(name);
            self.bytes(value);
        }
    }

    fn credential(&mut self, credential: Credential<'_>) {
        match credential {
            Credential::None => self.text("none"),
            Credential::Client(headers) => {
                self.text("client");
                self.pairs(headers.iter().copied());
            }
            Credential::Stored { id, version } => {
                self.text("stored");
                self.text(id);
                self.number(version);
            }
        }
    }

    /// In the order of the list, those of one name in theirs: the order of different headers means
    /// nothing.
    fn headers(&mut self, headers: &[(&str, &[u8])]) {
        let mut varying: Vec<_> = (headers.iter())
            .filter_map(|header| Some((VARYING.binary_search(&header.0).ok()?, *header)))
            .collect();
        varying.sort_by_key(|(place, _)| *place);
        self.pairs(varying.iter().map(|(_, header)| *header));
    }
}
