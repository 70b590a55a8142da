//! The rows of the table of limits, in the order of a request's way through the house. How they are
//! printed is left to `limits`.

use std::time::Duration;

use aig_control::ControlConfig;
use aig_control::limits as control;
use aig_model::{Body, GatewayId, Metadata, RetrySetting, TokenText};
use aig_policy::retry::MAX_PAUSE;
use aig_policy::{Attempts, CachePlan, Options};
use aig_proxy::limits as proxy;
use aig_store::{Journal, limits as store};

use super::{Limit, Most, Set};
use crate::config::Config;
use crate::house::LAST_ROWS;

pub(super) fn callers(config: &Config) -> Vec<Limit> {
    let listener = &config.listener;
    vec![
        fixed(
            "head of a request",
            bytes(proxy::MAX_HEAD as u64),
            "431, or the stream is reset",
        ),
        fixed(
            "read ahead of an HTTP/1 request",
            bytes(proxy::READ_AHEAD as u64),
            "the caller waits",
        ),
        fixed(
            "headers of an HTTP/1 request",
            count(proxy::MAX_HEADERS as u64),
            "431",
        ),
        set(
            "handshake of TLS; then the head of a request",
            time(listener.header_timeout),
            "header_timeout",
            "the connection is closed",
        ),
        set(
            "reading none of an answer that waits",
            maybe(listener.write_timeout),
            "write_timeout",
            "the connection is closed, or the HTTP/2 stream reset; the row says client_gone",
        ),
        fixed(
            "streams of an HTTP/2 connection",
            count(proxy::MAX_STREAMS.into()),
            "the stream is refused",
        ),
        fixed(
            "upload ahead, an HTTP/2 stream",
            bytes(proxy::STREAM_WINDOW.into()),
            "the caller waits",
        ),
        fixed(
            "upload ahead, an HTTP/2 connection",
            bytes(proxy::CONNECTION_WINDOW.into()),
            "the caller waits",
        ),
        fixed(
            "answer ahead of an HTTP/1 caller",
            bytes(proxy::AHEAD as u64),
            "the provider waits",
        ),
        fixed(
            "answer ahead of an HTTP/2 stream",
            bytes(proxy::SEND_BUFFER as u64),
            "the provider waits",
        ),
        fixed(
            "between two pings of HTTP/2, and for its answer",
            time(proxy::PING),
            "the connection is closed",
        ),
        fixed(
            "rest of a refused body",
            bytes(proxy::DRAIN_BYTES as u64),
            "the connection is closed",
        ),
        fixed(
            "time for the rest of a refused body",
            time(proxy::DRAIN_TIME),
            "the connection is closed",
        ),
        set(
            "open requests after a stop signal",
            time(listener.drain),
            "drain_timeout",
            "they are cut; the row says cut",
        ),
    ]
}

pub(super) fn requests(config: &Config) -> Vec<Limit> {
    vec![
        set(
            "body of a request",
            bytes(config.proxy.max_request_body),
            "max_request_body",
            "413",
        ),
        set(
            "pause in a request's body",
            time(config.listener.body_timeout),
            "body_timeout",
            "408",
        ),
        fixed(
            "pace of a request's body after that time, a second",
            bytes(proxy::LEAST_RATE),
            "408 below it",
        ),
        fixed(
            "body that is kept for another try, body of a universal request",
            bytes(proxy::MAX_KEPT),
            "no further try; 413 for a universal request",
        ),
        fixed(
            "body of a request that the gateway signs",
            bytes(proxy::MAX_KEPT),
            "413",
        ),
        fixed(
            "body of a request that is cached",
            bytes(CachePlan::MAX_REQUEST),
            "it is answered past the cache",
        ),
        set(
            "answers in the cache",
            bytes(config.proxy.cache.capacity),
            "cache_memory",
            "those that are asked for least are dropped, and counted",
        ),
        fixed(
            "answer in the cache",
            bytes(
                config
                    .proxy
                    .cache
                    .max_answer
                    .min(config.proxy.cache.capacity / 8),
            ),
            "it is not kept",
        ),
        fixed(
            "body in the log",
            bytes(Body::MAX as u64),
            "the row has none, and says so",
        ),
        fixed(
            "bodies for the log, of all open requests",
            bytes(proxy::OPEN_BODIES as u64),
            "the row has none, says so, and is counted",
        ),
        fixed(
            "steps of a universal request",
            count(proxy::MAX_STEPS as u64),
            "400/7001",
        ),
        fixed("token", bytes(TokenText::MAX_LEN as u64), "it is no token"),
        fixed(
            "event id of a caller",
            bytes(proxy::MAX_EVENT_ID as u64),
            "the gateway makes one",
        ),
        fixed(
            "entries of metadata",
            count(Metadata::MAX_ENTRIES as u64),
            "the others are dropped and counted",
        ),
    ]
}

pub(super) fn providers(config: &Config) -> Vec<Limit> {
    let plane = &config.proxy;
    vec![
        set(
            "connecting to a provider",
            time(plane.connect_timeout),
            "connect_timeout",
            "the try failed",
        ),
        set(
            "first byte of an answer, where a request does not say",
            maybe(plane.first_byte_timeout),
            "first_byte_timeout",
            "the try failed",
        ),
        fixed(
            "first byte of an answer, as a request may say",
            time(Options::MAX_TIMEOUT),
            "it counts as so much",
        ),
        set(
            "silence in an answer",
            maybe(plane.idle_timeout),
            "idle_timeout",
            "the answer breaks off; the row says upstream_broke",
        ),
        set(
            "answer, from its first byte",
            maybe(plane.max_duration),
            "max_duration",
            "the answer breaks off; the row says cut",
        ),
        fixed(
            "head of an answer",
            bytes(proxy::ANSWER_HEAD as u64),
            "the try failed",
        ),
        fixed(
            "headers of an HTTP/1 answer",
            count(proxy::ANSWER_HEADERS as u64),
            "the try failed",
        ),
        fixed(
            "answer ahead, HTTP/2",
            bytes(proxy::ANSWER_WINDOW.into()),
            "the provider waits",
        ),
        fixed(
            "answers ahead, an HTTP/2 connection",
            bytes(proxy::PROVIDER_WINDOW.into()),
            "the provider waits",
        ),
        fixed(
            "request ahead of an HTTP/2 provider",
            bytes(proxy::REQUEST_BUFFER as u64),
            "the caller waits",
        ),
        fixed(
            "access token for a stored service account",
            time(proxy::TOKEN_TIMEOUT),
            "the try failed",
        ),
        fixed(
            "idle connection to a provider",
            time(proxy::POOL_IDLE),
            "it is closed",
        ),
        fixed(
            "event that tokens are read from",
            bytes(aig_provider::EVENT_CAP as u64),
            "it passes unread, and is counted",
        ),
        fixed(
            "value that is read from a body",
            bytes(aig_provider::VALUE_CAP as u64),
            "it passes unread",
        ),
    ]
}

pub(super) fn tries() -> Vec<Limit> {
    let share = (proxy::RETRY_SHARE * 100.0).round() as u64;
    vec![
        fixed(
            "tries of a step",
            count(RetrySetting::MAX_ATTEMPTS.into()),
            "the next step, or the failure",
        ),
        fixed(
            "retries of a request",
            count(Attempts::MAX_RETRIES.into()),
            "the failure is passed on",
        ),
        fixed(
            "delay that a gateway may set",
            time(RetrySetting::MAX_DELAY),
            "400; what a request says counts as so much",
        ),
        fixed(
            "pause between two tries",
            time(MAX_PAUSE),
            "it counts as so much",
        ),
        fixed(
            "retries of a provider's requests",
            Most::Percent(share),
            "no further try",
        ),
        fixed(
            "retries beyond that, a second",
            count(proxy::RETRIES_PER_SECOND.into()),
            "no further try",
        ),
        fixed(
            "over how long both are counted",
            time(proxy::BUDGET_WINDOW),
            "older ones are forgotten",
        ),
    ]
}

pub(super) fn control_side(plane: &ControlConfig) -> Vec<Limit> {
    vec![
        fixed("body of a control request", bytes(plane.body_limit), "413"),
        fixed(
            "arrival of a control request's body",
            time(plane.body_timeout),
            "408",
        ),
        fixed(
            "operation of the control plane",
            time(plane.answer_timeout),
            "503",
        ),
        fixed(
            "gateways of a page",
            count(control::GATEWAYS_PER_PAGE.into()),
            "it counts as so many",
        ),
        fixed(
            "log rows of a page",
            count(control::LOGS_PER_PAGE.into()),
            "it counts as so many",
        ),
        fixed(
            "custom providers of a page",
            count(control::CUSTOM_PROVIDERS_PER_PAGE.into()),
            "it counts as so many",
        ),
        fixed(
            "tokens of a page",
            count(control::TOKENS_PER_PAGE.into()),
            "it counts as so many",
        ),
        fixed(
            "prices of a page",
            count(control::CUSTOM_COSTS_PER_PAGE.into()),
            "it counts as so many",
        ),
        fixed(
            "entries of the audit log in an answer",
            count(control::AUDIT_ENTRIES.into()),
            "it counts as so many",
        ),
        fixed(
            "custom providers of an account",
            count(store::CUSTOM_PROVIDERS.into()),
            "400",
        ),
        fixed(
            "prices of an account's custom providers",
            count(store::CUSTOM_COSTS.into()),
            "400",
        ),
        fixed("id of a gateway", bytes(GatewayId::MAX_LEN as u64), "400"),
    ]
}

pub(super) fn storage() -> Vec<Limit> {
    vec![
        fixed(
            "file of settings or profiles",
            bytes(crate::config::file::MAX_FILE),
            "it is refused",
        ),
        fixed(
            "log rows that wait to be written",
            bytes(Journal::CAPACITY),
            "new rows are dropped and counted",
        ),
        fixed(
            "a text in a log row",
            bytes(proxy::MAX_FIELD as u64),
            "it is cut",
        ),
        fixed(
            "last rows after a stop",
            time(LAST_ROWS),
            "they are lost, and the process says so",
        ),
        fixed(
            "changes that wait",
            count(store::WRITES_WAITING as u64),
            "503",
        ),
        fixed("wait of a change", time(store::WRITE_WAIT), "503"),
        fixed("reads that wait", count(store::READS_WAITING as u64), "503"),
        fixed(
            "a read; a change or deletion of log rows",
            time(store::READ_TIME),
            "503",
        ),
        fixed(
            "age of the audit log",
            time(store::AUDIT_KEPT),
            "older entries are deleted as others come",
        ),
    ]
}

/// A limit that is part of the program.
const fn fixed(name: &'static str, most: Most, beyond: &'static str) -> Limit {
    Limit {
        name,
        most,
        set: Set::Fixed,
        beyond,
    }
}

/// A limit that the setting of that name sets.
const fn set(name: &'static str, most: Most, key: &'static str, beyond: &'static str) -> Limit {
    Limit {
        name,
        most,
        set: Set::Setting(key),
        beyond,
    }
}

const fn bytes(most: u64) -> Most {
    Most::Bytes(most)
}

const fn count(most: u64) -> Most {
    Most::Count(most)
}

const fn time(most: Duration) -> Most {
    Most::Time(most)
}

fn maybe(most: Option<Duration>) -> Most {
    most.map_or(Most::Unlimited, Most::Time)
}
