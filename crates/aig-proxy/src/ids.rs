//! The ids under which one request is known, and how its caller is told them.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The ids of a request.
#[derive(Clone)]
pub(crate) struct Ids {
    /// Of the request, of its first row and, unless the caller chose one, of the event.
    request: Uuid,
    event: Option<HeaderValue>,
}

static EVENT_ID: HeaderName = HeaderName::from_static("cf-aig-event-id");
static LOG_ID: HeaderName = HeaderName::from_static("cf-aig-log-id");
static REQUEST_ID: HeaderName = HeaderName::from_static("cf-aig-request-id");
static STEP: HeaderName = HeaderName::from_static("cf-aig-step");
/// The longest event id that is taken from a caller, in bytes; a longer one is not an id.
pub const MAX_EVENT_ID: usize = 256;

impl Ids {
    /// New ids, and the caller's own for the event if it sent one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let usable = |value: &&HeaderValue| {
            !value.is_empty() && value.len() <= MAX_EVENT_ID && value.to_str().is_ok()
        };
        Self {
            request: Uuid::now_v7(),
            event: headers.get(&EVENT_ID).filter(usable).cloned(),
        }
    }

    pub(crate) const fn request(&self) -> Uuid {
        self.request
    }

    /// The event's id, where it is another than the row's.
    pub(crate) fn event_of(&self, row: Uuid) -> Option<String> {
        let chosen = self.event.as_ref().and_then(|value| value.to_str().ok());
        match chosen {
            Some(chosen) => Some(chosen.to_owned()),
            None => (self.request != row).then(|| self.request.to_string()),
        }
    }

    /// Tells the caller, on answers of every kind: the ids, the row that is kept, and the step
    /// that answered, by which clients choose how to read the answer.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap, log: Option<Uuid>, step: usize) {
        if let Some(log) = log {
            headers.insert(&LOG_ID, value(log));
        }
        let request = value(self.request);
        let event = self.event.clone().unwrap_or_else(|| request.clone());
        headers.insert(&EVENT_ID, event);
        headers.insert(&REQUEST_ID, request);
        let step = match step {
            // Nearly all have one step only, and nothing has to be made for them.
            0 => HeaderValue::from_static("0"),
            step => HeaderValue::from(step),
        };
        headers.insert(&STEP, step);
    }
}

fn value(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer))
        .expect("hex digits and hyphens are a header value")
}
