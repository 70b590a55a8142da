//! The stage of the cache: whether the same question was answered before.
//!
//! When it applies and under which key is `aig-policy`'s, what is held is `cache_store`'s. Whoever
//! wants the cache has its body received as a whole first, because the key is made of it, and with a
//! key of the caller's own because only the body tells that it asks for a stream; nobody else waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aig_model::Gateway;
use aig_policy::CachePlan;
use aig_policy::cache::{Bypass, Credential, Request, Wanted};
use http::header::{self, HeaderMap};
use http::{HeaderName, HeaderValue, Response};

use crate::Body;
use crate::cache_store::{CacheStore, CachedAnswer, FillPermit, Found, Miss};
use crate::payload::Fault;
use crate::plan::Step;

/// The header that says whether an answer came from the cache.
pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cf-aig-cache-status");

/// What the cache knows of a step.
pub(crate) enum Looked {
    /// The answer.
    Hit(Arc<CachedAnswer>),
    /// Nothing yet.
    Missed(Missed),
    /// It is not to be asked.
    Bypassed(Bypass),
}

/// A place in the cache that is empty.
pub(crate) struct Missed {
    pub(crate) why: Miss,
    /// The duty to fill the place, unless another request has it.
    pub(crate) permit: Option<FillPermit>,
    /// For how long what is put there is good.
    pub(crate) ttl: Duration,
}

/// Looks for what a step asks. The error is the caller's, who did not send the body.
pub(crate) async fn look(
    store: &CacheStore,
    gateway: &Gateway,
    step: &Step,
) -> Result<Looked, Fault> {
    let options = step.wishes.cache();
    let mut request = Request {
        epoch: gateway.cache_epoch,
        surface: "",
        provider: step.provider.slug(),
        model: step.model.as_deref().unwrap_or_default(),
        method: step.method.as_str(),
        path: &step.tail,
        query: step.query.as_deref(),
        headers: &[],
        credential: Credential::None,
        stream: false,
        inference: true,
        length: None,
    };
    // Where nobody wants the cache nothing is read out of the path.
    if let Err(why) = Wanted::of(gateway.cache, options, &request) {
        return Ok(Looked::Bypassed(why));
    }
    request.stream = step.provider.streams_at(&step.tail);
    request.inference = step.provider.infers_at(&step.tail);
    request.length = step.payload.length();
    if let Err(why) = Wanted::of(gateway.cache, options, &request) {
        return Ok(Looked::Bypassed(why));
    }
    if !step.payload.gather(CachePlan::MAX_REQUEST).await? {
        return Ok(Looked::Bypassed(Bypass::TooLong));
    }
    let (stream, digest) = step.payload.question();
    let headers = as_pairs(&step.headers);
    let credential = credential(step);
    request.stream |= stream;
    request.headers = &headers;
    request.credential = match &step.lent {
        // Whoever sends the same key as its own is answered apart: it has no share in the gateway's.
        Some(lent) => Credential::Stored {
            id: &lent.id,
            version: lent.version.into(),
        },
        None if credential.is_empty() => Credential::None,
        None => Credential::Client(&credential),
    };
    let (key, ttl) = match Wanted::of(gateway.cache, options, &request) {
        Err(why) => return Ok(Looked::Bypassed(why)),
        Ok(wanted) => (wanted.key(gateway, &request, &digest), wanted.ttl()),
    };
    let finding = store.find(key, Instant::now);
    let found = match step.options.timeout() {
        None => finding.await,
        // Who waits for another one's answer waits no longer than it would for its own.
        Some(timeout) => tokio::time::timeout(timeout, finding)
            .await
            .unwrap_or(Found::Miss {
                why: Miss::LeaderFailed,
                permit: None,
            }),
    };
    Ok(match found {
        Found::Hit(answer) => Looked::Hit(answer),
        Found::Miss { why, permit } => Looked::Missed(Missed { why, permit, ttl }),
    })
}

fn as_pairs(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect()
}

/// By what the provider will know who asks: what its own table names, and the header that nearly all
/// of them take.
fn credential(step: &Step) -> Vec<(&str, &[u8])> {
    let own = step.provider.credential_headers();
    let mut names: Vec<&str> = own.iter().map(HeaderName::as_str).collect();
    if !own.contains(&header::AUTHORIZATION) {
        names.push("authorization");
    }
    let of = |name| {
        let values = step.headers.get_all(name).iter();
        values.map(move |value| (name, value.as_bytes()))
    };
    names.into_iter().flat_map(of).collect()
}

/// The answer once more, to another caller.
pub(crate) fn again(answer: &CachedAnswer) -> Response<Body> {
    let mut response = Response::new(Body::fixed(answer.body().clone()));
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response
        .headers_mut()
        .insert(CACHE_STATUS, HeaderValue::from_static("HIT"));
    response
}
