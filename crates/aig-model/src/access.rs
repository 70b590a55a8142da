//! Who may do what in an account. A [`Grant`] is the proof, and only [`crate::Token::grant`] makes one.
//!
//! Recognising a credential is left to `aig-policy`'s `identity`.

use std::fmt;
use std::str::FromStr;

use crate::{AccountId, TokenId};

/// What a token may be allowed to do, in Cloudflare's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See gateways and logs.
    Read,
    /// Change gateways.
    Edit,
    /// Send requests through authenticated gateways.
    Run,
    /// See tokens, never their values, and what was done with them and by them.
    TokensRead,
    /// Make, change and revoke tokens that can do no more than one's own.
    TokensWrite,
}

/// A set of permissions; never implied by one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u8);

/// Proof that a caller may act in an account. Store methods exist only behind one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    account: AccountId,
    permission: Permission,
    token: TokenId,
}

/// Why a token got no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account is somebody else's, or absent; the caller must not learn which.
    #[error("not found")]
    OtherAccount,
    /// The account is right, the permission is missing.
    #[error("the token does not have the {0} permission")]
    Lacking(Permission),
}

// === impl Permission ===

impl Permission {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Edit,
        Self::Run,
        Self::TokensRead,
        Self::TokensWrite,
    ];

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Edit => 2,
            Self::Run => 4,
            Self::TokensRead => 8,
            Self::TokensWrite => 16,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Run => "run",
            Self::TokensRead => "tokens-read",
            Self::TokensWrite => "tokens-write",
        })
    }
}

// === impl Permissions ===

impl Permissions {
    /// Everything.
    pub const ALL: Self = Self(31);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bit())
    }

    /// The set with all of another one.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set has it.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for permission in Permission::ALL {
            if self.has(permission) {
                write!(f, "{comma}{permission}")?;
                comma = ",";
            }
        }
        Ok(())
    }
}

impl FromStr for Permissions {
    type Err = String;

    /// From `read,edit,run,tokens-read,tokens-write` or a part of it; at least one.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').try_fold(Self::default(), |set, word| {
            let named = Permission::ALL
                .into_iter()
                .find(|p| p.to_string() == word.trim());
            let permission = named.ok_or_else(|| {
                format!(
                    "no permission {word:?}: write read, edit, run, tokens-read or tokens-write"
                )
            })?;
            Ok(set.with(permission))
        })
    }
}

// === impl Grant ===

impl Grant {
    /// Only a token may grant; see [`crate::Token::grant`].
    pub(crate) const fn new(account: AccountId, permission: Permission, token: TokenId) -> Self {
        Self {
            account,
            permission,
            token,
        }
    }

    /// The account to act in.
    pub const fn account(self) -> AccountId {
        self.account
    }

    /// What may be done there.
    pub const fn permission(self) -> Permission {
        self.permission
    }

    /// The token that it was given to.
    pub const fn token(self) -> TokenId {
        self.token
    }
}
