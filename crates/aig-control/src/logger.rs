//! Hands dropshot's log lines on to `tracing`, without their values: those hold addresses and
//! paths of every request, which the data plane's own log has already.

use slog::{Drain, Level, Logger, OwnedKVList, Record, o};

struct Bridge;

/// A logger for dropshot.
pub(crate) fn logger() -> Logger {
    Logger::root(Bridge, o!())
}

impl Drain for Bridge {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _values: &OwnedKVList) -> Result<(), slog::Never> {
        let message = record.msg();
        match record.level() {
            Level::Critical | Level::Error => tracing::error!(target: "dropshot", "{message}"),
            Level::Warning => tracing::warn!(target: "dropshot", "{message}"),
            // One line and more per request: only for whoever looks for them.
            _ => tracing::trace!(target: "dropshot", "{message}"),
        }
        Ok(())
    }
}
