//! Tokens of an account: what a maker may give, which account a token is in, and what a roll ends.

use aig_model::{CannotGive, Change, Grant, Permission, Permissions, TokenLife};

use super::*;
use crate::AccountScope;
use crate::testing::{Rig, at, digest};

/// A token made on the data directory, and the grant for tokens that it gives.
async fn maker(rig: &Rig, account: AccountId, permissions: &str, n: u8) -> (Token, Grant) {
    let made = rig.store.instance().create_token(
        account,
        "maker",
        permissions.parse().unwrap(),
        digest(n),
        "make",
        at(0),
    );
    let token = made.await.unwrap();
    let grant = token.grant(account, Permission::TokensWrite).unwrap();
    (token, grant)
}

fn new(permissions: &str, expires_on: Option<i64>) -> NewToken {
    NewToken {
        name: "new".into(),
        permissions: permissions.parse().unwrap(),
        life: TokenLife {
            expires_on: expires_on.map(at),
            ..TokenLife::default()
        },
    }
}

fn list(now: i64) -> TokenList {
    TokenList {
        page: PageRequest::new(None, None, 50),
        newest_first: false,
        expired: false,
        now: at(now),
    }
}

async fn names(scope: AccountScope<'_>, list: TokenList) -> Vec<String> {
    let page = scope.tokens(list).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|t| t.name.to_string()).collect()
}

const WRITER: &str = "edit,tokens-write";

#[tokio::test]
async fn a_token_lives_and_ends() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (_, grant) = maker(&rig, account, WRITER, 1).await;
    let scope = rig.store.scope(grant);
    let made = scope.create_token(new("edit", Some(100)), digest(2), "two2", at(10));
    let made = made.await.unwrap();
    assert_eq!((made.created_at, made.modified_at), (at(10), at(10)));
    assert_eq!(scope.token(made.id).await.unwrap(), Some(made.clone()));
    let snapshot = || rig.store.snapshots().borrow().clone();
    assert_eq!(snapshot().token(&digest(2)).unwrap().life, made.life);
    // What is over is not listed unless it is asked for.
    assert_eq!(names(scope, list(99)).await, ["maker", "new"]);
    assert_eq!(names(scope, list(100)).await, ["maker"]);
    let all = TokenList {
        expired: true,
        newest_first: true,
        ..list(100)
    };
    assert_eq!(names(scope, all).await, ["new", "maker"]);

    let change = TokenChange {
        name: Some("other".into()),
        expires_on: Change::Clear,
        disabled: Some(true),
        ..TokenChange::default()
    };
    let changed = scope.update_token(made.id, change, at(20)).await.unwrap();
    assert_eq!(scope.token(made.id).await.unwrap(), Some(changed.clone()));
    assert!(changed.life.disabled && changed.life.expires_on.is_none());
    assert_eq!(snapshot().token(&digest(2)).unwrap().life, changed.life);

    scope.delete_token(made.id, at(30)).await.unwrap();
    assert!(snapshot().token(&digest(2)).is_none());
    assert!(matches!(
        scope.delete_token(made.id, at(30)).await,
        Err(TokenError::NotFound)
    ));
}

#[tokio::test]
async fn a_11_no_scope_escalation_is_stored() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (strong, _) = maker(&rig, account, "read,edit,run,tokens-write", 1).await;
    let (weak, grant) = maker(&rig, account, WRITER, 2).await;
    let scope = rig.store.scope(grant);
    let made = scope.create_token(new("read", None), digest(3), "3333", at(1));
    let refused = made.await.unwrap_err();
    assert!(matches!(
        refused,
        TokenError::CannotGive(CannotGive::Permission(Permission::Read))
    ));
    // Nor by way of a token that is there: itself, or a stronger one.
    let more = TokenChange {
        permissions: Some(Permissions::ALL),
        ..TokenChange::default()
    };
    let off = TokenChange {
        disabled: Some(true),
        ..TokenChange::default()
    };
    let on = TokenChange {
        disabled: Some(false),
        ..TokenChange::default()
    };
    let value = NewValue {
        digest: digest(4),
        last_four: "4444".into(),
        former_until: None,
    };
    for result in [
        scope.update_token(weak.id, more.clone(), at(1)).await,
        scope
            .update_token(strong.id, TokenChange::default(), at(1))
            .await,
        scope
            .update_token(
                strong.id,
                TokenChange {
                    disabled: Some(true),
                    ..more
                },
                at(1),
            )
            .await,
        scope.roll_token(strong.id, value, at(1)).await,
    ] {
        assert!(
            matches!(result, Err(TokenError::CannotGive(_))),
            "{result:?}"
        );
    }
    assert_eq!(scope.token(strong.id).await.unwrap(), Some(strong.clone()));
    assert_eq!(names(scope, list(1)).await, ["maker", "maker"]);
    // Taking away is another thing; giving back is not.
    assert!(scope.update_token(strong.id, off, at(1)).await.is_ok());
    assert!(scope.update_token(strong.id, on, at(1)).await.is_err());
}

#[tokio::test]
async fn a_11_a_maker_that_ended_on_the_way_makes_nothing() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (token, grant) = maker(&rig, account, WRITER, 1).await;
    let scope = rig.store.scope(grant);
    assert!(rig.store.instance().revoke_token(token.id).await.unwrap());
    let made = scope.create_token(new("edit", None), digest(2), "2222", at(1));
    assert!(matches!(made.await, Err(TokenError::MakerGone)));
    assert_eq!(names(scope, list(1)).await, [""; 0]);
}

#[tokio::test]
async fn tokens_are_changed_by_who_may_change_them_in_their_own_account() {
    let rig = Rig::new();
    let (ours, theirs) = (rig.account("ours").await, rig.account("theirs").await);
    let (_, grant) = maker(&rig, ours, WRITER, 1).await;
    let (foreign, _) = maker(&rig, theirs, WRITER, 2).await;
    let scope = rig.store.scope(grant);
    assert_eq!(scope.token(foreign.id).await.unwrap(), None);
    let value = NewValue {
        digest: digest(3),
        last_four: "3333".into(),
        former_until: None,
    };
    let changed = scope.update_token(foreign.id, TokenChange::default(), at(1));
    for result in [
        changed.await,
        scope.roll_token(foreign.id, value, at(1)).await,
        scope.delete_token(foreign.id, at(1)).await,
    ] {
        assert!(matches!(result, Err(TokenError::NotFound)), "{result:?}");
    }
    let reader = rig.scope(ours);
    let made = reader.create_token(new("edit", None), digest(4), "4444", at(1));
    assert!(matches!(made.await, Err(TokenError::NotGranted)));
}

#[tokio::test]
async fn a_roll_ends_the_former_value_at_once_or_later() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (token, grant) = maker(&rig, account, WRITER, 1).await;
    let scope = rig.store.scope(grant);
    let value = |n, former_until: Option<i64>| NewValue {
        digest: digest(n),
        last_four: format!("{n}{n}{n}{n}"),
        former_until: former_until.map(at),
    };
    let snapshot = || rig.store.snapshots().borrow().clone();
    let life = |n| snapshot().token(&digest(n)).map(|t| t.life.expires_on);

    scope
        .roll_token(token.id, value(2, Some(60)), at(5))
        .await
        .unwrap();
    assert_eq!((life(1), life(2)), (Some(Some(at(60))), Some(None)));
    let by_id = snapshot().token_by_id(token.id).unwrap().clone();
    assert_eq!((by_id.life.expires_on, &*by_id.last_four), (None, "2222"));
    // The next roll forgets the value before the former one.
    scope
        .roll_token(token.id, value(3, Some(70)), at(6))
        .await
        .unwrap();
    assert_eq!(
        (life(1), life(2), life(3)),
        (None, Some(Some(at(70))), Some(None))
    );
    scope
        .roll_token(token.id, value(4, None), at(7))
        .await
        .unwrap();
    assert_eq!((life(2), life(3), life(4)), (None, None, Some(None)));
    // Whoever revokes a token ends both.
    scope
        .roll_token(token.id, value(5, Some(80)), at(8))
        .await
        .unwrap();
    assert!(rig.store.instance().revoke_token(token.id).await.unwrap());
    assert_eq!((life(4), life(5)), (None, None));
}

#[tokio::test]
async fn the_token_of_the_environment_is_changed_there() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let (_, grant) = maker(&rig, account, "read,edit,run,tokens-read,tokens-write", 1).await;
    let scope = rig.store.scope(grant);
    let instance = rig.store.instance();
    instance
        .ensure_bootstrap(account, digest(2), "boot", at(1))
        .await
        .unwrap();
    let page = scope.tokens(list(1)).await.unwrap();
    let id = page
        .items
        .iter()
        .find(|t| &*t.name == "bootstrap")
        .unwrap()
        .id;
    let changed = scope.update_token(id, TokenChange::default(), at(1)).await;
    assert!(matches!(changed, Err(TokenError::FromEnvironment)));
    let gone = scope.delete_token(id, at(1)).await;
    assert!(matches!(gone, Err(TokenError::FromEnvironment)));
}
