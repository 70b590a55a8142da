//! A wire between a test and the control plane that looks at every answer.
//!
//! It forwards requests unchanged and answers unchanged. What breaks the contract is kept, and
//! fails the test when the house goes.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ClientConfig;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{Contract, leaks};

/// A running wire.
pub struct Wire {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    faults: Vec<String>,
    operations: BTreeSet<String>,
    /// Answers that must not hold a secret, one after the other.
    answers: Vec<u8>,
}

/// How much of the answers is held, in bytes.
const HELD: usize = 8 << 20;

impl Wire {
    /// Listens on a free port and forwards to `target`, with `tls` where that speaks it.
    pub async fn to(target: SocketAddr, tls: Option<ClientConfig>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let seen = Arc::default();
        let judge = Arc::new(Judge {
            target,
            scheme: if tls.is_some() { "https" } else { "http" },
            contract: Contract::load(),
            client: Client::builder(TokioExecutor::new()).build(connector(tls)),
            seen: Arc::clone(&seen),
        });
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let judge = Arc::clone(&judge);
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let judge = Arc::clone(&judge);
                        async move { Ok::<_, Infallible>(judge.pass(request).await) }
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    // A test that drops its connection is no fault.
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            address,
            seen,
            _task: task,
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What broke the contract so far.
    pub fn faults(&self) -> Vec<String> {
        self.lock().faults.clone()
    }

    /// What the house answered so far, but for what tells a secret once to who asked for it.
    pub(crate) fn answers(&self) -> Vec<u8> {
        self.lock().answers.clone()
    }

    /// Which operations gave an answer that was not a refusal.
    pub fn operations(&self) -> BTreeSet<String> {
        self.lock().operations.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request on its way, of which a copy is made.
type Sent = UnsyncBoxBody<Bytes, hyper::Error>;

struct Judge {
    target: SocketAddr,
    scheme: &'static str,
    contract: Arc<Contract>,
    client: Client<HttpsConnector<HttpConnector>, Sent>,
    seen: Arc<Mutex<Seen>>,
}

impl Judge {
    async fn pass(&self, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
        let method = request.method().as_str().to_owned();
        let path_and_query = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        *request.uri_mut() = Uri::builder()
            .scheme(self.scheme)
            .authority(self.target.to_string())
            .path_and_query(&*path_and_query)
            .build()
            .expect("parts of a URI make a URI");
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let copy = Arc::clone(&sent);
        let request = request.map(|body| {
            let copied = move |frame: Frame<Bytes>| {
                if let Some(data) = frame.data_ref() {
                    let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
                    copy.extend_from_slice(data);
                }
                frame
            };
            body.map_frame(copied).boxed_unsync()
        });
        let answer = match self.client.request(request).await {
            Ok(answer) => answer,
            Err(error) => return broken(&error),
        };
        learn(&sent.lock().unwrap_or_else(PoisonError::into_inner));
        let (head, body) = answer.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return broken(&error),
        };
        // An answer to HEAD never has a body, so there is nothing to judge.
        let judged = path_and_query
            .strip_prefix("/client/v4")
            .filter(|_| method != "HEAD");
        if !path_and_query.contains("/tokens") {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let room = HELD.saturating_sub(seen.answers.len());
            seen.answers
                .extend_from_slice(&body[..body.len().min(room)]);
        }
        if let Some(path) = judged {
            self.judge(&method, path, head.status, &body);
        }
        Response::from_parts(head, Full::new(body))
    }

    fn judge(&self, method: &str, path: &str, status: StatusCode, body: &[u8]) {
        let operation = self.contract.operation(method, path);
        let fault = self.contract.fault(operation, status.as_u16(), body);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = operation.filter(|_| status.is_success()) {
            seen.operations.insert(operation.id.clone());
        }
        if let Some(fault) = fault {
            let body = String::from_utf8_lossy(body);
            seen.faults
                .push(format!("{method} {path}: {fault}\n  {body}"));
        }
    }
}

/// Whatever is sent as a `secret` is one.
fn learn(body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(secret) = body["secret"].as_str() {
        leaks::keep(secret);
    }
}

fn connector(tls: Option<ClientConfig>) -> HttpsConnector<HttpConnector> {
    let connector = HttpsConnectorBuilder::new();
    let connector = match tls {
        Some(tls) => connector.with_tls_config(tls),
        None => connector.with_webpki_roots(),
    };
    connector.https_or_http().enable_http1().build()
}

/// The wire's own answer when the house gives none; no status of the house's is like it.
fn broken(error: &dyn std::error::Error) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(format!("the house did not answer: {error}")));
    *answer.status_mut() = StatusCode::IM_A_TEAPOT;
    answer
}
