//! A provider that needs no network: speaks the wires of many providers on one address.
//!
//! It is what `aig demo` puts behind the gateway, and what a test or a trial can point any client
//! at. Answers are made from the prompt by a fixed rule, so the same request always gets the same
//! bytes; streams arrive word by word. It asks for no key and takes any: it has nothing to guard,
//! and commands that are pasted from a demo should work without one.
//!
//! What it is strict about is the wire: paths stand where the real providers have them, errors have
//! each dialect's own shape, and required fields are required. Below its address stand
//!
//! | base URL | speaks |
//! |---|---|
//! | `/openai/v1` | OpenAI: chat completions, responses, embeddings, models |
//! | `/anthropic` | Anthropic: messages, counting of tokens, models |
//! | `/google-ai-studio` | Gemini: content whole, as events or as an array, counting, embeddings, models |
//! | `/cohere` | Cohere: chat, embeddings, ranks, in both versions |
//! | `/mistral` | Mistral: chat completions that refuse unknown fields, embeddings, models |
//! | `/client/v4/accounts/{account}/ai/run` | Workers AI: text and embeddings, and OpenAI's endpoints beside it |
//!
//! and at the bare address all paths that only one of them has; what OpenAI and others share is
//! OpenAI's there, or Anthropic's for a request with `anthropic-version`.
//!
//! A model of any other name answers. These fail, on every wire, to show what an application does
//! then; the name may have anything with a slash in front (`@cf/offline/fault-500`):
//!
//! | model | what it does |
//! |---|---|
//! | `fault-400` … `fault-599` | answers with that status, in the dialect's shape; 429 says `retry-after: 1` |
//! | `fault-flaky` | answers with 503 every other time, the first time included |
//! | `fault-slow`, `fault-slow-MS` | waits two seconds, or so many milliseconds, before it answers |
//! | `fault-hang` | never answers |
//! | `fault-close` | closes the connection instead of an answer |
//! | `fault-cut` | breaks the connection off in the middle of the answer |
//! | `fault-stall` | stops in the middle of the answer, and keeps the connection open |
//! | `fault-event` | reports an error in the middle of a stream; without a stream it answers with 500 |
//! | `fault-endless` | never ends its stream |
//! | `fault-garbage` | answers with 200 and what is no JSON |
//! | `fault-html` | answers with 502 and a page, as a proxy in between would |
//! | `fault-empty` | answers with 200 and nothing |
//!
//! `offline-error-NNN` is another name for `fault-NNN`. How the gateway is wired to all this is left
//! to `demo.rs`.

mod chat;
mod cohere;
mod dialect;
mod embeddings;
mod endpoint;
mod fault;
mod gemini;
mod messages;
mod models;
mod reply;
mod responses;
mod service;
mod text;
mod workers_ai;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
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

/// Where each wire stands, and whose it is.
const PLACES: [(&str, &[&str]); 6] = [
    (
        "/openai/v1",
        &[
            "openai",
            "groq",
            "deepseek",
            "cerebras",
            "grok",
            "perplexity-ai",
            "openrouter",
            "baseten",
            "fireworks",
        ],
    ),
    ("/anthropic", &["anthropic"]),
    ("/google-ai-studio", &["google-ai-studio"]),
    ("/cohere", &["cohere"]),
    ("/mistral", &["mistral"]),
    ("/client/v4/accounts/{account}/ai/run", &["workers-ai"]),
];

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

    /// The base URLs under which it stands in for providers, each with the provider's slug, as the
    /// settings of a gateway take them: all those whose wire is spoken here.
    pub fn bases(&self) -> Vec<(&'static str, String)> {
        PLACES
            .iter()
            .flat_map(|(path, slugs)| slugs.iter().map(move |slug| (*slug, *path)))
            .map(|(slug, path)| (slug, format!("http://{}{path}", self.address)))
            .collect()
    }

    /// The models that it lists, on every wire. It answers for any other name just the same.
    pub fn models() -> Vec<String> {
        models::MODELS
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
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
    let shared = Arc::new(service::Shared {
        pace,
        flaky: AtomicU64::new(0),
    });
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
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| service::answer(request, &shared));
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
