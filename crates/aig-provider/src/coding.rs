//! Undoes the coding of a compressed answer for whoever only reads it: gzip, deflate and Brotli.
//!
//! The gateway asks for answers without coding, but a provider may send one nevertheless. What the
//! caller gets stays as it is; here a copy is decoded, piece by piece, in windows of a fixed size, and
//! handed on at once. A body that grows beyond all reason on the way is a bomb, and given up. Other
//! codings, zstd included, are sent to those alone who ask for them, and two in a row to nobody; such
//! bodies are not read.

use std::fmt;
use std::io::{self, Write};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Decodes one body.
pub(crate) struct Decoder {
    coding: Coding,
    encoded: u64,
    decoded: u64,
}

enum Coding {
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// The name means zlib's format, but some servers send what is inside of it; the first byte tells.
    Deflate,
    Zlib(Box<ZlibDecoder<Vec<u8>>>),
    Raw(Box<DeflateDecoder<Vec<u8>>>),
    /// Before the first byte, which tells the size of the window.
    Brotli,
    Window(Box<Brotli>),
    /// The body is over, broken, or a bomb.
    Over,
}

struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    window: [u8; WINDOW],
}

/// How the headers say that a body is coded.
pub(crate) enum Coded {
    /// Not at all.
    Plain,
    By(Decoder),
    /// In a way that is not read.
    Unknown,
}

/// How much is decoded before it is handed on, in bytes.
const WINDOW: usize = 8 * 1024;
/// A body that decodes to this many bytes is no bomb, however small it was.
const HARMLESS: u64 = 8 << 20;
/// A larger one is a bomb beyond this ratio. Text rarely shrinks to a hundredth.
const RATIO: u64 = 200;
/// Brotli's windows grow up to 16 MiB; this is 4 MiB, which servers use by default.
const BROTLI_WINDOW_BITS: u8 = 22;

impl Coded {
    /// What the headers of an answer say.
    pub(crate) fn by(headers: &HeaderMap) -> Self {
        let mut codings = headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
        let coding = match codings.next().map(<[u8]>::to_ascii_lowercase).as_deref() {
            None => return Self::Plain,
            Some(b"gzip" | b"x-gzip") => Coding::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Some(b"deflate") => Coding::Deflate,
            Some(b"br") => Coding::Brotli,
            Some(_) => return Self::Unknown,
        };
        match codings.next() {
            None => Self::By(Decoder {
                coding,
                encoded: 0,
                decoded: 0,
            }),
            Some(_) => Self::Unknown,
        }
    }
}

// === impl Decoder ===

impl Decoder {
    /// Decodes the next piece of the body and hands what it says to `read`, in parts of a bounded size.
    pub(crate) fn decode(&mut self, piece: &[u8], mut read: impl FnMut(&[u8])) {
        let Some(first) = piece.first() else { return };
        match self.coding {
            // zlib's format begins with its method, which is always 8.
            Coding::Deflate if first & 0x0f == 8 => {
                self.coding = Coding::Zlib(Box::new(ZlibDecoder::new(Vec::new())));
            }
            Coding::Deflate => {
                self.coding = Coding::Raw(Box::new(DeflateDecoder::new(Vec::new())));
            }
            Coding::Brotli => {
                self.coding = match window_bits(*first) > BROTLI_WINDOW_BITS {
                    true => Coding::Over,
                    false => Coding::Window(Box::new(Brotli::new())),
                }
            }
            _ => {}
        }
        self.encoded = self.encoded.saturating_add(piece.len() as u64);
        let (encoded, decoded) = (self.encoded, &mut self.decoded);
        let mut count = |part: &[u8]| {
            *decoded = decoded.saturating_add(part.len() as u64);
            read(part);
            *decoded <= HARMLESS.max(encoded.saturating_mul(RATIO))
        };
        let goes_on = match &mut self.coding {
            Coding::Gzip(inflate) => {
                inflated(&mut **inflate, MultiGzDecoder::get_mut, piece, &mut count)
            }
            Coding::Zlib(inflate) => {
                inflated(&mut **inflate, ZlibDecoder::get_mut, piece, &mut count)
            }
            Coding::Raw(inflate) => {
                inflated(&mut **inflate, DeflateDecoder::get_mut, piece, &mut count)
            }
            Coding::Window(brotli) => brotli.decode(piece, &mut count),
            Coding::Deflate | Coding::Brotli | Coding::Over => false,
        };
        if !goes_on {
            self.coding = Coding::Over;
        }
    }
}

/// Whether there may be more; `count` tells whether that is wanted.
fn inflated<W: Write>(
    inflate: &mut W,
    decoded: impl Fn(&mut W) -> &mut Vec<u8>,
    piece: &[u8],
    count: &mut impl FnMut(&[u8]) -> bool,
) -> bool {
    let mut rest = piece;
    let mut more = |inflate: &mut W| {
        let out = decoded(inflate);
        let goes_on = out.is_empty() || count(out);
        out.clear();
        goes_on
    };
    // One step reads as much as fits into the decoder's own window, which it hands on with the next.
    while !rest.is_empty() {
        let read = match inflate.write(rest) {
            Ok(0) => return false,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return false,
        };
        rest = &rest[read..];
        if !more(inflate) {
            return false;
        }
    }
    inflate.flush().is_ok() && more(inflate)
}

// === impl Brotli ===

impl Brotli {
    fn new() -> Self {
        let memory = StandardAlloc::default;
        Self {
            state: BrotliState::new_strict(memory(), memory(), memory()),
            window: [0; WINDOW],
        }
    }

    /// Whether there may be more; `count` tells whether that is wanted.
    fn decode(&mut self, piece: &[u8], count: &mut impl FnMut(&[u8]) -> bool) -> bool {
        let (mut left, mut at) = (piece.len(), 0);
        loop {
            let (mut room, mut end, mut total) = (self.window.len(), 0, 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut at,
                piece,
                &mut room,
                &mut end,
                &mut self.window,
                &mut total,
                &mut self.state,
            );
            if end > 0 && !count(&self.window[..end]) {
                return false;
            }
            match result {
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput => return true,
                BrotliResult::ResultSuccess | BrotliResult::ResultFailure => return false,
            }
        }
    }
}

/// The logarithm of the window's size, as the first byte of a Brotli stream says it.
/// Source: RFC 7932, section 9.1.
fn window_bits(first: u8) -> u8 {
    match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, _, _) => 16,
        (_, 0, 0) => 17,
        // The windows of another format.
        (_, 0, 1) => u8::MAX,
        (_, 0, bits) => 8 + bits,
        (_, bits, _) => 17 + bits,
    }
}

// === impl Debug ===

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("encoded", &self.encoded)
            .field("decoded", &self.decoded)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
