//! Custom metadata of a request: the `cf-aig-metadata` header as a value.
//!
//! Cloudflare keeps the first five entries, drops keys that begin with `cf.` when a client sends
//! them, and takes a header that is no flat JSON object for none at all; so do we, and count it.

use serde_json::{Map, Value};

/// At most five entries of text, numbers and truth values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Map<String, Value>);

/// What became of the header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataReading {
    /// The entries that are kept; `None` when the header was no flat object, or had no entries.
    pub metadata: Option<Metadata>,
    /// How many entries were left out: reserved keys, or beyond the fifth.
    pub dropped: usize,
}

impl Metadata {
    /// The most entries that are kept.
    pub const MAX_ENTRIES: usize = 5;
    /// Keys with this prefix are the gateway's own.
    pub const RESERVED_PREFIX: &str = "cf.";

    /// Reads the header's value. Never fails a request.
    pub fn read(header: &[u8]) -> MetadataReading {
        let Ok(Value::Object(entries)) = serde_json::from_slice(header) else {
            return MetadataReading::default();
        };
        if entries
            .values()
            .any(|v| v.is_object() || v.is_array() || v.is_null())
        {
            return MetadataReading::default();
        }
        let sent = entries.len();
        let kept: Map<_, _> = entries
            .into_iter()
            .filter(|(key, _)| !key.starts_with(Self::RESERVED_PREFIX))
            .take(Self::MAX_ENTRIES)
            .collect();
        MetadataReading {
            dropped: sent - kept.len(),
            metadata: (!kept.is_empty()).then_some(Self(kept)),
        }
    }

    /// Reads back what [`Self::to_json`] wrote, the gateway's own entries included.
    pub fn from_json(text: &str) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(entries)) => Some(Self(entries)),
            _ => None,
        }
    }

    /// The entries.
    pub const fn entries(&self) -> &Map<String, Value> {
        &self.0
    }

    /// About how many bytes they take.
    pub fn weight(&self) -> usize {
        let entries = self.0.iter();
        entries
            .map(|(key, value)| key.len() + value.as_str().map_or(8, str::len) + size_of::<Value>())
            .sum()
    }

    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(header: &str) -> Option<String> {
        Metadata::read(header.as_bytes())
            .metadata
            .map(|m| m.to_json())
    }

    #[test]
    fn flat_objects_are_kept() {
        let header = r#"{"team":"search","n":3,"ok":true}"#;
        assert_eq!(kept(header).unwrap(), header);
    }

    #[test]
    fn the_first_five_are_kept_and_reserved_keys_are_not() {
        let reading = Metadata::read(br#"{"cf.user_id":"x","a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#);
        assert_eq!(reading.dropped, 2);
        assert_eq!(
            reading.metadata.unwrap().to_json(),
            r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#
        );
    }

    #[test]
    fn anything_else_is_no_metadata_at_all() {
        for header in [
            "",
            "7",
            "[1]",
            r#"{"a":null}"#,
            r#"{"a":{"b":1}}"#,
            "{\"a\":",
            "{}",
        ] {
            assert_eq!(kept(header), None, "{header}");
        }
    }

    #[test]
    fn what_was_written_is_read_back_with_the_gateways_own_entries() {
        let json = r#"{"cf.user_id":"u","a":1.5,"b":false}"#;
        assert_eq!(Metadata::from_json(json).unwrap().to_json(), json);
        assert_eq!(Metadata::from_json("[1]"), None);
    }
}
