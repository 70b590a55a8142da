//! What passes the gateway, and what it is called: targets, header lists, loops.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use aig_testkit::{House, Provider, RawCaller};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

async fn bare(house: &House, request: String) -> Option<aig_testkit::RawAnswer> {
    let mut caller = RawCaller::to(house.address()).await;
    caller.send(request).await;
    caller.answer().await
}

/// One row per form of a target: what is answered, and what the provider is asked for. The row in
/// the log names the same path, because authorising and sending read the same bytes once.
#[tokio::test]
async fn h_07_every_form_of_a_target_has_one_reading() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(200, &[], "{}");
    let account = house.account().to_string();
    let long = |length: usize| format!("/v1/{account}/g/openai/{}", "a".repeat(length));
    let rows: Vec<(&str, String, u16, Option<String>)> = vec![
        (
            "GET",
            "/v1/{A}/g/openai/x?q=%2f#f".into(),
            200,
            Some("x?q=%2f".into()),
        ),
        // The host is in the target, and has no voice there either.
        (
            "GET",
            "http://evil.example/v1/{A}/g/openai/x".into(),
            200,
            Some("x".into()),
        ),
        (
            "GET",
            "https://u:p@evil.example:1/v1/{A}/g/openai/x".into(),
            200,
            Some("x".into()),
        ),
        ("GET", "http://evil.example".into(), 404, None),
        ("CONNECT", "evil.example:443".into(), 404, None),
        ("CONNECT", "/v1/{A}/g/openai/x".into(), 405, None),
        ("TRACE", "/v1/{A}/g/openai/x".into(), 405, None),
        ("OPTIONS", "*".into(), 404, None),
        ("GET", String::new(), 400, None),
        ("GET", "v1/{A}/g/openai/x".into(), 400, None),
        ("GET", "/v1/{A}/g/openai/a\0b".into(), 400, None),
        ("GET", "/v1/{A}/g/openai/a b".into(), 400, None),
        ("GET", "/v1/{A}/g/openai/a\tb".into(), 400, None),
        ("GET", "/v1/{A}/g/openai/a\x7fb".into(), 400, None),
        ("GET", "//v1/{A}/g/openai/x".into(), 404, None),
        ("GET", "/v1//{A}/g/openai/x".into(), 401, None),
        ("GET", "/v1/{A}//g/openai/x".into(), 401, None),
        ("GET", "/v1/{A}/g//openai/x".into(), 400, None),
        // The slash that stands between base and tail stands there once.
        (
            "GET",
            "/v1/{A}/g/openai//x//y/".into(),
            200,
            Some("x//y/".into()),
        ),
        (
            "GET",
            "/v1/{A}/g/openai/%2F%2f%5c%5C".into(),
            200,
            Some("%2F%2f%5c%5C".into()),
        ),
        (
            "GET",
            "/v1/{A}/g/openai/%zz%".into(),
            200,
            Some("%zz%".into()),
        ),
        (
            "GET",
            "/v1/{A}/g/openai/x;a=b,c".into(),
            200,
            Some("x;a=b,c".into()),
        ),
        ("GET", "/v1/{A}/g/open%61i/x".into(), 400, None),
        ("GET", "/v1/{A}/%67/openai/x".into(), 401, None),
        ("GET", "/v%31/{A}/g/openai/x".into(), 404, None),
        ("GET", "/V1/{A}/g/openai/x".into(), 404, None),
        ("GET", long(32 << 10), 200, Some("a".repeat(32 << 10))),
        ("GET", long((64 << 10) + 1), 414, None),
    ];
    for (method, target, status, seen) in rows {
        let target = target.replace("{A}", &account);
        let name: String = target.chars().take(80).collect();
        let before = provider.requests().len();
        let request = format!("{method} {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        let answer = bare(&house, request).await;
        assert_eq!(answer.map(|a| a.status), Some(status), "{method} {name}");
        let requests = provider.requests();
        let asked = requests[before..].iter().map(|r| r.target.clone());
        let expected = seen.iter().map(|tail| format!("/v1/{tail}"));
        assert!(
            asked.eq(expected),
            "{method} {name}: {:?}",
            &requests[before..]
        );
        let Some(tail) = seen else { continue };
        // A row keeps the first kilobyte of a path.
        let path: String = tail.split('?').next().unwrap().chars().take(1024).collect();
        aig_testkit::eventually("the row of that path", async || {
            let row = house.logs("g").await.into_iter().next()?;
            let logged = row["path"].as_str()?.trim_start_matches('/').to_owned();
            (logged == path).then_some(())
        })
        .await;
    }
    // Bytes beyond ASCII are no path.
    for byte in [0x80, 0xff, 0xc3] {
        let mut request = format!("GET /v1/{account}/g/openai/a").into_bytes();
        request.push(byte);
        request.extend_from_slice(b" HTTP/1.1\r\nhost: x\r\n\r\n");
        let mut caller = RawCaller::to(house.address()).await;
        caller.send(request).await;
        let answer = caller.answer().await.unwrap();
        assert_eq!(answer.status, 400, "{byte:x}");
    }
}

/// An id has one spelling. Whatever is not it is nobody's gateway.
#[tokio::test]
async fn h_11_no_two_spellings_reach_one_gateway() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.always_answers(200, &[], "{}");
    let account = house.account().to_string();
    let longest = "a".repeat(64);
    // Gateways whose ids look like other parts of a path.
    for id in ["v1", "openai", "compat", &longest] {
        house.gateway(id, json!({})).await;
    }
    for id in ["g", "v1", "openai", "compat", &longest] {
        let path = format!("/v1/{account}/{id}/openai/x");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(bare(&house, request).await.unwrap().status, 200, "{id}");
        let rows = house.logged(id, 1).await;
        assert_eq!(rows[0]["path"], "x", "{id}");
    }
    let served = provider.requests().len();
    let upper = account.to_uppercase();
    let shouted = if upper == account {
        format!("{account}0")
    } else {
        upper
    };
    let (short, long) = (&account[..31], format!("{account}0"));
    let a65 = "a".repeat(65);
    let gateways = [
        "G",
        "g.",
        "g%20",
        "g-",
        "-g",
        "g--g",
        "g%2f",
        "%67",
        ".",
        "..",
        "%",
        "%2e%2e",
        "g;x",
        "g,",
        "g\u{fe0e}",
        "",
        &a65,
        "g_",
        "V1",
    ];
    let mut paths: Vec<_> = gateways
        .iter()
        .map(|id| format!("/v1/{account}/{id}/openai/x"))
        .collect();
    for other in [&shouted, short, &long, "a/b", "..", "%", ".", "*", ""] {
        paths.push(format!("/v1/{other}/g/openai/x"));
    }
    paths.push(format!("/v1/{account}/../{account}/g/openai/x"));
    paths.push(format!("/v1/./{account}/g/openai/x"));
    paths.push(format!("/v1/{account}/x/../g/openai/x"));
    for path in paths {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        let status = bare(&house, request).await.unwrap().status;
        assert!([400, 401, 404].contains(&status), "{path}: {status}");
        assert_eq!(provider.requests().len(), served, "{path}");
    }
}

const SECRETS: [&str; 6] = [
    "1.2.3.4",
    "baggage-canary",
    "cookie-canary",
    "own-canary",
    "proxy-canary",
    "nominated-canary",
];

/// What stands between two neighbours stays there, in both directions; naming a header in
/// `Connection` hides it from the next neighbour and not from the gateway.
#[tokio::test]
async fn h_14_h_15_neighbours_headers_and_own_ones_end_at_the_gateway() {
    let provider = Provider::start().await;
    let house = House::with(&provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\
        connection: keep-alive, x-nominated\r\nx-nominated: nominated-canary\r\nkeep-alive: timeout=9\r\n\
        proxy-authenticate: Basic\r\nproxy-connection: keep-alive\r\nte: trailers\r\ntrailer: x\r\n\
        upgrade: h2c\r\ncf-aig-step: 7\r\ncf-aig-log-id: own-canary\r\ncf-aig-cache-status: HIT\r\n\
        set-cookie: cookie-canary\r\nserver-timing: x\r\nalt-svc: h3\r\nstrict-transport-security: x\r\n\
        nel: {}\r\nreport-to: {}\r\nreporting-endpoints: a\r\nx-request-id: req_1\r\n\
        retry-after: 1\r\n\r\n{}";
    provider.answers_raw(answer);
    let token = house.token().to_owned();
    let text = format!(
        "POST /v1/{account}/g/openai/x HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\
         connection: keep-alive, cf-aig-authorization, x-api-key, authorization, cdn-loop, X-Nominated\r\n\
         cf-aig-authorization: Bearer {token}\r\nauthorization: Bearer sk-key\r\nx-api-key: sk-key\r\n\
         x-nominated: nominated-canary\r\nkeep-alive: 1\r\nte: trailers\r\ntrailer: x\r\n\
         proxy-authorization: proxy-canary\r\nproxy-connection: proxy-canary\r\nproxy-authenticate: proxy-canary\r\n\
         upgrade: websocket\r\nexpect: 200-ok\r\nforwarded: for=1.2.3.4\r\nx-forwarded-for: 1.2.3.4\r\n\
         x-forwarded-host: 1.2.3.4\r\nx-forwarded-proto: 1.2.3.4\r\nx-real-ip: 1.2.3.4\r\nvia: 1.2.3.4\r\n\
         cf-connecting-ip: 1.2.3.4\r\ntrue-client-ip: 1.2.3.4\r\nx_forwarded_for: 1.2.3.4\r\n\
         baggage: k=baggage-canary\r\ncookie: cookie-canary\r\ncf-aig-metadata: {{\"k\":\"own-canary\"}}\r\n\
         cf-aig-event-id: own-canary\r\ncf_aig_metadata: own-canary\r\ncdn-loop: outer\r\n\
         content-type: application/json\r\nx-unknown: 1\r\n\r\n{{}}",
        account = house.account(),
    );
    let answer = bare(&house, text).await.unwrap();
    // The nominated token was read all the same, or this would be 401.
    assert_eq!(answer.status, 200, "{answer:?}");

    let seen = provider.next_request().await;
    let names: BTreeSet<_> = seen.headers.iter().map(|(n, _)| n.as_str()).collect();
    let expected = [
        "accept-encoding",
        "cdn-loop",
        "content-length",
        "content-type",
        "host",
        "x-unknown",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(seen.header("host"), Some(&*provider.address().to_string()));
    // Nor can the list of hops be taken away by naming it.
    assert_eq!(
        seen.header_values("cdn-loop").collect::<Vec<_>>(),
        ["outer", "aig"]
    );
    let head = String::from_utf8_lossy(&seen.head).into_owned();
    for secret in SECRETS.into_iter().chain([&*token]) {
        assert!(!head.contains(secret), "{secret} in {head}");
    }

    let names: BTreeSet<_> = answer
        .head
        .lines()
        .skip(1)
        .filter_map(|l| l.split_once(':'))
        .collect();
    let names: BTreeSet<_> = names.into_iter().map(|(name, _)| name).collect();
    let expected = [
        "content-length",
        "content-type",
        "date",
        "x-request-id",
        "retry-after",
        "cf-aig-event-id",
        "cf-aig-log-id",
        "cf-aig-request-id",
        "cf-aig-step",
    ];
    assert_eq!(names, BTreeSet::from(expected), "{}", answer.head);
    assert!(
        answer.head.contains("cf-aig-step: 0\r\n"),
        "{}",
        answer.head
    );
    for secret in SECRETS.into_iter().filter(|secret| *secret != "own-canary") {
        assert!(!answer.head.contains(secret), "{secret} in {}", answer.head);
    }
    // The event id is the caller's own; a provider cannot set it.
    assert_eq!(
        answer.head.matches("own-canary").count(),
        1,
        "{}",
        answer.head
    );
    assert!(
        answer.head.contains("cf-aig-event-id: own-canary\r\n"),
        "{}",
        answer.head
    );
}

/// Carries every connection to that listener on to another address.
async fn relay(listener: TcpListener, to: SocketAddr) {
    loop {
        let (mut caller, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut house = TcpStream::connect(to).await.unwrap();
            // However the connection ends, it is over.
            let _ = tokio::io::copy_bidirectional(&mut caller, &mut house).await;
        });
    }
}

/// Two gateways that are each other's provider; both would try five times.
async fn ring() -> House {
    let first = House::start().await;
    for id in ["a", "b"] {
        let retry = json!({"retry_max_attempts": 5, "retry_delay": 1});
        first.gateway(id, retry).await;
    }
    let account = first.account();
    let directory = first.stop().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let door = listener.local_addr().unwrap();
    let house = House::builder()
        .directory(directory)
        .flags(|flags| {
            for (slug, next) in [("to-b", "b/to-a"), ("to-a", "a/to-b")] {
                let base = format!("{slug}=http://{door}/v1/{account}/{next}");
                flags.providers.push(base);
            }
        })
        .start()
        .await;
    tokio::spawn(relay(listener, house.address()));
    house
}

async fn statuses(house: &House, gateway: &str, rows: usize) -> Vec<u64> {
    let rows = house.logged(gateway, rows).await;
    let status = |row: &Value| row["status_code"].as_u64().unwrap();
    rows.iter().map(status).collect()
}

/// The third pass is refused, nothing is tried again, and every pass has its row.
#[tokio::test]
async fn h_17_a_loop_ends_at_the_third_hop() {
    let house = ring().await;
    let request = house.http().post(house.url("a", "to-b/x")).body("{}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 508);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"][0]["code"], 7001, "{body}");
    assert_eq!(statuses(&house, "a", 2).await, [508, 508]);
    assert_eq!(statuses(&house, "b", 1).await, [508]);
}

/// What a step of a universal request says of hops is not believed; what the request says, is.
#[tokio::test]
async fn h_17_a_universal_request_takes_its_hops_along() {
    let house = ring().await;
    let step = json!([{
        "provider": "to-b", "endpoint": "x", "headers": {"cdn-loop": "none"}, "query": {},
    }]);
    let url = format!("http://{}/v1/{}/a", house.address(), house.account());
    let request = house.http().post(&url).header("cdn-loop", "outer, aig");
    let answer = request.json(&step).send().await.unwrap();
    assert_eq!(answer.status(), 508);
    assert_eq!(statuses(&house, "b", 1).await, [508]);
    assert_eq!(statuses(&house, "a", 1).await, [508]);
}
