//! A provider that needs no network: speaks the OpenAI and the Anthropic wire on one address.
//!
//! It is what `aig demo` puts behind the gateway, and what a test or a trial can point any client
//! at. Answers are made from the prompt by a fixed rule, so the same request always gets the same
//! bytes; streams arrive word by word. It asks for no key and takes any: it has nothing to guard,
//! and commands that are pasted from a demo should work without one.
//!
//! What it is strict about is the wire: paths stand where the real providers have them (`/v1/…`,
//! never twice), errors have each dialect's own shape, and required fields are required. A model
//! named `offline-error-NNN` answers with that status, to see how errors travel.
//!
//! How the gateway is wired to it is left to `demo.rs`.

mod chat;
mod embeddings;
mod messages;
mod models;
mod reply;
mod responses;
mod service;
mod text;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// A running offline provider; stops when dropped.
#[derive(Debug)]
pub struct OfflineProvider {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

// === impl OfflineProvider ===

impl OfflineProvider {
    /// Listens there (port 0 takes a free one) and answers from then on, on the current runtime.
    ///
    /// `pace` is the pause between two words of a stream; zero sends them as fast as they are read.
    pub async fn start(listen: SocketAddr, pace: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, pace));
        Ok(Self { address, accepting })
    }

    /// Where it really listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and every connection, answered or not.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The task's end is awaited so that the port is free afterwards; it was cancelled, which is no news.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for OfflineProvider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Owns the connections: they end with this task.
async fn accept(listener: TcpListener, pace: Duration) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of descriptors or the peer already gone: the next one may fare better, but
                // not at once.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
        };
        // Words must not wait for each other; a socket that cannot be told so is still good.
        let _ = stream.set_nodelay(true);
        connections.spawn(async move {
            let service = service_fn(move |request| service::answer(request, pace));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that leaves in the middle is nobody's fault here.
            let _ = connection.await;
        });
    }
}

#[cfg(test)]
mod tests;
