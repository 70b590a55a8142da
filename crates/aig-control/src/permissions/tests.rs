//! Reading takes a permission to read, changing one to change; tokens have permissions of their own.

use http::Method;

use super::*;

#[test]
fn what_changes_something_takes_a_permission_to_change() {
    for operation in Operation::ALL {
        let reads = operation.method() == Method::GET;
        let path = operation.path();
        let about_tokens = path.contains("/tokens") || path.ends_with("/logs/audit");
        let expected = match (reads, about_tokens) {
            (true, _) if operation.path().ends_with("/verify") => continue,
            (true, false) => Permission::Read,
            (false, false) => Permission::Edit,
            (true, true) => Permission::TokensRead,
            (false, true) => Permission::TokensWrite,
        };
        let expected = Needed::Permission(expected);
        assert_eq!(needed(*operation), expected, "{}", operation.id());
    }
}

#[test]
fn a_token_without_a_permission_may_still_ask_after_itself_and_after_nothing_else() {
    let [own, other] = [1, 2].map(|n| AccountId::from_bytes([n; 16]));
    let token = Token {
        id: aig_model::TokenId(Default::default()),
        account: own,
        name: "t".into(),
        permissions: aig_model::Permissions::default(),
        last_four: "abcd".into(),
        life: Default::default(),
        created_at: Default::default(),
        modified_at: Default::default(),
    };
    for operation in Operation::ALL {
        let granted = needed(*operation).granted(&token, own);
        match operation.path().ends_with("/verify") {
            true => assert_eq!(granted, Ok(None), "{}", operation.id()),
            false => assert!(matches!(granted, Err(Refused::Lacking(_)))),
        }
    }
    let elsewhere = Needed::Membership.granted(&token, other);
    assert_eq!(elsewhere, Err(Refused::OtherAccount));
}

/// A wildcard would let a new operation in by a rule that nobody thought of for it.
#[test]
fn a_06_new_operation_denied_by_default() {
    let source = include_str!("../permissions.rs");
    for wildcard in ["_ =>", "_ if ", "operation =>", "other =>"] {
        assert!(!source.contains(wildcard), "{wildcard}");
    }
    for operation in Operation::ALL {
        let variant = format!("Operation::{operation:?}");
        let named = source
            .split(|c: char| !c.is_ascii_alphanumeric() && c != ':')
            .filter(|word| *word == variant)
            .count();
        assert_eq!(named, 1, "{variant} is decided on in one place");
    }
}
