//! Where a request's body ends and whom it is for, beyond doubt.
//!
//! Two readers of one connection that disagree about that can be made to read two different
//! requests. hyper refuses most of what is ambiguous (lengths that differ, chunks that are broken,
//! anything but `chunked` at the end) and closes the connection behind a length beside chunks; what
//! it leaves open is closed here: codings below `chunked`, which nobody here would undo, and
//! `chunked` said twice (RFC 9112 section 6.1). Of two `Host` headers two readers would each take
//! another one for the one that counts (section 3.2).

use http::{HeaderMap, header};

use crate::respond::Failure;

/// Why a request may be read in more than one way, if it may.
pub(crate) fn doubt(headers: &HeaderMap) -> Option<Failure> {
    if headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Some(Failure::TwoHosts);
    }
    (!is_one_body(headers)).then_some(Failure::BadFraming)
}

/// Whether everybody reads the same body out of it.
fn is_one_body(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
