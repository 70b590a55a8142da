//! What a backup says of itself: who made it, when, and what its files must be.

use std::fs;
use std::path::Path;

use aig_model::Timestamp;
use serde_json::{Value, json};

use super::{BackupError, at};

/// The list of a backup's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The program and its version.
    pub made_by: String,
    /// When it was taken.
    pub made_at: Timestamp,
    /// Its files.
    pub files: Vec<Saved>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// The version of its schema.
    pub schema: u32,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hex digits.
    pub sha256: String,
}

/// The file's name in the backup.
const NAME: &str = "backup.json";

/// The form of a backup that is described here.
const FORMAT: u64 = 1;

/// The longest list that is read.
const LONGEST: u64 = 1 << 16;

impl Manifest {
    /// The list for programs.
    pub fn to_json(&self) -> Value {
        let files = self.files.iter().map(|file| {
            json!({
                "name": file.name,
                "schema": file.schema,
                "bytes": file.bytes,
                "sha256": file.sha256,
            })
        });
        json!({
            "format": FORMAT,
            "made_by": self.made_by,
            "made_at_ms": self.made_at.as_millis(),
            "files": files.collect::<Vec<_>>(),
        })
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), BackupError> {
        use std::io::Write;
        let path = directory.join(NAME);
        let mut options = fs::OpenOptions::new();
        let mut file = super::private(&path, options.write(true).create_new(true))?;
        let text = format!("{:#}\n", self.to_json());
        let written = file.write_all(text.as_bytes());
        written.and_then(|()| file.sync_all()).map_err(at(&path))
    }

    pub(super) fn read(directory: &Path) -> Result<Self, BackupError> {
        use std::io::Read;
        let path = directory.join(NAME);
        let mut text = Vec::new();
        let file = fs::File::open(&path).map_err(at(&path))?;
        (file.take(LONGEST).read_to_end(&mut text)).map_err(at(&path))?;
        parse(&text).map_err(|why| BackupError::NoBackup { path, why })
    }

    /// What the list says of a file.
    pub(super) fn file(&self, name: &str, directory: &Path) -> Result<&Saved, BackupError> {
        let found = self.files.iter().find(|file| file.name == name);
        found.ok_or_else(|| BackupError::NoBackup {
            path: directory.join(NAME),
            why: "a file is missing from its list",
        })
    }
}

fn parse(text: &[u8]) -> Result<Manifest, &'static str> {
    const SHAPE: &str = "its list of contents is not as it should be";
    let list: Value =
        serde_json::from_slice(text).map_err(|_| "its list of contents is no JSON")?;
    if list["format"].as_u64() != Some(FORMAT) {
        return Err("it has another form; use the version of the program that made it");
    }
    let saved = |file: &Value| {
        Some(Saved {
            name: file["name"].as_str()?.to_owned(),
            schema: file["schema"].as_u64()?.try_into().ok()?,
            bytes: file["bytes"].as_u64()?,
            sha256: file["sha256"].as_str()?.to_owned(),
        })
    };
    let files = list["files"].as_array().ok_or(SHAPE)?.iter().map(saved);
    Ok(Manifest {
        made_by: list["made_by"].as_str().ok_or(SHAPE)?.to_owned(),
        made_at: Timestamp::from_millis(list["made_at_ms"].as_i64().ok_or(SHAPE)?),
        files: files.collect::<Option<_>>().ok_or(SHAPE)?,
    })
}
