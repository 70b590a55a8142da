//! What keeping a body costs.

use aig_provider::Providers;
use http_body_util::BodyExt;

use super::*;

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
