//! A whole house in a test: a running gateway, a scripted provider, and a wire that checks every
//! answer of the control plane against the contract.
//!
//! Tests read as stories: start a house, say what the provider does, act, look. Nothing here
//! sleeps to wait; whoever waits, waits for a condition, and at most for [`PATIENCE`].

mod contract;
pub mod frames;
mod house;
mod http2;
pub mod leaks;
mod left_behind;
mod patience;
mod pour;
pub mod provider;
mod raw;
mod secured;
mod sockets;
mod wire;

pub use contract::{Contract, OperationRow};
pub use house::{House, HouseBuilder};
pub use http2::{Answer as Http2Answer, Http2Provider};
pub use patience::{PATIENCE, eventually};
pub use pour::Pouring;
pub use provider::Provider;
pub use raw::{RawAnswer, RawCaller};
pub use secured::Certificates;
pub use sockets::Sockets;
pub use wire::Wire;
