//! Bodies on their way through the house: every byte goes on unchanged and at once, and is shown
//! to an observer as it passes. Backpressure is the transport's own: nothing is polled that the
//! other side has not room for.
//!
//! What is made of the bytes is left to `aig-provider`'s readers, what becomes of the facts to
//! the trail.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use aig_model::Outcome;
use aig_provider::RequestReader;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::Inbound;
use crate::body::BodyError;
use crate::record::Trail;

/// What is seen of a request's body while it is sent; shared with the trail, which outlives it.
#[derive(Clone)]
pub(crate) struct Notes(Arc<Mutex<Seen>>);

struct Seen {
    reader: RequestReader,
    bytes: u64,
    overrun: bool,
}

/// A request's body on its way to the provider.
pub(crate) struct Upload {
    body: Inbound,
    notes: Notes,
    left: u64,
}

/// An answer on its way to the caller. Its end, whichever it is, ends the trail.
pub(crate) struct Tee {
    body: Incoming,
    trail: Trail,
}

/// The upload is longer than is allowed.
#[derive(Debug, thiserror::Error)]
#[error("the request's body is too large")]
struct TooLong;

// === impl Notes ===

impl Notes {
    pub(crate) fn new(reader: RequestReader) -> Self {
        Self(Arc::new(Mutex::new(Seen {
            reader,
            bytes: 0,
            overrun: false,
        })))
    }

    /// Bytes sent so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.with(|seen| seen.bytes)
    }

    /// Whether the upload was cut for being too long, so that what follows is the caller's fault.
    pub(crate) fn overrun(&self) -> bool {
        self.with(|seen| seen.overrun)
    }

    /// The model that the request names, if it has been seen.
    pub(crate) fn model(&self) -> Option<String> {
        self.with(|seen| seen.reader.reading().model)
    }

    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Upload ===

impl Upload {
    /// Forwards `body` up to `limit` bytes.
    pub(crate) const fn new(body: Inbound, notes: Notes, limit: u64) -> Self {
        Self {
            body,
            notes,
            left: limit,
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            let length = data.len() as u64;
            let Some(left) = self.left.checked_sub(length) else {
                self.notes.with(|seen| seen.overrun = true);
                return Poll::Ready(Some(Err(TooLong.into())));
            };
            self.left = left;
            self.notes.with(|seen| {
                seen.bytes += length;
                seen.reader.feed(data);
            });
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

// === impl Tee ===

impl Tee {
    /// Forwards `body`; an answer without one is complete at once.
    pub(crate) fn new(body: Incoming, mut trail: Trail) -> Self {
        if body.is_end_stream() {
            trail.end(Outcome::Complete);
        }
        Self { body, trail }
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(match polled {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.trail.forwarded(data);
                }
                // The transport does not ask again after the last byte of a known length.
                if self.body.is_end_stream() {
                    self.trail.end(Outcome::Complete);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.trail.end(Outcome::UpstreamBroke);
                // An error here makes the listener break the transfer off: no clean end.
                Some(Err(error.into()))
            }
            None => {
                self.trail.end(Outcome::Complete);
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
