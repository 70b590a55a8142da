//! Refusals are errors to the readers of their own dialects.

use super::*;
use crate::ResponseReader;

#[test]
fn every_endpoint_reads_its_own_refusals_as_errors() {
    for endpoint in [
        Endpoint::Chat,
        Endpoint::Responses,
        Endpoint::Embeddings,
        Endpoint::Messages,
    ] {
        for status in [400, 401, 403, 404, 429, 500, 503, 529] {
            let body = Value::Object(endpoint.refusal(status, 2005, "say \"it\"\n"));
            assert_eq!(body["error"]["message"], "say \"it\"\n");
            let mut reader = ResponseReader::new(endpoint.wire(), Some("application/json"));
            reader.feed(body.to_string().as_bytes());
            assert!(reader.reading().error_event, "{body}");
        }
    }
}

#[test]
fn the_type_says_what_a_client_may_do_about_it() {
    let chat = Endpoint::Chat.refusal(429, 2003, "x");
    assert_eq!(
        chat["error"],
        json!({"message": "x", "type": "rate_limit_error", "param": null, "code": "2003"})
    );
    assert!(!chat.contains_key("type"));
    let messages = Endpoint::Messages.refusal(413, 7001, "x");
    assert_eq!(messages["type"], "error");
    assert_eq!(
        messages["error"],
        json!({"type": "request_too_large", "message": "x"})
    );
}
