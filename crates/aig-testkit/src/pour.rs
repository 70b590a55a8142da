//! A provider that has one answer, as long as it takes: the same piece over and over, as fast as it
//! is read. For answers that no test should hold in memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A running provider; stops when dropped.
#[derive(Debug)]
pub struct Pouring {
    address: SocketAddr,
    cut: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

impl Pouring {
    /// Answers every request with this head, from the status line to the empty line, and so many
    /// times the piece; then closes the connection.
    pub async fn start(head: String, piece: impl Into<Bytes>, times: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (count, cut) = watch::channel(0);
        let (head, piece) = (Bytes::from(head), piece.into());
        let accepting = tokio::spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let accepted = listener.accept().await;
                let (stream, _) = accepted.expect("the test's process has descriptors left");
                let (head, piece, count) = (head.clone(), piece.clone(), count.clone());
                open.spawn(async move {
                    if !pour(stream, &head, &piece, times).await {
                        count.send_modify(|count| *count += 1);
                    }
                });
            }
        });
        Self {
            address,
            cut,
            accepting,
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until so many answers were cut before their end; fails the test when they are not within
    /// that time.
    pub async fn cut(&self, answers: usize, patience: Duration) {
        let mut cut = self.cut.clone();
        let waiting = cut.wait_for(|cut| *cut >= answers);
        match tokio::time::timeout(patience, waiting).await {
            Ok(Ok(_)) => {}
            _ => panic!("{} of {answers} answers were cut", *self.cut.borrow()),
        }
    }
}

impl Drop for Pouring {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Whether the peer took everything.
async fn pour(mut stream: TcpStream, head: &[u8], piece: &[u8], times: u64) -> bool {
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read_buf(&mut request).await {
            Ok(read) if read > 0 => {}
            _ => return true,
        }
    }
    if stream.write_all(head).await.is_err() {
        return false;
    }
    for _ in 0..times {
        if stream.write_all(piece).await.is_err() {
            return false;
        }
    }
    // The peer may have closed first; either way everything was sent.
    let _ = stream.shutdown().await;
    true
}
