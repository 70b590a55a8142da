//! Gateway tokens: their text, their digest, what they allow (rule R4).
//!
//! A token is `aig_`, 43 base62 digits that hold 256 random bits, and 6 that hold their CRC-32,
//! so that a mistyped or invented token is refused without looking anything up. What is stored
//! is a keyed digest; making it is left to `aig-policy`'s `identity`, randomness to the caller.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::{AccountId, Grant, Permission, Permissions, Refused, Secret, Timestamp, TokenLife};

/// The text of a token, as its holder has it. Cannot be printed by accident.
#[derive(Clone, Debug)]
pub struct TokenText(Secret<String>);

/// A keyed digest of a token's text; useless as a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

/// Names a token in lists and commands; not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub Uuid);

/// A token as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name in lists and commands.
    pub id: TokenId,
    /// The one account in which it is good.
    pub account: AccountId,
    /// For people.
    pub name: Arc<str>,
    /// What it may do there.
    pub permissions: Permissions,
    /// The last four characters of its text, by which a holder can recognise it.
    pub last_four: Arc<str>,
    /// When it is good.
    pub life: TokenLife,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub modified_at: Timestamp,
}

/// The text cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not the form of a token of this gateway.
    #[error("not a token of this gateway")]
    Form,
    /// The form is right, the checksum is not: most likely a digit was lost in copying.
    #[error("the token's checksum is wrong; was it copied whole?")]
    Checksum,
    /// A token set from outside that is too short to be hard to guess.
    #[error("a token must have at least {} characters", TokenText::MIN_FOREIGN_LEN)]
    Short,
}

const PREFIX: &str = "aig_";
const BODY_DIGITS: usize = 43;
const CHECK_DIGITS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// === impl TokenText ===

impl TokenText {
    /// The least length of a token that an infrastructure tool sets, in characters.
    pub const MIN_FOREIGN_LEN: usize = 32;
    /// The longest credential that is looked at, in bytes; tokens from outside must fit too.
    pub const MAX_LEN: usize = 512;

    /// Writes 256 random bits as a token.
    pub fn from_random(bits: [u8; 32]) -> Self {
        let mut text = String::with_capacity(PREFIX.len() + BODY_DIGITS + CHECK_DIGITS);
        text.push_str(PREFIX);
        text.push_str(&base62::<BODY_DIGITS>(bits));
        text.push_str(&checksum(&text));
        Self(Secret::new(text))
    }

    /// Reads a token of the gateway's own form. Costs the same for every text of that form.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let body = text.strip_prefix(PREFIX).ok_or(BadToken::Form)?;
        if body.len() != BODY_DIGITS + CHECK_DIGITS
            || !body.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Err(BadToken::Form);
        }
        let (signed, check) = text.split_at(PREFIX.len() + BODY_DIGITS);
        if checksum(signed) != check {
            return Err(BadToken::Checksum);
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// Takes a token that was set from outside: no form is asked for, only length and that a
    /// header can carry it.
    pub fn foreign(text: &str) -> Result<Self, BadToken> {
        if text.len() < Self::MIN_FOREIGN_LEN {
            return Err(BadToken::Short);
        }
        if text.len() > Self::MAX_LEN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadToken::Form);
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// The text itself. Every call of this is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The last four characters, for lists.
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }
}

fn checksum(signed: &str) -> String {
    let mut wide = [0; 32];
    wide[28..].copy_from_slice(&crc32fast::hash(signed.as_bytes()).to_be_bytes());
    base62::<CHECK_DIGITS>(wide)
}

/// The big-endian number in exactly `DIGITS` base62 digits; the number must fit.
fn base62<const DIGITS: usize>(mut number: [u8; 32]) -> String {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest << 8 | u32::from(*byte);
            *byte = u8::try_from(value / 62)
                .expect("a remainder below 62 keeps the quotient in a byte");
            rest = value % 62;
        }
        *digit = BASE62[rest as usize];
    }
    String::from_utf8_lossy(&digits).into_owned()
}

// === impl TokenDigest ===

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

// === impl TokenId ===

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

// === impl Token ===

impl Token {
    /// The one way to a [`Grant`]: the account must be the token's own, the permission among its own.
    /// Whether the token is good at all today is asked before, by `aig-policy`'s `identity`.
    pub fn grant(&self, account: AccountId, permission: Permission) -> Result<Grant, Refused> {
        if account != self.account {
            return Err(Refused::OtherAccount);
        }
        if !self.permissions.has(permission) {
            return Err(Refused::Lacking(permission));
        }
        Ok(Grant::new(account, permission, self.id))
    }
}

#[cfg(test)]
mod tests;
