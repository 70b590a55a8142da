//! dropshot behind the front: where it listens, what it serves, and how a handler knows that a
//! request came through the front.
//!
//! A handler takes nothing on trust but the secret: it finds the token again by its id in the
//! newest snapshot and asks it for the grant, so a token that was revoked on the way is refused.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use aig_api::{Operation, cloudflare_ai_gateway_api_mod};
use aig_model::{AccountId, Refused, Snapshot, Timestamp, Token, TokenDigest, TokenId, TokenText};
use aig_policy::{EgressRules, Identity};
use aig_store::{AccountScope, Store};
use dropshot::{ApiDescription, ConfigDropshot, HttpServer, RequestContext, ServerBuilder};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use tokio::sync::watch;

use crate::error::Failure;
use crate::front::{ControlConfig, StartError};
use crate::logger::logger;
use crate::operations::Operations;
use crate::permissions;

/// Proves that a request came through the front. New for every process.
pub(crate) const SECRET: HeaderName = HeaderName::from_static("aig-front-secret");
/// The id of the token that the front recognised.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("aig-front-token");

/// What handlers work with.
pub struct Context {
    store: Store,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    identity: Arc<Identity>,
    clock: Clock,
    secret: HeaderValue,
    data_origin: String,
    providers: BTreeSet<String>,
    egress: EgressRules,
}

pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The running dropshot.
pub(crate) struct Inside {
    server: HttpServer<Context>,
    secret: HeaderValue,
}

/// The API as it is registered: what the server serves, and what the contract is held against.
///
/// # Panics
/// When dropshot finds fault with the generated description, which tests exclude.
pub fn description() -> ApiDescription<Context> {
    cloudflare_ai_gateway_api_mod::api_description::<Operations>()
        .expect("the generator prints what dropshot takes")
}

// === impl Inside ===

impl Inside {
    /// Starts dropshot on a free port of the loopback.
    pub(crate) fn start(
        store: Store,
        identity: Arc<Identity>,
        clock: Clock,
        limits: &ControlConfig,
    ) -> Result<Self, StartError> {
        let secret = random_secret()?;
        let context = Context {
            snapshots: store.snapshots(),
            store,
            identity,
            clock,
            secret: secret.clone(),
            data_origin: limits.data_origin.clone(),
            providers: limits.providers.clone(),
            egress: limits.egress.clone(),
        };
        let config = ConfigDropshot {
            bind_address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            // The front counts; this must only not be less.
            default_request_body_max_bytes: usize::try_from(limits.body_limit)
                .unwrap_or(usize::MAX),
            ..ConfigDropshot::default()
        };
        let server = ServerBuilder::new(description(), context, logger())
            .config(config)
            .start()
            .map_err(|error| StartError::Inside(error.to_string()))?;
        Ok(Self { server, secret })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub(crate) const fn secret(&self) -> &HeaderValue {
        &self.secret
    }

    /// Lets the operations that have begun finish.
    pub(crate) async fn close(self) {
        if let Err(error) = self.server.close().await {
            tracing::warn!(error, "the control plane did not end well");
        }
    }
}

fn random_secret() -> Result<HeaderValue, StartError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(StartError::Random)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut secret = HeaderValue::try_from(digits).expect("hex digits can stand in a header");
    secret.set_sensitive(true);
    Ok(secret)
}

// === impl Context ===

impl Context {
    /// What the caller may reach in the account of the path.
    pub(crate) fn scope(
        &self,
        request: &RequestContext<Self>,
        operation: Operation,
        account: &str,
    ) -> Result<AccountScope<'_>, Failure> {
        let token = self.token(request)?;
        let account: AccountId = account.parse().map_err(|_| Failure::NotFound)?;
        match permissions::needed(operation).granted(&token, account) {
            Ok(Some(grant)) => Ok(self.store.scope(grant).acting(operation.id(), self.now())),
            // An operation that asks after the token alone has no business in the account.
            Ok(None) => Err(Failure::Internal),
            Err(Refused::OtherAccount) => Err(Failure::NotFound),
            Err(Refused::Lacking(permission)) => Err(Failure::Forbidden(permission)),
        }
    }

    /// The token of the caller, as it is now.
    pub(crate) fn token(&self, request: &RequestContext<Self>) -> Result<Arc<Token>, Failure> {
        let headers = request.request.headers();
        if !self.is_from_front(headers) {
            return Err(Failure::Unauthenticated);
        }
        let snapshot = self.snapshots.borrow();
        let token = headers
            .get(TOKEN)
            .and_then(|id| id.to_str().ok()?.parse().ok())
            .and_then(|id| snapshot.token_by_id(TokenId(id)))
            .filter(|token| token.life.is_good(self.now()))
            .ok_or(Failure::Unauthenticated)?;
        Ok(Arc::clone(token))
    }

    /// The digest under which a token is stored.
    pub(crate) fn digest(&self, token: &TokenText) -> TokenDigest {
        self.identity.digest(token)
    }

    /// The time to write down.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether requests of an account can name a provider of that slug.
    pub(crate) fn is_provider(&self, account: AccountId, slug: &str) -> bool {
        let of_account = || {
            let snapshot = self.snapshots.borrow();
            let own = snapshot.custom_providers(account);
            own.is_some_and(|own| own.get(slug).is_some())
        };
        self.providers.contains(slug) || of_account()
    }

    /// Where the data plane may connect to.
    pub(crate) const fn egress(&self) -> &EgressRules {
        &self.egress
    }

    /// The origin under which callers reach the data plane.
    pub(crate) fn data_origin(&self) -> &str {
        &self.data_origin
    }

    /// Compared whole, whatever the first difference: its place must not be measurable.
    fn is_from_front(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(SECRET).map_or(&b""[..], HeaderValue::as_bytes);
        let known = self.secret.as_bytes();
        sent.len() == known.len()
            && sent.iter().zip(known).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}
