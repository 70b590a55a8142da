//! `aig backup` and `aig restore`: a running instance's databases, into a directory and back.
//!
//! The keys of the house are left out, the pepper and the key-encryption key: whoever gets hold of a
//! backup has sealed keys and digests, and can do nothing with them. Both commands say where the keys
//! are, because a backup is of no use without them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use aig_model::Timestamp;
use aig_store::backup::{Manifest, back_up, restore};
use anyhow::{Context, bail};

use crate::kek::KekSetting;
use crate::keys;
use crate::local::{Found, Place};
use crate::print::{json, moment, table};

/// Where a backup goes.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// Directory of the backup; it must not be there yet, or be empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Where a backup is.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// Directory of the backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Replace the instance that is there, with all that it holds; it must be stopped
    #[arg(long)]
    replace: bool,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

impl BackupArgs {
    pub(crate) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let found = place.find()?;
        found.is_there()?;
        let now = Timestamp::from(SystemTime::now());
        let manifest = back_up(&found.data_dir, &self.to, now).with_context(|| {
            let from = found.data_dir.display();
            format!("{from} cannot be backed up into {}", self.to.display())
        })?;
        say(self.json, &manifest);
        let keys = keys_of(found)?.map(|key| key.name).join("\n  ");
        eprintln!(
            "\nThe keys of the house are not in it, and it opens with nothing else. Keep them, as \
             they are now, elsewhere:\n\n  {keys}"
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl RestoreArgs {
    pub(crate) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let found = place.find()?;
        if !self.from.is_dir() {
            bail!("there is no backup in {}", self.from.display());
        }
        let manifest = restore(&self.from, &found.data_dir, self.replace).map_err(|error| {
            let exists = matches!(error, aig_store::backup::BackupError::Exists(_));
            let remedy = match exists {
                true => "; --replace does away with it, or name another place with --data-dir",
                false => "",
            };
            anyhow::anyhow!(
                "{} cannot be restored: {error}{remedy}",
                self.from.display()
            )
        })?;
        let data_dir = found.data_dir.clone();
        say(self.json, &manifest);
        let missing = keys_of(found)?.into_iter().filter(|key| !key.is_there);
        let missing: Vec<_> = missing.map(|key| key.name).collect();
        eprintln!("\nRestored into {}.", data_dir.display());
        if !missing.is_empty() {
            eprintln!(
                "It does not start without the keys of the time of the backup; put them there, or \
                 say where they are:\n\n  {}",
                missing.join("\n  ")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A key that a backup is of no use without.
struct Key {
    name: String,
    is_there: bool,
}

fn keys_of(found: Found) -> anyhow::Result<[Key; 2]> {
    let pepper = (found.token_pepper_file).unwrap_or_else(|| keys::own(&found.data_dir));
    let kek = KekSetting::new(found.key_encryption_key_file)?;
    let (name, path) = kek.place(&found.data_dir);
    Ok([
        Key {
            is_there: pepper.exists(),
            name: format!("token pepper {}", pepper.display()),
        },
        Key {
            // What the environment holds is there.
            is_there: path.as_deref().is_none_or(Path::exists),
            name,
        },
    ])
}

fn say(as_json: bool, manifest: &Manifest) {
    if as_json {
        println!("{}", json(&manifest.to_json()));
        return;
    }
    let rows = manifest.files.iter().map(|file| {
        [
            file.name.clone(),
            file.schema.to_string(),
            file.bytes.to_string(),
            moment(manifest.made_at),
        ]
    });
    println!("{}", table(["file", "schema", "bytes", "taken"], rows));
}
