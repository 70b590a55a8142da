//! A request's body that may have to be sent more than once.
//!
//! The first pass streams it as it comes. Only where a second pass is possible is what went by
//! kept, chunk by chunk as it was received and up to a bound; beyond it the body is lost, which
//! the next attempt is told. One pass at a time: a pass that was overtaken by a newer one breaks.
//!
//! What the bytes say is read on the first pass by `aig-provider`'s reader.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use aig_policy::BodyLost;
use aig_provider::{RequestReader, RequestReading};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use crate::body::BodyError;
use crate::inbound::{Idle, Inbound};

/// The body of one request, for as many passes as are allowed.
#[derive(Clone)]
pub(crate) struct Payload(Arc<Mutex<Inner>>);

struct Inner {
    /// What has not been received yet.
    rest: Option<Inbound>,
    /// What has been received, if it is kept.
    kept: Vec<Bytes>,
    /// Small chunks that wait to be kept as one.
    small: BytesMut,
    keep: Keep,
    /// Received so far, in bytes.
    received: u64,
    limit: u64,
    /// The whole length, where it is known in advance.
    length: Option<u64>,
    fault: Option<Fault>,
    reader: RequestReader,
    passes: u32,
}

/// What the caller did wrong while it sent its body, so that what follows is not laid at the
/// provider's door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It sent more than is allowed.
    TooLong,
    /// Its framing is broken.
    Malformed,
    /// It did not go on sending.
    Slow,
    /// It left before it had sent everything.
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    UpTo(u64),
    Lost,
}

/// One pass over a payload, from its beginning.
pub(crate) struct Upload {
    payload: Payload,
    pass: u32,
    /// Which kept chunk comes next.
    at: usize,
    sent: u64,
}

/// The longest body that is kept for another pass, in bytes.
pub const MAX_KEPT: u64 = 25 << 20;

/// Chunks below this are not kept on their own, in bytes.
const SMALL: usize = 1 << 10;

/// How long a chunk made of small ones is at least, in bytes, but for the last.
const JOINED: usize = 16 << 10;

/// Why a pass breaks.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the request's body is too large")]
    TooLong,
    #[error("the request is sent elsewhere by now")]
    Overtaken,
}

// === impl Payload ===

impl Payload {
    /// A body that is still arriving. With `again` it is kept for further passes.
    pub(crate) fn arriving(body: Inbound, limit: u64, again: bool, reader: RequestReader) -> Self {
        Self::of(Inner {
            length: body.size_hint().exact(),
            rest: Some(body),
            kept: Vec::new(),
            small: BytesMut::new(),
            keep: if again {
                Keep::UpTo(MAX_KEPT)
            } else {
                Keep::Nothing
            },
            received: 0,
            limit,
            fault: None,
            reader,
            passes: 0,
        })
    }

    /// A body that is there as a whole.
    pub(crate) fn whole(body: Bytes, mut reader: RequestReader) -> Self {
        reader.feed(&body);
        let length = body.len() as u64;
        Self::of(Inner {
            rest: None,
            kept: if body.is_empty() {
                Vec::new()
            } else {
                vec![body]
            },
            small: BytesMut::new(),
            keep: Keep::UpTo(length),
            received: length,
            limit: length,
            length: Some(length),
            fault: None,
            reader,
            passes: 0,
        })
    }

    fn of(inner: Inner) -> Self {
        Self(Arc::new(Mutex::new(inner)))
    }

    /// A new pass; a former one that is still under way breaks.
    pub(crate) fn pass(&self) -> Upload {
        let mut inner = self.lock();
        inner.passes += 1;
        inner.join_small();
        Upload {
            payload: self.clone(),
            pass: inner.passes,
            at: 0,
            sent: 0,
        }
    }

    /// Why there can be no further pass, if there cannot.
    pub(crate) fn lost(&self) -> Option<BodyLost> {
        let inner = self.lock();
        match inner.keep {
            Keep::UpTo(_) => None,
            Keep::Lost => Some(BodyLost::TooLong),
            Keep::Nothing if inner.received == 0 => None,
            Keep::Nothing => Some(BodyLost::Streamed),
        }
    }

    /// Bytes received so far.
    pub(crate) fn received(&self) -> u64 {
        self.lock().received
    }

    /// What the caller did wrong, if anything.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.lock().fault
    }

    /// The longest body that is forwarded, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.lock().limit
    }

    /// What the body has said so far.
    pub(crate) fn reading(&self) -> RequestReading {
        self.lock().reader.reading()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Fault ===

impl Fault {
    /// hyper tells a bad frame by the kind of the I/O error beneath; everything else is an end
    /// that came too early.
    fn of(error: &BodyError) -> Self {
        if error.is::<Idle>() {
            return Self::Slow;
        }
        let mut link: Option<&(dyn std::error::Error + 'static)> = Some(&**error);
        while let Some(error) = link {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return match io.kind() {
                    ErrorKind::InvalidData | ErrorKind::InvalidInput => Self::Malformed,
                    _ => Self::Gone,
                };
            }
            link = error.source();
        }
        Self::Gone
    }
}

// === impl Inner ===

impl Inner {
    fn receive(&mut self, data: &Bytes) -> Result<(), Broken> {
        self.received += data.len() as u64;
        if self.received > self.limit {
            self.fault = Some(Fault::TooLong);
            return Err(Broken::TooLong);
        }
        self.reader.feed(data);
        match self.keep {
            Keep::UpTo(most) if self.received > most => {
                self.keep = Keep::Lost;
                self.kept = Vec::new();
                self.small = BytesMut::new();
            }
            Keep::UpTo(_) => self.hold(data),
            Keep::Nothing | Keep::Lost => {}
        }
        Ok(())
    }

    /// Keeps a chunk. Small ones are copied together: a chunk of one byte costs as much to hold as
    /// one of a page, and a caller chooses how many it makes.
    fn hold(&mut self, data: &Bytes) {
        if data.len() < SMALL {
            self.small.extend_from_slice(data);
            if self.small.len() < JOINED {
                return;
            }
            return self.join_small();
        }
        self.join_small();
        self.kept.push(data.clone());
    }

    fn join_small(&mut self) {
        if !self.small.is_empty() {
            self.kept.push(self.small.split().freeze());
        }
    }

    fn is_received(&self) -> bool {
        self.rest.as_ref().is_none_or(Body::is_end_stream)
    }
}

// === impl Upload ===

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
        if let Some(data) = frame.data_ref() {
            if let Err(broken) = inner.receive(data) {
                return Poll::Ready(Some(Err(broken.into())));
            }
            self.sent += data.len() as u64;
            self.at = inner.kept.len();
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        let inner = self.payload.lock();
        self.at >= inner.kept.len() && inner.is_received() && self.sent == inner.received
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.payload.lock();
        inner.length.map_or_else(SizeHint::default, |length| {
            SizeHint::with_exact(length - self.sent)
        })
    }
}

#[cfg(test)]
mod tests;
