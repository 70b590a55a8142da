//! Providers that behave badly: late answers, garbage for an answer, failures in masses. Callers that
//! leave and connections that lie idle have modules of their own.

mod idle;
mod leaving;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aig_testkit::{House, Provider, Sockets, eventually};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

/// A house with a gateway `g` before a provider of bare sockets.
async fn before(provider: &Sockets) -> House {
    let address = provider.address();
    let house = House::builder()
        .flags(|flags| flags.providers.push(format!("openai=http://{address}/v1")))
        .start()
        .await;
    house.gateway("g", json!({})).await;
    house
}

/// Reads one request off a connection; `None` when the other side closed it.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let head = text.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |digits| digits.parse().unwrap());
            if text.len() >= end + 4 + length {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => text.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

/// Waits until the other side has closed the connection.
async fn closed(stream: &mut TcpStream) {
    let mut chunk = [0; 4096];
    while matches!(stream.read(&mut chunk).await, Ok(read) if read > 0) {}
}

/// A number that looks random and is the same on every machine (splitmix64).
fn scrambled(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

async fn metric(house: &House, name: &str) -> i64 {
    let url = format!("http://{}/metrics", house.address());
    let text = house.http().get(url).send().await.unwrap().text().await;
    process::metric(&text.unwrap(), name)
}

/// The first provider of two takes too long: its call is ended before it can finish, and both leave
/// a row, for each may be billed. (Prices are not kept, so there is no sum of them to look at.)
#[tokio::test]
async fn u_05_a_late_answer_is_cancelled_and_both_tries_have_rows() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    provider.hangs();
    provider.answers(
        200,
        &JSON,
        r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#,
    );
    let steps = json!([
        {"provider": "openai", "endpoint": "chat/completions", "query": {"model": "slow"},
         "config": {"requestTimeout": 100}},
        {"provider": "anthropic", "endpoint": "v1/messages", "query": {"model": "quick"}},
    ]);
    let url = format!("http://{}/v1/{}/g", house.address(), house.account());
    let answer = house.http().post(url).json(&steps).send().await.unwrap();
    assert_eq!(answer.headers()["cf-aig-step"], "1");
    let served = answer.headers()["cf-aig-log-id"]
        .to_str()
        .unwrap()
        .to_owned();
    // It sees its caller go before it has said a byte: nobody waits for what it would finish.
    provider.disconnected().await;
    assert_eq!(answer.text().await.unwrap().matches("usage").count(), 1);
    assert_eq!(provider.requests().len(), 2);

    let rows = house.logged("g", 2).await;
    let told = |row: &Value| {
        let field = |name: &str| row[name].clone();
        ["provider", "model", "outcome", "status_code", "step"].map(field)
    };
    assert_eq!(
        told(&rows[1]),
        ["openai", "slow", "superseded"]
            .map(Value::from)
            .into_iter()
            .chain([json!(408), json!(0)])
            .collect::<Vec<_>>()[..]
    );
    assert_eq!(rows[0]["id"], served);
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["step"]),
        (&json!("complete"), &json!(1))
    );
    assert_eq!(rows[0]["event_id"], rows[1]["event_id"]);
    assert_eq!(
        (&rows[0]["tokens_in"], &rows[0]["tokens_out"]),
        (&json!(3), &json!(4))
    );
}

/// What stands in no standard, each with a name for the report.
fn garbage(random: u64) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = [
        "HTTP/1.1 99 Low\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 1000 High\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 000 Nought\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 -1 Less\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 2OO Letters\r\ncontent-length: 0\r\n\r\n",
        "HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "ICY 200 OK\r\ncontent-length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "-ERR unknown command\r\n",
        "<html>Bad gateway</html>\r\n\r\n",
        "{\"choices\":[]}\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\ncontent-length: 0\r\n\r\n",
    ]
    .map(|text| (text.to_owned(), text.as_bytes().to_vec()))
    .into();
    let many: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    let many = format!("HTTP/1.1 200 OK\r\n{many}content-length: 0\r\n\r\n");
    all.push(("300 headers".into(), many.into_bytes()));
    let mut long = b"HTTP/1.1 200 OK\r\nx-long: ".to_vec();
    long.resize(10 << 20, b'a');
    all.push(("10 MiB of header".into(), long));
    for seed in 0..random {
        let length = 1 + scrambled(seed) % 4096;
        let bytes = (0..length).map(|n| (scrambled(seed << 16 | n) >> 24) as u8);
        all.push((format!("random bytes {seed}"), bytes.collect()));
    }
    all
}

async fn garbage_is_no_answer(random: u64) {
    let all = Arc::new(garbage(random));
    let (served, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let provider = {
        let (all, dropped) = (Arc::clone(&all), Arc::clone(&dropped));
        Sockets::start(move |_, mut stream| {
            let (all, served) = (Arc::clone(&all), Arc::clone(&served));
            let dropped = Arc::clone(&dropped);
            async move {
                request(&mut stream).await.unwrap();
                let next = served.fetch_add(1, Ordering::SeqCst);
                let Some((_, bytes)) = all.get(next) else {
                    let good = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    return stream.write_all(good).await.unwrap();
                };
                // It says its piece and keeps the line: that it ends is the house's doing.
                let _ = stream.write_all(bytes).await;
                closed(&mut stream).await;
                dropped.fetch_add(1, Ordering::SeqCst);
            }
        })
        .await
    };
    let house = before(&provider).await;
    let ask = async || {
        let request = house.http().post(house.url("g", "openai/x"));
        request.body("{}").send().await.unwrap()
    };
    for (n, (name, _)) in all.iter().enumerate() {
        let answer = ask().await;
        assert_eq!(answer.status(), 400, "{name}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"][0]["code"], 2005, "{name}: {body}");
        assert!(
            body["description"].as_str().unwrap().contains("broke off"),
            "{body}"
        );
        eventually(
            &format!("the end of the connection of {name}"),
            async || (dropped.load(Ordering::SeqCst) == n + 1).then_some(()),
        )
        .await;
    }
    let answer = ask().await;
    assert_eq!(
        (answer.status().as_u16(), &*answer.text().await.unwrap()),
        (200, "{}")
    );
    assert_eq!(metric(&house, "aig_panics_total").await, 0);
}

/// The caller sees 400 with code 2005 where the case says 502: clients of Cloudflare know "no usable
/// answer" by that.
#[tokio::test]
async fn u_07_garbage_is_no_answer_and_its_connection_is_dropped() {
    garbage_is_no_answer(20).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_u_07_garbage_is_no_answer_and_its_connection_is_dropped() {
    garbage_is_no_answer(20_000).await;
}

/// Answers that are HTTP and lie about their content pass as they are: the caller judges them. No
/// counter falls over them.
#[tokio::test]
async fn u_07_lies_about_the_content_pass_as_they_are() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let html = "<html><body>502 Bad Gateway</body></html>";
    type Lie = (u16, &'static [(&'static str, &'static str)], &'static [u8]);
    let lies: [Lie; 7] = [
        (
            200,
            &[
                ("content-encoding", "gzip"),
                ("content-type", "application/json"),
            ],
            b"{\"a\":1}",
        ),
        (
            200,
            &[("content-encoding", "gzip")],
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\xff\xff\xff",
        ),
        (
            200,
            &[("content-type", "application/json")],
            html.as_bytes(),
        ),
        (502, &[("content-type", "text/html")], html.as_bytes()),
        (
            200,
            &[("content-type", "text/event-stream")],
            b"\xff\xfe\x00data: {{{{\n\n\0\0",
        ),
        (
            200,
            &[("content-type", "application/json")],
            b"{\"usage\":{\"prompt_tokens\":-1e999}}",
        ),
        (999, &[("content-type", "é")], b"\0\x01\x02"),
    ];
    for (n, (status, headers, body)) in lies.into_iter().enumerate() {
        provider.answers(status, headers, body);
        let request = house.http().post(house.url("g", "openai/chat/completions"));
        let answer = request.body(r#"{"model":"m"}"#).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.bytes().await.unwrap(), body, "{n}");
        let rows = house.logged("g", n + 1).await;
        assert_eq!(
            (&rows[0]["outcome"], &rows[0]["tokens_in"]),
            (&json!("complete"), &Value::Null)
        );
    }
    assert_eq!(metric(&house, "aig_panics_total").await, 0);
}

/// A provider that fails whatever it is asked gets its share of retries and no more. A share of
/// twenty in a hundred, and a hundred in ten seconds whatever the share.
async fn retries_keep_to_their_budget(calls: usize) {
    let provider = Provider::start().await;
    provider.always_answers(500, &JSON, "{}");
    let house = house(&provider).await;
    let ask = async || {
        let request = (house.http())
            .post(house.url("g", "openai/x"))
            .header("cf-aig-max-attempts", "5")
            .header("cf-aig-retry-delay", "0");
        request.body("{}").send().await.unwrap().status().as_u16()
    };
    let began = Instant::now();
    let statuses: Vec<u16> = futures_util::stream::iter(0..calls)
        .map(|_| ask())
        .buffer_unordered(16)
        .collect()
        .await;
    // Whoever gets no retry is told what the provider said.
    assert!(statuses.iter().all(|status| *status == 500));
    let windows = 1 + began.elapsed().as_secs() as usize / 10;
    let retries = provider.requests().len() - calls;
    let most = calls / 5 + 100 * (windows + 1);
    assert!(
        retries <= most,
        "{retries} retries of {calls} calls, at most {most}"
    );
    assert!(
        retries >= calls / 5,
        "{retries} retries: hardly any is granted"
    );
    // Others are not made to pay for it.
    let before = provider.requests().len();
    let request = (house.http())
        .post(house.url("g", "anthropic/v1/messages"))
        .header("cf-aig-max-attempts", "2")
        .header("cf-aig-retry-delay", "0");
    request.body("{}").send().await.unwrap();
    assert_eq!(
        provider.requests().len() - before,
        2,
        "another provider's budget"
    );
    // It recovers: at once for those who come first, within ten seconds for their retries.
    provider.answers(200, &JSON, "{}");
    assert_eq!(ask().await, 200);
    let deadline = Instant::now() + Duration::from_secs(12);
    eventually("a retry that is granted again", async || {
        assert!(Instant::now() < deadline, "no retry is granted any more");
        provider.fails(500);
        provider.answers(200, &JSON, "{}");
        let granted = ask().await == 200;
        if !granted {
            // What was said for the retry goes to the next first try.
            assert_eq!(ask().await, 200);
        }
        granted.then_some(())
    })
    .await;
}

#[tokio::test]
async fn u_09_retries_keep_to_their_budget() {
    retries_keep_to_their_budget(800).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_u_09_retries_keep_to_their_budget() {
    retries_keep_to_their_budget(60_000).await;
}
