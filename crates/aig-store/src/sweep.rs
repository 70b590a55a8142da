//! Takes log rows off the disk whose gateway is gone.
//!
//! Reconciling: it compares the incarnations that have rows with those that exist, and needs no
//! list of what was deleted, which could get lost in a crash. Incarnations that were issued after
//! the comparison's moment are left alone: another process may have made those gateways.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, named_params};
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

/// How many entries of each table one step deletes: few, because rows wait to be written meanwhile.
const ROWS: u32 = 1_000;

const LOGS: &str = "SELECT account_id, incarnation FROM log_of ORDER BY account_id, incarnation";

/// What a log has in tables that are keyed by incarnation and something else: statement, bits of
/// the something else.
const DELETES: [(&str, u32); 3] = [
    (
        "DELETE FROM log_row WHERE key IN
            (SELECT key FROM log_row WHERE key BETWEEN :first AND :last LIMIT :rows)",
        36,
    ),
    (
        "DELETE FROM log_column WHERE key IN
            (SELECT key FROM log_column WHERE key BETWEEN :first AND :last LIMIT :rows)",
        30,
    ),
    (
        "DELETE FROM log_block WHERE key IN
            (SELECT key FROM log_block WHERE key BETWEEN :first AND :last LIMIT :rows)",
        24,
    ),
];

const DELETE_BODIES: &str = "
    DELETE FROM log_body WHERE body IN
        (SELECT body FROM log_body WHERE incarnation = :incarnation LIMIT :rows)";

const DELETE: &str = "
    DELETE FROM log_of WHERE account_id = :account AND incarnation = :incarnation";

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

    /// Does a little, and tells whether something was deleted. A failure is no loss: the next step
    /// compares again.
    pub(crate) fn step(&mut self, connection: &mut Connection) -> bool {
        self.try_step(connection).unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot sweep the logs now");
            self.dead.clear();
            self.due = true;
            false
        })
    }

    fn try_step(&mut self, connection: &mut Connection) -> rusqlite::Result<bool> {
        // An error means that the configuration's writer is gone, and nothing changes any more.
        if self.due || self.live.has_changed().unwrap_or(false) {
            let live = Arc::clone(&self.live.borrow_and_update());
            self.dead = dead(connection, &live)?;
            self.due = false;
        }
        let Some((account, incarnation)) = self.dead.last() else {
            return Ok(false);
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut is_done = true;
        for (sql, bits) in DELETES {
            let deleted = transaction.prepare_cached(sql)?.execute(named_params! {
                ":first": incarnation << bits,
                ":last": ((incarnation + 1) << bits) - 1,
                ":rows": ROWS,
            })?;
            is_done &= deleted < ROWS as usize;
        }
        let deleted = transaction
            .prepare_cached(DELETE_BODIES)?
            .execute(named_params! {
                ":incarnation": incarnation,
                ":rows": ROWS / 10,
            })?;
        is_done &= deleted < ROWS as usize / 10;
        if is_done {
            transaction.prepare_cached(DELETE)?.execute(named_params! {
                ":account": account,
                ":incarnation": incarnation,
            })?;
        }
        transaction.commit()?;
        if is_done {
            self.dead.pop();
        }
        Ok(true)
    }
}

fn dead(connection: &Connection, live: &Live) -> rusqlite::Result<Vec<(String, i64)>> {
    let alive = live.numbers();
    let mut statement = connection.prepare_cached(LOGS)?;
    let all = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut dead: Vec<(String, i64)> = all.collect::<Result<_, _>>()?;
    dead.retain(|(_, incarnation)| *incarnation <= live.issued && !alive.contains(incarnation));
    Ok(dead)
}

#[cfg(test)]
mod tests;
