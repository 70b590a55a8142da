//! Nothing that arrives is missed, and no call is made to learn that nothing has.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

async fn pair() -> (Socket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let caller = TcpStream::connect(listener.local_addr().unwrap());
    let (caller, accepted) = tokio::join!(caller, listener.accept());
    let socket = Socket::new(accepted.unwrap().0, None, Arc::default());
    (socket, caller.unwrap())
}

fn seems_readable(socket: &Socket) -> bool {
    let readiness = socket.stream.ready(Interest::READABLE).now_or_never();
    matches!(readiness, Some(Ok(ready)) if ready.is_readable())
}

#[tokio::test]
async fn a_short_read_is_known_to_have_emptied_the_socket() {
    let (mut socket, mut caller) = pair().await;
    caller.write_all(b"hello").await.unwrap();
    let mut buffer = [0; 64];
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 5);
    assert_eq!(&buffer[..5], b"hello");
    assert!(!seems_readable(&socket));
}

#[tokio::test]
async fn a_filled_buffer_says_nothing_of_what_is_left() {
    let (mut socket, mut caller) = pair().await;
    caller.write_all(b"hello, again").await.unwrap();
    let mut buffer = [0; 5];
    socket.read_exact(&mut buffer).await.unwrap();
    let mut rest = [0; 7];
    socket.read_exact(&mut rest).await.unwrap();
    assert_eq!((&buffer, &rest), (b"hello", b", again"));
}

#[tokio::test]
async fn every_arrival_is_seen_whenever_it_comes() {
    let (mut socket, mut caller) = pair().await;
    let sending = tokio::spawn(async move {
        for n in 0..2000_u32 {
            // Some arrive while the last is read, some when nothing is expected any more.
            if n % 3 == 0 {
                tokio::task::yield_now().await;
            }
            caller.write_all(&n.to_be_bytes()).await.unwrap();
        }
    });
    let mut all = Vec::new();
    while socket.read_buf(&mut all).await.unwrap() > 0 {}
    sending.await.unwrap();
    let expected: Vec<u8> = (0..2000_u32).flat_map(u32::to_be_bytes).collect();
    assert_eq!(all, expected);
}
