//! Stored keys of providers: what names one, what one may be, how a request finds its own.
//!
//! Sealing is left to `aig-store`, where a key goes in a request to `aig-proxy`.

use std::num::NonZeroU32;
use std::sync::Arc;

use uuid::Uuid;

use crate::{AccountId, GatewayId, Invalid, KeyDocument, Secret, Timestamp};

/// Names a stored key; a new key of an old name has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderConfigId(pub Uuid);

/// A stored key as it may be shown: everything but the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Names it.
    pub id: ProviderConfigId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The gateway whose requests may use it.
    pub gateway: GatewayId,
    /// The provider's slug.
    pub provider: String,
    /// Its name among the keys of the same provider.
    pub alias: String,
    /// Whether it is used where a request names none.
    pub is_default: bool,
    /// The end of the key, or nothing of it when it is short.
    pub preview: String,
    /// Counts its replacements, from 1.
    pub version: u32,
    /// How many requests may go with it.
    pub limit: KeyLimit,
    /// When it was stored or last replaced.
    pub modified_at: Timestamp,
}

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct NewProviderConfig {
    provider: String,
    alias: String,
    is_default: bool,
    limit: KeyLimit,
    secret: ProviderSecret,
}

/// How many requests may go with a stored key in how much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLimit {
    requests: Option<u32>,
    period: NonZeroU32,
}

/// A key that a provider may take: visible ASCII, so that it can stand in a header and nowhere else,
/// or a document that such a key is made of.
#[derive(Clone, Debug)]
pub struct ProviderSecret {
    text: Secret<String>,
    document: Option<KeyDocument>,
}

/// A stored key as a request finds it.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Of its config.
    pub id: String,
    /// Grows when it is replaced.
    pub version: u32,
    /// The provider's slug.
    pub provider: String,
    /// Its name among the keys of the same provider.
    pub alias: String,
    /// Whether it is used where a request names none.
    pub is_default: bool,
    /// How many requests may go with it.
    pub limit: KeyLimit,
    /// The key; `None` when its record cannot be opened.
    pub secret: Option<Arc<Secret<String>>>,
}

/// The name of the key that is used where a request names none, if none is marked so.
pub const DEFAULT_ALIAS: &str = "default";

// === impl ProviderConfig ===

impl ProviderConfig {
    /// The name of the secret, as Cloudflare has it made by hand.
    pub fn secret_name(&self) -> String {
        secret_name(&self.gateway, &self.provider, &self.alias)
    }
}

/// The name of the secret of a gateway, a provider and an alias.
pub fn secret_name(gateway: &GatewayId, provider: &str, alias: &str) -> String {
    format!("{gateway}_{provider}_{alias}")
}

// === impl NewProviderConfig ===

impl NewProviderConfig {
    /// Checks the names, and that the key is one of that provider's. Without a word on it, the alias `default` is the default.
    pub fn new(
        provider: String,
        alias: String,
        is_default: Option<bool>,
        secret: ProviderSecret,
    ) -> Result<Self, Invalid> {
        let legal = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9');
        let words = provider.split('-');
        if provider.len() > 64 || !words.clone().all(|w| !w.is_empty() && w.bytes().all(legal)) {
            return Err(Invalid::new(
                "provider_slug",
                "must be 1 to 64 lower-case letters and digits, with single hyphens between them",
            ));
        }
        let legal = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
        if !(1..=64).contains(&alias.len()) || !alias.bytes().all(legal) {
            return Err(Invalid::new(
                "alias",
                "must be 1 to 64 letters, digits, hyphens and underscores",
            ));
        }
        secret.suits(&provider)?;
        Ok(Self {
            is_default: is_default.unwrap_or(alias == DEFAULT_ALIAS),
            provider,
            alias,
            limit: KeyLimit::default(),
            secret,
        })
    }

    /// Sets how many requests may go with it.
    #[must_use]
    pub const fn limited(mut self, limit: KeyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// The provider's slug.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Its name among the keys of the same provider.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Whether it is to be used where a request names none.
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// How many requests may go with it.
    pub const fn limit(&self) -> KeyLimit {
        self.limit
    }

    /// The key.
    pub const fn secret(&self) -> &ProviderSecret {
        &self.secret
    }
}

// === impl KeyLimit ===

impl KeyLimit {
    /// The period where none is said, in seconds.
    pub const PERIOD: NonZeroU32 = NonZeroU32::new(60).expect("it is not zero");

    /// So many requests in so many seconds; without a number, or with zero, there is no limit.
    pub fn new(requests: Option<u32>, period: Option<u32>) -> Result<Self, Invalid> {
        let period = period.map_or(Some(Self::PERIOD), NonZeroU32::new);
        match period {
            Some(period) => Ok(Self { requests, period }),
            None => Err(Invalid::new("rate_limit_period", "must be 1 or more")),
        }
    }

    /// The number of requests as it was said.
    pub const fn requests(self) -> Option<u32> {
        self.requests
    }

    /// The period in seconds.
    pub const fn period(self) -> NonZeroU32 {
        self.period
    }

    /// The requests and the seconds, if there is a limit.
    pub fn limit(self) -> Option<(NonZeroU32, NonZeroU32)> {
        let requests = self.requests.and_then(NonZeroU32::new)?;
        Some((requests, self.period))
    }
}

impl Default for KeyLimit {
    fn default() -> Self {
        Self {
            requests: None,
            period: Self::PERIOD,
        }
    }
}

// === impl ProviderSecret ===

impl ProviderSecret {
    /// The longest key, in bytes.
    pub const MAX_LEN: usize = 8192;
    /// How much of a key may be shown, in characters.
    const SHOWN: usize = 4;

    /// Checks the text; the error says nothing of it.
    pub fn new(text: String) -> Result<Self, Invalid> {
        let text = Secret::new(text);
        let key = text.expose();
        let refused = |message| Err(Invalid::new("secret", message));
        if key.is_empty() || key.len() > Self::MAX_LEN {
            return refused("must be 1 to 8192 characters long");
        }
        if KeyDocument::is_one(key) {
            let document = Some(KeyDocument::read(key)?);
            return Ok(Self { text, document });
        }
        if !key.bytes().all(|c| c.is_ascii_graphic()) {
            return refused("must be visible ASCII, without spaces and line ends");
        }
        Ok(Self {
            text,
            document: None,
        })
    }

    /// Refuses a document for a provider that has no such keys.
    pub fn suits(&self, provider: &str) -> Result<(), Invalid> {
        match &self.document {
            Some(document) if document.provider() != provider => {
                let theirs = document.provider();
                let message =
                    format!("must be a key of {provider}'s: this document is one of {theirs}'s");
                Err(Invalid::new("secret", message))
            }
            _ => Ok(()),
        }
    }

    /// The document, if it is one.
    pub const fn document(&self) -> Option<&KeyDocument> {
        self.document.as_ref()
    }

    /// The key itself.
    pub const fn expose(&self) -> &String {
        self.text.expose()
    }

    /// The end of the key, of a document that of its name; of a short one, which its end would give
    /// away, nothing.
    pub fn preview(&self) -> String {
        let key = (self.document.as_ref()).map_or(self.expose().as_str(), KeyDocument::name);
        match key.len() >= 4 * Self::SHOWN {
            true => format!("…{}", &key[key.len() - Self::SHOWN..]),
            false => "…".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        ProviderSecret::new(text.into()).unwrap_err().to_string()
    }

    #[test]
    fn s_13_empty_and_blank_secrets_are_refused() {
        for text in ["", " ", "\t\n", "sk-a\n", "sk-\u{7f}", "schlüssel", "a b"] {
            assert!(refusal(text).starts_with("secret must be"), "{text:?}");
            assert!(text.trim().is_empty() || !refusal(text).contains(text));
        }
        assert!(refusal(&"x".repeat(8193)).contains("8192"));
        assert!(refusal(r#"{"accessKeyId":"x"}"#).contains("secret.secretAccessKey"));
        assert!(ProviderSecret::new("x".repeat(8192)).is_ok());
    }

    #[test]
    fn a_preview_tells_keys_apart_and_gives_none_away() {
        let preview = |text: &str| ProviderSecret::new(text.into()).unwrap().preview();
        assert_eq!(preview("sk-0123456789abcwxyz"), "…wxyz");
        assert_eq!(preview("short-key-12345"), "…");
    }

    #[test]
    fn a_document_is_a_key_of_its_own_provider_only() {
        let keys = r#"{"accessKeyId":"AKIDEXAMPLE00WXYZ","secretAccessKey":"s","region":"r"}"#;
        let secret = ProviderSecret::new(keys.into()).unwrap();
        assert_eq!(secret.preview(), "…WXYZ");
        let new = |provider: &str| {
            NewProviderConfig::new(provider.into(), "a".into(), None, secret.clone())
        };
        assert!(new("aws-bedrock").is_ok());
        assert_eq!(new("openai").unwrap_err().field, "secret");
    }

    #[test]
    fn names_are_checked_and_the_alias_default_is_the_default() {
        let new = |provider: &str, alias: &str, said| {
            let secret = ProviderSecret::new("k".into()).unwrap();
            NewProviderConfig::new(provider.into(), alias.into(), said, secret)
        };
        let field = |refused: Result<NewProviderConfig, Invalid>| refused.unwrap_err().field;
        for provider in ["", "Open", "a--b", "-a", "a_b", "a/b"] {
            assert_eq!(
                field(new(provider, "x", None)),
                "provider_slug",
                "{provider}"
            );
        }
        for alias in ["", "a b", "ä", "a/b"] {
            assert_eq!(field(new("openai", alias, None)), "alias", "{alias}");
        }
        assert!(new("openai", "default", None).unwrap().is_default());
        assert!(!new("openai", "prod_1", None).unwrap().is_default());
        assert!(!new("openai", "default", Some(false)).unwrap().is_default());
    }
}
