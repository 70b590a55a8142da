//! Every feature of the house, seen from outside: one binary, a module per feature.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod command_line;
mod control_access;
mod control_gateways;
mod control_logs;
mod control_matrix;
mod control_synced;
mod coverage;
mod data_answers;
mod data_api_host;
mod data_cache;
mod data_connections;
mod data_cost;
mod data_door;
mod data_ends;
mod data_keys;
mod data_limits;
mod data_providers;
mod data_rate_limits;
mod data_streams;
mod data_tls;
mod data_transcripts;
mod data_tries;
mod data_unified;
mod data_usage_asked;
mod ops;
mod plane;
mod pouring;
mod process;
mod safe_access;
mod safe_answers;
mod safe_egress;
mod safe_framing;
mod safe_guessing;
mod safe_headers;
mod safe_load;
mod safe_process;
mod safe_slow;
mod safe_tokens;
mod safe_upstream;
mod shared_directory;
