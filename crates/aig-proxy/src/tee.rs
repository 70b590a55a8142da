//! An answer on its way to the caller: every byte goes on unchanged and at once, and is shown to
//! the trail as it passes. What the gateway itself asked for beside the caller's request is taken out. Backpressure is the transport's own: nothing is polled that the other
//! side has not room for.
//!
//! What is made of the bytes is left to `aig-provider`'s readers, what becomes of the facts to
//! the trail, what is said when the provider breaks off to `farewell`. Requests are `payload`'s.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aig_model::Outcome;
use aig_provider::UsageFilter;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::body::BodyError;
use crate::farewell::{Farewell, Said};
use crate::headers;
use crate::lull::Lull;
use crate::mask::Masked;
use crate::pool::Download;
use crate::record::Trail;
use crate::stored::Stored;

/// An answer's body. Its end, whichever it is, ends the trail.
pub(crate) struct Tee {
    /// What still comes from the provider; gone once it has broken off.
    body: Option<Masked<Download>>,
    trail: Trail,
    ending: Ending,
    farewell: Farewell,
    silence: Lull,
    /// When the answer has lasted too long.
    deadline: Option<Pin<Box<Sleep>>>,
    broken: Option<Broken>,
    passing: Passing,
}

/// What is done with an answer beside passing it on.
pub(crate) struct Passing {
    /// It goes into the cache.
    pub(crate) stored: Option<Stored>,
    /// The answer to a question that the caller did not ask is taken out; gone at the end.
    pub(crate) filter: Option<Box<UsageFilter>>,
}

/// How the transport marks the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By a length, a last chunk, or the end of an HTTP/2 stream: an end is an end.
    Marked,
    /// By closing the connection, which a provider that breaks off does as well.
    ByClosing,
}

/// How long answers may take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    /// Between two bytes, waiting for the caller not included; `None` is for ever.
    pub(crate) idle: Option<Duration>,
    /// From the first byte to the last; `None` is for ever.
    pub(crate) longest: Option<Duration>,
}

/// An answer that broke off, and what the caller is still to be told of it.
struct Broken {
    said: Option<Said>,
    /// Whether the transport had a turn since.
    waited: bool,
    why: Option<BodyError>,
}

/// What comes of asking the provider for more: a frame, the end, or a break and what it is.
type Polled = Poll<Option<Result<Frame<Bytes>, (Outcome, BodyError)>>>;

/// Why an answer breaks off here that the transport did not break.
#[derive(Debug, thiserror::Error)]
enum BrokeOff {
    #[error("the provider broke off in the middle of its answer")]
    Closed,
    #[error("the provider went silent in the middle of its answer")]
    Silent,
    #[error("the answer took longer than is allowed")]
    Endless,
}

// === impl Tee ===

impl Tee {
    /// Forwards `body`; an answer without one is complete at once.
    pub(crate) fn new(
        body: Masked<Download>,
        trail: Trail,
        ending: Ending,
        farewell: Farewell,
        patience: Patience,
        passing: Passing,
    ) -> Self {
        let is_empty = body.is_end_stream();
        let mut tee = Self {
            body: Some(body),
            trail,
            ending,
            farewell,
            silence: Lull::new(patience.idle),
            deadline: (patience.longest).map(|longest| Box::pin(tokio::time::sleep(longest))),
            broken: None,
            passing,
        };
        if is_empty {
            tee.passing.filter = None;
            tee.end(Outcome::Complete);
        }
        tee
    }

    /// What the provider sends, or why nothing more is waited for.
    fn poll_provider(&mut self, cx: &mut Context<'_>) -> Polled {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        // A stream that always has more must not hide the clock.
        if let Some(deadline) = &mut self.deadline
            && (deadline.deadline() <= Instant::now() || deadline.as_mut().poll(cx).is_ready())
        {
            let endless = BrokeOff::Endless.into();
            return Poll::Ready(Some(Err((Outcome::Cut, endless))));
        }
        let Poll::Ready(polled) = Pin::new(body).poll_frame(cx) else {
            ready!(self.silence.poll_too_long(cx));
            let silent = BrokeOff::Silent.into();
            return Poll::Ready(Some(Err((Outcome::UpstreamBroke, silent))));
        };
        self.silence.over();
        Poll::Ready(match polled {
            // The transport says that the body is over. Whether it is whole is for the stream to
            // say where the transport cannot.
            None if self.ending == Ending::ByClosing && self.trail.is_unfinished_stream() => {
                Some(Err((Outcome::UpstreamBroke, BrokeOff::Closed.into())))
            }
            None => None,
            Some(frame) => Some(frame.map_err(|error| (Outcome::UpstreamBroke, error.into()))),
        })
    }

    /// Some of the answer came; gives what of it passes now, which may be nothing.
    fn pass(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let frame = match frame.into_data() {
            Ok(data) => {
                self.trail.read(&data);
                let data = match &mut self.passing.filter {
                    Some(filter) => filter.feed(data),
                    None => data,
                };
                self.forward(&data);
                Frame::data(data)
            }
            Err(mut trailers) => {
                if let Some(trailers) = trailers.trailers_mut() {
                    headers::for_caller(trailers);
                }
                trailers
            }
        };
        // The transport does not ask again after the last byte of a known length, nor after
        // trailers.
        if frame.is_trailers() || self.is_end_stream() {
            self.end(Outcome::Complete);
        }
        let is_empty = frame.data_ref().is_some_and(Bytes::is_empty);
        (!is_empty || self.passing.filter.is_none()).then_some(frame)
    }

    fn forward(&mut self, data: &Bytes) {
        self.trail.forwarded(data);
        self.farewell.forwarded(data);
        if let Some(stored) = self.passing.stored.take() {
            self.passing.stored = stored.push(data, &mut self.trail);
        }
    }

    /// What is left at the end of what was held back to be looked at.
    fn held_back(&mut self) -> Option<Frame<Bytes>> {
        let rest = self.passing.filter.take()?.finish();
        self.forward(&rest);
        (!rest.is_empty()).then(|| Frame::data(rest))
    }

    /// The answer is over, one way or the other. Only the first end counts.
    fn end(&mut self, outcome: Outcome) {
        if let Some(stored) = self.passing.stored.take() {
            let must_say = self.ending == Ending::ByClosing;
            stored.end(outcome, must_say, &mut self.trail);
        }
        self.trail.end(outcome);
    }

    /// The answer ends before its end. The provider's call ends at once, and the caller is told in
    /// the stream's own words if that can be done.
    fn break_off(&mut self, outcome: Outcome, why: BodyError) -> Option<Frame<Bytes>> {
        let unfinished = self.trail.is_unfinished_stream();
        self.end(outcome);
        self.body = None;
        // An event that is not whole is none.
        self.passing.filter = None;
        let told = self.farewell.say().filter(|_| unfinished);
        let (event, said) = told.unzip();
        self.broken = Some(Broken {
            said,
            waited: false,
            why: Some(why),
        });
        event.map(Frame::data)
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while self.broken.is_none() {
            match ready!(self.poll_provider(cx)) {
                None => {
                    let rest = self.held_back();
                    self.end(Outcome::Complete);
                    return Poll::Ready(rest.map(Ok));
                }
                Some(Ok(frame)) => {
                    if let Some(frame) = self.pass(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err((outcome, why))) => {
                    if let Some(event) = self.break_off(outcome, why) {
                        return Poll::Ready(Some(Ok(event)));
                    }
                }
            }
        }
        let Some(broken) = &mut self.broken else {
            return Poll::Ready(None);
        };
        // What a transport still holds when it hears of an error, it throws away.
        if let Some(said) = &mut broken.said {
            ready!(said.poll_sent(cx));
        } else if !std::mem::replace(&mut broken.waited, true) {
            // It sends what it holds before it asks again.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // An error here makes the listener break the transfer off: no clean end.
        Poll::Ready(broken.why.take().map(Err))
    }

    fn is_end_stream(&self) -> bool {
        match (&self.broken, &self.body) {
            // What is held back may still follow.
            (None, Some(body)) => self.passing.filter.is_none() && body.is_end_stream(),
            _ => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Some(body) if self.passing.filter.is_none() => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}
