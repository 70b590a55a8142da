//! What operators ask: `/healthz`, `/readyz`, `/metrics`, and the contract at `/openapi.json`.

use std::sync::{Arc, PoisonError, RwLock};

use aig_model::Snapshot;
use aig_proxy::Body;
use aig_proxy::cache_store::CacheStore;
use aig_store::{Journal, Queries, ReadOnly};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::sync::watch;

/// Answers to operators.
pub(crate) struct Ops {
    registry: Registry,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    draining: RwLock<bool>,
}

const JSON: &str = "application/json";
/// The content type of the OpenMetrics text that Prometheus reads.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Ops {
    pub(crate) fn new(registry: Registry, snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self {
            registry,
            snapshots,
            draining: RwLock::new(false),
        }
    }

    /// From now on the house is not ready for new work.
    pub(crate) fn drain(&self) {
        *self
            .draining
            .write()
            .unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// `/healthz` and `/readyz`; everything else is no path of ours.
    pub(crate) fn health<B>(&self, request: &Request<B>) -> Response<Body> {
        let path = request.uri().path();
        if !matches!(path, "/healthz" | "/readyz") {
            return not_found();
        }
        if let Some(refusal) = read_only(request.method()) {
            return refusal;
        }
        let draining = *self.draining.read().unwrap_or_else(PoisonError::into_inner);
        let (status, word) = match (path, draining) {
            ("/readyz", true) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
            _ => (StatusCode::OK, "ok"),
        };
        let generation = self.snapshots.borrow().generation;
        let body = json!({"status": word, "generation": generation});
        answer(status, JSON, body.to_string())
    }

    /// `/metrics` and `/openapi.json`, which stand on the control side only.
    pub(crate) fn control<B>(&self, request: &Request<B>, origin: &str) -> Option<Response<Body>> {
        let path = request.uri().path();
        if !matches!(path, "/metrics" | "/openapi.json") {
            return None;
        }
        if let Some(refusal) = read_only(request.method()) {
            return Some(refusal);
        }
        Some(match path {
            "/metrics" => {
                let mut text = String::new();
                match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
                    Ok(()) => answer(StatusCode::OK, METRICS, text),
                    Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, JSON, "{}".into()),
                }
            }
            _ => answer(StatusCode::OK, JSON, aig_control::document(origin)),
        })
    }
}

/// The journal's counters as metrics, read when they are asked for.
pub(crate) struct JournalMetrics(pub(crate) Journal);

impl std::fmt::Debug for JournalMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalMetrics(..)")
    }
}

impl Collector for JournalMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counters = self.0.counters();
        for (name, help, value) in [
            (
                "offered",
                "Log rows offered to the journal",
                counters.offered(),
            ),
            ("written", "Log rows written", counters.written()),
            (
                "dropped",
                "Log rows dropped because the queue was full",
                counters.dropped(),
            ),
            (
                "refused",
                "Log rows that the store refused",
                counters.refused(),
            ),
            (
                "shed",
                "Log rows written without their bodies because the queue was full",
                counters.shed(),
            ),
        ] {
            let counter = ConstCounter::new(value);
            let name = format!("aig_log_rows_{name}");
            counter.encode(encoder.encode_descriptor(
                &name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let queued = ConstGauge::new(i64::try_from(counters.queued_bytes()).unwrap_or(i64::MAX));
        queued.encode(encoder.encode_descriptor(
            "aig_log_queue_bytes",
            "Bytes of log rows waiting to be written",
            None,
            queued.metric_type(),
        )?)
    }
}

/// The cache as `/metrics` shows it.
#[derive(Debug)]
pub(crate) struct CacheMetrics(pub(crate) CacheStore);

impl Collector for CacheMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counts = self.0.counts();
        for (name, help, value) in [
            ("answers", "Answers in the cache", counts.answers),
            ("bytes", "Bytes of answers in the cache", counts.bytes),
            (
                "gathering_bytes",
                "Bytes of answers on their way into the cache",
                counts.gathering,
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let name = format!("aig_cache_{name}");
            let kind = gauge.metric_type();
            gauge.encode(encoder.encode_descriptor(&name, help, None, kind)?)?;
        }
        let evicted = ConstCounter::new(counts.evicted);
        evicted.encode(encoder.encode_descriptor(
            "aig_cache_evicted",
            "Answers thrown out of the cache for want of room",
            None,
            evicted.metric_type(),
        )?)
    }
}

/// What shows whether everything that was begun has ended, and what the store is asked.
#[derive(Debug)]
pub(crate) struct ProcessMetrics(pub(crate) Queries, pub(crate) ReadOnly);

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let queries = ConstCounter::new(self.0.count());
        queries.encode(encoder.encode_descriptor(
            "aig_store_queries",
            "Reads of the store and changes of the configuration; rows of the log are not among them",
            None,
            queries.metric_type(),
        )?)?;
        let read_only = ConstGauge::new(i64::from(self.1.is_set()));
        read_only.encode(encoder.encode_descriptor(
            "aig_store_read_only",
            "1 when a sync failed and changes of the configuration are refused until a restart",
            None,
            read_only.metric_type(),
        )?)?;
        // Metrics are asked for over HTTP, so there is a runtime.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Ok(());
        };
        let alive = runtime.metrics().num_alive_tasks();
        let tasks = ConstGauge::new(i64::try_from(alive).unwrap_or(i64::MAX));
        tasks.encode(encoder.encode_descriptor(
            "aig_tasks",
            "Tasks of the process that have not ended",
            None,
            tasks.metric_type(),
        )?)
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::fixed(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn read_only(method: &Method) -> Option<Response<Body>> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let mut refusal = envelope(StatusCode::METHOD_NOT_ALLOWED, 7005, "Method Not Allowed");
    let allow = HeaderValue::from_static("GET, HEAD");
    refusal.headers_mut().insert(header::ALLOW, allow);
    Some(refusal)
}

fn not_found() -> Response<Body> {
    envelope(
        StatusCode::NOT_FOUND,
        7000,
        "No such path; models are at /v1/{account}/{gateway}/{provider}, the API at /client/v4",
    )
}

fn envelope(status: StatusCode, code: u32, message: &str) -> Response<Body> {
    let body = json!({
        "result": null,
        "success": false,
        "errors": [{"code": code, "message": message}],
        "messages": [],
    });
    answer(status, JSON, body.to_string())
}
