//! What survives a restart: the configuration and the logs, in two SQLite files of one directory.
//!
//! Two files, because a big or full log must never stop a change of the configuration. A write is
//! acknowledged when it is synced to disk and stands in the snapshot that the data plane reads.
//! Who may do what is left to `aig-model`'s grants, wire formats to the planes; nothing here ever
//! makes an asynchronous task wait for the disk.

mod audit;
mod audited;
pub mod backup;
mod columns;
mod custom_costs;
mod custom_providers;
mod custom_scope;
mod directory;
mod error;
mod gateways;
mod ids;
mod instance;
mod journal;
mod journal_writer;
mod key_scope;
pub mod limits;
mod live;
mod logs;
mod migrations;
mod pages;
mod provider_configs;
mod readers;
mod seal;
mod snapshot;
mod store;
mod sweep;
mod token_scope;
mod tokens;
mod vault;
mod writer;

pub use error::{
    CustomProviderError, GatewayError, InstanceError, ProviderConfigError, StoreError, TokenError,
};
pub use instance::Instance;
pub use journal::{Journal, JournalCounters};
pub use logs::{LogPage, Side, StoredBody};
pub use seal::{EmptyKeyRing, KEY_LEN, KeyRing};
pub use store::{AccountScope, Queries, Store};
pub use tokens::{NewValue, TokenList};
pub use vault::Vault;
pub use writer::ReadOnly;

#[cfg(test)]
mod tenancy_lint;
#[cfg(test)]
mod testing;
