//! What must hold for any path, headers and universal body, as one function each.
//!
//! The functions are this crate's door for fuzzers, and all of it: `route`, `headers` and `universal`
//! stay private. They exist in tests and where a fuzzer sets `cfg(fuzzing)`, and in nothing that is
//! shipped. The targets and the corpora are in `tests/fuzz`; the tests here run the same functions
//! over those corpora and over mutations of them.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::Value;

use crate::headers::{for_caller, for_provider};
use crate::route::{Route, serves};
use crate::universal;

// === paths ===

/// What a path is cut into is what it consists of, byte for byte; the tail is a suffix of it.
pub fn route(data: &[u8]) {
    let Ok(path) = PathAndQuery::try_from(data) else {
        return;
    };
    let uri = Uri::from(path);
    let path = uri.path();
    let Some(route) = Route::read(&uri, &HeaderMap::new()) else {
        let segments = path
            .strip_prefix("/v1/")
            .map(|rest| rest.split('/').count());
        assert!(
            segments.is_none_or(|count| count < 2),
            "has an account and a gateway"
        );
        assert!(!serves(path) || path.starts_with("/v1/"));
        return;
    };
    assert!(serves(path));
    assert_eq!(route.query, uri.query());
    assert!(path.ends_with(route.tail));
    if route.voice.is_api() {
        // The gateway stands in a header there, or is the default one.
        assert_eq!(route.gateway, "default".parse().ok());
        let below = path.split('/').skip(6).collect::<Vec<_>>().join("/");
        assert!(below.ends_with(route.tail));
        let account = route.account.map(|account| account.to_string());
        assert!(account.is_none_or(|account| path.split('/').nth(4) == Some(&*account)));
        return;
    }
    assert!(!route.provider.contains('/'));
    let segments: Vec<&str> = path.split('/').collect();
    assert_eq!(segments[..2], ["", "v1"]);
    assert_eq!(route.provider, segments.get(4).copied().unwrap_or_default());
    assert_eq!(route.tail, segments.get(5..).unwrap_or_default().join("/"));
    // One spelling each, and no other.
    let account = route.account.map(|account| account.to_string());
    assert!(account.is_none_or(|account| account == segments[2]));
    let gateway = route.gateway.map(|gateway| gateway.to_string());
    assert!(gateway.is_none_or(|gateway| gateway == segments[3]));
}

// === headers ===

/// Neither side is told what is the other's: nothing hop-by-hop, nothing that `Connection` names,
/// nothing of the gateway's. What passes, passes as it was, and passing twice changes nothing.
pub fn headers(data: &[u8]) {
    let before = lines(data);
    let named = named_by_connection(&before);
    for pass in [for_provider, for_caller] {
        let mut after = before.clone();
        pass(&mut after);
        for name in after.keys().map(HeaderName::as_str) {
            assert!(!HOP_BY_HOP.contains(&name), "{name}");
            assert!(!name.starts_with("cf-aig-"), "{name}");
            assert!(
                !named.contains(&name.as_bytes().to_owned()),
                "{name} is named by Connection"
            );
            let values = |map: &HeaderMap| map.get_all(name).iter().cloned().collect::<Vec<_>>();
            assert_eq!(values(&after), values(&before), "{name}");
        }
        for name in before.keys().map(HeaderName::as_str) {
            if PASSING.contains(&name) && !named.contains(&name.as_bytes().to_owned()) {
                assert!(after.contains_key(name), "{name} was lost");
            }
        }
        let mut again = after.clone();
        pass(&mut again);
        assert_eq!(again, after);
    }
}

/// RFC 9110, section 7.6.1, and what it mentions.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Some of those that are everybody's.
const PASSING: [&str; 6] = [
    "accept",
    "authorization",
    "content-type",
    "user-agent",
    "x",
    "x-unknown",
];

/// One header a line; what is none is passed over.
fn lines(data: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

fn named_by_connection(map: &HeaderMap) -> Vec<Vec<u8>> {
    let values = map.get_all("connection").iter().map(HeaderValue::as_bytes);
    let names = values.flat_map(|value| value.split(|byte| *byte == b','));
    names
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect()
}

// === universal bodies ===

/// What a step says about a destination is what a strict reader finds there; its body is a part of
/// the whole as it was written; and no step can set a header of the connection's.
pub fn universal(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let strict = serde_json::from_slice::<Value>(data).ok();
    let steps = match universal::read(&body) {
        Ok(steps) => steps,
        Err(bad) => {
            assert!(!bad.place.is_empty() && !bad.what.is_empty());
            let plain = strict.as_ref().is_some_and(is_plain_step);
            // A strict reader takes the last one of two, a careful one takes neither.
            assert!(!plain || bad.what.starts_with("duplicate field"), "{bad}");
            return;
        }
    };
    assert!((1..=100).contains(&steps.len()));
    for (index, step) in steps.iter().enumerate() {
        assert!(!step.endpoint.starts_with('/') && !step.endpoint.contains('?'));
        for name in [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "te",
            "upgrade",
        ] {
            assert!(!step.headers.contains_key(name), "{name}");
        }
        let part = step.body.as_ptr_range();
        let whole = body.as_ptr_range();
        let lies_within = whole.start <= part.start && part.end <= whole.end;
        assert!(step.body.is_empty() || lies_within, "a copy");
        // A text with half a surrogate makes the document one that strict readers refuse.
        let Some(strict) = &strict else { continue };
        let strict = match strict {
            Value::Array(steps) => &steps[index],
            step => step,
        };
        assert_eq!(Some(&*step.provider), strict["provider"].as_str());
        let endpoint = match &step.query {
            Some(query) => format!("{}?{query}", step.endpoint),
            None => step.endpoint.clone(),
        };
        let wanted = strict["endpoint"]
            .as_str()
            .map(|text| text.trim_start_matches('/'));
        assert_eq!(Some(&*endpoint), wanted);
        if !step.body.is_empty() {
            assert_eq!(
                serde_json::from_slice::<Value>(&step.body).ok().as_ref(),
                strict.get("query")
            );
        }
    }
}

/// Whether the document is a step that has nothing to be refused for.
fn is_plain_step(document: &Value) -> bool {
    document.as_object().is_some_and(|step| {
        let names = ["provider", "endpoint"];
        step.len() == names.len()
            && names
                .iter()
                .all(|name| step.get(*name).is_some_and(Value::is_string))
    })
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn any_path_is_cut_into_what_it_consists_of() {
        replay("route", super::route);
    }

    #[test]
    fn no_header_passes_that_is_not_meant_for_the_other_side() {
        replay("headers", super::headers);
    }

    #[test]
    fn any_universal_body_is_read_as_a_strict_reader_reads_it() {
        replay("universal", super::universal);
    }
}
