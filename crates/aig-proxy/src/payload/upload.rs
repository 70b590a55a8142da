//! One pass over a payload: what was kept, then what still arrives.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{Broken, Fault, Payload};
use crate::body::BodyError;

/// One pass over a payload, from its beginning.
pub(crate) struct Upload {
    pub(super) payload: Payload,
    pub(super) pass: u32,
    /// Which kept chunk comes next.
    pub(super) at: usize,
    pub(super) sent: u64,
}

// === impl Upload ===

impl Upload {
    /// What it is a pass of.
    pub(crate) fn payload(&self) -> Payload {
        self.payload.clone()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let payload = self.payload.clone();
        let mut inner = payload.lock();
        if inner.passes != self.pass {
            return Poll::Ready(Some(Err(Broken::Overtaken.into())));
        }
        // A transport that told of its fault says afterwards that the body is over.
        if inner.fault.is_some() {
            return Poll::Ready(Some(Err(Broken::Incomplete.into())));
        }
        if let Some(chunk) = inner.kept.get(self.at).cloned() {
            self.at += 1;
            self.sent += chunk.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let Some(rest) = &mut inner.rest else {
            return Poll::Ready(None);
        };
        let frame = match ready!(Pin::new(rest).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                inner.fault = Some(Fault::of(&error));
                return Poll::Ready(Some(Err(error)));
            }
            None => {
                inner.rest = None;
                return Poll::Ready(None);
            }
        };
        // Nothing in a trailer is meant for a provider, and names that may not leave would leave there.
        if frame.is_trailers() {
            inner.rest = None;
            return Poll::Ready(None);
        }
        let Ok(data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        match inner.receive(data) {
            Ok(data) => {
                self.sent += data.len() as u64;
                self.at = inner.kept.len();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Err(broken) => Poll::Ready(Some(Err(broken.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        let inner = self.payload.lock();
        self.at >= inner.kept.len()
            && inner.is_received()
            && self.sent == inner.received + inner.added
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.payload.lock();
        let length = match inner.rest {
            None => Some(inner.received + inner.added),
            // Whether the question is asked is known at the end only.
            Some(_) if inner.asks => None,
            Some(_) => inner.length,
        };
        length.map_or_else(SizeHint::default, |length| {
            SizeHint::with_exact(length - self.sent)
        })
    }
}
