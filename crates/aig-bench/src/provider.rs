//! The provider: blocking sockets, a thread for each connection, answers that are made once.
//!
//! It must cost far less than what is measured, so it parses nothing but the framing and one field:
//! the `user` of a request says what is wanted (see [`Wanted`]), because every gateway passes the
//! body on.

use std::fmt;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use crate::message::Messages;

/// What a request wants, written `bench-{bytes}-{chunks}-{microseconds}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The length of the answer, or of one event of a stream, in bytes.
    pub(crate) bytes: usize,
    /// How many events; 0 for an answer that is no stream.
    pub(crate) chunks: u32,
    /// The time between two events.
    pub(crate) interval: Duration,
}

/// The name of a role's line that says where it listens.
pub(crate) const LISTENING: &str = "listening ";

/// A thread here holds one buffer and calls nothing deep.
const STACK: usize = 128 << 10;

/// How far into a body the wish may stand, in bytes.
const LOOK: usize = 256;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The port of 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Serves until it is killed.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let socket = TcpListener::bind(("127.0.0.1", options.port))?;
    println!("{LISTENING}{}", socket.local_addr()?);
    serve(&socket)?;
    Ok(ExitCode::SUCCESS)
}

/// Serves all that comes to the socket.
pub(crate) fn serve(socket: &TcpListener) -> io::Result<()> {
    for stream in socket.incoming() {
        let stream = stream?;
        thread::Builder::new().stack_size(STACK).spawn(move || {
            // A peer that leaves ends its own thread and nothing else.
            let _ = answer_all(&stream);
        })?;
    }
    Ok(())
}

fn answer_all(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut messages = Messages::new(stream);
    let mut last: Option<(Wanted, Prepared)> = None;
    let mut begin = Vec::with_capacity(LOOK);
    while let Some(head) = messages.head()? {
        begin.clear();
        messages.body(head.body, |piece| {
            let room = LOOK - begin.len();
            begin.extend_from_slice(&piece[..room.min(piece.len())]);
        })?;
        let wanted = Wanted::in_body(&begin).unwrap_or_default();
        let prepared = match &mut last {
            Some((same, prepared)) if *same == wanted => prepared,
            other => &mut other.insert((wanted, Prepared::new(wanted))).1,
        };
        prepared.send(stream, wanted)?;
    }
    Ok(())
}

/// The bytes of an answer.
struct Prepared {
    /// The whole of a plain answer, or the head and the first event of a stream.
    first: Vec<u8>,
    event: Vec<u8>,
    last: Vec<u8>,
}

// === impl Prepared ===

impl Prepared {
    fn new(wanted: Wanted) -> Self {
        if wanted.chunks == 0 {
            let body = plain(wanted.bytes);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            return Self {
                first: [head.into_bytes(), body].concat(),
                event: Vec::new(),
                last: Vec::new(),
            };
        }
        let event = chunk(&event(wanted.bytes));
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        Self {
            first: [head.as_bytes(), &event].concat(),
            event,
            last: [&chunk(USAGE), &chunk(b"data: [DONE]\n\n")[..], b"0\r\n\r\n"].concat(),
        }
    }

    fn send(&self, mut stream: &TcpStream, wanted: Wanted) -> io::Result<()> {
        let begun = Instant::now();
        stream.write_all(&self.first)?;
        for n in 1..wanted.chunks {
            let due = begun + wanted.interval * n;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            stream.write_all(&self.event)?;
        }
        match wanted.chunks {
            0 => Ok(()),
            _ => stream.write_all(&self.last),
        }
    }
}

/// The event with which a stream counts its tokens.
const USAGE: &[u8] = br#"data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}

"#;

fn plain(bytes: usize) -> Vec<u8> {
    padded(
        r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":""#,
        r#""},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}"#,
        bytes,
    )
}

fn event(bytes: usize) -> Vec<u8> {
    padded(
        r#"data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":""#,
        "\"},\"finish_reason\":null}]}\n\n",
        bytes,
    )
}

/// Text between two others, so that all has that length in bytes; not less than the two need.
pub(crate) fn padded(before: &str, after: &str, bytes: usize) -> Vec<u8> {
    let words = "tokens as they are written, ".bytes().cycle();
    let room = bytes.saturating_sub(before.len() + after.len());
    let text: Vec<u8> = words.take(room).collect();
    [before.as_bytes(), &text, after.as_bytes()].concat()
}

fn chunk(data: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat()
}

// === impl Wanted ===

impl Wanted {
    fn in_body(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let (_, rest) = text.split_once(r#""user":""#)?;
        rest.split('"').next()?.parse().ok()
    }

    /// The least length of an answer's body that is whole, in bytes.
    pub(crate) fn at_least(self) -> usize {
        match self.chunks {
            0 => self.bytes,
            chunks => self.bytes * chunks as usize,
        }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            bytes: 300,
            chunks: 0,
            interval: Duration::ZERO,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = self.interval.as_micros();
        write!(f, "bench-{}-{}-{interval}", self.bytes, self.chunks)
    }
}

impl FromStr for Wanted {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let ["bench", bytes, chunks, interval] = parts[..] else {
            anyhow::bail!("{text:?} is not of the form bench-300-0-0");
        };
        Ok(Self {
            bytes: bytes.parse()?,
            chunks: chunks.parse()?,
            interval: Duration::from_micros(interval.parse()?),
        })
    }
}
