//! The names of an object's members, duplicates included, as a strict reader finds them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The names in their order.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<String>);

impl Members {
    /// Of the object that the document is. One that is something else has none, and a name that is no
    /// Unicode makes all of them unreadable.
    pub(super) fn of(document: &[u8]) -> Option<Self> {
        match serde_json::from_slice(document) {
            Ok(members) => Some(members),
            Err(error) if error.is_data() => Some(Self::default()),
            Err(_) => None,
        }
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|member| *member == name).count()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = map.next_key()? {
            names.push(name);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(Members(names))
    }
}
