//! What is known of one try of a request when it is over: the fact that goes into the log.

use uuid::Uuid;

use crate::{AccountId, GatewayId, Metadata, Timestamp, Usage};

/// One try of a request through a gateway, as it ended; the tries of one request share `event_id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The row's id, a UUIDv7; the answer's `cf-aig-log-id`.
    pub id: Uuid,
    /// The event's id, chosen by the caller or equal to `id`.
    pub event_id: String,
    /// Whose request it was.
    pub account: AccountId,
    /// Through which gateway.
    pub gateway: GatewayId,
    /// When the request arrived.
    pub created_at: Timestamp,
    /// The provider's slug.
    pub provider: String,
    /// The model; empty when neither side named one.
    pub model: String,
    /// The path below the provider, without the query.
    pub path: String,
    /// The request's method.
    pub method: String,
    /// The status that the caller got, or would have got of a superseded try; 499 when it left
    /// before there was one.
    pub status: u16,
    /// How the try ended.
    pub outcome: Outcome,
    /// Whether the answer came from the cache.
    pub cached: bool,
    /// The step of a universal request, from 0.
    pub step: u32,
    /// From arrival to the end of the answer, in milliseconds.
    pub duration_ms: u64,
    /// Until the provider's first byte, in milliseconds.
    pub first_byte_ms: Option<u64>,
    /// What the provider counted.
    pub usage: Usage,
    /// What the caller sent in `cf-aig-metadata`.
    pub metadata: Option<Metadata>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The content type of the request.
    pub request_content_type: Option<String>,
    /// The content type of the answer.
    pub response_content_type: Option<String>,
    /// Bytes of the request's body that were forwarded.
    pub request_size: u64,
    /// Bytes of the answer's body that were forwarded.
    pub response_size: u64,
    /// Whether the gateway asked for a token.
    pub authentication: bool,
}

/// How the try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The whole answer reached the caller.
    Complete,
    /// The gateway refused before a provider was asked.
    Refused,
    /// The caller left before the end.
    ClientGone,
    /// The provider broke off in the middle of its answer.
    UpstreamBroke,
    /// No usable answer came from the provider.
    Unanswered,
    /// The try failed and another one followed, of the same step or of the next.
    Superseded,
    /// The gateway ended it itself: its drain deadline ran out, or it failed.
    Cut,
}

// === impl Record ===

impl Record {
    /// Whether the whole answer of a status below 400 reached the caller.
    pub fn success(&self) -> bool {
        self.outcome == Outcome::Complete && self.status < 400
    }

    /// About how many bytes the record takes, for queues that are bounded in bytes.
    pub fn weight(&self) -> usize {
        let texts = [
            &self.event_id,
            &self.provider,
            &self.model,
            &self.path,
            &self.method,
        ];
        let options = [
            &self.user_agent,
            &self.request_content_type,
            &self.response_content_type,
        ];
        size_of::<Self>()
            + texts.iter().map(|t| t.len()).sum::<usize>()
            + options
                .iter()
                .filter_map(|o| o.as_ref())
                .map(String::len)
                .sum::<usize>()
            + self.metadata.as_ref().map_or(0, |m| m.to_json().len())
    }
}

// === impl Outcome ===

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Complete,
        Self::Refused,
        Self::ClientGone,
        Self::UpstreamBroke,
        Self::Unanswered,
        Self::Superseded,
        Self::Cut,
    ];

    /// The word for it in logs, tables and the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Refused => "refused",
            Self::ClientGone => "client_gone",
            Self::UpstreamBroke => "upstream_broke",
            Self::Unanswered => "unanswered",
            Self::Superseded => "superseded",
            Self::Cut => "cut",
        }
    }

    /// The outcome of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }
}
