//! Connections to providers that lie idle: some are closed there, some are sent what nobody asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aig_testkit::{Provider, Sockets, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{JSON, before, house, request, scrambled};

/// A provider that hangs up on idle connections: at once after an answer, or when the next request
/// is there already, which is the moment that nobody can foresee.
async fn stale_connections_are_no_matter_of_the_callers(calls: u64) {
    let provider = Sockets::start(|number, mut stream| async move {
        let mut served = 0;
        let most = 1 + scrambled(number as u64) % 4;
        while let Some(text) = request(&mut stream).await {
            if served == most && number % 2 == 0 {
                // Taken and not answered.
                return;
            }
            let path = text.split(' ').nth(1).unwrap_or_default();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", path.len());
            stream.write_all((head + path).as_bytes()).await.unwrap();
            served += 1;
            if served == most && number % 2 == 1 {
                return;
            }
        }
    })
    .await;
    let house = before(&provider).await;
    for n in 0..calls {
        let answer = house.http().get(house.url("g", &format!("openai/v1/{n}")));
        let answer = answer.send().await.unwrap();
        let status = answer.status();
        assert_eq!(
            (status.as_u16(), &*answer.text().await.unwrap()),
            (200, &*format!("/v1/{n}"))
        );
    }
    let connections = provider.connections().await as u64;
    assert!(
        connections < calls * 2 / 3,
        "{connections} connections: none was used twice"
    );
    assert!(
        connections > calls / 8,
        "{connections} connections: hardly any went stale"
    );
}

#[tokio::test]
async fn u_15_stale_connections_are_no_matter_of_the_callers() {
    stale_connections_are_no_matter_of_the_callers(300).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_u_15_stale_connections_are_no_matter_of_the_callers() {
    stale_connections_are_no_matter_of_the_callers(50_000).await;
}

/// What may have been carried out is not sent twice unasked: the caller of a POST hears of it, and
/// decides.
#[tokio::test]
async fn u_15_what_may_have_been_carried_out_is_not_repeated() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    for (n, (method, body)) in [("POST", "{}"), ("POST", ""), ("DELETE", ""), ("PUT", "")]
        .into_iter()
        .enumerate()
    {
        provider.answers(200, &JSON, "{}");
        provider.closes();
        for expected in [200, 400] {
            let method: http::Method = method.parse().unwrap();
            let request = house.http().request(method, house.url("g", "openai/x"));
            let answer = request.body(body).send().await.unwrap();
            assert_eq!(answer.status(), expected);
        }
        assert_eq!(provider.requests().len(), 2 * (n + 1), "{method} {body}");
    }
    let ask = async |tries: &str| {
        let request = house.http().post(house.url("g", "openai/x"));
        let request = request.header("cf-aig-max-attempts", tries);
        let answer = request.body("{}").send().await.unwrap();
        answer.status().as_u16()
    };
    // Who allows more than one attempt has allowed it.
    provider.answers(200, &JSON, "{}");
    assert_eq!(ask("1").await, 200);
    provider.closes();
    provider.answers(200, &JSON, "{}");
    assert_eq!(ask("2").await, 200);
    assert_eq!(provider.requests().len(), 8 + 3);
}

/// A connection that never served has not gone stale: such a break is the provider's answer.
#[tokio::test]
async fn u_15_a_fresh_connection_that_breaks_is_not_repeated() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.closes();
    let request = house.http().get(house.url("g", "openai/x"));
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(provider.requests().len(), 1);
    // Neither has one over which garbage came.
    provider.answers(200, &JSON, "{}");
    provider.answers_raw("garbage\r\n\r\n");
    for expected in [200, 400] {
        let request = house.http().get(house.url("g", "openai/x"));
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
    assert_eq!(provider.requests().len(), 3);
}

/// Bytes that nobody asked for, on a connection that nobody uses: whoever came next would take them
/// for the answer.
async fn poisoned_connections_are_not_used_again(calls: usize) {
    const POISON: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    let poisoned = Arc::new(AtomicUsize::new(0));
    let dropped = Arc::clone(&poisoned);
    let provider = Sockets::start(move |number, mut stream| {
        let dropped = Arc::clone(&dropped);
        async move {
            request(&mut stream).await.unwrap();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";
            let poison = [POISON, "x", "\r\n", "HTTP/1.1 "][number / 2 % 4];
            if number % 2 == 0 {
                // In one piece with the answer.
                let both = format!("{answer}{poison}");
                stream.write_all(both.as_bytes()).await.unwrap();
            } else {
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.write_all(poison.as_bytes()).await.unwrap();
            }
            let next = request(&mut stream).await;
            assert_eq!(next, None, "a poisoned connection is used again");
            dropped.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let house = before(&provider).await;
    for n in 0..calls {
        let answer = house.http().get(house.url("g", "openai/x")).send().await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &*answer.text().await.unwrap()),
            (200, "good"),
            "{n}"
        );
        eventually("the end of the poisoned connection", async || {
            (poisoned.load(Ordering::SeqCst) == n + 1).then_some(())
        })
        .await;
    }
    assert_eq!(provider.connections().await, calls);
}

#[tokio::test]
async fn u_15_poisoned_connections_are_not_used_again() {
    poisoned_connections_are_not_used_again(64).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_u_15_poisoned_connections_are_not_used_again() {
    poisoned_connections_are_not_used_again(20_000).await;
}

/// Nobody has to come for a connection that the provider has closed: it does not stay half open.
#[tokio::test]
async fn u_15_what_is_closed_while_it_lies_idle_is_closed_here_too() {
    let ended = Arc::new(AtomicUsize::new(0));
    let read = Arc::new(Notify::new());
    let (seen, gate) = (Arc::clone(&ended), Arc::clone(&read));
    let provider = Sockets::start(move |_, mut stream| {
        let (seen, gate) = (Arc::clone(&seen), Arc::clone(&gate));
        async move {
            request(&mut stream).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";
            stream.write_all(answer).await.unwrap();
            // Until then the connection is none that lies idle.
            gate.notified().await;
            stream.shutdown().await.unwrap();
            assert_eq!(request(&mut stream).await, None);
            seen.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let house = before(&provider).await;
    let answer = house.http().get(house.url("g", "openai/v1/x"));
    assert_eq!(answer.send().await.unwrap().text().await.unwrap(), "good");
    read.notify_one();
    eventually("the connection to have ended", async || {
        (ended.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
}

/// A caller of HTTP/1 that sends everything before it reads anything, and a provider that answers
/// before it reads: neither waits for the other one through the gateway.
#[tokio::test]
async fn an_answer_before_the_end_of_its_request_does_not_stop_it() {
    const LENGTH: usize = 16 << 20;
    let provider = Sockets::start(|_, stream| async move {
        let (mut from, mut to) = stream.into_split();
        let answering = async {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
            to.write_all(head.as_bytes()).await.unwrap();
            to.write_all(&vec![b'a'; LENGTH]).await.unwrap();
        };
        let reading = async {
            let mut chunk = vec![0; 64 << 10];
            let mut left = LENGTH;
            while left > 0 {
                left = left.saturating_sub(from.read(&mut chunk).await.unwrap());
            }
        };
        // Its last word waits for the whole request.
        tokio::join!(answering, reading);
    })
    .await;
    let house = before(&provider).await;
    let mut caller = TcpStream::connect(house.address()).await.unwrap();
    let url = house.url("g", "openai/v1/x");
    let path = url.split_once(&house.address().to_string()).unwrap().1;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {LENGTH}\r\nconnection: close\r\n\r\n"
    );
    let both = async {
        caller.write_all(head.as_bytes()).await.unwrap();
        caller.write_all(&vec![b'q'; LENGTH]).await.unwrap();
        let mut answer = Vec::new();
        caller.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let answer = timeout(Duration::from_secs(30), both).await;
    let answer = answer.expect("nobody waits for ever");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(answer.len() > LENGTH);
}
