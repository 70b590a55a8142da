//! Takes the event that answers the question for usage out of a chat stream, for callers who did not
//! ask it.
//!
//! That event is a chunk of its own, with `"choices": []` and a usage object. It goes with its lines
//! and the empty line behind it; every other byte passes as it came, and at once, unless it may belong
//! to such a chunk: of each event only the beginning waits, until its choices have begun. Usage that
//! stands beside choices is the provider's own idea and stays, as does an event that is too long to be
//! waited for.
//!
//! Who wants to read the usage looks at the bytes before they come here. Only for plain event streams:
//! in a compressed one there is nothing to be found.

use bytes::Bytes;
use memchr::memchr2;

use crate::scan::{Paths, Progress, Scanner};

/// The most bytes that wait for what they turn out to be.
pub const HELD_MOST: usize = 16 * 1024;

const CHUNK: Paths = Paths::new(&[&["choices"], &["usage"], &["error"]]);
const CHOICES: usize = 0;
const USAGE: usize = 1;
const ERROR: usize = 2;

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const DATA: [u8; 4] = *b"data";

/// Filters one stream.
#[derive(Clone, Debug)]
pub struct UsageFilter {
    /// The bytes of the event so far that came with earlier pieces and wait.
    held: Vec<u8>,
    line: Line,
    /// A CR ended the last line; an LF behind it belongs to it.
    after_cr: bool,
    /// That line was taken out.
    cr_removed: bool,
    /// Nothing of the event has been read yet, comments in front of it apart.
    fresh: bool,
    /// The event may still be the one to take out.
    open: bool,
    has_data: bool,
    chunk: Scanner,
    removed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// At the beginning of the stream, after so many bytes of a byte order mark.
    Mark(usize),
    Start,
    /// A comment in front of an event.
    Comment,
    /// After so many bytes of `data`.
    Field(usize),
    /// After the colon: one space is not part of the data.
    Space,
    Data,
    /// Comments within an event, and fields that do not matter here.
    Other,
}

/// What becomes of one piece.
struct Cut<'a> {
    piece: &'a [u8],
    at: usize,
    /// Where in the piece the event begins that is being read.
    event: usize,
    /// What waited before and turned out to pass.
    before: Vec<u8>,
    /// The parts of the piece that do not pass now, in their order.
    gaps: Vec<(usize, usize)>,
}

// === impl UsageFilter ===

impl Default for UsageFilter {
    fn default() -> Self {
        Self::new()
    }
}

impl UsageFilter {
    /// At the beginning of a stream.
    pub fn new() -> Self {
        Self {
            held: Vec::new(),
            line: Line::Mark(0),
            after_cr: false,
            cr_removed: false,
            fresh: true,
            open: true,
            has_data: false,
            chunk: Scanner::new(&CHUNK),
            removed: 0,
        }
    }

    /// How many events were taken out.
    pub fn removed(&self) -> u64 {
        self.removed
    }

    /// Takes the next piece and gives what passes now: nearly always the piece itself, and possibly
    /// nothing.
    pub fn feed(&mut self, piece: Bytes) -> Bytes {
        let mut cut = Cut {
            piece: &piece,
            at: 0,
            event: 0,
            before: Vec::new(),
            gaps: Vec::new(),
        };
        while cut.at < cut.piece.len() {
            self.step(&mut cut);
        }
        self.hold_the_rest(&mut cut);
        match (&cut.before[..], &cut.gaps[..]) {
            ([], []) => piece,
            ([], [(from, to)]) if *to == piece.len() => piece.slice(..*from),
            ([], [(0, to)]) => piece.slice(*to..),
            _ => cut.joined(),
        }
    }

    /// The stream ended: gives what was still waiting, unless it is the chunk without its empty line.
    pub fn finish(&mut self) -> Bytes {
        let rest = std::mem::take(&mut self.held);
        if self.open && self.is_answer() {
            self.removed += 1;
            return Bytes::new();
        }
        rest.into()
    }

    fn step(&mut self, cut: &mut Cut<'_>) {
        let byte = cut.piece[cut.at];
        match self.line {
            Line::Mark(read) => self.mark(read, byte, cut),
            Line::Start => self.line_starts(byte, cut),
            Line::Field(matched) => match byte {
                b'\r' | b'\n' => {
                    if matched == DATA.len() {
                        self.data_line();
                    }
                    self.line_ends(byte, cut);
                }
                b':' if matched == DATA.len() => {
                    self.data_line();
                    self.line = Line::Space;
                    cut.at += 1;
                }
                _ if DATA.get(matched) == Some(&byte) => {
                    self.line = Line::Field(matched + 1);
                    cut.at += 1;
                }
                _ => self.line = Line::Other,
            },
            Line::Space => {
                self.line = Line::Data;
                cut.at += usize::from(byte == b' ');
            }
            Line::Comment | Line::Data | Line::Other => {
                let rest = &cut.piece[cut.at..];
                let end = memchr2(b'\r', b'\n', rest);
                let part = &rest[..end.unwrap_or(rest.len())];
                if self.line == Line::Data && self.open {
                    self.chunk.feed(part);
                    self.look(cut);
                }
                cut.at += part.len();
                if let Some(end) = end {
                    self.line_ends(rest[end], cut);
                }
            }
        }
    }

    /// The mark is no event's and passes.
    fn mark(&mut self, read: usize, byte: u8, cut: &mut Cut<'_>) {
        if byte == BYTE_ORDER_MARK[read] {
            self.line = match read {
                2 => Line::Start,
                _ => Line::Mark(read + 1),
            };
            cut.at += 1;
            cut.event = cut.at;
        } else if read == 0 {
            self.line = Line::Start;
        } else {
            // A part of a mark is the beginning of a field that nobody knows.
            self.line = Line::Other;
            self.fresh = false;
            self.open = false;
        }
    }

    fn line_starts(&mut self, byte: u8, cut: &mut Cut<'_>) {
        let joined = std::mem::take(&mut self.after_cr) && byte == b'\n';
        let removed = std::mem::take(&mut self.cr_removed);
        if joined {
            if removed {
                cut.gaps.push((cut.at, cut.at + 1));
            }
            cut.at += 1;
            if self.fresh {
                cut.event = cut.at;
            }
            return;
        }
        match byte {
            b'\r' | b'\n' => {
                cut.at += 1;
                self.event_ends(byte, cut);
            }
            b':' if self.fresh => self.line = Line::Comment,
            _ => {
                self.fresh = false;
                self.line = Line::Field(0);
            }
        }
    }

    fn line_ends(&mut self, with: u8, cut: &mut Cut<'_>) {
        cut.at += 1;
        if self.fresh {
            cut.event = cut.at;
        }
        self.after_cr = with == b'\r';
        self.line = Line::Start;
    }

    /// Several `data` lines are joined by a line feed.
    fn data_line(&mut self) {
        if self.has_data {
            self.chunk.feed(b"\n");
        }
        self.has_data = true;
    }

    fn event_ends(&mut self, with: u8, cut: &mut Cut<'_>) {
        self.after_cr = with == b'\r';
        if self.open {
            if self.is_answer() {
                cut.gaps.push((cut.event, cut.at));
                self.held.clear();
                self.removed += 1;
                self.cr_removed = self.after_cr;
            } else {
                self.release(cut);
            }
        }
        self.line = Line::Start;
        self.fresh = true;
        self.open = true;
        self.has_data = false;
        self.chunk.reset();
        cut.event = cut.at;
    }

    /// Lets the event go as soon as it cannot be the one to take out.
    fn look(&mut self, cut: &mut Cut<'_>) {
        let other = match self.chunk.progress() {
            Progress::Broken => true,
            Progress::Whole => !self.is_answer(),
            Progress::Open => !may_be_empty_list(self.chunk.so_far(CHOICES)),
        };
        if other {
            self.release(cut);
        }
    }

    fn release(&mut self, cut: &mut Cut<'_>) {
        self.open = false;
        if !self.held.is_empty() {
            cut.before = std::mem::take(&mut self.held);
        }
    }

    fn is_answer(&self) -> bool {
        let chunk = &self.chunk;
        chunk.progress() == Progress::Whole
            && chunk.value(CHOICES).is_some_and(is_empty_list)
            && chunk
                .value(USAGE)
                .is_some_and(|usage| usage.starts_with(b"{"))
            && !chunk.present(ERROR)
    }

    /// Keeps back what may belong to the event to take out.
    fn hold_the_rest(&mut self, cut: &mut Cut<'_>) {
        if self.fresh || !self.open {
            return;
        }
        let rest = &cut.piece[cut.event..];
        if self.held.len() + rest.len() > HELD_MOST {
            return self.release(cut);
        }
        self.held.extend_from_slice(rest);
        if !rest.is_empty() {
            cut.gaps.push((cut.event, cut.piece.len()));
        }
    }
}

/// Whether a list that was read so far has no item yet.
fn may_be_empty_list(raw: &[u8]) -> bool {
    let mut marks = raw.iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!(
        (marks.next(), marks.next()),
        (None | Some(b'['), None | Some(b']'))
    )
}

fn is_empty_list(raw: &[u8]) -> bool {
    raw.ends_with(b"]") && may_be_empty_list(raw)
}

// === impl Cut ===

impl Cut<'_> {
    /// What waited, and the parts of the piece between the gaps.
    fn joined(self) -> Bytes {
        let mut passed = self.before;
        let mut from = 0;
        for (gap, behind) in self.gaps {
            passed.extend_from_slice(&self.piece[from..gap]);
            from = behind;
        }
        passed.extend_from_slice(&self.piece[from..]);
        passed.into()
    }
}

#[cfg(test)]
mod tests;
