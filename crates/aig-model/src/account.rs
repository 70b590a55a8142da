//! Accounts: the boundary that nothing crosses. Leaves who may act in one to [`crate::access`].

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// An account's id: 128 bits, written as 32 lower-case hex digits, as Cloudflare writes them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 16]);

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id that stands in every URL.
    pub id: AccountId,
    /// For people; not unique.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The text is not an account id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account id is 32 hex digits")]
pub struct BadAccountId;

/// The text of an account's id.
#[derive(Clone, Copy, Debug)]
pub struct AccountDigits([u8; 32]);

// === impl AccountId ===

impl AccountId {
    /// An id from random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The text of it, which takes no room of its own.
    pub fn digits(self) -> AccountDigits {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        AccountDigits(digits)
    }
}

// === impl AccountDigits ===

impl AccountDigits {
    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hex digits are text")
    }
}

impl FromStr for AccountId {
    type Err = BadAccountId;

    /// Lower case only: two spellings of one account would be two keys to every table and log.
    fn from_str(text: &str) -> Result<Self, BadAccountId> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(BadAccountId);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = hex(pair[0])? << 4 | hex(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex(digit: u8) -> Result<u8, BadAccountId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadAccountId),
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As one text: an id is written for every request, and sixteen formattings add up.
        f.write_str(self.digits().as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

#[cfg(test)]
mod tests;
