//! From an OpenAPI contract to code, and back: overlay, lower, generate, compare.
pub mod base_check;
pub mod canonical;
pub mod diff;
pub mod document;
pub mod generate;
pub mod lower;
pub mod model;
pub mod overlay;
pub mod pointer;
pub mod problem;
pub mod source;
pub mod stubs;
pub mod subset;

pub use model::RESERVED_SEGMENT;
