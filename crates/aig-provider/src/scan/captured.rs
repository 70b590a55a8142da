//! What the scanner keeps of one wanted value.

#[derive(Clone, Debug, Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
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
