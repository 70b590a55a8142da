//! Carries a plan out: tries its steps as `Attempts` says, until an answer can go to the caller.
//!
//! Which step comes next, and after what pause, is `aig-policy`'s; what is done here is to send,
//! to wait, and to see that every try leaves a row that tells how it ended. The cache is asked about
//! the first step before it gets here, and about each other one when its turn comes. Once an answer is
//! passed on there is no way back, so nothing is asked any more.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aig_model::{Gateway, Outcome, Table, Timestamp};
use aig_policy::{Attempts, Failure as Reason, Next, retry};
use aig_provider::Providers;
use http::{Response, header};
use tower::retry::budget::{Budget, TpsBudget};
use uuid::Uuid;

use crate::cache_store::{CacheStore, CachedAnswer};
use crate::ledger::Ledger;
use crate::lookup::{self, Looked, Missed};
use crate::payload::Fault;
use crate::plan::{Arrival, Place, Plan, Step};
use crate::pool::Download;
use crate::record::Trail;
use crate::relay::relay;
use crate::respond::Failure;
use crate::send::Sender;
use crate::tee::Patience;
use crate::upstream::Unanswered;
use crate::{Body, headers};

/// Tries plans.
pub(crate) struct Driver {
    sender: Sender,
    patience: Patience,
    /// Per provider, so that one that fails does not use up the retries of the others.
    budgets: Table<String, TpsBudget>,
    cache: CacheStore,
    ledger: Arc<Ledger>,
}

/// A try that has begun, and the row that it will leave, if one is kept. Dropped, it says that the
/// caller left.
pub(crate) struct Begun {
    trail: Trail,
    log: Option<Uuid>,
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
    result: Result<Response<Download>, Unanswered>,
    /// Why another try may be wanted; `None` for an answer that is none of a failure.
    reason: Option<Reason>,
    trail: Trail,
    step: usize,
    log: Option<Uuid>,
}

/// A share of retries that a provider is always granted, however few requests there are: a
/// hundred in ten seconds.
pub const RETRIES_PER_SECOND: u32 = 10;
/// Beyond that, one retry for five requests.
pub const RETRY_SHARE: f32 = 0.2;
/// Over how long both are counted.
pub const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// How many connections that were closed while they lay idle one try may come across.
const MAX_STALE: usize = 3;
/// What the log calls a try that was given up on before its first byte.
const REQUEST_TIMEOUT: u16 = 408;

/// Retries that a provider is granted, none of them used.
pub(crate) fn fresh_budget() -> TpsBudget {
    TpsBudget::new(BUDGET_WINDOW, RETRIES_PER_SECOND, RETRY_SHARE)
}

// === impl Driver ===

impl Driver {
    pub(crate) fn new(
        providers: &Providers,
        sender: Sender,
        patience: Patience,
        cache: CacheStore,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            sender,
            patience,
            budgets: (providers.iter())
                .map(|provider| (provider.slug().to_owned(), fresh_budget()))
                .collect(),
            cache,
            ledger,
        }
    }

    pub(crate) fn cache(&self) -> CacheStore {
        self.cache.clone()
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

    /// Begins the first try of a plan, before it is known whether there will be one.
    pub(crate) fn start(&self, plan: &Plan, arrival: &Arrival) -> Begun {
        self.begin(plan, arrival, 0, 0)
    }

    /// Asks the cache about the plan's first step; the answer that it has, or the caller's fault, is
    /// the end of the matter.
    pub(crate) async fn look(
        &self,
        plan: &Plan,
        gateway: &Gateway,
        begun: Begun,
    ) -> Result<(Begun, Option<Missed>), Driven> {
        self.look_at(&plan.steps[0], 0, gateway, begun).await
    }

    /// Refuses a plan whose first try has begun.
    pub(crate) fn deny(&self, begun: Begun, failure: Failure) -> Driven {
        let status = failure.status().as_u16();
        begun.trail.failed(status, Outcome::Refused);
        Driven {
            answer: Err(failure),
            step: 0,
            log: begun.log,
        }
    }

    /// Tries the plan to its end. Its first try has begun, and the cache had nothing for it.
    pub(crate) async fn drive(
        &self,
        plan: &mut Plan,
        arrival: &Arrival,
        begun: Begun,
        mut missed: Option<Missed>,
    ) -> Driven {
        let mut attempts = Attempts::new(plan.steps.iter().map(|step| step.options));
        let mut last: Option<Tried> = None;
        // A try that is waited for: the caller may leave meanwhile.
        let mut waiting = Some(begun);
        let mut tries = 0_u32;
        let mut at = 0;
        loop {
            let reason = last.as_ref().and_then(|tried| tried.reason.as_ref());
            if let Some(lost) = last
                .as_ref()
                .and_then(|t| plan.steps[t.step].payload.lost())
            {
                attempts.lose_body(lost);
            }
            let current = last.as_ref().map_or(0, |tried| tried.step);
            let may_retry = || self.budget(&plan.steps[current]).withdraw();
            match attempts.next(reason, may_retry) {
                Next::Try {
                    step,
                    attempt,
                    timeout,
                } => {
                    if let Some(failed) = last.take() {
                        failed.superseded();
                    }
                    let mut begun = waiting
                        .take()
                        .unwrap_or_else(|| self.begin(plan, arrival, step, tries));
                    if step != at {
                        at = step;
                        // Nothing will come of the step before: whoever waits for it need not.
                        drop(missed.take());
                        let planned = &plan.steps[step];
                        let looked = self.look_at(planned, step, &arrival.gateway, begun);
                        (begun, missed) = match looked.await {
                            Ok(looked) => looked,
                            Err(driven) => return driven,
                        };
                    } else if tries > 0 {
                        begun.misses(missed.as_ref());
                    }
                    if tries == 0 {
                        self.budget(&plan.steps[step]).deposit();
                    }
                    tries += 1;
                    let planned = &mut plan.steps[step];
                    let admitted = match attempt {
                        1 => self.sender.admit(planned),
                        _ => Ok(()),
                    };
                    let tried = match admitted {
                        Ok(()) => self.attempt(planned, step, timeout, begun).await,
                        Err(denied) => begun.untried(step, denied),
                    };
                    if tried.reason.is_none() || plan.steps[step].payload.fault().is_some() {
                        return self.end(&plan.steps[step], tried, missed);
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
                    return self.end(&plan.steps[tried.step], tried, missed);
                }
            }
        }
    }

    /// Begins the trail of the try after `tries` others. The first row has the request's own id.
    fn begin(&self, plan: &Plan, arrival: &Arrival, step: usize, tries: u32) -> Begun {
        let first = tries == 0;
        let id = if first {
            arrival.ids.request()
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
        let mut trail = self.trail(arrival, &place);
        trail.concerns(planned);
        let log = planned.collect.then_some(id);
        Begun { trail, log }
    }

    /// Asks the cache about a step.
    async fn look_at(
        &self,
        planned: &Step,
        step: usize,
        gateway: &Gateway,
        mut begun: Begun,
    ) -> Result<(Begun, Option<Missed>), Driven> {
        match lookup::look(&self.cache, gateway, planned).await {
            Ok(Looked::Bypassed(why)) => {
                begun.trail.bypassed(why);
                match planned.prepare().await {
                    Ok(()) => Ok((begun, None)),
                    Err(fault) => Err(Self::blamed(fault, planned, step, begun)),
                }
            }
            Ok(Looked::Missed(missed)) => {
                self.ledger.metrics.looked_up(missed.why.as_str());
                begun.trail.missed(missed.why);
                Ok((begun, Some(missed)))
            }
            Ok(Looked::Hit(answer)) => Err(Self::again(&answer, step, begun)),
            Err(fault) => Err(Self::blamed(fault, planned, step, begun)),
        }
    }

    /// The caller did not send its body.
    fn blamed(fault: Fault, planned: &Step, step: usize, begun: Begun) -> Driven {
        Driven {
            answer: Err(blame(fault, planned, begun.trail)),
            step,
            log: begun.log,
        }
    }

    /// Gives an answer once more.
    fn again(answer: &CachedAnswer, step: usize, begun: Begun) -> Driven {
        begun.trail.hit(answer);
        Driven {
            answer: Ok(lookup::again(answer)),
            step,
            log: begun.log,
        }
    }

    fn trail(&self, arrival: &Arrival, place: &Place<'_>) -> Trail {
        arrival.trail(place, Arc::clone(&self.ledger))
    }

    async fn attempt(
        &self,
        planned: &mut Step,
        step: usize,
        timeout: Option<Duration>,
        begun: Begun,
    ) -> Tried {
        let Begun { trail, log } = begun;
        let began = Instant::now();
        let mut result = self.sender.send(planned, timeout).await;
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
            result = self.sender.send(planned, left).await;
        }
        Tried {
            reason: reason(&result),
            result,
            trail,
            step,
            log,
        }
    }

    /// Passes on what the last try gave.
    fn end(&self, planned: &Step, tried: Tried, missed: Option<Missed>) -> Driven {
        let Tried {
            result,
            trail,
            step,
            log,
            ..
        } = tried;
        let answer = match result {
            Ok(answer) => Ok(relay(planned, answer, trail, missed, self.patience)),
            Err(_) if let Some(fault) = planned.payload.fault() => {
                Err(blame(fault, planned, trail))
            }
            Err(unanswered) => {
                let outcome = match unanswered {
                    Unanswered::KeyLimited(_) => Outcome::Refused,
                    _ => Outcome::Unanswered,
                };
                let failure = Failure::from(unanswered);
                trail.failed(failure.status().as_u16(), outcome);
                Err(failure)
            }
        };
        Driven { answer, step, log }
    }

    fn budget<'a>(&'a self, step: &'a Step) -> &'a TpsBudget {
        if let Some(custom) = &step.custom {
            return &custom.budget;
        }
        self.budgets
            .get(step.provider.slug())
            .expect("every provider that a plan can name has a budget")
    }
}

// === impl Begun ===

impl Begun {
    /// Another try of a step that the cache had nothing for.
    fn misses(&mut self, missed: Option<&Missed>) {
        if let Some(missed) = missed {
            self.trail.missed(missed.why);
        }
    }

    /// Nothing was sent.
    fn untried(self, step: usize, why: Unanswered) -> Tried {
        Tried {
            reason: Some(why.as_failure()),
            result: Err(why),
            trail: self.trail,
            step,
            log: self.log,
        }
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
            Err(unanswered) => Failure::from(unanswered).status().as_u16(),
        };
        self.trail.failed(status, Outcome::Superseded);
    }
}

/// Why another try may be wanted after this one. The clock is read only for a `Retry-After`.
fn reason(result: &Result<Response<Download>, Unanswered>) -> Option<Reason> {
    match result {
        Ok(answer) => {
            let after = headers::text(answer.headers(), header::RETRY_AFTER)
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

/// A random number, so that those who were turned away together do not come back together.
fn chance() -> u32 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    (high >> 32) as u32
}

#[cfg(test)]
mod tests;
