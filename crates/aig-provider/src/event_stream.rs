//! A streaming reader of `application/vnd.amazon.eventstream`: binary frames, each with headers and a
//! payload.
//!
//! A frame is the length of all of it, the length of its headers, a checksum of both, the headers, the
//! payload, and a checksum of everything. The checksums are for whoever acts on a frame; here frames
//! are only looked at on their way. Payloads go on to an `Events` as slices of the piece they stood in,
//! under the name that the headers give the event.

use crate::sse::{EVENT_CAP, Events};

/// The name under which a frame that reports a failure is handed on.
pub(crate) const EXCEPTION: &[u8] = b"exception";

/// Reads one stream.
#[derive(Clone, Debug)]
pub(crate) struct EventStreamReader {
    state: State,
    /// The part of a frame that is kept: its prelude, then its headers.
    kept: Vec<u8>,
    given_up: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Prelude,
    Headers {
        left: usize,
        payload: usize,
    },
    Payload {
        left: usize,
        size: usize,
    },
    Checksum {
        left: usize,
        size: usize,
    },
    /// What came is no frame; where the next one begins cannot be known.
    Lost,
}

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// No frame has more headers or is longer than this, by the format's definition.
const HEADERS_MOST: usize = 128 * 1024;
const FRAME_MOST: usize = 24 * 1024 * 1024;
/// Headers beyond this are not looked at; those of real frames are a tenth of it.
const HEADERS_KEPT: usize = 2048;

// === impl EventStreamReader ===

impl EventStreamReader {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Prelude,
            kept: Vec::new(),
            given_up: 0,
        }
    }

    /// How many events were too long to be read; a stream that is lost counts as one.
    pub(crate) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Reads the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8], events: &mut impl Events) {
        let mut rest = piece;
        while !rest.is_empty() {
            match self.state {
                State::Prelude => {
                    let (part, behind) = rest.split_at(rest.len().min(PRELUDE - self.kept.len()));
                    self.kept.extend_from_slice(part);
                    rest = behind;
                    if self.kept.len() == PRELUDE {
                        self.begin();
                    }
                }
                State::Headers { left, payload } => {
                    let (part, behind) = rest.split_at(rest.len().min(left));
                    let room = HEADERS_KEPT.saturating_sub(self.kept.len());
                    self.kept.extend_from_slice(&part[..part.len().min(room)]);
                    rest = behind;
                    self.state = match left - part.len() {
                        0 => State::Payload {
                            left: payload,
                            size: payload,
                        },
                        left => State::Headers { left, payload },
                    };
                }
                State::Payload { left, size } => {
                    let (part, behind) = rest.split_at(rest.len().min(left));
                    if size <= EVENT_CAP && !part.is_empty() {
                        events.data(part);
                    }
                    rest = behind;
                    self.state = match left - part.len() {
                        0 => State::Checksum {
                            left: CHECKSUM,
                            size,
                        },
                        left => State::Payload { left, size },
                    };
                }
                State::Checksum { left, size } => {
                    let taken = rest.len().min(left);
                    rest = &rest[taken..];
                    match left - taken {
                        0 => self.end(size, events),
                        left => self.state = State::Checksum { left, size },
                    }
                }
                State::Lost => return,
            }
        }
    }

    fn begin(&mut self) {
        let word = |at: usize| {
            let bytes = self
                .kept
                .get(at..at + 4)
                .and_then(|word| word.try_into().ok());
            bytes.map_or(0, |word| u32::from_be_bytes(word) as usize)
        };
        let (frame, headers) = (word(0), word(4));
        let payload = frame.checked_sub(PRELUDE + headers + CHECKSUM);
        self.kept.clear();
        self.state = match payload {
            Some(payload) if headers <= HEADERS_MOST && frame <= FRAME_MOST => match headers {
                0 => State::Payload {
                    left: payload,
                    size: payload,
                },
                left => State::Headers { left, payload },
            },
            _ => {
                self.given_up += 1;
                State::Lost
            }
        };
    }

    fn end(&mut self, size: usize, events: &mut impl Events) {
        if size > EVENT_CAP {
            self.given_up += 1;
            events.given_up();
        } else {
            let failed = header(&self.kept, b":message-type").is_some_and(|kind| kind != b"event");
            let name = match failed {
                true => EXCEPTION,
                false => header(&self.kept, b":event-type").unwrap_or_default(),
            };
            events.event(name);
        }
        self.kept.clear();
        self.state = State::Prelude;
    }
}

/// The value of a header that is a text.
fn header<'a>(mut headers: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    const TEXT: u8 = 7;
    loop {
        let (length, rest) = headers.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let (kind, rest) = rest.split_first()?;
        let (length, rest) = match kind {
            0 | 1 => (0, rest),
            2 => (1, rest),
            3 => (2, rest),
            4 => (4, rest),
            5 | 8 => (8, rest),
            6 | 7 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            9 => (16, rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        if name == wanted && *kind == TEXT {
            return Some(value);
        }
        headers = rest;
    }
}

#[cfg(test)]
mod tests;
