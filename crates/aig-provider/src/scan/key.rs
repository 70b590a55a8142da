//! The key that is being read: enough of it to be compared, however long it is.

use super::paths::{KEY_CAP, bits};
use super::{Scanner, State, quote_or_escape};

/// A key without its escapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    bytes: [u8; KEY_CAP],
    len: usize,
    /// Too long, or with a character that no wanted key has.
    foreign: bool,
}

// === impl Key ===

impl Key {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; KEY_CAP],
            len: 0,
            foreign: false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.foreign = false;
    }

    pub(super) fn push(&mut self, part: &[u8]) {
        match self.bytes.get_mut(self.len..self.len + part.len()) {
            Some(room) => {
                room.copy_from_slice(part);
                self.len += part.len();
            }
            None => self.foreign = true,
        }
    }

    /// A character that no wanted key has.
    pub(super) fn push_foreign(&mut self) {
        self.foreign = true;
    }
}

// === impl Scanner ===

impl Scanner {
    /// Behind the quote before a key. One that stands in the piece as a whole, which nearly all do, is
    /// compared where it is.
    pub(super) fn key_begins(&mut self, piece: &[u8], at: usize) -> usize {
        if let Some(found) = quote_or_escape(&piece[at..])
            && piece[at + found] == b'"'
        {
            self.key_is(&piece[at..at + found]);
            return at + found + 1;
        }
        self.key.clear();
        self.state = State::Key;
        at
    }

    pub(super) fn key(&mut self, piece: &[u8], at: usize) -> usize {
        let Some(found) = quote_or_escape(&piece[at..]) else {
            self.key.push(&piece[at..]);
            return piece.len();
        };
        self.key.push(&piece[at..at + found]);
        match piece[at + found] {
            b'\\' => self.state = State::KeyEscape,
            _ => self.key_ended(),
        }
        at + found + 1
    }

    pub(super) fn key_escape(&mut self, byte: u8, at: usize) -> usize {
        self.state = State::Key;
        match byte {
            b'"' | b'\\' | b'/' => self.key.push(&[byte]),
            // Legal, and in no wanted key.
            b'b' | b'f' | b'n' | b'r' | b't' => self.key.push_foreign(),
            b'u' => self.state = State::KeyHex(0, 0),
            _ => self.give_up(),
        }
        at + 1
    }

    pub(super) fn key_hex(&mut self, digits: u8, code: u16, byte: u8, at: usize) -> usize {
        let Some(digit) = char::from(byte).to_digit(16) else {
            self.give_up();
            return at + 1;
        };
        let code = code << 4 | digit as u16;
        if digits < 3 {
            self.state = State::KeyHex(digits + 1, code);
            return at + 1;
        }
        match u8::try_from(code) {
            Ok(byte) if byte.is_ascii() => self.key.push(&[byte]),
            _ => self.key.push_foreign(),
        }
        self.state = State::Key;
        at + 1
    }

    /// The key that was read bit by bit is over.
    fn key_ended(&mut self) {
        let Key {
            bytes,
            len,
            foreign,
        } = self.key;
        match foreign {
            true => self.key_closes(),
            false => self.key_is(&bytes[..len]),
        }
    }

    /// A key is over that nobody waits for, as far as is known.
    fn key_closes(&mut self) {
        self.state = State::Colon;
        self.matched = 0;
    }

    fn key_is(&mut self, key: &[u8]) {
        self.key_closes();
        let level = self.level - 1;
        let of_length = self.paths.of_length[level].get(key.len());
        let candidates = self.alive[level] & of_length.copied().unwrap_or(0);
        for path in bits(candidates) {
            if self.paths.keys[path][level].as_bytes() == key {
                self.matched |= 1 << path;
            }
        }
        let again = self.matched & self.seen[level];
        if again != 0 {
            self.duplicates |= again;
            for path in bits(again) {
                self.values[path].clear();
            }
        }
        self.seen[level] |= self.matched;
    }
}
