//! Provider dialects: where a key, a model and a token count stand on each wire.
//!
//! This crate knows bytes and headers and opens nothing: no socket, no clock, no runtime. It says
//! where a request goes (`Providers`), and reads what passes by (`RequestReader`, `ResponseReader`)
//! without holding it back or changing it. Connections, retries and records are left to `aig-proxy`.

mod anthropic;
mod ask_usage;
mod azure;
mod base;
mod baseten;
mod bedrock;
mod coding;
mod cohere;
mod counts;
mod custom;
mod documents;
mod endpoint;
mod event_stream;
mod fal;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod gemini;
#[cfg(test)]
mod golden;
mod hugging_face;
mod inference;
mod kind;
mod openai;
mod provider;
mod refusal;
mod replicate;
mod request;
mod rows;
mod scan;
mod shape;
mod splice;
mod sse;
mod table;
mod tail;
mod unread;
mod usage;
mod usage_filter;
mod version;
mod vertex;
mod wire;
mod workers_ai;

pub use ask_usage::USAGE_QUESTION;
pub use bedrock::signed;
pub use endpoint::Endpoint;
pub use kind::ModelKind;
pub use provider::{Call, Provider};
pub use request::RequestReader;
pub use scan::{Paths, Progress, Scanner, VALUE_CAP};
pub use splice::{NamedModel, NotSpliced};
pub use sse::{EVENT_CAP, Events, SseReader};
pub use table::{BadProvider, Model, Providers};
pub use tail::{BadTail, unescaped};
pub use unread::Unread;
pub use usage::{Reading, ResponseReader};
pub use usage_filter::{HELD_MOST, UsageFilter};
pub use wire::Wire;
