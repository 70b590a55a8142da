//! What a gateway, a token, a setting and a log record *are*, and which values of them are legal.
//!
//! Everything here is a plain value. This crate knows no socket, file, clock, runtime or log;
//! it leaves decisions to `aig-policy`, storage to `aig-store`, wire formats to the planes.

mod access;
mod account;
mod audit;
mod custom_provider;
mod gateway;
mod key_document;
mod log_query;
mod metadata;
mod money;
mod page;
mod provider_config;
mod record;
mod retention;
mod retry;
mod row;
mod secret;
mod settings;
mod snapshot;
mod table;
mod time;
mod token;
mod token_change;
mod token_life;
mod transcript;
mod usage;

pub use compact_str::CompactString;

pub use access::{Grant, Permission, Permissions, Refused};
pub use account::{Account, AccountDigits, AccountId, BadAccountId};
pub use audit::{AuditAction, AuditEntry, AuditPage, AuditQuery, AuditResource};
pub use custom_provider::{
    CUSTOM_PREFIX, CostFilter, CostTerms, CustomCost, CustomCostId, CustomEntry, CustomFilter,
    CustomProvider, CustomProviderChange, CustomProviderId, CustomProviders, CustomSettings,
    Detached, ExtraHeaders, ModelRule, NewCustomProvider,
};
pub use gateway::{BadGatewayId, Gateway, GatewayChange, GatewayId, NewGateway};
pub use key_document::{AwsKeys, KeyDocument, ServiceAccount};
pub use log_query::{
    Extent, LogExtents, LogFilter, LogKey, LogOperator, LogOrder, LogPatch, LogQuery, LogValue,
};
pub use metadata::{Metadata, MetadataReading};
pub use money::{BadMoney, Money};
pub use page::{Page, PageRequest};
pub use provider_config::{
    DEFAULT_ALIAS, KeyLimit, NewProviderConfig, ProviderConfig, ProviderConfigId, ProviderSecret,
    StoredKey, secret_name,
};
pub use record::{BodyFate, CacheStatus, CostSource, Outcome, Record};
pub use retention::{LogRetention, LogStrategy};
pub use retry::{Backoff, RetrySetting};
pub use row::{Rest, Row};
pub use secret::Secret;
pub use settings::{Cache, Change, Invalid, RateLimit, Technique};
pub use snapshot::{Found, Snapshot};
pub use table::Table;
pub use time::Timestamp;
pub use token::{BadToken, Token, TokenDigest, TokenId, TokenText};
pub use token_change::{NewToken, TokenChange};
pub use token_life::{CannotGive, TokenLife, TokenStatus};
pub use transcript::{Body, TooLarge, Transcript};
pub use usage::Usage;
