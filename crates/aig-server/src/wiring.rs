//! The data plane's two narrow ports, put onto the store.

use aig_model::{AccountId, Row};
use aig_proxy::{DefaultGateways, Recorder};
use aig_store::{Journal, Store};

/// Finished requests go into the journal.
pub(crate) struct ToJournal(pub(crate) Journal);

impl Recorder for ToJournal {
    fn offer(&self, row: Box<Row>) {
        self.0.offer(row);
    }
}

/// Default gateways are written by the store.
pub(crate) struct ToStore(pub(crate) Store);

impl DefaultGateways for ToStore {
    fn ensure(&self, account: AccountId) {
        self.0.ensure_default(account);
    }
}
