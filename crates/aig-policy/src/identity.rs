//! Who is calling, and may they use this gateway?
//!
//! Knows nothing of headers beyond the text that stands in them, nothing of where tokens are
//! stored, and nothing of what the caller wants to do behind the door.
//!
//! A token is found by its keyed digest (HMAC-SHA-256 under the house's pepper) in the snapshot's
//! table: a stolen table is useless without the pepper, the order of the digest's bytes tells a
//! timing attacker nothing about the token, and 256 random bits need no slow hash. Texts that
//! cannot be tokens are refused by form and checksum before anything is computed. Whether a token
//! has begun, or expired, is asked at every request, so that it needs no write to end.

use std::sync::Arc;

use aig_model::{
    AccountId, Found, GatewayId, Permission, Secret, Snapshot, Timestamp, Token, TokenDigest,
    TokenText,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Recognises tokens.
pub struct Identity {
    /// What the pepper makes of a digest before a token is known; half of the work for each.
    keyed: Hmac<Sha256>,
}

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular; only through gateways whose `authentication` is off.
    Anonymous,
    /// The holder of a token with the run permission in the gateway's account.
    Token(Arc<Token>),
}

/// What a text is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// A token that is good now.
    Good(Arc<Token>),
    /// A token of this house that is disabled, expired, or not good yet: worth as much as an
    /// unknown one, but nothing that a provider should see.
    NotNow,
    /// Nothing that is known here.
    Unknown,
}

/// The request may go on.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The gateway it goes through.
    pub found: Found,
    /// Who sent it. No upstream call is made without one.
    pub caller: Caller,
}

/// The request may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// No gateway of that name; said only to a caller who may know.
    NoSuchGateway,
    /// No credential, an unknown one, or one for something else; never says which.
    Unauthorized,
    /// Two different valid tokens: whose request this is cannot be told.
    TwoTokens,
}

// === impl Identity ===

impl Identity {
    /// The length of a pepper, in bytes.
    pub const PEPPER_LEN: usize = 32;

    /// A recogniser for the house with this pepper.
    pub fn new(pepper: Secret<[u8; Self::PEPPER_LEN]>) -> Self {
        let keyed = Hmac::new_from_slice(pepper.expose());
        Self {
            keyed: keyed.expect("HMAC takes a key of any length"),
        }
    }

    /// The digest under which a token is stored.
    pub fn digest(&self, token: &TokenText) -> TokenDigest {
        let mut mac = self.keyed.clone();
        mac.update(token.expose().as_bytes());
        TokenDigest(mac.finalize().into_bytes().into())
    }

    /// The token that `text` is, whether it is good today or not.
    ///
    /// A scheme word in front (`Bearer`, `Key`, `Token`, …) is passed over: SDKs put the same
    /// token behind different ones, and some send it bare.
    pub fn identify(&self, snapshot: &Snapshot, text: &str, now: Timestamp) -> Identified {
        match self.known(snapshot, text) {
            Some(token) if token.life.is_good(now) => Identified::Good(token),
            Some(_) => Identified::NotNow,
            None => Identified::Unknown,
        }
    }

    fn known(&self, snapshot: &Snapshot, text: &str) -> Option<Arc<Token>> {
        let text = without_scheme(text);
        if text.len() > TokenText::MAX_LEN {
            return None;
        }
        // A text that has our form but not our checksum is never looked up, nor taken for foreign.
        let token = match TokenText::parse(text) {
            Ok(token) => token,
            Err(aig_model::BadToken::Checksum) => return None,
            Err(_) => TokenText::foreign(text).ok()?,
        };
        snapshot.token(&self.digest(&token)).cloned()
    }

    /// Whether a text is a token of some house's making: of ours, of one that was revoked, of
    /// another instance. None of them is anything that a provider should see.
    pub fn is_token(text: &str) -> bool {
        TokenText::parse(without_scheme(text)).is_ok()
    }

    /// Decides at the door of a gateway.
    ///
    /// The gateway is looked up first, then its own setting decides. That a gateway does not exist
    /// is told only to a holder of a token for that account; everybody else learns nothing.
    /// `tokens` are those found anywhere in the request.
    pub fn admit(
        &self,
        snapshot: &Snapshot,
        account: Option<AccountId>,
        gateway: Option<&GatewayId>,
        tokens: &[Arc<Token>],
    ) -> Result<Admitted, NotAdmitted> {
        let token = tokens.first();
        if tokens
            .iter()
            .any(|other| Some(other.id) != token.map(|t| t.id))
        {
            return Err(NotAdmitted::TwoTokens);
        }
        let account = account.ok_or(NotAdmitted::Unauthorized)?;
        let caller = token.filter(|t| t.grant(account, Permission::Run).is_ok());
        let found = gateway.and_then(|id| snapshot.gateway(account, id));
        match (found, caller) {
            (Some(found), Some(token)) => Ok(Admitted {
                found,
                caller: Caller::Token(Arc::clone(token)),
            }),
            (Some(found), None) if !found.gateway.authentication => Ok(Admitted {
                found,
                caller: Caller::Anonymous,
            }),
            (None, Some(_)) => Err(NotAdmitted::NoSuchGateway),
            (_, None) => Err(NotAdmitted::Unauthorized),
        }
    }
}

// === impl Identified ===

impl Identified {
    /// The token, when it is good.
    pub fn good(self) -> Option<Arc<Token>> {
        match self {
            Self::Good(token) => Some(token),
            Self::NotNow | Self::Unknown => None,
        }
    }
}

// === impl Admitted ===

impl Admitted {
    /// Wants a token even where the gateway takes anybody.
    pub fn by_token(self) -> Result<Self, NotAdmitted> {
        match self.caller {
            Caller::Token(_) => Ok(self),
            Caller::Anonymous => Err(NotAdmitted::Unauthorized),
        }
    }
}

/// The text behind a leading scheme word.
fn without_scheme(text: &str) -> &str {
    let text = text.trim_ascii();
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    match rest.starts_with(' ') {
        true => rest.trim_ascii_start(),
        false => text,
    }
}

#[cfg(test)]
mod tests;
