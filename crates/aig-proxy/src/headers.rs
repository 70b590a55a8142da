//! Which headers travel on, and which end here (rule R8).
//!
//! Towards the provider: hop-by-hop headers and whatever `Connection` names, everything of the
//! gateway's own (`cf-aig-*`, `cf-access-*` and the two old cache names), the caller's addresses,
//! cookies and trace baggage, and `Expect`, which the listener has already answered; and all of them with `_` for `-`. Towards the
//! caller: hop-by-hop headers, `cf-aig-*`, which only the gateway may say, and what a provider
//! says about its own origin, which is not the gateway's. All else passes, known or not.

use http::header::{self, AsHeaderName, HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

/// Prefixes of headers between callers and the gateway.
const OWN_PREFIXES: [&str; 2] = ["cf-aig-", "cf-access-"];

/// Headers between two neighbours, never passed on. Source: RFC 9110 section 7.6.1.
///
/// Every header of every message is asked about, so these lists are code, which looks at a name's
/// length first.
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// What else ends here on the way to the provider.
fn is_not_for_providers(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "cookie"
            | "expect"
            | "forwarded"
            | "via"
            | "x-forwarded-for"
            | "x-forwarded-host"
            | "x-forwarded-port"
            | "x-forwarded-proto"
            | "x-real-ip"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "true-client-ip"
            | "cf-connecting-ip"
            | "cf-connecting-ipv6"
            | "baggage"
    ) || OLD_CACHE_NAMES.contains(&name)
}

/// What a provider says about its own origin, and what it measures for itself.
fn is_not_for_callers(name: &str) -> bool {
    matches!(
        name,
        "alt-svc"
            | "set-cookie"
            | "strict-transport-security"
            | "nel"
            | "report-to"
            | "reporting-endpoints"
            | "server-timing"
    )
}

/// Leaves in a caller's headers what the provider is to see.
pub(crate) fn for_provider(headers: &mut HeaderMap) {
    remove_all(headers, |name| {
        ends_before_providers(name) || is_lookalike(name)
    });
}

/// Leaves in a provider's headers what the caller is to see.
pub(crate) fn for_caller(headers: &mut HeaderMap) {
    // A body in chunks has no other length (RFC 9112 section 6.3).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    remove_all(headers, |name| {
        is_hop_by_hop(name) || is_own(name) || is_not_for_callers(name)
    });
}

/// Takes the values of a header that are `gone` out, keeping others of the same name.
pub(crate) fn remove_values(
    headers: &mut HeaderMap,
    name: &HeaderName,
    gone: impl Fn(&HeaderValue) -> bool,
) {
    if !headers.get_all(name).iter().any(&gone) {
        return;
    }
    let kept: Vec<_> = headers
        .get_all(name)
        .iter()
        .filter(|v| !gone(v))
        .cloned()
        .collect();
    headers.remove(name);
    for value in kept {
        headers.append(name, value);
    }
}

/// The text of a header, if it is there and readable.
pub(crate) fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// What a request says to the gateway, in headers of the gateway's own.
///
/// There are two dozen that it might have, and hardly a request has any but its token. So they are
/// sought out once, by a look at each header that is there; a map would hash every name that it is
/// asked for.
pub(crate) struct Own<'h>(Vec<(&'h str, &'h HeaderValue)>);

impl<'h> Own<'h> {
    /// Those of a request, or of a step of one.
    pub(crate) fn of(headers: &'h HeaderMap) -> Self {
        let named = headers.iter().map(|(name, value)| (name.as_str(), value));
        Self(named.filter(|(name, _)| is_said(name)).collect())
    }

    /// The first value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'h HeaderValue> {
        debug_assert!(is_said(name), "{name} is not looked for");
        let found = self.0.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| *value)
    }

    /// Its text, if it is there and readable.
    pub(crate) fn text(&self, name: &str) -> Option<&'h str> {
        self.get(name)?.to_str().ok()
    }

    /// A switch in it: `true` or `false` as text; anything else is as good as absent.
    pub(crate) fn switch(&self, name: &str) -> Option<bool> {
        match self.text(name)?.trim_ascii() {
            t if t.eq_ignore_ascii_case("true") => Some(true),
            t if t.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

/// Whether a header is one of the gateway's own that is asked for by its name. The token, which every
/// request has, is not: it is found by `carriers`.
fn is_said(name: &str) -> bool {
    let own = |rest: &str| rest != "authorization";
    name.strip_prefix("cf-aig-").is_some_and(own) || OLD_CACHE_NAMES.contains(&name)
}

/// The old names of `cf-aig-skip-cache` and `cf-aig-cache-ttl`.
const OLD_CACHE_NAMES: [&str; 2] = ["cf-skip-cache", "cf-cache-ttl"];

/// Takes out what `Connection` names and what `ends_here`. One look at each header that is there:
/// there are few of them, and many that might be.
fn remove_all(headers: &mut HeaderMap, ends_here: impl Fn(&str) -> bool) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        // As bytes: what is no text in one place must not hide the names beside it.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    let gone: SmallVec<[HeaderName; 8]> = headers
        .keys()
        .filter(|name| named.contains(name) || ends_here(name.as_str()))
        .cloned()
        .collect();
    for name in &gone {
        headers.remove(name);
    }
}

fn ends_before_providers(name: &str) -> bool {
    is_hop_by_hop(name) || is_own(name) || is_not_for_providers(name)
}

fn is_own(name: &str) -> bool {
    OWN_PREFIXES.iter().any(|own| name.starts_with(own))
}

/// Whether a server that makes variables of headers would read it as one that ends here: to CGI
/// and its heirs `x_forwarded_for` and `x-forwarded-for` are one name.
fn is_lookalike(name: &str) -> bool {
    // To the end, whatever comes: without a branch for each byte it is many bytes at once.
    if !name.bytes().fold(false, |any, byte| any | (byte == b'_')) {
        return false;
    }
    let plain = name.replace('_', "-");
    ends_before_providers(&plain) || plain == header::CONTENT_LENGTH.as_str()
}

#[cfg(test)]
mod tests;
