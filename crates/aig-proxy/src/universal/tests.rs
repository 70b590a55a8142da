//! What is a step, and how faults in one are named.

use std::time::Duration;

use super::*;

fn good(body: &str) -> Vec<Sent> {
    read(&Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn fault(body: &str) -> String {
    read(&Bytes::copy_from_slice(body.as_bytes()))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_steps_body_goes_on_as_it_was_written() {
    let query = r#"{ "n": 1.0, "big": 12345678901234567890123, "s": "\u00e9\/" }"#;
    let body = format!(
        r#" [{{"provider":"openai","endpoint":"/chat/completions?x=%20","headers":{{}},"query":{query}}}]"#
    );
    let steps = good(&body);
    assert_eq!(steps[0].body, query);
    assert_eq!(
        (&*steps[0].endpoint, steps[0].query.as_deref()),
        ("chat/completions", Some("x=%20"))
    );
    assert_eq!(steps[0].headers["content-type"], "application/json");
}

#[test]
fn a_single_object_is_a_single_step() {
    let steps = good(r#"{"provider":"openai","endpoint":"models"}"#);
    assert_eq!((steps.len(), steps[0].body.len()), (1, 0));
}

#[test]
fn config_and_authorization_are_read() {
    let steps = good(
        r#"[{"provider":"a","endpoint":"x","headers":{"Authorization":"one","X-N":7},
            "authorization":"two","config":{"requestTimeout":500,"maxAttempts":9},"query":1},
           {"provider":"b","endpoint":"y","headers":null,"authorization":"three","query":null}]"#,
    );
    assert_eq!(steps[0].headers["authorization"], "one");
    assert_eq!(steps[0].headers["x-n"], "7");
    assert_eq!(steps[0].config.timeout(), Some(Duration::from_millis(500)));
    assert_eq!(steps[0].config.retry().max_attempts(), 5);
    assert_eq!(steps[1].headers["authorization"], "three");
}

#[test]
fn h_13_json_headers_cannot_break_the_frame() {
    for (headers, place) in [
        (r#"{"x":"a\r\nhost: b"}"#, "[0].headers.x"),
        (r#"{"x":"a\u0000"}"#, "[0].headers.x"),
        (r#"{"x y":"a"}"#, "[0].headers.x y"),
        (r#"{"x:":"a"}"#, "[0].headers.x:"),
        (r#"{"":"a"}"#, "[0].headers."),
        (r#"{"Host":"a"}"#, "[0].headers.Host"),
        (r#"{"content-length":"1"}"#, "[0].headers.content-length"),
        (
            r#"{"Transfer-Encoding":"chunked"}"#,
            "[0].headers.Transfer-Encoding",
        ),
        (r#"{"connection":"x-api-key"}"#, "[0].headers.connection"),
        (r#"{"x":["a"]}"#, "[0].headers.x"),
    ] {
        let body =
            format!(r#"[{{"provider":"p","endpoint":"e","headers":{headers},"query":{{}}}}]"#);
        let fault = fault(&body);
        assert!(
            fault.starts_with(&format!("{place}: ")),
            "{headers}: {fault}"
        );
    }
}

#[test]
fn faults_name_their_step() {
    assert!(fault("").starts_with("line 1"));
    assert!(fault("[]").contains("1 to 100 steps"));
    assert!(fault("[1]").starts_with("[0]: "));
    let second = fault(r#"[{"provider":"p","endpoint":"e"},{"provider":"p"}]"#);
    assert!(
        second.starts_with("[1]: missing field `endpoint`"),
        "{second}"
    );
    let twice = fault(r#"[{"provider":"p","provider":"q","endpoint":"e"}]"#);
    assert!(twice.contains("duplicate field"), "{twice}");
    let deep = format!(
        "[{{\"provider\":\"p\",\"endpoint\":\"e\",\"config\":{}1{}}}]",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(fault(&deep).contains("recursion limit"));
}
