//! Takes log rows off the disk whose gateway is gone.
//!
//! Reconciling: it compares the incarnations that have rows with those that exist, and needs no
//! list of what was deleted, which could get lost in a crash. Incarnations that were issued after
//! the comparison's moment are left alone: another process may have made those gateways.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params};
use tokio::sync::watch;

use crate::live::Live;

/// The sweep, which goes on in small steps.
pub(crate) struct Sweep {
    live: watch::Receiver<Arc<Live>>,
    /// Incarnations whose rows are being deleted, with their accounts.
    dead: Vec<(String, i64)>,
    /// A comparison is due, although nothing has changed.
    due: bool,
}

/// How many rows one step deletes: few, because rows wait to be written meanwhile.
const ROWS: u32 = 1_000;

/// The next pair that has rows, found through the index without reading the rows between.
const NEXT: &str = "
    SELECT account_id, incarnation FROM log
    WHERE (account_id, incarnation) > (:account_id, :incarnation)
    ORDER BY account_id, incarnation
    LIMIT 1";

const DELETE: &str = "
    DELETE FROM log
    WHERE rowid IN (
        SELECT rowid FROM log
        WHERE account_id = :account AND incarnation = :incarnation
        LIMIT :rows
    )";

impl Sweep {
    /// Begins with a comparison: the last process may not have finished.
    pub(crate) const fn new(live: watch::Receiver<Arc<Live>>) -> Self {
        Self {
            live,
            dead: vec![],
            due: true,
        }
    }

    /// Whether there is something to do right now.
    pub(crate) const fn is_busy(&self) -> bool {
        !self.dead.is_empty()
    }

    /// Does a little. A failure is no loss: the next step compares again.
    pub(crate) fn step(&mut self, connection: &mut Connection) {
        if let Err(error) = self.try_step(connection) {
            tracing::debug!(%error, "cannot sweep the logs now");
            self.dead.clear();
            self.due = true;
        }
    }

    fn try_step(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        // An error means that the configuration's writer is gone, and nothing changes any more.
        if self.due || self.live.has_changed().unwrap_or(false) {
            let live = Arc::clone(&self.live.borrow_and_update());
            self.dead = dead(connection, &live)?;
            self.due = false;
        }
        let Some((account, incarnation)) = self.dead.last() else {
            return Ok(());
        };
        let deleted = connection.prepare_cached(DELETE)?.execute(named_params! {
            ":account": account,
            ":incarnation": incarnation,
            ":rows": ROWS,
        })?;
        if deleted < ROWS as usize {
            self.dead.pop();
        }
        Ok(())
    }
}

fn dead(connection: &Connection, live: &Live) -> rusqlite::Result<Vec<(String, i64)>> {
    let alive = live.numbers();
    let mut statement = connection.prepare_cached(NEXT)?;
    let mut dead = vec![];
    let mut last = (String::new(), i64::MIN);
    while let Some(next) = statement
        .query_row(
            named_params! { ":account_id": last.0, ":incarnation": last.1 },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?
    {
        last = next;
        if last.1 <= live.issued && !alive.contains(&last.1) {
            dead.push(last.clone());
        }
    }
    Ok(dead)
}

#[cfg(test)]
mod tests;
