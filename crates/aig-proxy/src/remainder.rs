//! What of a row is made out after its request: what the answer says, what it cost, and that no key
//! stands in the bodies. All of it is for the log alone, so it is done where rows are written, many in
//! a row, and no request waits for it.
//!
//! While the request is open this is also where the trail keeps what only a row needs.

use std::sync::Arc;

use aig_model::{Record, Rest, Row, Transcript};
use aig_policy::price::{BadCustomCost, CustomCost};
use aig_provider::{Reading, ResponseReader, Unread, Wire};
use bytes::Bytes;
use http::HeaderMap;

use crate::clean::Clean;
use crate::custom::Custom;
use crate::ledger::Ledger;
use crate::payload::Payload;
use crate::record::clipped;
use crate::transcript::{self, Capture};

/// What a row still lacks.
pub(crate) struct Remainder {
    ledger: Arc<Ledger>,
    pub(crate) answer: Answer,
    /// Whether the answer cost what its counts say.
    pub(crate) costs: bool,
    /// The provider, if an account made it: it has prices of its own.
    pub(crate) custom: Option<Arc<Custom>>,
    /// What the caller says that it costs.
    pub(crate) cost: Option<Box<Result<CustomCost, BadCustomCost>>>,
    /// What must not be in the log.
    pub(crate) secrets: Vec<Bytes>,
    /// The request's body; gone when the request is over.
    pub(crate) payload: Option<Payload>,
    /// What of the answer is for the log; gone when the request is over.
    pub(crate) capture: Option<Box<Capture>>,
}

/// Beyond a kilobyte the allocator keeps nothing at hand, and a row is made for every request.
const _: () = assert!(size_of::<Row<Remainder>>() <= 1 << 10);

/// What a provider said.
pub(crate) enum Answer {
    /// Nothing.
    None,
    /// Read as it passed.
    Read(Box<Reading>),
    /// To be read.
    Unread(Unread),
    /// Nothing to this request: the cache gave it. Its body is not held here, where nobody counts it.
    Cached(Arc<Clean>),
}

// === impl Remainder ===

impl Remainder {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            answer: Answer::None,
            costs: false,
            custom: None,
            cost: None,
            secrets: Vec::new(),
            payload: None,
            capture: None,
        }
    }

    /// An answer begins; whether it can be read later.
    pub(crate) fn will_read(
        &mut self,
        wire: Wire,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> bool {
        let Some(unread) = Unread::of(wire, headers, length) else {
            return false;
        };
        self.answer = Answer::Unread(unread);
        true
    }

    /// Keeps a piece of the answer to be read later, or gives back who reads it now.
    pub(crate) fn keep(&mut self, piece: &[u8]) -> Option<Box<ResponseReader>> {
        let Answer::Unread(unread) = &mut self.answer else {
            return None;
        };
        let reader = unread.keep(piece)?;
        self.answer = Answer::None;
        Some(reader)
    }

    /// Takes the secrets out of the bodies.
    fn hide(&self, transcript: &mut Transcript) {
        let look = match &self.answer {
            Answer::Cached(clean) => clean
                .look(transcript, &self.secrets)
                .map(|look| (clean, look)),
            Answer::None | Answer::Read(_) | Answer::Unread(_) => None,
        };
        if look.is_some_and(|(clean, look)| clean.knows(look)) {
            return;
        }
        let secrets = transcript::sought(&self.secrets);
        let mut found = false;
        for body in [&mut transcript.request, &mut transcript.response] {
            found |= body
                .as_mut()
                .is_some_and(|body| transcript::hide(body, &secrets));
        }
        if !found && let Some((clean, look)) = look {
            clean.note(look);
        }
    }
}

impl Rest for Remainder {
    fn weight(&self) -> usize {
        let answer = match &self.answer {
            Answer::Unread(unread) => unread.weight(),
            Answer::None | Answer::Read(_) | Answer::Cached(_) => 0,
        };
        let secrets = self.secrets.iter().map(Bytes::len).sum::<usize>();
        size_of::<Self>() + answer + secrets
    }

    fn complete(&mut self, record: &mut Record, transcript: &mut Transcript) {
        self.hide(transcript);
        let reading = match std::mem::replace(&mut self.answer, Answer::None) {
            Answer::None | Answer::Cached(_) => return,
            Answer::Read(reading) => *reading,
            Answer::Unread(unread) => unread.read(),
        };
        let metrics = &self.ledger.metrics;
        metrics.inspection_given_up.inc_by(reading.given_up);
        record.usage = reading.usage;
        if self.costs {
            let own = self.custom.as_ref().map(|custom| &custom.prices);
            let (prices, custom) = (&self.ledger.prices, self.cost.as_deref());
            prices.price(record, custom, own, &reading);
        }
        if record.model.is_empty()
            && let Some(model) = reading.model
        {
            record.model = clipped(&model).into();
        }
    }
}
