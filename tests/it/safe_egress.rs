//! Where the house connects to, by hostile input: whatever a request, an answer, the configuration or
//! the environment says, it goes to the provider's own address and nowhere else.

use aig_server::config::Flags;
use aig_testkit::{House, Provider, Sockets};
use http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::process;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

/// Why these settings are refused; `None` if they are not.
fn refusal(provider: &str, allow: &[&str]) -> Option<String> {
    let flags = Flags {
        providers: vec![format!("mine={provider}")],
        egress_allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
        ..Flags::default()
    };
    flags.resolve().err().map(|error| format!("{error:#}"))
}

#[tokio::test]
async fn n_02_headers_never_route() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let honeypot = Sockets::honeypot().await;
    let house = house(&provider).await;
    let bait = honeypot.address().to_string();
    let url = format!("http://{bait}/v1/stolen");
    let names = [
        "host",
        "x-forwarded-host",
        "x-forwarded-server",
        "x-host",
        "x-http-host-override",
        "x-original-url",
        "x-original-host",
        "x-rewrite-url",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-port",
        "forwarded",
        "x-real-ip",
        "x-portkey-custom-host",
        "x-portkey-provider",
        "x-upstream-url",
        "x-target-url",
        "x-fal-target-url",
        "x-base-url",
        "helicone-target-url",
        "cf-aig-custom-host",
        "cf-aig-base-url",
        "destination",
        "referer",
        "origin",
        "location",
        "content-location",
    ];
    let forwarded = format!("host={bait};proto=http");
    let h2 = (reqwest::Client::builder().no_proxy())
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for name in names {
        for value in [&bait, &url, &format!("//{bait}"), &forwarded] {
            let request = (house.http())
                .post(house.url("g", "openai/chat/completions"))
                .header(
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
                .body("{}");
            assert_eq!(request.send().await.unwrap().status(), 200, "{name}");
            let received = provider.next_request().await;
            assert_eq!(received.target, "/v1/chat/completions", "{name}: {value}");
            let own = provider.address().to_string();
            assert_eq!(received.header("host"), Some(&*own), "{name}: {value}");
        }
    }
    // HTTP/2's own host, which need not be where the connection leads.
    let path = format!("/v1/{}/g/openai/chat/completions", house.account());
    let (client, request) = h2.post(house.url("g", "openai/x")).body("{}").build_split();
    let mut request = request.unwrap();
    request
        .headers_mut()
        .insert("host", HeaderValue::from_str(&bait).unwrap());
    request.url_mut().set_path(&path);
    assert_eq!(client.execute(request).await.unwrap().status(), 200);
    assert_eq!(provider.next_request().await.target, "/v1/chat/completions");
    assert_eq!(honeypot.connections().await, 0);
}

/// The same table that the dial is held against: what is not dialled is not taken either.
#[test]
fn n_03_literal_addresses_are_refused_at_the_start() {
    let table = include_str!("../../crates/aig-proxy/src/egress/tests/addresses.txt");
    let mut seen = 0;
    for line in table.lines() {
        let (verdict, address) = line.split_once(' ').unwrap();
        let host = match address.contains(':') {
            true => format!("[{address}]"),
            false => address.to_owned(),
        };
        let refused = refusal(&format!("https://{host}/v1"), &[]);
        assert_eq!(
            refused.is_some(),
            verdict == "refused",
            "{line}: {refused:?}"
        );
        seen += 1;
    }
    assert!(seen >= 60, "{seen} addresses");
    for zone in ["[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%1]"] {
        assert!(
            refusal(&format!("https://{zone}/v1"), &[]).is_some(),
            "{zone}"
        );
    }
    let told = refusal("https://10.0.0.1/v1", &[]).unwrap();
    for part in ["`mine`", "10.0.0.1", "--egress-allow"] {
        assert!(told.contains(part), "{told}");
    }
}

/// A provider that sends its callers elsewhere: they are told so, byte for byte, and the house goes
/// nowhere.
#[tokio::test]
async fn n_06_redirects_are_passed_back_and_never_followed() {
    let provider = Provider::start().await;
    let honeypot = Sockets::honeypot().await;
    let house = house(&provider).await;
    let mut asked = 0;
    let itself = format!("{}/v1/again", provider.url());
    let elsewhere = format!("http://{}/v1/stolen", honeypot.address());
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        for location in [
            "http://169.254.169.254/latest/meta-data/",
            &itself,
            &elsewhere,
            "/v1/again",
            "//evil.example/x",
            "file:///etc/passwd",
        ] {
            let refresh = format!("0; url={location}");
            provider.answers(status, &[("location", location), ("refresh", &refresh)], "");
            let request = (house.http())
                .post(house.url("g", "openai/chat/completions"))
                .header("authorization", "Bearer KEY-CANARY-A")
                .header("x-api-key", "KEY-CANARY-B")
                .body("{}");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), status, "{location}");
            assert_eq!(answer.headers()["location"], location);
            assert_eq!(answer.headers()["refresh"], *refresh);
            asked += 1;
            assert_eq!(provider.requests().len(), asked, "{status} {location}");
        }
    }
    // A value that holds a line break is two lines on the wire: the second is a header of the
    // provider's like any other, and one of the gateway's own names does not pass.
    let split = "HTTP/1.1 302 Found\r\nlocation: /x\r\ncf-aig-log-id: forged\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    provider.answers_raw(split);
    let request = house.http().post(house.url("g", "openai/x")).body("{}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/x");
    assert_ne!(answer.headers()["cf-aig-log-id"], "forged");
    for (n, bare) in ["/x\r", "/x\ry: z", "/x\0"].into_iter().enumerate() {
        provider.answers_raw(format!(
            "HTTP/1.1 302 Found\r\nlocation: {bare}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        ));
        let request = house.http().post(house.url("g", "openai/x")).body("{}");
        let answer = request.send().await.unwrap();
        let location = answer.headers().get("location");
        let passed = location.is_some_and(|l| l.as_bytes().iter().any(u8::is_ascii_control));
        assert!(!passed, "{bare:?} reached the caller");
        assert_eq!(provider.requests().len(), asked + 2 + n, "{bare:?}");
    }
    assert_eq!(honeypot.connections().await, 0);
}

/// URLs in prompts are the provider's to fetch, not the house's.
#[tokio::test]
async fn n_09_content_urls_are_never_dialled() {
    let provider = Provider::start().await;
    let honeypot = Sockets::honeypot().await;
    let house = house(&provider).await;
    let bait = |path: &str| format!("http://{}/{path}", honeypot.address());
    let chat = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": bait("system")},
            {"role": "user", "content": [
                {"type": "text", "text": format!("read {}", bait("text"))},
                {"type": "image_url", "image_url": {"url": bait("image.png"), "detail": "high"}},
                {"type": "input_audio", "input_audio": {"data": bait("audio"), "format": "wav"}},
                {"type": "file", "file": {"file_id": bait("file"), "file_data": bait("data")}},
            ]},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {
                "$schema": bait("schema"), "$ref": bait("ref"),
                "properties": {"a": {"$ref": bait("ref#/a")}},
            }}},
            {"type": "mcp", "server_url": bait("mcp"), "server_label": "x"},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"schema": {"$ref": bait("out")}}},
        "base_url": bait("base"), "api_base": bait("base"), "proxy": bait("proxy"),
        "webhook": bait("webhook"), "callback_url": bait("callback"), "user": bait("user"),
    });
    let messages = json!({
        "model": "claude",
        "max_tokens": 1,
        "mcp_servers": [{"type": "url", "url": bait("mcp"), "name": "x"}],
        "messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "url", "url": bait("image")}},
            {"type": "document", "source": {"type": "url", "url": bait("document")}},
        ]}],
    });
    let answer = json!({
        "model": bait("model"), "url": bait("answer"), "choices": [],
        "next": bait("next"), "usage": {"prompt_tokens": 1, "completion_tokens": 1},
    });
    for (path, body) in [
        ("openai/chat/completions", &chat),
        ("openai/responses", &chat),
        ("openai/images/edits", &chat),
        ("anthropic/v1/messages", &messages),
    ] {
        provider.answers_json(&answer);
        let request = house.http().post(house.url("g", path)).json(body);
        let seen = request.send().await.unwrap();
        assert_eq!(seen.status(), 200, "{path}");
        // Neither do URLs in the answer lead anywhere.
        assert_eq!(seen.json::<Value>().await.unwrap(), answer);
        assert_eq!(provider.next_request().await.json(), *body, "{path}");
    }
    // In the steps of a universal request, too.
    provider.answers_json(&answer);
    let steps = json!([{"provider": "openai", "endpoint": "chat/completions", "query": chat}]);
    let url = format!("http://{}/v1/{}/g", house.address(), house.account());
    let request = house.http().post(url).json(&steps);
    assert_eq!(request.send().await.unwrap().status(), 200);
    house.logged("g", 5).await;
    assert_eq!(honeypot.connections().await, 0);
}

#[tokio::test]
async fn n_12_env_proxy_ignored() {
    let provider = Provider::start().await;
    provider.always_answers(200, &JSON, "{}");
    let honeypot = Sockets::honeypot().await;
    let proxy = format!("http://{}", honeypot.address());
    let directory = tempfile::tempdir().unwrap();
    let names = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ];
    let variables: Vec<_> = names.iter().map(|name| (*name, &*proxy)).collect();
    let openai = format!("openai={}/v1", provider.url());
    // By TLS as well: there is none, but it is the provider that is dialled.
    let tls = format!("groq=https://{}/v1", provider.address());
    let words = [
        "--provider",
        &openai,
        "--provider",
        &tls,
        "--egress-allow",
        "127.0.0.0/8",
    ];
    let served = process::Served::start_with(directory.path(), &words, &variables).await;
    let ask = async |tail: &str| {
        let url = served.data(&format!("default/{tail}"));
        let request = process::http().post(url).body("{}");
        let token = ("cf-aig-authorization", process::TOKEN);
        // The provider says nothing to a greeting of TLS.
        let request = request.header("cf-aig-request-timeout", "2000");
        let answer = request.header(token.0, token.1).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(ask("openai/x").await, 200);
    assert_eq!(provider.next_request().await.target, "/v1/x");
    let before = provider.connections();
    assert_eq!(ask("groq/x").await, 400);
    assert!(provider.connections() > before, "not even dialled");
    assert_eq!(honeypot.connections().await, 0);
    served.signal("TERM");
    assert!(served.ended().await.success());
}

/// Refused when the provider is configured. (That the dial refuses the same is seen where it dials.)
#[test]
fn n_13_ports_and_schemes() {
    for provider in [
        "file:///etc/passwd",
        "gopher://evil.example/x",
        "unix:/run/docker.sock",
        "unix:///run/docker.sock",
        "ftp://evil.example/x",
        "ws://evil.example/x",
        "javascript:alert(1)",
        "data:,x",
        "evil.example/v1",
        "//evil.example/v1",
        "http://evil.example/v1",
        "http://1.1.1.1/v1",
        "http://1.1.1.1:443/v1",
        "https://evil.example:22/v1",
        "https://evil.example:25/v1",
        "https://evil.example:6379/v1",
        "https://evil.example:5432/v1",
        "https://evil.example:0/v1",
        "https://evil.example:65536/v1",
        "https://evil.example:/v1",
        "https://evil.example:-1/v1",
        "https://1.1.1.1:8443/v1",
    ] {
        assert!(refusal(provider, &[]).is_some(), "{provider} is taken");
    }
    for provider in ["https://good.example/v1", "https://good.example:443/v1"] {
        assert_eq!(refusal(provider, &[]), None);
    }
    // An administrator may allow a network, with any port and without TLS, but no other scheme.
    for (provider, taken) in [
        ("http://1.1.1.1:6379/v1", true),
        ("https://1.1.1.1:22/v1", true),
        ("http://1.1.2.1:6379/v1", false),
        ("http://1.1.1.1:0/v1", false),
        ("http://1.1.1.1:65536/v1", false),
        ("ftp://1.1.1.1/v1", false),
    ] {
        let refused = refusal(provider, &["1.1.1.0/24"]);
        assert_eq!(refused.is_none(), taken, "{provider}: {refused:?}");
    }
}

/// A provider that is the house itself, by any of its listeners, though its network is allowed.
#[tokio::test]
async fn n_14_self_reference_is_refused() {
    // Ports of the system's choice that are free again, on an address that nobody else here uses.
    let free = || {
        let socket = std::net::TcpListener::bind("127.0.0.77:0").unwrap();
        socket.local_addr().unwrap()
    };
    let (data, control) = (free(), free());
    let directory = tempfile::tempdir().unwrap();
    let providers = [
        format!("openai=http://{data}/v1"),
        format!("groq=http://[::ffff:127.0.0.77]:{}/v1", data.port()),
        format!("mistral=http://{control}/v1"),
        format!(
            "cohere=http://[::ffff:7f00:4d]:{}/client/v4",
            control.port()
        ),
    ];
    let flags = Flags {
        listen: Some(data),
        control_listen: Some(control),
        data_dir: Some(directory.path().to_owned()),
        providers: providers.to_vec(),
        egress_allow: vec!["127.0.0.0/8".parse().unwrap()],
        ..Flags::default()
    };
    let (mut config, _) = flags.resolve().unwrap();
    config.bootstrap = None;
    let mut house = aig_server::house::House::start(config).await.unwrap();
    let first = house.take_first_start().unwrap();
    for slug in ["openai", "groq", "mistral", "cohere"] {
        let url = format!("http://{data}/v1/{}/default/{slug}/x", first.account);
        let request = process::http()
            .post(url)
            .header("cf-aig-authorization", first.token.expose());
        let answer = request.body("{}").send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(text.contains("\"code\":2005"), "{slug}: {text}");
        assert!(text.contains("configuration allows"), "{slug}: {text}");
    }
    house.stop().await;
}
