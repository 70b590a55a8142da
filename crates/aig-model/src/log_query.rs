//! What can be asked of a log: filters, order, changes afterwards.
//!
//! Reading the three spellings of the wire is left to the control plane, answering to the store.

use crate::Metadata;

/// Which rows, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogQuery {
    /// Conditions that all have to hold.
    pub filters: Vec<LogFilter>,
    /// A text that stands in provider, model, path, status or metadata, letter case of ASCII aside.
    pub search: Option<String>,
    /// What to order by; equal rows are ordered by time and id in the same direction.
    pub order: LogOrder,
    /// The least first.
    pub ascending: bool,
}

/// One condition on rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter {
    /// What is compared.
    pub key: LogKey,
    /// How.
    pub operator: LogOperator,
    /// With what: one of them has to do (`eq`, `contains`, `lt`, `gt`), or none may be it (`neq`).
    pub values: Vec<LogValue>,
}

/// What a row is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum LogValue {
    /// The row has no value.
    Null,
    /// A text.
    Text(String),
    /// A number, in the unit of the key.
    Number(f64),
    /// A truth value.
    Flag(bool),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of the contract for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// How a filter compares.
    LogOperator {
        /// The same.
        Eq = "eq",
        /// Another.
        Neq = "neq",
        /// A text that contains this one, letter case of ASCII aside.
        Contains = "contains",
        /// Less than.
        Lt = "lt",
        /// Greater than.
        Gt = "gt",
    }
}

words! {
    /// What a filter compares.
    LogKey {
        /// The row's id.
        Id = "id",
        /// When the request arrived; an RFC 3339 time, or milliseconds.
        CreatedAt = "created_at",
        /// The content type of the request.
        RequestContentType = "request_content_type",
        /// The content type of the answer.
        ResponseContentType = "response_content_type",
        /// By which door the request came in.
        RequestType = "request_type",
        /// Whether the whole answer of a status below 400 reached the caller.
        Success = "success",
        /// Whether the answer came from the cache.
        Cached = "cached",
        /// The provider's slug.
        Provider = "provider",
        /// The model.
        Model = "model",
        /// The kind of model.
        ModelType = "model_type",
        /// The cost in dollars.
        Cost = "cost",
        /// Tokens of prompt and answer together.
        Tokens = "tokens",
        /// Tokens of the prompt.
        TokensIn = "tokens_in",
        /// Tokens of the answer.
        TokensOut = "tokens_out",
        /// From arrival to the end, in milliseconds.
        Duration = "duration",
        /// What somebody thought of the answer.
        Feedback = "feedback",
        /// The event's id.
        EventId = "event_id",
        /// A key that stands somewhere in the metadata.
        MetadataKey = "metadata.key",
        /// A value that stands somewhere in the metadata.
        MetadataValue = "metadata.value",
        /// Whether the gateway asked for a token.
        Authentication = "authentication",
        /// Whether it was billed through the house; never here.
        Wholesale = "wholesale",
        /// Whether the request came by an endpoint for all providers.
        CompatibilityMode = "compatibilityMode",
        /// What data loss prevention did; nothing here.
        DlpAction = "dlp_action",
        /// The caller's `User-Agent`.
        UserAgent = "user_agent",
    }
}

words! {
    /// What a list of rows is ordered by.
    #[derive(Default)]
    LogOrder {
        /// When the request arrived.
        #[default]
        CreatedAt = "created_at",
        /// The provider's slug.
        Provider = "provider",
        /// The model.
        Model = "model",
        /// The kind of model.
        ModelType = "model_type",
        /// Whether it succeeded.
        Success = "success",
        /// Whether it came from the cache.
        Cached = "cached",
        /// The cost.
        Cost = "cost",
        /// Tokens of the prompt.
        TokensIn = "tokens_in",
        /// Tokens of the answer.
        TokensOut = "tokens_out",
        /// From arrival to the end.
        Duration = "duration",
        /// What somebody thought of the answer.
        Feedback = "feedback",
    }
}

/// The least and the greatest of a number among rows; `None` where no row has it.
pub type Extent = Option<(i64, i64)>;

/// The extents of what a list can tell of all the rows that it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogExtents {
    /// Of the cost, in pico-dollars.
    pub cost: Extent,
    /// Of the duration, in milliseconds.
    pub duration: Extent,
    /// Of the tokens of prompts.
    pub tokens_in: Extent,
    /// Of the tokens of answers.
    pub tokens_out: Extent,
    /// Of both together.
    pub total_tokens: Extent,
}

/// What is changed of a row afterwards; `None` is left alone, `Some(None)` taken back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPatch {
    /// What somebody thinks of the answer: -1 to 1.
    pub feedback: Option<Option<f64>>,
    /// The answer's mark: 0 to 100.
    pub score: Option<Option<f64>>,
    /// Replaces the metadata as a whole.
    pub metadata: Option<Option<Metadata>>,
}
