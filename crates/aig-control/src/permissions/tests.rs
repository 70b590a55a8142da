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
