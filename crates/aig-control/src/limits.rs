//! The limits of the control plane that no setting changes, under one roof, so that whoever lists
//! them names the numbers that are in force. The others are in [`ControlConfig`](crate::ControlConfig).

pub use crate::audit::MOST as AUDIT_ENTRIES;
pub use crate::custom_costs::MOST as CUSTOM_COSTS_PER_PAGE;
pub use crate::custom_providers::MOST as CUSTOM_PROVIDERS_PER_PAGE;
pub use crate::gateways::MOST as GATEWAYS_PER_PAGE;
pub use crate::logs::MOST as LOGS_PER_PAGE;
pub use crate::tokens::MOST as TOKENS_PER_PAGE;
