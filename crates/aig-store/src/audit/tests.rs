//! Entries and changes go together: neither is there without the other.

use aig_model::{GatewayChange, LogPatch, LogQuery, NewToken, Permission, TokenChange, TokenLife};

use super::*;
use crate::AccountScope;
use crate::testing::{Rig, at, digest, id, with_id};

const ALL: AuditQuery = AuditQuery {
    since: None,
    before: None,
    oldest_first: true,
    after: None,
    limit: 100,
};

async fn told(scope: AccountScope<'_>) -> Vec<AuditEntry> {
    scope.audit_log(ALL).await.unwrap().entries
}

/// A token of the account, and what its holder may do with gateways and with tokens.
async fn holder(rig: &Rig, account: AccountId) -> [AccountScope<'_>; 2] {
    let permissions = "read,edit,run,tokens-read,tokens-write".parse().unwrap();
    let made =
        rig.store
            .instance()
            .create_token(account, "holder", permissions, digest(1), "hold", at(0));
    let token = made.await.unwrap();
    [Permission::Edit, Permission::TokensWrite].map(|permission| {
        let grant = token.grant(account, permission).unwrap();
        rig.store.scope(grant).acting("anOperation", at(7))
    })
}

fn new_token() -> NewToken {
    NewToken {
        name: "new".into(),
        permissions: "read".parse().unwrap(),
        life: TokenLife::default(),
    }
}

#[tokio::test]
async fn an_entry_has_the_token_with_the_name_that_it_had() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let [scope, tokens] = holder(&rig, account).await;
    scope.create_gateway(with_id("g"), at(7)).await.unwrap();
    // A token that deletes itself is named, too.
    let own = scope.actor().token;
    tokens.delete_token(own, at(7)).await.unwrap();
    let told = told(scope).await;
    let said: Vec<_> = told
        .iter()
        .map(|e| {
            (
                e.resource,
                e.resource_id.as_deref(),
                &*e.token_name,
                e.succeeded,
            )
        })
        .collect();
    let own_text = own.to_string();
    assert_eq!(
        said,
        [
            (AuditResource::Gateway, Some("g"), "holder", true),
            (AuditResource::Token, Some(&*own_text), "holder", true),
        ]
    );
    assert!(told.iter().all(|e| e.token == own && e.at == at(7)));
    assert!(told.iter().all(|e| e.operation == "anOperation"));
}

/// The audit log cannot be written: every change is refused, and nothing has changed.
#[tokio::test]
async fn d_12_audit_fail_closed() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let [scope, tokens] = holder(&rig, account).await;
    scope.create_gateway(with_id("g"), at(7)).await.unwrap();
    let token = tokens.create_token(new_token(), digest(2), "2222", at(7));
    let token = token.await.unwrap();
    let log = crate::testing::record(account, &id("g"), 1);
    let row = log.id;
    rig.store.journal().offer(log);
    rig.store.journal().flush().await;
    let before = told(scope).await;
    rig.foreign("config.db")
        .execute_batch(
            "CREATE TRIGGER closed BEFORE INSERT ON audit
             BEGIN SELECT RAISE(ABORT, 'the audit log is full'); END",
        )
        .unwrap();

    let patch = LogPatch {
        feedback: Some(Some(1.0)),
        ..LogPatch::default()
    };
    let value = crate::NewValue {
        digest: digest(3),
        last_four: "3333".into(),
        former_until: None,
    };
    let change = GatewayChange {
        name: Some("other".into()),
        ..GatewayChange::default()
    };
    let off = TokenChange {
        disabled: Some(true),
        ..TokenChange::default()
    };
    let refused = [
        scope.create_gateway(with_id("h"), at(8)).await.is_err(),
        scope.update_gateway(&id("g"), change, at(8)).await.is_err(),
        scope.delete_gateway(&id("g")).await.is_err(),
        scope.patch_log(&id("g"), row, patch).await.is_err(),
        scope
            .delete_logs(&id("g"), LogQuery::default(), 10)
            .await
            .is_err(),
        tokens
            .create_token(new_token(), digest(4), "4444", at(8))
            .await
            .is_err(),
        tokens.update_token(token.id, off, at(8)).await.is_err(),
        tokens.roll_token(token.id, value, at(8)).await.is_err(),
        tokens.delete_token(token.id, at(8)).await.is_err(),
    ];
    assert_eq!(refused, [true; 9]);
    // Once it can be written again, all is as it was, to the last row.
    rig.foreign("config.db")
        .execute_batch("DROP TRIGGER closed")
        .unwrap();
    assert_eq!(told(scope).await, before);
    let gateway = scope.gateway(&id("g")).await.unwrap().unwrap();
    assert_eq!((&*gateway.name, gateway.modified_at), ("g", at(7)));
    assert!(scope.gateway(&id("h")).await.unwrap().is_none());
    assert_eq!(tokens.token(token.id).await.unwrap(), Some(token));
    let snapshot = rig.store.snapshots().borrow().clone();
    let known = [2, 3, 4].map(|n| snapshot.token(&digest(n)).is_some());
    assert_eq!(known, [true, false, false]);
    let row = scope.log(&id("g"), row).await.unwrap().unwrap();
    assert_eq!(row.feedback, None);
    scope.delete_gateway(&id("g")).await.unwrap();
}

#[tokio::test]
async fn what_failed_leaves_an_entry_and_nothing_else() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let [scope, _] = holder(&rig, account).await;
    scope.create_gateway(with_id("g"), at(7)).await.unwrap();
    assert!(scope.create_gateway(with_id("g"), at(7)).await.is_err());
    assert!(scope.delete_gateway(&id("absent")).await.unwrap().is_none());
    let absent = Uuid::nil();
    let patched = scope.patch_log(&id("g"), absent, LogPatch::default()).await;
    assert!(!patched.unwrap());
    // The entry of a failure is on its way; one that is waited for comes behind it.
    let generation = rig.store.snapshots().borrow().generation;
    scope
        .delete_logs(&id("g"), LogQuery::default(), 1)
        .await
        .unwrap();
    assert_eq!(rig.store.snapshots().borrow().generation, generation);
    let said: Vec<_> = told(scope)
        .await
        .into_iter()
        .map(|e| (e.action.word(), e.resource.word(), e.succeeded))
        .collect();
    assert_eq!(
        said,
        [
            ("create", "gateway", true),
            ("create", "gateway", false),
            ("delete", "gateway", false),
            ("update", "log", false),
            ("delete", "log", true),
        ]
    );
}

#[tokio::test]
async fn entries_that_are_too_old_go_as_others_come() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let [scope, _] = holder(&rig, account).await;
    let kept = i64::try_from(KEPT.as_millis()).unwrap();
    for (number, now) in [0, 1, 2, kept + 2, kept + 2].into_iter().enumerate() {
        let new = with_id(&format!("g{number}"));
        let scope = scope.acting("anOperation", at(now));
        scope.create_gateway(new, at(now)).await.unwrap();
    }
    let left: Vec<_> = told(scope).await.into_iter().map(|e| e.at).collect();
    assert_eq!(left, [at(2), at(kept + 2), at(kept + 2)]);
}
