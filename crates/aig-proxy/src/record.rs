//! The trail of one request: stages note facts on it, nobody reads it, and at the end it becomes
//! one [`Record`], whatever happened. A trail that is dropped before its end means that the
//! caller has left, because hyper drops the work of a connection that is gone; unless the gateway
//! is cutting connections itself, or is panicking.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use aig_model::{Body, BodyFate, CacheStatus, CostSource, Money, Outcome, Record, Row, Transcript};
use aig_policy::cache::{Bypass, NotStored};
use aig_provider::{Reading, ResponseReader, Wire};
use bytes::Bytes;
use http::{HeaderMap, header};

use crate::cache_store::{CachedAnswer, Miss};
use crate::headers;
use crate::ledger::Ledger;
use crate::place;
use crate::plan::Step;
use crate::remainder::{Answer, Remainder};
use crate::transcript::Capture;

/// The facts of a request so far.
pub(crate) struct Trail {
    /// What the log will have, if it is to have anything.
    row: Option<Box<Row<Remainder>>>,
    started: Instant,
    /// Of the answer, as far as there is one.
    status: u16,
    /// Whether the answer is a stream of events.
    stream: bool,
    /// Whether it was told how the request ended.
    over: bool,
    ledger: Arc<Ledger>,
    /// Reads the answer as it passes.
    meter: Option<Box<ResponseReader>>,
}

/// The status of a request whose caller left before it had the answer (nginx's number for it).
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The status of a request that the gateway cut or failed itself before there was an answer.
const INTERNAL_ERROR: u16 = 500;

impl Trail {
    /// Begins a trail; `record` gives what is known at arrival. Without one the request is counted and
    /// nothing else is kept of it.
    pub(crate) fn begin(
        record: Option<impl FnOnce() -> Record>,
        started: Instant,
        ledger: Arc<Ledger>,
    ) -> Self {
        let row = record.map(|record| {
            place::boxed(|| Row {
                record: record(),
                transcript: Transcript::EMPTY,
                rest: Remainder::new(Arc::clone(&ledger)),
            })
        });
        Self {
            row,
            started,
            status: 0,
            stream: false,
            over: false,
            ledger,
            meter: None,
        }
    }

    /// What the request is.
    pub(crate) fn concerns(&mut self, step: &Step) {
        let Some(row) = &mut self.row else {
            return;
        };
        let (record, rest) = (&mut row.record, &mut row.rest);
        if let Some(model) = &step.model {
            record.model = clipped(model).into();
        }
        let kind = step.provider.model_kind_at(&step.tail);
        record.model_type = kind.map(|kind| kind.as_str().into());
        record.compatibility_mode = step.unified;
        record.byok = step.lent.is_some();
        if let Some(own) = &step.metadata {
            record.metadata.clone_from(&own.metadata);
        }
        rest.payload = Some(step.payload.clone());
        rest.custom = step.custom.clone();
        rest.cost = step.wishes.cost().map(|cost| Box::new(cost.clone()));
        if step.keeps_bodies() {
            rest.capture = Some(Box::new(Capture::new(&self.ledger.room)));
            rest.secrets = step.secrets();
        }
    }

    /// What else must not be in the log.
    pub(crate) fn hide(&mut self, secret: &[u8]) {
        let rest = self.row.as_mut().map(|row| &mut row.rest);
        if let Some(rest) = rest.filter(|rest| rest.capture.is_some())
            && !rest.secrets.iter().any(|hidden| hidden == secret)
        {
            rest.secrets.push(Bytes::copy_from_slice(secret));
        }
    }

    /// The cache had no answer.
    pub(crate) fn missed(&mut self, why: Miss) {
        if let Some(record) = self.record() {
            record.cache_status = Some(CacheStatus::Miss);
            record.cache_reason = Some(why.as_str().into());
        }
    }

    /// The cache was not asked. That it is switched off is no news.
    pub(crate) fn bypassed(&mut self, why: Bypass) {
        if let Some(record) = self.record()
            && why != Bypass::Off
        {
            record.cache_reason = Some(why.as_str().into());
        }
    }

    /// The answer will not be put into the cache.
    pub(crate) fn not_stored(&mut self, why: NotStored) {
        self.ledger.metrics.not_stored(why);
        if let Some(record) = self.record() {
            record.cache_reason = Some(why.as_str().into());
        }
    }

    /// The cache had the answer, which goes to the caller as a whole and costs nothing.
    pub(crate) fn hit(mut self, answer: &CachedAnswer) {
        self.ledger.metrics.looked_up("hit");
        let (headers, body) = (answer.headers(), answer.body());
        self.status = answer.status().as_u16();
        if let Some(row) = &mut self.row {
            let record = &mut row.record;
            record.cached = true;
            record.cache_status = Some(CacheStatus::Hit);
            record.cost = Some(Money::ZERO);
            record.cost_source = Some(CostSource::Cache);
            let content_type = headers::text(headers, header::CONTENT_TYPE);
            record.response_content_type = content_type.map(|t| clipped(t).into());
            record.response_size = body.len() as u64;
            if let Some(capture) = &mut row.rest.capture {
                capture.coded(headers);
                capture.push(body);
                row.rest.answer = Answer::Cached(Arc::clone(answer.clean()));
            }
        }
        self.end(Outcome::Complete);
    }

    /// What the provider has said, which is all.
    pub(crate) fn whole_reading(&mut self) -> Reading {
        let Some(meter) = &mut self.meter else {
            return Reading::default();
        };
        meter.finish();
        meter.reading()
    }

    /// The provider's answer has begun, in that dialect, with a body of that length, if it is known. It
    /// will be read as it passes, if anybody wants to know at once what it says: the cache, or whoever
    /// must tell whether a stream is whole. What only the log wants to know is read when the row is
    /// written.
    pub(crate) fn answered(
        &mut self,
        status: u16,
        headers: &HeaderMap,
        length: Option<u64>,
        wire: Wire,
        cached: bool,
    ) {
        let content_type = headers::text(headers, header::CONTENT_TYPE);
        self.status = status;
        self.stream = content_type.is_some_and(|kind| kind.starts_with("text/event-stream"));
        let mut wanted = cached || self.stream;
        if let Some(row) = &mut self.row {
            let record = &mut row.record;
            record.first_byte_ms = Some(elapsed_ms(self.started));
            record.response_content_type = content_type.map(|t| clipped(t).into());
            if let Some(capture) = &mut row.rest.capture {
                capture.coded(headers);
            }
            if !wanted {
                wanted = !row.rest.will_read(wire, headers, length);
            }
        }
        if wanted {
            self.meter = Some(place::boxed(|| ResponseReader::answering(wire, headers)));
        }
    }

    /// Some of the answer came from the provider.
    pub(crate) fn read(&mut self, data: &[u8]) {
        if let Some(meter) = &mut self.meter {
            meter.feed(data);
        } else if let Some(row) = &mut self.row {
            self.meter = row.rest.keep(data);
        }
    }

    /// Some of the answer goes on to the caller.
    pub(crate) fn forwarded(&mut self, data: &Bytes) {
        if let Some(row) = &mut self.row {
            row.record.response_size += data.len() as u64;
            if let Some(capture) = &mut row.rest.capture {
                capture.push(data);
            }
        }
    }

    /// Whether what has passed so far is a stream of events that did not say that it is complete.
    pub(crate) fn is_unfinished_stream(&self) -> bool {
        self.stream && (self.meter.as_ref()).is_some_and(|meter| !meter.reading().finished)
    }

    /// Whether what has passed so far is a stream that said that it is complete, or that it failed:
    /// the caller has all that it will ever get.
    fn is_finished_stream(&self) -> bool {
        let Some(meter) = &self.meter else {
            return false;
        };
        meter.broke_off() || self.stream && meter.reading().finished
    }

    /// There is no answer of a provider's to pass on; the log has this status.
    pub(crate) fn failed(mut self, status: u16, outcome: Outcome) {
        self.status = status;
        self.end(outcome);
    }

    /// The request is over. Only the first end counts.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        if mem::replace(&mut self.over, true) {
            return;
        }
        let answered = self.status;
        let mut meter = self.meter.take();
        let outcome = match &mut meter {
            Some(meter) if outcome == Outcome::Complete => {
                // Before it is asked: the last event may lack its closing line.
                meter.finish();
                match answered < 400 && meter.broke_off() {
                    true => Outcome::UpstreamBroke,
                    false => outcome,
                }
            }
            _ => outcome,
        };
        self.ledger.metrics.ended(outcome);
        let Some(mut row) = self.row.take() else {
            return;
        };
        let (record, rest) = (&mut row.record, &mut row.rest);
        record.outcome = outcome;
        record.duration_ms = elapsed_ms(self.started);
        record.status = match (outcome, answered) {
            // Also of an answer that had begun: nobody has the whole of it.
            (Outcome::ClientGone, _) => CLIENT_CLOSED_REQUEST,
            (Outcome::Cut, 0) => INTERNAL_ERROR,
            (_, 0) => CLIENT_CLOSED_REQUEST,
            (_, status) => status,
        };
        // A refusal of the provider's costs nothing that anybody knows.
        rest.costs = answered < 400;
        if let Some(meter) = meter {
            rest.answer = Answer::Read(place::boxed(|| meter.into_reading()));
        }
        if let Some(payload) = rest.payload.take() {
            record.request_size = payload.received();
            // The path decides where a request goes, so its word on the model comes first.
            if record.model.is_empty()
                && let Some(model) = payload.model()
            {
                record.model = clipped(&model).into();
            }
            // The row of the try that ended the request has its body; those before have not.
            if outcome != Outcome::Superseded {
                let capture = payload.take_capture();
                row.transcript.request = self.kept(capture, &mut record.request_body);
                // Those that share their bodies with other rows are known by it.
                if let Some(body) = row.transcript.request.as_mut().filter(|_| record.cached) {
                    body.digest = payload.digest().map(|digest| Box::new(digest.to_bytes()));
                }
            }
        }
        let capture = rest.capture.take().map(|capture| *capture);
        row.transcript.response = self.kept(capture, &mut record.response_body);
        self.ledger.recorder.offer(row);
    }

    /// The body that goes into the log; the row says why one does not.
    fn kept(&self, capture: Option<Capture>, fate: &mut BodyFate) -> Option<Body> {
        let (body, said) = capture?.finish();
        if said == BodyFate::Shed {
            self.ledger.metrics.bodies_shed.inc();
        }
        if body.is_none() {
            *fate = said;
        }
        body
    }

    fn record(&mut self) -> Option<&mut Record> {
        self.row.as_mut().map(|row| &mut row.record)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if std::thread::panicking() || self.ledger.metrics.is_cutting() {
            return self.end(Outcome::Cut);
        }
        // SDKs hang up at the event that says that the stream is complete; the end of the transfer
        // comes after it, and may not find them any more.
        self.end(match self.is_finished_stream() {
            true => Outcome::Complete,
            false => Outcome::ClientGone,
        });
    }
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The longest text that a caller or a provider can put into one field of a row, in bytes.
pub const MAX_FIELD: usize = 1024;

/// A text cut to what a row keeps, at a character's edge.
pub(crate) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_FIELD)]
}
