//! The trail of one request: stages note facts on it, nobody reads it, and at the end it becomes
//! one [`Record`], whatever happened. A trail that is dropped before its end means that the
//! caller has left, because hyper drops the work of a connection that is gone; unless the gateway
//! is cutting connections itself, or is panicking.

use std::sync::Arc;
use std::time::Instant;

use aig_model::{Outcome, Record};
use aig_provider::ResponseReader;

use crate::metrics::Metrics;
use crate::payload::Payload;
use crate::ports::Recorder;

/// The facts of a request so far.
pub(crate) struct Trail {
    record: Option<Box<Record>>,
    started: Instant,
    collect: bool,
    recorder: Arc<dyn Recorder>,
    metrics: Arc<Metrics>,
    payload: Option<Payload>,
    meter: Option<ResponseReader>,
}

/// The status of a request whose caller left before it had the answer (nginx's number for it).
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The status of a request that the gateway cut or failed itself before there was an answer.
const INTERNAL_ERROR: u16 = 500;

impl Trail {
    /// Begins a trail; `record` holds what is known at arrival. Without `collect` the request is
    /// counted and nothing else is kept of it.
    pub(crate) fn begin(
        record: Record,
        started: Instant,
        collect: bool,
        recorder: Arc<dyn Recorder>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            record: Some(Box::new(record)),
            started,
            collect,
            recorder,
            metrics,
            payload: None,
            meter: None,
        }
    }

    /// The request is being sent; `model` is the one that its path names, if it does.
    pub(crate) fn sending(&mut self, payload: Payload, model: Option<&str>) {
        if let (Some(record), Some(model)) = (&mut self.record, model) {
            clipped(model).clone_into(&mut record.model);
        }
        self.payload = Some(payload);
    }

    /// The provider's answer has begun; its body will pass `meter`.
    pub(crate) fn answered(
        &mut self,
        status: u16,
        content_type: Option<&str>,
        meter: ResponseReader,
    ) {
        let latency = self.elapsed_ms();
        if let Some(record) = &mut self.record {
            record.status = status;
            record.first_byte_ms = Some(latency);
            record.response_content_type = content_type.map(|t| clipped(t).to_owned());
        }
        self.meter = Some(meter);
    }

    /// Some of the answer goes on to the caller.
    pub(crate) fn forwarded(&mut self, data: &[u8]) {
        if let Some(record) = &mut self.record {
            record.response_size += data.len() as u64;
        }
        if let Some(meter) = &mut self.meter {
            meter.feed(data);
        }
    }

    /// Whether what has passed so far is a stream of events that did not say that it is complete.
    pub(crate) fn is_unfinished_stream(&self) -> bool {
        self.is_stream() && (self.meter.as_ref()).is_some_and(|meter| !meter.reading().finished)
    }

    /// Whether what has passed so far is a stream of events that said that it is complete.
    fn is_finished_stream(&self) -> bool {
        self.is_stream() && (self.meter.as_ref()).is_some_and(|meter| meter.reading().finished)
    }

    fn is_stream(&self) -> bool {
        self.record.as_ref().is_some_and(|record| {
            let kind = record.response_content_type.as_deref().unwrap_or_default();
            kind.starts_with("text/event-stream")
        })
    }

    /// There is no answer of a provider's to pass on; the log has this status.
    pub(crate) fn failed(mut self, status: u16, outcome: Outcome) {
        if let Some(record) = &mut self.record {
            record.status = status;
        }
        self.end(outcome);
    }

    /// The request is over. Only the first end counts.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        let duration = self.elapsed_ms();
        let Some(mut record) = self.record.take() else {
            return;
        };
        self.metrics.ended(outcome);
        let meter = self.meter.take();
        if !self.collect {
            return;
        }
        record.outcome = outcome;
        record.duration_ms = duration;
        record.status = match (outcome, record.status) {
            // Also of an answer that had begun: nobody has the whole of it.
            (Outcome::ClientGone, _) => CLIENT_CLOSED_REQUEST,
            (Outcome::Cut, 0) => INTERNAL_ERROR,
            (_, 0) => CLIENT_CLOSED_REQUEST,
            (_, status) => status,
        };
        let mut model = None;
        if let Some(payload) = self.payload.take() {
            record.request_size = payload.received();
            // The path decides where a request goes, so its word on the model comes first.
            model = payload.reading().model.filter(|_| record.model.is_empty());
        }
        if let Some(mut meter) = meter {
            if outcome == Outcome::Complete {
                meter.finish();
            }
            let reading = meter.reading();
            record.usage = reading.usage;
            model = model.or(reading.model.filter(|_| record.model.is_empty()));
            self.metrics.inspection_given_up.inc_by(reading.given_up);
        }
        if let Some(model) = model {
            record.model = clipped(&model).to_owned();
        }
        self.recorder.offer(*record);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if std::thread::panicking() || self.metrics.is_cutting() {
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

/// The longest text that a caller or a provider can put into one field of a row, in bytes.
pub const MAX_FIELD: usize = 1024;

/// A text cut to what a row keeps, at a character's edge.
pub(crate) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_FIELD)]
}
