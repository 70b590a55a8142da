//! How long something may go on not happening: a provider that says nothing, a caller that reads
//! nothing.
//!
//! The timer is armed once and looked at when it wakes: what happens in between only forgets since
//! when it is waited, so that a stream of many small chunks never touches the timer wheel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// A limit on waiting. Nothing runs while nobody waits.
#[derive(Debug)]
pub(crate) struct Lull {
    limit: Option<Duration>,
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Lull {
    /// `None` is patience without end.
    pub(crate) const fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            since: None,
            timer: None,
        }
    }

    /// What was waited for has happened.
    pub(crate) const fn over(&mut self) {
        self.since = None;
    }

    /// To be asked whenever what is waited for has not happened; ready when it has not for too
    /// long. Wakes the task by then at the latest.
    pub(crate) fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(since + limit)));
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= since + limit {
                return Poll::Ready(());
            }
            // It was armed for a wait that is over by now.
            timer.as_mut().reset(since + limit);
        }
    }
}

#[cfg(test)]
mod tests;
