//! A future's own wakes stay with it, all others reach the task, and none is lost.

use std::future::poll_fn;
use std::sync::atomic::AtomicUsize;

use tokio::sync::mpsc;

use super::*;

/// Counts the wakes of a task.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Wakes itself so many times before it is ready; gives the number of its turns.
fn selfish(times: usize) -> impl Future<Output = usize> {
    let mut turns = 0;
    poll_fn(move |cx| {
        turns += 1;
        if turns > times {
            return Poll::Ready(turns);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn who_wakes_itself_has_its_turn_at_once() {
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    let mut future = Box::pin(Prompt::new(selfish(3)));
    let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(polled, Poll::Ready(4));
    assert_eq!(task.0.load(Ordering::Relaxed), 0);
}

#[test]
fn others_have_their_turn_too() {
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    let mut future = Box::pin(Prompt::new(selfish(usize::MAX)));
    let mut cx = Context::from_waker(&waker);
    for round in 1..=3 {
        assert!(future.as_mut().poll(&mut cx).is_pending());
        assert_eq!(task.0.load(Ordering::Relaxed), round);
    }
}

#[test]
fn a_wake_from_outside_reaches_the_task_once() {
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    let kept: Arc<AtomicWaker> = Arc::default();
    let keep = Arc::clone(&kept);
    let mut future = Box::pin(Prompt::new(poll_fn(move |cx| {
        keep.register(cx.waker());
        Poll::<()>::Pending
    })));
    let mut cx = Context::from_waker(&waker);
    for round in 1..=3 {
        assert!(future.as_mut().poll(&mut cx).is_pending());
        let outside = kept.take().unwrap();
        outside.wake_by_ref();
        outside.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_is_lost_between_threads() {
    const MESSAGES: usize = 20_000;
    let (there, mut inbox) = mpsc::channel(1);
    let (back, mut answers) = mpsc::channel(1);
    // Every message waits for the answer to the last, so one lost wake would stop both for ever.
    let echo = tokio::spawn(Prompt::new(async move {
        while let Some(message) = inbox.recv().await {
            back.send(message).await.unwrap();
        }
    }));
    let asking = tokio::spawn(Prompt::new(async move {
        for n in 0..MESSAGES {
            there.send(n).await.unwrap();
            assert_eq!(answers.recv().await, Some(n));
        }
    }));
    asking.await.unwrap();
    echo.await.unwrap();
}
