//! The floor: the least that a reverse proxy in this language and on these libraries can do. The
//! same runtime, the same server and the same pooled client as the gateway's, and nothing between.

use std::net::SocketAddr;
use std::process::ExitCode;

use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::provider::LISTENING;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where everything goes.
    #[arg(long)]
    to: SocketAddr,
}

type Provider = Client<HttpConnector, Incoming>;

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options.to))
}

/// Serves on a free port, which it prints, until it is killed.
async fn serve(to: SocketAddr) -> anyhow::Result<ExitCode> {
    let to: Authority = to.to_string().parse()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let provider: Provider = Client::builder(TokioExecutor::new()).build(connector);
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    println!("{LISTENING}{}", socket.local_addr()?);
    loop {
        let (stream, _) = socket.accept().await?;
        stream.set_nodelay(true)?;
        let (provider, to) = (provider.clone(), to.clone());
        let service = service_fn(move |request| forward(provider.clone(), to.clone(), request));
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A caller that leaves is no failure of the floor.
            let _ = serving.await;
        });
    }
}

async fn forward(
    provider: Provider,
    to: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let mut target = std::mem::take(request.uri_mut()).into_parts();
    (target.scheme, target.authority) = (Some(Scheme::HTTP), Some(to));
    *request.uri_mut() = Uri::from_parts(target).unwrap_or_default();
    request.headers_mut().remove(header::HOST);
    provider.request(request).await
}
