//! The last words of an event stream whose provider broke off: the dialect's own error event, and
//! after it the break.
//!
//! Clients report a stream that merely ends as complete, and one that breaks as a fault of the
//! connection; the event says whose fault it was. It is said only where nobody can mistake it:
//!
//! - Between two events. A blank line behind half an event would have clients parse that half:
//!   for want of a closing brace it is a decoding error in the application's lap, and where the
//!   half happens to be readable it is a false event. The half alone is thrown away by every
//!   parser when the connection breaks, as the standard wants it (HTML, section 9.2.6).
//! - Never in a body with a length, in which every further byte is wrong, nor in an encoded one.
//!
//! Which words is `aig-provider`'s matter.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use aig_provider::Wire;
use bytes::Bytes;
use http::{HeaderMap, header};
use tokio::sync::oneshot;

/// What can be said at the end of a stream, and whether it can be said at this point.
pub(crate) struct Farewell {
    event: Option<&'static [u8]>,
    /// The last bytes that passed, which tell whether an event is begun.
    tail: Tail,
}

/// The last bytes of a stream, as many as the longest blank line takes; zeros before its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tail([u8; 3]);

/// Words on their way. The transport has sent them, or can at least not take them back any more,
/// when it drops the last part of them.
pub(crate) struct Said(oneshot::Receiver<()>);

/// Bytes that tell when they are dropped.
struct Words {
    bytes: &'static [u8],
    _sent: oneshot::Sender<()>,
}

// === impl Farewell ===

impl Farewell {
    /// For an answer of that wire with that head.
    pub(crate) fn of(wire: Wire, headers: &HeaderMap) -> Self {
        let text = |name| crate::headers::text(headers, name).unwrap_or_default();
        let kind = text(header::CONTENT_TYPE)
            .split(';')
            .next()
            .unwrap_or_default();
        let encoding = text(header::CONTENT_ENCODING).trim_ascii();
        let events = kind.trim_ascii().eq_ignore_ascii_case("text/event-stream")
            && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity"))
            && !headers.contains_key(header::CONTENT_LENGTH);
        Self {
            event: wire.broken_stream_event().filter(|_| events),
            tail: Tail::default(),
        }
    }

    /// These bytes of the stream have passed.
    pub(crate) fn forwarded(&mut self, data: &[u8]) {
        if self.event.is_some() {
            self.tail.push(data);
        }
    }

    /// What is to be said now, if anything can be.
    pub(crate) fn say(&mut self) -> Option<(Bytes, Said)> {
        if !self.tail.is_between_events() {
            return None;
        }
        let bytes = self.event.take()?;
        let (sent, said) = oneshot::channel();
        let words = Words { bytes, _sent: sent };
        Some((Bytes::from_owner(words), Said(said)))
    }
}

// === impl Tail ===

impl Tail {
    fn push(&mut self, data: &[u8]) {
        let Self(tail) = self;
        match data.last_chunk() {
            Some(last) => *tail = *last,
            None => {
                tail.rotate_left(data.len());
                let kept = tail.len() - data.len();
                tail[kept..].copy_from_slice(data);
            }
        }
    }

    /// Nothing yet, or behind a blank line. Lines end with CR, LF or both; CR LF alone is one end.
    const fn is_between_events(self) -> bool {
        matches!(
            self.0,
            [0, 0, 0]
                | [_, b'\n', b'\n' | b'\r']
                | [_, b'\r', b'\r']
                | [b'\n' | b'\r', b'\r', b'\n']
        )
    }
}

// === impl Said ===

impl Said {
    /// Ready when the words are beyond recall.
    pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        self.bytes
    }
}

#[cfg(test)]
mod tests;
