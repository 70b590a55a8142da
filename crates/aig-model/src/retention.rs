//! How many rows a gateway's log may have, and what happens when it has them.

use crate::{Change, Invalid};

/// What happens to a log that is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStrategy {
    /// New rows are not written.
    StopInserting,
    /// The oldest rows make room.
    DeleteOldest,
}

/// How many rows a log may have. Each part is kept as it was said; a number without a strategy
/// stops inserting, which loses nothing that somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRetention {
    most: Option<u32>,
    strategy: Option<LogStrategy>,
}

// === impl LogStrategy ===

impl LogStrategy {
    /// The word of the contract for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StopInserting => "STOP_INSERTING",
            Self::DeleteOldest => "DELETE_OLDEST",
        }
    }

    /// The strategy of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::StopInserting, Self::DeleteOldest]
            .into_iter()
            .find(|strategy| strategy.as_str() == word)
    }
}

// === impl LogRetention ===

impl LogRetention {
    /// The fewest rows that a log can be limited to.
    pub const FEWEST: u32 = 10_000;
    /// The most rows that a log can be limited to.
    pub const MOST: u32 = 10_000_000;

    /// A setting of these parts.
    pub fn new(most: Option<u32>, strategy: Option<LogStrategy>) -> Result<Self, Invalid> {
        if most.is_some_and(|most| !(Self::FEWEST..=Self::MOST).contains(&most)) {
            let message = "must be between 10000 and 10000000, or null for no limit";
            return Err(Invalid::new("log_management", message));
        }
        Ok(Self { most, strategy })
    }

    /// The parts as they were said.
    pub const fn parts(self) -> (Option<u32>, Option<LogStrategy>) {
        (self.most, self.strategy)
    }

    /// The limit in force, and what happens at it.
    pub fn limit(self) -> Option<(u32, LogStrategy)> {
        let strategy = self.strategy.unwrap_or(LogStrategy::StopInserting);
        Some((self.most?, strategy))
    }

    /// The setting after an update.
    pub fn changed(
        self,
        most: Change<u32>,
        strategy: Change<LogStrategy>,
    ) -> Result<Self, Invalid> {
        Self::new(most.over(self.most), strategy.over(self.strategy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_11_limits_lie_within_their_bounds() {
        for (most, legal) in [
            (9_999, false),
            (10_000, true),
            (10_000_000, true),
            (10_000_001, false),
        ] {
            assert_eq!(LogRetention::new(Some(most), None).is_ok(), legal, "{most}");
        }
        let without_strategy = LogRetention::new(Some(10_000), None).unwrap();
        assert_eq!(
            without_strategy.limit(),
            Some((10_000, LogStrategy::StopInserting))
        );
        let without_limit = LogRetention::new(None, Some(LogStrategy::DeleteOldest)).unwrap();
        assert_eq!(without_limit.limit(), None);
    }
}
