//! The wanted places of a document, and sets of them as bits.

/// Wanted objects can nest this deep: as deep as the longest path.
pub(super) const LEVELS: usize = 4;
/// The step of a path that means every item of an array.
pub(super) const ITEMS: &str = "[]";
/// No wanted key is longer than this.
pub(super) const KEY_CAP: usize = 32;

/// The wanted places: each a list of keys from the outermost object down to the value, with `[]` for
/// every item of an array.
///
/// No path may lead through the value of another one.
#[derive(Clone, Copy, Debug)]
pub struct Paths {
    pub(super) keys: &'static [&'static [&'static str]],
    /// By level and length: the paths whose key there is so long, one bit each. Of nearly every key of a
    /// document the length alone tells that nobody waits for it.
    pub(super) of_length: [[u32; KEY_CAP + 1]; LEVELS],
}

/// The places of a mask's bits, from the lowest.
pub(super) fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros();
        mask &= mask.checked_sub(1)?;
        Some(bit as usize)
    })
}

// === impl Paths ===

impl Paths {
    /// The wanted places. Panics, at compile time when used in a constant, if they are too many,
    /// too deep or too long for the scanner.
    pub const fn new(paths: &'static [&'static [&'static str]]) -> Self {
        assert!(
            !paths.is_empty() && paths.len() <= 32,
            "no wanted path, or more than bits in a mask"
        );
        let mut of_length = [[0; KEY_CAP + 1]; LEVELS];
        let mut path = 0;
        while path < paths.len() {
            let keys = paths[path];
            assert!(
                !keys.is_empty() && keys.len() <= LEVELS,
                "a wanted path is empty or too deep"
            );
            let mut key = 0;
            while key < keys.len() {
                let length = keys[key].len();
                assert!(length <= KEY_CAP, "a wanted key is too long");
                of_length[key][length] |= 1 << path;
                key += 1;
            }
            path += 1;
        }
        Self {
            keys: paths,
            of_length,
        }
    }
}
