//! An answer on its way to the caller that goes into the cache as well, if it comes to a good end.

use std::time::{Duration, Instant};

use aig_model::Outcome;
use aig_policy::cache::NotStored;
use http::response::Parts;

use crate::cache_store::Fill;
use crate::lookup::Missed;
use crate::record::Trail;

/// An answer that is being gathered. Dropped, it is not stored.
pub(crate) struct Stored {
    fill: Fill,
    ttl: Duration,
}

// === impl Stored ===

impl Stored {
    /// Begins to gather the answer, unless its head or want of room speaks against it, or another
    /// request has the duty.
    pub(crate) fn begin(
        missed: Missed,
        head: &Parts,
        length: Option<u64>,
        trail: &mut Trail,
    ) -> Option<Self> {
        let filling = missed.permit?.begin(head.status, &head.headers, length);
        let fill = filling.map_err(|why| trail.not_stored(why)).ok()?;
        let ttl = missed.ttl;
        Some(Self { fill, ttl })
    }

    /// Takes the next bytes; gives itself back while there is room for them.
    pub(crate) fn push(mut self, bytes: &[u8], trail: &mut Trail) -> Option<Self> {
        match self.fill.push(bytes) {
            Ok(()) => Some(self),
            Err(why) => {
                trail.not_stored(why);
                None
            }
        }
    }

    /// The answer came to that end. `must_say`: only its own last byte can tell that it is whole.
    pub(crate) fn end(self, outcome: Outcome, must_say: bool, trail: &mut Trail) {
        let against = match outcome {
            Outcome::Complete => {
                let reading = trail.whole_reading();
                match NotStored::of_end(outcome, reading.error_event) {
                    None if must_say && !reading.finished => Some(NotStored::Incomplete),
                    against => against,
                }
            }
            broken => NotStored::of_end(broken, false),
        };
        match against {
            Some(why) => trail.not_stored(why),
            None => drop(self.fill.finish(self.ttl, Instant::now())),
        }
    }
}
