//! Answers keep the pace of those who read them.
//!
//! The transport asks a body for more as long as its own buffers have room, which is more than one
//! stream may take. Here a body is held back while the caller's socket takes nothing
//! ([`Pressure`]), and a stream of HTTP/2 whose caller takes nothing of it, though it may well read
//! others of the same connection, is given up after a while ([`Streams`]).
//!
//! A connection whose caller reads nothing at all is `socket`'s.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::Version;
use http_body::{Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::Instant;

use crate::body::BodyError;
use crate::metrics::Panics;
use crate::{Body, Metrics};

/// What waits for a connection's socket. All of it happens in the one task of the connection; it
/// is shared because the transport stands between the two ends.
#[derive(Debug, Default)]
pub(crate) struct Pressure {
    /// Whether the socket takes nothing at the moment.
    blocked: AtomicBool,
    /// Bytes that went into the transport since the socket last took everything there was.
    waiting: AtomicUsize,
    held: AtomicWaker,
}

/// Runs the streams of an HTTP/2 connection, each until it ends or its caller takes nothing of it
/// for too long.
#[derive(Clone)]
pub(crate) struct Streams {
    limit: Option<Duration>,
    metrics: Arc<Metrics>,
}

/// An answer's body, held back while nobody reads.
pub(crate) struct Paced {
    body: Body,
    reader: Reader,
}

/// How it is known that nobody reads.
enum Reader {
    /// The connection has one answer at a time, so its socket tells.
    Http1(Arc<Pressure>),
    /// Every stream has a window of its own; `None` where nobody looks at it.
    Http2(Option<Arc<Taking>>),
}

/// Since when a stream's caller has been owed a chunk that the transport could not take on.
#[derive(Debug)]
struct Taking {
    origin: Instant,
    /// In milliseconds from the origin, plus one; 0 while the transport waits for the body.
    since: AtomicU64,
}

tokio::task_local! {
    /// What the stream that this task runs notes of its caller.
    static TAKING: Arc<Taking>;
}

/// Bytes of an answer that wait for an HTTP/1 caller before no more is asked for.
pub const AHEAD: usize = 8 << 10;
/// How many times within the limit a stream is looked at; it is given up at most one of these
/// parts late.
const LOOKS: u32 = 16;

// === impl Pressure ===

impl Pressure {
    /// The socket takes nothing.
    pub(crate) fn build(&self) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    /// The socket has taken all that there was.
    pub(crate) fn release(&self) {
        self.blocked.store(false, Ordering::Relaxed);
        self.waiting.store(0, Ordering::Relaxed);
        // Costs one atomic look where nobody waits.
        self.held.wake();
    }

    /// More goes into the transport.
    fn add(&self, bytes: usize) {
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Ready while the socket takes what comes; else whoever asked is woken when it does again.
    fn poll_low(&self, cx: &Context<'_>) -> Poll<()> {
        let high =
            self.blocked.load(Ordering::Relaxed) || self.waiting.load(Ordering::Relaxed) >= AHEAD;
        if !high {
            return Poll::Ready(());
        }
        self.held.register(cx.waker());
        Poll::Pending
    }
}

// === impl Streams ===

impl Streams {
    /// `None` is patience without end.
    pub(crate) const fn new(limit: Option<Duration>, metrics: Arc<Metrics>) -> Self {
        Self { limit, metrics }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let panics = Panics(Arc::clone(&self.metrics));
        let stream = async move {
            let _panics = panics;
            stream.await;
        };
        let Some(limit) = self.limit else {
            tokio::spawn(stream);
            return;
        };
        let taking = Arc::new(Taking::new());
        let watched = Arc::clone(&taking);
        tokio::spawn(TAKING.scope(taking, async move {
            tokio::select! {
                () = stream => {}
                // Dropping the stream resets it, and ends the provider's call.
                () = watched.nothing_for(limit) => {
                    tracing::debug!("a caller does not read one of its streams");
                }
            }
        }));
    }
}

// === impl Taking ===

impl Taking {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            since: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        let elapsed = self.origin.elapsed().as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX - 1) + 1
    }

    /// The transport asks for more, so its caller has taken what there was.
    fn asks(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    /// The transport has a chunk for its caller.
    fn is_owed(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    async fn nothing_for(&self, limit: Duration) {
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        loop {
            tokio::time::sleep(limit / LOOKS).await;
            let since = self.since.load(Ordering::Relaxed);
            if since != 0 && self.now() - since >= limit_ms {
                return;
            }
        }
    }
}

// === impl Paced ===

impl Paced {
    /// The body of an answer to a request of that version; to be made in the task that runs it.
    pub(crate) fn new(body: Body, version: Version, pressure: &Arc<Pressure>) -> Self {
        let reader = match version {
            Version::HTTP_2 => Reader::Http2(TAKING.try_with(Arc::clone).ok()),
            _ => Reader::Http1(Arc::clone(pressure)),
        };
        Self { body, reader }
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { body, reader } = &mut *self;
        match reader {
            Reader::Http1(pressure) => ready!(pressure.poll_low(cx)),
            Reader::Http2(Some(taking)) => taking.asks(),
            Reader::Http2(None) => {}
        }
        let polled = Pin::new(body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            match reader {
                Reader::Http1(pressure) => pressure.add(frame.data_ref().map_or(0, Bytes::len)),
                Reader::Http2(Some(taking)) => taking.is_owed(),
                Reader::Http2(None) => {}
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
