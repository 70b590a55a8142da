//! Messages are read alike however they are cut into pieces.

use std::io::{self, Read};

use super::{Framing, Messages};

/// Gives its bytes in pieces of one size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len()).min(self.0.len());
        buffer[..most].copy_from_slice(&self.0[..most]);
        self.0 = &self.0[most..];
        Ok(most)
    }
}

fn read(bytes: &[u8], piece: usize) -> io::Result<Vec<(u16, Framing, Vec<u8>)>> {
    let mut messages = Messages::new(Pieces(bytes, piece));
    let mut all = Vec::new();
    while let Some(head) = messages.head()? {
        let mut body = Vec::new();
        messages.body(head.body, |piece| body.extend_from_slice(piece))?;
        all.push((head.status, head.body, body));
    }
    Ok(all)
}

#[test]
fn every_framing_is_read_in_pieces_of_every_size() {
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello\
        POST /x HTTP/1.1\r\nhost: a\r\n\r\n\
        HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=1\r\n0123456789\r\n0\r\nt: 1\r\n\r\n\
        HTTP/1.1 200 OK\r\n\r\nto the end";
    for piece in 1..=bytes.len() {
        let all = read(bytes, piece).unwrap();
        assert_eq!(
            all,
            [
                (200, Framing::Length(5), b"hello".to_vec()),
                (0, Framing::Length(0), Vec::new()),
                (429, Framing::Chunks, b"abc0123456789".to_vec()),
                (200, Framing::UntilClose, b"to the end".to_vec()),
            ],
            "in pieces of {piece}"
        );
    }
}

#[test]
fn what_is_cut_short_is_no_message() {
    for cut in [
        &b"HTTP/1.1 200 OK\r\ncontent-le"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd",
        b"HTTP/1.1 abc\r\n\r\n",
    ] {
        assert!(read(cut, 7).is_err(), "{}", String::from_utf8_lossy(cut));
    }
}
