//! A caller's socket that can be watched while it is served, and that does not wait for ever for a
//! caller that reads nothing.
//!
//! hyper learns that a caller left when it reads; it does not read while bytes of a next request
//! lie in its buffer, so a caller that sent one byte too many and left would be served for ever.
//! Here the socket's readiness is looked at from the side, below TLS, so it is the same with it.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::lull::Lull;
use crate::pressure::Pressure;

/// A socket in the hands of who serves it.
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    /// Runs while bytes wait and none can be written.
    stuck: Lull,
    pressure: Arc<Pressure>,
}

/// The same socket in the hands of who watches it.
pub(crate) struct Watch(Arc<TcpStream>);

/// How often the watcher looks. Callers that leave in the usual way are noticed at once by hyper.
const LOOK: Duration = Duration::from_secs(1);

// === impl Socket ===

impl Socket {
    /// Serves `stream`; a caller that takes no byte for `write_timeout` while some wait for it is
    /// an error. Answers are told over `pressure` while the caller does not read.
    pub(crate) fn new(
        stream: TcpStream,
        write_timeout: Option<Duration>,
        pressure: Arc<Pressure>,
    ) -> Self {
        Self {
            stream: Arc::new(stream),
            stuck: Lull::new(write_timeout),
            pressure,
        }
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.stream))
    }

    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        length: usize,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        while self.stream.poll_write_ready(cx)?.is_ready() {
            match write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    self.stuck.over();
                    // Of what is left over it is known that it waits.
                    if matches!(done, Ok(written) if written == length) {
                        self.pressure.release();
                    }
                    return Poll::Ready(done);
                }
            }
        }
        self.pressure.build();
        ready!(self.stuck.poll_too_long(cx));
        let slow = io::Error::new(io::ErrorKind::TimedOut, "the caller does not read");
        Poll::Ready(Err(slow))
    }
}

impl Watch {
    /// Resolves some time after the caller has closed its side.
    pub(crate) async fn closed(&self) {
        let mut looking = tokio::time::interval(LOOK);
        loop {
            looking.tick().await;
            let readiness = self.0.ready(Interest::READABLE).now_or_never();
            if matches!(readiness, Some(Ok(ready)) if ready.is_read_closed()) {
                return;
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match read_ready(&self.stream, buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

/// Reads what is there, straight into the buffer. When that does not fill it nothing more is there:
/// the socket is no longer taken for readable, which spares a call that would only say so. That
/// holds for `epoll` and `kqueue`, which tell of every arrival, and is what tokio does for a socket
/// that is not shared.
fn read_ready(stream: &TcpStream, buffer: &mut ReadBuf<'_>) -> io::Result<()> {
    let room = buffer.remaining();
    let mut read = None;
    let done = stream.try_io(Interest::READABLE, || {
        let length = stream.try_read_buf(buffer)?;
        read = Some(length);
        match length {
            // The end is no shortness: it is read again and again.
            0 => Ok(()),
            length if length == room => Ok(()),
            // Said of the readiness that was there before the reading, never of a newer one.
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    });
    match read {
        Some(_) => Ok(()),
        None => done,
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, bytes.len(), |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        self.poll_with(cx, length, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The socket closes when its last holder goes, which is when the connection ends.
        Poll::Ready(SockRef::from(&*self.stream).shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests;
