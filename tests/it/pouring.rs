//! A provider that sends as fast as it is read from, and counts what was taken from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// What one answer has, in bytes; more than any buffer holds.
pub(crate) const ANSWER: usize = 256 << 20;
const CHUNK: usize = 16 << 10;

pub(crate) struct Pouring {
    pub(crate) base: String,
    counts: Arc<Counts>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Counts {
    taken: AtomicUsize,
    answers: AtomicUsize,
    left: AtomicUsize,
}

impl Pouring {
    pub(crate) async fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // What is counted is to be what the house holds, not what waits here.
        socket.set_send_buffer_size(8 << 10).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        let mut task = JoinSet::new();
        task.spawn(accept(listener, Arc::clone(&counts)));
        Self {
            base,
            counts,
            _task: task,
        }
    }

    /// Bytes of all answers that were taken so far.
    pub(crate) fn taken(&self) -> usize {
        self.counts.taken.load(Ordering::Relaxed)
    }

    /// Answers that were begun.
    pub(crate) fn answers(&self) -> usize {
        self.counts.answers.load(Ordering::Relaxed)
    }

    /// Answers that were broken off by who asked for them.
    pub(crate) fn left(&self) -> usize {
        self.counts.left.load(Ordering::Relaxed)
    }

    /// What was taken once nothing more is for a while.
    pub(crate) async fn stuck(&self) -> usize {
        let mut before = usize::MAX;
        let mut looks = tokio::time::interval(Duration::from_millis(300));
        loop {
            looks.tick().await;
            let now = self.taken();
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

async fn accept(listener: TcpListener, counts: Arc<Counts>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(pour(stream, Arc::clone(&counts)));
    }
}

async fn pour(mut stream: TcpStream, counts: Arc<Counts>) {
    let mut head = [0; 4096];
    if !matches!(stream.read(&mut head).await, Ok(1..)) {
        return;
    }
    counts.answers.fetch_add(1, Ordering::Relaxed);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {ANSWER}\r\n\r\n");
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        let chunk = [b'x'; CHUNK];
        for _ in 0..ANSWER / CHUNK {
            if stream.write_all(&chunk).await.is_err() {
                break;
            }
            counts.taken.fetch_add(CHUNK, Ordering::Relaxed);
        }
    }
    counts.left.fetch_add(1, Ordering::Relaxed);
}
