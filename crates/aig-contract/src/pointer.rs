//! JSON pointers (RFC 6901): taking them apart and putting them together.

/// The pointer of a member or item of the node at `pointer`.
#[must_use]
pub fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The pointer of a node several steps below the one at `pointer`.
#[must_use]
pub fn descend(pointer: &str, keys: &[&str]) -> String {
    keys.iter()
        .fold(pointer.to_owned(), |pointer, key| child(&pointer, key))
}

/// The keys of a pointer, from the root.
pub fn keys(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(unescape)
}

/// One key of a pointer as it stands in the document.
#[must_use]
pub fn unescape(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
