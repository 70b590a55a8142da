//! Who may call, by hostile input: hosts, carriers of tokens, garbage in their place, and keys of
//! two accounts over one pool.

use aig_model::TokenText;
use aig_testkit::{House, Provider};
use futures_util::StreamExt;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A house with a closed gateway `g` before a provider that always answers.
async fn closed(provider: &Provider) -> House {
    provider.always_answers(200, &JSON, "{}");
    let house = House::with(provider).await;
    house.gateway("g", json!({"authentication": true})).await;
    house
}

/// What came back for a request that was written by hand: its status and the code of its error.
async fn verdict(house: &House, request: &[u8]) -> (u16, u64) {
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.get(9..12).and_then(|digits| digits.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    // The two planes call the array differently.
    let error = [&body["error"][0]["code"], &body["errors"][0]["code"]];
    let code = error.iter().find_map(|code| code.as_u64()).unwrap_or(0);
    (
        status.unwrap_or_else(|| panic!("no answer: {answer}")),
        code,
    )
}

/// Values that some server somewhere took for a path, another host, or a reason to look away.
fn hosts(count: usize) -> Vec<String> {
    let marks = [
        "/", "?", "#", "@", ":", "\\", "%2f", "%00", " ", "..", ",", ";", "[", "]", "\t", "*",
    ];
    let names = ["localhost", "127.0.0.1", "evil.example", "api.openai.com"];
    let mut hosts: Vec<String> = [
        "",
        "http://evil.example/",
        "https://api.openai.com/v1/models",
        "//evil.example",
        "[::1]:80",
        "evil.example:0",
        "evil.example:99999",
        "ACCOUNT.example",
        "é.example",
    ]
    .map(str::to_owned)
    .into();
    for name in names {
        for mark in marks {
            hosts.push(format!("{name}{mark}"));
            hosts.push(format!("{mark}{name}"));
            hosts.push(format!("{name}{mark}evil.example"));
        }
        hosts.push(name.into());
    }
    assert!(hosts.len() >= count);
    hosts.truncate(count);
    hosts
}

/// Neither lets a strange host anybody in, nor keeps it anybody out who has a token: the path alone
/// says whose gateway is meant. That goes for both planes.
#[tokio::test]
async fn a_05_host_header_has_no_voice() {
    let provider = Provider::start().await;
    let house = closed(&provider).await;
    let account = house.account();
    let token = house.token();
    let data = format!("/v1/{account}/g/openai/models");
    let control = format!("/client/v4/accounts/{account}/ai-gateway/gateways");
    let request = |target: &str, hosts: &[&str], header: &str, token: Option<&str>| {
        let hosts: String = hosts.iter().map(|h| format!("host: {h}\r\n")).collect();
        let token = token.map_or(String::new(), |t| format!("{header}: Bearer {t}\r\n"));
        format!("GET {target} HTTP/1.1\r\n{hosts}{token}connection: close\r\n\r\n").into_bytes()
    };
    let hosts = hosts(200);
    for (path, header, refused) in [
        (&data, "cf-aig-authorization", (401, 2009)),
        (&control, "authorization", (401, 10000)),
    ] {
        let absolute = format!("http://evil.example{path}");
        for (target, token, expected) in [
            (path, None, refused),
            (path, Some(token), (200, 0)),
            (&absolute, None, refused),
            (&absolute, Some(token), (200, 0)),
        ] {
            let verdicts = futures_util::stream::iter(&hosts)
                .map(async |host| {
                    let request = request(target, &[host.as_str()], header, token);
                    (host, verdict(&house, &request).await)
                })
                .buffered(8);
            let mut verdicts = std::pin::pin!(verdicts);
            while let Some((host, verdict)) = verdicts.next().await {
                assert_eq!(verdict, expected, "{target} {host:?} {}", token.is_some());
            }
            // Whose request this is cannot be told, so nobody gets to answer it.
            for two in [["a", "b"], ["a", "a"], ["", "a"]] {
                let refused = verdict(&house, &request(target, &two, header, token)).await;
                assert_eq!(refused.0, 400, "{target} {two:?}");
            }
        }
    }
    // What was let in went to the provider's own host, whatever the caller called it.
    let expected = provider.address().to_string();
    let requests = provider.requests();
    assert_eq!(requests.len(), 2 * hosts.len());
    for received in requests {
        assert_eq!(received.header("host"), Some(&*expected));
    }
}

/// Where a caller puts its token.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    Header(&'static str, &'static str),
    Query,
    Protocol(&'static str),
}

const CARRIERS: [Carrier; 11] = [
    Carrier::Header("cf-aig-authorization", "Bearer "),
    Carrier::Header("cf-aig-authorization", ""),
    Carrier::Header("authorization", "Bearer "),
    Carrier::Header("authorization", "Key "),
    Carrier::Header("x-api-key", ""),
    Carrier::Header("api-key", ""),
    Carrier::Header("x-goog-api-key", ""),
    Carrier::Header("xi-api-key", ""),
    Carrier::Query,
    Carrier::Protocol("cf-aig-authorization"),
    Carrier::Protocol("openai-insecure-api-key"),
];

/// A request with these tokens in these places; status, code, and what the provider got of it.
async fn carried(
    house: &House,
    gateway: &str,
    tail: &str,
    carried: &[(Carrier, &str)],
) -> (u16, u64) {
    let mut url = house.url(gateway, tail);
    let mut separator = "?";
    let mut request = house.http().get("http://unset.invalid");
    for (carrier, token) in carried {
        match carrier {
            Carrier::Header(name, scheme) => {
                request = request.header(*name, format!("{scheme}{token}"));
            }
            Carrier::Query => {
                url = format!("{url}{separator}a=%20b&key={token}&alt=sse");
                separator = "&";
            }
            Carrier::Protocol(name) => {
                let protocols = format!("realtime, {name}.{token}, openai-beta.realtime-v1");
                request = request.header("sec-websocket-protocol", protocols);
            }
        }
    }
    let (client, request) = request.build_split();
    let mut request = request.unwrap();
    *request.url_mut() = url.parse().unwrap();
    let answer = client.execute(request).await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["error"][0]["code"].as_u64().unwrap_or(0))
}

/// In whichever place a token stands, and for whichever provider, the verdict is the same, and no
/// provider sees it. Sockets are not served; what browsers put into their protocols is read all the
/// same.
#[tokio::test]
async fn a_07_all_carriers_same_verdict() {
    let provider = Provider::start().await;
    let house = closed(&provider).await;
    let other = house.another_account().await;
    let run = house.another_token("run").await;
    let restricted = house.another_token("read,edit").await;
    let foreign = house.token_of(other, "read,edit,run").await;
    let unknown = TokenText::from_random([9; 32]);
    for tail in ["openai/models", "anthropic/v1/models"] {
        for (token, gateway, expected) in [
            (&run, "g", (200, 0)),
            (&run, "absent", (400, 2001)),
            (&restricted, "g", (401, 2009)),
            (&restricted, "absent", (401, 2009)),
            (&foreign, "g", (401, 2009)),
            (&unknown, "g", (401, 2009)),
        ] {
            for carrier in CARRIERS {
                let token = token.expose();
                let seen = carried(&house, gateway, tail, &[(carrier, token)]).await;
                assert_eq!(seen, expected, "{tail} {gateway} {carrier:?}");
            }
        }
    }
    // Two credentials, be they as near to each other as can be: the request is nobody's.
    let second = house.another_token("run").await;
    for one in CARRIERS {
        for two in CARRIERS {
            let (first, second) = ((one, run.expose()), (two, second.expose()));
            let seen = carried(&house, "g", "openai/models", &[first, second]).await;
            assert_eq!(seen, (400, 7001), "{one:?} {two:?}");
        }
        // The same one twice is no second one.
        let twice = [(one, run.expose()), (CARRIERS[0], run.expose())];
        let seen = carried(&house, "g", "openai/models", &twice).await;
        assert_eq!(seen, (200, 0), "{one:?} twice");
    }
    for received in provider.requests() {
        let head = String::from_utf8_lossy(&received.head);
        assert!(!head.contains("aig_"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("cf-aig"), "{head}");
        if let Some((_, query)) = received.target.split_once('?') {
            assert!(
                query.split('&').all(|p| p == "a=%20b" || p == "alt=sse"),
                "{query}"
            );
        }
        if let Some(protocols) = received.header("sec-websocket-protocol") {
            assert_eq!(protocols, "realtime, openai-beta.realtime-v1");
        }
    }
}

/// A provider's own key in the same places is none of ours: it passes byte for byte.
#[tokio::test]
async fn a_providers_key_passes_wherever_it_stands() {
    let provider = Provider::start().await;
    let house = closed(&provider).await;
    let token = format!("Bearer {}", house.token());
    let request = (house.http())
        .get(house.url("g", "openai/models?key=AIzaSy%2Dkey&a=%20"))
        .header("cf-aig-authorization", token)
        .header("x-goog-api-key", "AIzaSy")
        .header(
            "sec-websocket-protocol",
            "realtime,openai-insecure-api-key.sk-1",
        );
    assert_eq!(request.send().await.unwrap().status(), 200);
    let received = provider.next_request().await;
    assert_eq!(received.target, "/v1/models?key=AIzaSy%2Dkey&a=%20");
    assert_eq!(received.header("x-goog-api-key"), Some("AIzaSy"));
    let protocols = "realtime,openai-insecure-api-key.sk-1";
    assert_eq!(received.header("sec-websocket-protocol"), Some(protocols));
}

/// Two accounts with keys of their own, which change on the way, over the connections that the house
/// shares between them.
async fn keys_are_not_mixed(calls: usize) {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let house = House::with(&provider).await;
    let accounts = [house.account(), house.another_account().await];
    let mut tokens = Vec::new();
    for account in accounts {
        tokens.push(house.token_of(account, "run").await);
    }
    let (house, tokens) = (&house, &tokens);
    let answers = futures_util::stream::iter(0..calls)
        .map(async |n| {
            let whose = n % 7 % 2;
            // Half-way one of them turns to another key.
            let version = usize::from(whose == 0 && n >= calls / 2);
            let key = format!("KEY-CANARY-{whose}-{version}-{n}");
            let url = format!(
                "http://{}/v1/{}/default/openai/x",
                house.address(),
                accounts[whose]
            );
            let request = (house.http().post(url))
                .header("cf-aig-authorization", tokens[whose].expose())
                .header("authorization", format!("Bearer {key}"))
                .body(key);
            request.send().await.unwrap().status().as_u16()
        })
        .buffer_unordered(16);
    let statuses: Vec<u16> = answers.collect().await;
    assert!(statuses.iter().all(|status| *status == 200));

    let requests = provider.requests();
    assert_eq!(requests.len(), calls);
    let mut users = vec![[false; 2]; provider.connections()];
    for request in requests {
        let key = request.text().to_owned();
        let sent: Vec<_> = request.header_values("authorization").collect();
        assert_eq!(sent, [format!("Bearer {key}")], "somebody else's key");
        let head = String::from_utf8_lossy(&request.head);
        assert_eq!(head.matches("KEY-CANARY").count(), 1, "{head}");
        let whose = usize::from(key.starts_with("KEY-CANARY-1"));
        users[request.connection][whose] = true;
    }
    assert!(
        users.contains(&[true; 2]),
        "no connection served both, so nothing could have been mixed"
    );
}

/// Without keys that the house keeps, of which there are none: each caller brings its own.
#[tokio::test]
async fn a_08_no_cross_account_client_reuse() {
    keys_are_not_mixed(1000).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_a_08_no_cross_account_client_reuse() {
    keys_are_not_mixed(50_000).await;
}

/// Texts where a token should be.
fn garbage(n: usize) -> Vec<u8> {
    let good = TokenText::from_random([u8::try_from(n % 251).unwrap(); 32]);
    let good = good.expose();
    let letter = b'0' + u8::try_from(n % 10).unwrap();
    match n % 12 {
        // Bad checksums, at either end.
        0 => [&good.as_bytes()[..good.len() - 1], &[letter ^ 1]].concat(),
        1 => [&b"aig_"[..], &[letter], &good.as_bytes()[5..]].concat(),
        // Almost as long.
        2 => good.as_bytes()[..good.len() - 1].to_vec(),
        3 => [good.as_bytes(), &[letter]].concat(),
        4 => format!("' OR 1=1 -- {n}").into_bytes(),
        5 => format!("\"; DROP TABLE token; -- {n}").into_bytes(),
        6 => format!("${{jndi:ldap://x/{n}}}").into_bytes(),
        // Not UTF-8.
        7 => [&[0xff, 0xfe, 0xc0, 0x80], good.as_bytes()].concat(),
        8 => format!("{good} {good}").into_bytes(),
        9 => vec![letter; 4096],
        10 => good.to_ascii_uppercase().into_bytes(),
        _ => format!("Bearer Bearer {n}").into_bytes(),
    }
}

/// Both doors turn garbage away without asking the store anything.
async fn garbage_is_turned_away(count: usize) {
    let provider = Provider::start().await;
    let house = closed(&provider).await;
    let control = house.gateways_url("");
    let data = house.url("absent", "openai/x");
    let queries = house.running().store().queries();
    // The counter counts: a good token does reach the store.
    let before = queries.count();
    let listed = house.http().get(&control).bearer_auth(house.token());
    assert_eq!(listed.send().await.unwrap().status(), 200);
    assert!(queries.count() > before);

    let before = queries.count();
    let own = HeaderName::from_static("cf-aig-authorization");
    let statuses = futures_util::stream::iter(0..count)
        .map(async |n| {
            let mut value = if n % 3 == 0 {
                vec![]
            } else {
                b"Bearer ".to_vec()
            };
            value.extend(garbage(n));
            let value = HeaderValue::from_bytes(&value).unwrap();
            let (url, name) = match n % 2 {
                0 => (&control, http::header::AUTHORIZATION),
                _ => (&data, own.clone()),
            };
            let request = house.http().get(url).header(name, value);
            (n, request.send().await.unwrap().status().as_u16())
        })
        .buffer_unordered(16);
    let mut statuses = std::pin::pin!(statuses);
    while let Some((n, status)) = statuses.next().await {
        assert_eq!(status, 401, "{:?}", String::from_utf8_lossy(&garbage(n)));
    }
    assert_eq!(queries.count(), before, "the store was asked");

    // What cannot stand in a header is refused by the reader of HTTP, before there is a token.
    let account = house.account();
    let long = vec![b'a'; 1 << 20];
    for (garbage, expected) in [(&b"aig_\0"[..], 400), (&b"aig_\x01"[..], 400), (&long, 431)] {
        let head = format!("GET /v1/{account}/g/openai/x HTTP/1.1\r\nhost: x\r\n");
        let token = [head.as_bytes(), b"cf-aig-authorization: ", garbage].concat();
        let mut stream = TcpStream::connect(house.address()).await.unwrap();
        // The house may hang up before it has taken all of it.
        let _ = stream.write_all(&[&token[..], b"\r\n\r\n"].concat()).await;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, format!("HTTP/1.1 {expected}").as_bytes());
    }
    assert_eq!(queries.count(), before, "the store was asked");
    assert!(provider.requests().is_empty());
}

/// A NUL is 400 and a megabyte 431, where the case asks for 401: they are no HTTP, so nobody looks
/// for a token in them.
#[tokio::test]
async fn a_15_garbage_never_reaches_store() {
    garbage_is_turned_away(3_000).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_a_15_garbage_never_reaches_store() {
    garbage_is_turned_away(100_000).await;
}
