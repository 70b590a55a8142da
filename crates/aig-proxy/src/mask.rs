//! Takes a stored key out of what a provider says of it: some repeat the key that they refuse, and
//! the caller, whose key it is not, must not read it there, nor may a log.
//!
//! Every byte of the key becomes an asterisk, so that lengths stay what they were said to be. Bytes
//! wait only while they could be the beginning of the key.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aig_model::Secret;
use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};

/// A provider's body, without a key that may stand in it.
pub(crate) struct Masked<B> {
    body: B,
    key: Option<Key>,
    /// The end of what came, while it could be the beginning of the key.
    held: BytesMut,
    /// What comes after that was let go.
    next: Option<Frame<Bytes>>,
    over: bool,
}

/// A key that is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Key(Arc<Secret<String>>);

/// Shorter keys are not looked for: they stand in other words by chance.
const SHORTEST: usize = 8;
const ASTERISK: u8 = b'*';

// === impl Key ===

impl Key {
    /// The key, if it can be told from other words.
    pub(crate) fn of(secret: &Arc<Secret<String>>) -> Option<Self> {
        (secret.expose().len() >= SHORTEST).then(|| Self(Arc::clone(secret)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }

    /// Overwrites every occurrence; says whether there was one.
    fn mask(&self, text: &mut [u8]) -> bool {
        let key = self.bytes();
        let mut from = 0;
        let mut found = false;
        while let Some(at) = text[from..].windows(key.len()).position(|run| run == key) {
            let begin = from + at;
            from = begin + key.len();
            text[begin..from].fill(ASTERISK);
            found = true;
        }
        found
    }

    /// How many bytes at the end could be the beginning of the key.
    fn begun(&self, text: &[u8]) -> usize {
        let key = self.bytes();
        let most = text.len().min(key.len() - 1);
        let begun = (1..=most)
            .rev()
            .find(|count| text.ends_with(&key[..*count]));
        begun.unwrap_or(0)
    }

    /// Takes the key out of headers.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let mut text = value.as_bytes().to_vec();
            if self.mask(&mut text)
                && let Ok(masked) = HeaderValue::from_bytes(&text)
            {
                *value = masked;
            }
        }
    }
}

// === impl Masked ===

impl<B> Masked<B> {
    /// Without a key the body passes as it is.
    pub(crate) fn new(body: B, key: Option<Key>) -> Self {
        Self {
            body,
            key,
            held: BytesMut::new(),
            next: None,
            over: false,
        }
    }
}

impl<B> Body for Masked<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        let Some(key) = &this.key else {
            return Pin::new(&mut this.body).poll_frame(cx);
        };
        loop {
            if let Some(frame) = this.next.take() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if this.over {
                return Poll::Ready(None);
            }
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.over = true;
                    if this.held.is_empty() {
                        return Poll::Ready(None);
                    }
                    let rest = this.held.split().freeze();
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            };
            match frame.into_data() {
                Ok(data) => {
                    let mut text = this.held.split();
                    text.extend_from_slice(&data);
                    key.mask(&mut text);
                    // The transport does not ask again after the last byte of a known length.
                    if !this.body.is_end_stream() {
                        this.held = text.split_off(text.len() - key.begun(&text));
                    }
                    if !text.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(text.freeze()))));
                    }
                }
                Err(mut frame) => {
                    if let Some(trailers) = frame.trailers_mut() {
                        key.mask_headers(trailers);
                    }
                    if this.held.is_empty() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    this.next = Some(frame);
                    let rest = this.held.split().freeze();
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.next.is_none() && (self.over || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.len() as u64;
        let below = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(below.lower() + held);
        if let Some(upper) = below.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

#[cfg(test)]
mod tests;
