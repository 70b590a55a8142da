//! What keeping a body costs.

use aig_provider::Providers;
use http_body_util::BodyExt;

use super::*;
use crate::transcript::Room;

/// A payload of which nothing has come yet, kept for other passes.
fn kept() -> Payload {
    let providers = Providers::known();
    let provider = providers.get("openai").expect("openai is known");
    let payload = Payload::whole(Bytes::new(), RequestReader::for_provider(provider));
    {
        let mut inner = payload.lock();
        inner.keep = Keep::UpTo(MAX_KEPT);
        inner.limit = MAX_KEPT;
        inner.length = None;
    }
    payload
}

#[tokio::test]
async fn p_01_small_chunks_are_kept_together_and_in_order() {
    const PIECES: usize = 100_000;
    let payload = kept();
    let mut sent = Vec::new();
    for piece in 0..PIECES {
        // Mostly a byte, sometimes a page.
        let length = if piece % 10_000 == 9_999 { 4096 } else { 1 };
        let data = Bytes::from(vec![b'a' + (piece % 26) as u8; length]);
        sent.extend_from_slice(&data);
        payload
            .lock()
            .receive(data)
            .expect("it is within the limit");
    }
    let again = payload.pass().collect().await.unwrap().to_bytes();
    assert!(again == sent, "a second pass sends the same");
    let chunks = payload.lock().kept.len();
    assert!(chunks <= 40, "{chunks} chunks are held");
}

#[tokio::test]
async fn the_digest_is_that_of_what_the_log_gets() {
    let stream = br#"{"stream":true,"messages":[]}"#;
    let long = format!(r#"{{"messages":["{}"]}}"#, "x".repeat(5_000));
    for (body, asks) in [(&stream[..], false), (long.as_bytes(), true)] {
        let payload = kept();
        payload.capture(Capture::new(&Room::new(1 << 20)));
        if asks {
            payload.ask_usage();
        }
        // The first of its pieces is long, the others are put together.
        let (head, tail) = body.split_at(body.len() / 2);
        for piece in std::iter::once(head).chain(tail.chunks(100)) {
            let piece = Bytes::copy_from_slice(piece);
            payload
                .lock()
                .receive(piece)
                .expect("it is within the limit");
        }
        assert_eq!(payload.gather(MAX_KEPT).await, Ok(true));
        assert_eq!(payload.digest(), None, "nobody has asked for it");
        let (_, digest) = payload.question();
        let (logged, _) = payload.take_capture().expect("it is captured").finish();
        let logged = logged.expect("it is short").pieces().concat();
        assert_eq!(logged, body);
        assert_eq!(payload.digest(), Some(digest));
        assert_eq!(digest, BodyDigest::of(&logged));
    }
}

#[tokio::test]
async fn a_body_that_was_added_to_has_no_digest_of_what_was_sent() {
    let payload = kept();
    payload.ask_usage();
    let body = Bytes::from_static(br#"{"stream":true,"messages":[]}"#);
    payload
        .lock()
        .receive(body)
        .expect("it is within the limit");
    assert_eq!(payload.gather(MAX_KEPT).await, Ok(true));
    assert!(payload.may_have_asked());
    payload.question();
    assert_eq!(payload.digest(), None);
}
