//! The limits of the data plane that no setting changes, under one roof, so that whoever lists them
//! names the numbers that are in force. What is beyond each is told where it is enforced.
pub use crate::drive::{BUDGET_WINDOW, RETRIES_PER_SECOND, RETRY_SHARE};
pub use crate::ids::MAX_EVENT_ID;
pub use crate::inbound::{DRAIN_BYTES, DRAIN_TIME};
pub use crate::listener::{
    CONNECTION_WINDOW, MAX_HEAD, MAX_HEADERS, MAX_STREAMS, PING, READ_AHEAD, SEND_BUFFER,
    STREAM_WINDOW,
};
pub use crate::pace::LEAST_RATE;
pub use crate::payload::MAX_KEPT;
pub use crate::pool::POOL_IDLE;
pub use crate::pressure::AHEAD;
pub use crate::record::MAX_FIELD;
pub use crate::send::TOKEN_TIMEOUT;
pub use crate::transcript::OPEN_BODIES;
pub use crate::universal::MAX_STEPS;
pub use crate::upstream::{
    ANSWER_HEAD, ANSWER_HEADERS, ANSWER_WINDOW, PROVIDER_WINDOW, REQUEST_BUFFER,
};
