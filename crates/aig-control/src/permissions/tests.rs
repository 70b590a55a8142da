//! Reading takes the permission to read, changing the one to edit.

use http::Method;

use super::*;

#[test]
fn what_changes_something_takes_the_edit_permission() {
    for operation in Operation::ALL {
        let expected = if operation.method() == Method::GET {
            Permission::Read
        } else {
            Permission::Edit
        };
        assert_eq!(needed(*operation), expected, "{}", operation.id());
    }
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
