//! A caller that writes HTTP/2 frame by frame (RFC 9113), so that it can write what no library
//! would: pseudo-headers in any order, headers that HTTP/2 does not have, blocks without an end.

use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::patience::PATIENCE;

/// A connection of frames.
#[derive(Debug)]
pub struct FrameCaller {
    stream: TcpStream,
    buffer: BytesMut,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// The stream that it belongs to; 0 for the connection.
    pub stream: u32,
    /// What it holds.
    pub payload: Bytes,
}

/// What became of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamVerdict {
    /// An answer with status 200 began.
    Served,
    /// An answer with another status began.
    Refused,
    /// The stream was reset, with this code.
    Reset(u32),
    /// The connection was given up, with this code.
    GoneAway(u32),
    /// The connection ended without a word.
    Closed,
}

/// Types of frames.
pub mod kind {
    /// Part of a body.
    pub const DATA: u8 = 0;
    /// The head of a request or an answer.
    pub const HEADERS: u8 = 1;
    /// The end of a stream before its time.
    pub const RST_STREAM: u8 = 3;
    /// Settings of the connection.
    pub const SETTINGS: u8 = 4;
    /// The end of the connection.
    pub const GOAWAY: u8 = 7;
    /// More of a head.
    pub const CONTINUATION: u8 = 9;
}

/// The flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;
/// The flag of the last frame of a head.
pub const END_HEADERS: u8 = 4;

/// `:status: 200` in HPACK's static table.
const STATUS_200: u8 = 0x88;

// === impl FrameCaller ===

impl FrameCaller {
    /// Connects, and says hello as HTTP/2 wants it.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the gateway takes connections");
        let mut caller = Self {
            stream,
            buffer: BytesMut::new(),
        };
        caller.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        caller.frame(kind::SETTINGS, 0, 0, b"").await;
        caller
    }

    /// Sends a frame, and says whether the other side took it.
    pub async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).expect("frames of tests are short");
        let mut bytes = length.to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        self.write(&bytes).await
    }

    /// Sends a whole head of these fields, in that order.
    pub async fn head(&mut self, stream: u32, fields: &[(&str, &str)], end: bool) -> bool {
        let flags = END_HEADERS | if end { END_STREAM } else { 0 };
        self.frame(kind::HEADERS, flags, stream, &block(fields))
            .await
    }

    /// What becomes of a stream; fails the test when nothing does.
    pub async fn verdict(&mut self, stream: u32) -> StreamVerdict {
        let verdict = async {
            loop {
                let Some(frame) = self.next().await else {
                    return StreamVerdict::Closed;
                };
                match frame.kind {
                    kind::GOAWAY => return StreamVerdict::GoneAway(code(&frame.payload[4..])),
                    kind::RST_STREAM if frame.stream == stream => {
                        return StreamVerdict::Reset(code(&frame.payload));
                    }
                    kind::HEADERS if frame.stream == stream => {
                        return match frame.payload.first() {
                            Some(&STATUS_200) => StreamVerdict::Served,
                            _ => StreamVerdict::Refused,
                        };
                    }
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, verdict)
            .await
            .unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for the end of a stream"))
    }

    /// The next frame; none when the connection ended.
    pub async fn next(&mut self) -> Option<RawFrame> {
        const HEAD: usize = 9;
        loop {
            if let Some(head) = self.buffer.first_chunk::<HEAD>() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                if self.buffer.len() >= HEAD + length {
                    let mut bytes = self.buffer.split_to(HEAD + length).freeze();
                    bytes.advance(3);
                    return Some(RawFrame {
                        kind: bytes.get_u8(),
                        flags: bytes.get_u8(),
                        stream: bytes.get_u32(),
                        payload: bytes,
                    });
                }
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(read) if read > 0 => {}
                // A reset is an end as well.
                _ => return None,
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }
}

/// The fields in HPACK's plainest form: literals, not indexed, not compressed.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        string(&mut block, name.as_bytes());
        string(&mut block, value.as_bytes());
    }
    block
}

/// A string in HPACK: its length in seven bits, or more with continuation, and its bytes.
pub fn string(block: &mut Vec<u8>, text: &[u8]) {
    const FULL: usize = 127;
    if text.len() < FULL {
        block.push(text.len() as u8);
    } else {
        block.push(FULL as u8);
        let mut rest = text.len() - FULL;
        while rest >= 128 {
            block.push((rest % 128) as u8 | 0x80);
            rest /= 128;
        }
        block.push(rest as u8);
    }
    block.extend_from_slice(text);
}

fn code(mut payload: &[u8]) -> u32 {
    payload.try_get_u32().unwrap_or(u32::MAX)
}
