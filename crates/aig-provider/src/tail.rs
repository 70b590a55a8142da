//! May this path tail go below a provider's base? Looks at the bytes as they came and changes none.
//!
//! The tail is forwarded byte for byte, so the only safe answer to a doubtful one is "no". What is
//! refused is everything that *some* server between here and the provider's handler might read as a
//! dot segment: plain, percent-encoded once or many times, with a path parameter (`..;`), with a
//! backslash for a slash, with control bytes inside. An encoded slash alone is legal and travels on.

use std::borrow::Cow;
use std::fmt;

use http::uri::PathAndQuery;

/// Why a path tail, or the query behind it, is not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTail {
    /// A segment that is `.` or `..` to somebody.
    DotSegment,
    /// A byte that has no place in a path or a query.
    Byte(u8),
    /// Longer than a request target can be.
    TooLong,
    /// The part of the path that fills this slot of the base is missing, or is no label of a host.
    Slot(&'static str),
    /// The header that names the whole target names a host that is not the provider's.
    ForeignTarget,
}

/// Refuses a tail with a dot segment or with a byte that ends the path.
pub(crate) fn check(tail: &[u8]) -> Result<(), BadTail> {
    if let Some(&byte) = tail.iter().find(|byte| !travels(**byte) || **byte == b'?') {
        return Err(BadTail::Byte(byte));
    }
    // Only a dot, plain or encoded, can make a dot segment; most tails have neither.
    if memchr::memchr2(b'.', b'%', tail).is_none() {
        return Ok(());
    }
    let plain = decoded(tail);
    match plain.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dot) {
        true => Err(BadTail::DotSegment),
        false => Ok(()),
    }
}

/// Refuses a query with a byte that would end it or break the request line.
pub(crate) fn check_query(query: &[u8]) -> Result<(), BadTail> {
    match query.iter().find(|byte| !travels(**byte)) {
        Some(&byte) => Err(BadTail::Byte(byte)),
        None => Ok(()),
    }
}

/// The byte for which `http` refused a path that passed the checks above.
pub(crate) fn illegal(tail: &str, query: &str) -> u8 {
    let refused = |before: &'static [u8], byte: u8| {
        PathAndQuery::try_from([before, &[byte]].concat().as_slice()).is_err()
    };
    tail.bytes()
        .find(|byte| refused(b"/", *byte))
        .or_else(|| query.bytes().find(|byte| refused(b"/?", *byte)))
        .unwrap_or_default()
}

/// A part of a path or query with its percent escapes undone once, for reading and never for routing.
///
/// What is no UTF-8 then stays as it was written.
pub fn unescaped(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, behind @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(part),
    }
}

/// Controls and spaces would break the request line, `#` would silently cut it.
const fn travels(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && byte != b'#'
}

fn is_dot(segment: &[u8]) -> bool {
    let name = segment
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or(segment);
    let mut dots = 0;
    for byte in name {
        match byte {
            b'.' => dots += 1,
            // Some servers drop these before they look at the segment.
            0..=b' ' | 0x7f => {}
            _ => return false,
        }
    }
    dots == 1 || dots == 2
}

/// The tail with every percent escape undone, however often it was applied.
///
/// Each byte is appended once, and what it completes is folded at the end of the output. Decoding
/// the whole tail again and again would take quadratic time on `%25252525…`.
fn decoded(tail: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(tail.len());
    for &byte in tail {
        plain.push(byte);
        while let [.., b'%', high, low] = plain[..] {
            let (Some(high), Some(low)) = (hex(high), hex(low)) else {
                break;
            };
            plain.truncate(plain.len() - 3);
            plain.push(high << 4 | low);
        }
        // Overlong UTF-8, which careless decoders take for the character it is not.
        let overlong = match plain[..] {
            [.., 0xc0, 0xae] => Some(b'.'),
            [.., 0xc0, 0xaf] => Some(b'/'),
            [.., 0xc1, 0x9c] => Some(b'\\'),
            _ => None,
        };
        if let Some(meant) = overlong {
            plain.truncate(plain.len() - 2);
            plain.push(meant);
        }
    }
    plain
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

// === impl BadTail ===

impl fmt::Display for BadTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DotSegment => f.write_str(
                "the path below the provider holds a dot segment, plain or encoded; send the path without it",
            ),
            Self::Byte(byte) => write!(
                f,
                "the path or query below the provider holds the byte 0x{byte:02x}; percent-encode it"
            ),
            Self::TooLong => {
                f.write_str("the path and query below the provider are too long; shorten them to less than 64 KiB")
            }
            Self::Slot(name) => write!(
                f,
                "the path below the provider has no usable `{name}`; write it as 1 to 63 of a-z, 0-9 and `-`"
            ),
            Self::ForeignTarget => f.write_str(
                "the header x-fal-target-url names no https address of fal.run or fal.ai; correct or remove it",
            ),
        }
    }
}

impl std::error::Error for BadTail {}

#[cfg(test)]
mod tests;
