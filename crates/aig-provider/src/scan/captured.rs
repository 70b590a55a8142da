//! What the scanner keeps of one wanted value.

use smallvec::SmallVec;

/// Most values are numbers and short names, for which nothing need be allocated.
const SHORT: usize = 24;

#[derive(Clone, Debug, Default)]
pub(super) struct Captured {
    pub(super) bytes: SmallVec<[u8; SHORT]>,
    pub(super) state: Capture,
    /// Where in the document it begins.
    pub(super) begin: u64,
    /// How many bytes it has, kept or not.
    pub(super) length: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Capture {
    #[default]
    Absent,
    Partial,
    Whole,
    TooLong,
}

// === impl Captured ===

impl Captured {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.length = 0;
        self.state = Capture::Absent;
    }
}
