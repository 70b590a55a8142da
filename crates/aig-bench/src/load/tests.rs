//! Loads against the provider, and against peers that stall or answer something else.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use super::*;
use crate::provider;

fn provider() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || provider::serve(&socket));
    address
}

fn options(to: SocketAddr, wanted: &str, requests: u64) -> Options {
    Options {
        to,
        path: "/v1/chat/completions".to_owned(),
        headers: vec!["authorization: Bearer x".to_owned()],
        connections: 4,
        bytes: 300,
        wanted: wanted.parse().unwrap(),
        rate: None,
        requests: Some(requests),
        seconds: None,
    }
}

#[test]
fn every_request_is_answered_by_what_it_wants() {
    let to = provider();
    for wanted in ["bench-300-0-0", "bench-102400-0-0", "bench-220-20-100"] {
        let done = measure(&options(to, wanted, 40), || Ok(())).unwrap();
        assert_eq!((done.good, done.bad), (40, 0), "{wanted}");
        assert!(done.first.p50 > 0.0 && done.first.p50 <= done.whole.p50);
    }
    // Nineteen pauses of 2 ms lie between the first event and the last.
    let done = measure(&options(to, "bench-220-20-2000", 4), || Ok(())).unwrap();
    assert!(done.whole.p50 - done.first.p50 >= 30_000.0, "{done:?}");
}

#[test]
fn a_rate_is_kept_and_not_exceeded() {
    let mut options = options(provider(), "bench-300-0-0", 50);
    options.rate = Some(500.0);
    let done = measure(&options, || Ok(())).unwrap();
    assert_eq!(done.good, 50);
    assert!(done.seconds >= 0.098, "{}", done.seconds);
}

#[test]
fn a_stall_counts_for_every_request_that_it_kept_waiting() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = socket.local_addr().unwrap();
    static STALLED: AtomicBool = AtomicBool::new(false);
    thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let mut buffer = [0; 4096];
        let mut served = 0;
        while stream.read(&mut buffer).unwrap() > 0 {
            served += 1;
            // The first is the one that opens the connection.
            if served == 2 && !STALLED.swap(true, Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200));
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
            stream.write_all(answer).unwrap();
        }
    });
    let mut options = options(to, "bench-1-0-0", 100);
    (options.connections, options.rate) = (1, Some(1000.0));
    let done = measure(&options, || Ok(())).unwrap();
    // A closed loop would see one slow answer in a hundred; here half of them waited.
    assert!(done.whole.p50 >= 100_000.0, "{done:?}");
}

#[test]
fn other_answers_are_bad() {
    for answer in [
        &b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshort",
    ] {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = socket.local_addr().unwrap();
        // Those that open the four connections are answered as they want.
        let good_ones = Arc::new(AtomicUsize::new(4));
        thread::spawn(move || {
            for stream in socket.incoming() {
                let (mut stream, good_ones) = (stream.unwrap(), Arc::clone(&good_ones));
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n";
                        let good = [&head[..], &[b'x'; 300]].concat();
                        let one = good_ones
                            .try_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
                        let answer = if one.is_ok() { &good[..] } else { answer };
                        if stream.write_all(answer).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        let done = measure(&options(to, "bench-300-0-0", 8), || Ok(())).unwrap();
        assert_eq!((done.good, done.bad), (0, 8));
    }
}
