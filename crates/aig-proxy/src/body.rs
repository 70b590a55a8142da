//! The body of an answer: fixed, forwarded, or somebody else's.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;

use crate::tee::Tee;

/// Why a body broke off.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
pub struct Body(Kind);

enum Kind {
    Fixed(Full<Bytes>),
    Forwarded(Box<Tee>),
    Foreign(UnsyncBoxBody<Bytes, BodyError>),
}

impl Body {
    /// A body that is known whole.
    pub fn fixed(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Fixed(Full::new(bytes.into())))
    }

    /// A provider's answer on its way to the caller.
    pub(crate) fn forwarded(tee: Tee) -> Self {
        Self(Kind::Forwarded(Box::new(tee)))
    }

    /// The body of a service that is mounted beside the data plane.
    pub fn foreign<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BodyError>> + Send + 'static,
    {
        use http_body_util::BodyExt;
        Self(Kind::Foreign(body.map_err(Into::into).boxed_unsync()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Fixed(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Kind::Forwarded(body) => Pin::new(&mut **body).poll_frame(cx),
            Kind::Foreign(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Fixed(body) => body.is_end_stream(),
            Kind::Forwarded(body) => body.is_end_stream(),
            Kind::Foreign(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Fixed(body) => body.size_hint(),
            Kind::Forwarded(body) => body.size_hint(),
            Kind::Foreign(body) => body.size_hint(),
        }
    }
}
