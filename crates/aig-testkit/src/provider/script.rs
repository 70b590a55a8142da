//! What happens to one request, and the gate that a test holds on it.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::request::Reader;

/// Lets the chunks of a stream go, one by one, when the test says so. Dropped, it stays as it is.
#[derive(Clone, Debug)]
pub struct Gate {
    permits: Arc<Semaphore>,
}

/// What happens to one request.
#[derive(Debug)]
pub(super) enum Script {
    Answer(Answer),
    Stream {
        head: Answer,
        chunks: Vec<Bytes>,
        gate: Gate,
        /// Whether the stream comes to its end or breaks off before it.
        whole: bool,
    },
    Hang,
    Raw(Bytes),
    /// Bytes that are sent as the gate says, on a connection that stays open.
    Parts {
        parts: Vec<Bytes>,
        gate: Gate,
    },
    /// The same, but the connection is dropped without a word: over TLS, without its own end.
    Vanish(Bytes),
}

/// A head, and a body that is sent at once.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    head: String,
    tells_length: bool,
    has_body: bool,
    body: Bytes,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    /// The peer has the whole answer, and the connection can be used again.
    Whole,
    /// The script wants the connection closed.
    Closed,
    /// The script wants the connection gone without a word.
    Vanished,
    /// The peer went away before it had the whole answer.
    Left,
}

// === impl Gate ===

impl Gate {
    pub(super) fn closed() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(0)),
        }
    }

    /// Lets the next chunk go, or after the last chunk the end.
    pub fn release_one(&self) {
        self.release(1);
    }

    /// Lets so many more go; the end counts as one.
    pub fn release(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// Opens the gate for good.
    pub fn release_all(&self) {
        self.permits.close();
    }

    async fn pass(&self) {
        // A closed semaphore is a gate that is open for good.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }
}

// === impl Script ===

impl Script {
    /// For a request that nothing was said about.
    pub(super) fn unexpected() -> Self {
        let why = "the scripted provider was asked more often than the test said; say what happens";
        let headers = &[("content-type", "text/plain")];
        Self::Answer(Answer::new(
            500,
            headers,
            Bytes::from_static(why.as_bytes()),
        ))
    }

    /// `to_head`: the request was a HEAD, whose answer has no body whatever its headers say.
    pub(super) async fn play(self, peer: &mut Reader, to_head: bool) -> Played {
        let played = match self {
            Self::Answer(answer) => answer.send(peer, to_head).await,
            Self::Stream {
                head,
                chunks,
                gate,
                whole,
            } => stream(head, chunks, &gate, whole, peer).await,
            Self::Hang => {
                peer.peer_left().await;
                Ok(Played::Left)
            }
            Self::Parts { parts, gate } => pieces(parts, &gate, peer).await,
            Self::Raw(bytes) => peer
                .stream()
                .write_all(&bytes)
                .await
                .map(|()| Played::Closed),
            Self::Vanish(bytes) => match peer.stream().write_all(&bytes).await {
                Ok(()) => peer.stream().flush().await.map(|()| Played::Vanished),
                Err(error) => Err(error),
            },
        };
        // A peer that cannot be written to is gone.
        played.unwrap_or(Played::Left)
    }
}

async fn stream(
    head: Answer,
    chunks: Vec<Bytes>,
    gate: &Gate,
    whole: bool,
    peer: &mut Reader,
) -> io::Result<Played> {
    let head = format!("{}transfer-encoding: chunked\r\n\r\n", head.head);
    peer.stream().write_all(head.as_bytes()).await?;
    peer.stream().flush().await?;
    for chunk in chunks {
        if !passed(gate, peer).await {
            return Ok(Played::Left);
        }
        let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk, b"\r\n"].concat();
        peer.stream().write_all(&framed).await?;
        peer.stream().flush().await?;
    }
    if !whole {
        return Ok(Played::Closed);
    }
    if !passed(gate, peer).await {
        return Ok(Played::Left);
    }
    peer.stream().write_all(b"0\r\n\r\n").await?;
    peer.stream().flush().await?;
    Ok(Played::Whole)
}

async fn pieces(parts: Vec<Bytes>, gate: &Gate, peer: &mut Reader) -> io::Result<Played> {
    for part in parts {
        if !passed(gate, peer).await {
            return Ok(Played::Left);
        }
        peer.stream().write_all(&part).await?;
    }
    Ok(Played::Whole)
}

/// Whether the gate opened before the peer left.
async fn passed(gate: &Gate, peer: &mut Reader) -> bool {
    tokio::select! {
        // A peer that left is noticed even when the gate is open.
        biased;
        () = peer.peer_left() => false,
        () = gate.pass() => true,
    }
}

// === impl Answer ===

impl Answer {
    pub(super) fn new(status: u16, headers: &[(&str, &str)], body: Bytes) -> Self {
        let status = StatusCode::from_u16(status).expect("the test gives a status of three digits");
        let reason = status.canonical_reason().unwrap_or("Unnamed");
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = ["content-length", "transfer-encoding"];
        let tells_length = headers.iter().any(|(name, _)| {
            framed
                .iter()
                .any(|framed| name.eq_ignore_ascii_case(framed))
        });
        let has_body = ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
        Self {
            head,
            tells_length,
            has_body,
            body,
        }
    }

    async fn send(self, peer: &mut Reader, to_head: bool) -> io::Result<Played> {
        let mut bytes = self.head.into_bytes();
        if !self.tells_length && self.has_body {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if !to_head {
            bytes.extend_from_slice(&self.body);
        }
        peer.stream().write_all(&bytes).await?;
        peer.stream().flush().await?;
        Ok(Played::Whole)
    }
}
