//! What can go wrong in the store, as far as a caller can do something about it.
//!
//! Turning a failure into a status code is left to the planes.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use aig_model::{AccountId, CannotGive, GatewayId, Invalid};
use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};

use crate::logs::TooDeep;

/// The store could not do what it was asked to, through no fault of the request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be made or used.
    #[error("cannot use the data directory {path}; is it writable for this user?")]
    Directory {
        /// The directory, or the file in it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of the data directory cannot be opened.
    #[error("cannot open {path}; is it a file of this program, whole and not in use elsewhere?")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// A file was written by a newer version of this program.
    #[error(
        "{path} has schema version {found}, this program knows versions up to {known}; \
         start a newer version, or restore the backup that was made before the upgrade"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// Another process holds the file, or too much is queued already.
    #[error("the store is busy; try again")]
    Busy,
    /// There is no room on the disk.
    #[error("the disk is full; make room and try again")]
    Full,
    /// A read was stopped because it took too long.
    #[error("reading took longer than {0:?}; ask for less, for example without a search")]
    Deadline(Duration),
    /// The page lies deeper than an order other than that of time is sorted.
    #[error("the page lies too deep in this order; order by created_at, or filter")]
    TooDeep,
    /// An earlier write could not be synced, so nothing may be acknowledged on top of it.
    #[error("an earlier write could not be synced to disk; check the disk and restart")]
    Broken,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The disk did not do what it was asked to.
    #[error("the disk failed; try again, and see the server's log")]
    Disk(#[source] rusqlite::Error),
    /// The keys in the file were sealed with another key-encryption key, or the canary is gone.
    #[error("the key-encryption key is not the one that the stored keys were sealed with")]
    WrongKey,
    /// The store was opened without a key-encryption key, so no key can be stored.
    #[error("the store was opened without a key-encryption key")]
    NoKey,
    /// A sealed record does not open.
    #[error("the stored key {what} does not open: {why}; delete it and store it again")]
    Unopened {
        /// The name of its secret.
        what: String,
        /// What is wrong with the record.
        why: String,
    },
    /// Anything else that SQLite reports.
    #[error("the store failed")]
    Sqlite(#[source] rusqlite::Error),
}

/// A gateway could not be created, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// There is a gateway of that id.
    #[error("a gateway with the id {id} exists already")]
    AlreadyExists {
        /// The id.
        id: GatewayId,
    },
    /// A setting has a value that it cannot have.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The account was deleted in the meantime.
    #[error("not found")]
    NoAccount,
    /// The grant allows reading only.
    #[error("the grant does not include the edit permission")]
    NotGranted,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key of a provider could not be stored, replaced or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ProviderConfigError {
    /// There is no such gateway, or no such key in it.
    #[error("not found")]
    NotFound,
    /// The provider has a key of that alias.
    #[error("the gateway holds a key {alias} of {provider} already")]
    AlreadyExists {
        /// The provider's slug.
        provider: String,
        /// The name of the key.
        alias: String,
    },
    /// The key is for a custom provider that the account does not have.
    #[error("the account has no provider {0}")]
    NoProvider(String),
    /// Anybody may send requests through the gateway.
    #[error("the gateway is not authenticated, so anybody could spend the key")]
    Unauthenticated,
    /// The key is none of the provider's.
    #[error(transparent)]
    Unsuited(#[from] aig_model::Invalid),
    /// The grant allows reading only.
    #[error("the grant does not include the edit permission")]
    NotGranted,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A custom provider, or a price of one, could not be made, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum CustomProviderError {
    /// There is none of that id in the account.
    #[error("not found")]
    NotFound,
    /// The account has a provider of that slug.
    #[error("the account has a provider {0} already")]
    AlreadyExists(String),
    /// A price is to be made of a provider that the account does not have.
    #[error("the account has no custom provider of that id")]
    NoProvider,
    /// The provider has a price for that model by that rule.
    #[error("the provider has a price of that model by that rule already")]
    SamePrice,
    /// The account has as many as it may have.
    #[error("an account has at most {1} {0}")]
    TooMany(&'static str, u32),
    /// The grant allows reading only.
    #[error("the grant does not include the edit permission")]
    NotGranted,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token of an account could not be made, changed, rolled or deleted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is no such token in the account.
    #[error("not found")]
    NotFound,
    /// The environment of the server says what this token is, at every start.
    #[error("the server's environment sets this token")]
    FromEnvironment,
    /// It would be able to do what its maker cannot.
    #[error(transparent)]
    CannotGive(#[from] CannotGive),
    /// The token that asked for it was revoked, or ended, in the meantime.
    #[error("the token that acts is not good any more")]
    MakerGone,
    /// A value that a token cannot have.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The grant is for something else.
    #[error("the grant does not include the tokens-write permission")]
    NotGranted,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An account or a token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// There is an account of that id.
    #[error("an account with the id {0} exists already")]
    AccountExists(AccountId),
    /// There is no such account.
    #[error("there is no account with the id {0}; see `aig account list`")]
    NoAccount(AccountId),
    /// The same text is a token already.
    #[error("this token is in use already; set another one")]
    TokenExists,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl StoreError ===

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::ToSqlConversionFailure(inner) = &error
            && inner.is::<TooDeep>()
        {
            return Self::TooDeep;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error)
    }
}

impl StoreError {
    /// Whether a sync failed: what the kernel has dropped by then no later sync brings back.
    pub(crate) fn is_failed_sync(&self) -> bool {
        let Self::Disk(rusqlite::Error::SqliteFailure(failure, _)) = self else {
            return false;
        };
        matches!(
            failure.extended_code,
            SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC
        )
    }
}

// === impl GatewayError ===

impl From<rusqlite::Error> for GatewayError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

// === impl ProviderConfigError ===

impl From<rusqlite::Error> for ProviderConfigError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

// === impl CustomProviderError ===

impl From<rusqlite::Error> for CustomProviderError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

// === impl TokenError ===

impl From<rusqlite::Error> for TokenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

// === impl InstanceError ===

impl From<rusqlite::Error> for InstanceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

#[cfg(test)]
mod tests;
