//! Every feature of the house, seen from outside: one binary, a module per feature.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod command_line;
mod control_access;
mod control_gateways;
mod control_logs;
mod control_synced;
mod coverage;
mod data_answers;
mod data_connections;
mod data_door;
mod data_ends;
mod data_limits;
mod data_providers;
mod data_streams;
mod data_tls;
mod data_tries;
mod ops;
mod pouring;
mod process;
mod shared_directory;
