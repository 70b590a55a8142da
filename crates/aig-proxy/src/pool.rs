//! Connections to providers, and which of them lie idle.
//!
//! A connection of HTTP/1 has one request at a time, so whoever has the request drives it, and reads
//! what it brings, in the same task and often in the same turn (`line`). A task of its own would have
//! to be woken, and to wake, for every request and every piece of an answer. One of HTTP/2 is shared
//! and has its task.
//!
//! Idle connections are nobody's. A closed one is found out by whoever takes it, before anything of the
//! request is sent, or by the sweep, which also closes what has been idle for too long.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aig_model::Table;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, header};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

use crate::egress::Connector;
use crate::payload::Upload;

mod line;

pub(crate) use line::Download;

use line::Line;

/// A connection of either kind.
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Sends requests over connections that it keeps.
pub(crate) struct Pool {
    connector: HttpsConnector<Connector>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    idle: Arc<Idle>,
}

/// Where connections lead to.
#[derive(Clone, Debug)]
struct Place {
    scheme: Scheme,
    authority: Authority,
}

/// The connections that can be taken.
#[derive(Default)]
struct Idle(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    places: Table<Place, Shelf>,
    /// Whether somebody sweeps.
    swept: bool,
}

#[derive(Default)]
struct Shelf {
    /// Since when each has been idle; the newest is the last.
    http1: Vec<(Box<Line>, Instant)>,
    http2: Option<Shared>,
}

/// A connection of HTTP/2.
#[derive(Clone)]
struct Shared {
    sender: http2::SendRequest<Upload>,
    served: Arc<AtomicBool>,
    taken: Instant,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// No connection could be made.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// The connection broke, or what came over it was not HTTP; `served`: it had served before.
    Broke { error: hyper::Error, served: bool },
}

/// What becomes of a request that a connection did not answer.
enum Lost {
    /// It was never begun: another connection may have it.
    Unbegun(Box<Request<Upload>>, hyper::Error),
    Broke(hyper::Error),
}

/// How long an idle connection is kept.
pub const POOL_IDLE: Duration = Duration::from_secs(60);
/// How often idle connections are looked at.
const SWEEP: Duration = Duration::from_secs(1);

// === impl Pool ===

impl Pool {
    pub(crate) fn new(
        connector: HttpsConnector<Connector>,
        http1: http1::Builder,
        http2: http2::Builder<TokioExecutor>,
    ) -> Self {
        Self {
            connector,
            http1,
            http2,
            idle: Arc::default(),
        }
    }

    /// Sends a request once, over an idle connection or a new one. It comes in a box because everything
    /// that waits for the answer would have room for it.
    pub(crate) async fn send(
        &self,
        mut request: Box<Request<Upload>>,
    ) -> Result<Response<Download>, Unsent> {
        let target = std::mem::take(request.uri_mut()).into_parts();
        let (Some(scheme), Some(authority)) = (target.scheme, target.authority) else {
            return Err(Unsent::Unreachable("a target without a host".into()));
        };
        let place = Place { scheme, authority };
        let path = (target.path_and_query).unwrap_or_else(|| PathAndQuery::from_static("/"));
        loop {
            let (taken, fresh) = match self.idle.take(&place) {
                Some(taken) => (taken, false),
                // Apart, so that what nearly every request finds ready has no room in all of them.
                None => (Box::pin(self.connect(&place)).await?, true),
            };
            let (lost, served) = match taken {
                Taken::Http1(line) => {
                    let served = line.has_served();
                    // Of the target HTTP/1 has the path alone; the host stands in a header.
                    *request.uri_mut() = Uri::from(path.clone());
                    let host = line.host().clone();
                    request.headers_mut().insert(header::HOST, host);
                    match line.ask(request).await {
                        Ok(answer) => return Ok(answer),
                        Err(lost) => (lost, served),
                    }
                }
                Taken::Http2(shared) => {
                    let served = shared.served.load(Ordering::Relaxed);
                    *request.uri_mut() = place.with(path.clone());
                    request.headers_mut().remove(header::HOST);
                    match shared.ask(request).await {
                        Ok(answer) => return Ok(answer),
                        Err(lost) => (lost, served),
                    }
                }
            };
            match lost {
                // It was closed while it lay idle, and noticed now.
                Lost::Unbegun(back, _) if !fresh => request = back,
                Lost::Unbegun(_, error) | Lost::Broke(error) => {
                    return Err(Unsent::Broke { error, served });
                }
            }
        }
    }

    async fn connect(&self, place: &Place) -> Result<Taken, Unsent> {
        let anywhere = place.with(PathAndQuery::from_static("/"));
        let dialling = self.connector.clone().call(anywhere);
        let stream = dialling.await.map_err(Unsent::Unreachable)?;
        let broke = |error| Unsent::Broke {
            error,
            served: false,
        };
        if !stream.connected().is_negotiated_h2() {
            let shaken = self.http1.handshake(stream).await.map_err(broke)?;
            let line = Line::new(shaken, place.clone(), Arc::clone(&self.idle));
            return Ok(Taken::Http1(Box::new(line)));
        }
        let (sender, connection) = self.http2.handshake(stream).await.map_err(broke)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a provider ended early");
            }
        });
        let shared = Shared {
            sender,
            served: Arc::default(),
            taken: Instant::now(),
        };
        self.idle.share(place.clone(), shared.clone());
        Ok(Taken::Http2(shared))
    }
}

/// A connection, and how it is used.
enum Taken {
    Http1(Box<Line>),
    Http2(Shared),
}

// === impl Place ===

impl Place {
    /// A path there.
    fn with(&self, path: PathAndQuery) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("it was taken from a URI")
    }

    /// What a request over HTTP/1 says of it.
    fn host(&self) -> HeaderValue {
        let usual = if self.scheme == Scheme::HTTPS {
            443
        } else {
            80
        };
        let host = match self.authority.port_u16() {
            Some(port) if port != usual => {
                let text = self.authority.as_str();
                text.rsplit_once('@').map_or(text, |(_, host)| host)
            }
            _ => self.authority.host(),
        };
        HeaderValue::from_str(host).expect("a host of a URI is a header value")
    }
}

/// As they are written: the same host in other letters has connections of its own. The types of a URI
/// would look at every letter of it, twice for every request.
impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.authority.as_str() == other.authority.as_str()
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The scheme hardly tells places apart.
        self.authority.as_str().hash(state);
    }
}

// === impl Shared ===

impl Shared {
    async fn ask(mut self, request: Box<Request<Upload>>) -> Result<Response<Download>, Lost> {
        let answer = self.sender.try_send_request(*request).await;
        let answer = answer.map_err(Lost::of)?;
        self.served.store(true, Ordering::Relaxed);
        Ok(answer.map(Download::shared))
    }
}

// === impl Lost ===

impl Lost {
    fn of(mut error: TrySendError<Request<Upload>>) -> Self {
        match error.take_message() {
            Some(request) => Self::Unbegun(Box::new(request), error.into_error()),
            None => Self::Broke(error.into_error()),
        }
    }
}

// === impl Idle ===

impl Idle {
    fn take(&self, place: &Place) -> Option<Taken> {
        let mut shelves = self.lock();
        let shelf = shelves.places.get_mut(place)?;
        if let Some((line, since)) = shelf.http1.pop() {
            if since.elapsed() < POOL_IDLE {
                return Some(Taken::Http1(line));
            }
            // All others have been idle for longer.
            shelf.http1.clear();
        }
        let shared = shelf.http2.as_mut().filter(|shared| shared.is_good())?;
        shared.taken = Instant::now();
        Some(Taken::Http2(shared.clone()))
    }

    /// Keeps a connection that has nothing to do.
    fn put(self: &Arc<Self>, line: Box<Line>) {
        let mut shelves = self.lock();
        let idle = (line, Instant::now());
        match shelves.places.get_mut(idle.0.place()) {
            Some(shelf) => shelf.http1.push(idle),
            None => {
                let place = idle.0.place().clone();
                shelves.places.entry(place).or_default().http1.push(idle);
            }
        }
        self.have_swept(shelves);
    }

    fn share(self: &Arc<Self>, place: Place, shared: Shared) {
        let mut shelves = self.lock();
        shelves.places.entry(place).or_default().http2 = Some(shared);
        self.have_swept(shelves);
    }

    fn have_swept(self: &Arc<Self>, mut shelves: MutexGuard<'_, Shelves>) {
        if std::mem::replace(&mut shelves.swept, true) {
            return;
        }
        drop(shelves);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(Arc::clone(self).sweep())),
            Err(_) => self.lock().swept = false,
        }
    }

    /// Looks after the connections until there are none.
    async fn sweep(self: Arc<Self>) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let mut shelves = self.lock();
            shelves.places.retain(|_, shelf| {
                let http1 = &mut shelf.http1;
                http1.retain_mut(|(line, since)| since.elapsed() < POOL_IDLE && line.is_open());
                shelf.http2 = shelf.http2.take().filter(Shared::is_good);
                !(shelf.http1.is_empty() && shelf.http2.is_none())
            });
            if shelves.places.is_empty() {
                shelves.swept = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn is_good(&self) -> bool {
        !self.sender.is_closed() && self.taken.elapsed() < POOL_IDLE
    }
}
