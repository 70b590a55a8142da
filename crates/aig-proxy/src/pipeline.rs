//! The life of a request, from top to bottom, as one straight line:
//!
//! ```text
//! route        raw path → account, gateway, goal               404/7000
//! snapshot     what the configuration says at this moment
//! identity     credential, wherever it stands → Caller         401/2009, 400/2001
//! hops         has it been here before?                        508
//! plan         which requests to which providers, in order     400/2008, 400/2019, 400/7001
//! cache        was the same answered before?
//! rate limits  may this gateway go now?                        429/2003
//! attempts     try, wait, next step, or give up                400/2005
//! tee          every chunk on to the caller, a look at each    → record
//! ```
//!
//! Each stage leaves its decision to `aig-policy` or `aig-provider` and its failure to `respond`.
//! The order of stages is Cloudflare's; spend and guardrails have their place behind the limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aig_model::Snapshot;
use aig_policy::{Admitted, Identity, NotAdmitted, Options};
use aig_provider::Providers;
use http::{Method, Request, Response, request};
use tokio::sync::watch;

use crate::cache_store::{CacheConfig, CacheStore};
use crate::carriers::{Carriers, Tokens};
use crate::credentials::Lender;
use crate::custom::Customs;
use crate::drive::{Driven, Driver};
use crate::egress::EgressRules;
use crate::headers::Own;
use crate::hops::Hops;
use crate::ids::Ids;
use crate::ledger::{Ledger, Prices};
use crate::metrics::Metrics;
use crate::plan::{Arrival, Place, Plan};
use crate::planner::{Head, Planned, Planner, fits};
use crate::ports::{DefaultGateways, Recorder};
use crate::rate_limits::RateLimits;
use crate::respond::Failure;
use crate::route::{Goal, Route};
use crate::send::Sender;
use crate::tee::Patience;
use crate::tls::Authorities;
use crate::transcript::{self, Room};
use crate::upstream::Upstream;
use crate::voice::Voice;
use crate::wishes::Wishes;
use crate::{Body, Inbound};

/// Settings of the data plane.
#[derive(Clone, Debug)]
pub struct DataPlaneConfig {
    /// The providers that can be named in a path.
    pub providers: Providers,
    /// Which destinations are allowed beyond public addresses over HTTPS.
    pub egress: EgressRules,
    /// Who vouches for providers, beside the public authorities.
    pub authorities: Authorities,
    /// The longest request body that is forwarded, in bytes.
    pub max_request_body: u64,
    /// How much the cache holds.
    pub cache: CacheConfig,
    /// What things cost.
    pub prices: Prices,
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
    carriers: Carriers,
    providers: Providers,
    customs: Customs,
    max_request_body: u64,
    identity: Arc<Identity>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    rate_limits: RateLimits,
    driver: Driver,
    ledger: Arc<Ledger>,
    defaults: Arc<dyn DefaultGateways>,
    metrics: Arc<Metrics>,
}

// === impl DataPlane ===

impl DataPlane {
    /// A data plane on the given ports and the given stream of snapshots. To be called in a runtime.
    pub fn new(
        config: DataPlaneConfig,
        identity: Arc<Identity>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        recorder: Arc<dyn Recorder>,
        defaults: Arc<dyn DefaultGateways>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let upstream = Upstream::new(
            config.egress.clone(),
            &config.authorities,
            config.connect_timeout,
            config.first_byte_timeout,
        );
        let patience = Patience {
            idle: config.idle_timeout,
            longest: config.max_duration,
        };
        let ledger = Arc::new(Ledger {
            recorder,
            metrics: Arc::clone(&metrics),
            prices: config.prices,
            room: Room::new(transcript::OPEN_BODIES),
        });
        let cache = CacheStore::new(config.cache);
        Self {
            driver: Driver::new(
                &config.providers,
                Sender::new(upstream, config.egress),
                patience,
                cache,
                Arc::clone(&ledger),
            ),
            rate_limits: RateLimits::new(snapshots.clone()),
            ledger,
            carriers: Carriers::of(&config.providers),
            providers: config.providers,
            customs: Customs::default(),
            max_request_body: config.max_request_body,
            identity,
            snapshots,
            defaults,
            metrics,
        }
    }

    /// The answers that are held, for whoever shows how many.
    pub fn cache(&self) -> CacheStore {
        self.driver.cache()
    }

    /// Answers one request.
    pub fn handle(
        &self,
        request: Request<Inbound>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_> {
        let started = Instant::now();
        let ids = Ids::of(request.headers());
        // Outside, or the future would have room for the request twice.
        let (head, body) = request.into_parts();
        self.answer(head, body, ids, started)
    }

    async fn answer(
        &self,
        head: request::Parts,
        body: Inbound,
        ids: Ids,
        started: Instant,
    ) -> Response<Body> {
        let route = Route::read(&head.uri, &head.headers);
        let voice = route.as_ref().map_or(Voice::Gateway, |route| route.voice);
        let driven = match &route {
            Some(route) => {
                let head = Head {
                    route,
                    method: head.method,
                    headers: head.headers,
                };
                self.carry(head, body, &ids, started).await
            }
            None => Driven::refused(Failure::NoSuchPath),
        };
        let mut response = driven.answer.unwrap_or_else(|failure| {
            self.metrics.failed(failure.code());
            failure.response(voice)
        });
        ids.stamp(response.headers_mut(), driven.log, driven.step);
        response
    }

    async fn carry(&self, head: Head<'_>, body: Inbound, ids: &Ids, started: Instant) -> Driven {
        // CONNECT would go out with the provider's host for a target, and not with the path that is
        // authorised here; TRACE would give back what was added to the request on its way.
        if matches!(head.method, Method::CONNECT | Method::TRACE) {
            return Driven::refused(Failure::BadMethod);
        }
        let route = head.route;
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let tokens = (self.carriers).tokens(&self.identity, &snapshot, &head.headers, route.query);
        let admitted = self.admit(&snapshot, route, &tokens);
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
            &head.method,
            &head.headers,
            gateway,
            ids,
            started,
            route.door(),
            &self.metrics,
        );
        let hops = Hops::of(&head.headers);
        let planned = match &admitted {
            Ok(_) if hops.is_loop() => Err(Failure::Loop),
            Ok(admitted) => {
                self.plan(admitted, &snapshot, &tokens, head, body, arrival.collect)
                    .await
            }
            Err(refusal) => Err((*refusal).into()),
        };
        match planned {
            Ok(Planned::Send(mut plan)) => {
                for step in &mut plan.steps {
                    hops.stamp(&mut step.headers);
                }
                self.serve(&mut plan, &arrival).await
            }
            Ok(Planned::Tell(answer)) => Driven::told(answer),
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

    /// From the plan to an answer: the cache has it, the limits forbid it, or a provider gives it.
    async fn serve(&self, plan: &mut Plan, arrival: &Arrival) -> Driven {
        let gateway = &arrival.gateway;
        let begun = self.driver.start(plan, arrival);
        let (begun, missed) = match self.driver.look(plan, gateway, begun).await {
            Ok(looked) => looked,
            Err(driven) => return driven,
        };
        if let Err(failure) = self.rate_limits.admit(gateway) {
            return self.driver.deny(begun, failure);
        }
        self.driver.drive(plan, arrival, begun, missed).await
    }

    /// Decides at the door. On the API host everybody needs a token, whatever the gateway says.
    fn admit(
        &self,
        snapshot: &Snapshot,
        route: &Route<'_>,
        tokens: &Tokens,
    ) -> Result<Admitted, NotAdmitted> {
        let (account, gateway) = (route.account, route.gateway.as_ref());
        let admitted = self
            .identity
            .admit(snapshot, account, gateway, &tokens.good)?;
        match route.voice.is_api() {
            true => admitted.by_token(),
            false => Ok(admitted),
        }
    }

    /// Says what an admitted caller's request becomes.
    async fn plan(
        &self,
        admitted: &Admitted,
        snapshot: &Snapshot,
        tokens: &Tokens,
        head: Head<'_>,
        body: Inbound,
        collect: bool,
    ) -> Result<Planned, Failure> {
        if let Some(allowed) = head.route.refuses(&head.method) {
            return Err(Failure::MethodNotAllowed(allowed));
        }
        fits(&head.headers, self.max_request_body)?;
        let gateway = &admitted.found.gateway;
        if admitted.found.unwritten && head.route.goal != Goal::Nowhere {
            self.defaults.ensure(gateway.account);
        }
        let own = Own::of(&head.headers);
        let planner = Planner {
            providers: &self.providers,
            carriers: &self.carriers,
            identity: &self.identity,
            snapshot,
            tokens,
            lender: Lender {
                open: !(gateway.authentication || head.route.voice.is_api()),
                ..Lender::of(
                    snapshot.keys(gateway),
                    &own,
                    !head.route.voice.is_api(),
                    gateway.byok_only,
                )
            },
            customs: self.customs.of(snapshot, gateway.account),
            account: gateway.account,
            options: Options::of_headers(|name| own.text(name))
                .over(Options::of_gateway(gateway.retry)),
            collect,
            cache: gateway.cache,
            wishes: Wishes::of(&own),
            prices: self.ledger.prices.book(),
            room: &self.ledger.room,
            max_body: self.max_request_body,
            metrics: &self.metrics,
        };
        planner.plan(head, body).await
    }
}
