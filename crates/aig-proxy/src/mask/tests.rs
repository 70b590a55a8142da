//! However a body is cut, the key is not in what comes out, and all else is.

use std::convert::Infallible;

use http_body_util::{BodyExt, StreamBody};

use super::*;

const KEY: &str = "sk-sk-canary-0123";

fn key() -> Key {
    Key::of(&Arc::new(Secret::new(KEY.to_owned()))).unwrap()
}

async fn passed(chunks: Vec<Vec<u8>>, key: Option<Key>) -> Vec<u8> {
    let frames = chunks
        .into_iter()
        .map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::from(chunk))));
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let collected = Masked::new(body, key).collect().await.unwrap();
    collected.to_bytes().to_vec()
}

#[tokio::test]
async fn s_09_a_key_is_masked_wherever_the_body_is_cut() {
    let text = format!("{{\"error\":\"bad key {KEY} (sk-{KEY}), see sk-sk-can\"}} {KEY}sk-sk");
    let expected = text.replace(KEY, &"*".repeat(KEY.len()));
    for size in 1..text.len() + 1 {
        let chunks = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        let came = passed(chunks, Some(key())).await;
        assert_eq!(String::from_utf8(came).unwrap(), expected, "cut by {size}");
    }
    let chunks = vec![text.clone().into_bytes()];
    assert_eq!(passed(chunks, None).await, text.into_bytes());
}

#[tokio::test]
async fn what_cannot_begin_a_key_does_not_wait() {
    let mut body = Masked::new(
        http_body_util::Full::new(Bytes::from("data: s\n\n")),
        Some(key()),
    );
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: s\n\n");
    assert!(body.is_end_stream());
    assert!(Key::of(&Arc::new(Secret::new("short".to_owned()))).is_none());
}

#[test]
fn headers_are_masked_too() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-refused",
        HeaderValue::from_str(&format!("key={KEY};")).unwrap(),
    );
    headers.insert("x-other", HeaderValue::from_static("sk-sk-canary"));
    key().mask_headers(&mut headers);
    assert_eq!(
        headers["x-refused"],
        format!("key={};", "*".repeat(KEY.len()))
    );
    assert_eq!(headers["x-other"], "sk-sk-canary");
}
