//! Versions of the two files: which statements lead from each version to the next.
//!
//! A file's version is its `user_version`. All steps are one transaction together with the new
//! version, so that a crash leaves the old schema or the new one, and a new file is synced once. A
//! version that is not known is refused: an older program would not know what it breaks.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

/// The steps of the configuration; the first leads from an empty file to version 1.
pub(crate) const CONFIG: &[&str] = &[
    include_str!("schema/config-1.sql"),
    include_str!("schema/config-2.sql"),
    include_str!("schema/config-3.sql"),
    include_str!("schema/config-4.sql"),
    include_str!("schema/config-5.sql"),
    include_str!("schema/config-6.sql"),
    include_str!("schema/config-7.sql"),
    include_str!("schema/config-8.sql"),
    include_str!("schema/config-9.sql"),
];

/// The steps of the logs.
pub(crate) const LOGS: &[&str] = &[
    include_str!("schema/logs-1.sql"),
    include_str!("schema/logs-2.sql"),
    include_str!("schema/logs-3.sql"),
    include_str!("schema/logs-4.sql"),
    include_str!("schema/logs-5.sql"),
];

/// Brings the file to the newest version.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let known = u32::try_from(steps.len()).expect("a list of steps in a source file is short");
    let failed = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    // Immediate, and the version read inside: two processes may start at the same time.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let found: u32 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(failed)?;
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == known {
        return Ok(());
    }
    for step in steps.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    tracing::info!(file = %path.display(), from = found, to = known, "schema brought up to date");
    Ok(())
}

#[cfg(test)]
mod tests;
