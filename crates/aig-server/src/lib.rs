//! The binary `aig`: reads settings, builds the house, runs it and drains it.
//!
//! The library exists so that tests can build the same house in their own process. It is the only
//! room that reads flags, environment and files of settings, and the only one that starts and
//! stops tasks; everything else is left to the rooms that it wires together.

mod backup;
pub mod bootstrap;
pub mod cli;
pub mod config;
mod demo;
mod front;
pub mod harden;
pub mod house;
pub mod kek;
pub mod keys;
pub mod limits;
mod local;
pub mod offline;
mod ops;
mod prices;
mod print;
mod profiles;
mod remote;
mod serve;
mod wiring;
