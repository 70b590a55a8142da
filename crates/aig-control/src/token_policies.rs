//! Policies of tokens, in Cloudflare's shape: what they say is a set of permissions in one account.
//!
//! All that a policy can say and nobody here would carry out is refused: that something is denied,
//! groups that are not known, resources other than the account. How much a token may give to
//! another one is left to the model.

use aig_api::types::{TokenPolicy, TokenPolicyInput, TokenPolicyInputEffect};
use aig_model::{AccountId, CannotGive, Permissions, Token};
use serde_json::{Map, Value};

use crate::error::{Failure, Fault};
use crate::permission_groups::{self, SCOPE};

/// What the policies allow, all together.
pub(crate) fn permissions(
    policies: &[TokenPolicyInput],
    account: AccountId,
) -> Result<Permissions, Failure> {
    let mut all = Permissions::default();
    for (index, policy) in policies.iter().enumerate() {
        all = all.and(allowed(index, policy, account)?);
    }
    Ok(all)
}

/// The policy that says what a token may do.
pub(crate) fn shown(token: &Token) -> Vec<TokenPolicy> {
    let mut resources = Map::new();
    resources.insert(format!("{SCOPE}.{}", token.account), "*".into());
    vec![TokenPolicy {
        id: token.id.to_string(),
        effect: TokenPolicyInputEffect::Allow.as_str().to_owned(),
        permission_groups: permission_groups::shown(token.permissions),
        resources,
    }]
}

fn allowed(
    index: usize,
    policy: &TokenPolicyInput,
    account: AccountId,
) -> Result<Permissions, Failure> {
    if policy.effect == TokenPolicyInputEffect::Deny {
        let message = "effect must be allow: what no policy allows is denied anyway";
        return Err(fault(index, &["effect"], message));
    }
    check_resources(index, &policy.resources, account)?;
    let mut allowed = Permissions::default();
    for (place, group) in policy.permission_groups.iter().enumerate() {
        let Some(permission) = permission_groups::permission(&group.id) else {
            let message = "id must be that of a permission group; \
                           GET …/tokens/permission_groups lists them";
            let path = ["permission_groups", &place.to_string(), "id"];
            return Err(fault(index, &path, message));
        };
        allowed = allowed.with(permission);
    }
    Ok(allowed)
}

fn check_resources(
    index: usize,
    resources: &Map<String, Value>,
    account: AccountId,
) -> Result<(), Failure> {
    let wanted = format!("{SCOPE}.{account}");
    let message = || format!("resources must be {{{wanted:?}: \"*\"}}: a token is for an account");
    for (name, value) in resources {
        let of_account = name
            .strip_prefix(SCOPE)
            .and_then(|rest| rest.strip_prefix('.'));
        match of_account {
            Some(_) if *name == wanted && value == "*" => {}
            Some(other)
                if other == "*" || other.parse().is_ok_and(|id: AccountId| id != account) =>
            {
                return Err(CannotGive::Account.into());
            }
            _ => return Err(fault(index, &["resources"], &message())),
        }
    }
    match resources.is_empty() {
        true => Err(fault(index, &["resources"], &message())),
        false => Ok(()),
    }
}

fn fault(index: usize, place: &[&str], message: &str) -> Failure {
    let mut path = vec!["body".to_owned(), "policies".to_owned(), index.to_string()];
    path.extend(place.iter().map(|step| (*step).to_owned()));
    let message = message.to_owned();
    Fault { message, path }.into()
}
