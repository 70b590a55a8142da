//! Which failures of SQLite become which of ours.

use rusqlite::ffi;

use super::*;

fn failure(code: std::ffi::c_int) -> StoreError {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()
}

#[test]
fn locks_and_full_disks_have_names_of_their_own() {
    assert!(matches!(failure(ffi::SQLITE_BUSY), StoreError::Busy));
    assert!(matches!(
        failure(ffi::SQLITE_BUSY_SNAPSHOT),
        StoreError::Busy
    ));
    assert!(matches!(failure(ffi::SQLITE_FULL), StoreError::Full));
    assert!(matches!(
        failure(ffi::SQLITE_IOERR_WRITE),
        StoreError::Disk(_)
    ));
    assert!(matches!(
        failure(ffi::SQLITE_CORRUPT),
        StoreError::Sqlite(_)
    ));
}

#[test]
fn a_failed_sync_is_told_from_other_failures() {
    assert!(failure(SQLITE_IOERR_FSYNC).is_failed_sync());
    assert!(failure(SQLITE_IOERR_DIR_FSYNC).is_failed_sync());
    assert!(!failure(ffi::SQLITE_IOERR_READ).is_failed_sync());
    assert!(!failure(ffi::SQLITE_FULL).is_failed_sync());
}
