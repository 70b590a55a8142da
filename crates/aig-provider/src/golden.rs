//! The golden bodies in `data/`, for the tests of the readers.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::wire::Wire;

/// The golden bodies of one wire whose names end like that, each with its reading.
pub(crate) fn golden(wire: Wire, end: &str) -> Vec<(String, Vec<u8>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(wire.word());
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(stem) = name.strip_suffix(end) else {
            continue;
        };
        if stem.ends_with(".reading") {
            continue;
        }
        let kind = end.trim_start_matches('.').split('.').next().unwrap();
        let reading = path.with_file_name(format!("{stem}.{kind}.reading.json"));
        let reading = fs::read(&reading).unwrap_or_else(|error| panic!("{reading:?}: {error}"));
        let reading = serde_json::from_slice(&reading).unwrap();
        found.push((name.to_owned(), fs::read(&path).unwrap(), reading));
    }
    found
}
