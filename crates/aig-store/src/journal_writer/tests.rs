//! Which errors are a row's own.

use rusqlite::ffi;

use super::*;

#[test]
fn a_fault_of_the_file_is_not_taken_for_a_fault_of_the_row() {
    let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    for code in [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_CHECK,
        ffi::SQLITE_TOOBIG,
        ffi::SQLITE_MISMATCH,
    ] {
        assert!(is_fault_of_row(&failure(code)), "{code}");
    }
    for code in [
        ffi::SQLITE_BUSY,
        ffi::SQLITE_FULL,
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_CORRUPT,
        ffi::SQLITE_NOMEM,
    ] {
        assert!(!is_fault_of_row(&failure(code)), "{code}");
    }
}
