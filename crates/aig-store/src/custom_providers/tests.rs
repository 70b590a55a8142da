//! What an account may have, what requests find, and what a change of the destination takes away.

use std::sync::Arc;

use aig_model::{GatewayId, NewProviderConfig, Permission, ProviderSecret, Secret, StoredKey};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::seal::KEY_LEN;
use crate::testing::{at, grant};
use crate::{AccountScope, KeyRing, ProviderConfigError, Store};

struct Rig {
    store: Store,
    directory: TempDir,
    account: AccountId,
}

impl Rig {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = open(&directory, &[1]);
        let account = store
            .instance()
            .create_account("a", None, at(0))
            .await
            .unwrap()
            .id;
        Self {
            store,
            directory,
            account,
        }
    }

    fn scope(&self) -> AccountScope<'_> {
        self.store.scope(grant(self.account, Permission::Edit))
    }

    async fn make(&self, slug: &str) -> CustomProvider {
        let scope = self.scope();
        scope
            .create_custom_provider(new(slug), at(1))
            .await
            .unwrap()
    }

    async fn change(
        &self,
        provider: &CustomProvider,
        change: CustomProviderChange,
    ) -> (CustomProvider, Detached) {
        let scope = self.scope();
        let changed = scope.update_custom_provider(provider.id, change, at(2));
        changed.await.unwrap()
    }

    /// Stores a key for the provider in the gateway `default`.
    async fn key(&self, provider: &str) -> Result<(), ProviderConfigError> {
        let secret = ProviderSecret::new("sk-canary".into()).unwrap();
        let new = NewProviderConfig::new(provider.into(), "default".into(), None, secret).unwrap();
        let gateway = GatewayId::default_gateway();
        let stored = self.scope().create_provider_config(&gateway, new, at(1));
        stored.await.map(|_| ())
    }

    fn keys(&self) -> Arc<[StoredKey]> {
        let snapshot = Arc::clone(&self.store.snapshots().borrow());
        let found = snapshot.gateway(self.account, &GatewayId::default_gateway());
        snapshot.keys(&found.unwrap().gateway)
    }

    /// The headers that requests to a provider get.
    fn headers(&self, provider: &str) -> Option<Vec<(String, String)>> {
        let snapshot = Arc::clone(&self.store.snapshots().borrow());
        let providers = snapshot.custom_providers(self.account).unwrap();
        let headers = providers.get(provider).unwrap().headers.clone()?;
        let pairs = headers.iter();
        Some(
            pairs
                .map(|(n, v)| (n.to_owned(), v.expose().clone()))
                .collect(),
        )
    }

    fn file(&self) -> Connection {
        Connection::open(self.directory.path().join("config.db")).unwrap()
    }
}

fn open(directory: &TempDir, keys: &[u8]) -> Store {
    let keys = keys.to_owned();
    let ring = move || {
        let keys = keys.iter().map(|byte| Secret::new([*byte; KEY_LEN]));
        Ok(KeyRing::new(keys)?)
    };
    Store::open_with(directory.path(), Vault::new(ring).unwrap()).unwrap()
}

fn new(slug: &str) -> NewCustomProvider {
    NewCustomProvider {
        settings: CustomSettings {
            name: slug.to_uppercase(),
            slug: slug.into(),
            base_url: "https://one.example".into(),
            enable: true,
            ..CustomSettings::default()
        },
        headers: ExtraHeaders::new([("x-key".into(), Secret::new("hdr-canary".into()))]),
    }
}

fn to(base_url: &str) -> CustomProviderChange {
    CustomProviderChange {
        base_url: Some(base_url.into()),
        ..CustomProviderChange::default()
    }
}

#[tokio::test]
async fn providers_are_found_listed_and_gone_with_their_keys() {
    let rig = Rig::new().await;
    let refused = rig.key("custom-acme").await;
    assert!(matches!(refused, Err(ProviderConfigError::NoProvider(_))));
    let made = rig.make("acme").await;
    rig.key("custom-acme").await.unwrap();
    let twice = rig.scope().create_custom_provider(new("acme"), at(1)).await;
    assert!(matches!(twice, Err(CustomProviderError::AlreadyExists(_))));
    rig.make("beta").await;
    let first = CustomProviderChange {
        position: Change::Set(0),
        ..CustomProviderChange::default()
    };
    let beta = rig.make("third").await;
    rig.change(&beta, first).await;
    let page = |search: &str| {
        let filter = CustomFilter {
            search: Some(search.into()),
            ..CustomFilter::default()
        };
        rig.scope()
            .custom_providers(PageRequest::new(None, None, 100), filter)
    };
    let slugs = |page: Page<CustomProvider>| -> Vec<String> {
        page.items.into_iter().map(|p| p.settings.slug).collect()
    };
    assert_eq!(slugs(page("").await.unwrap()), ["third", "acme", "beta"]);
    assert_eq!(slugs(page("ACM").await.unwrap()), ["acme"]);
    let (gone, detached) = rig.scope().delete_custom_provider(made.id).await.unwrap();
    assert_eq!((gone.id, detached.keys, rig.keys().len()), (made.id, 1, 0));
    let again = rig.scope().delete_custom_provider(made.id).await;
    assert!(matches!(again, Err(CustomProviderError::NotFound)));
}

#[tokio::test]
async fn n_10_another_destination_takes_keys_and_headers_away() {
    let rig = Rig::new().await;
    let made = rig.make("acme").await;
    rig.key("custom-acme").await.unwrap();
    // What says nothing new about the destination takes nothing.
    let (_, detached) = rig.change(&made, to("https://one.example")).await;
    assert_eq!((detached, rig.keys().len()), (Detached::default(), 1));
    let (moved, detached) = rig.change(&made, to("https://two.example")).await;
    let expected = Detached {
        keys: 1,
        headers: true,
    };
    assert_eq!((detached, rig.keys().len()), (expected, 0));
    assert_eq!((moved.header_names, moved.version), (vec![], 3));
    assert_eq!(rig.headers("custom-acme"), Some(vec![]));
    let left: i64 = rig
        .file()
        .query_row("SELECT count(*) FROM provider_config", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    // Headers that come with the new destination are meant for it.
    let headers = ExtraHeaders::new([("x-new".into(), Secret::new("v".into()))]);
    let change = CustomProviderChange {
        headers: Change::Set(headers),
        ..to("https://three.example")
    };
    let (_, detached) = rig.change(&made, change).await;
    assert_eq!(detached, Detached::default());
    assert_eq!(
        rig.headers("custom-acme"),
        Some(vec![("x-new".into(), "v".into())])
    );
    // Another name is another provider to whoever stored a key.
    rig.key("custom-acme").await.unwrap();
    let rename = CustomProviderChange {
        slug: Some("other".into()),
        ..CustomProviderChange::default()
    };
    let (_, detached) = rig.change(&made, rename).await;
    assert_eq!(
        (detached.keys, detached.headers, rig.keys().len()),
        (1, false, 0)
    );
    assert_eq!(rig.headers("custom-other").unwrap().len(), 1);
}

#[tokio::test]
async fn headers_are_sealed_and_turn_with_the_key() {
    let rig = Rig::new().await;
    rig.make("acme").await;
    let canary = Some(vec![("x-key".to_owned(), "hdr-canary".to_owned())]);
    assert_eq!(rig.headers("custom-acme"), canary);
    for file in ["config.db", "config.db-wal"] {
        let bytes = std::fs::read(rig.directory.path().join(file)).unwrap();
        let found = bytes.windows(10).any(|window| window == b"hdr-canary");
        assert!(!found, "{file} holds the text");
    }
    let Rig {
        store,
        directory,
        account,
    } = rig;
    drop(store);
    let store = open(&directory, &[2, 1]);
    assert_eq!(store.instance().rotate_keys().await.unwrap(), 1);
    drop(store);
    let rig = Rig {
        store: open(&directory, &[2]),
        directory,
        account,
    };
    assert_eq!(rig.headers("custom-acme"), canary);
    // A record that was put elsewhere opens nothing, and its requests fail.
    rig.file()
        .execute("UPDATE custom_provider SET headers_version = 7", [])
        .unwrap();
    rig.make("beta").await;
    assert_eq!(rig.headers("custom-acme"), None);
}

#[tokio::test]
async fn nobody_elses_are_found() {
    let rig = Rig::new().await;
    let made = rig.make("acme").await;
    let other = rig.store.instance().create_account("b", None, at(0));
    let other = other.await.unwrap().id;
    let scope = rig.store.scope(grant(other, Permission::Edit));
    assert!(scope.custom_provider(made.id).await.unwrap().is_none());
    let changed = scope.update_custom_provider(made.id, to("https://x.example"), at(2));
    assert!(matches!(changed.await, Err(CustomProviderError::NotFound)));
    let gone = scope.delete_custom_provider(made.id);
    assert!(matches!(gone.await, Err(CustomProviderError::NotFound)));
    // The same slug in another account is another provider.
    scope
        .create_custom_provider(new("acme"), at(1))
        .await
        .unwrap();
    let reader = rig.store.scope(grant(rig.account, Permission::Read));
    let refused = reader.create_custom_provider(new("x"), at(1)).await;
    assert!(matches!(refused, Err(CustomProviderError::NotGranted)));
}
