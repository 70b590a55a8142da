//! The control plane: answers the contract's operations from the store.
//!
//! In reading order: `front` is the door that every request passes (authentication, path,
//! permission, size), `inside` is dropshot behind it, `operations` implements the generated trait
//! and hands each operation to `gateways`, `provider_configs`, `custom_providers`, `custom_costs`,
//! `tokens`, `audit` or `logs`. `convert` is the only bridge between wire
//! types and the model, `error` the only place where a failure becomes a status. Sockets to the
//! outside are left to the listener that mounts [`ControlPlane`]; what is stored and how, to
//! `aig-store`. This crate knows no provider and no upstream.

mod audit;
mod convert;
mod custom_costs;
mod custom_providers;
mod document;
mod error;
mod front;
mod gateways;
mod inside;
pub mod limits;
mod log_query;
mod logger;
mod logs;
mod native;
mod operations;
mod permission_groups;
mod permissions;
mod provider_configs;
mod sentence;
mod token_policies;
mod tokens;
mod unenforced;
mod unperformed;

pub use document::{document, emitted};
pub use front::{Asked, ControlConfig, ControlPlane, StartError};
pub use inside::{Context, description};

#[cfg(test)]
mod testing;
