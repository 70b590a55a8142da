//! The first byte of a connection on which TLS is spoken, and a plain word to those who do not.
//!
//! A caller that writes `http://` where it should be `https://` gets an answer that says so, as from
//! other servers, instead of a connection that breaks for no reason that it can see.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first byte of a TLS connection: the type of a record that holds a handshake.
const HANDSHAKE: u8 = 0x16;
/// How much of a plain request is read and thrown away, in bytes, so that closing does not reset
/// the connection and lose the answer.
const DRAIN_BYTES: u64 = 64 << 10;

const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\
    content-length: 47\r\nconnection: close\r\n\r\n\
    this port speaks HTTPS; write https:// instead\n";

/// Whether the caller begins a handshake. Waits for its first byte, which stays where it is.
pub(crate) async fn is_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0] == HANDSHAKE)
}

/// Tells who speaks HTTP where TLS is spoken; says nothing to others. Its caller bounds the time.
pub(crate) async fn refuse(mut stream: TcpStream) {
    let mut first = [0];
    let plain = matches!(stream.peek(&mut first).await, Ok(1) if first[0].is_ascii_uppercase());
    if !plain {
        return;
    }
    tracing::debug!("a caller speaks plain HTTP where TLS is spoken");
    if stream.write_all(REFUSAL.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
        // What comes of it changes nothing: the answer is on its way.
        let _ = tokio::io::copy(&mut stream.take(DRAIN_BYTES), &mut tokio::io::sink()).await;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_refusal_has_the_length_that_it_says() {
        let (head, body) = super::REFUSAL.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    }
}
