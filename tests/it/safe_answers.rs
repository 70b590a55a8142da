//! Answers of a provider that does not keep to the protocol: one answer for one request, and a
//! connection on which anything was doubtful is never used again.

use aig_testkit::{House, Provider};
use serde_json::json;

use Verdict::{Broken, Unanswered, Whole};

/// What the caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// An answer with this body.
    Whole(&'static str),
    /// An answer that breaks off.
    Broken,
    /// The gateway's own answer that there was none.
    Unanswered,
}

async fn house(provider: &Provider) -> House {
    let house = House::with(provider).await;
    house.gateway("g", json!({})).await;
    house
}

async fn ask(house: &House) -> Verdict {
    // The pool hands connections out again only to callers like the one before.
    let request = house.http().post(house.url("g", "openai/x")).body("{}");
    // An answer that breaks off may do so before its head is out.
    let Ok(answer) = request.send().await else {
        return Broken;
    };
    let status = answer.status().as_u16();
    match (status, answer.text().await) {
        (200 | 204, Ok(text)) => Whole(text.leak()),
        (200, Err(_)) => Broken,
        (400, Ok(text)) if text.contains("\"code\":2005") => Unanswered,
        other => panic!("{other:?}"),
    }
}

/// What is sent on one connection, as it was meant and as it is taken.
#[tokio::test]
async fn h_06_a_doubtful_answer_ends_its_connection() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let second = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    let rows = [
        // A chunked body has no other length, and this one is not trusted with another request.
        (
            format!(
                "{ok}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            ),
            Whole("abc"),
        ),
        (
            format!(
                "{ok}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            ),
            Whole("abc"),
        ),
        (
            format!("{ok}content-length: 3\r\ncontent-length: 6\r\n\r\nabcdef"),
            Unanswered,
        ),
        (format!("{ok}content-length: -3\r\n\r\nabc"), Unanswered),
        (format!("{ok}content-length: 3x\r\n\r\nabc"), Unanswered),
        (format!("{ok}content-length: 3\r\n\r\nabcdef"), Whole("abc")),
        (
            format!("{ok}content-length: 3\r\n\r\nabc{second}"),
            Whole("abc"),
        ),
        (
            format!("{ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n{second}"),
            Whole("abc"),
        ),
        (
            format!("HTTP/1.1 204 No Content\r\n\r\n{second}"),
            Whole(""),
        ),
        (
            format!("{ok}transfer-encoding: chunked\r\n\r\n3\r\nabcdef"),
            Broken,
        ),
        (
            format!("{ok}transfer-encoding: chunked\r\n\r\n10000000000000000\r\nabc"),
            Broken,
        ),
        (
            format!("{ok}transfer-encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n"),
            Broken,
        ),
        (
            format!("garbage\r\n{ok}content-length: 3\r\n\r\nabc"),
            Unanswered,
        ),
        (
            "HTTP/9.9 200 OK\r\ncontent-length: 3\r\n\r\nabc".to_owned(),
            Unanswered,
        ),
        (
            "HTTP/1.1 99 Low\r\ncontent-length: 3\r\n\r\nabc".to_owned(),
            Unanswered,
        ),
        (
            "HTTP/1.1 1000 High\r\ncontent-length: 3\r\n\r\nabc".to_owned(),
            Unanswered,
        ),
        (
            format!("{ok}x: a\0b\r\ncontent-length: 3\r\n\r\nabc"),
            Unanswered,
        ),
        (
            format!("{ok}x : a\r\ncontent-length: 3\r\n\r\nabc"),
            Unanswered,
        ),
        (
            format!("{interim}{ok}content-length: 3\r\n\r\nabc{second}"),
            Whole("abc"),
        ),
    ];
    for (bytes, verdict) in rows {
        let shown: String = bytes
            .chars()
            .rev()
            .take(120)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let provider = Provider::start().await;
        let house = house(&provider).await;
        provider.answers_in_parts([bytes]).release_all();
        assert_eq!(ask(&house).await, verdict, "{shown:?}");
        provider.always_answers(200, &[], "clean");
        assert_eq!(ask(&house).await, Whole("clean"), "behind {shown:?}");
        let used: Vec<_> = provider.requests().iter().map(|r| r.connection).collect();
        assert_eq!(
            used,
            [0, 1],
            "the connection was used again after {shown:?}"
        );
    }
}

/// The row that shows that a connection in order is used again, or the table above says nothing.
#[tokio::test]
async fn h_06_an_answer_in_order_keeps_its_connection() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
    provider.answers_in_parts([answer]).release_all();
    assert_eq!(ask(&house).await, Whole("abc"));
    provider.answers(200, &[], "clean");
    assert_eq!(ask(&house).await, Whole("clean"));
    assert_eq!(provider.connections(), 1);
}

/// An answer that nobody asked for, while nobody asks, is nobody's.
#[tokio::test]
async fn h_06_an_answer_before_its_question_is_dropped() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let first = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
    let second = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    let gate = provider.answers_in_parts([first, second]);
    gate.release_one();
    assert_eq!(ask(&house).await, Whole("abc"));
    gate.release_one();
    provider.hung_up(1).await;
    provider.answers(200, &[], "clean");
    assert_eq!(ask(&house).await, Whole("clean"));
}

/// Interim answers without an end are no answer; the time to the first byte ends them.
#[tokio::test]
async fn h_06_interim_answers_have_an_end() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000);
    let _stays = provider.answers_in_parts([interim, String::new()]);
    _stays.release_one();
    provider.answers(200, &[], "clean");
    let request = house.http().post(house.url("g", "openai/x")).body("{}");
    let request = request.header("cf-aig-request-timeout", "300");
    let answer = request
        .header("cf-aig-max-attempts", "2")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "clean");
    provider.disconnected().await;
}
