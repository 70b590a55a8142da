//! Where a request's body ends, beyond doubt.
//!
//! Two readers of one connection that disagree about that can be made to read two different
//! requests. hyper refuses most of what is ambiguous (lengths that differ, chunks that are broken,
//! anything but `chunked` at the end) and closes the connection behind a length beside chunks; what
//! it leaves open is closed here: codings below `chunked`, which nobody here would undo, and
//! `chunked` said twice (RFC 9112 section 6.1).

use http::{HeaderMap, header};

/// Whether everybody reads the same body out of such a request.
pub(crate) fn is_certain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
