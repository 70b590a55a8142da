//! A data plane alone, without a store: the test says what its gateways are like, and holds in its
//! hands what the log would get.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aig_model::{
    Account, AccountId, Gateway, GatewayChange, GatewayId, Record, Row, Secret, Snapshot,
    Timestamp, Transcript,
};
use aig_policy::Identity;
use aig_proxy::listener::Answer;
use aig_proxy::{
    DataPlane, DataPlaneConfig, DefaultGateways, Handler, Inbound, Listener, Metrics, Recorder,
};
use aig_server::config::Flags;
use aig_testkit::{Provider, eventually};
use http::Request;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running data plane.
pub(crate) struct Plane {
    pub(crate) http: reqwest::Client,
    pub(crate) address: SocketAddr,
    snapshots: watch::Sender<Arc<Snapshot>>,
    gateways: Mutex<Vec<Gateway>>,
    kept: Arc<Kept>,
    serving: JoinHandle<()>,
}

/// What came of requests, in the order in which they ended.
#[derive(Default)]
struct Kept(Mutex<Vec<(Record, Transcript)>>);

struct Front(DataPlane);

/// Nothing is written here.
struct Nobody;

impl Handler for Front {
    fn handle(self: Arc<Self>, request: Request<Inbound>) -> Answer {
        Box::pin(async move { self.0.handle(request).await })
    }
}

impl Recorder for Kept {
    fn offer(&self, mut row: Box<Row>) {
        row.complete();
        let transcript = std::mem::take(&mut row.transcript);
        self.0
            .lock()
            .unwrap()
            .push((row.record.clone(), transcript));
    }
}

impl DefaultGateways for Nobody {
    fn ensure(&self, _: AccountId) {}
}

pub(crate) fn account() -> AccountId {
    AccountId::from_bytes([7; 16])
}

impl Plane {
    /// A plane whose `openai` and `anthropic` are the scripted provider.
    pub(crate) async fn start(provider: &Provider) -> Self {
        Self::with(provider, |_, _| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(
        provider: &Provider,
        change: impl FnOnce(&mut Flags, &mut Option<fn(&mut DataPlaneConfig)>),
    ) -> Self {
        let address = provider.address();
        let mut flags = Flags {
            providers: vec![
                format!("openai=http://{address}/v1"),
                format!("anthropic=http://{address}"),
            ],
            egress_allow: vec!["127.0.0.1/32".parse().unwrap()],
            ..Flags::default()
        };
        let mut more = None;
        change(&mut flags, &mut more);
        let (mut config, _) = flags.resolve().unwrap();
        if let Some(more) = more {
            more(&mut config.proxy);
        }
        let identity = Identity::new(Secret::new([1; Identity::PEPPER_LEN]));
        let (snapshots, seen) = watch::channel(Arc::default());
        let kept = Arc::<Kept>::default();
        let metrics = Arc::<Metrics>::default();
        let data = DataPlane::new(
            config.proxy,
            Arc::new(identity),
            seen,
            Arc::clone(&kept) as Arc<dyn Recorder>,
            Arc::new(Nobody),
            Arc::clone(&metrics),
        );
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::bind(loopback, config.listener, metrics)
            .await
            .unwrap();
        let address = listener.address();
        let never = std::future::pending;
        let serving = tokio::spawn(listener.serve(Arc::new(Front(data)), never(), never()));
        let plane = Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(60))
                .build()
                .unwrap(),
            address,
            snapshots,
            gateways: Mutex::default(),
            kept,
            serving,
        };
        plane.gateway("g", GatewayChange::default());
        plane
    }

    /// Makes a gateway, or changes it as an update would.
    pub(crate) fn gateway(&self, id: &str, change: GatewayChange) {
        self.change(id, |gateway| {
            gateway
                .clone()
                .changed(change, Timestamp::from_millis(2))
                .unwrap()
        });
    }

    /// Has a gateway be another one.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&Gateway) -> Gateway) {
        let mut gateways = self.gateways.lock().unwrap();
        let id: GatewayId = id.parse().unwrap();
        let old = gateways.iter().position(|gateway| gateway.id == id);
        let old = old.map(|at| gateways.remove(at));
        let now = Timestamp::from_millis(1);
        let old = old.unwrap_or_else(|| Gateway::new(account(), id, now));
        gateways.push(change(&old));
        let account = Account {
            id: account(),
            name: "a".into(),
            created_at: now,
        };
        let snapshot = Snapshot::new(1, [account], gateways.clone(), []);
        self.snapshots.send_replace(Arc::new(snapshot));
    }

    /// URL of a gateway's provider path.
    pub(crate) fn url(&self, gateway: &str, path: &str) -> String {
        format!("http://{}/v1/{}/{gateway}/{path}", self.address, account())
    }

    /// A chat request to `openai` through the gateway `g`.
    pub(crate) fn chat(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.post("g", "openai/chat/completions", body)
    }

    /// A request in JSON.
    pub(crate) fn post(
        &self,
        gateway: &str,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::RequestBuilder {
        let request = self.http.post(self.url(gateway, path));
        let request = request.header("content-type", "application/json");
        request
            .header("authorization", "Bearer sk-caller-1")
            .body(body)
    }

    /// What the log has once it has that many rows, the oldest first.
    pub(crate) async fn rows(&self, count: usize) -> Vec<(Record, Transcript)> {
        eventually(&format!("{count} rows"), async || {
            let rows = self.kept.0.lock().unwrap();
            assert!(rows.len() <= count, "more than {count}: {rows:#?}");
            (rows.len() == count).then(|| rows.clone())
        })
        .await
    }

    /// What the log has by now.
    pub(crate) fn kept(&self) -> Vec<(Record, Transcript)> {
        self.kept.0.lock().unwrap().clone()
    }

    /// The last of so many rows.
    pub(crate) async fn row(&self, count: usize) -> (Record, Transcript) {
        self.rows(count).await.pop().unwrap()
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Sends a request and reads its answer to the end.
pub(crate) async fn whole(request: reqwest::RequestBuilder) {
    let answer = request.send().await.unwrap();
    answer.bytes().await.unwrap();
}

/// The bytes of a body that was kept.
pub(crate) fn text(body: &Option<aig_model::Body>) -> Option<String> {
    let pieces = body.as_ref()?.pieces().concat();
    Some(String::from_utf8(pieces).unwrap())
}
