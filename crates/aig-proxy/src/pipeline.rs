//! The life of a request, from top to bottom, as one straight line:
//!
//! ```text
//! route        raw path → account, gateway, provider, tail     400, 404
//! snapshot     what the configuration says at this moment
//! identity     credential, wherever it stands → Caller         401/2009, 400/2001
//! provider     the row that knows the wire                     400/2008
//! upstream     one request, once                               400/2005
//! tee          every chunk on to the caller, a look at each    → record
//! ```
//!
//! Each stage leaves its decision to `aig-policy` or `aig-provider` and its failure to `respond`.
//! The order of stages is Cloudflare's; those between identity and upstream (cache, limits,
//! spend, guardrails) have their place there.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aig_model::{Gateway, Metadata, Outcome, Record, Snapshot, Timestamp, Token, Usage};
use aig_policy::{Admitted, Identity, NotAdmitted};
use aig_provider::{Provider, Providers, RequestReader, ResponseReader};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, Version};
use tokio::sync::watch;
use uuid::Uuid;

use crate::egress::EgressRules;
use crate::metrics::Metrics;
use crate::ports::{DefaultGateways, Recorder};
use crate::record::{Trail, clipped};
use crate::respond::Failure;
use crate::route::Route;
use crate::tee::{Notes, Tee, Upload};
use crate::upstream::Upstream;
use crate::{Body, Inbound, headers};

/// Settings of the data plane.
#[derive(Clone, Debug)]
pub struct DataPlaneConfig {
    /// The providers that can be named in a path.
    pub providers: Providers,
    /// Which destinations are allowed beyond public addresses over HTTPS.
    pub egress: EgressRules,
    /// The longest request body that is forwarded, in bytes.
    pub max_request_body: u64,
    /// How long connecting to a provider may take, name resolution and every address included.
    pub connect_timeout: Duration,
}

/// Carries requests to providers and answers back.
pub struct DataPlane {
    providers: Providers,
    max_request_body: u64,
    identity: Arc<Identity>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    upstream: Upstream,
    recorder: Arc<dyn Recorder>,
    defaults: Arc<dyn DefaultGateways>,
    metrics: Arc<Metrics>,
}

/// The ids under which one request is known.
struct Ids {
    /// Of the request, the log row and, unless the caller chose one, the event.
    request: Uuid,
    event: Option<HeaderValue>,
}

static GATEWAY_TOKEN: HeaderName = HeaderName::from_static("cf-aig-authorization");
const COLLECT_LOG: &str = "cf-aig-collect-log";
const EVENT_ID: &str = "cf-aig-event-id";
const METADATA: &str = "cf-aig-metadata";
/// The longest event id that is taken from a caller, in bytes; a longer one is not an id.
const MAX_EVENT_ID: usize = 256;

// === impl DataPlane ===

impl DataPlane {
    /// A data plane on the given ports and the given stream of snapshots.
    pub fn new(
        config: DataPlaneConfig,
        identity: Arc<Identity>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        recorder: Arc<dyn Recorder>,
        defaults: Arc<dyn DefaultGateways>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            providers: config.providers,
            max_request_body: config.max_request_body,
            identity,
            snapshots,
            upstream: Upstream::new(config.egress, config.connect_timeout),
            recorder,
            defaults,
            metrics,
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Inbound>) -> Response<Body> {
        let started = Instant::now();
        let ids = Ids::of(request.headers());
        let mut logged = false;
        let mut response = match self.carry(request, &ids, started, &mut logged).await {
            Ok(response) => response,
            Err(failure) => {
                self.metrics.failed(failure.code());
                failure.response()
            }
        };
        ids.stamp(response.headers_mut(), logged);
        response
    }

    async fn carry(
        &self,
        request: Request<Inbound>,
        ids: &Ids,
        started: Instant,
        logged: &mut bool,
    ) -> Result<Response<Body>, Failure> {
        let route = Route::read(request.uri()).ok_or(Failure::NoSuchPath)?;
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let provider = self.providers.get(route.provider);
        let (spent, tokens): (Vec<_>, Vec<_>) = self
            .tokens(&snapshot, request.headers(), provider)
            .into_iter()
            .unzip();

        let admitted =
            self.identity
                .admit(&snapshot, route.account, route.gateway.as_ref(), &tokens);
        // A refused request leaves the same trail as a served one, if its gateway exists at all.
        let gateway = match &admitted {
            Ok(admitted) => Some(Arc::clone(&admitted.found.gateway)),
            Err(_) => (route.account.zip(route.gateway.as_ref()))
                .and_then(|(account, id)| snapshot.gateway(account, id))
                .map(|found| found.gateway),
        };
        let trail = gateway.map(|gateway| {
            let collect =
                headers::switch(request.headers(), COLLECT_LOG).unwrap_or(gateway.collect_logs);
            *logged = collect;
            let record = self.arrival(&request, &route, &gateway, ids);
            let (recorder, metrics) = (Arc::clone(&self.recorder), Arc::clone(&self.metrics));
            Trail::begin(record, started, collect, recorder, metrics)
        });

        let found = admitted.map_err(Failure::from).and_then(|admitted| {
            let provider = match route.provider {
                "" => Err(Failure::NoUniversalEndpoint),
                _ => provider.ok_or(Failure::InvalidProvider),
            }?;
            let target = provider
                .target(route.tail, route.query)
                .map_err(|_| Failure::UnsafePath)?;
            self.fits(request.headers())?;
            Ok((admitted, provider, target))
        });
        let (admitted, provider, target) = match found {
            Ok(found) => found,
            Err(failure) => {
                if let Some(trail) = trail {
                    trail.failed(failure.status().as_u16(), Outcome::Refused);
                }
                return Err(failure);
            }
        };
        let trail = trail.expect("an admitted request has a gateway, and so a trail");
        if admitted.found.unwritten {
            self.defaults.ensure(admitted.found.gateway.account);
        }
        self.forward(&admitted, provider, target, request, spent, trail)
            .await
    }

    /// Sends the request of an admitted caller, once, and lets the answer flow.
    async fn forward(
        &self,
        _proof: &Admitted,
        provider: &Provider,
        target: http::Uri,
        request: Request<Inbound>,
        spent: Vec<HeaderName>,
        mut trail: Trail,
    ) -> Result<Response<Body>, Failure> {
        let (mut head, body) = request.into_parts();
        head.uri = target;
        head.version = Version::HTTP_11;
        headers::for_provider(&mut head.headers);
        for name in spent {
            head.headers.remove(name);
        }
        for name in provider.credential_headers() {
            // SDKs that have no key send an empty one; it is as good as absent.
            headers::remove_values(&mut head.headers, name, HeaderValue::is_empty);
        }
        // Tokens are counted from the answer as it passes, and only plain bytes can be read.
        head.headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );

        let notes = Notes::new(RequestReader::new());
        trail.sending(notes.clone());
        let upload = Upload::new(body, notes.clone(), self.max_request_body);
        let answer = match self.upstream.send(Request::from_parts(head, upload)).await {
            Ok(answer) => answer,
            Err(_) if notes.overrun() => {
                let failure = Failure::TooLarge {
                    limit: self.max_request_body,
                };
                trail.failed(failure.status().as_u16(), Outcome::Refused);
                return Err(failure);
            }
            Err(unanswered) => {
                let failure = Failure::Unanswered(unanswered);
                trail.failed(failure.status().as_u16(), Outcome::Unanswered);
                return Err(failure);
            }
        };

        let (mut head, body) = answer.into_parts();
        head.version = Version::default();
        headers::for_caller(&mut head.headers);
        head.extensions.clear();
        let content_type = headers::text(&head.headers, "content-type");
        let plain = head.headers.get(header::CONTENT_ENCODING).is_none();
        let meter = match plain {
            true => ResponseReader::new(provider.wire(), content_type),
            false => ResponseReader::blind(provider.wire()),
        };
        trail.answered(head.status.as_u16(), content_type, meter);
        Ok(Response::from_parts(
            head,
            Body::forwarded(Tee::new(body, trail)),
        ))
    }

    /// The gateway tokens in the request, and the headers they stand in: the gateway's own, and
    /// those in which the provider's key travels, where SDKs with one slot put whatever they have.
    fn tokens(
        &self,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        provider: Option<&Arc<Provider>>,
    ) -> Vec<(HeaderName, Arc<Token>)> {
        let own = std::iter::once(&GATEWAY_TOKEN);
        let theirs = provider.map_or(&[][..], |p| p.credential_headers());
        own.chain(theirs)
            .flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)))
            .filter_map(|(name, value)| {
                let token = self.identity.identify(snapshot, value.to_str().ok()?)?;
                Some((name.clone(), token))
            })
            .collect()
    }

    /// Refuses early what says itself that it is too long.
    fn fits(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let length = headers::text(headers, "content-length").and_then(|t| t.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.max_request_body) {
            return Err(Failure::TooLarge {
                limit: self.max_request_body,
            });
        }
        Ok(())
    }

    /// What is known of a request when it arrives.
    fn arrival(
        &self,
        request: &Request<Inbound>,
        route: &Route<'_>,
        gateway: &Gateway,
        ids: &Ids,
    ) -> Record {
        let field = |name| headers::text(request.headers(), name).map(|t| clipped(t).to_owned());
        let metadata = request.headers().get(METADATA).and_then(|value| {
            let reading = Metadata::read(value.as_bytes());
            self.metrics.metadata_dropped.inc_by(reading.dropped as u64);
            reading.metadata
        });
        Record {
            id: ids.request,
            event_id: ids.event_text(),
            account: gateway.account,
            gateway: gateway.id.clone(),
            created_at: Timestamp::from(SystemTime::now()),
            provider: clipped(route.provider).to_owned(),
            model: String::new(),
            path: clipped(route.tail).to_owned(),
            method: clipped(request.method().as_str()).to_owned(),
            status: 0,
            outcome: Outcome::ClientGone,
            cached: false,
            step: 0,
            duration_ms: 0,
            first_byte_ms: None,
            usage: Usage::default(),
            metadata,
            user_agent: field("user-agent"),
            request_content_type: field("content-type"),
            response_content_type: None,
            request_size: 0,
            response_size: 0,
            authentication: gateway.authentication,
        }
    }
}

// === impl Ids ===

impl Ids {
    fn of(headers: &HeaderMap) -> Self {
        let usable = |value: &&HeaderValue| {
            !value.is_empty() && value.len() <= MAX_EVENT_ID && value.to_str().is_ok()
        };
        Self {
            request: Uuid::now_v7(),
            event: headers.get(EVENT_ID).filter(usable).cloned(),
        }
    }

    fn event_text(&self) -> String {
        let chosen = self.event.as_ref().and_then(|value| value.to_str().ok());
        chosen.map_or_else(|| self.request.to_string(), str::to_owned)
    }

    /// Tells the caller the ids, on answers of every kind.
    fn stamp(&self, headers: &mut HeaderMap, logged: bool) {
        let mut buffer = Uuid::encode_buffer();
        let id = HeaderValue::from_str(self.request.hyphenated().encode_lower(&mut buffer))
            .expect("hex digits and hyphens are a header value");
        if logged {
            headers.insert("cf-aig-log-id", id.clone());
        }
        let event = self.event.clone().unwrap_or_else(|| id.clone());
        headers.insert(EVENT_ID, event);
        headers.insert("cf-aig-request-id", id);
        headers.insert("cf-aig-step", HeaderValue::from_static("0"));
    }
}

// === impl Failure ===

impl From<NotAdmitted> for Failure {
    fn from(refusal: NotAdmitted) -> Self {
        match refusal {
            NotAdmitted::NoSuchGateway => Self::NoSuchGateway,
            NotAdmitted::Unauthorized => Self::Unauthorized,
            NotAdmitted::TwoTokens => Self::TwoTokens,
        }
    }
}
