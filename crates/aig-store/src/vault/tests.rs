//! The right keys are asked for, and a rotation loses nothing, wherever it is broken off.

use std::sync::Mutex;

use aig_model::{
    AccountId, Change, GatewayChange, GatewayId, NewProviderConfig, ProviderSecret, Secret,
};
use tempfile::TempDir;

use super::*;
use crate::seal::KEY_LEN;
use crate::testing::{at, grant, id, with_id};
use crate::{KeyRing, Store};

/// The place where the keys come from, as several processes share it.
type Keys = Arc<Mutex<Vec<u8>>>;

fn keys(bytes: &[u8]) -> Keys {
    Arc::new(Mutex::new(bytes.to_vec()))
}

fn vault(keys: &Keys) -> Vault {
    let keys = Arc::clone(keys);
    Vault::new(move || {
        let bytes = keys.lock().unwrap().clone();
        Ok(KeyRing::new(
            bytes.into_iter().map(|b| Secret::new([b; KEY_LEN])),
        )?)
    })
    .unwrap()
}

fn open(directory: &TempDir, keys: &Keys) -> Result<Store, StoreError> {
    Store::open_with(directory.path(), vault(keys))
}

fn scope(store: &Store, account: AccountId) -> crate::AccountScope<'_> {
    store.scope(grant(account, aig_model::Permission::Edit))
}

async fn store_key(store: &Store, account: AccountId, gateway: &GatewayId, alias: &str) {
    let secret = ProviderSecret::new(format!("sk-{alias}")).unwrap();
    let new = NewProviderConfig::new("openai".into(), alias.into(), None, secret).unwrap();
    let made = scope(store, account).create_provider_config(gateway, new, at(2));
    made.await.unwrap();
}

/// An account with a gateway `g` that holds so many keys.
async fn furnished(store: &Store, count: usize) -> (AccountId, GatewayId) {
    let account = store
        .instance()
        .create_account("a", None, at(0))
        .await
        .unwrap()
        .id;
    let mut new = with_id("g");
    new.settings = GatewayChange {
        authentication: Change::Set(true),
        ..GatewayChange::default()
    };
    scope(store, account)
        .create_gateway(new, at(1))
        .await
        .unwrap();
    for n in 0..count {
        store_key(store, account, &id("g"), &format!("key-{n}")).await;
    }
    (account, id("g"))
}

/// What requests would use, sorted.
fn in_use(store: &Store, account: AccountId) -> Vec<Option<String>> {
    let snapshot = Arc::clone(&store.snapshots().borrow());
    let gateway = snapshot.gateway(account, &id("g")).unwrap().gateway;
    let keys = snapshot.keys(&gateway);
    let mut texts: Vec<_> = keys
        .iter()
        .map(|key| key.secret.as_ref().map(|secret| secret.expose().clone()))
        .collect();
    texts.sort();
    texts
}

fn all(count: usize) -> Vec<Option<String>> {
    let mut texts: Vec<_> = (0..count).map(|n| Some(format!("sk-key-{n}"))).collect();
    texts.sort();
    texts
}

fn stored(directory: &TempDir) -> Vec<u8> {
    std::fs::read(directory.path().join("config.db")).unwrap()
}

#[tokio::test]
async fn s_06_another_key_is_refused_and_the_file_stays_as_it_is() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, &keys(&[1])).unwrap();
    let (account, _) = furnished(&store, 3).await;
    drop(store);
    let before = stored(&directory);
    for wrong in [&[2][..], &[2, 3]] {
        let refused = open(&directory, &keys(wrong)).err();
        assert!(matches!(refused, Some(StoreError::WrongKey)), "{refused:?}");
        assert_eq!(stored(&directory), before);
    }
    let store = open(&directory, &keys(&[2, 1])).unwrap();
    assert_eq!(in_use(&store, account), all(3));
}

#[tokio::test]
async fn a_file_whose_canary_was_taken_out_is_refused() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, &keys(&[1])).unwrap();
    furnished(&store, 1).await;
    drop(store);
    let file = Connection::open(directory.path().join("config.db")).unwrap();
    file.execute("DELETE FROM canary", []).unwrap();
    drop(file);
    let refused = open(&directory, &keys(&[2])).err();
    assert!(matches!(refused, Some(StoreError::WrongKey)), "{refused:?}");
}

#[tokio::test]
async fn s_05_a_rotation_can_be_broken_off_anywhere_and_is_finished_by_the_next() {
    const COUNT: usize = 20;
    // Before anything, after the new key came, after all was wrapped anew, after the old one went.
    for stop in 0..4 {
        let directory = TempDir::new().unwrap();
        let source = keys(&[1]);
        let store = open(&directory, &source).unwrap();
        let (account, _) = furnished(&store, COUNT).await;
        if stop > 0 {
            *source.lock().unwrap() = vec![2, 1];
        }
        if stop > 1 {
            assert_eq!(store.instance().rotate_keys().await.unwrap(), COUNT);
        }
        if stop > 2 {
            *source.lock().unwrap() = vec![2];
        }
        drop(store);

        let store = open(&directory, &source).unwrap();
        assert_eq!(in_use(&store, account), all(COUNT), "after step {stop}");
        if stop < 1 {
            *source.lock().unwrap() = vec![2, 1];
        }
        let left = if stop > 1 { 0 } else { COUNT };
        assert_eq!(store.instance().rotate_keys().await.unwrap(), left);
        *source.lock().unwrap() = vec![2];
        drop(store);
        let store = open(&directory, &keys(&[2])).unwrap();
        assert_eq!(in_use(&store, account), all(COUNT), "finished after {stop}");
    }
}

/// The transaction is rolled back whole when one record cannot be wrapped anew.
#[tokio::test]
async fn s_05_a_record_that_does_not_open_stops_the_rotation_and_is_named() {
    let directory = TempDir::new().unwrap();
    let source = keys(&[1]);
    let store = open(&directory, &source).unwrap();
    furnished(&store, 3).await;
    let file = Connection::open(directory.path().join("config.db")).unwrap();
    let break_one = "UPDATE provider_config SET version = 9 WHERE alias = 'key-2'";
    file.execute(break_one, []).unwrap();
    *source.lock().unwrap() = vec![2, 1];
    let error = store.instance().rotate_keys().await.unwrap_err();
    assert!(error.to_string().contains("g_openai_key-2"), "{error}");
    let under_old: Vec<Vec<u8>> = file
        .prepare("SELECT wrapped FROM provider_config")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let old = vault(&keys(&[1]));
    for wrapped in under_old {
        assert!(old.ring().key(wrapping_key(&wrapped).unwrap()).is_some());
    }
}

/// Another process rotates; this one goes on, for keys that are there and for keys that come.
#[tokio::test]
async fn s_04_a_running_process_follows_a_rotation() {
    let directory = TempDir::new().unwrap();
    let source = keys(&[1]);
    let running = open(&directory, &source).unwrap();
    let (account, gateway) = furnished(&running, 3).await;

    *source.lock().unwrap() = vec![2, 1];
    let other = open(&directory, &source).unwrap();
    assert_eq!(other.instance().rotate_keys().await.unwrap(), 3);
    *source.lock().unwrap() = vec![2];
    drop(other);

    // Written by a process that had read the old key alone.
    store_key(&running, account, &gateway, "key-3").await;
    assert_eq!(in_use(&running, account), all(4));
    let old = vault(&keys(&[1]));
    let file = Connection::open(directory.path().join("config.db")).unwrap();
    let mut statement = file.prepare("SELECT wrapped FROM provider_config").unwrap();
    let wrapped = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    for wrapped in wrapped {
        let id = wrapping_key(&wrapped.unwrap()).unwrap();
        assert!(
            old.ring().key(id).is_none(),
            "a record is under the old key"
        );
    }
}
