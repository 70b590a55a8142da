//! What is to be sent where: one step for a request to a provider, several for a universal one.
//!
//! A plan is made, by `planner`, before anything is sent and not changed afterwards; `drive` carries
//! it out.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use aig_model::{Gateway, Metadata, Outcome, Record, Timestamp, Usage};
use aig_policy::Options;
use aig_provider::{Call, Provider, Wire};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Uri};
use uuid::Uuid;

use crate::carriers::Tokens;
use crate::credentials::{self, Lender, Wanted};
use crate::headers;
use crate::mask::Key;
use crate::metrics::Metrics;
use crate::payload::Payload;
use crate::ports::Recorder;
use crate::record::{Trail, clipped};
use crate::respond::Failure;

/// The header that says whether a request, or a step of one, leaves rows in the log.
pub(crate) const COLLECT_LOG: &str = "cf-aig-collect-log";

/// The steps of a request, tried in this order.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One provider's request.
pub(crate) struct Step {
    pub(crate) provider: Arc<Provider>,
    pub(crate) target: Uri,
    pub(crate) method: Method,
    /// As the provider is to see them.
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    /// A stored key among the headers, which is nobody's to read in the answer.
    pub(crate) lent: Option<Key>,
    pub(crate) options: Options,
    /// The dialect of that endpoint.
    pub(crate) wire: Wire,
    /// The model, where the path or the query names it.
    pub(crate) model: Option<String>,
    /// The path below the provider, for the log.
    pub(crate) tail: String,
    /// Whether its tries leave rows in the log.
    pub(crate) collect: bool,
}

/// A step before the provider's own rules have been applied to it.
pub(crate) struct Draft<'a> {
    pub(crate) provider: &'a Arc<Provider>,
    /// The account that the request is made for.
    pub(crate) account: &'a str,
    pub(crate) tail: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) method: Method,
    /// As the caller sent them.
    pub(crate) headers: HeaderMap,
    /// The headers in which a gateway's token stands.
    pub(crate) tokens: &'a Tokens,
    /// What the gateway has for those that come without a key.
    pub(crate) lender: &'a Lender,
    pub(crate) payload: Payload,
    pub(crate) options: Options,
    pub(crate) collect: bool,
}

/// What all rows of one request share.
pub(crate) struct Arrival {
    pub(crate) started: Instant,
    pub(crate) gateway: Arc<Gateway>,
    /// Whether the request leaves rows in the log, unless a step says otherwise.
    pub(crate) collect: bool,
    pub(crate) request_id: Uuid,
    pub(crate) event_id: String,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) user_agent: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) method: String,
}

/// What a trail is begun with besides the arrival.
pub(crate) struct Place<'a> {
    /// The id of the row.
    pub(crate) id: Uuid,
    pub(crate) provider: &'a str,
    pub(crate) tail: &'a str,
    pub(crate) step: usize,
    pub(crate) collect: bool,
    /// When this try began.
    pub(crate) started: Instant,
}

// === impl Step ===

impl Step {
    /// Makes a draft into what is sent; every step of every kind of request comes from here.
    pub(crate) fn of(draft: Draft<'_>) -> Result<Self, Failure> {
        let Draft {
            provider, headers, ..
        } = draft;
        let mut query = draft.tokens.taken_off(draft.query);
        let key = match credentials::has_own(provider, &headers, draft.tokens, query.as_deref()) {
            true => None,
            false => draft.lender.lend(provider, &Wanted::of(&headers))?,
        };
        if key.is_some() {
            query = query.and_then(|query| credentials::without_empty_key(provider, query));
        }
        let call = Call {
            account: Some(draft.account),
            tail: draft.tail,
            query: query.as_deref(),
            headers: Some(&headers),
        };
        let target = provider.target_of(&call).map_err(Failure::BadPath)?;
        let model = named_model(provider, &call);
        let mut headers = outgoing(headers, provider, draft.tokens);
        if let Some(key) = key {
            credentials::put(&mut headers, provider, key)?;
        }
        Ok(Self {
            target,
            wire: provider.wire_at(draft.tail),
            model,
            method: draft.method,
            headers,
            payload: draft.payload,
            lent: key.and_then(|key| Key::of(key.secret.as_ref()?)),
            options: draft.options,
            tail: draft.tail.to_owned(),
            collect: draft.collect,
            provider: Arc::clone(provider),
        })
    }
}

/// A caller's headers as the provider is to see them.
fn outgoing(mut sent: HeaderMap, provider: &Provider, tokens: &Tokens) -> HeaderMap {
    headers::for_provider(&mut sent);
    tokens.take_off(&mut sent);
    for name in provider.credential_headers() {
        // SDKs that have no key send an empty one; it is as good as absent.
        headers::remove_values(&mut sent, name, HeaderValue::is_empty);
    }
    // Tokens are counted from the answer as it passes, and only plain bytes can be read. What the
    // caller signed stays as it is, or the signature would break.
    if !aig_provider::signed(&sent, &header::ACCEPT_ENCODING) {
        sent.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
    }
    sent
}

/// The model that a call names outside its body.
fn named_model(provider: &Provider, call: &Call<'_>) -> Option<String> {
    let in_path = provider.model_in_path(call.tail);
    let named = in_path.or_else(|| provider.model_in_query(call.query));
    named.map(Cow::into_owned)
}

// === impl Arrival ===

impl Arrival {
    /// What is known of a request when it arrives.
    pub(crate) fn of(
        method: &Method,
        headers: &HeaderMap,
        gateway: Arc<Gateway>,
        (request_id, event_id): (Uuid, String),
        started: Instant,
        metrics: &Metrics,
    ) -> Self {
        let field = |name| headers::text(headers, name).map(|t| clipped(t).to_owned());
        let metadata = headers.get("cf-aig-metadata").and_then(|value| {
            let reading = Metadata::read(value.as_bytes());
            metrics.metadata_dropped.inc_by(reading.dropped as u64);
            reading.metadata
        });
        Self {
            started,
            collect: headers::switch(headers, COLLECT_LOG).unwrap_or(gateway.collect_logs),
            gateway,
            request_id,
            event_id,
            metadata,
            user_agent: field(header::USER_AGENT.as_str()),
            content_type: field(header::CONTENT_TYPE.as_str()),
            method: clipped(method.as_str()).to_owned(),
        }
    }

    /// Begins the trail of one try.
    pub(crate) fn trail(
        &self,
        place: &Place<'_>,
        recorder: Arc<dyn Recorder>,
        metrics: Arc<Metrics>,
    ) -> Trail {
        let record = Record {
            id: place.id,
            event_id: self.event_id.clone(),
            account: self.gateway.account,
            gateway: self.gateway.id.clone(),
            created_at: Timestamp::from(SystemTime::now()),
            provider: clipped(place.provider).to_owned(),
            model: String::new(),
            path: clipped(place.tail).to_owned(),
            method: self.method.clone(),
            status: 0,
            outcome: Outcome::ClientGone,
            cached: false,
            step: u32::try_from(place.step).unwrap_or(u32::MAX),
            duration_ms: 0,
            first_byte_ms: None,
            usage: Usage::default(),
            metadata: self.metadata.clone(),
            user_agent: self.user_agent.clone(),
            request_content_type: self.content_type.clone(),
            response_content_type: None,
            request_size: 0,
            response_size: 0,
            authentication: self.gateway.authentication,
        };
        Trail::begin(record, place.started, place.collect, recorder, metrics)
    }
}
