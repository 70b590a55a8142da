//! What stands before dropshot: the door of the control plane.
//!
//! Authentication comes first, so that a caller without a token learns nothing, not even which
//! paths exist; then the path, then the account and the permission, then the body. Only a request
//! that passed all of them reaches dropshot, which listens on loopback and is told by a secret
//! that the request came through here. Everything it answers gets the one envelope of the API.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aig_api::route::{Found, match_path, registered};
use aig_api::{BASE_PATH, Operation};
use aig_model::{AccountId, Refused, Snapshot, Timestamp, Token};
use aig_policy::{EgressRules, Identity};
use aig_store::Store;
use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use http::{Method, Request, Response, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;

use crate::error::Failure;
use crate::inside::{Clock, Inside, SECRET, TOKEN};
use crate::permissions::Needed;
use crate::{logs, native, permissions, unperformed};

/// The control plane: hand it every request below `/client/v4/` that is not the data plane's.
pub struct ControlPlane {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    identity: Arc<Identity>,
    clock: Clock,
    client: Client<HttpConnector, Full<Bytes>>,
    inside: Inside,
    config: ControlConfig,
}

/// Limits of the control plane, and what it tells of the data plane.
#[derive(Clone, Debug)]
pub struct ControlConfig {
    /// The origin under which callers reach the data plane.
    pub data_origin: String,
    /// The slugs of the providers that can be named in a path there.
    pub providers: BTreeSet<String>,
    /// Where the data plane may connect to, which decides on custom providers and on the endpoints
    /// of stored accounts.
    pub egress: EgressRules,
    /// The longest body that is accepted, in bytes.
    pub body_limit: u64,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long an operation may take. The store answers well before.
    pub answer_timeout: Duration,
}

/// What was asked for, as an extension of every answer; absent when no operation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(pub Operation);

/// The control plane could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// dropshot found fault with the description of the API, or could not listen on loopback.
    #[error("the control plane cannot start: {0}")]
    Inside(String),
}

/// A request that passed the door.
struct Admitted {
    operation: Operation,
    token: Arc<Token>,
}

/// What is read of a caller's headers behind the door; a test holds this list against the header
/// parameters that the contract declares. All others stay outside: dropshot takes a hundred
/// headers and drops the connection over one more.
const READ_INSIDE: [HeaderName; 1] = [CONTENT_TYPE];

// === impl ControlConfig ===

impl Default for ControlConfig {
    fn default() -> Self {
        Self {
            data_origin: "http://127.0.0.1:8787".to_owned(),
            providers: BTreeSet::new(),
            egress: EgressRules::default(),
            body_limit: 1 << 20,
            body_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
        }
    }
}

// === impl ControlPlane ===

impl ControlPlane {
    /// Starts the control plane. `clock` says what time it is whenever something is
    /// written, and whenever it is asked whether a token is good.
    pub async fn start(
        store: Store,
        identity: Arc<Identity>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        config: ControlConfig,
    ) -> Result<Self, StartError> {
        let snapshots = store.snapshots();
        let clock: Clock = Arc::new(clock);
        let (own, own_clock) = (Arc::clone(&identity), Arc::clone(&clock));
        let inside = Inside::start(store, own, own_clock, &config)?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            snapshots,
            identity,
            clock,
            client: Client::builder(TokioExecutor::new()).build(connector),
            inside,
            config,
        })
    }

    /// Where dropshot listens, behind the front; no provider is there.
    pub fn inside_address(&self) -> std::net::SocketAddr {
        self.inside.address()
    }

    /// Answers a request. Never fails: a failure is an answer too.
    pub async fn call<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data: Send> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match self.admit(request.method(), request.uri(), request.headers()) {
            Err(failure) => failure.response(),
            Ok(admitted) => {
                let mut response = match self.forward(&admitted, request).await {
                    Ok(response) => response,
                    Err(failure) => failure.response(),
                };
                response.extensions_mut().insert(Asked(admitted.operation));
                response
            }
        }
    }

    /// Lets the operations that have begun finish, and ends.
    pub async fn close(self) {
        // Idle connections of the client would keep dropshot waiting.
        drop(self.client);
        self.inside.close().await;
    }

    fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Admitted, Failure> {
        let token = self.authenticate(headers)?;
        let path = operation_path(uri).ok_or(Failure::NoSuchPath)?;
        let (operation, variables) = match match_path::<Operation>(method, path) {
            Found::Operation {
                operation,
                variables,
            } => (operation, variables),
            Found::MethodNotAllowed(allowed) => return Err(Failure::MethodNotAllowed(allowed)),
            Found::Nothing => return Err(unperformed::or_no_such_path(path)),
        };
        let needed = permissions::needed(operation);
        // As it was sent: an id has one spelling, and nothing behind the door decodes it anew.
        let account = variables
            .iter()
            .find(|(name, _)| *name == "account_id")
            .and_then(|(_, id)| id.parse::<AccountId>().ok());
        let account = match (needed, account) {
            (Needed::Token, _) => token.account,
            (_, Some(account)) => account,
            (_, None) => return Err(Failure::NotFound),
        };
        match needed.granted(&token, account) {
            Ok(_) => Ok(Admitted { operation, token }),
            Err(Refused::OtherAccount) => Err(Failure::NotFound),
            Err(Refused::Lacking(permission)) => Err(Failure::Forbidden(permission)),
        }
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Token>, Failure> {
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let (Some(credential), None) = (sent.next(), sent.next()) else {
            return Err(Failure::Unauthenticated);
        };
        let (scheme, token) = credential
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or(Failure::Unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Failure::Unauthenticated);
        }
        // `identify` passes over scheme words of providers, which have no business here.
        if token.trim().contains(' ') {
            return Err(Failure::Unauthenticated);
        }
        self.identity
            .identify(&self.snapshots.borrow(), token.trim(), (self.clock)())
            .good()
            .ok_or(Failure::Unauthenticated)
    }

    async fn forward<B>(
        &self,
        admitted: &Admitted,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Failure>
    where
        B: Body<Data: Send> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut head, body) = request.into_parts();
        let mut body = self.collect(&head.headers, body).await?;
        // The official SDKs send none here, where Cloudflare's own documentation wants an object.
        if body.is_empty() && admitted.operation == Operation::RollToken {
            body = Bytes::from_static(b"{}");
        }
        native::check_body(&head.method, &head.headers, &body)?;
        head.uri = self.inside_uri(admitted.operation, &head.uri)?;
        head.headers = self.inside_headers(&head.headers, &admitted.token);
        // What came over HTTP/2 goes on over HTTP/1.1.
        head.version = http::Version::HTTP_11;
        head.extensions.clear();
        let answered = self
            .client
            .request(Request::from_parts(head, Full::from(body)));
        let answer = tokio::time::timeout(self.config.answer_timeout, async {
            let (head, body) = answered.await?.into_parts();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((
                head,
                body.collect().await?.to_bytes(),
            ))
        });
        match answer.await {
            Err(_) => Err(Failure::Unavailable(
                "the operation took too long; try again".into(),
            )),
            // A handler that panics drops the connection.
            Ok(Err(error)) => {
                let operation = admitted.operation.id();
                tracing::error!(operation, %error, "an operation was not answered");
                Err(Failure::Internal)
            }
            Ok(Ok((head, body)))
                if head.status.is_success() && logs::is_framed(admitted.operation) =>
            {
                logs::unframed(&body).ok_or(Failure::Internal)
            }
            Ok(Ok((head, body))) if head.status.is_success() => {
                let mut response = Response::new(Full::from(body));
                *response.status_mut() = head.status;
                if let Some(kind) = head.headers.get(CONTENT_TYPE) {
                    response.headers_mut().insert(CONTENT_TYPE, kind.clone());
                }
                Ok(response)
            }
            Ok(Ok((head, body))) => Ok(native::answer(head.status, &body, self.config.body_limit)),
        }
    }

    /// The whole body, refused as soon as it is known to be too long.
    async fn collect<B>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, Failure>
    where
        B: Body<Data: Send> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let limit = self.config.body_limit;
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
            .unwrap_or_else(|| body.size_hint().lower());
        if announced > limit {
            return Err(Failure::TooLarge(limit));
        }
        let limited = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX));
        match tokio::time::timeout(self.config.body_timeout, Box::pin(limited).collect()).await {
            Err(_) => Err(Failure::TooSlow),
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::TooLarge(limit)),
            // The caller is gone, or broke the protocol: nobody will read the answer.
            Ok(Err(_)) => Err(Failure::TooSlow),
        }
    }

    fn inside_uri(&self, operation: Operation, uri: &Uri) -> Result<Uri, Failure> {
        let path = operation_path(uri).ok_or(Failure::NoSuchPath)?;
        let path = registered(operation, path);
        let target = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.into_owned(),
        };
        Uri::builder()
            .scheme("http")
            .authority(self.inside.address().to_string())
            .path_and_query(target)
            .build()
            .map_err(|_| Failure::NotFound)
    }

    /// Of the caller's headers those that are read, each once, and who it was found to be.
    fn inside_headers(&self, sent: &HeaderMap, token: &Token) -> HeaderMap {
        let mut headers: HeaderMap = READ_INSIDE
            .iter()
            .filter_map(|name| Some((name.clone(), sent.get(name)?.clone())))
            .collect();
        headers.insert(SECRET, self.inside.secret().clone());
        let id = HeaderValue::try_from(token.id.to_string())
            .expect("an id of hex digits can stand in a header");
        headers.insert(TOKEN, id);
        headers
    }
}

/// The path as the contract writes it.
fn operation_path(uri: &Uri) -> Option<&str> {
    uri.path()
        .strip_prefix(BASE_PATH)
        .filter(|path| path.starts_with('/'))
}

#[cfg(test)]
mod tests;
