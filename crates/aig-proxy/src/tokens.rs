//! Which gateway tokens stand in a request's headers, and in which of them.
//!
//! Whether a token opens a gateway is `aig-policy`'s to say.

use std::sync::Arc;

use aig_model::{Snapshot, Token};
use aig_policy::Identity;
use http::header::{HeaderMap, HeaderName};

/// The gateway tokens of a request, and what of it no provider may see.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) good: Vec<Arc<Token>>,
    /// The provider headers in which a token stands, be it good, revoked or another house's.
    pub(crate) places: Vec<HeaderName>,
}

static GATEWAY_TOKEN: HeaderName = HeaderName::from_static("cf-aig-authorization");

// === impl Tokens ===

impl Tokens {
    /// Looks in the gateway's own header, and in those in which a provider's key travels, where
    /// SDKs with one slot put whatever they have.
    pub(crate) fn of(
        headers: &HeaderMap,
        theirs: &[HeaderName],
        identity: &Identity,
        snapshot: &Snapshot,
    ) -> Self {
        let mut tokens = Self::default();
        for name in std::iter::once(&GATEWAY_TOKEN).chain(theirs) {
            let texts = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok());
            for text in texts {
                let token = identity.identify(snapshot, text);
                if token.is_some() || Identity::is_token(text) {
                    tokens.places.push(name.clone());
                }
                tokens.good.extend(token);
            }
        }
        tokens
    }
}
