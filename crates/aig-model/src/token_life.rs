//! When a token is good, and what its holder may make of it: other tokens, never stronger ones.
//!
//! Nothing is written when a token expires: whoever asks brings the time along.

use crate::{Permission, Permissions, Timestamp, Token};

/// From when to when a token is good, and whether somebody switched it off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenLife {
    /// Refused before this moment; `None` is good from the start.
    pub not_before: Option<Timestamp>,
    /// Refused from this moment on; `None` is good for ever.
    pub expires_on: Option<Timestamp>,
    /// Refused until somebody takes this back.
    pub disabled: bool,
}

/// What lists say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It is good, or will be once its time begins.
    Active,
    /// Somebody switched it off.
    Disabled,
    /// Its time is over.
    Expired,
}

/// Why a token may not make another one as it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotGive {
    /// It would be good elsewhere.
    #[error("a token can only make tokens for its own account")]
    Account,
    /// It could do more.
    #[error("a token cannot give the {0} permission without having it")]
    Permission(Permission),
    /// It would live longer.
    #[error("a token cannot make one that expires later than itself")]
    Life,
}

// === impl TokenLife ===

impl TokenLife {
    /// Whether the token is good at that moment.
    pub fn is_good(self, now: Timestamp) -> bool {
        !self.disabled && self.not_before.is_none_or(|begin| begin <= now) && !self.is_over(now)
    }

    /// What lists say at that moment.
    pub fn status(self, now: Timestamp) -> TokenStatus {
        match (self.is_over(now), self.disabled) {
            (true, _) => TokenStatus::Expired,
            (false, true) => TokenStatus::Disabled,
            (false, false) => TokenStatus::Active,
        }
    }

    /// The same, but over at that moment at the latest.
    #[must_use]
    pub fn until(self, end: Timestamp) -> Self {
        let expires_on = Some(self.expires_on.map_or(end, |own| own.min(end)));
        Self { expires_on, ..self }
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.expires_on.is_some_and(|end| end <= now)
    }

    fn outlives(self, other: Self) -> bool {
        match (self.expires_on, other.expires_on) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own > other,
        }
    }
}

// === impl Token ===

impl Token {
    /// Whether the holder of this token may have made the other one: it must be able to do
    /// nothing, nowhere and at no time, that this one cannot.
    pub fn may_give(&self, other: &Self) -> Result<(), CannotGive> {
        if other.account != self.account {
            return Err(CannotGive::Account);
        }
        if let Some(permission) = other.permissions.first_beyond(self.permissions) {
            return Err(CannotGive::Permission(permission));
        }
        if other.life.outlives(self.life) {
            return Err(CannotGive::Life);
        }
        Ok(())
    }
}

impl Permissions {
    /// The first permission that the other set does not have.
    fn first_beyond(self, other: Self) -> Option<Permission> {
        let mut own = Permission::ALL.into_iter().filter(|p| self.has(*p));
        own.find(|permission| !other.has(*permission))
    }
}

#[cfg(test)]
mod tests;
