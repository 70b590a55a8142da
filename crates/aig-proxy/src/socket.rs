//! A caller's socket that can be watched while it is served.
//!
//! hyper learns that a caller left when it reads; it does not read while bytes of a next request
//! lie in its buffer, so a caller that sent one byte too many and left would be served for ever.
//! Here the socket's readiness is looked at from the side. And a caller that does not read its
//! answer is given up after a while: hyper would wait for it as long as it lives.

use std::future::Future;
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
use tokio::time::Sleep;

/// A socket, for who serves it.
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    /// How long the caller may leave no room to write into.
    patience: Duration,
    /// Runs while there is no room.
    stalled: Option<Pin<Box<Sleep>>>,
}

/// The same socket, for who watches it.
pub(crate) struct Watch(Arc<TcpStream>);

/// How often the watcher looks. Callers that leave in the usual way are noticed at once by hyper.
const LOOK: Duration = Duration::from_secs(1);

impl Socket {
    /// Serves the stream; `patience` is how long the caller may leave an answer unread.
    pub(crate) fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream: Arc::new(stream),
            patience,
            stalled: None,
        }
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.stream))
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
        self.poll_with(cx, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |stream| stream.try_write_vectored(slices))
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

impl Socket {
    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        while let Poll::Ready(ready) = self.stream.poll_write_ready(cx) {
            ready?;
            match write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    self.stalled = None;
                    return Poll::Ready(done);
                }
            }
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests;
