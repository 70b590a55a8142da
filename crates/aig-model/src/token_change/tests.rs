//! Which lives a token can have, and what a change keeps.

use uuid::Uuid;

use super::*;
use crate::{AccountId, TokenId};

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn life(not_before: Option<i64>, expires_on: Option<i64>) -> TokenLife {
    TokenLife {
        not_before: not_before.map(at),
        expires_on: expires_on.map(at),
        disabled: false,
    }
}

fn token(life: TokenLife) -> Token {
    Token {
        id: TokenId(Uuid::nil()),
        account: AccountId::from_bytes([1; 16]),
        name: "t".into(),
        permissions: "read".parse().unwrap(),
        last_four: "abcd".into(),
        life,
        created_at: at(0),
        modified_at: at(0),
    }
}

#[test]
fn a_new_token_can_do_something_at_some_time() {
    let check = |permissions: Permissions, life| {
        let new = NewToken {
            name: "t".into(),
            permissions,
            life,
        };
        new.check(at(10)).map_err(|invalid| invalid.field)
    };
    let read: Permissions = "read".parse().unwrap();
    assert_eq!(check(read, life(None, None)), Ok(()));
    assert_eq!(check(read, life(Some(20), Some(21))), Ok(()));
    assert_eq!(check(read, life(Some(20), Some(20))), Err("expires_on"));
    assert_eq!(check(read, life(None, Some(10))), Err("expires_on"));
    assert_eq!(
        check(Permissions::default(), life(None, None)),
        Err("policies")
    );
}

#[test]
fn a_change_keeps_what_it_does_not_speak_of() {
    let before = token(life(Some(1), Some(100)));
    let same = TokenChange::default().applied(&before, at(10)).unwrap();
    let modified_at = at(10);
    assert_eq!(
        same,
        Token {
            modified_at,
            ..before.clone()
        }
    );
    let change = TokenChange {
        name: Some("u".into()),
        not_before: Change::Clear,
        expires_on: Change::Set(at(50)),
        disabled: Some(true),
        ..TokenChange::default()
    };
    let after = change.applied(&before, at(10)).unwrap();
    assert_eq!(&*after.name, "u");
    let disabled = true;
    assert_eq!(
        after.life,
        TokenLife {
            disabled,
            ..life(None, Some(50))
        }
    );
    assert_eq!(after.permissions, before.permissions);
}

#[test]
fn an_expired_token_can_be_sent_back_and_not_expire_again_in_the_past() {
    let before = token(life(None, Some(5)));
    let change = |end| TokenChange {
        expires_on: Change::Set(at(end)),
        ..TokenChange::default()
    };
    assert!(change(5).applied(&before, at(10)).is_ok());
    assert!(change(20).applied(&before, at(10)).is_ok());
    let refused = change(6).applied(&before, at(10)).unwrap_err();
    assert_eq!(refused.field, "expires_on");
}
