//! A scripted provider: does what the test says, request by request, and remembers what it was sent.
//!
//! Each verb says what happens to one coming request; requests take the verbs in the order in which
//! they arrive. A request that nothing was said about gets a 500 that says so, unless
//! `always_answers` gave a default.
//!
//! It speaks HTTP/1.1 over bare sockets: requests are kept as they stood on the wire (spelling and
//! order of headers included), answers can be cut or malformed at any byte, and it sees at once when
//! the peer goes away. Nothing here sleeps; what must wait, waits for a gate that the test opens.

mod request;
mod script;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::patience::PATIENCE;
use crate::{Certificates, leaks};

pub use self::request::Request;
pub use self::script::Gate;

use self::request::{Arrived, Reader, Stream};
use self::script::{Answer, Played, Script};

/// A provider that does as it is told; stops when dropped.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    scheme: &'static str,
    state: watch::Sender<State>,
    accepting: JoinHandle<()>,
}

/// What was said, and what happened.
#[derive(Debug, Default)]
struct State {
    scripts: VecDeque<Script>,
    default: Option<Answer>,
    requests: Vec<Request>,
    /// How many requests `next_request` has given out.
    taken: usize,
    connections: usize,
    /// How often the peer went away before it had the whole answer.
    disconnects: usize,
    /// How often the peer closed a connection on which it had no request open.
    hang_ups: usize,
    /// How many of the disconnects `disconnected` has given out.
    noticed: usize,
}

// === impl Provider ===

impl Provider {
    /// A provider on a free loopback port, with nothing said yet.
    pub async fn start() -> Self {
        Self::speaking(None).await
    }

    /// The same over TLS, with a certificate of `certificates`.
    pub async fn secured(certificates: &Certificates) -> Self {
        Self::speaking(Some(certificates.acceptor(&["http/1.1"]))).await
    }

    async fn speaking(tls: Option<TlsAcceptor>) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(loopback)
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let state = watch::Sender::new(State::default());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(accept(listener, tls, state.clone()));
        Self {
            address,
            scheme,
            state,
            accepting,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL without a path.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// One request gets this answer. Its length is told unless the headers tell it themselves.
    pub fn answers(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) {
        self.say(Script::Answer(Answer::new(status, headers, body.into())));
    }

    /// One request gets this document with status 200.
    pub fn answers_json(&self, body: &Value) {
        self.answers(200, JSON, body.to_string());
    }

    /// Every request that no other verb was said for gets this answer.
    pub fn always_answers(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) {
        let answer = Answer::new(status, headers, body.into());
        self.state.send_modify(|state| state.default = Some(answer));
    }

    /// One request gets an error of that status, in OpenAI's shape.
    pub fn fails(&self, status: u16) {
        let body = json!({"error": {
            "message": "the script says so",
            "type": "server_error",
            "param": null,
            "code": null,
        }});
        self.answers(status, JSON, body.to_string());
    }

    /// One request gets an event stream of these chunks: the head at once, each chunk when the gate
    /// lets it go, and then the end, which has a gate of its own.
    #[must_use = "without it no chunk is ever sent"]
    pub fn streams<C: Into<Bytes>>(&self, chunks: impl IntoIterator<Item = C>) -> Gate {
        self.streams_with(200, EVENTS, chunks)
    }

    /// The same with another status and other headers.
    #[must_use = "without it no chunk is ever sent"]
    pub fn streams_with<C: Into<Bytes>>(
        &self,
        status: u16,
        headers: &[(&str, &str)],
        chunks: impl IntoIterator<Item = C>,
    ) -> Gate {
        let gate = Gate::closed();
        self.say(Script::Stream {
            head: Answer::new(status, headers, Bytes::new()),
            chunks: chunks.into_iter().map(Into::into).collect(),
            gate: gate.clone(),
            whole: true,
        });
        gate
    }

    /// One request gets an event stream that breaks off after these chunks: the connection is
    /// closed in the middle of the body.
    pub fn breaks_after<C: Into<Bytes>>(&self, chunks: impl IntoIterator<Item = C>) {
        let gate = Gate::closed();
        gate.release_all();
        self.say(Script::Stream {
            head: Answer::new(200, EVENTS, Bytes::new()),
            chunks: chunks.into_iter().map(Into::into).collect(),
            gate,
            whole: false,
        });
    }

    /// One request is read and never answered.
    pub fn hangs(&self) {
        self.say(Script::Hang);
    }

    /// One request is read, and the connection closed without a byte.
    pub fn closes(&self) {
        self.answers_raw(Bytes::new());
    }

    /// One request gets exactly these bytes, whatever they are; then the connection is closed.
    pub fn answers_raw(&self, bytes: impl Into<Bytes>) {
        self.say(Script::Raw(bytes.into()));
    }

    /// One request gets exactly these bytes, each part when the gate lets it go; the connection stays
    /// open for more requests. A peer that goes away meanwhile has gone away from its answer.
    #[must_use = "without it no part is ever sent"]
    pub fn answers_in_parts<B: Into<Bytes>>(&self, parts: impl IntoIterator<Item = B>) -> Gate {
        let gate = Gate::closed();
        self.say(Script::Parts {
            parts: parts.into_iter().map(Into::into).collect(),
            gate: gate.clone(),
        });
        gate
    }

    /// The same, but the connection is dropped without a word. Over TLS the peer is not told that
    /// this is the end.
    pub fn vanishes_after(&self, bytes: impl Into<Bytes>) {
        self.say(Script::Vanish(bytes.into()));
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.state.borrow().requests.clone()
    }

    /// The next request that this was not called for yet; fails the test when none comes.
    pub async fn next_request(&self) -> Request {
        self.wait_for("a request", |state| state.requests.len() > state.taken)
            .await;
        let mut next = None;
        self.state.send_modify(|state| {
            next = state.requests.get(state.taken).cloned();
            state.taken += 1;
        });
        next.expect("requests are only ever added")
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.state.borrow().connections
    }

    /// Waits until the peer goes away from a request before it has the whole answer (or has sent
    /// the whole request), once per time it happens; fails the test when it does not.
    pub async fn disconnected(&self) {
        self.wait_for("the peer to go away", |state| {
            state.disconnects > state.noticed
        })
        .await;
        self.state.send_modify(|state| state.noticed += 1);
    }

    /// How often the peer went away like that.
    pub fn disconnects(&self) -> usize {
        self.state.borrow().disconnects
    }

    /// Waits until so many connections were closed by the peer between two requests; fails the test
    /// when they are not.
    pub async fn hung_up(&self, count: usize) {
        self.wait_for("the peer to hang up", |state| state.hang_ups >= count)
            .await;
    }

    /// Closes the listener and every connection.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // It was cancelled, which is no news.
        let _ = (&mut self.accepting).await;
    }

    fn say(&self, script: Script) {
        self.state
            .send_modify(|state| state.scripts.push_back(script));
    }

    async fn wait_for(&self, what: &str, condition: impl FnMut(&State) -> bool) {
        let mut changes = self.state.subscribe();
        let waiting = tokio::time::timeout(PATIENCE, changes.wait_for(condition));
        match waiting.await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => panic!("the provider waited {PATIENCE:?} in vain for {what}"),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const EVENTS: &[(&str, &str)] = &[("content-type", "text/event-stream")];

/// Owns the connections: they end with this task.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: watch::Sender<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("the test's process has descriptors left");
                stream.set_nodelay(true).expect("a fresh socket can be told");
                connections.spawn(secure(stream, tls.clone(), state.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>, state: watch::Sender<State>) {
    let Some(tls) = tls else {
        return serve(Box::new(stream), state).await;
    };
    // A peer that does not trust the certificate is the test's own matter.
    if let Ok(stream) = tls.accept(stream).await {
        serve(Box::new(stream), state).await;
    }
}

async fn serve(stream: Stream, state: watch::Sender<State>) {
    let mut connection = 0;
    state.send_modify(|state| {
        connection = state.connections;
        state.connections += 1;
    });
    let mut reader = Reader::new(stream, connection);
    loop {
        let mut to_head = false;
        let script = match reader.next().await {
            Arrived::Whole(request) => {
                for (_, value) in &request.headers {
                    leaks::keep_key(value);
                }
                to_head = request.method == "HEAD";
                let mut script = None;
                state.send_modify(|state| {
                    script = state.scripts.pop_front();
                    script = script
                        .take()
                        .or_else(|| state.default.clone().map(Script::Answer));
                    state.requests.push(request);
                });
                script.unwrap_or_else(Script::unexpected)
            }
            Arrived::Half(request) => {
                state.send_modify(|state| {
                    state.requests.push(request);
                    state.disconnects += 1;
                });
                return;
            }
            Arrived::Malformed(why) => Script::Raw(Bytes::from(format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{why}",
                why.len()
            ))),
            Arrived::Nothing => {
                state.send_modify(|state| state.hang_ups += 1);
                return;
            }
        };
        match script.play(&mut reader, to_head).await {
            Played::Whole => {}
            Played::Closed => {
                // The peer may have closed first; either way it is over.
                let _ = reader.stream().shutdown().await;
                return;
            }
            Played::Vanished => return,
            Played::Left => {
                state.send_modify(|state| state.disconnects += 1);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
