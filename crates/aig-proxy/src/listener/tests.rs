//! What a panic costs: the request in which it happens.

use std::net::Ipv4Addr;

use futures_util::stream;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::{Semaphore, oneshot};

use super::*;

/// Panics wherever its path says, and answers all else when it is let.
struct Fragile {
    gate: Semaphore,
}

impl Handler for Fragile {
    fn handle(self: Arc<Self>, request: Request<Inbound>) -> Answer {
        if request.uri().path() == "/early" {
            panic!("before there is a future");
        }
        Box::pin(async move {
            match request.uri().path() {
                "/panic" => panic!("in the handler"),
                "/stream" => {
                    let frames = stream::unfold(0, |sent| async move {
                        assert!(sent == 0, "in the middle of a body");
                        let frame = http_body::Frame::data("part".into());
                        Some((Ok::<_, std::io::Error>(frame), 1))
                    });
                    Response::new(Body::foreign(StreamBody::new(frames)))
                }
                _ => {
                    self.gate.acquire().await.unwrap().forget();
                    Response::new(Body::fixed("fine"))
                }
            }
        })
    }
}

struct Rig {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    handler: Arc<Fragile>,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<()>,
}

async fn rig() -> Rig {
    let minute = Duration::from_secs(60);
    let config = ListenerConfig {
        header_timeout: minute,
        body_timeout: minute,
        write_timeout: Some(minute),
        tls: None,
        drain: minute,
    };
    let metrics = Arc::<Metrics>::default();
    let loopback = (Ipv4Addr::LOCALHOST, 0).into();
    let listener = Listener::bind(loopback, config, Arc::clone(&metrics));
    let listener = listener.await.unwrap();
    let handler = Arc::new(Fragile {
        gate: Semaphore::new(0),
    });
    let (stop, stopped) = oneshot::channel();
    Rig {
        address: listener.address(),
        metrics,
        handler: Arc::clone(&handler),
        stop,
        serving: tokio::spawn(listener.serve(
            handler,
            async { drop(stopped.await) },
            std::future::pending(),
        )),
    }
}

fn get(path: &str) -> Request<Empty<bytes::Bytes>> {
    let request = Request::get(path).header("host", "x");
    request.body(Empty::new()).unwrap()
}

async fn http1(address: SocketAddr) -> http1::SendRequest<Empty<bytes::Bytes>> {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn t_10_a_panic_costs_the_request_in_which_it_happens() {
    let rig = rig().await;
    // Somebody waits for an answer all the while.
    let mut other = http1(rig.address).await;
    let waiting = tokio::spawn(async move { other.send_request(get("/waits")).await });
    // One connection, which goes on after each of them.
    let mut connection = http1(rig.address).await;
    for (before, path) in ["/panic", "/early", "/panic"].into_iter().enumerate() {
        connection.ready().await.unwrap();
        let answer = connection.send_request(get(path)).await.unwrap();
        assert_eq!(answer.status(), 500, "{path}");
        assert_eq!(rig.metrics.panics.get(), before as u64 + 1);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(body.starts_with(b"{\"success\":false"), "{body:?}");
    }
    // When an answer has begun, all that can be done is to break it off.
    let mut connection = http1(rig.address).await;
    // Whether its head is out by then is a matter of chance.
    let whole = match connection.send_request(get("/stream")).await {
        Ok(answer) => answer.into_body().collect().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole);
    assert_eq!(rig.metrics.panics.get(), 4);
    drop(connection);

    rig.handler.gate.add_permits(1);
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200, "somebody else's request");
    drop(answer);
    rig.stop.send(()).unwrap();
    rig.serving.await.unwrap();
    assert_eq!(rig.metrics.connections.get(), 0, "every slot is given back");
}

#[tokio::test]
async fn t_10_a_panic_leaves_the_other_streams_of_its_connection_alone() {
    let rig = rig().await;
    let stream = TokioIo::new(TcpStream::connect(rig.address).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    let url = |path| get(&format!("http://x{path}"));
    let waiting = sender.send_request(url("/waits"));
    let answer = sender.send_request(url("/early")).await.unwrap();
    assert_eq!(answer.status(), 500);
    let answer = sender.send_request(url("/stream")).await.unwrap();
    assert!(answer.into_body().collect().await.is_err());
    assert_eq!(rig.metrics.panics.get(), 2);
    rig.handler.gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().status(), 200);
}
