//! An answer on its way to the caller: every byte goes on unchanged and at once, and is shown to
//! the trail as it passes. Backpressure is the transport's own: nothing is polled that the other
//! side has not room for.
//!
//! What is made of the bytes is left to `aig-provider`'s readers, what becomes of the facts to
//! the trail. Requests are `payload`'s.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aig_model::Outcome;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::body::BodyError;
use crate::headers;
use crate::mask::Masked;
use crate::record::Trail;

/// An answer's body. Its end, whichever it is, ends the trail.
pub(crate) struct Tee {
    body: Masked<Incoming>,
    trail: Trail,
    ending: Ending,
}

/// How the transport marks the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By a length, a last chunk, or the end of an HTTP/2 stream: an end is an end.
    Marked,
    /// By closing the connection, which a provider that breaks off does as well.
    ByClosing,
}

/// The provider closed the connection before its stream had said that it is complete.
#[derive(Debug, thiserror::Error)]
#[error("the provider broke off in the middle of its answer")]
struct BrokeOff;

// === impl Tee ===

impl Tee {
    /// Forwards `body`; an answer without one is complete at once.
    pub(crate) fn new(body: Masked<Incoming>, mut trail: Trail, ending: Ending) -> Self {
        if body.is_end_stream() {
            trail.end(Outcome::Complete);
        }
        Self {
            body,
            trail,
            ending,
        }
    }

    /// The transport says that the body is over. Whether it is whole is for the stream to say
    /// where the transport cannot.
    fn over(&mut self) -> Option<Result<Frame<Bytes>, BodyError>> {
        if self.ending == Ending::ByClosing && self.trail.is_unfinished_stream() {
            self.trail.end(Outcome::UpstreamBroke);
            return Some(Err(BrokeOff.into()));
        }
        self.trail.end(Outcome::Complete);
        None
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
            Some(Ok(mut frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    headers::for_caller(trailers);
                }
                if let Some(data) = frame.data_ref() {
                    self.trail.forwarded(data);
                }
                // The transport does not ask again after the last byte of a known length, nor
                // after trailers.
                if frame.is_trailers() || self.body.is_end_stream() {
                    self.trail.end(Outcome::Complete);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.trail.end(Outcome::UpstreamBroke);
                // An error here makes the listener break the transfer off: no clean end.
                Some(Err(error.into()))
            }
            None => self.over(),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
