//! The key that is being read: enough of it to be compared, however long it is.

use super::paths::KEY_CAP;

/// A key without its escapes.
#[derive(Clone, Debug)]
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

    /// The key, if it can be a wanted one.
    pub(super) fn text(&self) -> Option<&[u8]> {
        (!self.foreign).then_some(&self.bytes[..self.len])
    }
}
