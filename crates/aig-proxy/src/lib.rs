//! The data plane: moves bytes between callers and providers, and says afterwards what happened.
//!
//! In reading order: [`listener`] accepts (with `tls`, on a `socket`, under the `pressure` of the
//! reader, with a turn at once for who wakes itself: `prompt`), [`pipeline`] is the life of a request from top to bottom, `route` cuts its path, `carriers`
//! finds who asks, `planner` says what is to be sent where (`plan`), with the bodies of `universal`,
//! `unified` and `run`; `drive` tries it until there is an answer, `upstream` and `egress` are the only
//! way out of the house, `payload` sends a body, `tee` forwards an answer while `record`'s trail takes
//! note (what can wait is made out by `remainder`, when the row is written), `respond` turns failures into answers, in the words of a `voice`. Decisions are left to
//! `aig-policy`, dialects to `aig-provider`; configuration comes
//! in through a watch channel and facts leave through [`ports`], so this crate knows no store.

mod body;
pub mod cache_store;
mod carriers;
mod clean;
mod credentials;
mod custom;
mod drive;
mod egress;
mod farewell;
mod framing;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod head_clock;
mod headers;
mod hops;
mod ids;
mod inbound;
mod ledger;
pub mod limits;
pub mod listener;
mod lookup;
mod lull;
mod mask;
mod metrics;
mod pace;
mod payload;
pub mod pipeline;
mod place;
mod plan;
mod planner;
mod pool;
pub mod ports;
mod pressure;
mod prompt;
mod rate_limits;
mod record;
mod relay;
mod remainder;
mod respond;
mod route;
mod run;
mod send;
mod socket;
mod stored;
mod tee;
mod tls;
mod transcript;
mod unified;
mod universal;
mod upstream;
mod voice;
mod wishes;

pub use body::Body;
pub use cache_store::CacheConfig;
pub use egress::EgressRules;
pub use inbound::Inbound;
pub use ledger::Prices;
pub use listener::{Handler, Listener, ListenerConfig};
pub use metrics::Metrics;
pub use pipeline::{DataPlane, DataPlaneConfig};
pub use place::pinned;
pub use ports::{DefaultGateways, Recorder};
pub use route::serves;
pub use tls::{Authorities, Tls, TlsError, TlsFiles};
