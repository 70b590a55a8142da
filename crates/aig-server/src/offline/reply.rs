//! What goes back: a document at once, or a stream in its own pace; both can end as they should not.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;
use tokio::time::Sleep;

/// Events that are being written, grouped into what is sent at once.
#[derive(Debug, Default)]
pub(super) struct Script {
    chunks: VecDeque<Bytes>,
    open: String,
}

/// The body of every answer.
#[derive(Debug)]
pub(super) struct Paced {
    chunks: VecDeque<Bytes>,
    pace: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    /// A document tells its length, a stream does not know it.
    is_document: bool,
    end: End,
    /// Whether the connection had time to write what was said before it breaks off.
    written: bool,
}

/// How a body ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    Clean,
    /// The connection breaks off.
    Cut,
    /// Nothing more comes, and nothing ends.
    Stall,
    /// This comes again and again.
    Endless(Bytes),
}

/// The provider broke off; on purpose, but nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BrokenOff;

/// A whole document.
pub(super) fn document(status: StatusCode, body: &Value) -> Response<Paced> {
    plain(status, "application/json", Bytes::from(body.to_string()))
}

/// Any whole body.
pub(super) fn plain(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Paced> {
    let chunks = VecDeque::from([body]);
    let mut response = Response::new(Paced {
        // An empty chunk is none.
        chunks: chunks
            .into_iter()
            .filter(|chunk| !chunk.is_empty())
            .collect(),
        pace: Duration::ZERO,
        pause: None,
        is_document: true,
        end: End::Clean,
        written: false,
    });
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A stream of events.
pub(super) fn stream(script: Script, pace: Duration) -> Response<Paced> {
    stream_of("text/event-stream; charset=utf-8", script, pace)
}

/// A stream in another form.
pub(super) fn stream_of(kind: &'static str, script: Script, pace: Duration) -> Response<Paced> {
    let mut response = Response::new(Paced {
        chunks: script.chunks,
        pace,
        pause: None,
        is_document: false,
        end: End::Clean,
        written: false,
    });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

// === impl Script ===

impl Script {
    /// An event without a name.
    pub(super) fn data(&mut self, data: &Value) {
        self.open.push_str(&format!("data: {data}\n\n"));
    }

    /// An event whose data is a word and no JSON.
    pub(super) fn word(&mut self, word: &str) {
        self.open.push_str(&format!("data: {word}\n\n"));
    }

    /// An event that has its type as name, too.
    pub(super) fn event(&mut self, data: &Value) {
        let name = data["type"].as_str().unwrap_or_default();
        self.open
            .push_str(&format!("event: {name}\ndata: {data}\n\n"));
    }

    /// Anything, as it is.
    pub(super) fn text(&mut self, text: &str) {
        self.open.push_str(text);
    }

    /// What was written until here is sent at once, before the next pause.
    pub(super) fn send(&mut self) {
        if !self.open.is_empty() {
            self.chunks
                .push_back(Bytes::from(std::mem::take(&mut self.open)));
        }
    }
}

// === impl Paced ===

impl Paced {
    /// How many events are in it.
    pub(super) fn events(&self) -> usize {
        let ends = |chunk: &Bytes| chunk.windows(2).filter(|two| two == b"\n\n").count();
        self.chunks.iter().map(ends).sum()
    }

    /// Keeps the first half, by chunks or by bytes, and ends like that.
    pub(super) fn halved(response: Response<Self>, end: End) -> Response<Self> {
        let (mut head, mut body) = response.into_parts();
        if body.is_document {
            let whole: Vec<u8> = body.chunks.iter().flatten().copied().collect();
            // The length of the whole is announced, as the provider meant to send it.
            head.headers
                .insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
            let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
            body.chunks = VecDeque::from([half]);
            body.is_document = false;
        } else {
            body.chunks.truncate(body.chunks.len().div_ceil(2));
        }
        body.end = end;
        Response::from_parts(head, body)
    }

    /// Whether it is a stream.
    pub(super) fn is_stream(&self) -> bool {
        !self.is_document
    }

    /// What would come after the first half of a stream.
    pub(super) fn middle(&self) -> Option<Bytes> {
        self.chunks.get(self.chunks.len() / 2).cloned()
    }

    /// More for the end of a stream.
    pub(super) fn append(&mut self, script: Script) {
        self.chunks.extend(script.chunks);
    }

    fn next(&mut self) -> Option<Bytes> {
        self.chunks.pop_front().or_else(|| match &self.end {
            End::Endless(chunk) => Some(chunk.clone()),
            _ => None,
        })
    }

    /// Whether there is something after what is next.
    fn goes_on(&self) -> bool {
        !self.chunks.is_empty() || !matches!(self.end, End::Clean | End::Stall)
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let Some(chunk) = self.next() else {
            return match self.end {
                End::Cut if self.written => Poll::Ready(Some(Err(BrokenOff))),
                End::Cut => {
                    // An error takes along what is not yet written, and half an answer must arrive:
                    // who waits is flushed.
                    self.written = true;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                // Nobody will wake it; the connection's own reading notices when the client leaves.
                End::Stall => Poll::Pending,
                End::Clean | End::Endless(_) => Poll::Ready(None),
            };
        };
        if self.goes_on() && !self.pace.is_zero() {
            self.pause = Some(Box::pin(tokio::time::sleep(self.pace)));
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && self.end == End::Clean
    }

    fn size_hint(&self) -> SizeHint {
        match self.is_document {
            true => SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum()),
            false => SizeHint::default(),
        }
    }
}

// === impl BrokenOff ===

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the offline provider broke off, as the model's name asked it to")
    }
}

impl std::error::Error for BrokenOff {}
