//! A provider that speaks HTTP/2 over TLS, for what HTTP/1.1 has no word for: streams beside each
//! other, and one that is reset in the middle. What it answers is a function of the test's.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Certificates;

/// An answer; an error of its body resets the stream.
pub type Answer = Response<BoxBody<Bytes, io::Error>>;

/// A running provider; stops when dropped.
pub struct Http2Provider {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl Http2Provider {
    /// A provider on a free loopback port, with a certificate of `certificates`.
    pub async fn start<A, F>(certificates: &Certificates, answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let acceptor = certificates.acceptor(&["h2"]);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                connections.spawn(async move {
                    // A peer that does not trust the certificate is the test's own matter.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = service_fn(move |request| {
                        let answering = answer(request);
                        async move { Ok::<_, Infallible>(answering.await) }
                    });
                    let server = http2::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            address,
            _task: task,
        }
    }

    /// Where it listens, as a URL without a path.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}
