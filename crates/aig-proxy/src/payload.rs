//! A request's body that may have to be sent more than once.
//!
//! The first pass streams it as it comes. Only where a second pass is possible is what went by
//! kept, chunk by chunk as it was received and up to a bound; beyond it the body is lost, which
//! the next attempt is told. One pass at a time: a pass that was overtaken by a newer one breaks.
//!
//! What the bytes say is read on the first pass by `aig-provider`'s reader. There is one change that
//! is made to a body, for streams that have to be asked for their token counts, and it is made as the
//! body passes.

use std::fmt::Write;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use aig_model::CompactString;
use aig_policy::BodyLost;
use aig_policy::cache::{BodyDigest, BodyHasher};
use aig_provider::{RequestReader, USAGE_QUESTION};
use aws_lc_rs::digest::SHA256;
use bytes::{Bytes, BytesMut};
use http_body::Body;

use crate::body::BodyError;
use crate::inbound::{Idle, Inbound};
use crate::transcript::Capture;

mod upload;

pub(crate) use upload::Upload;

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
    /// Looks at what passes, if anybody wants to know what it says.
    reader: Option<RequestReader>,
    /// Whether the question for usage is to be asked where there is a place for it.
    asks: bool,
    /// Its place in a body that was there as a whole.
    place: Option<usize>,
    /// Bytes that the question added; zero while it is not asked.
    added: u64,
    /// What the log is to have of it.
    capture: Option<Capture>,
    /// Of what the caller sent, once it was asked for.
    digest: Option<BodyDigest>,
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

/// The longest body that is kept for another pass, in bytes.
pub const MAX_KEPT: u64 = 25 << 20;

/// Up to this length, in bytes, a body that is to ask for token counts is received before it is sent.
const SHORT: u64 = 256 << 10;

/// So many bytes are hashed before others have their turn: about a millisecond of work.
const AT_ONCE: usize = 1 << 20;

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
    #[error("the request's body did not come to its end")]
    Incomplete,
}

// === impl Payload ===

impl Payload {
    /// A body that is still arriving. With `again` it is kept for further passes. Without a reader
    /// nobody wants to know what it says.
    pub(crate) fn arriving(
        body: Inbound,
        limit: u64,
        again: bool,
        reader: Option<RequestReader>,
    ) -> Self {
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
            asks: false,
            place: None,
            added: 0,
            capture: None,
            digest: None,
            passes: 0,
        })
    }

    /// A body that is there as a whole.
    pub(crate) fn whole(body: Bytes, mut reader: RequestReader) -> Self {
        let place = reader.feed(&body);
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
            reader: Some(reader),
            asks: false,
            place,
            added: 0,
            capture: None,
            digest: None,
            passes: 0,
        })
    }

    /// Has the body ask for token counts, where it is one of a stream that does not by itself. The
    /// length that the caller announced is then none to go by. Before the first pass only.
    pub(crate) fn ask_usage(&self) {
        let mut inner = self.lock();
        inner.asks = true;
        if let Some(place) = inner.place.take()
            && let Some(whole) = inner.kept.pop()
        {
            let asking = inner.asking(whole, Some(place));
            inner.kept.push(asking);
            inner.length = Some(inner.received + inner.added);
        }
    }

    /// Has the body kept for the log. Before the first pass, and before anything is added to it.
    pub(crate) fn capture(&self, mut capture: Capture) {
        let mut inner = self.lock();
        for chunk in &inner.kept {
            capture.push(chunk);
        }
        inner.capture = Some(capture);
    }

    /// What the log is to have of it.
    pub(crate) fn take_capture(&self) -> Option<Capture> {
        self.lock().capture.take()
    }

    /// Whether the question for token counts went out with it, or may still go.
    pub(crate) fn may_have_asked(&self) -> bool {
        let inner = self.lock();
        inner.added > 0 || (inner.asks && !inner.is_received())
    }

    /// Receives the body before anything is sent, up to about that many bytes; says whether that is
    /// all of it. What was received goes out with the next pass, however much there is.
    pub(crate) async fn gather(&self, most: u64) -> Result<bool, Fault> {
        std::future::poll_fn(|cx| self.lock().poll_gather(cx, most)).await
    }

    /// Receives a body that has to be asked for token counts, if it is short and says so: it then
    /// goes out with its length. Others go out in chunks.
    pub(crate) async fn gather_question(&self) -> Result<(), Fault> {
        let is_short = {
            let inner = self.lock();
            let told = inner
                .rest
                .as_ref()
                .and_then(|rest| rest.size_hint().exact());
            inner.asks && told.is_some_and(|length| length <= SHORT)
        };
        match is_short {
            true => self.gather(SHORT).await.map(|_| ()),
            false => Ok(()),
        }
    }

    /// Of a body that was gathered: whether it asks for a stream, and its digest.
    pub(crate) fn question(&self) -> (bool, BodyDigest) {
        let mut inner = self.lock();
        let mut hasher = BodyHasher::default();
        for chunk in &inner.kept {
            hasher.update(chunk);
        }
        let digest = hasher.finish();
        // With the question for usage in it, it is not what the caller sent.
        inner.digest = (inner.added == 0).then_some(digest);
        let stream = inner.reader.as_ref().and_then(RequestReader::stream);
        (stream == Some(true), digest)
    }

    /// The digest of what the caller sent, where [`question`](Self::question) has made it.
    pub(crate) fn digest(&self) -> Option<BodyDigest> {
        self.lock().digest
    }

    /// The SHA-256 of a body that was gathered, in hex, as it goes out. Whoever else waits for this
    /// thread has a turn now and then.
    pub(crate) async fn sha256(&self) -> String {
        let kept = self.lock().kept.clone();
        let mut digest = aws_lc_rs::digest::Context::new(&SHA256);
        for piece in kept.iter().flat_map(|chunk| chunk.chunks(AT_ONCE)) {
            digest.update(piece);
            if piece.len() == AT_ONCE {
                tokio::task::yield_now().await;
            }
        }
        let digest = digest.finish();
        digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Lowers the longest body that is forwarded. Before the first pass only.
    pub(crate) fn limit_to(&self, most: u64) {
        let mut inner = self.lock();
        inner.limit = inner.limit.min(most);
    }

    /// The length, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.lock().length
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

    /// Whether the caller has sent all of it.
    pub(crate) fn is_received(&self) -> bool {
        self.lock().is_received()
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

    /// The model that the body has asked for so far.
    pub(crate) fn model(&self) -> Option<CompactString> {
        self.lock().reader.as_ref()?.model()
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
    /// Takes a chunk and gives it as it goes on.
    fn receive(&mut self, data: Bytes) -> Result<Bytes, Broken> {
        let data = self.look_at(data)?;
        match self.keep {
            Keep::UpTo(most) if self.received > most => {
                self.keep = Keep::Lost;
                self.kept = Vec::new();
                self.small = BytesMut::new();
            }
            Keep::UpTo(_) => self.hold(data.clone()),
            Keep::Nothing | Keep::Lost => {}
        }
        Ok(data)
    }

    /// Whoever wants to know what passes sees it here, once.
    fn look_at(&mut self, data: Bytes) -> Result<Bytes, Broken> {
        self.received += data.len() as u64;
        if self.received > self.limit {
            self.fault = Some(Fault::TooLong);
            return Err(Broken::TooLong);
        }
        let place = self.reader.as_mut().and_then(|reader| reader.feed(&data));
        if let Some(capture) = &mut self.capture {
            capture.push(&data);
        }
        Ok(self.asking(data, place))
    }

    /// The chunk, with the question for token counts if its place is there.
    fn asking(&mut self, chunk: Bytes, place: Option<usize>) -> Bytes {
        let Some(at) = place.filter(|_| self.asks) else {
            return chunk;
        };
        self.added = USAGE_QUESTION.len() as u64;
        [&chunk[..at], USAGE_QUESTION, &chunk[at..]].concat().into()
    }

    fn poll_gather(&mut self, cx: &mut Context<'_>, most: u64) -> Poll<Result<bool, Fault>> {
        if self.keep != Keep::Lost {
            self.keep = Keep::UpTo(MAX_KEPT);
        }
        while let Some(rest) = &mut self.rest {
            if self.received > most {
                // It can be sent once, and what is still to come is not kept.
                self.join_small();
                return Poll::Ready(Ok(false));
            }
            match ready!(Pin::new(rest).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => match self.look_at(data) {
                        Ok(data) => self.hold(data),
                        Err(_) => return Poll::Ready(Err(Fault::TooLong)),
                    },
                    // Trailers.
                    Err(_) => self.rest = None,
                },
                Some(Err(error)) => {
                    let fault = Fault::of(&error);
                    self.fault = Some(fault);
                    return Poll::Ready(Err(fault));
                }
                None => self.rest = None,
            }
        }
        self.join_small();
        self.length = Some(self.received + self.added);
        Poll::Ready(Ok(true))
    }

    /// Keeps a chunk. Small ones are copied together: a chunk of one byte costs as much to hold as
    /// one of a page, and a caller chooses how many it makes.
    fn hold(&mut self, data: Bytes) {
        // One that is all there is has none to be joined with.
        let alone = self.received + self.added == data.len() as u64 && self.is_received();
        if data.len() < SMALL && !alone {
            self.small.extend_from_slice(&data);
            if self.small.len() < JOINED {
                return;
            }
            return self.join_small();
        }
        self.join_small();
        self.kept.push(data);
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

#[cfg(test)]
mod tests;
