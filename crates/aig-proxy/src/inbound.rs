//! The body of a request as the listener hands it on.
//!
//! A request that is refused is answered before its body has arrived. Closing the connection on a
//! caller that is still sending would reset it, and the answer would be lost on the way; so what
//! is left of a dropped body is read and thrown away for a moment, within tight bounds. The bytes
//! are never taken for another request: that is the transport's framing, which stays in force.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::body::BodyError;
use crate::pace::Pace;

/// A request's body. What is left of it when it is dropped is drained.
pub struct Inbound {
    body: Option<Incoming>,
    pace: Pace,
    /// Runs while more is asked for and nothing comes.
    late: Option<Pin<Box<Sleep>>>,
    /// Whether the caller waits for permission to send; then nothing is on its way.
    expects: bool,
}

/// The body comes too slowly, or nothing more of it came for a while.
#[derive(Debug, thiserror::Error)]
#[error("the request's body did not arrive")]
pub(crate) struct Idle;

/// How much is thrown away at most, in bytes.
pub const DRAIN_BYTES: usize = 4 << 20;
/// How long at most.
pub const DRAIN_TIME: Duration = Duration::from_secs(2);

impl Inbound {
    /// `pause`: how long the caller may pause in the middle of the body.
    pub(crate) fn new(body: Incoming, headers: &HeaderMap, pause: Duration) -> Self {
        Self {
            body: Some(body),
            pace: Pace::new(pause),
            late: None,
            expects: headers.contains_key(header::EXPECT),
        }
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.expects = false;
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(polled) = Pin::new(body).poll_frame(cx) {
            let data = polled.as_ref().and_then(|frame| frame.as_ref().ok());
            let data = data.and_then(Frame::data_ref);
            let length = data.map_or(0, Bytes::len);
            self.pace.came(length, Instant::now());
            self.late = None;
            return Poll::Ready(polled.map(|frame| frame.map_err(Into::into)));
        }
        if let Some(most) = self.pace.waits(Instant::now()) {
            self.late = Some(Box::pin(tokio::time::sleep(most)));
        }
        let late = self.late.as_mut();
        ready!(late.expect("a pause has its timer").as_mut().poll(cx));
        Poll::Ready(Some(Err(Idle.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        let left = self
            .body
            .take()
            .filter(|body| !body.is_end_stream() && !self.expects);
        if let Some(body) = left
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // Ends by itself: with the body, the bytes, the time or the connection.
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(length) else {
            return;
        };
        left = less;
    }
}
