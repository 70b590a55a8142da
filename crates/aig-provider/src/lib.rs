//! Provider dialects: where a key, a model and a token count stand on each wire.
//!
//! This crate knows bytes and headers and opens nothing: no socket, no clock, no runtime. It says
//! where a request goes (`Providers`), and reads what passes by (`RequestReader`, `ResponseReader`)
//! without holding it back or changing it. Connections, retries and records are left to `aig-proxy`.

mod anthropic;
mod openai;
mod provider;
mod scan;
mod sse;
mod table;
mod tail;
mod usage;

pub use provider::{Provider, Version, Wire};
pub use scan::{Paths, Progress, Scanner, VALUE_CAP};
pub use sse::{EVENT_CAP, Events, SseReader};
pub use table::{BadProvider, Providers};
pub use tail::BadTail;
pub use usage::{Reading, RequestReader, RequestReading, ResponseReader};
