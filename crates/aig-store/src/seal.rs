//! Envelope encryption: how a stored key of a provider stands in the file, and who can open it.
//!
//! Each version of each secret has a random data key of its own, which encrypts nothing else, so
//! that no nonce is ever used twice under one key. The data key is wrapped by the key-encryption
//! key, whose id stands beside it; rotating that key wraps the data keys anew and touches no secret.
//! Both ciphers (AES-256-GCM) authenticate the place where the record belongs: a record that is
//! copied to another account, gateway, provider or alias, or an old version put back, does not open.
//!
//! Where key-encryption keys come from is left to whoever opens the store; the file never has one.

use std::fmt;

use aig_model::{AccountId, GatewayId, Secret};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// The keys that wrap data keys; never empty. The first is the one to wrap with from the next
/// rotation on, all of them can open.
pub struct KeyRing(Vec<Kek>);

/// A ring with no key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no key-encryption key")]
pub struct EmptyKeyRing;

/// A key-encryption key.
pub(crate) struct Kek {
    id: KeyId,
    cipher: LessSafeKey,
}

/// Names a key-encryption key without telling anything of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId([u8; KEY_ID_LEN]);

/// Where a record belongs.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) account: AccountId,
    pub(crate) gateway: &'a GatewayId,
    pub(crate) provider: &'a str,
    pub(crate) alias: &'a str,
    /// The id of the secret; it is never used again.
    pub(crate) secret: &'a str,
    /// Counts the replacements of the secret, from 1.
    pub(crate) version: u32,
}

/// A sealed secret as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The wrapped data key: format, id of the wrapping key, nonce, ciphertext, tag.
    pub(crate) wrapped: Vec<u8>,
    /// The secret under it: format, nonce, ciphertext, tag.
    pub(crate) sealed: Vec<u8>,
}

/// Why a record does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unopened {
    #[error("the record is too short or too long")]
    Length,
    #[error("the record's format {0} is not known")]
    Format(u8),
    #[error("the key-encryption key {0} is not there")]
    UnknownKey(KeyId),
    #[error("the record was changed, or does not belong here")]
    Forged,
}

/// The length of every key, in bytes.
pub const KEY_LEN: usize = 32;

const KEY_ID_LEN: usize = 8;
const TAG_LEN: usize = 16;
/// The one format there is; records of formats to come say another number.
const FORMAT: u8 = 1;
const WRAPPED_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN + KEY_LEN + TAG_LEN;

/// What the two ciphertexts and the canary are told apart by, so that none opens as another.
const WRAPPED: &str = "aig.wrapped-key";
const SEALED: &str = "aig.sealed-secret";
const CANARY: &str = "aig.canary";

// === impl KeyRing ===

impl KeyRing {
    /// From the keys themselves, the newest first.
    pub fn new(
        keys: impl IntoIterator<Item = Secret<[u8; KEY_LEN]>>,
    ) -> Result<Self, EmptyKeyRing> {
        let keys: Vec<_> = keys.into_iter().map(|key| Kek::new(&key)).collect();
        match keys.is_empty() {
            true => Err(EmptyKeyRing),
            false => Ok(Self(keys)),
        }
    }

    /// The key to rotate to.
    pub(crate) fn newest(&self) -> &Kek {
        self.0.first().expect("a ring is made with a key")
    }

    pub(crate) fn key(&self, id: KeyId) -> Option<&Kek> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Opens a record.
    pub(crate) fn open(
        &self,
        place: &Place<'_>,
        record: &Sealed,
    ) -> Result<Secret<String>, Unopened> {
        let data_key = self.unwrap(place, &record.wrapped)?;
        let (&format, boxed) = record.sealed.split_first().ok_or(Unopened::Length)?;
        if format != FORMAT {
            return Err(Unopened::Format(format));
        }
        let aad = place.bytes(SEALED, format, &[]);
        let text = unboxed(&cipher(&data_key), &aad, boxed)?;
        let text = std::str::from_utf8(&text).map_err(|_| Unopened::Forged)?;
        Ok(Secret::new(text.to_owned()))
    }

    /// Wraps the data key of a record anew.
    pub(crate) fn rewrap(
        &self,
        to: &Kek,
        place: &Place<'_>,
        wrapped: &[u8],
    ) -> Result<Vec<u8>, RewrapError> {
        let data_key = self.unwrap(place, wrapped)?;
        Ok(to.wrap(place, &*data_key)?)
    }

    fn unwrap(
        &self,
        place: &Place<'_>,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_LEN]>, Unopened> {
        let id = wrapping_key(wrapped)?;
        let key = self.key(id).ok_or(Unopened::UnknownKey(id))?;
        let aad = place.bytes(WRAPPED, FORMAT, &id.0);
        let opened = unboxed(&key.cipher, &aad, &wrapped[1 + KEY_ID_LEN..])?;
        let mut data_key = Zeroizing::new([0; KEY_LEN]);
        data_key.copy_from_slice(&opened);
        Ok(data_key)
    }

    /// Which of the keys made the canary, if one of them did.
    pub(crate) fn maker_of(&self, canary: &[u8]) -> Result<&Kek, Unopened> {
        let id = canary_key(canary)?;
        let key = self.key(id).ok_or(Unopened::UnknownKey(id))?;
        unboxed(&key.cipher, &labelled(CANARY), &canary[1 + KEY_ID_LEN..])?;
        Ok(key)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| key.id))
            .finish()
    }
}

/// The data key could not be wrapped anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewrapError {
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("the operating system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

// === impl Kek ===

impl Kek {
    fn new(key: &Secret<[u8; KEY_LEN]>) -> Self {
        let mut named = Zeroizing::new(b"aig.key-id".to_vec());
        named.extend_from_slice(key.expose());
        let mut id = [0; KEY_ID_LEN];
        id.copy_from_slice(&digest(&SHA256, &named).as_ref()[..KEY_ID_LEN]);
        Self {
            id: KeyId(id),
            cipher: cipher(key.expose()),
        }
    }

    pub(crate) const fn id(&self) -> KeyId {
        self.id
    }

    /// Seals a secret for its place.
    pub(crate) fn seal(&self, place: &Place<'_>, secret: &str) -> Result<Sealed, getrandom::Error> {
        let mut data_key = Zeroizing::new([0; KEY_LEN]);
        getrandom::fill(&mut *data_key)?;
        let mut sealed = vec![FORMAT];
        let aad = place.bytes(SEALED, FORMAT, &[]);
        boxed(&cipher(&data_key), &aad, secret.as_bytes(), &mut sealed)?;
        Ok(Sealed {
            wrapped: self.wrap(place, &*data_key)?,
            sealed,
        })
    }

    /// A record that only this key opens, and that tells nothing.
    pub(crate) fn canary(&self) -> Result<Vec<u8>, getrandom::Error> {
        let mut canary = self.head();
        boxed(&self.cipher, &labelled(CANARY), b"", &mut canary)?;
        Ok(canary)
    }

    fn wrap(&self, place: &Place<'_>, data_key: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut wrapped = self.head();
        let aad = place.bytes(WRAPPED, FORMAT, &self.id.0);
        boxed(&self.cipher, &aad, data_key, &mut wrapped)?;
        Ok(wrapped)
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(WRAPPED_LEN);
        head.push(FORMAT);
        head.extend_from_slice(&self.id.0);
        head
    }
}

// === impl Place ===

impl Place<'_> {
    /// Each part with its length in front, so that no two places have the same bytes.
    fn bytes(&self, label: &str, format: u8, key: &[u8]) -> Vec<u8> {
        let account = self.account.to_string();
        let parts: [&[u8]; 9] = [
            label.as_bytes(),
            &[format],
            key,
            account.as_bytes(),
            self.gateway.as_str().as_bytes(),
            self.provider.as_bytes(),
            self.alias.as_bytes(),
            self.secret.as_bytes(),
            &self.version.to_be_bytes(),
        ];
        let mut bytes = Vec::with_capacity(256);
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

// === impl KeyId ===

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of the key that a data key is wrapped with.
pub(crate) fn wrapping_key(wrapped: &[u8]) -> Result<KeyId, Unopened> {
    head(wrapped, WRAPPED_LEN)
}

fn canary_key(canary: &[u8]) -> Result<KeyId, Unopened> {
    head(canary, WRAPPED_LEN - KEY_LEN)
}

fn head(record: &[u8], length: usize) -> Result<KeyId, Unopened> {
    match record.first() {
        Some(&FORMAT) if record.len() == length => {}
        Some(&FORMAT) | None => return Err(Unopened::Length),
        Some(&format) => return Err(Unopened::Format(format)),
    }
    let mut id = [0; KEY_ID_LEN];
    id.copy_from_slice(&record[1..=KEY_ID_LEN]);
    Ok(KeyId(id))
}

fn labelled(label: &str) -> Vec<u8> {
    let mut bytes = (label.len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(label.as_bytes());
    bytes
}

fn cipher(key: &[u8; KEY_LEN]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has the cipher's length");
    LessSafeKey::new(key)
}

/// Appends nonce, ciphertext and tag.
fn boxed(
    cipher: &LessSafeKey,
    aad: &[u8],
    plain: &[u8],
    to: &mut Vec<u8>,
) -> Result<(), getrandom::Error> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce)?;
    to.extend_from_slice(&nonce);
    let mut text = plain.to_vec();
    cipher
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut text,
        )
        .expect("a secret is far shorter than the cipher's limit");
    to.extend_from_slice(&text);
    Ok(())
}

/// The inverse of [`boxed`]. Nothing of a text that is not authentic comes out.
fn unboxed(cipher: &LessSafeKey, aad: &[u8], boxed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    if boxed.len() < NONCE_LEN + TAG_LEN {
        return Err(Unopened::Length);
    }
    let (nonce, text) = boxed.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened::Length)?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = cipher
        .open_in_place(nonce, Aad::from(aad), &mut text)
        .map_err(|_| Unopened::Forged)?
        .len();
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests;
