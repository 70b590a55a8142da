//! When tokens are good, and that no token makes a stronger one.

use uuid::Uuid;

use super::*;
use crate::{AccountId, TokenId};

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn token(permissions: &str, expires_on: Option<i64>) -> Token {
    Token {
        id: TokenId(Uuid::nil()),
        account: AccountId::from_bytes([1; 16]),
        name: "t".into(),
        permissions: permissions.parse().unwrap(),
        last_four: "abcd".into(),
        life: TokenLife {
            expires_on: expires_on.map(at),
            ..TokenLife::default()
        },
        created_at: at(0),
        modified_at: at(0),
    }
}

#[test]
fn a_token_is_good_from_its_first_moment_up_to_its_last() {
    let life = TokenLife {
        not_before: Some(at(10)),
        expires_on: Some(at(20)),
        disabled: false,
    };
    let good = [9, 10, 19, 20].map(|now| life.is_good(at(now)));
    assert_eq!(good, [false, true, true, false]);
    assert_eq!(life.status(at(9)), TokenStatus::Active);
    assert_eq!(life.status(at(20)), TokenStatus::Expired);
    let disabled = TokenLife {
        disabled: true,
        ..life
    };
    assert!(!disabled.is_good(at(15)));
    assert_eq!(disabled.status(at(15)), TokenStatus::Disabled);
    assert_eq!(disabled.status(at(25)), TokenStatus::Expired);
    assert!(TokenLife::default().is_good(at(i64::MAX)));
}

#[test]
fn an_end_is_only_ever_brought_forward() {
    let life = token("read", Some(20)).life;
    assert_eq!(life.until(at(10)).expires_on, Some(at(10)));
    assert_eq!(life.until(at(30)).expires_on, Some(at(20)));
    assert_eq!(TokenLife::default().until(at(5)).expires_on, Some(at(5)));
}

#[test]
fn a_11_a_token_gives_nothing_that_it_lacks() {
    let maker = token("edit,tokens-write", Some(20));
    for (made, why) in [
        (token("edit", Some(20)), None),
        (token("tokens-write", Some(1)), None),
        (
            token("read,edit", Some(20)),
            Some(CannotGive::Permission(Permission::Read)),
        ),
        (
            token("tokens-read", Some(20)),
            Some(CannotGive::Permission(Permission::TokensRead)),
        ),
        (token("edit", Some(21)), Some(CannotGive::Life)),
        (token("edit", None), Some(CannotGive::Life)),
    ] {
        assert_eq!(maker.may_give(&made).err(), why, "{made:?}");
    }
    let elsewhere = Token {
        account: AccountId::from_bytes([2; 16]),
        ..token("edit", Some(20))
    };
    assert_eq!(maker.may_give(&elsewhere), Err(CannotGive::Account));
    let forever = token("edit,tokens-write", None);
    assert_eq!(forever.may_give(&token("edit", None)), Ok(()));
}
