//! A streaming JSON scanner: picks the values at a few wanted paths out of a document that passes by.
//!
//! It is fed bytes in pieces cut anywhere, and keeps no more of them than the wanted values, each up
//! to `VALUE_CAP`. Everything else is skipped: strings by `memchr`, nested values by a counter of
//! brackets, so that a document of any size or depth costs the same memory.
//!
//! It is not a validator. What it skips must only balance its brackets and close its strings; on
//! the wanted levels it insists on keys, colons and commas, and gives up for good (`Broken`) where
//! they are missing. A strict reader behind it may refuse what passes here, never the other way
//! round for documents that are valid.
//!
//! A path may lead through every item of an array (`[]`). Such a value occurs once per item, and the
//! last one that is there counts.
//!
//! Keys are compared after undoing escapes (`\u006dodel` is `model`) and by exact case. Of a key that
//! occurs twice the last one counts, with all that lies below it, as in the JSON readers of Python,
//! JavaScript and Go; `duplicate` tells that it happened.

mod captured;
mod key;
mod paths;

use std::ops::Range;

use memchr::memchr2;

pub use self::paths::Paths;

use self::captured::{Capture, Captured};
use self::key::Key;
use self::paths::{ITEMS, LEVELS, bits};

/// The most bytes that are kept of one wanted value; a longer one is `present` but has no `value`.
pub const VALUE_CAP: usize = 16 * 1024;

/// How far the document has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The document has not ended yet; a number or a word alone never does.
    Open,
    /// The document ended; only white space may follow.
    Whole,
    /// These bytes are not a JSON document; nothing more is read.
    Broken,
}

/// Reads one document after another.
#[derive(Clone, Debug)]
pub struct Scanner {
    paths: &'static Paths,
    state: State,
    /// How many wanted objects are open; the document itself is the first.
    level: usize,
    /// By level: which paths can still lead to a value from there, one bit each.
    alive: [u32; LEVELS],
    /// By level: which of them the open object has already named.
    seen: [u32; LEVELS],
    key: Key,
    /// By level: whether what is open there is an array.
    arrays: [bool; LEVELS],
    /// The paths that the key just read, or the item, belongs to.
    matched: u32,
    /// How many brackets are open in the value that is being skipped.
    depth: u64,
    capture: Option<usize>,
    /// Where the captured value begins in the piece that is being read.
    mark: usize,
    /// How many bytes of the document were in the pieces before.
    consumed: u64,
    values: Vec<Captured>,
    /// The values that have anything to reset before the next document.
    touched: u32,
    duplicates: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a value, the document included.
    Value,
    /// After `{`: a key or `}`.
    FirstKey,
    /// After `,` in a wanted object: a key.
    NextKey,
    /// After `[` of a wanted array: an item or `]`.
    FirstItem,
    Key,
    KeyEscape,
    /// In `\uXXXX` of a key: digits read, and what they say so far.
    KeyHex(u8, u16),
    Colon,
    /// After a value in a wanted object or array: `,` or its closing bracket.
    After,
    /// In brackets that are skipped.
    Nested,
    /// In a string that is skipped.
    Text,
    TextEscape,
    /// In a number or a word.
    Word,
    Whole,
    Broken,
}

// === impl Scanner ===

impl Scanner {
    /// A scanner before its first document.
    pub fn new(paths: &'static Paths) -> Self {
        Self {
            paths,
            state: State::Value,
            level: 0,
            alive: [0; LEVELS],
            seen: [0; LEVELS],
            key: Key::new(),
            arrays: [false; LEVELS],
            matched: 0,
            depth: 0,
            capture: None,
            mark: 0,
            consumed: 0,
            values: vec![Captured::default(); paths.keys.len()],
            touched: 0,
            duplicates: 0,
        }
    }

    /// Forgets the document and begins another; the buffers stay.
    pub fn reset(&mut self) {
        for index in bits(self.touched) {
            self.values[index].clear();
        }
        self.state = State::Value;
        self.level = 0;
        self.depth = 0;
        self.capture = None;
        self.consumed = 0;
        self.touched = 0;
        self.duplicates = 0;
    }

    /// Reads the next piece of the document.
    pub fn feed(&mut self, piece: &[u8]) {
        let end = self.feed_document(piece);
        self.end_with(&piece[end..]);
    }

    /// Looks at what follows the document, which must be nothing.
    pub(crate) fn end_with(&mut self, rest: &[u8]) {
        if !rest.iter().all(|byte| is_blank(*byte)) {
            self.give_up();
        }
    }

    /// Reads the next piece up to the end of the document, and tells where that is.
    pub(crate) fn feed_document(&mut self, piece: &[u8]) -> usize {
        self.mark = 0;
        let mut at = 0;
        while at < piece.len() && self.state != State::Whole {
            at = match self.state {
                State::Nested => self.nested(piece, at),
                State::Text => self.text(piece, at),
                State::Word => self.word(piece, at),
                State::Key => self.key(piece, at),
                State::Broken => return piece.len(),
                State::TextEscape => {
                    self.state = State::Text;
                    at + 1
                }
                State::KeyEscape => self.key_escape(piece[at], at),
                State::KeyHex(digits, code) => self.key_hex(digits, code, piece[at], at),
                _ if is_blank(piece[at]) => at + 1,
                State::Value => self.value_begins(piece, at),
                State::FirstItem if piece[at] != b']' => self.value_begins(piece, at),
                _ => self.punctuation(piece, at),
            };
        }
        self.keep(piece, at);
        self.consumed += at as u64;
        at
    }

    /// How far the document has been read.
    pub fn progress(&self) -> Progress {
        match self.state {
            State::Whole => Progress::Whole,
            State::Broken => Progress::Broken,
            _ => Progress::Open,
        }
    }

    /// The bytes of a wanted value, once it was read to its end and if it was not too long.
    pub fn value(&self, path: usize) -> Option<&[u8]> {
        let value = &self.values[path];
        (value.state == Capture::Whole).then_some(&value.bytes)
    }

    /// What has been read of a wanted value so far; nothing of one that is too long.
    pub(crate) fn so_far(&self, path: usize) -> &[u8] {
        &self.values[path].bytes
    }

    /// Where in the document a wanted value stands that was read to its end.
    pub(crate) fn span(&self, path: usize) -> Option<Range<u64>> {
        let value = &self.values[path];
        let read = matches!(value.state, Capture::Whole | Capture::TooLong);
        read.then(|| value.begin..value.begin + value.length)
    }

    /// Whether a wanted value was read to its end, or beyond the cap, and is not `null`.
    pub fn present(&self, path: usize) -> bool {
        match self.values[path].state {
            Capture::Absent | Capture::Partial => false,
            Capture::Whole => *self.values[path].bytes != *b"null",
            Capture::TooLong => true,
        }
    }

    /// Whether an object on the way to that value named the same key twice.
    pub fn duplicate(&self, path: usize) -> bool {
        self.duplicates & (1 << path) != 0
    }

    /// Also reads on into the value, as far as it is in the piece.
    fn value_begins(&mut self, piece: &[u8], at: usize) -> usize {
        let byte = piece[at];
        if matches!(byte, b'{' | b'[') && self.opens_wanted(byte == b'[') {
            return at + 1;
        }
        if self.level > 0 {
            // A path that goes on below this value has nothing to find in it.
            let leaf = bits(self.matched).find(|path| self.paths.keys[*path].len() == self.level);
            if let Some(path) = leaf {
                self.values[path].clear();
                self.values[path].state = Capture::Partial;
                self.values[path].begin = self.consumed + at as u64;
                self.touched |= 1 << path;
                self.capture = Some(path);
                self.mark = at;
            }
        }
        match byte {
            b'{' | b'[' => {
                self.depth = 1;
                self.state = State::Nested;
                self.nested(piece, at + 1)
            }
            b'"' => {
                self.depth = 0;
                self.state = State::Text;
                self.text(piece, at + 1)
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                self.state = State::Word;
                self.word(piece, at + 1)
            }
            _ => {
                self.give_up();
                at + 1
            }
        }
    }

    /// Steps into the object or array that begins, if a wanted value can lie in it.
    fn opens_wanted(&mut self, array: bool) -> bool {
        let level = self.level;
        let candidates = match level {
            0 => u32::MAX >> (32 - self.paths.keys.len()),
            _ => self.matched,
        };
        let mut alive = 0;
        for path in bits(candidates) {
            let Some(next) = self.paths.keys[path].get(level) else {
                continue;
            };
            if (*next == ITEMS) == array {
                alive |= 1 << path;
            }
        }
        if alive == 0 {
            return false;
        }
        self.alive[level] = alive;
        self.seen[level] = 0;
        self.arrays[level] = array;
        self.level += 1;
        self.state = match array {
            true => {
                self.matched = alive;
                State::FirstItem
            }
            false => State::FirstKey,
        };
        true
    }

    fn in_array(&self) -> bool {
        self.level > 0 && self.arrays[self.level - 1]
    }

    /// `end` is where the piece goes on after the value.
    fn value_ended(&mut self, piece: &[u8], end: usize) {
        self.keep(piece, end);
        if let Some(path) = self.capture.take() {
            let value = &mut self.values[path];
            if value.state == Capture::Partial {
                value.state = Capture::Whole;
            }
        }
        self.state = match self.level {
            0 => State::Whole,
            _ => State::After,
        };
    }

    /// Copies what belongs to the captured value out of the piece.
    fn keep(&mut self, piece: &[u8], end: usize) {
        let Some(path) = self.capture else { return };
        let value = &mut self.values[path];
        let part = &piece[self.mark..end];
        value.length += part.len() as u64;
        if value.bytes.len() + part.len() > VALUE_CAP {
            value.bytes.clear();
            value.state = Capture::TooLong;
        }
        if value.state == Capture::Partial {
            value.bytes.extend_from_slice(part);
        }
    }

    /// Between keys and values. What usually follows at once is read in the same call.
    fn punctuation(&mut self, piece: &[u8], at: usize) -> usize {
        let next = piece.get(at + 1);
        match (self.state, piece[at]) {
            (State::FirstKey | State::NextKey, b'"') => return self.key_begins(piece, at + 1),
            (State::After, b',') if next == Some(&b'"') && !self.in_array() => {
                return self.key_begins(piece, at + 2);
            }
            (State::FirstKey, b'}') | (State::FirstItem, b']') => self.closes(),
            (State::After, b'}') if !self.in_array() => self.closes(),
            (State::After, b']') if self.in_array() => self.closes(),
            (State::After, b',') if self.in_array() => {
                self.matched = self.alive[self.level - 1];
                self.state = State::Value;
            }
            (State::After, b',') => self.state = State::NextKey,
            (State::Colon, b':') => {
                self.state = State::Value;
                if next.is_some_and(|byte| !is_blank(*byte)) {
                    return self.value_begins(piece, at + 1);
                }
            }
            _ => self.give_up(),
        }
        at + 1
    }

    fn closes(&mut self) {
        self.level -= 1;
        self.state = match self.level {
            0 => State::Whole,
            _ => State::After,
        };
    }

    fn nested(&mut self, piece: &[u8], mut at: usize) -> usize {
        while let Some(found) = piece[at..]
            .iter()
            .position(|byte| BRACKETS_AND_QUOTE[usize::from(*byte)])
        {
            at += found + 1;
            match piece[at - 1] {
                b'{' | b'[' => self.depth += 1,
                b'"' => match string_end(piece, at) {
                    Some(end) => at = end,
                    None => {
                        self.state = State::Text;
                        return self.text(piece, at);
                    }
                },
                _ => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.value_ended(piece, at);
                        return at;
                    }
                }
            }
        }
        piece.len()
    }

    fn text(&mut self, piece: &[u8], mut at: usize) -> usize {
        while let Some(found) = quote_or_escape(&piece[at..]) {
            at += found + 1;
            if piece[at - 1] == b'"' {
                match self.depth {
                    0 => self.value_ended(piece, at),
                    _ => self.state = State::Nested,
                }
                return at;
            }
            if at == piece.len() {
                self.state = State::TextEscape;
                return at;
            }
            at += 1;
        }
        piece.len()
    }

    fn word(&mut self, piece: &[u8], at: usize) -> usize {
        let goes_on =
            |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'.' | b'+' | b'-');
        match piece[at..].iter().position(|byte| !goes_on(byte)) {
            Some(length) => {
                // What stands there is read again as punctuation, or found to be none.
                self.value_ended(piece, at + length);
                at + length
            }
            None => piece.len(),
        }
    }

    fn give_up(&mut self) {
        self.capture = None;
        self.state = State::Broken;
    }
}

const BRACKETS_AND_QUOTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut wanted = 0;
    while wanted < 5 {
        table[b"{}[]\""[wanted] as usize] = true;
        wanted += 1;
    }
    table
};

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where a string ends or has an escape. Most are short, and found before a search for long ones has
/// begun.
fn quote_or_escape(text: &[u8]) -> Option<usize> {
    const SHORT: usize = 16;
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
    let head = &text[..text.len().min(SHORT)];
    match head.iter().position(ends) {
        Some(found) => Some(found),
        None => memchr2(b'"', b'\\', &text[head.len()..]).map(|found| head.len() + found),
    }
}

/// Behind the quote that ends the string, if both it and all escapes before it are in the piece.
fn string_end(piece: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += quote_or_escape(piece.get(at..)?)? + 1;
        if piece[at - 1] == b'"' {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
