//! The kind of table that every request looks things up in.

use std::collections::HashMap;

/// A table whose keys come from the configuration, with a hash that is several times as fast as the
/// standard one. It is seeded at random; but where callers put keys in, the standard one is in place,
/// which nobody can make slow on purpose.
pub type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
