//! What is taken out of the body of a run, and what is refused.

use super::*;

fn read_text(body: &str) -> Result<(String, String), BadRun> {
    let sent = read(&Bytes::copy_from_slice(body.as_bytes()))?;
    Ok((sent.tail, String::from_utf8(sent.body.to_vec()).unwrap()))
}

#[test]
fn the_input_goes_on_as_it_was_written() {
    let input = r#"{ "prompt" :"a\u0041", "n": 1.0, "seed":12345678901234567890 ,"prompt":2}"#;
    for body in [
        format!(r#"{{"model":"@cf/meta/llama","input": {input} }}"#),
        format!(r#"{{"input":{input},"x":1,"model":"workers-ai\/@cf/meta/llama","options":null}}"#),
        format!(r#"{{"model":"@cf/meta/llama","input":{input},"options":{{"background":false}}}}"#),
    ] {
        let expected = ("run/@cf/meta/llama".to_owned(), input.to_owned());
        assert_eq!(read_text(&body), Ok(expected), "{body}");
    }
    let (tail, body) = read_text(r#"{"model":"@hf/a/b","input":"text"}"#).unwrap();
    assert_eq!((&*tail, &*body), ("run/@hf/a/b", "\"text\""));
}

#[test]
fn what_is_no_run_is_refused() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"model":"@cf/a/b"}"#,
        r#"{"input":{}}"#,
        r#"{"model":1,"input":{}}"#,
        r#"{"model":"@cf/a/b","model":"@cf/a/c","input":{}}"#,
        r#"{"model":"@cf/a/b","input":{},"input":{}}"#,
        r#"{"model":"@cf/a/b","input":{}} x"#,
        r#"{"model":"@cf/a/b","input":{},"options":[]}"#,
    ] {
        let refused = read_text(body);
        assert!(
            matches!(refused, Err(BadRun::Body(_))),
            "{body}: {refused:?}"
        );
    }
    for name in [
        "openai/gpt-5",
        "gpt-5",
        "",
        "@cf/",
        "cf/a/b",
        "@cfx/a",
        "workers-ai/x",
    ] {
        let body = format!(r#"{{"model":"{name}","input":{{}}}}"#);
        assert!(matches!(read_text(&body), Err(BadRun::Model(_))), "{name}");
    }
}

#[test]
fn what_is_asked_for_and_not_done_is_refused() {
    for (options, name) in [
        (r#"{"background":true}"#, "background"),
        (
            r#"{"background":false,"webhookUrl":"https://x.example"}"#,
            "webhookUrl",
        ),
        (r#"{"webhookFormat":"raw"}"#, "webhookFormat"),
    ] {
        let body = format!(r#"{{"model":"@cf/a/b","input":{{}},"options":{options}}}"#);
        assert_eq!(read_text(&body), Err(BadRun::Option(name.into())));
    }
}
