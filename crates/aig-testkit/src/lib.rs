//! A whole house in a test: a running gateway, a scripted provider, and a wire that checks every
//! answer of the control plane against the contract.
//!
//! Tests read as stories: start a house, say what the provider does, act, look. Nothing here
//! sleeps to wait; whoever waits, waits for a condition, and at most for [`PATIENCE`].

mod contract;
mod house;
mod http2;
mod patience;
pub mod provider;
mod secured;
mod wire;

pub use contract::{Contract, OperationRow};
pub use house::{House, HouseBuilder};
pub use http2::{Answer as Http2Answer, Http2Provider};
pub use patience::{PATIENCE, eventually};
pub use provider::Provider;
pub use secured::Certificates;
pub use wire::Wire;
