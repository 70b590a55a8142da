//! A connection to a provider that knows whether it has served before.
//!
//! Providers close connections that lie idle, and now and then one does so in the moment in which
//! the next request is on its way. That says nothing of the request, and only of a connection that
//! had served before can it be told. What follows from it is the driver's.

use std::error::Error;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{Extensions, Response};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection to a provider.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TokioIo<TcpStream>,
    served: Served,
}

/// Whether an answer came over it; shared between the connection and its answers.
#[derive(Clone, Debug, Default)]
struct Served(Arc<AtomicBool>);

impl Line {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: TokioIo::new(stream),
            served: Served::default(),
        }
    }
}

/// Notes that the connection of this answer has served.
pub(crate) fn has_served<B>(answer: &Response<B>) {
    if let Some(Served(served)) = answer.extensions().get() {
        served.store(true, Ordering::Relaxed);
    }
}

/// Whether there is no answer because a connection that had served before was closed. What was no
/// HTTP is something else: it was said for this request.
pub(crate) fn went_stale(error: &legacy::Error) -> bool {
    let mut extensions = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut extensions);
    }
    let served = extensions.get::<Served>();
    let closed = error
        .source()
        .and_then(|e| e.downcast_ref::<hyper::Error>());
    served.is_some_and(|served| served.0.load(Ordering::Relaxed))
        && closed.is_some_and(|error| {
            let broken = error
                .source()
                .is_some_and(|source| source.is::<io::Error>());
            error.is_incomplete_message() || error.is_canceled() || error.is_closed() || broken
        })
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.served.clone())
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
