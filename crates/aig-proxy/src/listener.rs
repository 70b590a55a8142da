//! Accepts connections, serves HTTP/1.1 and HTTP/2 on them, and drains at the end.
//!
//! What is served is a [`Handler`]'s business. This file owns the sockets, their limits and their
//! tasks: every connection is a task of one set, so that stopping waits for all of them. A panic
//! ends the request in which it happened, is counted, and touches nothing else.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::respond::Failure;
use crate::socket::Socket;
use crate::{Body, Inbound, Metrics, framing};

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
    /// How long a caller may leave its answer unread.
    pub write_timeout: Duration,
    /// How long open requests may go on after a stop is asked for.
    pub drain: Duration,
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
const MAX_HEAD: usize = 64 << 10;
/// How often an HTTP/2 caller is asked whether it is still there, and how long it may take to say.
const PING: Duration = Duration::from_secs(20);
/// Streams that one HTTP/2 connection may have open.
const MAX_STREAMS: u32 = 200;

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
        let mut builder = auto::Builder::new(Tasks(Arc::clone(&self.metrics)));
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.config.header_timeout)
            .max_buf_size(MAX_HEAD);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEAD as u32)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        let builder = Arc::new(builder);
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _peer)) => {
                        let connection =
                            self.connection(&builder, stream, Arc::clone(&handler), &graceful);
                        connections.spawn(connection);
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

    fn connection(
        &self,
        builder: &Arc<auto::Builder<Tasks>>,
        stream: TcpStream,
        handler: Arc<dyn Handler>,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + Send + 'static {
        let metrics = Arc::clone(&self.metrics);
        let watcher = graceful.watcher();
        let builder = Arc::clone(builder);
        let config = self.config.clone();
        async move {
            // One event of a stream must not wait for the acknowledgement of the last.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "the connection was gone before it was served");
                return;
            }
            let _open = Open::count(&metrics);
            let _panics = Panics(Arc::clone(&metrics));
            let socket = Socket::new(stream, config.write_timeout);
            let watch = socket.watch();
            let begun = Arc::new(AtomicBool::new(false));
            let service = service_fn(|request: Request<Incoming>| {
                begun.store(true, Ordering::Relaxed);
                let (head, body) = request.into_parts();
                let doubt = framing::doubt(&head.headers);
                let body = Inbound::new(body, &head.headers, config.body_timeout);
                let uri = head.uri.clone();
                let request = Request::from_parts(head, body);
                let (handler, metrics) = (Arc::clone(&handler), Arc::clone(&metrics));
                async move {
                    let answer = async {
                        match doubt {
                            None => handler.handle(request).await,
                            Some(failure) => doubtful(&failure, &uri),
                        }
                    };
                    let caught = AssertUnwindSafe(answer).catch_unwind().await;
                    Ok::<_, std::convert::Infallible>(caught.unwrap_or_else(|_| {
                        metrics.panics.inc();
                        panicked(&uri)
                    }))
                }
            });
            let serving = watcher.watch(builder.serve_connection(TokioIo::new(socket), service));
            // hyper's own timer starts when it knows the protocol, and who sends nothing, or half
            // of HTTP/2's preface, never gets there.
            let silent = async {
                tokio::time::sleep(config.header_timeout).await;
                if begun.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                served = serving => if let Err(error) = served {
                    tracing::debug!(error = &*error, "a connection ended early");
                },
                () = watch.closed() => tracing::debug!("a caller left in the middle"),
                () = silent => tracing::debug!("a caller sent no request"),
            }
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

/// Runs HTTP/2's requests, so that a panic in one of them is counted.
#[derive(Clone)]
struct Tasks(Arc<Metrics>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        let panics = Panics(Arc::clone(&self.0));
        // Ends with its connection, which is a task of the listener's.
        TokioExecutor::new().execute(async move {
            let _panics = panics;
            task.await;
        });
    }
}

/// Counts the panic that unwinds through it. Nothing is caught here: what holds the facts of a
/// request has to see the panic as well, or it would take it for a caller that left.
struct Panics(Arc<Metrics>);

impl Drop for Panics {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panics.inc();
        }
    }
}

/// Nobody can be sure what follows on that connection, so it ends.
fn doubtful(failure: &Failure, uri: &Uri) -> Response<Body> {
    let mut answer = failure.response(crate::route::voice(uri));
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
    answer
}

/// A panic costs the request in which it happened, and no other.
fn panicked(uri: &Uri) -> Response<Body> {
    Failure::Internal.response(crate::route::voice(uri))
}

#[cfg(test)]
mod tests;
