//! Polls a connection again at once when it has woken itself.
//!
//! hyper hands bytes of a request that it has already read to whoever asks for them only in its next
//! turn, for which it wakes its own task. A runtime with several threads takes that for a task that
//! yields: it goes to the end of the queue, and another thread is woken to look whether it can take
//! it. For every request that reads a body before it answers, that would be two calls to the system
//! and often a move to another processor; here it is a call of a function.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use pin_project_lite::pin_project;

pin_project! {
    /// A future whose wakes of itself are obeyed on the spot.
    pub(crate) struct Prompt<F> {
        #[pin]
        future: F,
        alarm: Arc<Alarm>,
        waker: Waker,
    }
}

/// Wakes the task, unless the future is being polled by it.
struct Alarm {
    state: AtomicU8,
    task: AtomicWaker,
}

/// Nobody polls: a wake goes to the task.
const RESTING: u8 = 0;
/// It is being polled, and whoever does it looks for a wake afterwards.
const POLLING: u8 = 1;
/// There was a wake, of which the task knows.
const WOKEN: u8 = 2;

/// How often in a row; then it is others' turn.
const TURNS: u32 = 8;

// === impl Prompt ===

impl<F> Prompt<F> {
    pub(crate) fn new(future: F) -> Self {
        let alarm = Arc::new(Alarm {
            state: AtomicU8::new(RESTING),
            task: AtomicWaker::new(),
        });
        Self {
            future,
            waker: Waker::from(Arc::clone(&alarm)),
            alarm,
        }
    }
}

impl<F: Future> Future for Prompt<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let state = &this.alarm.state;
        this.alarm.task.register(cx.waker());
        let mut own = Context::from_waker(this.waker);
        for _ in 0..TURNS {
            state.swap(POLLING, Ordering::AcqRel);
            if let Poll::Ready(output) = this.future.as_mut().poll(&mut own) {
                return Poll::Ready(output);
            }
            let rests =
                state.compare_exchange(POLLING, RESTING, Ordering::AcqRel, Ordering::Acquire);
            if rests.is_ok() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

// === impl Alarm ===

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == RESTING {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests;
