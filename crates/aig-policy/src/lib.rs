//! The gateway's decisions: yes or no, which, how long; from values alone.
//!
//! One file, one question. Nothing here opens, reads a clock, waits or logs; `aig-proxy` and
//! `aig-control` carry out what is decided here.

pub mod identity;

pub use identity::{Admitted, Caller, Identity, NotAdmitted};
