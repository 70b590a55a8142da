//! What is asked for when a token is made or changed, and which lives a token can have.
//!
//! Whether the one who asks may do so is left to [`Token::may_give`].

use std::sync::Arc;

use crate::{Change, Invalid, Permissions, Timestamp, Token, TokenLife};

/// A token that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// For people.
    pub name: Arc<str>,
    /// What it may do.
    pub permissions: Permissions,
    /// When it is good.
    pub life: TokenLife,
}

/// What is to change of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenChange {
    /// For people.
    pub name: Option<Arc<str>>,
    /// What it may do.
    pub permissions: Option<Permissions>,
    /// From when on it is good; cleared is from the start.
    pub not_before: Change<Timestamp>,
    /// From when on it is refused; cleared is never.
    pub expires_on: Change<Timestamp>,
    /// Whether it is switched off.
    pub disabled: Option<bool>,
}

// === impl NewToken ===

impl NewToken {
    /// Refuses what would never be good for anything.
    pub fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        some_permission(self.permissions)?;
        in_order(self.life)?;
        ends_later(self.life, now)
    }
}

// === impl TokenChange ===

impl TokenChange {
    /// The token as it is afterwards.
    pub fn applied(self, token: &Token, now: Timestamp) -> Result<Token, Invalid> {
        let before = token.life;
        let life = TokenLife {
            not_before: self.not_before.over(before.not_before),
            expires_on: self.expires_on.over(before.expires_on),
            disabled: self.disabled.unwrap_or(before.disabled),
        };
        in_order(life)?;
        // What was read of an expired token can be sent back.
        if life.expires_on != before.expires_on {
            ends_later(life, now)?;
        }
        let after = Token {
            name: self.name.unwrap_or_else(|| Arc::clone(&token.name)),
            permissions: self.permissions.unwrap_or(token.permissions),
            life,
            modified_at: now,
            ..token.clone()
        };
        some_permission(after.permissions)?;
        Ok(after)
    }
}

fn some_permission(permissions: Permissions) -> Result<(), Invalid> {
    match permissions.is_empty() {
        true => Err(invalid("policies", "must allow at least one thing")),
        false => Ok(()),
    }
}

fn in_order(life: TokenLife) -> Result<(), Invalid> {
    match (life.not_before, life.expires_on) {
        (Some(begin), Some(end)) if end <= begin => {
            Err(invalid("expires_on", "must be later than not_before"))
        }
        _ => Ok(()),
    }
}

fn ends_later(life: TokenLife, now: Timestamp) -> Result<(), Invalid> {
    match life.expires_on {
        Some(end) if end <= now => Err(invalid(
            "expires_on",
            "must lie in the future; to end a token now, disable or delete it",
        )),
        _ => Ok(()),
    }
}

fn invalid(field: &'static str, message: &str) -> Invalid {
    let message = message.to_owned();
    Invalid { field, message }
}

#[cfg(test)]
mod tests;
