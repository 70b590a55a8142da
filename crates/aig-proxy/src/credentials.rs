//! Whose key goes to the provider: the caller's own, else one that the gateway holds.
//!
//! A key on the request wins and passes as it came. Where there is none, the gateway's stored key of
//! that provider is put where the provider looks for it; which key that is, the request may say by
//! its alias. Where there is no key at all the request goes without one, and the provider refuses
//! it, unless somebody asked for it to be refused here. What is stored, and how it is opened, is
//! left to `aig-store`.

use std::borrow::Cow;
use std::sync::Arc;

use aig_model::{DEFAULT_ALIAS, KeyDocument, KeyLimit, Secret, ServiceAccount, StoredKey};
use aig_provider::Provider;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::carriers::Tokens;
use crate::headers::Own;
use crate::mask::Key;
use crate::route::WORKERS_AI;

mod aws;
mod google;
mod tokens;

pub(crate) use aws::Signer;
pub(crate) use google::{Granted, NoToken, granted, request};
pub(crate) use tokens::AccessTokens;

/// What the gateway could lend to a request.
pub(crate) struct Lender {
    /// The stored keys of the gateway.
    pub(crate) keys: Arc<[StoredKey]>,
    /// Whether the request came without a token being asked for; taken for so until said otherwise.
    pub(crate) open: bool,
    /// Whether the request may say which; on the API host it may not.
    pub(crate) by_alias: bool,
    /// What the request as a whole wants, for steps that say nothing.
    pub(crate) wanted: Wanted,
}

/// A stored key that a step goes with.
#[derive(Debug)]
pub(crate) struct Lent {
    /// Of its config.
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) limit: KeyLimit,
    /// What of it a provider could repeat, which is nobody's to read in the answer.
    pub(crate) mask: Option<Key>,
    pub(crate) manner: Manner,
}

/// How a stored key goes along.
#[derive(Debug)]
pub(crate) enum Manner {
    /// It stands among the headers.
    Stands,
    /// Each try is signed with it.
    Signs(Box<Signer>),
    /// Each try goes with a token that it is changed for.
    Exchanged(Box<ServiceAccount>),
}

/// What a request, or a step of one, says about keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The alias of a stored key.
    alias: Option<String>,
    /// Whether to refuse it when there is no key at all.
    required: bool,
}

/// Why a request has no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCredential {
    /// The alias that was asked for is none of the provider's.
    #[error(
        "provider '{provider}' has no stored key named '{alias}'; configured aliases: {configured}"
    )]
    UnknownAlias {
        provider: String,
        alias: String,
        /// Those that are, with commas between them.
        configured: String,
    },
    /// There is none, and going without is not wanted.
    #[error(
        "send a key for '{provider}', or store one with the gateway: it takes no request without"
    )]
    Required { provider: String },
    /// The stored key cannot be opened.
    #[error("the stored key cannot be used; store it again, the gateway's log tells more")]
    Unusable,
}

/// Which stored key a request, or a step of one, wants to go with.
pub(crate) const ALIAS: &str = "cf-aig-byok-alias";
/// Asks to refuse what no key of one's own or of the gateway's is there for.
pub(crate) const NO_WHOLESALE: &str = "cf-aig-no-wholesale";

// === impl Lender ===

impl Lender {
    /// What a gateway can lend to a request with these headers.
    pub(crate) fn of(
        keys: Arc<[StoredKey]>,
        sent: &Own<'_>,
        by_alias: bool,
        byok_only: bool,
    ) -> Self {
        let mut wanted = Wanted::of(sent);
        wanted.required |= byok_only;
        Self {
            keys,
            open: true,
            by_alias,
            wanted,
        }
    }

    /// Picks the stored key for a request, or a step of one, without a key of its own.
    pub(crate) fn lend(
        &self,
        provider: &Provider,
        wanted: &Wanted,
    ) -> Result<Option<&StoredKey>, NoCredential> {
        let named = (wanted.alias.as_deref())
            .or(self.wanted.alias.as_deref())
            .filter(|_| self.by_alias);
        let theirs = || (self.keys.iter()).filter(|key| key.provider == provider.slug());
        let found = match named {
            Some(alias) => {
                let found = theirs().find(|key| key.alias == alias);
                if found.is_none() {
                    let aliases: Vec<_> = theirs().map(|key| &*key.alias).collect();
                    return Err(NoCredential::UnknownAlias {
                        provider: provider.slug().to_owned(),
                        alias: alias.chars().take(64).collect(),
                        configured: match aliases.is_empty() {
                            true => "none".to_owned(),
                            false => aliases.join(", "),
                        },
                    });
                }
                found
            }
            None if self.by_alias => theirs()
                .find(|key| key.is_default)
                .or_else(|| theirs().find(|key| key.alias == DEFAULT_ALIAS)),
            // On the API host only that alias counts, whatever is marked.
            None => theirs().find(|key| key.alias == DEFAULT_ALIAS),
        };
        let required = wanted.required || self.wanted.required;
        if found.is_none() && required && provider.slug() != WORKERS_AI {
            let provider = provider.slug().to_owned();
            return Err(NoCredential::Required { provider });
        }
        Ok(found)
    }
}

// === impl Lent ===

impl Lent {
    /// Whether it takes the whole body to make use of it.
    pub(crate) const fn signs(&self) -> bool {
        matches!(self.manner, Manner::Signs(_))
    }
}

// === impl Wanted ===

impl Wanted {
    /// What the headers say; an empty alias says nothing.
    pub(crate) fn of(own: &Own<'_>) -> Self {
        let alias = own.text(ALIAS).map(str::trim);
        Self {
            alias: alias.filter(|alias| !alias.is_empty()).map(str::to_owned),
            required: own.switch(NO_WHOLESALE) == Some(true),
        }
    }
}

/// Puts a stored key where the provider looks for it, alone: nothing of the caller's stays in any
/// of the places where a key could stand. What is different for each try is left for then.
pub(crate) fn put(
    headers: &mut HeaderMap,
    provider: &Provider,
    tail: &str,
    key: &StoredKey,
) -> Result<Lent, NoCredential> {
    let secret = key.secret.as_ref().ok_or(NoCredential::Unusable)?;
    for name in provider.credential_headers() {
        headers.remove(name);
    }
    let (manner, mask) = if KeyDocument::is_one(secret.expose()) {
        apart(provider, tail, secret)?
    } else {
        stand(headers, provider, secret)?;
        (Manner::Stands, Key::of(secret))
    };
    Ok(Lent {
        id: key.id.clone(),
        version: key.version,
        limit: key.limit,
        mask,
        manner,
    })
}

/// How a document goes along, and what of it goes out at all.
fn apart(
    provider: &Provider,
    tail: &str,
    secret: &Secret<String>,
) -> Result<(Manner, Option<Key>), NoCredential> {
    match KeyDocument::read(secret.expose()) {
        Ok(KeyDocument::Aws(keys)) => {
            let scope = provider.signing_scope(tail).ok_or(NoCredential::Unusable)?;
            let session = keys.session_token.clone().map(Arc::new);
            let signer = Box::new(Signer::new(&keys, scope));
            Ok((Manner::Signs(signer), session.as_ref().and_then(Key::of)))
        }
        Ok(KeyDocument::Google(account)) => Ok((Manner::Exchanged(Box::new(account)), None)),
        Err(_) => Err(NoCredential::Unusable),
    }
}

fn stand(
    headers: &mut HeaderMap,
    provider: &Provider,
    secret: &Secret<String>,
) -> Result<(), NoCredential> {
    let name = provider.credential_headers().first();
    let name = name.ok_or(NoCredential::Unusable)?;
    let text = Zeroizing::new(format!(
        "{}{}",
        provider.credential_scheme(),
        secret.expose()
    ));
    let mut value = HeaderValue::from_str(&text).map_err(|_| NoCredential::Unusable)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Whether the caller's headers or query hold a key for the provider. A gateway's token is none,
/// and neither is an empty value, which SDKs send that have no key.
pub(crate) fn has_own(
    provider: &Provider,
    sent: &HeaderMap,
    tokens: &Tokens,
    query: Option<&str>,
) -> bool {
    let in_header = |name: &HeaderName| {
        let mut values = sent.get_all(name).iter();
        values.any(|value| !value.is_empty()) && !tokens.stands_in(name)
    };
    let in_query = || {
        let name = provider.credential_parameter()?;
        let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, value)| *key == name && !value.is_empty())
    };
    provider.credential_headers().iter().any(in_header) || in_query().is_some()
}

/// The query without empty keys, which some providers would take for the caller's.
pub(crate) fn without_empty_key<'q>(
    provider: &Provider,
    query: Cow<'q, str>,
) -> Option<Cow<'q, str>> {
    let Some(name) = provider.credential_parameter() else {
        return Some(query);
    };
    let is_empty = |pair: &&str| {
        pair.strip_prefix(name)
            .is_some_and(|rest| matches!(rest, "" | "="))
    };
    if !query.split('&').any(|pair| is_empty(&pair)) {
        return Some(query);
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_empty(pair)).collect();
    (!kept.is_empty()).then(|| kept.join("&").into())
}

#[cfg(test)]
mod tests;
