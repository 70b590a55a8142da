//! Accounts, tokens, and the token that the environment sets.

use aig_model::{AccountId, Permission, Permissions, Token};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::migrations::{CONFIG, migrate};
use crate::testing::{Rig, at, digest, id};
use crate::{InstanceError, Store};

fn account(byte: u8) -> AccountId {
    AccountId::from_bytes([byte; 16])
}

/// Whether a token of that digest is good for that account.
fn is_good(store: &Store, byte: u8, account: AccountId) -> bool {
    store
        .snapshots()
        .borrow()
        .token(&digest(byte))
        .is_some_and(|token| token.account == account)
}

#[tokio::test]
async fn accounts_are_listed_with_the_oldest_first_and_ids_are_unique() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let late = instance.create_account("late", None, at(9)).await.unwrap();
    let chosen = instance
        .create_account("early", Some(account(7)), at(2))
        .await
        .unwrap();
    assert_eq!(chosen.id, account(7));
    assert_ne!(late.id, chosen.id);
    let listed = instance.list_accounts().await.unwrap();
    assert_eq!(listed, [chosen, late]);
    let twice = instance.create_account("x", Some(account(7)), at(2)).await;
    assert!(matches!(twice, Err(InstanceError::AccountExists(id)) if id == account(7)));
}

#[tokio::test]
async fn an_account_goes_with_everything_in_it() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let (gone, stays) = (rig.account("gone").await, rig.account("stays").await);
    for (byte, account) in [(1, gone), (2, stays)] {
        rig.gateway(account, "x").await;
        instance
            .create_token(account, "t", Permissions::ALL, digest(byte), "abcd", at(1))
            .await
            .unwrap();
    }
    let deleted = instance.delete_account(gone).await.unwrap();
    assert_eq!(deleted.unwrap().name, "gone");
    assert!(instance.delete_account(gone).await.unwrap().is_none());
    let snapshot = rig.store.snapshots().borrow().clone();
    assert!(snapshot.gateway(gone, &id("x")).is_none());
    assert!(snapshot.gateway(gone, &id("default")).is_none());
    assert!(!is_good(&rig.store, 1, gone));
    assert!(snapshot.gateway(stays, &id("x")).is_some());
    assert!(is_good(&rig.store, 2, stays));
}

#[tokio::test]
async fn tokens_are_listed_per_account_and_revoked_one_by_one() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let (ours, theirs) = (rig.account("ours").await, rig.account("theirs").await);
    let read = Permissions::default().with(Permission::Read);
    let first = instance
        .create_token(ours, "first", read, digest(1), "aaaa", at(1))
        .await
        .unwrap();
    let second = instance
        .create_token(ours, "second", Permissions::ALL, digest(2), "bbbb", at(2))
        .await
        .unwrap();
    instance
        .create_token(theirs, "x", read, digest(3), "cccc", at(3))
        .await
        .unwrap();
    assert_eq!(
        (&*first.name, &*first.last_four, first.permissions),
        ("first", "aaaa", read)
    );
    assert_eq!(
        instance.list_tokens(ours).await.unwrap(),
        [first.clone(), second.clone()]
    );
    assert!(instance.revoke_token(first.id).await.unwrap());
    assert!(!is_good(&rig.store, 1, ours), "revoked when acknowledged");
    assert!(!instance.revoke_token(first.id).await.unwrap());
    assert_eq!(instance.list_tokens(ours).await.unwrap(), [second]);
    assert!(is_good(&rig.store, 3, theirs));
}

#[tokio::test]
async fn a_token_needs_an_account_and_a_text_of_its_own() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let made = async |account, byte| -> Result<Token, InstanceError> {
        instance
            .create_token(account, "t", Permissions::ALL, digest(byte), "abcd", at(1))
            .await
    };
    let absent = made(account(9), 1).await;
    assert!(matches!(absent, Err(InstanceError::NoAccount(_))));
    let ours = rig.account("ours").await;
    made(ours, 1).await.unwrap();
    assert!(matches!(
        made(ours, 1).await,
        Err(InstanceError::TokenExists)
    ));
}

#[tokio::test]
async fn the_first_account_and_token_are_made_once() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let made = instance
        .first_start("home", digest(1), "abcd", at(1))
        .await
        .unwrap();
    let (home, token) = made.unwrap();
    assert_eq!(
        (&*home.name, token.account, token.permissions),
        ("home", home.id, Permissions::ALL)
    );
    assert!(is_good(&rig.store, 1, home.id));
    let again = instance
        .first_start("home", digest(2), "abcd", at(2))
        .await
        .unwrap();
    assert!(again.is_none());
    assert_eq!(instance.list_accounts().await.unwrap(), [home]);
}

#[tokio::test]
async fn the_bootstrap_is_the_same_however_often_it_is_ensured() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    instance
        .ensure_bootstrap(account(1), digest(1), "abcd", at(1))
        .await
        .unwrap();
    assert!(is_good(&rig.store, 1, account(1)));
    let tokens = instance.list_tokens(account(1)).await.unwrap();
    assert_eq!((tokens.len(), tokens[0].permissions), (1, Permissions::ALL));
    let generation = rig.store.snapshots().borrow().generation;
    instance
        .ensure_bootstrap(account(1), digest(1), "abcd", at(2))
        .await
        .unwrap();
    assert_eq!(instance.list_tokens(account(1)).await.unwrap(), tokens);
    assert_eq!(
        rig.store.snapshots().borrow().generation,
        generation,
        "nothing was written"
    );
}

#[tokio::test]
async fn a_changed_bootstrap_revokes_the_former_one_and_no_other_token() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    instance
        .ensure_bootstrap(account(1), digest(1), "abcd", at(1))
        .await
        .unwrap();
    instance
        .create_token(account(1), "t", Permissions::ALL, digest(5), "abcd", at(1))
        .await
        .unwrap();
    instance
        .ensure_bootstrap(account(1), digest(2), "efgh", at(2))
        .await
        .unwrap();
    assert!(!is_good(&rig.store, 1, account(1)));
    assert!(is_good(&rig.store, 2, account(1)));
    assert!(is_good(&rig.store, 5, account(1)));
    instance
        .ensure_bootstrap(account(2), digest(3), "ijkl", at(3))
        .await
        .unwrap();
    assert!(!is_good(&rig.store, 2, account(1)), "a changed account too");
    assert!(is_good(&rig.store, 3, account(2)));
}

#[tokio::test]
async fn an_existing_token_of_the_account_can_become_its_bootstrap() {
    let rig = Rig::new();
    let instance = rig.store.instance();
    let (ours, theirs) = (rig.account("ours").await, rig.account("theirs").await);
    let read = Permissions::default().with(Permission::Read);
    instance
        .create_token(ours, "t", read, digest(1), "abcd", at(1))
        .await
        .unwrap();
    let foreign = instance
        .ensure_bootstrap(theirs, digest(1), "abcd", at(2))
        .await;
    assert!(matches!(foreign, Err(InstanceError::TokenExists)));
    instance
        .ensure_bootstrap(ours, digest(1), "abcd", at(2))
        .await
        .unwrap();
    let tokens = instance.list_tokens(ours).await.unwrap();
    assert_eq!((tokens.len(), tokens[0].permissions), (1, Permissions::ALL));
    instance
        .ensure_bootstrap(ours, digest(2), "efgh", at(3))
        .await
        .unwrap();
    assert!(!is_good(&rig.store, 1, ours));
}

#[tokio::test]
async fn every_set_of_permissions_is_read_as_it_was_written() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    for bits in 0..8_u8 {
        let set = Permission::ALL
            .into_iter()
            .zip(0..)
            .filter(|(_, bit)| bits & (1 << bit) != 0)
            .fold(Permissions::default(), |set, (one, _)| set.with(one));
        let instance = rig.store.instance();
        let made = instance.create_token(account, "t", set, digest(bits), "abcd", at(1));
        made.await.unwrap();
        let snapshot = rig.store.snapshots().borrow().clone();
        assert_eq!(snapshot.token(&digest(bits)).unwrap().permissions, set);
    }
}

#[tokio::test]
async fn the_first_pepper_is_the_right_one_also_after_a_restart_and_no_other_is() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let first = store.instance().recognise_pepper(digest(1)).await;
    assert!(
        first.unwrap(),
        "a fresh instance takes the pepper that comes"
    );
    for (byte, is_right) in [(2, false), (1, true), (2, false)] {
        let recognised = store.instance().recognise_pepper(digest(byte)).await;
        assert_eq!(recognised.unwrap(), is_right, "{byte}");
    }
    drop(store);
    let again = Store::open(directory.path()).unwrap();
    for (byte, is_right) in [(2, false), (1, true)] {
        let recognised = again.instance().recognise_pepper(digest(byte)).await;
        assert_eq!(recognised.unwrap(), is_right, "{byte}, after a restart");
    }
}

#[tokio::test]
async fn an_instance_from_before_the_check_value_keeps_its_tokens_and_takes_the_pepper() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("config.db");
    let mut old = Connection::open(&file).unwrap();
    migrate(&mut old, &file, &CONFIG[..1]).unwrap();
    old.execute_batch(
        "INSERT INTO account VALUES ('07070707070707070707070707070707', 'old', 0, 1);
         INSERT INTO token VALUES ('00000000000000000000000000000001',
             '07070707070707070707070707070707', 'old', 'run', zeroblob(32), 'abcd', 0, 0);",
    )
    .unwrap();
    drop(old);
    let store = Store::open(directory.path()).unwrap();
    assert!(is_good(&store, 0, account(7)));
    assert!(store.instance().recognise_pepper(digest(1)).await.unwrap());
    assert!(!store.instance().recognise_pepper(digest(2)).await.unwrap());
}
