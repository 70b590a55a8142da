//! Copies of both files, taken while a server writes them, and back again.
//!
//! A copy is what one read transaction sees, so it is a committed point, and writers do not wait for
//! it. The logs are looked at first: a log may be older than the configuration (what it has of
//! deleted gateways is swept), never newer, or rows would meet a later gateway of the same number.
//! Stored keys are copied as they lie there, sealed. The keys of the house are no part of it: where
//! those are, and what to tell people, is left to the server.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aig_model::Timestamp;
use aws_lc_rs::digest;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::directory::OPENING;
use crate::migrations;

mod manifest;

pub use manifest::{Manifest, Saved};

/// A backup could not be taken or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or directory cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A database cannot be read or written.
    #[error("{path}: {source}")]
    Database {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The place of a new backup is taken.
    #[error("{0} is not empty; name a directory that is not there yet")]
    Taken(PathBuf),
    /// The directory holds no backup of a form that this program knows.
    #[error("{path} is no backup of this program: {why}")]
    NoBackup {
        /// The list of contents.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file is not what it was when the backup was taken, or not whole.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file's schema is of a version that this program does not know.
    #[error(
        "{path} has schema version {found}, this program knows versions 1 to {known}; use the \
         version of the program that wrote it, or a newer one"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// There is an instance in the data directory.
    #[error("{0} is there already; nothing was changed")]
    Exists(PathBuf),
    /// The instance in the data directory is running, or another command works on it.
    #[error("{0} is in use; stop the server and every command that works on it first")]
    InUse(PathBuf),
}

/// A database of an instance.
struct Database {
    name: &'static str,
    /// The newest version of its schema.
    known: u32,
}

/// A database that is being read at one moment, however long that takes.
struct Pinned<'d> {
    database: &'d Database,
    path: PathBuf,
    connection: Connection,
}

/// A copy on its way into a data directory; what is left of it goes away with this.
struct Draft {
    path: PathBuf,
    /// Locked, so that of two commands only one goes on.
    _file: fs::File,
}

const CONFIG: Database = Database {
    name: "config.db",
    known: migrations::CONFIG.len() as u32,
};

const LOGS: Database = Database {
    name: "logs.db",
    known: migrations::LOGS.len() as u32,
};

/// What SQLite puts beside a database. One that was left by another database would be taken for a
/// part of this one.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What is handed over at once when a file is copied.
const CHUNK: usize = 1 << 16;

/// Takes a backup of the instance in `data_dir`, which may be in use, into the directory `to`, which
/// must be absent or empty, and appears there whole or not at all.
///
/// # Errors
/// When a file cannot be read or written, or the copy is found damaged.
pub fn back_up(data_dir: &Path, to: &Path, now: Timestamp) -> Result<Manifest, BackupError> {
    if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(BackupError::Taken(to.to_owned()));
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&partial)
        .map_err(at(&partial))?;
    let taken = fill(data_dir, &partial, now).and_then(|manifest| {
        fs::rename(&partial, to).map_err(at(to))?;
        sync_directory(to.parent().unwrap_or(Path::new(".")))?;
        Ok(manifest)
    });
    if taken.is_err() {
        // The first failure is the one that is told; what is left here is of no use to anybody.
        let _ = fs::remove_dir_all(&partial);
    }
    taken
}

fn fill(data_dir: &Path, to: &Path, now: Timestamp) -> Result<Manifest, BackupError> {
    let logs = Pinned::new(&LOGS, data_dir)?;
    let config = Pinned::new(&CONFIG, data_dir)?;
    let files = vec![config.copy(to)?, logs.copy(to)?];
    let manifest = Manifest {
        made_by: format!("aig {}", env!("CARGO_PKG_VERSION")),
        made_at: now,
        files,
    };
    manifest.write(to)?;
    sync_directory(to)?;
    Ok(manifest)
}

/// Brings the backup in `from` into `data_dir`, which is made when it is not there. An instance that
/// is there already is replaced when `replace` says so, and must not be in use.
///
/// Broken off anywhere, it leaves the former instance, or the former one without its log, or the
/// restored one without its log.
///
/// # Errors
/// When the backup is damaged or of an unknown version, there is an instance already, or it is in
/// use; then nothing was changed.
pub fn restore(from: &Path, data_dir: &Path, replace: bool) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(from)?;
    let there = |database: &Database| {
        let beside = BESIDE.iter().copied().chain([""]);
        let mut paths = beside.map(|end| data_dir.join(format!("{}{end}", database.name)));
        paths.find(|path| path.symlink_metadata().is_ok())
    };
    if !replace && let Some(path) = [&CONFIG, &LOGS].into_iter().find_map(there) {
        return Err(BackupError::Exists(path));
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(at(data_dir))?;
    let config = Draft::of(&CONFIG, &manifest, from, data_dir)?;
    let logs = Draft::of(&LOGS, &manifest, from, data_dir)?;
    // Held to the end: a server that starts meanwhile waits, or finds the new files.
    let _former = [
        exclusive(&data_dir.join(CONFIG.name))?,
        exclusive(&data_dir.join(LOGS.name))?,
    ];
    // The order of these three keeps rows away from a configuration that is older than they are.
    remove(data_dir, &LOGS)?;
    config.take_place(data_dir, &CONFIG)?;
    logs.take_place(data_dir, &LOGS)?;
    Ok(manifest)
}

// === impl Pinned ===

impl<'d> Pinned<'d> {
    /// Begins to read; what is committed from now on is not seen.
    fn new(database: &'d Database, data_dir: &Path) -> Result<Self, BackupError> {
        let path = data_dir.join(database.name);
        let pinned = || {
            // Not read-only: a reader of a write-ahead log may have to recover it first.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(OPENING)?;
            connection.pragma_update(None, "query_only", true)?;
            connection.execute_batch("BEGIN")?;
            let found = version(&connection)?;
            Ok((connection, found))
        };
        let (connection, found) = pinned().map_err(database_at(&path))?;
        database.is_known(&path, found)?;
        Ok(Self {
            database,
            path,
            connection,
        })
    }

    fn copy(self, to: &Path) -> Result<Saved, BackupError> {
        let path = to.join(self.database.name);
        private(&path, fs::OpenOptions::new().write(true).create_new(true))?;
        let copied = || {
            let mut copy = Connection::open(&path)?;
            // All in one step: the steps of several would be of several moments.
            let result = Backup::new(&self.connection, &mut copy)?.step(-1)?;
            if result != StepResult::Done {
                return Err(busy());
            }
            // A single file, which can be read where nothing can be written.
            copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
        };
        copied().map_err(database_at(&self.path))?;
        let schema = self.database.check(&path)?;
        let (bytes, sha256) = copy_bytes(&path, &mut io::sink())?;
        let file = fs::File::open(&path).map_err(at(&path))?;
        file.sync_all().map_err(at(&path))?;
        Ok(Saved {
            name: self.database.name.to_owned(),
            schema,
            bytes,
            sha256,
        })
    }
}

// === impl Draft ===

impl Draft {
    /// Copies a file beside its place, and checks what was really copied.
    fn of(
        database: &Database,
        manifest: &Manifest,
        from: &Path,
        data_dir: &Path,
    ) -> Result<Self, BackupError> {
        let source = from.join(database.name);
        let saved = manifest.file(database.name, from)?;
        let path = data_dir.join(format!("{}.restoring", database.name));
        let mut file = private(&path, fs::OpenOptions::new().append(true).create(true))?;
        if file.try_lock().is_err() {
            return Err(BackupError::InUse(path));
        }
        let draft = Self {
            path: path.clone(),
            _file: file.try_clone().map_err(at(&path))?,
        };
        // One that broke off may have left something.
        file.set_len(0).map_err(at(&path))?;
        let (bytes, sha256) = copy_bytes(&source, &mut file)?;
        file.sync_all().map_err(at(&path))?;
        if (bytes, &sha256) != (saved.bytes, &saved.sha256) {
            return Err(BackupError::Damaged {
                path: source,
                what: "it is not what it was when the backup was taken".to_owned(),
            });
        }
        database.check(&path).map_err(|error| error.of(&source))?;
        Ok(draft)
    }

    /// Takes the place of the database, and of what lay beside it.
    fn take_place(self, data_dir: &Path, database: &Database) -> Result<(), BackupError> {
        for end in BESIDE {
            remove_file(&data_dir.join(format!("{}{end}", database.name)))?;
        }
        let path = data_dir.join(database.name);
        fs::rename(&self.path, &path).map_err(at(&path))?;
        sync_directory(data_dir)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it took its place.
        let _ = fs::remove_file(&self.path);
    }
}

// === impl Database ===

impl Database {
    fn is_known(&self, path: &Path, found: u32) -> Result<(), BackupError> {
        if (1..=self.known).contains(&found) {
            return Ok(());
        }
        Err(BackupError::Version {
            path: path.to_owned(),
            found,
            known: self.known,
        })
    }

    /// Refuses a file that is not whole or of an unknown version; answers the version.
    fn check(&self, path: &Path) -> Result<u32, BackupError> {
        let read = || {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let found = version(&connection)?;
            let verdict: String =
                connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            Ok((found, verdict))
        };
        let (found, verdict) = read().map_err(database_at(path))?;
        self.is_known(path, found)?;
        match verdict.as_str() {
            "ok" => Ok(found),
            _ => Err(BackupError::Damaged {
                path: path.to_owned(),
                what: verdict,
            }),
        }
    }
}

impl BackupError {
    /// The same of the file that people know.
    fn of(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            Self::Damaged { what, .. } => Self::Damaged { path, what },
            Self::Version { found, known, .. } => Self::Version { path, found, known },
            Self::Database { source, .. } => Self::Database { path, source },
            other => other,
        }
    }
}

/// A connection that keeps everybody else away from a database; `None` where there is none.
fn exclusive(path: &Path) -> Result<Option<Connection>, BackupError> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let lock = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Refused as long as anybody else has it open, and afterwards nothing lies beside it that
        // the end of this connection would take away from under the new file.
        connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(connection)
    };
    lock().map(Some).map_err(|error: rusqlite::Error| {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                BackupError::InUse(path.to_owned())
            }
            // Nobody can say whether a file that is no database any more is in use.
            _ => BackupError::Damaged {
                path: path.to_owned(),
                what: format!("{error}; move it away, and restore then"),
            },
        }
    })
}

fn remove(data_dir: &Path, database: &Database) -> Result<(), BackupError> {
    for end in BESIDE.into_iter().chain([""]) {
        remove_file(&data_dir.join(format!("{}{end}", database.name)))?;
    }
    sync_directory(data_dir)
}

fn remove_file(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Copies a file; answers its length and its SHA-256 in hex digits.
fn copy_bytes(from: &Path, to: &mut impl Write) -> Result<(u64, String), BackupError> {
    let mut source = fs::File::open(from).map_err(at(from))?;
    let mut hash = digest::Context::new(&digest::SHA256);
    let (mut chunk, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        let length = source.read(&mut chunk).map_err(at(from))?;
        if length == 0 {
            break;
        }
        hash.update(&chunk[..length]);
        to.write_all(&chunk[..length]).map_err(at(from))?;
        bytes += length as u64;
    }
    let hex = |byte: &u8| format!("{byte:02x}");
    Ok((bytes, hash.finish().as_ref().iter().map(hex).collect()))
}

fn private(path: &Path, options: &mut fs::OpenOptions) -> Result<fs::File, BackupError> {
    options.mode(0o600).open(path).map_err(at(path))
}

fn sync_directory(path: &Path) -> Result<(), BackupError> {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    let handle = fs::File::open(path).map_err(at(path))?;
    handle.sync_all().map_err(at(path))
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn busy() -> rusqlite::Error {
    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    rusqlite::Error::SqliteFailure(busy, None)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

fn database_at(path: &Path) -> impl FnOnce(rusqlite::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Database { path, source }
}

#[cfg(test)]
mod tests;
