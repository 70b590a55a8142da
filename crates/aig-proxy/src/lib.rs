//! The data plane: moves bytes between callers and providers, and says afterwards what happened.
//!
//! In reading order: [`listener`] accepts (with `tls`, on a `socket`, at the `pace` of the reader), [`pipeline`] is the life of a request from top to
//! bottom, `route` cuts its path, `plan` and `universal` say what is to be sent where, `drive` tries
//! it until there is an answer, `upstream` and `egress` are the only way out of the house,
//! `payload` sends a body, `tee` forwards an answer while `record`'s trail takes note, `respond` turns failures into
//! answers. Decisions are left to `aig-policy`, dialects to `aig-provider`; configuration comes
//! in through a watch channel and facts leave through [`ports`], so this crate knows no store.

mod body;
mod drive;
mod egress;
mod farewell;
mod handshake;
mod headers;
mod ids;
mod inbound;
pub mod limits;
pub mod listener;
mod lull;
mod metrics;
mod pace;
mod payload;
pub mod pipeline;
mod plan;
pub mod ports;
mod record;
mod respond;
mod route;
mod socket;
mod tee;
mod tls;
mod universal;
mod upstream;

pub use body::Body;
pub use egress::EgressRules;
pub use inbound::Inbound;
pub use listener::{Handler, Listener, ListenerConfig};
pub use metrics::Metrics;
pub use pipeline::{DataPlane, DataPlaneConfig};
pub use ports::{DefaultGateways, Recorder};
pub use tls::{Tls, TlsError, TlsFiles};
