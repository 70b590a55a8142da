//! Keys that are JSON documents: AWS's access keys and Google's service accounts.
//!
//! What such a document must have is checked here, once for storing and once for using it. Signing
//! with it, and changing it for a token, are left to `aig-proxy`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{Invalid, Secret};

/// A key that is a JSON document.
#[derive(Clone, Debug)]
pub enum KeyDocument {
    /// Of AWS, for Bedrock; requests are signed with it.
    Aws(AwsKeys),
    /// Of Google, for Vertex AI; it is changed for tokens that live an hour.
    Google(ServiceAccount),
}

/// AWS access keys and the region that they are for.
#[derive(Clone, Debug)]
pub struct AwsKeys {
    /// Names the key; no secret.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: Secret<String>,
    /// The region, one label of a host.
    pub region: String,
    /// Goes along with temporary keys.
    pub session_token: Option<Secret<String>>,
}

/// A service account of Google's, as its file says it.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// Who it is.
    pub client_email: String,
    /// Which of its keys this is, if the file says so.
    pub private_key_id: Option<String>,
    /// Where it is changed for a token.
    pub token_uri: String,
    /// The key in PKCS #8, DER.
    private_key: Secret<Vec<u8>>,
}

/// Members of a document, as they are taken out of it.
struct Members(Map<String, Value>);

/// The provider whose keys [`KeyDocument::Aws`] are.
const AWS: &str = "aws-bedrock";
/// The provider whose keys [`KeyDocument::Google`] are.
const GOOGLE: &str = "google-vertex-ai";

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

// === impl KeyDocument ===

impl KeyDocument {
    /// Whether a key is meant to be one: no other key begins like that.
    pub fn is_one(text: &str) -> bool {
        text.trim_start().starts_with('{')
    }

    /// Reads a document. Which one it is, its members say; the error names the one that is wrong, by
    /// its place in the request that stores it, and says nothing of the values.
    pub fn read(text: &str) -> Result<Self, Invalid> {
        let members = match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Members(members),
            Ok(_) => return Err(Invalid::new("secret", "must be a JSON object")),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let message = format!("is broken JSON at line {line}, column {column}");
                return Err(Invalid::new("secret", message));
            }
        };
        match members.0.contains_key("type") {
            true => ServiceAccount::read(members).map(Self::Google),
            false => AwsKeys::read(members).map(Self::Aws),
        }
    }

    /// The slug of the one provider that takes such a key.
    pub const fn provider(&self) -> &'static str {
        match self {
            Self::Aws(_) => AWS,
            Self::Google(_) => GOOGLE,
        }
    }

    /// What tells it from others and is no secret.
    pub fn name(&self) -> &str {
        match self {
            Self::Aws(keys) => &keys.access_key_id,
            Self::Google(account) => account.private_key_id.as_deref().unwrap_or_default(),
        }
    }
}

// === impl AwsKeys ===

impl AwsKeys {
    fn read(mut members: Members) -> Result<Self, Invalid> {
        let access_key_id = members.text("secret.accessKeyId", |text| {
            (1..=128).contains(&text.len())
                && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
        })?;
        let secret = members.text("secret.secretAccessKey", is_visible)?;
        let region = members.text("secret.region", |text| {
            let legal = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
            (1..=63).contains(&text.len()) && text.bytes().all(legal)
        })?;
        let token = members.optional("secret.sessionToken", is_visible)?;
        Ok(Self {
            access_key_id,
            secret_access_key: Secret::new(secret),
            region,
            session_token: token.map(Secret::new),
        })
    }
}

// === impl ServiceAccount ===

impl ServiceAccount {
    fn read(mut members: Members) -> Result<Self, Invalid> {
        let kind = members.text("secret.type", |_| true)?;
        if kind != "service_account" {
            let message = "must be service_account: no other file of Google's holds a key";
            return Err(Invalid::new("secret.type", message));
        }
        let client_email = members.text("secret.client_email", is_visible)?;
        let private_key_id = members.optional("secret.private_key_id", is_visible)?;
        let token_uri = members.text("secret.token_uri", is_visible)?;
        let pem = Zeroizing::new(members.text("secret.private_key", |_| true)?);
        let private_key = unarmoured(&pem).ok_or_else(|| {
            let message = "must be a key in PEM, between BEGIN PRIVATE KEY and END PRIVATE KEY";
            Invalid::new("secret.private_key", message)
        })?;
        Ok(Self {
            client_email,
            private_key_id,
            token_uri,
            private_key: Secret::new(private_key),
        })
    }

    /// The key in PKCS #8, DER; whether it is one, whoever signs with it sees.
    pub fn private_key(&self) -> &[u8] {
        self.private_key.expose()
    }
}

/// The bytes of a private key in PEM (RFC 7468).
fn unarmoured(pem: &str) -> Option<Vec<u8>> {
    let coded = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let mut whole = Zeroizing::new(String::with_capacity(coded.len()));
    whole.extend(coded.chars().filter(|c| !c.is_ascii_whitespace()));
    STANDARD
        .decode(whole.as_bytes())
        .ok()
        .filter(|key| !key.is_empty())
}

// === impl Members ===

impl Members {
    /// A text that must be there; `place` ends in its name.
    fn text(&mut self, place: &'static str, is_legal: fn(&str) -> bool) -> Result<String, Invalid> {
        let found = self.optional(place, is_legal)?;
        found.ok_or_else(|| Invalid::new(place, "must be given"))
    }

    fn optional(
        &mut self,
        place: &'static str,
        is_legal: fn(&str) -> bool,
    ) -> Result<Option<String>, Invalid> {
        let name = place.rsplit('.').next().unwrap_or(place);
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if is_legal(&text) => Ok(Some(text)),
            Some(_) => Err(Invalid::new(place, "is not what such a key has there")),
        }
    }
}

impl Drop for Members {
    /// What nobody took is wiped as well: it may be a secret under a misspelled name.
    fn drop(&mut self) {
        use zeroize::Zeroize;
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
