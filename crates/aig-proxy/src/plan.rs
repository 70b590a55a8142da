//! What is to be sent where: one step for a request to a provider, several for a universal one.
//!
//! A plan is made, by `planner`, before anything is sent and not changed afterwards; `drive` carries
//! it out.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use aig_model::{AccountId, Gateway, Metadata, MetadataReading, Record, Timestamp};
use aig_policy::Options;
use aig_provider::{Call, Provider, Wire};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Uri};
use uuid::Uuid;

use crate::carriers::Tokens;
use crate::credentials::{self, Lender, Lent, NoCredential, Wanted};
use crate::custom::{Custom, Target};
use crate::headers::{self, Own};
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::mask::Key;
use crate::metrics::Metrics;
use crate::payload::{Fault, MAX_KEPT, Payload};
use crate::planner::fits;
use crate::record::{Trail, clipped};
use crate::respond::Failure;
use crate::transcript::{Capture, Room};
use crate::wishes::Wishes;

/// The header that says whether a request, or a step of one, leaves rows in the log.
pub(crate) const COLLECT_LOG: &str = "cf-aig-collect-log";
/// The header that holds entries of the caller's own for the row.
const METADATA: &str = "cf-aig-metadata";

/// The steps of a request, tried in this order.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One provider's request.
pub(crate) struct Step {
    pub(crate) provider: Arc<Provider>,
    /// What is special about it, if an account made it.
    pub(crate) custom: Option<Arc<Custom>>,
    pub(crate) target: Uri,
    pub(crate) method: Method,
    /// As the provider is to see them.
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    /// The stored key that it goes with.
    pub(crate) lent: Option<Lent>,
    /// The key that the custom provider's own headers bring, when it goes with that.
    pub(crate) brought: Option<Key>,
    pub(crate) options: Options,
    /// The dialect of that endpoint.
    pub(crate) wire: Wire,
    /// The model, where the path or the query names it.
    pub(crate) model: Option<String>,
    /// The path below the provider, for the log.
    pub(crate) tail: String,
    /// Whether its tries leave rows in the log.
    pub(crate) collect: bool,
    /// The query below the provider, without tokens.
    pub(crate) query: Option<String>,
    pub(crate) wishes: Wishes,
    /// What the step says of metadata itself, over what the request says.
    pub(crate) metadata: Option<MetadataReading>,
    /// Whether it came by an endpoint for all providers.
    pub(crate) unified: bool,
}

/// A step before the provider's own rules have been applied to it.
pub(crate) struct Draft<'a> {
    pub(crate) to: &'a Target,
    /// The account that the request is made for.
    pub(crate) account: AccountId,
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
    pub(crate) wishes: Wishes,
    /// Of bodies for the log.
    pub(crate) room: &'a Arc<Room>,
}

/// What all rows of one request share; texts as they came, because many requests leave no row.
pub(crate) struct Arrival {
    pub(crate) started: Instant,
    pub(crate) gateway: Arc<Gateway>,
    /// Whether the request leaves rows in the log, unless a step says otherwise.
    pub(crate) collect: bool,
    pub(crate) ids: Ids,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) method: Method,
    /// By which door it came in.
    pub(crate) request_type: &'static str,
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
        let Draft { to, headers, .. } = draft;
        let (provider, custom) = (&to.provider, to.custom.as_ref());
        let mut query = draft.tokens.taken_off(draft.query);
        let own = credentials::has_own(provider, &headers, draft.tokens, query.as_deref());
        let open = draft.lender.open;
        let brought = custom.filter(|custom| !own && !open && custom.has_key(provider));
        let key = match own {
            true => None,
            false => match draft.lender.lend(provider, &Wanted::of(&Own::of(&headers))) {
                // The provider's own headers have it.
                Err(NoCredential::Required { .. }) if brought.is_some() => None,
                lent => lent?,
            },
        };
        if key.is_some() {
            query = query.and_then(|query| credentials::without_empty_key(provider, query));
        }
        let asks_usage = draft.collect
            && draft.method == Method::POST
            && provider.asks_usage_at(draft.tail)
            && !is_sealed(&headers);
        let account = draft.account.digits();
        let call = Call {
            account: Some(account.as_str()),
            tail: draft.tail,
            query: query.as_deref(),
            headers: Some(&headers),
        };
        let target = provider.target_of(&call).map_err(Failure::BadPath)?;
        let model = named_model(provider, &call);
        let mut headers = outgoing(headers, provider, draft.tokens);
        // Before the body is captured for the log: what is refused here leaves none.
        let lent = match key {
            Some(key) => Some(credentials::put(&mut headers, provider, draft.tail, key)?),
            None => None,
        };
        if lent.as_ref().is_some_and(Lent::signs) {
            fits(&headers, MAX_KEPT)?;
            draft.payload.limit_to(MAX_KEPT);
        }
        if let Some(custom) = custom {
            custom.put(&mut headers, provider, own || key.is_some(), open);
        }
        if draft.collect && draft.wishes.keep_bodies() {
            let mut capture = Capture::new(draft.room);
            capture.coded(&headers);
            draft.payload.capture(capture);
        }
        if asks_usage {
            draft.payload.ask_usage();
        }
        Ok(Self {
            target,
            wire: provider.wire_at(draft.tail),
            model,
            method: draft.method,
            headers,
            payload: draft.payload,
            lent,
            brought: brought.and_then(|custom| custom.key(provider)),
            custom: custom.cloned(),
            options: draft.options,
            tail: draft.tail.to_owned(),
            query: query.map(Cow::into_owned),
            collect: draft.collect,
            wishes: draft.wishes,
            metadata: None,
            unified: false,
            provider: Arc::clone(provider),
        })
    }

    /// Receives what has to be there of the body before the step can be sent: all of one that is
    /// signed.
    pub(crate) async fn prepare(&self) -> Result<(), Fault> {
        if !self.lent.as_ref().is_some_and(Lent::signs) {
            return self.payload.gather_question().await;
        }
        match self.payload.gather(MAX_KEPT).await? {
            true => Ok(()),
            false => Err(Fault::TooLong),
        }
    }

    /// Whether it can be sent once only, so that nothing of it has to be kept for another try.
    pub(crate) fn goes_once(&self) -> bool {
        // A request by a safe method goes out again when its connection was closed. A key signs
        // what is still there.
        let once = self.options.retry().max_attempts() <= 1 && !self.method.is_safe();
        once && self.lent.is_none()
    }

    /// Whether its bodies go into the log.
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.collect && self.wishes.keep_bodies()
    }

    /// What nobody may read in the log: the keys that the caller sent for the provider.
    pub(crate) fn secrets(&self) -> Vec<Bytes> {
        let names = self.provider.credential_headers();
        let usual = [header::AUTHORIZATION];
        let usual = usual.iter().filter(|usual| !names.contains(usual));
        let values = names
            .iter()
            .chain(usual)
            .flat_map(|name| self.headers.get_all(name));
        let in_headers = values.map(|value| {
            let value = value.as_bytes();
            // A scheme stands in front of it, or nothing.
            let key = value.rsplit(|byte| *byte == b' ').next().unwrap_or(value);
            Bytes::copy_from_slice(key)
        });
        let parameter = self.provider.credential_parameter();
        let pairs = (self.query.as_deref().unwrap_or_default().split('&'))
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| Some(*name) == parameter);
        let added = self.custom.iter().flat_map(|custom| custom.secrets());
        in_headers
            .chain(added.map(Bytes::copy_from_slice))
            .chain(pairs.map(|(_, key)| Bytes::copy_from_slice(key.as_bytes())))
            .collect()
    }
}

/// Whether a signature or a digest covers the body, so that not even one member may be added.
fn is_sealed(headers: &HeaderMap) -> bool {
    const SEALS: [&str; 4] = ["content-digest", "content-md5", "digest", "signature"];
    // AWS's signatures always cover the host, and with it the body.
    aig_provider::signed(headers, &header::HOST)
        || headers.keys().any(|name| SEALS.contains(&name.as_str()))
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

/// What a request, or a step of one, says of metadata; `None` where it says nothing at all.
pub(crate) fn metadata(own: &Own<'_>, metrics: &Metrics) -> Option<MetadataReading> {
    let reading = Metadata::read(own.get(METADATA)?.as_bytes());
    metrics.metadata_dropped.inc_by(reading.dropped as u64);
    Some(reading)
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
        ids: &Ids,
        started: Instant,
        request_type: &'static str,
        metrics: &Metrics,
    ) -> Self {
        let own = Own::of(headers);
        let metadata = metadata(&own, metrics).and_then(|reading| reading.metadata);
        Self {
            started,
            collect: own.switch(COLLECT_LOG).unwrap_or(gateway.collect_logs),
            gateway,
            ids: ids.clone(),
            metadata,
            user_agent: headers.get(header::USER_AGENT).cloned(),
            content_type: headers.get(header::CONTENT_TYPE).cloned(),
            method: method.clone(),
            request_type,
        }
    }

    /// Begins the trail of one try.
    pub(crate) fn trail(&self, place: &Place<'_>, ledger: Arc<Ledger>) -> Trail {
        // Of what is kept nowhere no copies are made.
        let record = place.collect.then_some(|| self.record(place));
        Trail::begin(record, place.started, ledger)
    }

    /// What is known at arrival.
    fn record(&self, place: &Place<'_>) -> Record {
        let field = |value: &Option<HeaderValue>| {
            let text = value.as_ref().and_then(|value| value.to_str().ok());
            text.map(|text| clipped(text).into())
        };
        Record {
            event: self.ids.event_of(place.id),
            provider: clipped(place.provider).into(),
            path: clipped(place.tail).into(),
            method: clipped(self.method.as_str()).into(),
            step: u32::try_from(place.step).unwrap_or(u32::MAX),
            metadata: self.metadata.clone(),
            user_agent: field(&self.user_agent),
            request_content_type: field(&self.content_type),
            authentication: self.gateway.authentication,
            request_type: Some(self.request_type.into()),
            ..Record::begin(
                place.id,
                self.gateway.account,
                self.gateway.id.clone(),
                Timestamp::from(SystemTime::now()),
            )
        }
    }
}
