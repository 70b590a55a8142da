//! What is the next step: try, wait, or give up?
//!
//! Retry and fallback meet here. [`Attempts`] is fed how the last try failed and says what to do
//! now; it knows no request, no provider and no time. Whether a failure may be repeated at all,
//! and after what pause, is `retry`'s; how often and how long, the caller's [`Options`].
//!
//! - All retries of a step come before the next step. The next step comes at once: it is another
//!   provider, which nobody asked to be left alone.
//! - Any failure of a step leads to the next one, also a 4xx that is never repeated: what one
//!   provider takes for a bad request, another may answer.
//! - What the gateway itself refuses ends everything: a refusal that the caller could get around
//!   by naming a second step would be none.
//! - A try is limited in time unless nothing can follow it: the last of two or more tries of the
//!   last step waits as long as it takes, since an answer that comes late is better than none. A
//!   step with only one try keeps its timeout, else nobody could ever set one; and so does the
//!   last try of any other step, else the next step would never come.
//! - Of a request's retries at most [`Attempts::MAX_RETRIES`] are made, over all steps together.
//!   First tries of steps are not counted: a request may have any number of steps, and each is a
//!   provider that the caller named. Retries are different, they multiply: those of the client's
//!   library by those of the gateway by the number of steps, all against providers in trouble.
//! - Whether a retry can be afforded is asked last and once per retry, of whoever keeps the budget
//!   over all requests; being refused leads to the next step like attempts used up.
//! - A request whose body is no longer held as a whole cannot be sent again, to nobody: one
//!   attempt, and the reason.
//!
//! Once a byte of an answer went to the client there is no next: the driver has an answer and
//! does not ask. Asked all the same, nothing is tried again.

use std::time::Duration;

use crate::options::Options;
use crate::retry::{self, Failure};

/// One request on its way through its steps.
#[derive(Clone, Debug)]
pub struct Attempts {
    steps: Vec<Options>,
    /// The step that is tried, from 0, and which of its tries, from 1.
    step: usize,
    attempt: u8,
    /// Retries made, over all steps.
    retries: u8,
    lost: Option<BodyLost>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// What `step` and `attempt` name is to be tried.
    Due,
    /// It is being tried, as these options say.
    Running(Options),
    /// Nothing is tried any more.
    Over(GaveUp),
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the request.
    Try {
        /// To which step, from 0.
        step: usize,
        /// Which of that step's tries it is, from 1; from 2 it is a retry.
        attempt: u8,
        /// How long to wait for the first byte of an answer; `None` is as long as it takes.
        timeout: Option<Duration>,
    },
    /// Do nothing for so long, then ask again; a retry of the same step follows.
    Wait(Duration),
    /// Try no more: pass on the last answer there is, else say why there is none.
    GiveUp(GaveUp),
}

/// Why there is no further try; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GaveUp {
    /// The last step had all the tries that were asked for.
    Exhausted,
    /// The last step failed in a way that would be the same again.
    NotRepeatable,
    /// The request has had as many retries as any may have.
    TooManyRetries,
    /// There is no budget for a retry now.
    OverBudget,
    /// The request cannot be sent again.
    BodyLost(BodyLost),
    /// The gateway refused.
    Refused,
    /// No failure was told, so what was tried last is the answer.
    Answered,
}

/// Why a request's body is not held as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyLost {
    /// It is longer than what is held for sending it again.
    TooLong,
    /// It was passed on as it came, and nothing of it was held.
    Streamed,
}

// === impl Attempts ===

impl Attempts {
    /// The most retries of one request, over all its steps.
    pub const MAX_RETRIES: u8 = 8;

    /// A request that goes through these steps, in this order; most requests have one.
    pub fn new(steps: impl IntoIterator<Item = Options>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            step: 0,
            attempt: 1,
            retries: 0,
            lost: None,
            state: State::Due,
        }
    }

    /// The body cannot be sent a second time. Often that is known only while it is being sent, so
    /// it may be said at any moment, and counts from then on. The first reason stays.
    pub fn lose_body(&mut self, why: BodyLost) {
        self.lost.get_or_insert(why);
    }

    /// What is to be done now that the `last` try has failed; `None` at the start and after a
    /// wait.
    ///
    /// `may_retry` is called when a retry depends on nothing else any more: once for each, never
    /// otherwise. Its `true` takes the retry out of the budget.
    pub fn next(&mut self, last: Option<&Failure>, may_retry: impl FnOnce() -> bool) -> Next {
        match (self.state, last) {
            (State::Due, _) => self.begin(),
            (State::Running(options), Some(failure)) => self.failed(options, failure, may_retry),
            (State::Running(_), None) => self.give_up(GaveUp::Answered),
            (State::Over(why), _) => Next::GiveUp(why),
        }
    }

    fn begin(&mut self) -> Next {
        let Some(&options) = self.steps.get(self.step) else {
            return self.give_up(GaveUp::Exhausted);
        };
        let first = self.step == 0 && self.attempt == 1;
        if let Some(lost) = self.lost.filter(|_| !first) {
            return self.give_up(GaveUp::BodyLost(lost));
        }
        let may_follow = self.another_step()
            || (self.retries < Self::MAX_RETRIES && self.attempt < options.retry().max_attempts());
        self.state = State::Running(options);
        Next::Try {
            step: self.step,
            attempt: self.attempt,
            timeout: options
                .timeout()
                .filter(|_| self.attempt == 1 || may_follow),
        }
    }

    fn failed(
        &mut self,
        options: Options,
        failure: &Failure,
        may_retry: impl FnOnce() -> bool,
    ) -> Next {
        if matches!(failure, Failure::Refused) {
            return self.give_up(GaveUp::Refused);
        }
        match self.obstacle(options, failure, may_retry) {
            None => self.again(options, failure),
            Some(_) if self.another_step() => {
                self.step += 1;
                self.attempt = 1;
                self.begin()
            }
            Some(why) => self.give_up(why),
        }
    }

    /// What stands against trying the same step again. The budget comes last, since asking takes.
    fn obstacle(
        &self,
        options: Options,
        failure: &Failure,
        may_retry: impl FnOnce() -> bool,
    ) -> Option<GaveUp> {
        if !failure.is_repeatable() {
            Some(GaveUp::NotRepeatable)
        } else if self.attempt >= options.retry().max_attempts() {
            Some(GaveUp::Exhausted)
        } else if let Some(lost) = self.lost {
            Some(GaveUp::BodyLost(lost))
        } else if self.retries >= Self::MAX_RETRIES {
            Some(GaveUp::TooManyRetries)
        } else if !may_retry() {
            Some(GaveUp::OverBudget)
        } else {
            None
        }
    }

    fn again(&mut self, options: Options, failure: &Failure) -> Next {
        let retry = options.retry();
        let pause = retry::delay(
            self.attempt,
            retry.backoff(),
            retry.delay(),
            failure.retry_after(),
        );
        self.attempt += 1;
        self.retries += 1;
        if pause.is_zero() {
            return self.begin();
        }
        self.state = State::Due;
        Next::Wait(pause)
    }

    fn give_up(&mut self, why: GaveUp) -> Next {
        self.state = State::Over(why);
        Next::GiveUp(why)
    }

    fn another_step(&self) -> bool {
        self.step + 1 < self.steps.len()
    }
}

// === impl GaveUp ===

impl GaveUp {
    /// The word for it in logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::NotRepeatable => "not_repeatable",
            Self::TooManyRetries => "too_many_retries",
            Self::OverBudget => "over_budget",
            Self::BodyLost(BodyLost::TooLong) => "body_too_long",
            Self::BodyLost(BodyLost::Streamed) => "body_streamed",
            Self::Refused => "refused",
            Self::Answered => "answered",
        }
    }
}

#[cfg(test)]
mod tests;
