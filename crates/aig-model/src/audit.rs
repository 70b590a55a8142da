//! What was done with an account over the API: who, what, when, and with which outcome.
//!
//! Ids and names alone: an entry has no place for what was sent or answered, so no secret can
//! stand in one. What is written when is left to `aig-store`.

use uuid::Uuid;

use crate::{GatewayId, Timestamp, TokenId};

/// One thing that was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Names it.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The token that did it.
    pub token: TokenId,
    /// The token's name at that time.
    pub token_name: String,
    /// The id of the operation, as the contract has it.
    pub operation: String,
    /// What kind of change it is.
    pub action: AuditAction,
    /// What kind of object it is about.
    pub resource: AuditResource,
    /// The object's id; none for what was never made, or is a set.
    pub resource_id: Option<String>,
    /// The gateway that the object is in, if it is in one.
    pub gateway: Option<GatewayId>,
    /// Whether it was done.
    pub succeeded: bool,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    /// Something was made.
    Create,
    /// Something was changed.
    Update,
    /// Something was deleted.
    Delete,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditResource {
    /// A gateway.
    Gateway,
    /// A stored key of a provider.
    ProviderConfig,
    /// A provider that the account made.
    CustomProvider,
    /// What models of such a provider cost.
    CustomCost,
    /// Rows of a gateway's log.
    Log,
    /// A token.
    Token,
}

/// Which entries are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Up to this moment, itself not included.
    pub before: Option<Timestamp>,
    /// The oldest first; else the newest.
    pub oldest_first: bool,
    /// Behind the entry of this number, in that order.
    pub after: Option<u64>,
    /// So many.
    pub limit: u32,
}

/// Entries in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// The number of the last one, when others follow.
    pub next: Option<u64>,
}

// === impl AuditAction ===

impl AuditAction {
    /// The word that is stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The action that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Create, Self::Update, Self::Delete];
        all.into_iter().find(|action| action.word() == word)
    }
}

// === impl AuditResource ===

impl AuditResource {
    /// The word that is stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::ProviderConfig => "provider_config",
            Self::CustomProvider => "custom_provider",
            Self::CustomCost => "custom_provider_cost",
            Self::Log => "log",
            Self::Token => "token",
        }
    }

    /// The kind that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Gateway,
            Self::ProviderConfig,
            Self::CustomProvider,
            Self::CustomCost,
            Self::Log,
            Self::Token,
        ];
        all.into_iter().find(|resource| resource.word() == word)
    }
}
