//! The limits of the store, under one roof, so that whoever lists them names the numbers that are in
//! force. That of the journal is [`Journal::CAPACITY`](crate::Journal::CAPACITY).

use std::time::Duration;

use crate::readers::Readers;

pub use crate::audit::KEPT as AUDIT_KEPT;
pub use crate::readers::QUEUE as READS_WAITING;
pub use crate::writer::{PATIENCE as WRITE_WAIT, QUEUE as WRITES_WAITING};

/// The most custom providers that an account may have: every change of the configuration reads all.
pub const CUSTOM_PROVIDERS: u32 = 1_000;

/// The most prices of all custom providers of an account.
pub const CUSTOM_COSTS: u32 = 10_000;

/// How long a read may take, its turn in the queue included.
pub const READ_TIME: Duration = Readers::DEADLINE;
