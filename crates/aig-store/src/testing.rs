//! What the tests of this crate share: a store in a directory of its own, grants, records.

use std::path::{Path, PathBuf};

use aig_model::{
    Account, AccountId, GatewayChange, GatewayId, Grant, NewGateway, Outcome, Permission,
    Permissions, Record, Timestamp, Token, TokenDigest, TokenId, TokenLife, Usage,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{AccountScope, Store};

/// A store that goes away with its directory.
pub(crate) struct Rig {
    // Before the directory, so that it is closed when that goes away.
    pub(crate) store: Store,
    path: PathBuf,
    own_directory: Option<TempDir>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        Self {
            store: Store::open(directory.path()).unwrap(),
            path: directory.path().into(),
            own_directory: Some(directory),
        }
    }

    /// A store in a directory that stays.
    pub(crate) fn kept(path: PathBuf) -> Self {
        Self {
            store: Store::open(&path).unwrap(),
            path,
            own_directory: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the store; its directory stays until what is answered goes away.
    pub(crate) fn close(self) -> TempDir {
        drop(self.store);
        self.own_directory
            .expect("the rig has a directory of its own")
    }

    /// Another handle on the same files, as another process would have.
    pub(crate) fn foreign(&self, file: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join(file)).unwrap()
    }

    pub(crate) async fn account(&self, name: &str) -> AccountId {
        self.account_at(name, at(0)).await.id
    }

    pub(crate) async fn account_at(&self, name: &str, now: Timestamp) -> Account {
        let instance = self.store.instance();
        instance.create_account(name, None, now).await.unwrap()
    }

    pub(crate) fn scope(&self, account: AccountId) -> AccountScope<'_> {
        self.store.scope(grant(account, Permission::Edit))
    }

    /// A gateway that is there.
    pub(crate) async fn gateway(&self, account: AccountId, id: &str) -> GatewayId {
        let new = with_id(id);
        self.scope(account)
            .create_gateway(new, at(1))
            .await
            .unwrap()
            .id
    }
}

pub(crate) fn grant(account: AccountId, permission: Permission) -> Grant {
    let token = Token {
        id: TokenId(Uuid::nil()),
        account,
        name: "test".into(),
        permissions: Permissions::ALL,
        last_four: "test".into(),
        life: TokenLife::default(),
        created_at: at(0),
        modified_at: at(0),
    };
    token.grant(account, permission).unwrap()
}

pub(crate) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) const fn digest(byte: u8) -> TokenDigest {
    TokenDigest([byte; 32])
}

pub(crate) fn id(text: &str) -> GatewayId {
    text.parse().unwrap()
}

pub(crate) fn with_id(text: &str) -> NewGateway {
    NewGateway {
        id: Some(id(text)),
        ..NewGateway::default()
    }
}

pub(crate) fn named(name: &str) -> NewGateway {
    NewGateway {
        id: None,
        settings: GatewayChange {
            name: Some(name.into()),
            ..GatewayChange::default()
        },
    }
}

/// A record whose id and time follow from its number.
pub(crate) fn record(account: AccountId, gateway: &GatewayId, number: u32) -> Record {
    let id = Uuid::from_u128(number.into());
    Record {
        event: Some(format!("event-{number}")),
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
        path: "chat/completions".into(),
        method: "POST".into(),
        status: 200,
        outcome: Outcome::Complete,
        duration_ms: 840,
        first_byte_ms: Some(310),
        usage: Usage {
            tokens_in: Some(12),
            ..Usage::default()
        },
        user_agent: Some("test".into()),
        request_content_type: Some("application/json".into()),
        request_size: 180,
        response_size: 4_096,
        authentication: true,
        ..Record::begin(id, account, gateway.clone(), at(i64::from(number)))
    }
}
