//! The two bodies of a try, which travel beside its record and not in it: a log that runs short
//! sheds them first.

use bytes::Bytes;

/// What was said, word for word, as far as it is to be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The request's body.
    pub request: Option<Body>,
    /// The answer's body.
    pub response: Option<Body>,
}

/// A body in the pieces in which it came by; at most [`Body::MAX`] bytes together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    pieces: Vec<Bytes>,
    len: usize,
    /// Its `Content-Encoding`, where it is coded.
    pub coding: Option<Box<str>>,
    /// The BLAKE3 of its bytes, where somebody has made it; a body that changes has none. Most have none.
    pub digest: Option<Box<[u8; 32]>>,
}

/// The body is longer than what is kept of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is longer than 10 MB")]
pub struct TooLarge;

// === impl Transcript ===

impl Transcript {
    /// Nothing is kept.
    pub const EMPTY: Self = Self {
        request: None,
        response: None,
    };

    /// How many bytes it takes, for queues that are bounded in bytes.
    pub fn weight(&self) -> usize {
        [&self.request, &self.response]
            .into_iter()
            .flatten()
            .map(|body| body.len + body.pieces.len() * size_of::<Bytes>())
            .sum()
    }
}

// === impl Body ===

impl Body {
    /// The longest body that is kept, in bytes; of a longer one nothing is.
    pub const MAX: usize = 10 << 20;

    /// Another piece came by. After a refusal the body is of no use: it is to be dropped, and the
    /// record says [`TooLarge`](crate::BodyFate::TooLarge).
    ///
    /// A piece is kept as it is, not copied, with the whole buffer that it is a part of.
    pub fn push(&mut self, piece: Bytes) -> Result<(), TooLarge> {
        if piece.len() > Self::MAX - self.len {
            return Err(TooLarge);
        }
        if !piece.is_empty() {
            self.digest = None;
            self.len += piece.len();
            self.pieces.push(piece);
        }
        Ok(())
    }

    /// The pieces, none of them empty.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// How many bytes there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl TryFrom<Bytes> for Body {
    type Error = TooLarge;

    fn try_from(whole: Bytes) -> Result<Self, TooLarge> {
        let mut body = Self::default();
        body.push(whole).map(|()| body)
    }
}

impl TryFrom<Vec<u8>> for Body {
    type Error = TooLarge;

    fn try_from(whole: Vec<u8>) -> Result<Self, TooLarge> {
        Self::try_from(Bytes::from(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_takes_ten_megabytes_and_not_a_byte_more() {
        let mut body = Body::default();
        body.push(Bytes::from(vec![0; Body::MAX - 1])).unwrap();
        body.push(Bytes::from_static(b"x")).unwrap();
        assert_eq!(body.push(Bytes::from_static(b"y")), Err(TooLarge));
        assert_eq!(body.push(Bytes::new()), Ok(()));
        assert_eq!((body.len(), body.pieces().len()), (Body::MAX, 2));
    }

    #[test]
    fn a_transcript_weighs_what_it_holds() {
        let body = Body::try_from(Bytes::from_static(b"hello")).unwrap();
        let transcript = Transcript {
            request: Some(body.clone()),
            response: Some(body),
        };
        assert_eq!(transcript.weight(), 2 * (5 + size_of::<Bytes>()));
        assert_eq!(Transcript::EMPTY.weight(), 0);
    }
}
