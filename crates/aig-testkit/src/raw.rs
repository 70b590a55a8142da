//! A caller on a bare socket: sends what the test says, byte for byte, and tells one answer of the
//! gateway from the next.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::patience::PATIENCE;

/// A connection that speaks whatever it is told to.
#[derive(Debug)]
pub struct RawCaller {
    stream: TcpStream,
    buffer: BytesMut,
}

/// An answer in HTTP/1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// Its status.
    pub status: u16,
    /// Status line and headers, up to the empty line.
    pub head: String,
    /// What the head says belongs to it; all that came, if the answer broke off.
    pub body: Bytes,
    /// Whether the body came to its end.
    pub whole: bool,
}

// === impl RawCaller ===

impl RawCaller {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the gateway takes connections");
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    /// Sends the bytes, and says whether the other side took them all.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The next answer; none when the connection ended before one began. Interim answers (1xx) are
    /// passed over. Fails the test when nothing happens.
    pub async fn answer(&mut self) -> Option<RawAnswer> {
        loop {
            let answer = tokio::time::timeout(PATIENCE, self.read())
                .await
                .unwrap_or_else(|_| {
                    panic!("waited {PATIENCE:?} in vain for an answer or an end")
                })?;
            if !(100..200).contains(&answer.status) {
                return Some(answer);
            }
        }
    }

    /// All answers that come until the connection ends.
    pub async fn answers(&mut self) -> Vec<RawAnswer> {
        let mut answers = Vec::new();
        while let Some(answer) = self.answer().await {
            answers.push(answer);
        }
        answers
    }

    /// The socket, for what cannot be said otherwise.
    pub const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    async fn read(&mut self) -> Option<RawAnswer> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                assert!(self.buffer.is_empty(), "no answer: {:?}", self.buffer);
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer.split_to(end)).into_owned();
        let status = head.get(9..12).and_then(|digits| digits.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {head:?}"));
        let lower = head.to_ascii_lowercase();
        let field = |name: &str| {
            let line = lower.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        let mut body = BytesMut::new();
        let whole = match (field("transfer-encoding:"), field("content-length:")) {
            (Some(_), _) => self.chunks(&mut body).await,
            (None, Some(length)) => {
                let length = length.parse().expect("the gateway sends a length");
                self.take(length, &mut body).await
            }
            (None, None) => true,
        };
        Some(RawAnswer {
            status,
            head,
            body: body.freeze(),
            whole,
        })
    }

    async fn chunks(&mut self, body: &mut BytesMut) -> bool {
        loop {
            let mut line = BytesMut::new();
            while !line.ends_with(b"\r\n") {
                if !self.take(1, &mut line).await {
                    return false;
                }
            }
            let digits = String::from_utf8_lossy(&line);
            let size = usize::from_str_radix(digits.trim(), 16).expect("the gateway sends sizes");
            let mut end = BytesMut::new();
            if !self.take(size, body).await || !self.take(2, &mut end).await {
                return false;
            }
            if size == 0 {
                return true;
            }
        }
    }

    async fn take(&mut self, length: usize, into: &mut BytesMut) -> bool {
        while self.buffer.len() < length {
            if !self.more().await {
                into.extend_from_slice(&self.buffer.split());
                return false;
            }
        }
        into.extend_from_slice(&self.buffer.split_to(length));
        true
    }

    /// Whether anything more came; a reset is an end as well.
    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(read) if read > 0)
    }
}
