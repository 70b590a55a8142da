//! Accepts connections, with or without TLS, serves HTTP/1.1 and HTTP/2 on them, and drains at the
//! end.
//!
//! What is served is a [`Handler`]'s business. This file owns the sockets, their limits and their
//! tasks: every connection is a task of one set, so that stopping waits for all of them. A panic
//! ends the request in which it happened, is counted, and touches nothing else.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use http::{HeaderValue, Request, Response, StatusCode, header, request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::head_clock::HeadClock;
use crate::metrics::Panics;
use crate::pressure::{Paced, Pressure, Streams};
use crate::prompt::Prompt;
use crate::respond::Failure;
use crate::socket::{Socket, Watch};
use crate::voice::Voice;
use crate::{Body, Inbound, Metrics, Tls, framing, handshake, route};

/// An answer on its way.
pub type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Serves requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. Dropping the future is how the handler learns that the caller left.
    fn handle(self: Arc<Self>, request: Request<Inbound>) -> Answer;
}

/// Limits of a listener.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// How long a caller may take to send the head of a request.
    pub header_timeout: Duration,
    /// How long a caller may pause in the middle of a body, and how long a body may take to get up
    /// to speed.
    pub body_timeout: Duration,
    /// How long open requests may go on after a stop is asked for.
    pub drain: Duration,
    /// How long a caller may take no byte while some wait for it; `None` is for ever.
    pub write_timeout: Option<Duration>,
    /// The certificate to show, where TLS is spoken.
    pub tls: Option<Arc<Tls>>,
}

/// A bound socket.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    config: ListenerConfig,
    metrics: Arc<Metrics>,
}

/// How long to wait when no connection can be accepted; the cause (no file descriptors) passes
/// when others close, and trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The longest head of a request, in bytes; a longer one is 431.
pub const MAX_HEAD: usize = 64 << 10;
/// The most of an HTTP/1 request that is read at once, in bytes: with half of it a long body takes
/// twice the calls to the system. The head alone has to fit into [`MAX_HEAD`].
pub const READ_AHEAD: usize = 128 << 10;
/// Headers that a request of HTTP/1 may have. It is hyper's own number, which is the faster for not
/// being set.
pub const MAX_HEADERS: usize = 100;
/// How often an HTTP/2 caller is asked whether it is still there, and how long it may take to say.
pub const PING: Duration = Duration::from_secs(20);
/// Streams that one HTTP/2 connection may have open.
pub const MAX_STREAMS: u32 = 200;
/// Bytes of a request's body that an HTTP/2 caller may send ahead of whom it is for.
pub const STREAM_WINDOW: u32 = 64 << 10;
/// The same of all streams of a connection together.
pub const CONNECTION_WINDOW: u32 = 1 << 20;
/// Bytes of an answer that are kept ready for an HTTP/2 caller beyond what it has room for.
pub const SEND_BUFFER: usize = 16 << 10;

// === impl Listener ===

impl Listener {
    /// Binds the address; port 0 takes a free one.
    pub async fn bind(
        address: SocketAddr,
        config: ListenerConfig,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        Ok(Self {
            address: socket.local_addr()?,
            socket,
            config,
            metrics,
        })
    }

    /// The address that is really bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then closes the door and waits for open requests, at most
    /// for the drain deadline or until `cut` resolves.
    pub async fn serve(
        self,
        handler: Arc<dyn Handler>,
        stop: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) {
        let builder = Arc::new(self.builder());
        let graceful = GracefulShutdown::new();
        let (closing, closed) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _peer)) => {
                        let door = Door {
                            builder: Arc::clone(&builder),
                            handler: Arc::clone(&handler),
                            metrics: Arc::clone(&self.metrics),
                            config: self.config.clone(),
                        };
                        let watcher = graceful.watcher();
                        connections.spawn(door.open(stream, watcher, closed.clone()));
                    }
                    Err(error) => {
                        self.metrics.accept_failures.inc();
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = &mut stop => break,
            }
        }
        drop(self.socket);
        // Who has not said who it is has no open request.
        drop(closing);
        let drained = async {
            graceful.shutdown().await;
            while connections.join_next().await.is_some() {}
        };
        let why = tokio::select! {
            () = drained => return,
            () = tokio::time::sleep(self.config.drain) => "the drain deadline ran out",
            () = cut => "told not to wait",
        };
        let cut = connections.len();
        self.metrics.cut(cut as u64);
        tracing::warn!(connections = cut, "{why}; open requests are cut");
        connections.shutdown().await;
    }

    fn builder(&self) -> auto::Builder<Streams> {
        let mut builder = auto::Builder::new(Streams::new(
            self.config.write_timeout,
            Arc::clone(&self.metrics),
        ));
        // Each connection brings a clock of its own for HTTP/1.
        builder
            .http1()
            .header_read_timeout(self.config.header_timeout)
            .max_buf_size(READ_AHEAD);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEAD as u32)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        builder
    }
}

/// What a connection is served with.
struct Door {
    builder: Arc<auto::Builder<Streams>>,
    handler: Arc<dyn Handler>,
    metrics: Arc<Metrics>,
    config: ListenerConfig,
}

// === impl Door ===

impl Door {
    /// Serves one connection to its end.
    async fn open(self, stream: TcpStream, watcher: Watcher, mut closing: watch::Receiver<()>) {
        // One event of a stream must not wait for the acknowledgement of the last.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection was gone before it was served");
            return;
        }
        let _open = Open::count(&self.metrics);
        let _panics = Panics(Arc::clone(&self.metrics));
        let pressure = Arc::new(Pressure::default());
        let write_timeout = self.config.write_timeout;
        let Some(tls) = &self.config.tls else {
            let socket = Socket::new(stream, write_timeout, Arc::clone(&pressure));
            let watch = socket.watch();
            // Apart from the task, which would be as large as both ways together.
            return Box::pin(self.serve(socket, &watch, pressure, watcher)).await;
        };
        let shaking = async {
            if !handshake::is_tls(&stream).await {
                handshake::refuse(stream).await;
                return None;
            }
            let socket = Socket::new(stream, write_timeout, Arc::clone(&pressure));
            let watch = socket.watch();
            match tls.acceptor().accept(socket).await {
                Ok(secured) => Some((secured, watch)),
                Err(error) => {
                    tracing::debug!(%error, "a caller could not agree on TLS");
                    None
                }
            }
        };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.config.header_timeout, Box::pin(shaking)) => shaken,
            // The sender says nothing and goes when the listener stops.
            _ = closing.changed() => return,
        };
        match shaken {
            Ok(Some((secured, watch))) => {
                Box::pin(self.serve(secured, &watch, pressure, watcher)).await;
            }
            Ok(None) => {
                self.metrics.tls_failures.inc();
            }
            Err(_) => {
                self.metrics.tls_failures.inc();
                tracing::debug!("a caller did not agree on TLS in time");
            }
        }
    }

    async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        watch: &Watch,
        pressure: Arc<Pressure>,
        watcher: Watcher,
    ) {
        let begun = AtomicBool::new(false);
        let service = service_fn(|request: Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            self.answer(request, Arc::clone(&pressure))
        });
        let clock = HeadClock::new();
        let mut builder = auto::Builder::clone(&self.builder);
        builder.http1().timer(clock.clone());
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        let serving = Prompt::new(watcher.watch(serving));
        // hyper's own timer starts when it knows the protocol, and who sends nothing, or half
        // of HTTP/2's preface, never gets there.
        let silent = async {
            tokio::time::sleep(self.config.header_timeout).await;
            match begun.load(Ordering::Relaxed) {
                true => match clock.watch(self.config.header_timeout).await {},
                false => "a caller sent no request",
            }
        };
        let gone = async {
            watch.closed().await;
            "a caller left in the middle"
        };
        // Whatever happens to the connection, these two are polled only when their own time has come.
        let mut aside = FuturesUnordered::from_iter([silent.boxed(), gone.boxed()]);
        tokio::select! {
            biased;
            served = serving => if let Err(error) = served {
                tracing::debug!(error = &*error, "a connection ended early");
            },
            Some(why) = aside.next() => tracing::debug!("{why}"),
        }
    }

    /// Has one request answered; a panic costs that request, and no other.
    fn answer(
        &self,
        request: Request<Incoming>,
        pressure: Arc<Pressure>,
    ) -> impl Future<Output = Result<Response<Paced>, Infallible>> + Send + use<> {
        let version = request.version();
        let (head, body) = request.into_parts();
        let too_long = head_length(&head) > MAX_HEAD;
        let doubt = framing::doubt(&head.headers);
        let body = Inbound::new(body, &head.headers, self.config.body_timeout);
        let voice = route::voice(&head.uri);
        let request = Request::from_parts(head, body);
        let (handler, metrics) = (Arc::clone(&self.handler), Arc::clone(&self.metrics));
        async move {
            let answer = async {
                match doubt {
                    _ if too_long => too_long_head(),
                    None => handler.handle(request).await,
                    Some(failure) => doubtful(&failure, voice),
                }
            };
            let caught = AssertUnwindSafe(answer).catch_unwind().await;
            let answer = caught.unwrap_or_else(|_| {
                metrics.panics.inc();
                Failure::Internal.response(voice)
            });
            Ok(answer.map(|body| Paced::new(body, version, &pressure)))
        }
    }
}

/// An open connection, counted while it is there.
struct Open<'m>(&'m Metrics);

impl<'m> Open<'m> {
    fn count(metrics: &'m Metrics) -> Self {
        metrics.connections.inc();
        Self(metrics)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

/// How long a head was, in bytes, as HTTP/1 writes it.
fn head_length(head: &request::Parts) -> usize {
    /// Between a name and its value, and behind that.
    const AROUND: usize = ": \r\n".len();
    let target = head
        .uri
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let headers = head.headers.iter();
    let lengths = headers.map(|(name, value)| name.as_str().len() + value.len() + AROUND);
    target + lengths.sum::<usize>()
}

/// What hyper itself says to a head that is longer than it reads.
fn too_long_head() -> Response<Body> {
    let mut answer = Response::new(Body::fixed(""));
    *answer.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
    answer
}

/// Nobody can be sure what follows on that connection, so it ends.
fn doubtful(failure: &Failure, voice: Voice) -> Response<Body> {
    let mut answer = failure.response(voice);
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
    answer
}

#[cfg(test)]
mod tests;
