//! The life of a request, from top to bottom, as one straight line:
//!
//! ```text
//! route        raw path → account, gateway, provider, tail     400, 404
//! snapshot     what the configuration says at this moment
//! identity     credential, wherever it stands → Caller         401/2009, 400/2001
//! plan         which requests to which providers, in order     400/2008, 400/7001
//! attempts     try, wait, next step, or give up                400/2005
//! tee          every chunk on to the caller, a look at each    → record
//! ```
//!
//! Each stage leaves its decision to `aig-policy` or `aig-provider` and its failure to `respond`.
//! The order of stages is Cloudflare's; those between identity and attempts (cache, limits,
//! spend, guardrails) have their place there.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aig_model::{Gateway, Snapshot, Token};
use aig_policy::{Admitted, Identity, NotAdmitted, Options};
use aig_provider::{Call, Provider, Providers, RequestReader};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use tokio::sync::watch;

use crate::drive::{Driven, Driver};
use crate::egress::EgressRules;
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::payload::{MAX_KEPT, Payload};
use crate::plan::{Arrival, COLLECT_LOG, Place, Plan, Step};
use crate::ports::{DefaultGateways, Recorder};
use crate::respond::Failure;
use crate::route::Route;
use crate::tee::Patience;
use crate::upstream::Upstream;
use crate::{Body, Inbound, headers, universal};

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
    /// How long a provider may take to the first byte of its answer, where the request does not
    /// say; `None` is for ever.
    pub first_byte_timeout: Option<Duration>,
    /// How long a provider may be silent in the middle of an answer; `None` is for ever.
    pub idle_timeout: Option<Duration>,
    /// How long an answer may last from its first byte to its last; `None` is for ever.
    pub max_duration: Option<Duration>,
}

/// Carries requests to providers and answers back.
pub struct DataPlane {
    providers: Providers,
    max_request_body: u64,
    identity: Arc<Identity>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    driver: Driver,
    defaults: Arc<dyn DefaultGateways>,
    metrics: Arc<Metrics>,
}

/// The gateway tokens of a request, and what of it no provider may see.
#[derive(Default)]
struct Tokens {
    good: Vec<Arc<Token>>,
    /// The provider headers in which a token stands, be it good, revoked or another house's.
    places: Vec<HeaderName>,
}

/// An admitted caller's request, taken apart.
struct Asked<'a> {
    method: Method,
    headers: HeaderMap,
    body: Inbound,
    route: &'a Route<'a>,
    provider: Option<&'a Arc<Provider>>,
    tokens: &'a Tokens,
    collect: bool,
}

static GATEWAY_TOKEN: HeaderName = HeaderName::from_static("cf-aig-authorization");

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
        let upstream = Upstream::new(
            config.egress,
            config.connect_timeout,
            config.first_byte_timeout,
        );
        let patience = Patience {
            idle: config.idle_timeout,
            longest: config.max_duration,
        };
        Self {
            driver: Driver::new(
                &config.providers,
                upstream,
                patience,
                recorder,
                Arc::clone(&metrics),
            ),
            providers: config.providers,
            max_request_body: config.max_request_body,
            identity,
            snapshots,
            defaults,
            metrics,
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Inbound>) -> Response<Body> {
        let started = Instant::now();
        let ids = Ids::of(request.headers());
        let driven = self.carry(request, &ids, started).await;
        let mut response = driven.answer.unwrap_or_else(|failure| {
            self.metrics.failed(failure.code());
            failure.response()
        });
        ids.stamp(response.headers_mut(), driven.log, driven.step);
        response
    }

    async fn carry(&self, request: Request<Inbound>, ids: &Ids, started: Instant) -> Driven {
        let (
            Parts {
                method,
                uri,
                headers,
                ..
            },
            body,
        ) = request.into_parts();
        let Some(route) = Route::read(&uri) else {
            return Driven::refused(Failure::NoSuchPath);
        };
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let provider = self.providers.get(route.provider);
        let tokens = self.tokens(&snapshot, &headers, provider);
        let admitted = self.identity.admit(
            &snapshot,
            route.account,
            route.gateway.as_ref(),
            &tokens.good,
        );
        // A refused request leaves the same row as a served one, if its gateway exists at all.
        let gateway = match &admitted {
            Ok(admitted) => Arc::clone(&admitted.found.gateway),
            Err(refusal) => {
                let found = (route.account.zip(route.gateway.as_ref()))
                    .and_then(|(account, id)| snapshot.gateway(account, id));
                match found {
                    Some(found) => found.gateway,
                    None => return Driven::refused((*refusal).into()),
                }
            }
        };
        let arrival = Arrival::of(
            &method,
            &headers,
            gateway,
            (ids.request(), ids.event_text()),
            started,
            &self.metrics,
        );
        let planned = match admitted {
            Ok(admitted) => {
                let asked = Asked {
                    method,
                    headers,
                    body,
                    route: &route,
                    provider,
                    tokens: &tokens,
                    collect: arrival.collect,
                };
                self.plan(&admitted, &snapshot, asked).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        match planned {
            Ok(plan) => self.driver.drive(&plan, &arrival).await,
            Err(failure) => {
                let place = Place {
                    id: ids.request(),
                    provider: route.provider,
                    tail: route.tail,
                    step: 0,
                    collect: arrival.collect,
                    started,
                };
                self.driver.refuse(&arrival, &place, failure)
            }
        }
    }

    /// Says which requests an admitted caller's request becomes.
    async fn plan(
        &self,
        admitted: &Admitted,
        snapshot: &Snapshot,
        asked: Asked<'_>,
    ) -> Result<Plan, Failure> {
        self.fits(&asked.headers, self.max_request_body)?;
        let gateway = &admitted.found.gateway;
        if admitted.found.unwritten {
            self.defaults.ensure(gateway.account);
        }
        let options = Options::of_headers(|name| headers::text(&asked.headers, name))
            .over(Options::of_gateway(gateway.retry));
        match (asked.route.provider, asked.provider) {
            ("", _) if asked.method == Method::POST => {
                self.universal(asked, snapshot, gateway, options).await
            }
            ("compat", _) => Err(Failure::NoTranslation),
            (_, None) => Err(Failure::InvalidProvider),
            (_, Some(provider)) => {
                let call = Call {
                    account: Some(&gateway.account.to_string()),
                    tail: asked.route.tail,
                    query: asked.route.query,
                    headers: Some(&asked.headers),
                };
                let again = options.retry().max_attempts() > 1;
                let reader = RequestReader::for_provider(provider);
                let step = Step {
                    target: provider.target_of(&call).map_err(Failure::BadPath)?,
                    wire: provider.wire_at(call.tail),
                    model: named_model(provider, &call),
                    method: asked.method,
                    headers: outgoing(asked.headers, provider, &asked.tokens.places),
                    payload: Payload::arriving(asked.body, self.max_request_body, again, reader),
                    options,
                    tail: asked.route.tail.to_owned(),
                    collect: asked.collect,
                    provider: Arc::clone(provider),
                };
                Ok(Plan { steps: vec![step] })
            }
        }
    }

    /// The plan of a universal request: its steps, each with what it says over what the request
    /// says over what the gateway says.
    async fn universal(
        &self,
        asked: Asked<'_>,
        snapshot: &Snapshot,
        gateway: &Gateway,
        options: Options,
    ) -> Result<Plan, Failure> {
        let body = self.collect(&asked.headers, asked.body).await?;
        let account = gateway.account.to_string();
        let steps = universal::read(&body).map_err(Failure::BadUniversal)?;
        let steps = steps.into_iter().map(|sent| {
            let provider = self
                .providers
                .get(&sent.provider)
                .ok_or(Failure::InvalidProvider)?;
            let call = Call {
                account: Some(&account),
                tail: &sent.endpoint,
                query: sent.query.as_deref(),
                headers: Some(&sent.headers),
            };
            let own = Options::of_headers(|name| headers::text(&sent.headers, name));
            let places = self.tokens(snapshot, &sent.headers, Some(provider)).places;
            Ok(Step {
                target: provider.target_of(&call).map_err(Failure::BadPath)?,
                wire: provider.wire_at(call.tail),
                model: named_model(provider, &call),
                method: Method::POST,
                options: sent.config.over(own).over(options),
                collect: headers::switch(&sent.headers, COLLECT_LOG).unwrap_or(asked.collect),
                headers: outgoing(sent.headers, provider, &places),
                payload: Payload::whole(sent.body, RequestReader::for_provider(provider)),
                tail: sent.endpoint,
                provider: Arc::clone(provider),
            })
        });
        Ok(Plan {
            steps: steps.collect::<Result<_, Failure>>()?,
        })
    }

    /// The whole of a body that has to be understood before anything can be sent.
    async fn collect(&self, headers: &HeaderMap, body: Inbound) -> Result<Bytes, Failure> {
        let limit = self.max_request_body.min(MAX_KEPT);
        self.fits(headers, limit)?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        match Box::pin(Limited::new(body, most).collect()).await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(Failure::TooLarge { limit })
            }
            Err(error) if error.is::<crate::inbound::Idle>() => Err(Failure::SlowBody),
            Err(_) => Err(Failure::BadBody),
        }
    }

    /// The gateway tokens in a request: in the gateway's own header, and in those in which the
    /// provider's key travels, where SDKs with one slot put whatever they have.
    fn tokens(
        &self,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        provider: Option<&Arc<Provider>>,
    ) -> Tokens {
        let own = std::iter::once(&GATEWAY_TOKEN);
        let theirs = provider.map_or(&[][..], |p| p.credential_headers());
        let mut tokens = Tokens::default();
        for name in own.chain(theirs) {
            let texts = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok());
            for text in texts {
                let token = self.identity.identify(snapshot, text);
                if token.is_some() || Identity::is_token(text) {
                    tokens.places.push(name.clone());
                }
                tokens.good.extend(token);
            }
        }
        tokens
    }

    /// Refuses early what says itself that it is too long.
    fn fits(&self, headers: &HeaderMap, limit: u64) -> Result<(), Failure> {
        let length = headers::text(headers, "content-length").and_then(|t| t.parse::<u64>().ok());
        match length {
            Some(length) if length > limit => Err(Failure::TooLarge { limit }),
            _ => Ok(()),
        }
    }
}

/// A caller's headers as the provider is to see them.
fn outgoing(mut sent: HeaderMap, provider: &Provider, tokens: &[HeaderName]) -> HeaderMap {
    headers::for_provider(&mut sent);
    for name in tokens {
        sent.remove(name);
    }
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
