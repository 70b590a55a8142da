//! Makes the plan of an admitted caller's request: which requests to which providers, in order.
//!
//! What the bodies mean is read by `universal`, `unified` and `run`; what a provider makes of a path
//! and of headers is applied in one place, `Step::of`. Nothing is sent here.

use std::sync::Arc;

use aig_model::Snapshot;
use aig_policy::{Identity, Options, PriceBook};
use aig_provider::{Endpoint, Provider, Providers, RequestReader};
use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, Response};
use http_body_util::{BodyExt, Limited};

use crate::carriers::{Carriers, Tokens};
use crate::credentials::Lender;
use crate::headers::Own;
use crate::payload::{MAX_KEPT, Payload};
use crate::plan::{COLLECT_LOG, Draft, Plan, Step};
use crate::respond::Failure;
use crate::route::{COMPAT, Goal, Route, WORKERS_AI, compat};
use crate::transcript::Room;
use crate::unified::BadUnified;
use crate::wishes::Wishes;
use crate::{Body, Inbound, headers, run, unified, universal};

/// What a plan is made with.
pub(crate) struct Planner<'a> {
    pub(crate) providers: &'a Providers,
    /// Where a step may carry a gateway's token.
    pub(crate) carriers: &'a Carriers,
    pub(crate) identity: &'a Identity,
    pub(crate) snapshot: &'a Snapshot,
    /// The gateway tokens of the request.
    pub(crate) tokens: &'a Tokens,
    /// What the gateway has for those that come without a key.
    pub(crate) lender: Lender,
    /// The account that the request is made for.
    pub(crate) account: String,
    /// What the request says over what the gateway says.
    pub(crate) options: Options,
    pub(crate) collect: bool,
    /// What the request wishes beside that.
    pub(crate) wishes: Wishes,
    /// Of the models that have one.
    pub(crate) prices: &'a PriceBook,
    /// Of bodies for the log.
    pub(crate) room: &'a Arc<Room>,
    /// The longest body that is forwarded, in bytes.
    pub(crate) max_body: u64,
}

/// A request without its body, taken apart.
pub(crate) struct Head<'a> {
    pub(crate) route: &'a Route<'a>,
    /// The provider that the path names.
    pub(crate) provider: Option<&'a Arc<Provider>>,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
}

/// What is to be done for a request.
pub(crate) enum Planned {
    /// It is sent on.
    Send(Plan),
    /// It is answered from what is known.
    Tell(Response<Body>),
}

// === impl Planner ===

impl Planner<'_> {
    /// Says what a request becomes.
    pub(crate) async fn plan(&self, head: Head<'_>, body: Inbound) -> Result<Planned, Failure> {
        let steps = match head.route.goal {
            Goal::Provider => vec![self.passthrough(head, body)?],
            Goal::Steps => self.universal(&self.collect(&head.headers, body).await?)?,
            Goal::Unified(endpoint) => {
                let body = self.collect(&head.headers, body).await?;
                vec![self.unified(head, endpoint, &body)?]
            }
            Goal::Run => {
                let body = self.collect(&head.headers, body).await?;
                vec![self.run(head, &body)?]
            }
            Goal::Models => return Ok(Planned::Tell(unified::models(self.providers, self.prices))),
            Goal::Nowhere => return Err(Failure::NoSuchPath),
        };
        Ok(Planned::Send(Plan { steps }))
    }

    /// A provider's own path, with the body as it arrives.
    fn passthrough(&self, head: Head<'_>, body: Inbound) -> Result<Step, Failure> {
        let provider = head.provider.ok_or(Failure::InvalidProvider)?;
        let again = self.options.retry().max_attempts() > 1;
        let reader = RequestReader::for_provider(provider);
        let payload = Payload::arriving(body, self.max_body, again, reader);
        let tail = head.route.tail;
        self.step(head, provider, tail, payload)
    }

    fn unified(&self, head: Head<'_>, endpoint: Endpoint, body: &[u8]) -> Result<Step, Failure> {
        let chosen = unified::choose(self.providers, endpoint, body)?;
        self.rewritten(head, chosen.provider, chosen.tail, chosen.body)
    }

    fn run(&self, head: Head<'_>, body: &Bytes) -> Result<Step, Failure> {
        let sent = run::read(body)?;
        let provider = self.providers.get(WORKERS_AI);
        let provider = provider.ok_or(Failure::InvalidProvider)?;
        self.rewritten(head, provider, &sent.tail, sent.body)
    }

    /// A request that goes on with another body than the caller sent.
    fn rewritten(
        &self,
        mut head: Head<'_>,
        provider: &Arc<Provider>,
        tail: &str,
        body: Bytes,
    ) -> Result<Step, Failure> {
        head.headers.remove(header::CONTENT_LENGTH);
        let payload = Payload::whole(body, RequestReader::for_provider(provider));
        self.step(head, provider, tail, payload)
    }

    fn step(
        &self,
        head: Head<'_>,
        provider: &Arc<Provider>,
        tail: &str,
        payload: Payload,
    ) -> Result<Step, Failure> {
        Step::of(Draft {
            provider,
            account: &self.account,
            tail,
            query: head.route.query,
            method: head.method,
            headers: head.headers,
            tokens: self.tokens,
            lender: &self.lender,
            payload,
            options: self.options,
            collect: self.collect,
            wishes: self.wishes.clone(),
            room: self.room,
        })
    }

    /// The steps of a universal request, each with what it says over what the request says over
    /// what the gateway says.
    fn universal(&self, body: &Bytes) -> Result<Vec<Step>, Failure> {
        let steps = universal::read(body)?;
        steps.into_iter().map(|sent| self.sent(sent)).collect()
    }

    /// One of them; `compat` in a provider's place makes it a unified one.
    fn sent(&self, sent: universal::Sent) -> Result<Step, Failure> {
        let chosen;
        let (provider, tail, body) = if sent.provider == COMPAT {
            let Goal::Unified(endpoint) = compat(&sent.endpoint) else {
                return Err(BadUnified::NoSuchEndpoint(sent.endpoint).into());
            };
            chosen = unified::choose(self.providers, endpoint, &sent.body)?;
            (chosen.provider, chosen.tail, chosen.body)
        } else {
            let provider = self.providers.get(&sent.provider);
            let provider = provider.ok_or(Failure::InvalidProvider)?;
            (provider, &*sent.endpoint, sent.body)
        };
        let own = Own::of(&sent.headers);
        let options = Options::of_headers(|name| own.text(name));
        let (identity, snapshot) = (self.identity, self.snapshot);
        let tokens =
            (self.carriers).tokens(identity, snapshot, &sent.headers, sent.query.as_deref());
        Step::of(Draft {
            provider,
            account: &self.account,
            tail,
            query: sent.query.as_deref(),
            method: Method::POST,
            options: sent.config.over(options).over(self.options),
            collect: own.switch(COLLECT_LOG).unwrap_or(self.collect),
            wishes: Wishes::of(&own).over(&self.wishes),
            room: self.room,
            tokens: &tokens,
            lender: &self.lender,
            headers: sent.headers,
            payload: Payload::whole(body, RequestReader::for_provider(provider)),
        })
    }

    /// The whole of a body that has to be understood before anything can be sent.
    async fn collect(&self, headers: &HeaderMap, body: Inbound) -> Result<Bytes, Failure> {
        let limit = self.max_body.min(MAX_KEPT);
        fits(headers, limit)?;
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
}

/// Refuses early what says itself that it is too long.
pub(crate) fn fits(headers: &HeaderMap, limit: u64) -> Result<(), Failure> {
    let length = headers::text(headers, header::CONTENT_LENGTH).and_then(|t| t.parse::<u64>().ok());
    match length {
        Some(length) if length > limit => Err(Failure::TooLarge { limit }),
        _ => Ok(()),
    }
}
