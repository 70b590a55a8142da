//! The headers that a custom provider's requests get, as their owner writes them.
//!
//! They go out as they are said, so nothing may be among them that frames a request, tells where it
//! is for, or is the gateway's own.

use aig_model::{ExtraHeaders, Secret};
use http::header::HeaderName;
use serde_json::{Map, Value};

use crate::error::{Failure, Fault};

/// Headers that are the connection's, or say what only the gateway knows.
const NOT_THEIRS: [&str; 20] = [
    "accept-encoding",
    "cdn-loop",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];
/// The same for whole families.
const NOT_THEIR_FAMILIES: [&str; 3] = ["cf-", "sec-websocket-", "x-forwarded-"];

/// Reads the JSON text of an object of texts.
pub(super) fn read(text: &str) -> Result<ExtraHeaders, Failure> {
    let bad = |what: String| Failure::from(Fault::of_field("headers", format!("headers {what}")));
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| {
        bad("must be the text of a JSON object, such as {\"x-team\":\"research\"}".into())
    })?;
    let mut headers: Vec<(String, Secret<String>)> = Vec::new();
    for (said, value) in members {
        let name = HeaderName::from_bytes(said.as_bytes()).map_err(|_| {
            bad(format!(
                "holds {said:?}, which cannot be the name of a header"
            ))
        })?;
        let name = name.as_str().to_owned();
        let family = |family: &&str| name.starts_with(*family);
        if NOT_THEIRS.contains(&&*name) || NOT_THEIR_FAMILIES.iter().any(family) {
            return Err(bad(format!(
                "holds {name}, which is the gateway's own to set"
            )));
        }
        if headers.iter().any(|(other, _)| *other == name) {
            return Err(bad(format!("holds {name} twice")));
        }
        let Value::String(value) = value else {
            return Err(bad(format!("must have a text for {name}")));
        };
        if !is_sendable(&value) {
            return Err(bad(format!(
                "must have visible ASCII for {name}; values are not shown, so one that was read \
                 as {:?} has to be sent anew, or headers left out",
                super::HIDDEN
            )));
        }
        headers.push((name, Secret::new(value)));
    }
    Ok(ExtraHeaders::new(headers))
}

/// Visible ASCII, with spaces between.
fn is_sendable(value: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    !value.is_empty() && value.trim() == value && value.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_values_stay() {
        let headers = read(r#"{"X-Team":"research","Authorization":"Bearer a b"}"#).unwrap();
        let pairs: Vec<_> = headers.iter().map(|(n, v)| (n, &**v.expose())).collect();
        assert_eq!(
            pairs,
            [("x-team", "research"), ("authorization", "Bearer a b")]
        );
        assert!(read("{}").unwrap().is_empty());
    }

    #[test]
    fn what_frames_a_request_or_is_no_header_is_refused_without_its_value() {
        for text in [
            "",
            "[]",
            "x: y",
            r#"{"x y":"canary"}"#,
            r#"{"x":1}"#,
            r#"{"x":null}"#,
            r#"{"x":""}"#,
            r#"{"x":"canary\r\ny: z"}"#,
            r#"{"x":"…"}"#,
            r#"{"x":" canary"}"#,
            r#"{"x":"a","X":"canary"}"#,
            r#"{"Host":"canary"}"#,
            r#"{"content-length":"1"}"#,
            r#"{"Transfer-Encoding":"chunked"}"#,
            r#"{"cf-aig-authorization":"canary"}"#,
            r#"{"x-forwarded-for":"canary"}"#,
        ] {
            let refused = read(text).unwrap_err();
            assert!(!format!("{refused:?}").contains("canary"), "{text}");
        }
    }
}
