//! TLS towards callers: what is agreed on, what is refused, and that everything else is as without.

use aig_server::config::Flags;
use aig_testkit::{Certificates, House, HouseBuilder, PATIENCE, Provider, eventually};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::data_streams::only_row;

async fn secured(
    certificates: &Certificates,
    provider: &Provider,
    change: impl FnOnce(HouseBuilder) -> HouseBuilder,
) -> House {
    let house = House::builder().provider(provider).tls(certificates);
    let house = change(house).start().await;
    house.gateway("g", json!({})).await;
    house
}

/// A request to the gateway's provider, as bytes.
fn request(house: &House) -> String {
    let account = house.account();
    format!("POST /v1/{account}/g/openai/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}")
}

#[tokio::test]
async fn both_protocols_are_agreed_on() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "hello");
    let house = secured(&certificates, &provider, |house| house).await;
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = certificates.connect(house.address(), offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
    }
    let url = house.url("g", "openai/x");
    let answer = house.http().post(&url).body("{}").send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), "hello");

    let mut stream = certificates.connect(house.address(), &["http/1.1"]).await;
    stream.write_all(request(&house).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn only_tls_of_today_is_agreed_on() {
    let certificates = Certificates::new();
    let house = House::builder().tls(&certificates).start().await;
    // The first words of a client of TLS 1.0, which knows nothing newer.
    let hello = [
        &[0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 1][..],
        &[7; 32],
        &[0, 0, 4, 0, 0x2f, 0, 0xff, 1, 0],
    ];
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    stream.write_all(&hello.concat()).await.unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    assert_eq!(said.first(), Some(&0x15), "an alert: {said:?}");
}

#[tokio::test]
async fn plain_http_is_told_that_this_is_https() {
    let certificates = Certificates::new();
    let house = House::builder().tls(&certificates).start().await;
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let plain = format!(
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(20_000)
    );
    stream.write_all(plain.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.ends_with("this port speaks HTTPS; write https:// instead\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn who_is_silent_in_the_handshake_is_dropped() {
    let certificates = Certificates::new();
    let house = House::builder()
        .tls(&certificates)
        .flags(|flags| flags.header_timeout = Some(1))
        .start()
        .await;
    let half = &b"\x16\x03\x01\x02\x00\x01"[..];
    for said in [&b""[..], half, b"\x00\x00", b"get"] {
        let mut stream = TcpStream::connect(house.address()).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        let _ = closed.unwrap_or_else(|_| panic!("{said:?} is kept open"));
        assert_eq!(answer, b"", "{said:?}");
    }
    // Nor after it.
    let mut stream = certificates.connect(house.address(), &["h2"]).await;
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = closed.expect("it is kept open");
}

/// A handshake is no request, so nothing waits for it when the house stops.
#[tokio::test]
async fn a_handshake_does_not_hold_up_the_end() {
    let certificates = Certificates::new();
    let house = House::builder()
        .tls(&certificates)
        .flags(|flags| flags.header_timeout = Some(86_400))
        .start()
        .await;
    let open = house
        .http()
        .get(format!("https://{}/metrics", house.address()));
    let mut silent = TcpStream::connect(house.address()).await.unwrap();
    eventually("the silent one to be accepted", async || {
        let text = open
            .try_clone()
            .unwrap()
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        text.contains("aig_connections 2").then_some(())
    })
    .await;
    tokio::time::timeout(PATIENCE, house.stop())
        .await
        .expect("the house stops");
    assert_eq!(silent.read(&mut [0]).await.unwrap_or_default(), 0);
}

/// The socket is watched below TLS.
#[tokio::test]
async fn a_caller_that_leaves_is_noticed_through_tls() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    let house = secured(&certificates, &provider, |house| house).await;
    provider.hangs();
    let mut stream = certificates.connect(house.address(), &["http/1.1"]).await;
    // A byte too many, so that hyper does not read on.
    stream
        .write_all((request(&house) + "X").as_bytes())
        .await
        .unwrap();
    provider.next_request().await;
    drop(stream);
    provider.disconnected().await;
    assert_eq!(only_row(&house).await["outcome"], "client_gone");
}

#[tokio::test]
async fn events_pass_tls_one_by_one() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    let house = secured(&certificates, &provider, |house| house).await;
    let authority = reqwest::Certificate::from_pem(certificates.authority_pem().as_bytes());
    let http1 = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .tls_certs_only([authority.unwrap()])
        .build()
        .unwrap();
    for client in [house.http().clone(), http1] {
        let gate = provider.streams(["data: 1\n\n", "data: 2\n\n"]);
        let request = client.post(house.url("g", "openai/x")).body("{}");
        let mut answer = request.send().await.unwrap();
        for event in ["data: 1\n\n", "data: 2\n\n"] {
            // The next is not sent before this one is here.
            gate.release_one();
            assert_eq!(answer.chunk().await.unwrap().unwrap(), event);
        }
        gate.release_all();
        assert_eq!(answer.text().await.unwrap(), "");
    }
}

/// The last words of a broken stream, and no end behind them: neither a chunk nor TLS's own.
#[tokio::test]
async fn u_02_a_broken_stream_says_so_through_tls() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    let house = secured(&certificates, &provider, |house| house).await;
    provider.breaks_after(["data: 1\n\n"]);
    let mut stream = certificates.connect(house.address(), &["http/1.1"]).await;
    stream.write_all(request(&house).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    let words = aig_provider::Wire::OpenAi.broken_stream_event().unwrap();
    assert!(
        answer.ends_with(&[words, b"\r\n"].concat()),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_changed_certificate_is_shown_and_open_connections_stay() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    provider.always_answers(200, &[], "hello");
    let house = secured(&certificates, &provider, |house| house).await;
    let shown = async || {
        let stream = certificates.connect(house.address(), &[]).await;
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let before = certificates.certificate();
    assert_eq!(shown().await, before);
    let mut open = certificates.connect(house.address(), &["http/1.1"]).await;
    certificates.renew();
    let now = certificates.certificate();
    assert_ne!(now, before);
    eventually("the new certificate", async || {
        (shown().await == now).then_some(())
    })
    .await;
    open.write_all(request(&house).as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    open.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

/// What is announced is what works, on both listeners.
#[tokio::test]
async fn origins_are_https_on_both_listeners() {
    let certificates = Certificates::new();
    let provider = Provider::start().await;
    let apart = |house: HouseBuilder| {
        house.flags(|flags| flags.control_listen = Some("127.0.0.1:0".parse().unwrap()))
    };
    let house = secured(&certificates, &provider, apart).await;
    let running = house.running();
    for (origin, address) in [
        (running.origin(), running.address()),
        (running.control_origin(), running.control_address()),
    ] {
        assert_eq!(origin, format!("https://{address}"));
        let health = house.http().get(format!("{origin}/healthz")).send().await;
        assert_eq!(health.unwrap().status(), 200);
    }
    let document = format!("{}/openapi.json", running.control_origin());
    let document = house.http().get(document).send().await.unwrap();
    let document: serde_json::Value = document.json().await.unwrap();
    let server = document["servers"][0]["url"].as_str().unwrap();
    assert!(server.starts_with(running.control_origin()), "{server}");
}

#[tokio::test]
async fn files_that_cannot_be_used_keep_the_house_from_starting() {
    let certificates = Certificates::new();
    let directory = tempfile::tempdir().unwrap();
    let start = async |change: &dyn Fn(&mut Flags)| {
        let mut flags = Flags {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            data_dir: Some(directory.path().join("data")),
            tls_certificate: Some(certificates.certificate_file()),
            tls_key: Some(certificates.key_file()),
            ..Flags::default()
        };
        change(&mut flags);
        let config = match flags.resolve() {
            Ok((config, _)) => config,
            Err(error) => return format!("{error:#}"),
        };
        match aig_server::house::House::start(config).await {
            Ok(_) => panic!("the house starts"),
            Err(error) => format!("{error:#}"),
        }
    };
    let said = start(&|flags| flags.tls_key = None).await;
    assert!(
        said.contains("tls_certificate is set without tls_key"),
        "{said}"
    );
    let said = start(&|flags| flags.tls_certificate = None).await;
    assert!(
        said.contains("tls_key is set without tls_certificate"),
        "{said}"
    );
    let said = start(&|flags| flags.tls_key = Some("/nowhere.pem".into())).await;
    assert!(
        said.starts_with("TLS cannot be served: /nowhere.pem cannot be read"),
        "{said}"
    );
    let said = start(&|flags| flags.tls_key = Some(certificates.authority_file())).await;
    assert!(said.contains("authority.pem has no private key"), "{said}");
    let said = start(&|flags| flags.egress_ca_file = Some(certificates.key_file())).await;
    assert!(
        said.starts_with("egress.ca_file: ") && said.contains("has no certificate"),
        "{said}"
    );
    assert!(
        !directory.path().join("data").exists(),
        "nothing is made for nothing"
    );
}
