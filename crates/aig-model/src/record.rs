//! What is known of one try of a request when it is over: the fact that goes into the log.

use std::borrow::Cow;

use compact_str::CompactString;
use uuid::Uuid;

use crate::{AccountId, GatewayId, Metadata, Money, Timestamp, Usage};

/// One try of a request through a gateway, as it ended; the tries of one request share their event.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The row's id, a UUIDv7; the answer's `cf-aig-log-id`.
    pub id: Uuid,
    /// The event's id, where it is another than `id`: chosen by the caller, or that of the first try.
    pub event: Option<String>,
    /// Whose request it was.
    pub account: AccountId,
    /// Through which gateway.
    pub gateway: GatewayId,
    /// When the request arrived.
    pub created_at: Timestamp,
    /// The provider's slug.
    pub provider: CompactString,
    /// The model; empty when neither side named one.
    pub model: CompactString,
    /// The path below the provider, without the query.
    pub path: CompactString,
    /// The request's method.
    pub method: CompactString,
    /// The status that the caller got, or would have got of a superseded try; 499 when it left
    /// before there was one.
    pub status: u16,
    /// How the try ended.
    pub outcome: Outcome,
    /// Whether the answer came from the cache.
    pub cached: bool,
    /// What `cf-aig-cache-status` told the caller; `None` where it was not sent.
    pub cache_status: Option<CacheStatus>,
    /// Why the answer did not come from the cache, or does not stand in it; one of few words.
    pub cache_reason: Option<Cow<'static, str>>,
    /// The step of a universal request, from 0.
    pub step: u32,
    /// From arrival to the end of the answer, in milliseconds.
    pub duration_ms: u64,
    /// Until the provider's first byte, in milliseconds.
    pub first_byte_ms: Option<u64>,
    /// What the provider counted.
    pub usage: Usage,
    /// What the try cost; `None` where nothing is known to have cost anything, or not how much.
    pub cost: Option<Money>,
    /// Where `cost` comes from.
    pub cost_source: Option<CostSource>,
    /// Why there is no `cost` although a provider answered; one of few words.
    pub unpriced: Option<Cow<'static, str>>,
    /// What kind of model was asked (`text-generation`, `embeddings`, …); one of few words.
    pub model_type: Option<Cow<'static, str>>,
    /// By which door the request came in (`provider`, `universal`, `compat`, …); one of few words.
    pub request_type: Option<Cow<'static, str>>,
    /// Whether the request came by an endpoint for all providers, in whose words it is put.
    pub compatibility_mode: bool,
    /// Whether the try has a key that the house keeps for a credential, and not one of the caller's.
    pub byok: bool,
    /// What the caller sent in `cf-aig-metadata`.
    pub metadata: Option<Metadata>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<CompactString>,
    /// The content type of the request.
    pub request_content_type: Option<CompactString>,
    /// The content type of the answer.
    pub response_content_type: Option<CompactString>,
    /// Bytes of the request's body that were forwarded.
    pub request_size: u64,
    /// Bytes of the answer's body that were forwarded.
    pub response_size: u64,
    /// Whether the gateway asked for a token.
    pub authentication: bool,
    /// What became of the request's body. Of the data plane's two words, [`BodyFate::NotKept`] and
    /// [`BodyFate::TooLarge`], the first is overruled by a body that is handed in beside the record.
    pub request_body: BodyFate,
    /// What became of the answer's body.
    pub response_body: BodyFate,
    /// What somebody thought of the answer afterwards: -1 to 1.
    pub feedback: Option<f64>,
    /// The mark that somebody gave the answer afterwards: 0 to 100.
    pub score: Option<f64>,
}

/// What the cache did for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// The answer came from it.
    Hit,
    /// It was asked and had no answer.
    Miss,
    /// It was not asked.
    Bypass,
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CostSource {
    /// The caller said it in `cf-aig-custom-cost`.
    Custom,
    /// The provider said it beside its answer.
    Stated,
    /// A price that the account set for its own provider.
    Account,
    /// The instance's own price table.
    Own,
    /// The built-in price table.
    List,
    /// The answer came from the cache and cost nothing.
    Cache,
}

/// What became of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyFate {
    /// There was none, or it was not to be kept.
    #[default]
    NotKept,
    /// It is kept.
    Kept,
    /// It is longer than [`Body::MAX`](crate::Body::MAX).
    TooLarge,
    /// The log had no room for it when it came.
    Shed,
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
    /// The provider broke off in the middle of its answer, or said there that it failed.
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
    /// A record of which only this much is known; everything else is empty, and the caller has left.
    pub fn begin(id: Uuid, account: AccountId, gateway: GatewayId, created_at: Timestamp) -> Self {
        Self {
            id,
            event: None,
            account,
            gateway,
            created_at,
            provider: CompactString::default(),
            model: CompactString::default(),
            path: CompactString::default(),
            method: CompactString::default(),
            status: 0,
            outcome: Outcome::ClientGone,
            cached: false,
            cache_status: None,
            cache_reason: None,
            step: 0,
            duration_ms: 0,
            first_byte_ms: None,
            usage: Usage::default(),
            cost: None,
            cost_source: None,
            unpriced: None,
            model_type: None,
            request_type: None,
            compatibility_mode: false,
            byok: false,
            metadata: None,
            user_agent: None,
            request_content_type: None,
            response_content_type: None,
            request_size: 0,
            response_size: 0,
            authentication: false,
            request_body: BodyFate::NotKept,
            response_body: BodyFate::NotKept,
            feedback: None,
            score: None,
        }
    }

    /// Whether the whole answer of a status below 400 reached the caller.
    pub fn success(&self) -> bool {
        self.outcome == Outcome::Complete && self.status < 400
    }

    /// The event's id.
    pub fn event_id(&self) -> String {
        (self.event.clone()).unwrap_or_else(|| self.id.to_string())
    }

    /// Whether the caller said what the try costs.
    pub fn custom_cost(&self) -> bool {
        self.cost_source == Some(CostSource::Custom)
    }

    /// About how many bytes the record takes, for queues that are bounded in bytes.
    pub fn weight(&self) -> usize {
        let texts = [&self.provider, &self.model, &self.path, &self.method];
        let options = [
            &self.user_agent,
            &self.request_content_type,
            &self.response_content_type,
        ];
        let texts = texts.into_iter().chain(options.into_iter().flatten());
        size_of::<Self>()
            + texts.map(|text| text.len()).sum::<usize>()
            + self.event.as_ref().map_or(0, String::len)
            + self.metadata.as_ref().map_or(0, Metadata::weight)
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

// === impl CacheStatus ===

impl CacheStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hit, Self::Miss, Self::Bypass];

    /// The word for it in the header, in logs and in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "HIT",
            Self::Miss => "MISS",
            Self::Bypass => "BYPASS",
        }
    }
}

// === impl CostSource ===

impl CostSource {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Custom,
        Self::Stated,
        Self::Account,
        Self::Own,
        Self::List,
        Self::Cache,
    ];

    /// The word for it in logs and in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Stated => "stated",
            Self::Account => "account",
            Self::Own => "own",
            Self::List => "list",
            Self::Cache => "cache",
        }
    }
}

// === impl BodyFate ===

impl BodyFate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotKept, Self::Kept, Self::TooLarge, Self::Shed];

    /// The word for it in logs and in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotKept => "not_kept",
            Self::Kept => "kept",
            Self::TooLarge => "too_large",
            Self::Shed => "shed",
        }
    }
}
