//! Bare sockets on loopback: an address that nobody may connect to, or a provider whose every byte
//! the test writes itself, for what `provider` has no verb.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Listens on loopback, counts connections, and hands each to what the test says; stops when dropped.
pub struct Sockets {
    address: SocketAddr,
    callers: Arc<Mutex<Vec<SocketAddr>>>,
    accepting: JoinHandle<()>,
}

impl Sockets {
    /// A honeypot: every connection is counted and closed.
    pub async fn honeypot() -> Self {
        Self::start(|_, stream| async move { drop(stream) }).await
    }

    /// A server of bare sockets: `serve` gets the number of each connection, from 0, and its stream.
    pub async fn start<F>(serve: impl Fn(usize, TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let callers = Arc::new(Mutex::new(Vec::new()));
        let counted = Arc::clone(&callers);
        let accepting = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, caller) = accepted.expect("the test's process has descriptors left");
                        let number = {
                            let mut callers = lock(&counted);
                            callers.push(caller);
                            callers.len() - 1
                        };
                        serving.spawn(serve(number, stream));
                    }
                    Some(_) = serving.join_next() => {}
                }
            }
        });
        Self {
            address,
            callers,
            accepting,
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there were. None is missed: one more, made here and not counted, has
    /// waited its turn behind all that came before.
    pub async fn connections(&self) -> usize {
        let last = TcpStream::connect(self.address)
            .await
            .expect("the listener is there");
        let own = last.local_addr().expect("a connection has two ends");
        crate::eventually("the last connection's turn", async || {
            let mut callers = lock(&self.callers);
            let turn = callers.iter().position(|caller| *caller == own)?;
            callers.remove(turn);
            Some(callers.len())
        })
        .await
    }
}

fn lock(callers: &Mutex<Vec<SocketAddr>>) -> MutexGuard<'_, Vec<SocketAddr>> {
    callers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
