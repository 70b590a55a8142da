//! The data plane's two narrow ports, put onto the store.

use aig_model::{AccountId, Record, Transcript};
use aig_proxy::{DefaultGateways, Recorder};
use aig_store::{Journal, Store};

/// Finished requests go into the journal.
pub(crate) struct ToJournal(pub(crate) Journal);

impl Recorder for ToJournal {
    fn offer(&self, record: Box<Record>, transcript: Transcript) {
        self.0.offer_with(record, transcript);
    }
}

/// Default gateways are written by the store.
pub(crate) struct ToStore(pub(crate) Store);

impl DefaultGateways for ToStore {
    fn ensure(&self, account: AccountId) {
        self.0.ensure_default(account);
    }
}
