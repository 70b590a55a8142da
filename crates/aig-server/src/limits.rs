//! `aig limits`: every limit of the process in one table.
//!
//! Nothing is limited here. Each row takes its number from where it is enforced or, if it can be
//! set, from the settings, so that the table cannot say anything else than the process does.

use std::process::ExitCode;
use std::time::Duration;

use aig_control::ControlConfig;
use aig_control::limits as control;
use aig_model::{GatewayId, Metadata, RetrySetting, TokenText};
use aig_policy::retry::MAX_PAUSE;
use aig_policy::{Attempts, Options};
use aig_proxy::limits as proxy;
use aig_store::{Journal, limits as store};
use serde_json::{Value, json};

use crate::config::{Config, Flags};
use crate::house::LAST_ROWS;
use crate::print;

/// The words of `aig limits`.
#[derive(Debug, clap::Args)]
pub(crate) struct Limits {
    #[command(flatten)]
    flags: Flags,
    /// Print JSON for programs instead of a table for people
    #[arg(long)]
    json: bool,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub name: &'static str,
    /// How much of it there may be.
    pub most: Most,
    /// Where the number is set.
    pub set: Set,
    /// What happens beyond it.
    pub beyond: &'static str,
}

/// How much there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Most {
    /// So many bytes.
    Bytes(u64),
    /// So much time.
    Time(Duration),
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(u64),
    /// Whatever comes.
    Unlimited,
}

/// Where a limit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Nowhere: it is part of the program.
    Fixed,
    /// By the setting of that name in the file; the flag is spelled like it.
    Setting(&'static str),
}

impl Limits {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, _) = self.flags.resolve()?;
        let table = table(&config);
        if self.json {
            let rows: Vec<Value> = table.iter().map(Limit::as_json).collect();
            println!("{}", print::json(&json!({"limits": rows})));
        } else {
            let head = ["limit", "value", "set by", "beyond it"];
            println!("{}", print::table(head, table.iter().map(Limit::cells)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

// === impl Limit ===

impl Limit {
    /// Name, value, where it is set, what is beyond it: as people read them.
    pub fn cells(&self) -> [String; 4] {
        let set = match self.set {
            Set::Fixed => "fixed".to_owned(),
            Set::Setting(key) => key.to_owned(),
        };
        [self.name.into(), self.most.text(), set, self.beyond.into()]
    }

    fn as_json(&self) -> Value {
        let (value, unit) = match self.most {
            Most::Bytes(bytes) => (json!(bytes), "bytes"),
            Most::Time(time) => (json!(time.as_secs_f64()), "seconds"),
            Most::Count(count) => (json!(count), "count"),
            Most::Percent(percent) => (json!(percent), "percent"),
            Most::Unlimited => (Value::Null, "unlimited"),
        };
        let (key, flag) = match self.set {
            Set::Fixed => (None, None),
            Set::Setting(key) => (Some(key), Some(format!("--{}", key.replace('_', "-")))),
        };
        json!({
            "name": self.name,
            "value": value,
            "unit": unit,
            "setting": key,
            "flag": flag,
            "beyond": self.beyond,
        })
    }
}

// === impl Most ===

impl Most {
    fn text(self) -> String {
        match self {
            Self::Bytes(bytes) => bytes_text(bytes),
            Self::Time(time) => format!("{} s", time.as_secs_f64()),
            Self::Count(count) => count.to_string(),
            Self::Percent(percent) => format!("{percent} %"),
            Self::Unlimited => "none".to_owned(),
        }
    }
}

fn bytes_text(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes > 0 && bytes.trailing_zeros() >= shift {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} B")
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

/// Every limit of a process with these settings.
pub fn table(config: &Config) -> Vec<Limit> {
    let rows = [
        callers(config),
        requests(config),
        providers(config),
        tries(),
        control_side(&ControlConfig::default()),
        storage(),
    ];
    rows.into_iter()
        .flatten()
        .map(|(name, most, key, beyond)| Limit {
            name,
            most,
            set: if key.is_empty() {
                Set::Fixed
            } else {
                Set::Setting(key)
            },
            beyond,
        })
        .collect()
}

/// Name, value, the setting or nothing, what is beyond.
type Row = (&'static str, Most, &'static str, &'static str);

fn callers(config: &Config) -> Vec<Row> {
    let listener = &config.listener;
    vec![
        (
            "head of a request",
            bytes(proxy::MAX_HEAD as u64),
            "",
            "431, or the stream is reset",
        ),
        (
            "headers of an HTTP/1 request",
            count(proxy::MAX_HEADERS as u64),
            "",
            "431",
        ),
        (
            "handshake of TLS; then the head of a request",
            time(listener.header_timeout),
            "header_timeout",
            "the connection is closed",
        ),
        (
            "reading none of an answer that waits",
            maybe(listener.write_timeout),
            "write_timeout",
            "the connection is closed, or the HTTP/2 stream reset; the row says client_gone",
        ),
        (
            "streams of an HTTP/2 connection",
            count(proxy::MAX_STREAMS.into()),
            "",
            "the stream is refused",
        ),
        (
            "upload ahead, an HTTP/2 stream",
            bytes(proxy::STREAM_WINDOW.into()),
            "",
            "the caller waits",
        ),
        (
            "upload ahead, an HTTP/2 connection",
            bytes(proxy::CONNECTION_WINDOW.into()),
            "",
            "the caller waits",
        ),
        (
            "answer ahead of an HTTP/1 caller",
            bytes(proxy::AHEAD as u64),
            "",
            "the provider waits",
        ),
        (
            "answer ahead of an HTTP/2 stream",
            bytes(proxy::SEND_BUFFER as u64),
            "",
            "the provider waits",
        ),
        (
            "between two pings of HTTP/2, and for its answer",
            time(proxy::PING),
            "",
            "the connection is closed",
        ),
        (
            "rest of a refused body",
            bytes(proxy::DRAIN_BYTES as u64),
            "",
            "the connection is closed",
        ),
        (
            "time for the rest of a refused body",
            time(proxy::DRAIN_TIME),
            "",
            "the connection is closed",
        ),
        (
            "open requests after a stop signal",
            time(listener.drain),
            "drain_timeout",
            "they are cut; the row says cut",
        ),
    ]
}

fn requests(config: &Config) -> Vec<Row> {
    vec![
        (
            "body of a request",
            bytes(config.proxy.max_request_body),
            "max_request_body",
            "413",
        ),
        (
            "pause in a request's body",
            time(proxy::IDLE_TIME),
            "",
            "408",
        ),
        (
            "body that is kept for another try, body of a universal request",
            bytes(proxy::MAX_KEPT),
            "",
            "no further try; 413 for a universal request",
        ),
        (
            "steps of a universal request",
            count(proxy::MAX_STEPS as u64),
            "",
            "400/7001",
        ),
        (
            "token",
            bytes(TokenText::MAX_LEN as u64),
            "",
            "it is no token",
        ),
        (
            "event id of a caller",
            bytes(proxy::MAX_EVENT_ID as u64),
            "",
            "the gateway makes one",
        ),
        (
            "entries of metadata",
            count(Metadata::MAX_ENTRIES as u64),
            "",
            "the others are dropped and counted",
        ),
    ]
}

fn providers(config: &Config) -> Vec<Row> {
    let plane = &config.proxy;
    vec![
        (
            "connecting to a provider",
            time(plane.connect_timeout),
            "connect_timeout",
            "the try failed",
        ),
        (
            "first byte of an answer, where a request does not say",
            maybe(plane.first_byte_timeout),
            "first_byte_timeout",
            "the try failed",
        ),
        (
            "first byte of an answer, as a request may say",
            time(Options::MAX_TIMEOUT),
            "",
            "it counts as so much",
        ),
        (
            "silence in an answer",
            maybe(plane.idle_timeout),
            "idle_timeout",
            "the answer breaks off; the row says upstream_broke",
        ),
        (
            "answer, from its first byte",
            maybe(plane.max_duration),
            "max_duration",
            "the answer breaks off; the row says cut",
        ),
        (
            "head of an answer",
            bytes(proxy::ANSWER_HEAD as u64),
            "",
            "the try failed",
        ),
        (
            "headers of an HTTP/1 answer",
            count(proxy::ANSWER_HEADERS as u64),
            "",
            "the try failed",
        ),
        (
            "answer ahead, HTTP/2",
            bytes(proxy::ANSWER_WINDOW.into()),
            "",
            "the provider waits",
        ),
        (
            "answers ahead, an HTTP/2 connection",
            bytes(proxy::PROVIDER_WINDOW.into()),
            "",
            "the provider waits",
        ),
        (
            "request ahead of an HTTP/2 provider",
            bytes(proxy::REQUEST_BUFFER as u64),
            "",
            "the caller waits",
        ),
        (
            "idle connection to a provider",
            time(proxy::POOL_IDLE),
            "",
            "it is closed",
        ),
        (
            "event that tokens are read from",
            bytes(aig_provider::EVENT_CAP as u64),
            "",
            "it passes unread, and is counted",
        ),
        (
            "value that is read from a body",
            bytes(aig_provider::VALUE_CAP as u64),
            "",
            "it passes unread",
        ),
    ]
}

fn tries() -> Vec<Row> {
    let share = (proxy::RETRY_SHARE * 100.0).round() as u64;
    vec![
        (
            "tries of a step",
            count(RetrySetting::MAX_ATTEMPTS.into()),
            "",
            "the next step, or the failure",
        ),
        (
            "retries of a request",
            count(Attempts::MAX_RETRIES.into()),
            "",
            "the failure is passed on",
        ),
        (
            "delay that a gateway may set",
            time(RetrySetting::MAX_DELAY),
            "",
            "400; what a request says counts as so much",
        ),
        (
            "pause between two tries",
            time(MAX_PAUSE),
            "",
            "it counts as so much",
        ),
        (
            "retries of a provider's requests",
            Most::Percent(share),
            "",
            "no further try",
        ),
        (
            "retries beyond that, a second",
            count(proxy::RETRIES_PER_SECOND.into()),
            "",
            "no further try",
        ),
        (
            "over how long both are counted",
            time(proxy::BUDGET_WINDOW),
            "",
            "older ones are forgotten",
        ),
    ]
}

fn control_side(plane: &ControlConfig) -> Vec<Row> {
    vec![
        (
            "body of a control request",
            bytes(plane.body_limit),
            "",
            "413",
        ),
        (
            "arrival of a control request's body",
            time(plane.body_timeout),
            "",
            "408",
        ),
        (
            "operation of the control plane",
            time(plane.answer_timeout),
            "",
            "503",
        ),
        (
            "gateways of a page",
            count(control::GATEWAYS_PER_PAGE.into()),
            "",
            "it counts as so many",
        ),
        (
            "log rows of a page",
            count(control::LOGS_PER_PAGE.into()),
            "",
            "it counts as so many",
        ),
        (
            "id of a gateway",
            bytes(GatewayId::MAX_LEN as u64),
            "",
            "400",
        ),
    ]
}

fn storage() -> Vec<Row> {
    vec![
        (
            "log rows that wait to be written",
            bytes(Journal::CAPACITY),
            "",
            "new rows are dropped and counted",
        ),
        (
            "a text in a log row",
            bytes(proxy::MAX_FIELD as u64),
            "",
            "it is cut",
        ),
        (
            "last rows after a stop",
            time(LAST_ROWS),
            "",
            "they are lost, and the process says so",
        ),
        (
            "changes that wait",
            count(store::WRITES_WAITING as u64),
            "",
            "503",
        ),
        ("wait of a change", time(store::WRITE_WAIT), "", "503"),
        (
            "reads that wait",
            count(store::READS_WAITING as u64),
            "",
            "503",
        ),
        ("a read", time(store::READ_TIME), "", "503"),
    ]
}

#[cfg(test)]
mod tests;
