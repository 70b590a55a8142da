//! Loops: how often a request has come through a gateway, told by `CDN-Loop` (RFC 8586).
//!
//! A gateway whose provider is a gateway is legal, and so is one more; a third pass is taken for a
//! loop and refused, because nothing else would ever end it. The header is the standard's and not
//! one of the gateway's own: those end at every gateway, and intermediaries in between are told to
//! leave this one alone. A caller that writes it itself can only have itself refused.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// The intermediaries that a request has come through, as it said when it arrived.
pub(crate) struct Hops {
    passed: Vec<HeaderValue>,
    /// How many of them are gateways of this kind.
    own: usize,
}

const NAME: HeaderName = HeaderName::from_static("cdn-loop");
/// What a gateway calls itself. One name for all: two houses that point at each other are a loop
/// as well.
const OWN: &str = "aig";
/// How many gateways a request may have come through already.
const MOST: usize = 1;

// === impl Hops ===

impl Hops {
    /// Reads what a request says when it arrives, before anything is taken out of its headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let passed: Vec<_> = headers.get_all(NAME).iter().cloned().collect();
        let own = passed.iter().map(own_entries).sum();
        Self { passed, own }
    }

    /// Whether the request goes in circles.
    pub(crate) const fn is_loop(&self) -> bool {
        self.own > MOST
    }

    /// Says on a request that goes out where it has been, this gateway included, whatever its
    /// headers said of that before.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        let all = self.passed.iter().cloned();
        let mut all = all.chain([HeaderValue::from_static(OWN)]);
        if let Some(first) = all.next() {
            headers.insert(NAME, first);
        }
        for value in all {
            headers.append(NAME, value);
        }
    }
}

/// The entries of one line that are a gateway's, with parameters or without.
fn own_entries(line: &HeaderValue) -> usize {
    let entries = line.as_bytes().split(|byte| *byte == b',');
    let names = entries.map(|entry| entry.split(|byte| *byte == b';').next().unwrap_or(entry));
    names
        .filter(|name| name.trim_ascii().eq_ignore_ascii_case(OWN.as_bytes()))
        .count()
}

#[cfg(test)]
mod tests;
