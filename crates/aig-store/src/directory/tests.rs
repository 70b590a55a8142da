//! Modes of the files and settings of the connections.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

fn prepared() -> (TempDir, Directory) {
    let temporary = TempDir::new().unwrap();
    let directory = Directory::prepare(&temporary.path().join("a/b")).unwrap();
    (temporary, directory)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn pragma(connection: &Connection, name: &str) -> String {
    connection
        .pragma_query_value(None, name, |row| row.get_ref(0).map(text))
        .unwrap()
}

fn text(value: rusqlite::types::ValueRef<'_>) -> String {
    match value {
        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
        other => other.as_str().unwrap().to_owned(),
    }
}

#[test]
fn directory_and_files_are_for_this_user_alone() {
    let (temporary, directory) = prepared();
    let connection = directory.config_writer().unwrap();
    connection.execute_batch("PRAGMA user_version = 1").unwrap();
    assert_eq!(mode(&temporary.path().join("a/b")), 0o700);
    assert_eq!(mode(&directory.config), 0o600);
    assert_eq!(mode(&directory.logs), 0o600);
    assert_eq!(
        mode(&temporary.path().join("a/b/config.db-wal")),
        0o600,
        "what SQLite adds has the mode of its file"
    );
}

#[test]
fn a_commit_of_the_configuration_is_synced_and_one_of_the_logs_is_not() {
    let (_temporary, directory) = prepared();
    for (connection, synchronous) in [
        (directory.config_writer().unwrap(), "2"),
        (directory.logs_writer().unwrap(), "1"),
    ] {
        assert_eq!(pragma(&connection, "journal_mode"), "wal");
        assert_eq!(pragma(&connection, "synchronous"), synchronous);
        assert_eq!(pragma(&connection, "secure_delete"), "1");
        assert_eq!(pragma(&connection, "foreign_keys"), "1");
        assert_eq!(pragma(&connection, "trusted_schema"), "0");
    }
}

#[test]
fn readers_cannot_write() {
    let (_temporary, directory) = prepared();
    directory.config_writer().unwrap();
    let reader = directory.config_reader().unwrap();
    let error = reader.execute("DELETE FROM account", []).unwrap_err();
    assert_eq!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::ReadOnly)
    );
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let temporary = TempDir::new().unwrap();
    let file = temporary.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Directory::prepare(&file.join("data")).unwrap_err();
    assert!(error.to_string().contains("file/data"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let (_temporary, directory) = prepared();
    fs::write(
        &directory.config,
        "not a database, but long enough to be read as one".repeat(9),
    )
    .unwrap();
    let error = directory.config_writer().unwrap_err();
    assert!(error.to_string().contains("config.db"), "{error}");
}
