//! Makes the plan of an admitted caller's request: which requests to which providers, in order.
//!
//! What the bodies mean is read by `universal`, `unified` and `run`; what a provider makes of a path
//! and of headers is applied in one place, `Step::of`. Nothing is sent here.

use std::sync::Arc;

use aig_model::{AccountId, Cache, Snapshot};
use aig_policy::{Identity, Options, PriceBook};
use aig_provider::{Endpoint, Providers, RequestReader};
use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, Response};
use http_body_util::{BodyExt, Limited};

use crate::carriers::{Carriers, Tokens};
use crate::credentials::Lender;
use crate::custom::{CustomsOf, Target};
use crate::headers::Own;
use crate::metrics::Metrics;
use crate::payload::{MAX_KEPT, Payload};
use crate::plan::{self, COLLECT_LOG, Draft, Plan, Step};
use crate::respond::Failure;
use crate::route::{COMPAT, Goal, Route, WORKERS_AI, compat};
use crate::transcript::Room;
use crate::unified::{BadUnified, Chosen};
use crate::wishes::Wishes;
use crate::{Body, Inbound, headers, run, unified, universal};

/// What a plan is made with.
pub(crate) struct Planner<'a> {
    pub(crate) providers: &'a Providers,
    /// Those that the account made for itself.
    pub(crate) customs: CustomsOf<'a>,
    /// Where a step may carry a gateway's token.
    pub(crate) carriers: &'a Carriers,
    pub(crate) identity: &'a Identity,
    pub(crate) snapshot: &'a Snapshot,
    /// The gateway tokens of the request.
    pub(crate) tokens: &'a Tokens,
    /// What the gateway has for those that come without a key.
    pub(crate) lender: Lender,
    /// The account that the request is made for.
    pub(crate) account: AccountId,
    /// What the request says over what the gateway says.
    pub(crate) options: Options,
    pub(crate) collect: bool,
    /// What the gateway says of the cache.
    pub(crate) cache: Cache,
    /// What the request wishes beside that.
    pub(crate) wishes: Wishes,
    /// Of the models that have one.
    pub(crate) prices: &'a PriceBook,
    /// Of bodies for the log.
    pub(crate) room: &'a Arc<Room>,
    /// The longest body that is forwarded, in bytes.
    pub(crate) max_body: u64,
    pub(crate) metrics: &'a Metrics,
}

/// A request without its body, taken apart.
pub(crate) struct Head<'a> {
    pub(crate) route: &'a Route<'a>,
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
            Goal::Models => {
                return Ok(Planned::Tell(unified::models(
                    self.providers,
                    self.prices,
                    &self.customs.models(),
                )));
            }
            Goal::Nowhere => return Err(Failure::NoSuchPath),
        };
        Ok(Planned::Send(Plan { steps }))
    }

    /// A provider's own path, with the body as it arrives.
    fn passthrough(&self, head: Head<'_>, body: Inbound) -> Result<Step, Failure> {
        let to = self.named(head.route.provider)?;
        let again = self.options.retry().max_attempts() > 1;
        // The log and the cache want to know what the body says, and nobody else does.
        let read = self.collect || self.wishes.cache().is_wanted(self.cache);
        let reader = read.then(|| RequestReader::for_provider(&to.provider));
        let payload = Payload::arriving(body, self.max_body, again, reader);
        let tail = head.route.tail;
        self.step(head, &to, tail, payload)
    }

    /// The provider of that name.
    fn named(&self, name: &str) -> Result<Target, Failure> {
        if let Some(custom) = self.customs.get(name)? {
            return Ok(custom);
        }
        let provider = self.providers.get(name);
        provider.map(Target::of).ok_or(Failure::InvalidProvider)
    }

    /// Where a body with a model goes that has its provider in front.
    fn choose(&self, endpoint: Endpoint, body: &[u8]) -> Result<Chosen, Failure> {
        unified::choose(endpoint, body, |model| {
            match self.customs.of_model(model)? {
                Some(custom) => Ok(custom),
                None => Ok(unified::resolve(self.providers, model)?),
            }
        })
    }

    fn unified(&self, head: Head<'_>, endpoint: Endpoint, body: &[u8]) -> Result<Step, Failure> {
        let chosen = self.choose(endpoint, body)?;
        let step = self.rewritten(head, &chosen.to, chosen.tail, chosen.body)?;
        Ok(Step {
            unified: true,
            ..step
        })
    }

    fn run(&self, head: Head<'_>, body: &Bytes) -> Result<Step, Failure> {
        let sent = run::read(body)?;
        let to = self.named(WORKERS_AI)?;
        self.rewritten(head, &to, &sent.tail, sent.body)
    }

    /// A request that goes on with another body than the caller sent.
    fn rewritten(
        &self,
        mut head: Head<'_>,
        to: &Target,
        tail: &str,
        body: Bytes,
    ) -> Result<Step, Failure> {
        head.headers.remove(header::CONTENT_LENGTH);
        let payload = Payload::whole(body, RequestReader::for_provider(&to.provider));
        self.step(head, to, tail, payload)
    }

    fn step(
        &self,
        head: Head<'_>,
        to: &Target,
        tail: &str,
        payload: Payload,
    ) -> Result<Step, Failure> {
        Step::of(Draft {
            to,
            account: self.account,
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
        let unified = sent.provider == COMPAT;
        let (to, tail, body) = if unified {
            let Goal::Unified(endpoint) = compat(&sent.endpoint) else {
                return Err(BadUnified::NoSuchEndpoint(sent.endpoint).into());
            };
            let chosen = self.choose(endpoint, &sent.body)?;
            (chosen.to, chosen.tail, chosen.body)
        } else {
            (self.named(&sent.provider)?, &*sent.endpoint, sent.body)
        };
        let own = Own::of(&sent.headers);
        let options = Options::of_headers(|name| own.text(name));
        let metadata = plan::metadata(&own, self.metrics);
        let (identity, snapshot) = (self.identity, self.snapshot);
        let tokens =
            (self.carriers).tokens(identity, snapshot, &sent.headers, sent.query.as_deref());
        let step = Step::of(Draft {
            to: &to,
            account: self.account,
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
            payload: Payload::whole(body, RequestReader::for_provider(&to.provider)),
        })?;
        Ok(Step {
            metadata,
            unified,
            ..step
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
