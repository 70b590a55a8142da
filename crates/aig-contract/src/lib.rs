//! From an OpenAPI contract to code, and back: overlay, lower, generate, compare.
//!
//! Text goes in and text comes out; only `xtask` touches the disk. In reading order:
//!
//! - [`document`], [`source`]: a text as a value, and the lines of its parts;
//! - [`overlay`]: what is laid over the base document;
//! - [`lower`]: from OpenAPI 3.1 to 3.0.3, loudly;
//! - [`subset`]: what the generators behind this cannot express;
//! - [`model`]: operations and types in our own words;
//! - [`stubs`]: the model as a dropshot trait and its types;
//! - [`generate`]: all of the above in one line of stages;
//! - [`canonical`], [`diff`]: what the server says of itself against the contract;
//! - [`base_check`]: what the overlays made of the base;
//! - [`native`]: dropshot servers for any other document, in dropshot's own types.
//!
//! Nothing here knows a name of the API that the contract describes, and nothing
//! links the crates that are generated from it: a broken one must not keep anybody
//! from generating it again.

pub mod base_check;
pub mod canonical;
pub mod diff;
pub mod document;
pub mod generate;
pub mod lower;
pub mod model;
pub mod native;
pub mod overlay;
pub mod pointer;
pub mod problem;
pub mod source;
pub mod stubs;
pub mod subset;

pub use model::RESERVED_SEGMENT;
