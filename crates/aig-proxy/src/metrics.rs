//! Counters of the data plane, for `/metrics`. Labels are small closed sets, never a caller's text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aig_model::Outcome;
use aig_policy::cache::NotStored;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What the data plane counts.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Family<ByOutcome, Counter>,
    failures: Family<ByCode, Counter>,
    cache: Family<ByCache, Counter>,
    not_stored: Family<ByReason, Counter>,
    pub(crate) bodies_shed: Counter,
    pub(crate) connections: Gauge,
    pub(crate) panics: Counter,
    pub(crate) accept_failures: Counter,
    pub(crate) tls_failures: Counter,
    cut_at_drain: Counter,
    pub(crate) metadata_dropped: Counter,
    pub(crate) inspection_given_up: Counter,
    /// Whether connections are being cut because the drain deadline ran out.
    cutting: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCache {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

impl Metrics {
    /// Counters at zero, made known to `registry`.
    pub fn registered(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "aig_requests",
            "Requests through a gateway, by how they ended",
            metrics.requests.clone(),
        );
        registry.register(
            "aig_failures",
            "Answers that the gateway gave itself, by code",
            metrics.failures.clone(),
        );
        registry.register(
            "aig_cache_lookups",
            "Requests that the cache was asked about, by what it had",
            metrics.cache.clone(),
        );
        registry.register(
            "aig_cache_not_stored",
            "Answers that could have gone into the cache and did not, by why",
            metrics.not_stored.clone(),
        );
        registry.register(
            "aig_log_bodies_shed",
            "Bodies that the log does not have because too many were open at once",
            metrics.bodies_shed.clone(),
        );
        registry.register(
            "aig_connections",
            "Open connections from callers",
            metrics.connections.clone(),
        );
        registry.register(
            "aig_panics",
            "Requests that ended in a panic",
            metrics.panics.clone(),
        );
        registry.register(
            "aig_accept_failures",
            "Connections that could not be accepted, most likely for want of file descriptors",
            metrics.accept_failures.clone(),
        );
        registry.register(
            "aig_tls_failures",
            "Connections on which TLS could not be agreed on",
            metrics.tls_failures.clone(),
        );
        registry.register(
            "aig_cut_at_drain",
            "Connections cut because the drain deadline ran out",
            metrics.cut_at_drain.clone(),
        );
        registry.register(
            "aig_metadata_entries_dropped",
            "Entries of cf-aig-metadata left out: reserved keys, or beyond the fifth",
            metrics.metadata_dropped.clone(),
        );
        registry.register(
            "aig_inspections_given_up",
            "Answers whose tokens could not be counted because an event was too large or not readable",
            metrics.inspection_given_up.clone(),
        );
        metrics
    }

    pub(crate) fn ended(&self, outcome: Outcome) {
        let outcome = outcome.as_str();
        self.requests.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// From now on whatever ends is cut by the gateway, not left by its caller.
    pub(crate) fn cut(&self, connections: u64) {
        self.cutting.store(true, Ordering::Release);
        self.cut_at_drain.inc_by(connections);
    }

    pub(crate) fn is_cutting(&self) -> bool {
        self.cutting.load(Ordering::Acquire)
    }

    /// The cache was asked and had this: `hit`, or why not.
    pub(crate) fn looked_up(&self, result: &'static str) {
        self.cache.get_or_create(&ByCache { result }).inc();
    }

    pub(crate) fn not_stored(&self, why: NotStored) {
        let reason = why.as_str();
        self.not_stored.get_or_create(&ByReason { reason }).inc();
    }

    pub(crate) fn failed(&self, code: u32) {
        self.failures.get_or_create(&ByCode { code }).inc();
    }
}

/// Counts the panic that unwinds through it. Nothing is caught here: what holds the facts of a
/// request has to see the panic as well, or it would take it for a caller that left.
pub(crate) struct Panics(pub(crate) Arc<Metrics>);

impl Drop for Panics {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panics.inc();
        }
    }
}
