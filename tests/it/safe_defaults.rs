//! What is open to whom when nobody has set anything, and to pages in browsers.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};

use aig_testkit::{House, PATIENCE, eventually};
use serde_json::{Value, json};

use crate::process::{Served, TOKEN, aig, http};

/// A started command whose first start is told on its output.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a process listens, by the tables of the kernel.
fn listening(process: &Child) -> Vec<String> {
    let table = |name: &str| {
        let path = format!("/proc/{}/net/{name}", process.id());
        std::fs::read_to_string(path).unwrap_or_default()
    };
    let descriptors = format!("/proc/{}/fd", process.id());
    let sockets: Vec<_> = std::fs::read_dir(descriptors)
        .into_iter()
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|link| link.display().to_string())
        .collect();
    let (four, six) = (table("tcp"), table("tcp6"));
    four.lines()
        .chain(six.lines())
        .filter_map(|line| {
            let cells: Vec<_> = line.split_whitespace().collect();
            let listens = cells.get(3) == Some(&"0A");
            let own = sockets.contains(&format!("socket:[{}]", cells.get(9)?));
            (listens && own).then(|| cells[1].to_owned())
        })
        .collect()
}

/// What a first start with nothing but a directory of its own prints.
async fn first_token(directory: &Path, more: &[&str]) -> (Started, String) {
    use std::io::{BufRead, BufReader};
    let path = directory.display().to_string();
    let words = [&["serve", "--data-dir", &path][..], more].concat();
    let mut child = aig(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let started = Started(child);
    let reading = tokio::task::spawn_blocking(move || {
        let mut lines = out.lines().map_while(Result::ok);
        lines.find_map(|line| {
            let token = line.trim().strip_prefix("export AIG_API_TOKEN=")?;
            Some(token.to_owned())
        })
    });
    let token = tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap()
        .unwrap();
    (started, token.expect("a first start tells a token"))
}

/// By default nothing listens but on this machine's own address, and no token is known beforehand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_11_by_default_only_this_machine_is_answered_and_no_token_is_known() {
    let one = tempfile::tempdir().unwrap();
    let said = aig(&["serve", "--help"]).output().unwrap();
    let help = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(help.contains("[default: 127.0.0.1:8787]"), "{help}");

    // Without a word of where to listen, where the port of the default is free; it is the address
    // that counts here.
    let free = TcpListener::bind("127.0.0.1:8787").is_ok();
    let more: &[&str] = if free {
        &[]
    } else {
        &["--listen", "127.0.0.1:0"]
    };
    let (first, token) = first_token(one.path(), more).await;
    let sockets = eventually("a listener", async || {
        let sockets = listening(&first.0);
        (!sockets.is_empty()).then_some(sockets)
    })
    .await;
    for socket in &sockets {
        assert!(socket.starts_with("0100007F:"), "{sockets:?}");
    }
    drop(first);
    let other = tempfile::tempdir().unwrap();
    let (_second, another) = first_token(other.path(), &["--listen", "127.0.0.1:0"]).await;
    assert_ne!(token, another);
    assert!(token.len() > 40, "{token}");
}

/// With a listener of its own for the control plane, nothing of it is on the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_11_the_data_socket_has_neither_control_plane_nor_metrics() {
    let directory = tempfile::tempdir().unwrap();
    let apart = ["--control-listen", "127.0.0.1:0"];
    let served = Served::start(directory.path(), &apart).await;
    for path in [
        "/metrics",
        "/openapi.json",
        "/debug",
        "/debug/pprof/",
        "/admin",
    ] {
        let url = format!("http://{}{path}", served.address());
        let answer = http().get(url).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    let listed = http().get(served.gateways("")).bearer_auth(TOKEN);
    assert_eq!(listed.send().await.unwrap().status(), 404);
    assert_eq!(
        listening(&served.process).len(),
        3,
        "data, control, and dropshot's inside"
    );
}

/// A page in a browser has nothing that the control plane would take for a caller's: no cookie, no
/// login of the browser's own; and what it may send unasked is refused for its type.
#[tokio::test]
async fn h_19_a_page_in_a_browser_gets_and_changes_nothing() {
    let house = House::start().await;
    let (list, token) = (house.gateways_url(""), house.token());
    let origin = ("origin", "https://evil.example");
    let basic = "Basic dXNlcjpwYXNz".to_owned();
    let cookie = format!("token={token}; authorization=Bearer {token}; session=1");
    for (name, value) in [("cookie", cookie), ("authorization", basic)] {
        let sent = house
            .http()
            .post(&list)
            .header(name, value)
            .header(origin.0, origin.1);
        let answer = sent.json(&json!({"id": "forged"})).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{name}");
        assert!(answer.headers().get("set-cookie").is_none());
    }
    let url = format!("{list}?token={token}&access_token={token}");
    let answer = house.http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 401, "nor does a link carry a token");

    // The types that a form, or a script without asking first, can send; even with a token.
    let body = json!({"id": "forged"}).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        for method in ["POST", "PUT"] {
            let path = if method == "POST" { "" } else { "/default" };
            let sent = house
                .http()
                .request(method.parse().unwrap(), house.gateways_url(path))
                .bearer_auth(token)
                .header("content-type", kind)
                .header(origin.0, origin.1)
                .body(body.clone());
            let answer = sent.send().await.unwrap();
            assert_eq!(answer.status(), 415, "{method} {kind}");
            let said: Value = answer.json().await.unwrap();
            assert_eq!(said["errors"][0]["code"], 7001, "{said}");
        }
    }

    // Asked first, it does not say that a page may; nor does any other answer.
    let asked = house
        .http()
        .request(http::Method::OPTIONS, &list)
        .header(origin.0, origin.1)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization, content-type",
        );
    let answers = [
        asked.send().await.unwrap(),
        house
            .http()
            .get(&list)
            .bearer_auth(token)
            .header(origin.0, origin.1)
            .send()
            .await
            .unwrap(),
    ];
    for answer in answers {
        let allowed = answer.headers().keys();
        let allowed: Vec<_> = allowed
            .filter(|n| n.as_str().starts_with("access-control"))
            .collect();
        assert!(allowed.is_empty(), "{allowed:?}");
    }
    let there = house
        .http()
        .get(format!("{list}/forged"))
        .bearer_auth(token);
    assert_eq!(there.send().await.unwrap().status(), 404);
}
