//! The load: blocking sockets, a thread for each connection, requests that are made once.
//!
//! With a rate the loop is open: every request has its moment, whoever of the connections is free
//! sends the next one, and latency counts from the moment at which it should have been sent, so a
//! gateway that stalls cannot hide the requests that it kept waiting. Without a rate every
//! connection asks again as soon as it has its answer. Connections are opened, and used once, before
//! the count begins; it begins at a line on standard input, so that whoever reads the CPU of others
//! does it between.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::message::Messages;
use crate::numbers::percentile;
use crate::provider::{Wanted, padded};

#[derive(clap::Args, Clone)]
pub(crate) struct Options {
    /// Whom to ask.
    #[arg(long)]
    pub(crate) to: SocketAddr,
    /// The path to ask for.
    #[arg(long)]
    pub(crate) path: String,
    /// A header of every request, as `name: value`.
    #[arg(long = "header")]
    pub(crate) headers: Vec<String>,
    #[arg(long)]
    pub(crate) connections: usize,
    /// The length of a request's body, in bytes.
    #[arg(long)]
    pub(crate) bytes: usize,
    /// What the provider is to answer, as `bench-{bytes}-{chunks}-{microseconds}`.
    #[arg(long)]
    pub(crate) wanted: Wanted,
    /// Requests a second, over all connections.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How many requests, over all connections; without it, by time.
    #[arg(long)]
    pub(crate) requests: Option<u64>,
    /// For how long requests are sent, in seconds.
    #[arg(long)]
    pub(crate) seconds: Option<f64>,
}

/// What became of the requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Done {
    /// Requests that were answered by status 200 and the whole of what was wanted.
    pub(crate) good: u64,
    /// All others.
    pub(crate) bad: u64,
    /// From the first request to the end of the last answer.
    pub(crate) seconds: f64,
    /// To the end of an answer, in microseconds.
    pub(crate) whole: Latency,
    /// To the first byte of an answer's body, in microseconds.
    pub(crate) first: Latency,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// What a load says when its connections are open.
pub(crate) const READY: &str = "ready";

const STACK: usize = 128 << 10;
/// Who does not answer for that long is counted as bad, so that a measurement ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which request comes next, and when it is due.
struct Schedule {
    next: AtomicU64,
    period: Option<Duration>,
    requests: u64,
    length: Option<Duration>,
}

#[derive(Default)]
struct Tally {
    bad: u64,
    whole: Vec<u64>,
    first: Vec<u64>,
}

struct Caller<'a> {
    options: &'a Options,
    request: &'a [u8],
    messages: Messages<TcpStream>,
    stream: TcpStream,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let done = measure(options, || {
        println!("{READY}");
        io::stdin().read_line(&mut String::new()).map(drop)
    })?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(ExitCode::SUCCESS)
}

/// Opens the connections, waits for `go`, and sends.
pub(crate) fn measure(
    options: &Options,
    go: impl FnOnce() -> io::Result<()>,
) -> anyhow::Result<Done> {
    ensure!(
        options.requests.is_some() || options.seconds.is_some(),
        "say how many requests, or for how many seconds"
    );
    let request = request_of(options, options.wanted);
    // A long stream would only keep the beginning waiting.
    let opening = Wanted {
        chunks: options.wanted.chunks.min(2),
        ..options.wanted
    };
    let opening = (request_of(options, opening), opening);
    let schedule = Schedule {
        next: AtomicU64::new(0),
        period: options.rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
        requests: options.requests.unwrap_or(u64::MAX),
        length: options.seconds.map(Duration::from_secs_f64),
    };
    let mut callers = (0..options.connections)
        .map(|_| Caller::connect(options, &request, &opening))
        .collect::<anyhow::Result<Vec<_>>>()?;
    go()?;
    let start = Barrier::new(options.connections);
    let begun = Instant::now();
    let tallies = thread::scope(|scope| {
        let running = callers.drain(..).map(|caller| {
            let (schedule, start) = (&schedule, &start);
            thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, move || {
                    start.wait();
                    caller.send_all(schedule, begun)
                })
        });
        // All are started before one is waited for.
        let running: Vec<_> = running.collect::<io::Result<_>>()?;
        let ended = running.into_iter().map(|thread| thread.join());
        ended
            .collect::<Result<Vec<Tally>, _>>()
            .map_err(|_| io::Error::other("a caller panicked"))
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let bad = tallies.iter().map(|tally| tally.bad).sum();
    let gather = |of: fn(&Tally) -> &Vec<u64>| {
        let mut all: Vec<u64> = tallies.iter().flat_map(of).copied().collect();
        all.sort_unstable();
        all
    };
    let (whole, first) = (gather(|tally| &tally.whole), gather(|tally| &tally.first));
    Ok(Done {
        good: whole.len() as u64,
        bad,
        seconds,
        whole: Latency::of(&whole),
        first: Latency::of(&first),
    })
}

/// The bytes of every request: the wish first, where the provider looks for it.
fn request_of(options: &Options, wanted: Wanted) -> Vec<u8> {
    let stream = if wanted.chunks == 0 {
        ""
    } else {
        r#""stream":true,"#
    };
    let before = format!(
        r#"{{"model":"gpt-4o-mini","user":"{}",{stream}"messages":[{{"role":"user","content":""#,
        wanted
    );
    let body = padded(&before, r#""}]}"#, options.bytes);
    let mut head = format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\nuser-agent: aig-bench\r\naccept: application/json\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        options.path,
        options.to,
        body.len()
    );
    for header in &options.headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    [head.into_bytes(), body].concat()
}

// === impl Caller ===

impl<'a> Caller<'a> {
    /// Opens a connection and uses it once, to ask what opens it.
    fn connect(
        options: &'a Options,
        request: &'a [u8],
        (opening, wanted): &(Vec<u8>, Wanted),
    ) -> anyhow::Result<Self> {
        let stream = Self::dial(options)?;
        let mut caller = Self {
            options,
            request,
            messages: Messages::new(stream.try_clone()?),
            stream,
        };
        let (status, _) = caller
            .ask(opening, *wanted)
            .with_context(|| format!("{} does not answer", options.to))?;
        ensure!(status == 200, "{} answers {status}", options.to);
        Ok(caller)
    }

    fn dial(options: &Options) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(options.to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    fn send_all(mut self, schedule: &Schedule, begun: Instant) -> Tally {
        let mut tally = Tally::default();
        let expected = schedule.requests.min(1 << 20);
        let room = usize::try_from(expected).unwrap_or_default() / self.options.connections;
        tally.whole.reserve(room);
        tally.first.reserve(room);
        while let Some(due) = schedule.next(begun) {
            let due = match due {
                Some(due) => {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    due
                }
                None => Instant::now(),
            };
            match self.ask(self.request, self.options.wanted) {
                Ok((200, first)) => {
                    tally.whole.push(nanoseconds(due, Instant::now()));
                    tally.first.push(nanoseconds(due, first));
                }
                Ok(_) => tally.bad += 1,
                Err(_) => {
                    tally.bad += 1;
                    let Ok(stream) = Self::dial(self.options) else {
                        continue;
                    };
                    let Ok(reading) = stream.try_clone() else {
                        continue;
                    };
                    (self.messages, self.stream) = (Messages::new(reading), stream);
                }
            }
        }
        tally
    }

    /// Sends the request and reads the answer: its status, and when its body began.
    fn ask(&mut self, request: &[u8], wanted: Wanted) -> io::Result<(u16, Instant)> {
        self.stream.write_all(request)?;
        let head = self.messages.head()?;
        let head = head.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (mut first, mut length) = (None, 0);
        self.messages.body(head.body, |piece| {
            first.get_or_insert_with(Instant::now);
            length += piece.len();
        })?;
        if head.status == 200 && length < wanted.at_least() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if head.close {
            (self.stream, self.messages) = {
                let stream = Self::dial(self.options)?;
                (stream.try_clone()?, Messages::new(stream))
            };
        }
        Ok((head.status, first.unwrap_or_else(Instant::now)))
    }
}

// === impl Schedule ===

impl Schedule {
    /// The moment of the next request, if it has one; `None` at the end.
    fn next(&self, begun: Instant) -> Option<Option<Instant>> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let due = self.period.map(|period| begun + period.mul_f64(n as f64));
        let over = self.length.is_some_and(|length| {
            due.unwrap_or_else(Instant::now)
                .saturating_duration_since(begun)
                >= length
        });
        (n < self.requests && !over).then_some(due)
    }
}

// === impl Latency ===

impl Latency {
    /// Of sorted nanoseconds.
    fn of(sorted: &[u64]) -> Self {
        let micros = |share| percentile(sorted, share) as f64 / 1e3;
        Self {
            p50: micros(0.50),
            p99: micros(0.99),
        }
    }
}

fn nanoseconds(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
