//! Carries a plan out: tries its steps as `Attempts` says, until an answer can go to the caller.
//!
//! Which step comes next, and after what pause, is `aig-policy`'s; what is done here is to send,
//! to wait, and to see that every try leaves a row that tells how it ended. Once an answer is
//! passed on there is no way back, so nothing is asked any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aig_model::{Outcome, Timestamp};
use aig_policy::{Attempts, Failure as Reason, Next, retry};
use aig_provider::{Provider, Providers, ResponseReader};
use http::{Request, Response, Version, header};
use hyper::body::Incoming;
use tower::retry::budget::{Budget, TpsBudget};
use uuid::Uuid;

use crate::mask::Masked;
use crate::metrics::Metrics;
use crate::payload::Fault;
use crate::plan::{Arrival, Place, Plan, Step};
use crate::ports::Recorder;
use crate::record::Trail;
use crate::respond::Failure;
use crate::tee::{Ending, Tee};
use crate::upstream::{Unanswered, Upstream};
use crate::{Body, headers};

/// Tries plans.
pub(crate) struct Driver {
    upstream: Upstream,
    /// Per provider, so that one that fails does not use up the retries of the others.
    budgets: HashMap<String, TpsBudget>,
    recorder: Arc<dyn Recorder>,
    metrics: Arc<Metrics>,
}

/// What came of a plan.
pub(crate) struct Driven {
    pub(crate) answer: Result<Response<Body>, Failure>,
    /// The step that served, or failed last.
    pub(crate) step: usize,
    /// The row of that try, if one is kept.
    pub(crate) log: Option<Uuid>,
}

/// How the last try ended: with an answer that could still be passed on, or without one.
struct Tried {
    result: Result<Response<Incoming>, Unanswered>,
    /// Why another try may be wanted; `None` for an answer that is none of a failure.
    reason: Option<Reason>,
    trail: Trail,
    step: usize,
    log: Option<Uuid>,
}

/// A share of retries that a provider is always granted, however few requests there are: a
/// hundred in ten seconds.
const RETRIES_PER_SECOND: u32 = 10;
/// Beyond that, one retry for five requests.
const RETRY_SHARE: f32 = 0.2;
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// How many connections that were closed while they lay idle one try may come across.
const MAX_STALE: usize = 3;
/// What the log calls a try that was given up on before its first byte.
const REQUEST_TIMEOUT: u16 = 408;

// === impl Driver ===

impl Driver {
    pub(crate) fn new(
        providers: &Providers,
        upstream: Upstream,
        recorder: Arc<dyn Recorder>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let budget = || TpsBudget::new(BUDGET_WINDOW, RETRIES_PER_SECOND, RETRY_SHARE);
        Self {
            upstream,
            budgets: (providers.iter())
                .map(|provider| (provider.slug().to_owned(), budget()))
                .collect(),
            recorder,
            metrics,
        }
    }

    /// Leaves the row of a request that is refused before anything is tried.
    pub(crate) fn refuse(&self, arrival: &Arrival, place: &Place<'_>, failure: Failure) -> Driven {
        let status = failure.status().as_u16();
        self.trail(arrival, place).failed(status, Outcome::Refused);
        // Who has no token must not learn from a row's id that there is a gateway to have it.
        let told = place.collect && !matches!(failure, Failure::Unauthorized);
        Driven {
            answer: Err(failure),
            step: 0,
            log: told.then_some(place.id),
        }
    }

    /// Tries the plan to its end.
    pub(crate) async fn drive(&self, plan: &Plan, arrival: &Arrival) -> Driven {
        let mut attempts = Attempts::new(plan.steps.iter().map(|step| step.options));
        let mut last: Option<Tried> = None;
        // The trail of a try that is waited for: the caller may leave meanwhile.
        let mut waiting: Option<(Trail, Option<Uuid>)> = None;
        let mut tries = 0_u32;
        loop {
            let reason = last.as_ref().and_then(|tried| tried.reason.as_ref());
            if let Some(lost) = last
                .as_ref()
                .and_then(|t| plan.steps[t.step].payload.lost())
            {
                attempts.lose_body(lost);
            }
            let current = last.as_ref().map_or(0, |tried| tried.step);
            let may_retry = || self.budget(&plan.steps[current].provider).withdraw();
            match attempts.next(reason, may_retry) {
                Next::Try { step, timeout, .. } => {
                    if let Some(failed) = last.take() {
                        failed.superseded();
                    }
                    let (trail, log) = waiting
                        .take()
                        .unwrap_or_else(|| self.begin(plan, arrival, step, tries));
                    if tries == 0 {
                        self.budget(&plan.steps[step].provider).deposit();
                    }
                    tries += 1;
                    let tried = self
                        .attempt(&plan.steps[step], step, timeout, trail, log)
                        .await;
                    if tried.reason.is_none() || plan.steps[step].payload.fault().is_some() {
                        return self.end(&plan.steps[step], tried);
                    }
                    last = Some(tried);
                }
                Next::Wait(pause) => {
                    if let Some(failed) = last.take() {
                        failed.superseded();
                    }
                    waiting = Some(self.begin(plan, arrival, current, tries));
                    tokio::time::sleep(retry::spread(pause, chance())).await;
                }
                Next::GiveUp(why) => {
                    tracing::debug!(why = why.as_str(), tries, "no further try");
                    let tried = last.expect("nothing is given up on before it was tried");
                    return self.end(&plan.steps[tried.step], tried);
                }
            }
        }
    }

    /// Begins the trail of the try after `tries` others. The first row has the request's own id.
    fn begin(
        &self,
        plan: &Plan,
        arrival: &Arrival,
        step: usize,
        tries: u32,
    ) -> (Trail, Option<Uuid>) {
        let first = tries == 0;
        let id = if first {
            arrival.request_id
        } else {
            Uuid::now_v7()
        };
        let planned = &plan.steps[step];
        let place = Place {
            id,
            provider: planned.provider.slug(),
            tail: &planned.tail,
            step,
            collect: planned.collect,
            started: if first {
                arrival.started
            } else {
                Instant::now()
            },
        };
        (self.trail(arrival, &place), planned.collect.then_some(id))
    }

    fn trail(&self, arrival: &Arrival, place: &Place<'_>) -> Trail {
        arrival.trail(place, Arc::clone(&self.recorder), Arc::clone(&self.metrics))
    }

    async fn attempt(
        &self,
        planned: &Step,
        step: usize,
        timeout: Option<Duration>,
        mut trail: Trail,
        log: Option<Uuid>,
    ) -> Tried {
        trail.sending(planned.payload.clone(), planned.model.as_deref());
        let began = Instant::now();
        let mut result = self.send(planned, timeout).await;
        let mut stale = 0;
        // That an idle connection was closed says nothing of the request. What can do no harm twice
        // (RFC 9110 section 9.2.1) goes out again, in the same try; all else may have been carried
        // out, and is the caller's to repeat.
        while matches!(result, Err(Unanswered::WentStale))
            && stale < MAX_STALE
            && planned.method.is_safe()
            && planned.payload.lost().is_none()
        {
            stale += 1;
            let left = timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
            result = self.send(planned, left).await;
        }
        Tried {
            reason: reason(&result),
            result,
            trail,
            step,
            log,
        }
    }

    async fn send(
        &self,
        planned: &Step,
        timeout: Option<Duration>,
    ) -> Result<Response<Incoming>, Unanswered> {
        let mut request = Request::new(planned.payload.pass());
        *request.method_mut() = planned.method.clone();
        *request.uri_mut() = planned.target.clone();
        *request.headers_mut() = planned.headers.clone();
        self.upstream.send(request, timeout).await
    }

    /// Passes on what the last try gave.
    fn end(&self, planned: &Step, tried: Tried) -> Driven {
        let Tried {
            result,
            trail,
            step,
            log,
            ..
        } = tried;
        let answer = match result {
            Ok(answer) => Ok(pass_on(planned, answer, trail)),
            Err(_) if let Some(fault) = planned.payload.fault() => {
                Err(blame(fault, planned, trail))
            }
            Err(unanswered) => {
                let failure = Failure::Unanswered(unanswered);
                trail.failed(failure.status().as_u16(), Outcome::Unanswered);
                Err(failure)
            }
        };
        Driven { answer, step, log }
    }

    fn budget(&self, provider: &Provider) -> &TpsBudget {
        self.budgets
            .get(provider.slug())
            .expect("every provider that a plan can name has a budget")
    }
}

// === impl Driven ===

impl Driven {
    /// Answered from what is known, without a provider and without a row.
    pub(crate) const fn told(answer: Response<Body>) -> Self {
        Self {
            answer: Ok(answer),
            step: 0,
            log: None,
        }
    }

    /// Refused before it was known whose request it is, so without a row.
    pub(crate) const fn refused(failure: Failure) -> Self {
        Self {
            answer: Err(failure),
            step: 0,
            log: None,
        }
    }
}

// === impl Tried ===

impl Tried {
    /// Another try follows; the row of this one says so.
    fn superseded(self) {
        let status = match self.result {
            Ok(answer) => answer.status().as_u16(),
            Err(Unanswered::TimedOut) => REQUEST_TIMEOUT,
            Err(unanswered) => Failure::Unanswered(unanswered).status().as_u16(),
        };
        self.trail.failed(status, Outcome::Superseded);
    }
}

/// Why another try may be wanted after this one. The clock is read only for a `Retry-After`.
fn reason(result: &Result<Response<Incoming>, Unanswered>) -> Option<Reason> {
    match result {
        Ok(answer) => {
            let after = headers::text(answer.headers(), "retry-after")
                .and_then(|text| retry::retry_after(text, Timestamp::from(SystemTime::now())));
            Reason::of_answer(answer.status().as_u16(), after)
        }
        Err(unanswered) => Some(unanswered.as_failure()),
    }
}

/// The caller's own fault, in the answer and in the row.
fn blame(fault: Fault, planned: &Step, trail: Trail) -> Failure {
    let (failure, outcome) = match fault {
        Fault::TooLong => {
            let limit = planned.payload.limit();
            (Failure::TooLarge { limit }, Outcome::Refused)
        }
        Fault::Malformed => (Failure::BadBody, Outcome::Refused),
        Fault::Slow => (Failure::SlowBody, Outcome::Refused),
        Fault::Gone => {
            // Its trail ends as that of everybody who leaves; nobody reads this answer.
            drop(trail);
            return Failure::BadBody;
        }
    };
    trail.failed(failure.status().as_u16(), outcome);
    failure
}

/// Lets a provider's answer flow to the caller.
fn pass_on(planned: &Step, answer: Response<Incoming>, mut trail: Trail) -> Response<Body> {
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
    // Providers repeat a key in order to refuse it.
    let mut key = planned.lent.clone();
    if let Some(key) = &key {
        key.mask_headers(&mut head.headers);
    }
    if head.status.is_success() {
        key = None;
    }
    head.extensions.clear();
    let content_type = headers::text(&head.headers, "content-type");
    let meter = ResponseReader::answering(planned.wire, &head.headers);
    trail.answered(head.status.as_u16(), content_type, meter);
    Response::from_parts(
        head,
        Body::forwarded(Tee::new(Masked::new(body, key), trail, ending)),
    )
}

/// A random number, so that those who were turned away together do not come back together.
fn chance() -> u32 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    (high >> 32) as u32
}

#[cfg(test)]
mod tests;
