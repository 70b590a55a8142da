//! Which incarnations of gateways exist now.
//!
//! A gateway gets a number that was never used before whenever it comes into being. Log rows carry
//! it, so a new gateway of an old id starts with an empty log, whatever is still queued or unswept.

use std::collections::HashSet;

use aig_model::{AccountId, GatewayId, LogStrategy, Table};

/// The incarnations of one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// The highest number in use when this was read; rows with higher ones are not judged by it.
    pub(crate) issued: i64,
    /// Every gateway, implicit ones included.
    pub(crate) gateways: Table<AccountId, Table<GatewayId, i64>>,
    /// The limits of logs that have one, by incarnation.
    pub(crate) limits: Table<i64, (u32, LogStrategy)>,
}

impl Live {
    /// The incarnation of a gateway that exists.
    pub(crate) fn of(&self, account: AccountId, gateway: &GatewayId) -> Option<i64> {
        self.gateways.get(&account)?.get(gateway).copied()
    }

    /// How many rows a log may have before new ones are not written any more.
    pub(crate) fn stops_at(&self, incarnation: i64) -> Option<u64> {
        match self.limits.get(&incarnation) {
            Some((most, LogStrategy::StopInserting)) => Some((*most).into()),
            _ => None,
        }
    }

    /// All incarnations that exist.
    pub(crate) fn numbers(&self) -> HashSet<i64> {
        self.gateways
            .values()
            .flat_map(Table::values)
            .copied()
            .collect()
    }
}
