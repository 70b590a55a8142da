//! fal's paths: the model is the path, and a bare path leaves the word to a header.
//!
//! fal's own client, told to use a proxy, sends every request to the proxy's one address and puts the
//! whole target into `x-fal-target-url`. It is the only header that has a say in where a request
//! goes, so what it may say is narrow: https, a host of fal, no port, no user, no dot segment.

use crate::base::Slots;
use crate::provider::{Call, Way};
use crate::tail::{self, BadTail};

const TARGET: &str = "x-fal-target-url";

/// Where among the row's bases the one whose host the header names stands.
const OF_A_HOST: usize = 1;

pub(crate) fn way<'a>(call: &Call<'a>, way: Way<'a>) -> Result<Way<'a>, BadTail> {
    let named = call.headers.and_then(|headers| headers.get(TARGET));
    let Some(named) = named.filter(|_| call.tail.is_empty()) else {
        let below = Some(call.tail).filter(|tail| !tail.is_empty());
        return Ok(Way {
            parts: [below, None, None],
            ..way
        });
    };
    let url = named.to_str().map_err(|_| BadTail::ForeignTarget)?;
    let (host, path, query) = target(url).ok_or(BadTail::ForeignTarget)?;
    tail::check(path.as_bytes())?;
    if let Some(query) = query {
        tail::check_query(query.as_bytes())?;
    }
    Ok(Way {
        base: OF_A_HOST,
        slots: Slots {
            host: Some(host),
            ..way.slots
        },
        parts: [Some(path).filter(|path| !path.is_empty()), None, None],
        query,
    })
}

/// Host, path without its slash, and query of a URL that goes to fal.
fn target(url: &str) -> Option<(&str, &str, Option<&str>)> {
    let rest = url.strip_prefix("https://")?;
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let legal = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let labels = host.split('.').all(|label| !label.is_empty());
    let ours = ["fal.run", "fal.ai"].iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    (host.bytes().all(legal) && labels && host.len() <= 253 && ours).then_some((
        host,
        path.trim_start_matches('/'),
        query,
    ))
}

/// `{owner}/{name}/…`; what follows `requests` is about a call that was made before.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let end = tail.find("/requests").unwrap_or(tail.len());
    let model = &tail[..end];
    model.contains('/').then_some(model)
}
