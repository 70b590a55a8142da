//! How long a caller may take for the head of a request, told by one timer for a connection.
//!
//! hyper asks for a timer for every head, and gives it up when the head is there, nearly always at once:
//! to set a timer and to take it back costs more than to read the head. So what hyper gets is a note of
//! the deadline, and who has the connection looks at the note when the first deadline of all is over.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// The deadline of a connection's next head, as hyper's timer.
#[derive(Clone, Debug)]
pub(crate) struct HeadClock {
    note: Arc<Note>,
}

#[derive(Debug)]
struct Note {
    since: Instant,
    /// Nanoseconds from `since`: of the deadline, or one of the two below.
    due: AtomicU64,
}

/// No head is waited for.
const NONE: u64 = u64::MAX;
/// The deadline is over.
const OVER: u64 = 0;

/// Waits for the deadline; awake only when somebody else wakes its task.
struct Waiting {
    note: Arc<Note>,
    due: u64,
}

// === impl HeadClock ===

impl HeadClock {
    /// For a connection that begins now.
    pub(crate) fn new() -> Self {
        let note = Note {
            since: Instant::now(),
            due: AtomicU64::new(NONE),
        };
        Self {
            note: Arc::new(note),
        }
    }

    /// Lets heads be late from their deadline on. To be polled in the task of the connection, which it
    /// wakes then. A head may take `allowed`.
    pub(crate) async fn watch(&self, allowed: Duration) -> Infallible {
        loop {
            let due = match self.note.due.load(Ordering::Relaxed) {
                // Whichever begins in the meantime has its deadline later than this.
                NONE | OVER => Instant::now() + allowed,
                due => self.note.since + Duration::from_nanos(due),
            };
            if due > Instant::now() {
                tokio::time::sleep_until(due).await;
                continue;
            }
            self.note.due.store(OVER, Ordering::Relaxed);
            // What waits is polled before this, and so in the next turn; once, because the head may have
            // come in it, and then there is nobody to be late.
            tokio::task::yield_now().await;
        }
    }
}

impl Timer for HeadClock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        let from_start = deadline.saturating_duration_since(self.note.since.into_std());
        let nanos = u64::try_from(from_start.as_nanos()).unwrap_or(NONE);
        let due = nanos.clamp(OVER + 1, NONE - 1);
        self.note.due.store(due, Ordering::Relaxed);
        Box::pin(Waiting {
            note: Arc::clone(&self.note),
            due,
        })
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

// === impl Waiting ===

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.note.due.load(Ordering::Relaxed) {
            OVER => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Unless the next deadline stands there already.
        let order = Ordering::Relaxed;
        let _ = (self.note.due).compare_exchange(self.due, NONE, order, order);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt;

    use super::*;

    const ALLOWED: Duration = Duration::from_secs(10);

    /// What is left of a head's time when it is over, in the same task as the clock.
    async fn over(clock: &HeadClock, mut head: Pin<Box<dyn Sleep>>) {
        let mut watch = std::pin::pin!(clock.watch(ALLOWED));
        poll_fn(|cx| match head.poll_unpin(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => {
                assert!(watch.poll_unpin(cx).is_pending());
                Poll::Pending
            }
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_over_at_its_deadline_and_not_before() {
        let clock = HeadClock::new();
        for _ in 0..3 {
            let began = Instant::now();
            over(&clock, clock.sleep(ALLOWED)).await;
            let took = began.elapsed();
            let late = Duration::from_millis(2);
            assert!(took >= ALLOWED && took <= ALLOWED + late, "{took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_came_leaves_its_time_to_nobody() {
        let clock = HeadClock::new();
        let mut watch = std::pin::pin!(clock.watch(ALLOWED));
        for _ in 0..5 {
            let head = clock.sleep(ALLOWED);
            let pause = tokio::time::timeout(ALLOWED * 3 / 4, &mut watch).await;
            assert!(pause.is_err());
            drop(head);
        }
        // Long after the first deadlines, the last head still has all of its time.
        let mut head = clock.sleep(ALLOWED);
        assert!(tokio::time::timeout(ALLOWED / 2, &mut watch).await.is_err());
        assert!((&mut head).now_or_never().is_none());
    }

    /// A head that comes in the very turn in which it would have been late: nobody is woken for it any
    /// more, and the next one has its own time.
    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_at_the_last_moment_leaves_the_clock_in_order() {
        let clock = HeadClock::new();
        let mut watch = std::pin::pin!(clock.watch(ALLOWED));
        let head = clock.sleep(ALLOWED);
        let note = Arc::clone(&clock.note);
        poll_fn(|cx| {
            assert!(watch.poll_unpin(cx).is_pending());
            match note.due.load(Ordering::Relaxed) {
                OVER => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
        drop(head);
        let began = Instant::now();
        let mut next = clock.sleep(ALLOWED);
        let mut turns = 0;
        poll_fn(|cx| {
            turns += 1;
            assert!(turns < 20, "it is woken over and over");
            match next.poll_unpin(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => {
                    assert!(watch.poll_unpin(cx).is_pending());
                    Poll::Pending
                }
            }
        })
        .await;
        assert!(began.elapsed() >= ALLOWED);
    }
}
