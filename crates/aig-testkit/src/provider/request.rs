//! Requests as they stood on the wire, and how they are read off it.

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request that the provider was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, as sent.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Names and values as sent, in order.
    pub headers: Vec<(String, Bytes)>,
    /// The body, without its framing; what there was of it if the request is not `whole`.
    pub body: Bytes,
    /// Request line and headers byte for byte, up to the empty line.
    pub head: Bytes,
    /// On which connection it came, from 0.
    pub connection: usize,
    /// Whether the body arrived to its end.
    pub whole: bool,
}

/// What came over a connection.
pub(super) enum Arrived {
    Whole(Request),
    /// The peer went away in the middle of the body.
    Half(Request),
    /// Not HTTP/1.1 as this reader knows it.
    Malformed(String),
    /// The peer went away, or was never there, between two requests.
    Nothing,
}

/// A connection, plain or not.
pub(super) type Stream = Box<dyn Duplex>;

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Reads requests off one connection.
pub(super) struct Reader {
    stream: Stream,
    connection: usize,
    buffer: BytesMut,
}

/// How the end of a body is known.
enum Framing {
    Length(usize),
    Chunked,
}

// === impl Request ===

impl Request {
    /// The value of that header, in any spelling of its name; the first if there are several.
    /// Fails the test when it is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// All values of that header, in order.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(found, _): &&(String, Bytes)| found.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(named)
            .map(|(_, value)| str::from_utf8(value).expect("the header's value is text"))
    }

    /// The body as text; fails the test when it is none.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the request's body is text")
    }

    /// The body as JSON; fails the test when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }
}

// === impl Reader ===

impl Reader {
    pub(super) fn new(stream: Stream, connection: usize) -> Self {
        Self {
            stream,
            connection,
            buffer: BytesMut::new(),
        }
    }

    pub(super) const fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Waits until the peer has closed the connection; what it sends until then is kept.
    pub(super) async fn peer_left(&mut self) {
        while self.more().await {}
    }

    pub(super) async fn next(&mut self) -> Arrived {
        let end = loop {
            match head_end(&self.buffer) {
                Some(end) => break end,
                None if self.more().await => {}
                None if self.buffer.is_empty() => return Arrived::Nothing,
                None => return Arrived::Malformed("the head broke off".to_owned()),
            }
        };
        let head = self.buffer.split_to(end).freeze();
        let (mut request, framing) = match parse(&head, self.connection) {
            Ok(parsed) => parsed,
            Err(why) => return Arrived::Malformed(why),
        };
        if request.header("expect") == Some("100-continue") {
            let go_on = self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            if go_on.await.is_err() {
                return Arrived::Half(request);
            }
        }
        let mut body = BytesMut::new();
        let whole = match framing {
            Framing::Length(length) => self.take(length, &mut body).await,
            Framing::Chunked => match self.chunks(&mut body).await {
                Ok(whole) => whole,
                Err(why) => return Arrived::Malformed(why),
            },
        };
        request.body = body.freeze();
        request.whole = whole;
        match whole {
            true => Arrived::Whole(request),
            false => Arrived::Half(request),
        }
    }

    /// Whether anything more came.
    async fn more(&mut self) -> bool {
        // A reset is a way to leave, too.
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(read) if read > 0)
    }

    /// Moves so many bytes into the body, or as many as there are before the peer goes away.
    async fn take(&mut self, length: usize, body: &mut BytesMut) -> bool {
        let mut missing = length;
        loop {
            let part = self.buffer.split_to(missing.min(self.buffer.len()));
            missing -= part.len();
            body.extend_from_slice(&part);
            if missing == 0 {
                return true;
            }
            if !self.more().await {
                return false;
            }
        }
    }

    async fn chunks(&mut self, body: &mut BytesMut) -> Result<bool, String> {
        loop {
            let Some(line) = self.line().await else {
                return Ok(false);
            };
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16)
                .map_err(|_| format!("`{line}` is no chunk size"))?;
            if size == 0 {
                // Trailers, up to the empty line.
                loop {
                    match self.line().await {
                        Some(line) if line.is_empty() => return Ok(true),
                        Some(_) => {}
                        None => return Ok(false),
                    }
                }
            }
            if !self.take(size, body).await {
                return Ok(false);
            }
            match self.line().await {
                Some(line) if line.is_empty() => {}
                Some(line) => return Err(format!("`{line}` stands behind a chunk")),
                None => return Ok(false),
            }
        }
    }

    /// A line without its end.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line = self.buffer.split_to(end + 2);
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }
}

/// Behind the empty line that ends a head.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(found + 4)
}

fn parse(head: &Bytes, connection: usize) -> Result<(Request, Framing), String> {
    let mut lines = head
        .strip_suffix(b"\r\n\r\n")
        .unwrap_or(head)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = words[..] else {
        return Err(format!("`{first}` is no request line of HTTP/1.1"));
    };
    let mut headers = Vec::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(format!("`{}` is no header", line.escape_ascii()));
        };
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        headers.push((name, head.slice_ref(line[colon + 1..].trim_ascii())));
    }
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Bytes::new(),
        head: head.clone(),
        connection,
        whole: false,
    };
    // A peer that frames a body twice is wrong, and a test must hear of it.
    let lengths: Vec<&str> = request.header_values("content-length").collect();
    let encodings: Vec<&str> = request.header_values("transfer-encoding").collect();
    let framing = match (&lengths[..], &encodings[..]) {
        ([], []) => Framing::Length(0),
        ([length], []) => match length.parse() {
            Ok(length) => Framing::Length(length),
            Err(_) => return Err(format!("`{length}` is no content-length")),
        },
        ([], [encoding]) if encoding.eq_ignore_ascii_case("chunked") => Framing::Chunked,
        _ => {
            return Err(format!(
                "the body is framed by {lengths:?} and {encodings:?}"
            ));
        }
    };
    Ok((request, framing))
}
