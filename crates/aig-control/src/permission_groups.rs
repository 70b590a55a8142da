//! What tokens may be allowed to do, as policies name it: one table, whose ids never change.
//!
//! The names are Cloudflare's, by which its clients look for the ids. The ids are this gateway's own.

use aig_api::types;
use aig_model::{Permission, Permissions};

/// The kind of resources that all of them are about.
pub(crate) const SCOPE: &str = "com.cloudflare.api.account";

/// A permission under the names of the API.
struct Group {
    permission: Permission,
    id: &'static str,
    name: &'static str,
}

const fn group(permission: Permission, id: &'static str, name: &'static str) -> Group {
    Group {
        permission,
        id,
        name,
    }
}

const GROUPS: [Group; 5] = [
    group(
        Permission::Read,
        "61696720617069207065726d20726561",
        "AI Gateway Read",
    ),
    group(
        Permission::Edit,
        "61696720617069207065726d20656469",
        "AI Gateway Edit",
    ),
    group(
        Permission::Run,
        "61696720617069207065726d2072756e",
        "AI Gateway Run",
    ),
    group(
        Permission::TokensRead,
        "61696720617069207065726d20746b72",
        "Account API Tokens Read",
    ),
    group(
        Permission::TokensWrite,
        "61696720617069207065726d20746b77",
        "Account API Tokens Write",
    ),
];

/// All groups that have that name and are about that kind of resources, where one is asked for.
pub(crate) fn offered(
    name: Option<&str>,
    scope: Option<&str>,
) -> Vec<types::TokenPermissionGroupOffered> {
    let about_it = scope.is_none_or(|scope| scope == SCOPE);
    let named = |group: &&Group| about_it && name.is_none_or(|name| name == group.name);
    let groups = GROUPS.iter().filter(named);
    groups
        .map(|group| types::TokenPermissionGroupOffered {
            id: group.id.to_owned(),
            name: group.name.to_owned(),
            scopes: vec![SCOPE.to_owned()],
        })
        .collect()
}

/// The permission that an id stands for.
pub(crate) fn permission(id: &str) -> Option<Permission> {
    let group = GROUPS.iter().find(|group| group.id == id)?;
    Some(group.permission)
}

/// The groups that stand for a set of permissions.
pub(crate) fn shown(permissions: Permissions) -> Vec<types::TokenPermissionGroup> {
    let groups = GROUPS.iter();
    groups
        .filter(|group| permissions.has(group.permission))
        .map(|group| types::TokenPermissionGroup {
            id: group.id.to_owned(),
            name: group.name.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_permission_has_one_group_with_an_id_and_a_name_of_its_own() {
        for permission in Permission::ALL {
            let groups = shown(Permissions::default().with(permission));
            let [group] = &groups[..] else {
                panic!("{permission} has {groups:?}");
            };
            assert_eq!(super::permission(&group.id), Some(permission));
        }
        let ids: BTreeSet<_> = GROUPS.iter().map(|group| group.id).collect();
        let names: BTreeSet<_> = GROUPS.iter().map(|group| group.name).collect();
        assert_eq!((ids.len(), names.len()), (GROUPS.len(), GROUPS.len()));
        assert!(ids.iter().all(|id| id.len() == 32));
    }

    #[test]
    fn groups_are_found_by_name_and_kind() {
        let count = |name, scope| offered(name, scope).len();
        assert_eq!(count(None, None), Permission::ALL.len());
        assert_eq!(count(Some("AI Gateway Run"), Some(SCOPE)), 1);
        assert_eq!(count(Some("ai gateway run"), None), 0);
        assert_eq!(count(None, Some("com.cloudflare.api.account.zone")), 0);
    }
}
