//! The data directory: its files, their modes, and how a connection to each is set up.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::migrations;

/// Where the two files are.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    config: PathBuf,
    logs: PathBuf,
}

/// How sure a commit is when it returns.
#[derive(Clone, Copy, Debug)]
enum Durability {
    /// Synced: it survives a loss of power.
    Synced,
    /// Written: it survives the end of the process.
    Written,
}

/// How long opening waits for another process that is opening, or migrating, the same file.
pub(crate) const OPENING: Duration = Duration::from_secs(10);

impl Directory {
    /// Makes the directory and the files where needed, for this user alone.
    pub(crate) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| StoreError::Directory { path, source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed(path))?;
        let directory = Self {
            config: path.join("config.db"),
            logs: path.join("logs.db"),
        };
        for file in [&directory.config, &directory.logs] {
            // SQLite gives the files beside it the mode of the file itself.
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(file)
                .map_err(failed(file))?;
        }
        // A new file is not safe before its name is; SQLite does this for its own files only.
        let handle = fs::File::open(path).map_err(failed(path))?;
        handle.sync_all().map_err(failed(path))?;
        Ok(directory)
    }

    /// The one connection that changes the configuration, with the newest schema.
    pub(crate) fn config_writer(&self) -> Result<Connection, StoreError> {
        let mut connection = open(&self.config, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        tune(&connection, Durability::Synced).map_err(not_opened(&self.config))?;
        migrations::migrate(&mut connection, &self.config, migrations::CONFIG)?;
        Ok(connection)
    }

    /// The one connection that writes logs, with the newest schema.
    pub(crate) fn logs_writer(&self) -> Result<Connection, StoreError> {
        let mut connection = open(&self.logs, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        tune(&connection, Durability::Written).map_err(not_opened(&self.logs))?;
        migrations::migrate(&mut connection, &self.logs, migrations::LOGS)?;
        Ok(connection)
    }

    /// A connection that can read the configuration and nothing else.
    pub(crate) fn config_reader(&self) -> Result<Connection, StoreError> {
        reader(&self.config)
    }

    /// A connection that can read the logs and nothing else.
    pub(crate) fn logs_reader(&self) -> Result<Connection, StoreError> {
        reader(&self.logs)
    }
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    // Not opened read-only: a reader of a write-ahead log may have to recover it first.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(not_opened(path))?;
    Ok(connection)
}

fn open(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(not_opened(path))?;
    connection.busy_timeout(OPENING).map_err(not_opened(path))?;
    Ok(connection)
}

fn tune(connection: &Connection, durability: Durability) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(
        None,
        "synchronous",
        match durability {
            Durability::Synced => "FULL",
            Durability::Written => "NORMAL",
        },
    )?;
    // What is deleted is overwritten, not only forgotten: no body and no old envelope stays in a
    // free page.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Functions in a schema that somebody tampered with do not run.
    connection.pragma_update(None, "trusted_schema", false)
}

fn not_opened(path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Open { path, source }
}

#[cfg(test)]
mod tests;
