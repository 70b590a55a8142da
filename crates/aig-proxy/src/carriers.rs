//! Where a gateway's token may stand in a request, and how it is taken off there.
//!
//! SDKs have one slot for a key and put into it whatever they have: in whichever of these places a
//! token stands, for whichever provider the request is, it opens the same doors and goes no further.
//! The places are the gateway's own header, every header and query parameter in which some
//! provider's key travels, and the entries of `Sec-WebSocket-Protocol`, which is all that browsers
//! can set on a socket. Whether a text is a token, and what it may do, is `aig-policy`'s.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use aig_model::{Snapshot, Timestamp, Token};
use aig_policy::{Identified, Identity};
use aig_provider::{Providers, unescaped};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

/// The places where a token may stand.
pub(crate) struct Carriers {
    headers: Vec<HeaderName>,
    /// The lengths of their names, one bit each: most headers of a request have another.
    lengths: u64,
    parameters: Vec<&'static str>,
}

/// The gateway tokens of a request, and what of it no provider may see.
#[derive(Default)]
pub(crate) struct Tokens {
    /// Those that are good today.
    pub(crate) good: SmallVec<[Arc<Token>; 1]>,
    /// The headers in which a token stands, be it good, expired, revoked or another house's.
    headers: SmallVec<[HeaderName; 1]>,
    /// The same for parameters of the query, as they stand there.
    parameters: Vec<String>,
    /// What is left of the socket's protocols, if a token stands among them.
    protocols: Option<Vec<String>>,
}

/// The gateway's own name, as a header and in front of an entry of the socket's protocols.
const OWN: &str = "cf-aig-authorization";

// === impl Carriers ===

impl Carriers {
    /// The places of every provider in the table, and the gateway's own.
    pub(crate) fn of(providers: &Providers) -> Self {
        let mut headers = vec![HeaderName::from_static(OWN)];
        let mut parameters = Vec::new();
        for provider in providers.iter() {
            for name in provider.credential_headers() {
                if !headers.contains(name) {
                    headers.push(name.clone());
                }
            }
            if let Some(name) = provider.credential_parameter()
                && !parameters.contains(&name)
            {
                parameters.push(name);
            }
        }
        Self {
            lengths: headers.iter().fold(0, |bits, name| bits | length_bit(name)),
            headers,
            parameters,
        }
    }

    fn may_carry(&self, name: &HeaderName) -> bool {
        self.lengths & length_bit(name) != 0 && self.headers.contains(name)
    }

    /// Finds the tokens of a request, or of a step of one.
    pub(crate) fn tokens(
        &self,
        identity: &Identity,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Tokens {
        let now = Timestamp::from(SystemTime::now());
        let mut tokens = Tokens::default();
        let mut is_token = |text: &str| match identity.identify(snapshot, text, now) {
            Identified::Good(token) => {
                tokens.good.push(token);
                true
            }
            Identified::NotNow => true,
            Identified::Unknown => Identity::is_token(text),
        };
        // One look at each header that is there: there are few of them, and many that might be.
        for (name, value) in headers {
            if self.may_carry(name) && value.to_str().is_ok_and(&mut is_token) {
                tokens.headers.push(name.clone());
            }
        }
        for pair in query.iter().flat_map(|query| query.split('&')) {
            if let Some((name, value)) = pair.split_once('=')
                && self.parameters.contains(&name)
                && is_token(&unescaped(value))
            {
                tokens.parameters.push(pair.to_owned());
            }
        }
        let protocols = || {
            texts(headers, &header::SEC_WEBSOCKET_PROTOCOL)
                .flat_map(|text| text.split(','))
                .map(str::trim_ascii)
        };
        let mut kept = Vec::new();
        for entry in protocols() {
            match entry.split_once('.') {
                Some((name, value)) if is_token(value) || name.eq_ignore_ascii_case(OWN) => {}
                _ => kept.push(entry.to_owned()),
            }
        }
        tokens.protocols = (kept.len() < protocols().count()).then_some(kept);
        tokens
    }
}

fn length_bit(name: &HeaderName) -> u64 {
    1 << name.as_str().len().min(63)
}

fn texts<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok())
}

// === impl Tokens ===

impl Tokens {
    /// Takes them off the headers.
    pub(crate) fn take_off(&self, headers: &mut HeaderMap) {
        for name in &self.headers {
            headers.remove(name);
        }
        if let Some(kept) = &self.protocols {
            headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
            let rest = HeaderValue::try_from(kept.join(", ")).ok();
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                headers.insert(header::SEC_WEBSOCKET_PROTOCOL, rest);
            }
        }
    }

    /// Whether one of them stands in that header.
    pub(crate) fn stands_in(&self, name: &HeaderName) -> bool {
        self.headers.contains(name)
    }

    /// The query without them; every other byte stays.
    pub(crate) fn taken_off<'q>(&self, query: Option<&'q str>) -> Option<Cow<'q, str>> {
        let query = query?;
        if self.parameters.is_empty() {
            return Some(Cow::Borrowed(query));
        }
        let is_theirs = |pair: &&str| !self.parameters.iter().any(|token| token == pair);
        let kept: Vec<&str> = query.split('&').filter(is_theirs).collect();
        match kept.is_empty() {
            true => None,
            false => Some(Cow::Owned(kept.join("&"))),
        }
    }
}
