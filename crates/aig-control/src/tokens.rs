//! The operations on tokens: unpack, one call of the store, wrap.
//!
//! A value is made here and goes out once, in the answer to the operation that made it; what is
//! handed on is its digest. Policies are read in `token_policies`.

use aig_api::types::{
    TokenChange, TokenCreateResponse, TokenCreated, TokenDeleteResponse, TokenDeleted, TokenInput,
    TokenListResponse, TokenPermissionGroupListResponse, TokenResponse, TokenRoll,
    TokenValueResponse, TokenVerified, TokenVerifyResponse,
};
use aig_api::{
    CreateTokenPath, DeleteTokenPath, GetTokenPath, ListTokenPermissionGroupsPath,
    ListTokenPermissionGroupsQuery, ListTokensPath, ListTokensQuery, Operation, RollTokenPath,
    UpdateTokenPath, VerifyAccountTokenPath, types,
};
use aig_model::{Change, NewToken, Timestamp, Token, TokenId, TokenLife, TokenStatus, TokenText};
use aig_store::{NewValue, TokenList};
use chrono::{DateTime, Utc};
use dropshot::RequestContext;
use serde_json::{Map, Value};

use crate::error::{Failure, Fault};
use crate::inside::Context;
use crate::{convert, permission_groups, token_policies};

/// The most tokens of a page.
pub const MOST: u32 = 50;

/// What a token that was read has besides its settings: it may be sent back, and changes nothing.
const READ_ONLY: [&str; 9] = [
    "id",
    "issued_on",
    "modified_on",
    "last_used_on",
    "creator_email_at_creation",
    "provisioner_id",
    "provisioner_type",
    "status",
    "value",
];

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListTokensPath,
    query: ListTokensQuery,
) -> Result<TokenListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListTokens, &path.account_id)?;
    let now = context.now();
    let list = TokenList {
        page: convert::page_request(query.page, query.per_page, MOST),
        newest_first: query.direction == Some(types::ListTokensDirection::Desc),
        expired: query.include_expired == Some(true),
        now,
    };
    let page = scope.tokens(list).await?;
    Ok(TokenListResponse {
        result: page.items.iter().map(|token| shown(token, now)).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

pub(crate) async fn create(
    request: &Request,
    path: CreateTokenPath,
    input: TokenInput,
) -> Result<TokenCreateResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::CreateToken, &path.account_id)?;
    let now = context.now();
    let status = input.extra.get("status");
    if status.is_some_and(|status| status != "active") {
        let message = "status of a new token is active: make it, then change it";
        return Err(Fault::of_field("status", message).into());
    }
    no_others(&input.extra)?;
    let new = NewToken {
        name: String::from(input.name).into(),
        permissions: token_policies::permissions(&input.policies, scope.account())?,
        life: TokenLife {
            not_before: input.not_before.flatten().map(moment),
            expires_on: input.expires_on.flatten().map(moment),
            disabled: false,
        },
    };
    let value = fresh()?;
    let (digest, last_four) = (context.digest(&value), value.last_four());
    let made = scope.create_token(new, digest, last_four, now).await?;
    Ok(TokenCreateResponse {
        result: with_value(shown(&made, now), &value),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

pub(crate) async fn get(request: &Request, path: GetTokenPath) -> Result<TokenResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::GetToken, &path.account_id)?;
    let token = scope.token(id(&path.token_id)?).await?;
    let token = token.ok_or(Failure::NotFound)?;
    Ok(response(&token, context.now()))
}

pub(crate) async fn update(
    request: &Request,
    path: UpdateTokenPath,
    input: TokenChange,
) -> Result<TokenResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::UpdateToken, &path.account_id)?;
    let (id, now) = (id(&path.token_id)?, context.now());
    no_others(&input.extra)?;
    let policies = input.policies.as_deref();
    let permissions = policies
        .map(|policies| token_policies::permissions(policies, scope.account()))
        .transpose()?;
    let disabled = match input.status {
        None => None,
        Some(types::TokenStatus::Active) => Some(false),
        Some(types::TokenStatus::Disabled) => Some(true),
        Some(types::TokenStatus::Expired) => {
            let found = scope.token(id).await?.ok_or(Failure::NotFound)?;
            if found.life.status(now) != TokenStatus::Expired {
                let message = "status cannot be made expired: set expires_on, or disabled";
                return Err(Fault::of_field("status", message).into());
            }
            None
        }
    };
    let change = aig_model::TokenChange {
        name: input.name.map(|name| String::from(name).into()),
        permissions,
        not_before: Change::from_wire(input.not_before.map(|time| time.map(moment))),
        expires_on: Change::from_wire(input.expires_on.map(|time| time.map(moment))),
        disabled,
    };
    let changed = scope.update_token(id, change, now).await?;
    Ok(response(&changed, now))
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteTokenPath,
) -> Result<TokenDeleteResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::DeleteToken, &path.account_id)?;
    let id = id(&path.token_id)?;
    let gone = scope.delete_token(id, context.now()).await?;
    Ok(TokenDeleteResponse {
        result: TokenDeleted {
            id: gone.id.to_string(),
        },
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

pub(crate) async fn roll(
    request: &Request,
    path: RollTokenPath,
    input: TokenRoll,
) -> Result<TokenValueResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::RollToken, &path.account_id)?;
    let (id, now) = (id(&path.token_id)?, context.now());
    no_others(&input.extra)?;
    let overlap: Option<i64> = input.overlap_seconds.map(|seconds| seconds.get());
    let text = fresh()?;
    let value = NewValue {
        digest: context.digest(&text),
        last_four: text.last_four().to_owned(),
        former_until: overlap
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Timestamp::from_millis(now.as_millis() + seconds * 1_000)),
    };
    scope.roll_token(id, value, now).await?;
    Ok(TokenValueResponse {
        result: text.expose().to_owned(),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

pub(crate) async fn groups(
    request: &Request,
    path: ListTokenPermissionGroupsPath,
    query: ListTokenPermissionGroupsQuery,
) -> Result<TokenPermissionGroupListResponse, Failure> {
    let operation = Operation::ListTokenPermissionGroups;
    let context = request.context();
    context.scope(request, operation, &path.account_id)?;
    Ok(TokenPermissionGroupListResponse {
        result: permission_groups::offered(query.name.as_deref(), query.scope.as_deref()),
        success: true,
        errors: vec![],
        messages: vec![],
    })
}

/// Tells the holder of a token of the account in the path that it is good.
pub(crate) async fn verify_in(
    request: &Request,
    path: VerifyAccountTokenPath,
) -> Result<TokenVerifyResponse, Failure> {
    let context = request.context();
    let token = context.token(request)?;
    if path.account_id.parse() != Ok(token.account) {
        return Err(Failure::NotFound);
    }
    Ok(verified(&token, context.now()))
}

/// Tells the holder of a token that it is good.
pub(crate) async fn verify(request: &Request) -> Result<TokenVerifyResponse, Failure> {
    let context = request.context();
    let token = context.token(request)?;
    Ok(verified(&token, context.now()))
}

fn verified(token: &Token, now: Timestamp) -> TokenVerifyResponse {
    TokenVerifyResponse {
        result: TokenVerified {
            id: token.id.to_string(),
            status: status(token, now),
            not_before: token.life.not_before.map(convert::time),
            expires_on: token.life.expires_on.map(convert::time),
        },
        success: true,
        errors: vec![],
        messages: vec![],
    }
}

fn response(token: &Token, now: Timestamp) -> TokenResponse {
    TokenResponse {
        result: shown(token, now),
        success: true,
        errors: vec![],
        messages: vec![],
    }
}

fn shown(token: &Token, now: Timestamp) -> types::Token {
    types::Token {
        id: token.id.to_string(),
        name: token.name.to_string(),
        status: status(token, now),
        policies: token_policies::shown(token),
        issued_on: convert::time(token.created_at),
        modified_on: convert::time(token.modified_at),
        not_before: token.life.not_before.map(convert::time),
        expires_on: token.life.expires_on.map(convert::time),
    }
}

fn with_value(token: types::Token, value: &TokenText) -> TokenCreated {
    TokenCreated {
        id: token.id,
        name: token.name,
        status: token.status,
        policies: token.policies,
        issued_on: token.issued_on,
        modified_on: token.modified_on,
        not_before: token.not_before,
        expires_on: token.expires_on,
        value: value.expose().to_owned(),
    }
}

fn status(token: &Token, now: Timestamp) -> types::TokenStatus {
    match token.life.status(now) {
        TokenStatus::Active => types::TokenStatus::Active,
        TokenStatus::Disabled => types::TokenStatus::Disabled,
        TokenStatus::Expired => types::TokenStatus::Expired,
    }
}

/// Refuses what nobody would carry out. Also names that nobody knows, other than elsewhere: whoever
/// mistypes `expires_on` must not get a token that never ends.
fn no_others(extra: &Map<String, Value>) -> Result<(), Failure> {
    let faults: Vec<_> = extra
        .iter()
        .filter(|(name, value)| match name.as_str() {
            "condition" => !is_empty(value),
            name => !READ_ONLY.contains(&name),
        })
        .map(|(name, _)| {
            let message = match name.as_str() {
                "condition" => "condition is not performed: leave it out, or send {}".to_owned(),
                name => format!("{name} is no setting of a token: leave it out"),
            };
            Fault::of_field(name, message)
        })
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::Invalid(faults)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

fn fresh() -> Result<TokenText, Failure> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|error| {
        tracing::error!(%error, "the operating system gave no random bytes");
        Failure::Internal
    })?;
    Ok(TokenText::from_random(bits))
}

fn moment(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_millis(time.timestamp_millis())
}

/// What cannot be an id is the id of nothing. An id has one spelling.
fn id(text: &str) -> Result<TokenId, Failure> {
    let id = text.parse().map(TokenId).map_err(|_| Failure::NotFound)?;
    match id.to_string() == text {
        true => Ok(id),
        false => Err(Failure::NotFound),
    }
}

#[cfg(test)]
mod tests;
