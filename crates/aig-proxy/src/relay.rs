//! Turns a provider's answer into the caller's: which headers stay, and what is to be done with the
//! body while it passes. The passing itself is `tee`'s.

use aig_provider::UsageFilter;
use http::{HeaderMap, HeaderValue, Response, Version, header};

use crate::farewell::Farewell;
use crate::lookup::{CACHE_STATUS, Missed};
use crate::mask::{Key, Masked};
use crate::plan::Step;
use crate::pool::Download;
use crate::record::Trail;
use crate::stored::Stored;
use crate::tee::{Ending, Passing, Patience, Tee};
use crate::{Body, headers};

/// Lets a provider's answer flow to the caller.
pub(crate) fn relay(
    planned: &Step,
    answer: Response<Download>,
    mut trail: Trail,
    missed: Option<Missed>,
    patience: Patience,
) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    // Neither a length nor chunks: the end of such a body is the end of its connection.
    let ending = match head.version {
        Version::HTTP_10 | Version::HTTP_11
            if !head.headers.contains_key(header::CONTENT_LENGTH)
                && !head.headers.contains_key(header::TRANSFER_ENCODING) =>
        {
            Ending::ByClosing
        }
        _ => Ending::Marked,
    };
    head.version = Version::default();
    headers::for_caller(&mut head.headers);
    // Providers repeat a key in order to refuse it. Nothing below sees more than the caller may.
    let lent = planned.lent.as_ref().and_then(|lent| lent.mask.clone());
    let ours = lent.or_else(|| planned.brought.clone());
    let mut key = ours.or_else(|| head.extensions.remove::<Key>());
    if let Some(key) = &key {
        key.mask_headers(&mut head.headers);
        trail.hide(key.bytes());
    }
    if head.status.is_success() {
        key = None;
    }
    let body = Masked::new(body, key);
    head.extensions.clear();
    let status = head.status.as_u16();
    let length = http_body::Body::size_hint(&body).exact();
    let cached = missed.is_some();
    trail.answered(status, &head.headers, length, planned.wire, cached);
    let stored = missed.and_then(|missed| {
        let miss = HeaderValue::from_static("MISS");
        head.headers.insert(CACHE_STATUS, miss);
        Stored::begin(missed, &head, length, &mut trail)
    });
    let filter = (planned.payload.may_have_asked() && is_plain_stream(&head.headers)).then(|| {
        // What is taken out of the answer is no part of its length.
        head.headers.remove(header::CONTENT_LENGTH);
        Box::new(UsageFilter::new())
    });
    let farewell = Farewell::of(planned.wire, &head.headers);
    let passing = Passing { stored, filter };
    let tee = Tee::new(body, trail, ending, farewell, patience, passing);
    Response::from_parts(head, Body::forwarded(tee))
}

/// Whether an answer is a stream of events that can be read as it is.
fn is_plain_stream(headers: &HeaderMap) -> bool {
    let text = |name| headers::text(headers, name).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default();
    let coding = text(header::CONTENT_ENCODING).trim_ascii();
    kind.trim_ascii().eq_ignore_ascii_case("text/event-stream")
        && (coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
}
