//! Who may store what where, what requests find, and what is left of a key that is gone.

use std::sync::Arc;

use aig_model::{
    Change, GatewayChange, NewProviderConfig, PageRequest, Permission, ProviderConfig,
    ProviderSecret, Secret,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::seal::KEY_LEN;
use crate::testing::{at, grant, id, with_id};
use crate::{AccountScope, GatewayError, KeyRing, Store};

struct Rig {
    store: Store,
    directory: TempDir,
    account: AccountId,
}

impl Rig {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let keys = || Ok(KeyRing::new([Secret::new([1; KEY_LEN])])?);
        let store = Store::open_with(directory.path(), Vault::new(keys).unwrap()).unwrap();
        let account = store
            .instance()
            .create_account("a", None, at(0))
            .await
            .unwrap()
            .id;
        let rig = Self {
            store,
            directory,
            account,
        };
        rig.gateway(account, "g").await;
        rig
    }

    async fn gateway(&self, account: AccountId, name: &str) {
        let mut new = with_id(name);
        new.settings.authentication = Change::Set(true);
        self.of(account).create_gateway(new, at(1)).await.unwrap();
    }

    fn of(&self, account: AccountId) -> AccountScope<'_> {
        self.store.scope(grant(account, Permission::Edit))
    }

    async fn put(
        &self,
        gateway: &str,
        new: NewProviderConfig,
    ) -> Result<ProviderConfig, ProviderConfigError> {
        let scope = self.of(self.account);
        scope.create_provider_config(&id(gateway), new, at(2)).await
    }

    /// Alias, mark and text of the keys that requests through `g` find.
    fn found(&self) -> Vec<(String, bool, Option<String>)> {
        let snapshot = Arc::clone(&self.store.snapshots().borrow());
        let gateway = snapshot.gateway(self.account, &id("g")).unwrap().gateway;
        let keys = snapshot.keys(&gateway);
        keys.iter()
            .map(|key| {
                let text = key.secret.as_ref().map(|secret| secret.expose().clone());
                (key.alias.clone(), key.is_default, text)
            })
            .collect()
    }

    fn file(&self) -> Connection {
        Connection::open(self.directory.path().join("config.db")).unwrap()
    }
}

fn new(alias: &str, text: &str) -> NewProviderConfig {
    new_default(alias, text, None)
}

fn new_default(alias: &str, text: &str, said: Option<bool>) -> NewProviderConfig {
    let secret = ProviderSecret::new(text.into()).unwrap();
    NewProviderConfig::new("openai".into(), alias.into(), said, secret).unwrap()
}

fn found(alias: &str, is_default: bool, text: &str) -> (String, bool, Option<String>) {
    (alias.into(), is_default, Some(text.into()))
}

#[tokio::test]
async fn a_key_is_found_by_requests_from_its_storing_to_its_deletion() {
    let rig = Rig::new().await;
    let made = rig
        .put("g", new("default", "sk-0123456789-first"))
        .await
        .unwrap();
    assert_eq!((made.preview.as_str(), made.version), ("…irst", 1));
    assert_eq!(made.secret_name(), "g_openai_default");
    assert_eq!(rig.found(), [found("default", true, "sk-0123456789-first")]);
    let secret = ProviderSecret::new("sk-0123456789-next".into()).unwrap();
    let scope = rig.of(rig.account);
    let turned = scope
        .rotate_provider_config(&id("g"), made.id, secret, at(9))
        .await
        .unwrap();
    assert_eq!(
        (turned.id, turned.version, turned.modified_at),
        (made.id, 2, at(9))
    );
    assert_eq!(rig.found(), [found("default", true, "sk-0123456789-next")]);
    let page = PageRequest::new(None, None, 100);
    let listed = scope
        .provider_configs(&id("g"), page)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (listed.total, &listed.items[..]),
        (1, &[turned.clone()][..])
    );
    let gone = scope
        .delete_provider_config(&id("g"), made.id)
        .await
        .unwrap();
    assert_eq!(gone, turned);
    assert_eq!(rig.found(), []);
    let again = scope.delete_provider_config(&id("g"), made.id).await;
    assert!(matches!(again, Err(ProviderConfigError::NotFound)));
}

#[tokio::test]
async fn a_provider_has_one_default_and_one_key_of_each_alias() {
    let rig = Rig::new().await;
    rig.put("g", new("default", "sk-a")).await.unwrap();
    rig.put("g", new_default("prod", "sk-b", Some(true)))
        .await
        .unwrap();
    assert_eq!(
        rig.found(),
        [found("default", false, "sk-a"), found("prod", true, "sk-b")]
    );
    let again = rig.put("g", new("prod", "sk-c")).await;
    assert!(matches!(
        again,
        Err(ProviderConfigError::AlreadyExists { .. })
    ));
    let nowhere = rig.put("absent", new("x", "sk-c")).await;
    assert!(matches!(nowhere, Err(ProviderConfigError::NotFound)));
    rig.put("default", new("x", "sk-d")).await.unwrap();
    assert_eq!(rig.found().len(), 2, "another gateway's keys are not found");
}

#[tokio::test]
async fn a_20_a_gateway_that_anybody_may_use_holds_no_key() {
    let rig = Rig::new().await;
    let scope = rig.of(rig.account);
    let switch = |on| GatewayChange {
        authentication: Change::Set(on),
        ..GatewayChange::default()
    };
    scope
        .update_gateway(&id("g"), switch(false), at(3))
        .await
        .unwrap();
    let refused = rig.put("g", new("default", "sk-a")).await;
    assert!(matches!(refused, Err(ProviderConfigError::Unauthenticated)));
    scope
        .update_gateway(&id("g"), switch(true), at(4))
        .await
        .unwrap();
    let made = rig.put("g", new("default", "sk-a")).await.unwrap();
    for off in [
        switch(false),
        GatewayChange {
            authentication: Change::Clear,
            ..switch(true)
        },
    ] {
        let refused = scope.update_gateway(&id("g"), off, at(5)).await;
        let Err(GatewayError::Invalid(invalid)) = refused else {
            panic!("not refused: {refused:?}");
        };
        assert_eq!(invalid.field, "authentication");
    }
    scope
        .delete_provider_config(&id("g"), made.id)
        .await
        .unwrap();
    scope
        .update_gateway(&id("g"), switch(false), at(6))
        .await
        .unwrap();
}

#[tokio::test]
async fn another_account_reaches_no_key() {
    let rig = Rig::new().await;
    let made = rig.put("g", new("default", "sk-a")).await.unwrap();
    let other = rig
        .store
        .instance()
        .create_account("b", None, at(0))
        .await
        .unwrap()
        .id;
    rig.gateway(other, "g").await;
    let scope = rig.of(other);
    let page = PageRequest::new(None, None, 100);
    assert_eq!(
        scope
            .provider_configs(&id("g"), page)
            .await
            .unwrap()
            .unwrap()
            .total,
        0
    );
    let gone = scope.delete_provider_config(&id("g"), made.id).await;
    assert!(matches!(gone, Err(ProviderConfigError::NotFound)));
    let secret = ProviderSecret::new("sk-b".into()).unwrap();
    let turned = scope
        .rotate_provider_config(&id("g"), made.id, secret, at(3))
        .await;
    assert!(matches!(turned, Err(ProviderConfigError::NotFound)));
    let reader = rig.store.scope(grant(rig.account, Permission::Read));
    let stored = reader
        .create_provider_config(&id("g"), new("x", "sk-x"), at(3))
        .await;
    assert!(matches!(stored, Err(ProviderConfigError::NotGranted)));
    assert_eq!(rig.found(), [found("default", true, "sk-a")]);
}

#[tokio::test]
async fn s_03_a_record_that_was_moved_in_the_file_is_no_key() {
    let rig = Rig::new().await;
    rig.put("g", new("one", "sk-a")).await.unwrap();
    rig.put("g", new("two", "sk-b")).await.unwrap();
    let moved = "UPDATE provider_config SET (wrapped, sealed) =
        (SELECT wrapped, sealed FROM provider_config WHERE alias = 'one') WHERE alias = 'two'";
    rig.file().execute(moved, []).unwrap();
    // Any change has the file read again.
    rig.put("g", new("three", "sk-c")).await.unwrap();
    let expected = [
        found("one", false, "sk-a"),
        ("two".into(), false, None),
        found("three", false, "sk-c"),
    ];
    assert_eq!(rig.found(), expected);
}

#[tokio::test]
async fn s_15_nothing_of_a_deleted_key_stays_in_the_files() {
    let rig = Rig::new().await;
    let made = rig
        .put("g", new("default", "sk-canary-0123456789"))
        .await
        .unwrap();
    let envelope: Vec<u8> = rig
        .file()
        .query_row("SELECT wrapped FROM provider_config", [], |row| row.get(0))
        .unwrap();
    let holds = |needle: &[u8]| {
        ["config.db", "config.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(rig.directory.path().join(name)).unwrap_or_default();
            bytes.windows(needle.len()).any(|run| run == needle)
        })
    };
    assert!(holds(&envelope[16..32]) && !holds(b"canary-0"));
    rig.of(rig.account)
        .delete_provider_config(&id("g"), made.id)
        .await
        .unwrap();
    rig.file()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert!(!holds(&envelope[16..32]));
}

#[tokio::test]
async fn keys_go_with_their_gateway_and_a_store_without_a_vault_holds_none() {
    let rig = Rig::new().await;
    rig.put("g", new("default", "sk-a")).await.unwrap();
    let other = Store::open(rig.directory.path()).unwrap();
    let snapshot = Arc::clone(&other.snapshots().borrow());
    let gateway = snapshot.gateway(rig.account, &id("g")).unwrap().gateway;
    assert!(snapshot.keys(&gateway).is_empty());
    let scope = other.scope(grant(rig.account, Permission::Edit));
    let refused = scope
        .create_provider_config(&id("g"), new("x", "sk-x"), at(3))
        .await;
    assert!(matches!(
        refused,
        Err(ProviderConfigError::Store(StoreError::NoKey))
    ));
    rig.of(rig.account).delete_gateway(&id("g")).await.unwrap();
    rig.gateway(rig.account, "g").await;
    assert_eq!(rig.found(), []);
}
