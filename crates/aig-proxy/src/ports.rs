//! What the data plane is handed from outside: two narrow ports, so that it knows no store.

use aig_model::{AccountId, Row};

/// Takes the facts of finished requests.
pub trait Recorder: Send + Sync {
    /// Takes a row with what is to be kept of the bodies, or drops and counts it; runs short, it
    /// drops the bodies first. Never blocks and never waits for the disk. What the row lacks is made
    /// out later, before it is written.
    fn offer(&self, row: Box<Row>);
}

/// Writes the implicit default gateway of an account when it is first used.
pub trait DefaultGateways: Send + Sync {
    /// Asks for it to be written; returns at once, and the request in hand goes on meanwhile.
    fn ensure(&self, account: AccountId);
}
