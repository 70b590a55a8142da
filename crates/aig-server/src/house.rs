//! The whole house: built from a [`Config`], run until it is told to stop, drained.
//!
//! Every task has its owner here, and stopping waits for all of them in order: first the
//! listeners (no new work, open requests end), then the control plane, last the journal, so that
//! the last request's row is written.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use aig_control::{ControlConfig, ControlPlane};
use aig_model::{AccountId, Timestamp, TokenText};
use aig_policy::{EgressRules, Identity};
use aig_proxy::{DataPlane, Listener, ListenerConfig, Metrics, Tls};
use aig_store::{Journal, Store};
use anyhow::Context;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bootstrap::Bootstrap;
use crate::config::Config;
use crate::front::{Control, Front};
use crate::keys;
use crate::ops::{CacheMetrics, JournalMetrics, Ops, ProcessMetrics};
use crate::wiring::{ToJournal, ToStore};

/// A running house.
pub struct House {
    address: SocketAddr,
    control_address: SocketAddr,
    origin: String,
    control_origin: String,
    store: Store,
    identity: Arc<Identity>,
    journal: Journal,
    plane: Arc<ControlPlane>,
    ops: Arc<Ops>,
    phase: watch::Sender<Phase>,
    listeners: JoinSet<()>,
    /// Ends with the house.
    _certificate: JoinSet<()>,
    first: Option<FirstStart>,
}

/// How far the house has come on its way to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    Draining,
    /// Nothing is waited for any more.
    Cutting,
}

/// Has a house that is stopping wait no longer.
#[derive(Clone)]
pub struct Hurry(watch::Sender<Phase>);

/// What the first start of a house made, to be told once.
pub struct FirstStart {
    /// The one account.
    pub account: AccountId,
    /// Its one token, with every permission.
    pub token: TokenText,
}

impl House {
    /// Opens the stores, binds the listeners and serves.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let tls = (config.tls.clone().map(Tls::load).transpose())
            .context("TLS cannot be served")?
            .map(Arc::new);
        let store = config.key_encryption_key.open(&config.data_dir)?;
        let pepper = config.token_pepper_file.as_deref();
        let identity = Arc::new(keys::identity(&store, &config.data_dir, pepper).await?);

        let mut registry = Registry::default();
        let metrics = Arc::new(Metrics::registered(&mut registry));
        let journal = store.journal();
        registry.register_collector(Box::new(JournalMetrics(journal.clone())));
        registry.register_collector(Box::new(ProcessMetrics(store.queries(), store.read_only())));

        let listening = ListenerConfig {
            tls: tls.clone(),
            ..config.listener
        };
        let bind = |address| Listener::bind(address, listening.clone(), Arc::clone(&metrics));
        let listener = bind(config.listen).await.with_context(|| {
            format!(
                "cannot listen on {}; is another aig running there? --listen takes another address",
                config.listen
            )
        })?;
        let control_listener = match config.control_listen {
            Some(address) => Some(bind(address).await.with_context(|| {
                format!("cannot listen on {address}, the address of --control-listen")
            })?),
            None => None,
        };
        let address = listener.address();
        let control_address = control_listener.as_ref().map_or(address, Listener::address);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let named = |url: &Option<String>, address| {
            url.clone()
                .unwrap_or_else(|| format!("{scheme}://{address}"))
        };
        let origin = named(&config.public_url, address);
        let control_origin = match (&config.control_public_url, &control_listener) {
            (None, None) => origin.clone(),
            (url, _) => named(url, control_address),
        };

        let plane = ControlPlane::start(
            store.clone(),
            Arc::clone(&identity),
            || Timestamp::from(SystemTime::now()),
            ControlConfig {
                data_origin: origin.clone(),
                providers: (config.proxy.providers.iter())
                    .map(|provider| provider.slug().to_owned())
                    .collect(),
                egress: EgressRules {
                    own: vec![address, control_address],
                    ..config.proxy.egress.clone()
                },
                ..ControlConfig::default()
            },
        )
        .await
        .context("the control plane cannot start")?;
        let plane = Arc::new(plane);
        let mut proxy = config.proxy;
        proxy.egress.own = vec![address, control_address, plane.inside_address()];
        let data = Arc::new(DataPlane::new(
            proxy,
            Arc::clone(&identity),
            store.snapshots(),
            Arc::new(ToJournal(journal.clone())),
            Arc::new(ToStore(store.clone())),
            Arc::clone(&metrics),
        ));

        registry.register_collector(Box::new(CacheMetrics(data.cache())));
        let ops = Arc::new(Ops::new(registry, store.snapshots()));

        // The last step that can fail: the first token is told once, so nothing may go wrong
        // between writing it and telling it.
        let first = settle(&store, &identity, config.bootstrap.as_ref()).await?;

        let (phase, phases) = watch::channel(Phase::Open);
        let mut listeners = JoinSet::new();
        let mut serve = |listener: Listener, data, control| {
            let front = Front {
                data,
                control,
                ops: Arc::clone(&ops),
            };
            let reached = |wanted| {
                let mut phases = phases.clone();
                async move {
                    // The sender lives as long as the house; losing it means to stop as well.
                    let _ = phases.wait_for(|phase| *phase >= wanted).await;
                }
            };
            let (stop, cut) = (reached(Phase::Draining), reached(Phase::Cutting));
            listeners.spawn(listener.serve(Arc::new(front), stop, cut));
        };
        let control = Control {
            plane: Arc::clone(&plane),
            origin: control_origin.clone(),
        };
        match control_listener {
            Some(control_listener) => {
                serve(listener, Some(data), None);
                serve(control_listener, None, Some(control));
            }
            None => serve(listener, Some(data), Some(control)),
        }
        let mut certificate = JoinSet::new();
        if let Some(tls) = tls {
            certificate.spawn(async move { tls.keep_fresh().await });
        }
        Ok(Self {
            address,
            control_address,
            origin,
            control_origin,
            store,
            identity,
            journal,
            plane,
            ops,
            phase,
            listeners,
            _certificate: certificate,
            first,
        })
    }

    /// Where the data plane really listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the control plane really listens.
    pub const fn control_address(&self) -> SocketAddr {
        self.control_address
    }

    /// The origin under which callers reach the data plane.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The origin under which callers reach the control plane.
    pub fn control_origin(&self) -> &str {
        &self.control_origin
    }

    /// The store, for commands that administer the instance.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What makes digests of tokens, for commands that administer the instance.
    pub const fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The journal, for whoever must know that every row is written.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What the first start made; given away once.
    pub const fn take_first_start(&mut self) -> Option<FirstStart> {
        self.first.take()
    }

    /// What ends the waiting of [`House::stop`].
    pub fn hurry(&self) -> Hurry {
        Hurry(self.phase.clone())
    }

    /// Closes the doors, lets open requests end within the drain deadline, writes the last rows.
    pub async fn stop(mut self) {
        self.ops.drain();
        self.hurry().reach(Phase::Draining);
        while let Some(ended) = self.listeners.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a listener ended in a panic");
            }
        }
        // The listeners were the only other holders, and they are gone.
        if let Some(plane) = Arc::into_inner(self.plane) {
            plane.close().await;
        }
        // A log that cannot be written, because somebody locks it, must not keep the process.
        let flushed = tokio::time::timeout(LAST_ROWS, self.journal.flush()).await;
        if flushed.is_err() {
            tracing::error!("the log cannot be written; its last rows are lost");
        }
    }
}

impl Hurry {
    /// Cuts open requests; their rows are written all the same.
    pub fn cut(&self) {
        self.reach(Phase::Cutting);
    }

    fn reach(&self, phase: Phase) {
        self.0.send_modify(|now| *now = phase.max(*now));
    }
}

/// How long the last rows may take to be written.
pub(crate) const LAST_ROWS: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens the two databases of a data directory, which is made if it is not there.
pub(crate) fn open(data_dir: &std::path::Path) -> anyhow::Result<Store> {
    Store::open(data_dir)
        .with_context(|| format!("the data directory {} cannot be used", data_dir.display()))
}

/// Sees to it that there is an account and a token: those of the environment, else, at the very
/// first start, fresh ones.
async fn settle(
    store: &Store,
    identity: &Identity,
    bootstrap: Option<&Bootstrap>,
) -> anyhow::Result<Option<FirstStart>> {
    let now = Timestamp::from(SystemTime::now());
    let instance = store.instance();
    if let Some(Bootstrap { account, token }) = bootstrap {
        let digest = identity.digest(token);
        instance
            .ensure_bootstrap(*account, digest, token.last_four(), now)
            .await
            .context("the bootstrap account and token cannot be written")?;
        return Ok(None);
    }
    let token = fresh_token()?;
    let digest = identity.digest(&token);
    let made = instance
        .first_start("default", digest, token.last_four(), now)
        .await
        .context("the first account and token cannot be written")?;
    Ok(made.map(|(account, _)| FirstStart {
        account: account.id,
        token,
    }))
}

/// A token from the system's randomness.
pub(crate) fn fresh_token() -> anyhow::Result<TokenText> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).context("the system has no randomness")?;
    Ok(TokenText::from_random(bits))
}
