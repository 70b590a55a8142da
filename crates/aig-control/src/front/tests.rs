//! The order at the door, and what nobody gets past it with.

mod headers;

use std::pin::Pin;
use std::task::{Context, Poll};

use aig_model::{GatewayId, Permission, Permissions};
use http::StatusCode;
use http::header::CONNECTION;
use http_body::Frame;

use super::*;
use crate::testing::{Answer, Rig, gateways, only, record, request};

const METHODS: [Method; 8] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
];

/// A body that every operation takes that takes one, but for those on tokens.
const BODY: &str = r#"{"id":"made","provider_slug":"openai","alias":"made","secret":"k","name":"made",
    "slug":"made","base_url":"https://a.example","account_provider_id":"PROVIDER","model":"m",
    "cost_in":1}"#;

/// A body that the operation takes, if it takes one.
fn body(operation: Operation, account: &str) -> String {
    match operation {
        Operation::CreateToken => {
            let writer = "61696720617069207065726d20746b77";
            let resource = format!("com.cloudflare.api.account.{account}");
            serde_json::json!({"name": "made", "policies": [{
                "effect": "allow",
                "permission_groups": [{"id": writer}],
                "resources": {resource: "*"},
            }]})
            .to_string()
        }
        Operation::UpdateToken | Operation::RollToken => "{}".to_owned(),
        _ => BODY.to_owned(),
    }
}

/// The path of an operation.
fn path(operation: Operation, account: &str, gateway: &str) -> String {
    let path = operation
        .path()
        .replace("{account_id}", account)
        .replace("{gateway_id}", gateway)
        .replace("{id}", "00000000-0000-7000-8000-000000000001")
        .replace("{provider}", "openai")
        .replace("{provider_config_id}", "absent")
        .replace("{custom_provider_id}", "absent")
        .replace("{custom_provider_cost_id}", "absent")
        .replace("{token_id}", "absent");
    assert!(
        !path.contains('{'),
        "{path}: a variable that this test does not know"
    );
    format!("{BASE_PATH}{path}")
}

async fn run(rig: &Rig, token: &str, operation: Operation, account: &str) -> Answer {
    let path = path(operation, account, "default");
    let snapshot = Arc::clone(&rig.store.snapshots().borrow());
    let id = account.parse().ok();
    let own = id.and_then(|account| snapshot.custom_providers(account));
    let own = own.and_then(|own| own.iter().next());
    let provider = own.map_or(String::new(), |own| own.provider.id.0.to_string());
    let body = body(operation, account).replace("PROVIDER", &provider);
    rig.call(token, operation.method(), &path, body).await
}

#[tokio::test]
async fn without_a_good_token_every_request_gets_the_same_answer() {
    let mut rig = Rig::new().await;
    let (account, good) = rig.tenant().await;
    let digits = good.strip_prefix("Bearer ").unwrap();
    let bad = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer wrong".into(),
        digits.to_owned(),
        format!("Basic {digits}"),
        format!("Token {digits}"),
        format!("Bearer {digits}x"),
        format!("Bearer Bearer {digits}"),
        format!("Bearer {}", "a".repeat(20_000)),
    ];
    let expected = rig.call("", Method::GET, "/client/v4/x", "").await;
    assert_eq!(
        (expected.status, expected.code()),
        (StatusCode::UNAUTHORIZED, 10_000)
    );
    assert_eq!(expected.headers["www-authenticate"], "Bearer");
    assert!(expected.is_enveloped());
    let account = account.to_string();
    let mut paths: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| path(*operation, &account, "default"))
        .collect();
    paths.extend(["/client/v4", "/client/v4/", "/client/v4/nothing", "/x"].map(String::from));
    for credential in &bad {
        for path in &paths {
            for method in &METHODS {
                let answer = rig.call(credential, method.clone(), path, "{").await;
                assert_eq!(answer, expected, "{method} {path} {credential:.20}");
            }
        }
    }
}

#[tokio::test]
async fn two_credentials_are_none() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let mut twice = request(&token, Method::GET, &gateways(account), "");
    twice
        .headers_mut()
        .append(AUTHORIZATION, token.parse().unwrap());
    assert_eq!(rig.send(twice).await.status, StatusCode::UNAUTHORIZED);
    let lower = token.replace("Bearer", "bearer");
    let answer = rig.call(&lower, Method::GET, &gateways(account), "").await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "the scheme's letter case is nothing"
    );
}

#[tokio::test]
async fn a_revoked_token_is_none_from_then_on() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let known = rig.store.instance().list_tokens(account).await.unwrap();
    let before = rig.call(&token, Method::GET, &gateways(account), "").await;
    rig.store
        .instance()
        .revoke_token(known[0].id)
        .await
        .unwrap();
    let after = rig.call(&token, Method::GET, &gateways(account), "").await;
    assert_eq!(
        (before.status, after.status),
        (StatusCode::OK, StatusCode::UNAUTHORIZED)
    );
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_told_apart() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = gateways(account);
    for path in [
        "/client/v4".to_owned(),
        "/client/v4/accounts".to_owned(),
        format!("{list}/"),
        format!("/{list}"),
        format!("{list}/default/logs/x/y"),
        list.replace("/client/v4", ""),
        list.replace("/client/v4", "/client/v4x"),
    ] {
        let answer = rig.call(&token, Method::GET, &path, "").await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, 7000),
            "{path}"
        );
        assert!(answer.is_enveloped());
    }
    for (path, allowed) in [
        (list.clone(), "GET, POST"),
        (format!("{list}/default"), "GET, PUT, DELETE"),
        (format!("{list}/default/logs"), "GET, DELETE"),
    ] {
        for method in METHODS {
            if allowed
                .split(", ")
                .any(|allowed| allowed == method.as_str())
            {
                continue;
            }
            let answer = rig.call(&token, method.clone(), &path, "").await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert_eq!(answer.code(), 7005);
            assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
            assert!(answer.is_enveloped());
        }
    }
}

#[tokio::test]
async fn a_foreign_account_is_like_an_absent_one_byte_for_byte() {
    let mut rig = Rig::new().await;
    let (ours, token) = rig.tenant().await;
    let (theirs, their_token) = rig.tenant().await;
    rig.call(
        &their_token,
        Method::POST,
        &gateways(theirs),
        r#"{"id":"secret"}"#,
    )
    .await;
    let path_to_absent = format!("{}/absent", gateways(ours));
    let absent_gateway = rig.call(&token, Method::GET, &path_to_absent, "").await;
    assert_eq!(
        (absent_gateway.status, absent_gateway.code()),
        (StatusCode::NOT_FOUND, 7002)
    );
    let upper = ours.to_string().to_ascii_uppercase();
    let spaced = format!("%20{ours}");
    let in_accounts = Operation::ALL.iter().copied();
    for operation in in_accounts.filter(|o| o.path().contains("{account_id}")) {
        for account in [
            theirs.to_string().as_str(),
            &"0".repeat(32),
            "x",
            &upper,
            &spaced,
        ] {
            let answer = run(&rig, &token, operation, account).await;
            if account == upper && upper == ours.to_string() {
                continue;
            }
            assert_eq!(answer, absent_gateway, "{} {account}", operation.id());
        }
        if operation.path().contains("{gateway_id}") {
            let path = path(operation, &ours.to_string(), "secret");
            let answer = rig.call(&token, operation.method(), &path, BODY).await;
            assert_eq!(
                answer,
                absent_gateway,
                "a foreign gateway: {}",
                operation.id()
            );
        }
    }
}

#[tokio::test]
async fn each_operation_takes_exactly_its_permission() {
    let mut rig = Rig::new().await;
    let account = rig.account().await;
    for permission in Permission::ALL {
        let token = rig.token(account, only(permission)).await;
        for operation in Operation::ALL.iter().copied() {
            let journal = rig.store.journal();
            let body = || aig_model::Body::try_from(Bytes::from_static(b"{}")).ok();
            let transcript = aig_model::Transcript {
                request: body(),
                response: body(),
            };
            let row = record(account, &GatewayId::default_gateway(), 1);
            journal.offer((row, transcript));
            journal.flush().await;
            let answer = run(&rig, &token, operation, &account.to_string()).await;
            let opens = match permissions::needed(operation) {
                Needed::Permission(needed) => needed == permission,
                Needed::Membership | Needed::Token => true,
            };
            let expected = if opens {
                let absent = ["{provider_config_id}", "{token_id}", "{custom_provider"];
                match absent.iter().any(|id| operation.path().contains(id)) {
                    true => (StatusCode::NOT_FOUND, Some(7_002)),
                    false => (StatusCode::OK, None),
                }
            } else {
                (StatusCode::FORBIDDEN, Some(10_000))
            };
            let code = (!answer.status.is_success()).then(|| answer.code());
            assert_eq!(
                (answer.status, code),
                expected,
                "{permission} {}",
                operation.id()
            );
            let is_bare =
                operation == Operation::DeleteAiGatewayLogs || crate::logs::is_framed(operation);
            assert!(answer.is_enveloped() || answer.status.is_success() && is_bare);
        }
    }
    let none = rig.token(account, Permissions::default()).await;
    let answer = run(&rig, &none, Operation::ListAiGateways, &account.to_string()).await;
    assert_eq!(
        answer.message(),
        "the token does not have the read permission"
    );
}

/// A body that gives pieces for ever and counts them.
struct Endless<'a>(&'a mut usize);

impl Body for Endless<'_> {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        *self.0 += 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 1 << 10])))))
    }
}

/// A body that never comes.
struct Silent;

impl Body for Silent {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_as_early_as_it_is_known() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let (head, _) = request(&token, Method::POST, &gateways(account), "").into_parts();

    let mut announced = Request::from_parts(head.clone(), Silent);
    let length = (1 << 20) + 1;
    announced
        .headers_mut()
        .insert(CONTENT_LENGTH, length.into());
    let answer = rig.control.call(announced).await;
    assert_eq!(
        answer.status(),
        StatusCode::PAYLOAD_TOO_LARGE,
        "not a byte was read"
    );
    assert_eq!(answer.headers()[CONNECTION], "close");

    let mut pieces = 0;
    let counted = Request::from_parts(head, Endless(&mut pieces));
    let answer = rig.control.call(counted).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(pieces, 1_025, "one piece more than is allowed");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        body["errors"][0]["message"],
        "the body must be at most 1048576 bytes long"
    );
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let text = r#"{"id":"x"}"#;
    let body = text.to_owned() + &" ".repeat((1 << 20) - text.len());
    let answer = rig
        .call(&token, Method::POST, &gateways(account), body)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let config = ControlConfig {
        body_timeout: Duration::from_millis(1),
        ..ControlConfig::default()
    };
    let mut rig = Rig::with(|| Timestamp::from_millis(0), config).await;
    let (account, token) = rig.tenant().await;
    let (head, _) = request(&token, Method::POST, &gateways(account), "").into_parts();
    let answer = rig.control.call(Request::from_parts(head, Silent)).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn a_handler_that_panics_answers_500_and_the_next_one_works() {
    // The front asks the clock, then the door behind it, then the handler.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let clock = move || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        2 => panic!("planted"),
        _ => Timestamp::from_millis(0),
    };
    let mut rig = Rig::with(clock, ControlConfig::default()).await;
    let (account, token) = rig.tenant().await;
    let path = gateways(account);
    let answer = rig.call(&token, Method::POST, &path, r#"{"id":"x"}"#).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::INTERNAL_SERVER_ERROR, 7009)
    );
    assert!(answer.is_enveloped());
    assert!(!answer.message().contains("planted"));
    let next = rig.call(&token, Method::GET, &path, "").await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_reached_past_the_front() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let known = rig.store.instance().list_tokens(account).await.unwrap();
    let path = gateways(account).replace(BASE_PATH, "");
    let target = format!("http://{}{path}", rig.control.inside.address());
    assert!(rig.control.inside.address().ip().is_loopback());
    let secret = rig.control.inside.secret().to_str().unwrap().to_owned();
    let almost = secret[1..].to_owned();
    for (sent, expected) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(""), StatusCode::UNAUTHORIZED),
        (Some(almost.as_str()), StatusCode::UNAUTHORIZED),
        (Some(secret.as_str()), StatusCode::OK),
    ] {
        let mut request = request(&token, Method::GET, &target, "");
        let id = known[0].id.to_string().parse().unwrap();
        request.headers_mut().insert(TOKEN, id);
        if let Some(sent) = sent {
            request.headers_mut().insert(SECRET, sent.parse().unwrap());
        }
        let answer = rig.control.client.request(request).await.unwrap();
        assert_eq!(answer.status(), expected, "{sent:?}");
    }
}

#[tokio::test]
async fn answers_say_which_operation_was_asked_for() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    let list = request(&token, Method::GET, &gateways(account), "");
    let answer = rig.control.call(list).await;
    let asked = answer.extensions().get::<Asked>().copied();
    assert_eq!(asked, Some(Asked(Operation::ListAiGateways)));
    let nothing = request(&token, Method::GET, "/client/v4/x", "");
    let answer = rig.control.call(nothing).await;
    assert_eq!(answer.extensions().get::<Asked>(), None);
}

#[tokio::test]
async fn closing_ends_what_listens_behind_the_front() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    rig.call(&token, Method::GET, &gateways(account), "").await;
    let address = rig.control.inside.address();
    rig.control.close().await;
    assert!(std::net::TcpStream::connect(address).is_err());
}
