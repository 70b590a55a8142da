//! A connection of HTTP/1 in the hands of the request that it serves, and then of its answer's body.
//!
//! All that the request and the body wait for comes from the connection, and it is polled in the same
//! call. So they need no waker, and nothing is woken that is awake already.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest};
use tokio::task::coop::unconstrained;

use super::{Idle, Lost, Place, Stream};
use crate::payload::Upload;

/// A connection of HTTP/1. Dropped, it is closed, and the provider stops as well.
pub(super) struct Line {
    sender: SendRequest<Upload>,
    /// Gone once it is closed.
    connection: Option<Connection<Stream, Upload>>,
    place: Place,
    /// What a request says of the place.
    host: HeaderValue,
    idle: Arc<Idle>,
    served: bool,
    /// Whether it may serve again.
    again: bool,
}

/// The body of an answer. With it goes its connection, until there is nothing more to be read.
pub(crate) struct Download {
    body: Incoming,
    line: Option<Box<Line>>,
}

// === impl Line ===

impl Line {
    pub(super) fn new(
        (sender, connection): (SendRequest<Upload>, Connection<Stream, Upload>),
        place: Place,
        idle: Arc<Idle>,
    ) -> Self {
        Self {
            sender,
            connection: Some(connection),
            host: place.host(),
            place,
            idle,
            served: false,
            again: true,
        }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// The host that a request over it is for.
    pub(super) const fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Whether an answer came over it before.
    pub(super) const fn has_served(&self) -> bool {
        self.served
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn ask(
        mut self: Box<Self>,
        request: Box<Request<Upload>>,
    ) -> Result<Response<Download>, Lost> {
        let payload = request.body().payload();
        // Whose turn it is with the runtime is found by the connection.
        let answer = unconstrained(self.sender.try_send_request(*request));
        let mut answer = pin!(answer);
        let answer = std::future::poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(&mut unwoken())
        });
        let answer = answer.await.map_err(Lost::of)?;
        self.served = true;
        // Where a body ends that says it twice is doubtful, and so is what follows it.
        self.again &= !(answer.headers().contains_key(header::TRANSFER_ENCODING)
            && answer.headers().contains_key(header::CONTENT_LENGTH));
        // A caller that sends all before it reads any must not have to read for more to be sent.
        if !payload.is_received()
            && let Some(connection) = self.connection.take()
        {
            tokio::spawn(connection);
        }
        let line = match self.connection {
            Some(_) => self.unless_idle(),
            None => None,
        };
        Ok(answer.map(|body| Download { body, line }))
    }

    /// Has the connection do what it can do now. What comes of it is told by the answer.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(cx).is_ready()
        {
            // What waits in there is given back.
            self.connection = None;
        }
    }

    /// Whether it is open, as far as the system has told.
    pub(super) fn is_open(&mut self) -> bool {
        self.drive(&mut unwoken());
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Puts it with the idle ones if its work is done, or gives it back.
    fn unless_idle(self: Box<Self>) -> Option<Box<Self>> {
        if !self.sender.is_ready() {
            return Some(self);
        }
        if self.again {
            let idle = Arc::clone(&self.idle);
            idle.put(self);
        }
        None
    }
}

const fn unwoken() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

// === impl Download ===

impl Download {
    /// From a connection that others drive.
    pub(super) const fn shared(body: Incoming) -> Self {
        Self { body, line: None }
    }

    /// There is nothing more to be read.
    fn is_over(&mut self) {
        if let Some(mut line) = self.line.take()
            && line.is_open()
        {
            // Else something of the request is still to be sent, which nobody reads any more.
            line.unless_idle();
        }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { body, line } = &mut *self;
        let Some(driven) = line else {
            return Pin::new(body).poll_frame(cx);
        };
        let mut polled = Pin::new(&mut *body).poll_frame(&mut unwoken());
        if polled.is_pending() {
            driven.drive(cx);
            polled = match driven.connection {
                Some(_) => Pin::new(&mut *body).poll_frame(&mut unwoken()),
                None => Pin::new(&mut *body).poll_frame(cx),
            };
        }
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || body.is_end_stream() {
            self.is_over();
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

impl Drop for Download {
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.is_over();
        }
    }
}
