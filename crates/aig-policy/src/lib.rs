//! The gateway's decisions: yes or no, which, how long; from values alone.
//!
//! One file, one question. Nothing here opens, reads a clock, waits or logs; `aig-proxy` and
//! `aig-control` carry out what is decided here.

pub mod attempts;
pub mod cache;
pub mod egress;
pub mod identity;
pub mod options;
pub mod price;
pub mod rate_limit;
pub mod retry;

pub use attempts::{Attempts, BodyLost, GaveUp, Next};
pub use cache::CachePlan;
pub use egress::{Destination, EgressRules, Forbidden, Host};
pub use identity::{Admitted, Caller, Identified, Identity, NotAdmitted};
pub use options::{Backoff, Options, RetrySetting};
pub use price::PriceBook;
pub use rate_limit::RateLimiter;
pub use retry::Failure;
