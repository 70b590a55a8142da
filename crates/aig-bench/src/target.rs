//! Who is measured, and one measurement of it.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, ensure};

use crate::load::{Done, Options};
use crate::process::Waiting;
use crate::provider::Wanted;
use crate::usage::Cpu;

/// Somebody to ask.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) to: SocketAddr,
    pub(crate) path: String,
    pub(crate) headers: Vec<String>,
    /// Whose CPU and memory it is, if it runs on this machine.
    pub(crate) pid: Option<u32>,
    /// Where it tells of its log, if it tells.
    pub(crate) log: Option<Log>,
}

/// The address of a control plane, whose `/metrics` count log rows.
#[derive(Clone, Copy)]
pub(crate) struct Log(pub(crate) SocketAddr);

/// What is asked, how often, and by how many.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    /// Of a request's body.
    pub(crate) bytes: usize,
    pub(crate) wanted: Wanted,
    pub(crate) rate: Option<f64>,
    pub(crate) requests: Option<u64>,
    pub(crate) seconds: Option<f64>,
}

/// What came of it.
pub(crate) struct Sample {
    pub(crate) done: Done,
    /// CPU of the target's process for each request, in microseconds, the writing of its log
    /// included.
    pub(crate) cpu: Option<f64>,
    /// Why it does not count.
    pub(crate) void: Option<String>,
}

impl Target {
    /// Somebody else's gateway, by the URL under which it takes chat completions.
    pub(crate) fn at(url: &str, headers: Vec<String>, pid: Option<u32>) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://");
        let rest = rest.with_context(|| format!("{url} is no http:// URL"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut addresses = authority.to_socket_addrs();
        let to = addresses.as_mut().ok().and_then(Iterator::next);
        Ok(Self {
            name: authority.to_owned(),
            to: to.with_context(|| format!("{authority} is no address with a port"))?,
            path: format!("/{path}"),
            headers,
            pid,
            log: None,
        })
    }

    /// Measures once.
    pub(crate) fn measure(&self, shape: &Shape) -> anyhow::Result<Sample> {
        let load = Waiting::start(&Options {
            to: self.to,
            path: self.path.clone(),
            headers: self.headers.clone(),
            connections: shape.connections,
            bytes: shape.bytes,
            wanted: shape.wanted,
            rate: shape.rate,
            requests: shape.requests,
            seconds: shape.seconds,
        })?;
        let lost = self.lost()?;
        let cpu = self.pid.map(Cpu::of).transpose()?;
        let done = load.go()?;
        let lost = self.lost()? - lost;
        let after = self.pid.map(Cpu::of).transpose()?;
        ensure!(done.good > 0, "{} answered nothing", self.name);
        let used = after.zip(cpu).map(|(after, before)| after.since(&before));
        let requests = (done.good + done.bad) as f64;
        let void = match (lost, done.bad) {
            (0, 0) => None,
            (0, bad) => Some(format!("{bad} bad answers")),
            (lost, _) => Some(format!("{lost} log rows dropped")),
        };
        Ok(Sample {
            cpu: used.map(|used| used.as_secs_f64() * 1e6 / requests),
            done,
            void,
        })
    }

    /// Rows that were dropped so far, once nothing waits to be written.
    fn lost(&self) -> anyhow::Result<u64> {
        self.log.map_or(Ok(0), Log::settle)
    }
}

impl Shape {
    /// Plain answers, requests and answers of the same length.
    pub(crate) const fn plain(connections: usize, bytes: usize) -> Self {
        Self {
            connections,
            bytes,
            wanted: Wanted {
                bytes,
                chunks: 0,
                interval: std::time::Duration::ZERO,
            },
            rate: None,
            requests: None,
            seconds: None,
        }
    }

    /// A tenth of it, for warming up.
    pub(crate) fn shortened(self) -> Self {
        let least = self.connections as u64;
        Self {
            requests: self.requests.map(|n| (n / 10).max(least)),
            seconds: self.seconds.map(|seconds| seconds / 10.0),
            ..self
        }
    }

    /// At a constant rate for so many seconds.
    pub(crate) fn at_rate(self, rate: f64, seconds: f64) -> Self {
        Self {
            rate: Some(rate),
            requests: Some((rate * seconds) as u64),
            ..self
        }
    }
}
